//! The collection at what belongs to a provider alone: connection, discovery, keys, endpoints, page.

use std::sync::Arc;

use tokio::time::Instant;

use super::{
    CollectMode, FreshDiscovery,
    context::{RoundContext, blocked_by, observe, whole_connection},
    provider_cache::{ProviderCollection, ProviderEntry, Slot},
};
use crate::{
    collect::{
        sources::{discovery, jwks, page, provider_endpoints},
        transport::{
            fetch_error::FetchError,
            side_client::{Counts, Deps, SideClient},
        },
    },
    config::Target,
    model::{self, Answered, Connection, EndpointAnswers, EndpointState, Missing, Observed, Page, Snapshot, SourceId},
    oidc::{Discovery, Jwks},
    providers::{ProviderKind, Recognised, recognise},
};

/// Looks at the provider, or takes the collection that another target of it has just had.
pub(super) async fn collect(
    deps: &Deps,
    place: &Slot,
    target: &Target,
    before: Option<&Snapshot>,
    mode: CollectMode,
    counts: &Counts,
) -> ProviderCollection {
    let asked = Instant::now();
    let mut kept = place.kept.lock().await;
    if let Some(kept) = kept.as_mut().filter(|kept| kept.is_fresh(target, asked, mode)) {
        kept.takers.push(target.name.clone());
        return kept.collect.clone();
    }
    let begun = Instant::now();
    let old = kept.take().map(|kept| Before::of_look(kept.collect)).or_else(|| before.map(Before::of_snapshot));
    let deps = &Deps { mask: Arc::new(place.mask(target)), ..deps.clone() };
    let collect = Box::pin(ask(deps, target, old.as_ref(), mode, counts)).await;
    let takers = vec![target.name.clone()];
    *kept = Some(ProviderEntry { begun, is_full: mode == CollectMode::Full, takers, collect: collect.clone() });
    collect
}

/// One fresh discovery document on a connection of its own.
pub(super) async fn anew(deps: &Deps, target: &Target) -> FreshDiscovery {
    let target = &target.with_secrets().await;
    let deps = &deps.masking(target);
    let clock = &deps.clock;
    let side = match new_side(deps, target).await {
        Ok(side) => side,
        Err(stop) => {
            let missing = |source| stop.clone().missing(source);
            return FreshDiscovery {
                connection: Observed::missing(clock.now(), missing(SourceId::ProviderConnection)),
                discovery: Observed::missing(clock.now(), missing(SourceId::Discovery)),
            };
        }
    };
    let prepared = observe(clock, SourceId::ProviderConnection, side.public().prepare()).await;
    if let Some(stop) = blocked_by(&prepared, SourceId::ProviderConnection) {
        let discovery = Observed::missing(clock.now(), stop.missing(SourceId::Discovery));
        return FreshDiscovery { connection: whole_connection(prepared).await, discovery };
    }
    let discovery = observe(clock, SourceId::Discovery, discovery::collect(&side, &Counts::default())).await;
    let Observed { at, took_seconds, value } = prepared;
    match value {
        Ok(prepared) => {
            let made = observe(clock, SourceId::ProviderConnection, side.public().made(prepared)).await;
            apart(whole_connection(made).await, discovery)
        }
        // A proxy hides it.
        Err(why) => FreshDiscovery { connection: Observed { at, took_seconds, value: Err(why) }, discovery },
    }
}

/// A document and the connection that was made for it: the time of each is its own, and what failed first is reported once.
fn apart(mut connection: Observed<Connection>, mut discovery: Observed<Answered<Discovery>>) -> FreshDiscovery {
    if let Ok(made) = &connection.value {
        let connecting = made.connect_seconds + made.tls_seconds.unwrap_or_default();
        connection.took_seconds = made.resolve_seconds + connecting;
        discovery.took_seconds = (discovery.took_seconds - connecting).max(0.0);
    } else if let Some(stop) = blocked_by(&connection, SourceId::ProviderConnection) {
        discovery.value = Err(stop.missing(SourceId::Discovery));
    }
    FreshDiscovery { connection, discovery }
}

pub(super) async fn new_side(deps: &Deps, target: &Target) -> Result<SideClient, FetchError> {
    let provider = &target.provider;
    let internal = provider.internal_url.as_ref();
    let side = SideClient::new(model::Side::Provider, &provider.url, internal, &provider.http, deps).await?;
    deps.budget.allow(&side.origin(), target.requests_per_minute, deps.clock.now());
    Ok(side)
}

/// What was known of the provider before.
struct Before {
    recognised: Option<Recognised>,
    discovery: Observed<Answered<Discovery>>,
    endpoints: Observed<EndpointAnswers>,
    page: Observed<Page>,
}

impl Before {
    fn of_look(collect: ProviderCollection) -> Self {
        Self {
            recognised: collect.recognised,
            discovery: collect.discovery,
            endpoints: collect.endpoints,
            page: collect.page,
        }
    }

    fn of_snapshot(snapshot: &Snapshot) -> Self {
        Self {
            recognised: snapshot.recognised(),
            discovery: snapshot.discovery.clone(),
            endpoints: snapshot.provider_endpoints.clone(),
            page: snapshot.provider_page.clone(),
        }
    }
}

impl ProviderCollection {
    /// A collection that ended with the connection, or before it.
    fn ended(
        round: &RoundContext<'_>,
        known: Option<Recognised>,
        connection: Observed<Connection>,
        why: FetchError,
    ) -> Self {
        let now = round.clock.now();
        Self {
            recognised: known,
            connection,
            discovery: Observed::missing(now, why.clone().missing(SourceId::Discovery)),
            jwks: Observed::missing(now, why.clone().missing(SourceId::Jwks)),
            key_set: None,
            endpoints: Observed::missing(now, why.clone().missing(SourceId::ProviderEndpoints)),
            page: Observed::missing(now, why.clone().missing(SourceId::ProviderPage)),
            side: Err(why),
        }
    }
}

async fn ask(
    deps: &Deps,
    target: &Target,
    before: Option<&Before>,
    mode: CollectMode,
    counts: &Counts,
) -> ProviderCollection {
    let known = before.and_then(|before| before.recognised).or(target.provider.kind.map(Recognised::by_name));
    let round = &RoundContext { clock: &deps.clock, budget: &deps.budget, mode, who: target.provider.url.as_str() };
    let side = match new_side(deps, target).await {
        Ok(side) => Arc::new(side),
        Err(stop) => {
            let why = stop.clone().missing(SourceId::ProviderConnection);
            return ProviderCollection::ended(round, known, Observed::missing(round.clock.now(), why), stop);
        }
    };
    let connection = observe(round.clock, SourceId::ProviderConnection, side.public().probe()).await;
    if let Some(blocked) = blocked_by(&connection, SourceId::ProviderConnection) {
        return ProviderCollection::ended(round, known, whole_connection(connection).await, blocked);
    }
    let (connection, rest) =
        tokio::join!(whole_connection(connection), Box::pin(documents(round, &side, target, before, known, counts)));
    let Documents { recognised, discovery, jwks, key_set, endpoints, page } = rest;
    ProviderCollection { side: Ok(side), recognised, connection, discovery, jwks, key_set, endpoints, page }
}

/// What came over the connection.
struct Documents {
    recognised: Option<Recognised>,
    discovery: Observed<Answered<Discovery>>,
    jwks: Observed<Jwks>,
    key_set: Option<Arc<[u8]>>,
    endpoints: Observed<EndpointAnswers>,
    page: Observed<Page>,
}

/// Discovery first; what it names, and the page, side by side.
async fn documents(
    round: &RoundContext<'_>,
    side: &SideClient,
    target: &Target,
    before: Option<&Before>,
    known: Option<Recognised>,
    counts: &Counts,
) -> Documents {
    let discovery = observe(round.clock, SourceId::Discovery, discovery::collect(side, counts)).await;
    let document = discovery.ok().map(|answer| &answer.fact);
    let recognised = document.map(|document| recognise(document, target.provider.kind)).or(known);
    let kind = recognised.map(|recognised| recognised.kind);
    let mut key_set = None;
    let (jwks, endpoints, page) = tokio::join!(
        observe(round.clock, SourceId::Jwks, async {
            let (document, kind) = document.zip(kind).ok_or(FetchError::Blocked(SourceId::Discovery))?;
            let (read, served) = jwks::collect(side, document, kind, counts).await?;
            key_set = Some(Arc::from(&*served));
            Ok::<_, FetchError>(read)
        }),
        endpoints(round, side, document.zip(kind), before, counts),
        sign_in_page(round, side, kind, before, counts),
    );
    Documents { recognised, discovery, jwks, key_set, endpoints, page }
}

async fn endpoints(
    round: &RoundContext<'_>,
    side: &SideClient,
    document: Option<(&Discovery, ProviderKind)>,
    before: Option<&Before>,
    counts: &Counts,
) -> Observed<EndpointAnswers> {
    let source = SourceId::ProviderEndpoints;
    let Some((document, kind)) = document else {
        return Observed::missing(round.clock.now(), Missing::Blocked { by: SourceId::Discovery });
    };
    let old = before.map(|before| &before.endpoints);
    // Other addresses are other endpoints: what was seen of the old ones says nothing.
    let moved = before.and_then(|before| before.discovery.ok()).is_some_and(|answer| {
        answer.fact.userinfo_endpoint != document.userinfo_endpoint
            || answer.fact.end_session_endpoint != document.end_session_endpoint
    });
    let is_due = moved || round.is_due(source, old, all_answer);
    round.refresh(source, old, is_due, Ok(side), provider_endpoints::collect(side, document, kind, counts)).await
}

fn all_answer(answers: &EndpointAnswers) -> bool {
    [Some(&answers.userinfo), answers.end_session.as_ref()]
        .into_iter()
        .flatten()
        .all(|answer| matches!(answer.state, EndpointState::Answers | EndpointState::Foreign | EndpointState::Walled))
}

async fn sign_in_page(
    round: &RoundContext<'_>,
    side: &SideClient,
    kind: Option<ProviderKind>,
    before: Option<&Before>,
    counts: &Counts,
) -> Observed<Page> {
    let source = SourceId::ProviderPage;
    let missing = |why| Observed::missing(round.clock.now(), why);
    match kind {
        None => missing(Missing::Blocked { by: SourceId::Discovery }),
        Some(ProviderKind::PocketId) => {
            let old = before.map(|before| &before.page);
            let is_due = round.is_due(source, old, page::is_good);
            round.refresh(source, old, is_due, Ok(side), page::collect(side, None, counts)).await
        }
        Some(_) => {
            missing(Missing::NotApplicable("where another provider has its sign-in page is not known".to_owned()))
        }
    }
}
