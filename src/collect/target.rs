//! The order of a collection: both sides side by side, then what needs both.

use super::{
    CollectionPlan,
    context::{RoundContext, observe},
    credentialed::{Credentialed, stored_client_id, stored_token_url},
    from_app::{self, AppCollection},
    from_provider,
    provider_cache::{ProviderCache, ProviderCollection},
    sign_in::{self, CanaryGate},
    with_app_key, with_client_secret, with_provider_key,
};
use crate::{
    apps::kasm::{KasmStart, StartOutcome},
    collect::{
        sources::{authorize_dry_run, client_meta, client_registration, discovery, passkey_domain, token_endpoint},
        transport::{
            fetch_error::FetchError,
            side_client::{Counts, Deps, SideClient},
        },
    },
    config::Target,
    model::{
        self, ClientMeta, DryRun, Interval, Missing, Observed, PasskeyDomain, Reason, Snapshot, SourceId, Suspicion,
        TargetFacts,
    },
    oidc::AuthorizeUrl,
    providers::{ProviderKind, Recognised},
};

/// Looks at a target.
pub(super) async fn collect(
    deps: &Deps,
    shelf: &ProviderCache,
    target: &Target,
    before: Option<&Snapshot>,
    plan: &CollectionPlan,
    gate: &CanaryGate,
) -> Snapshot {
    let mode = plan.mode;
    let facts = target.facts();
    // A snapshot of other addresses is no snapshot of this target, whatever its name.
    let before = before.filter(|before| before.target.provider == facts.provider && before.target.app == facts.app);
    let place = shelf.place(target);
    let target = &target.with_secrets().await;
    let deps = &deps.masking(target);
    place.note(target);
    let counts = Counts::of(deps);
    let round = RoundContext { clock: &deps.clock, budget: &deps.budget, mode, who: &target.name };
    let (kasm, provider) = tokio::join!(
        Box::pin(from_app::collect(deps, &round, target, before, &counts)),
        Box::pin(from_provider::collect(deps, &place, target, before, mode, &counts)),
    );
    let both = Both { round: &round, facts: &facts, kasm: &kasm, provider: &provider, before, counts: &counts };
    let (client_meta, passkey_domain) = tokio::join!(both.client_meta(), both.passkey_domain());
    let mut asked = Credentialed {
        round: &round,
        target,
        facts: &facts,
        kasm: &kasm,
        provider: &provider,
        client_meta: &client_meta,
        client_id: both.sent_client_id(),
        before,
        recheck: &plan.recheck,
        counts: &counts,
    };
    let (authorize_dry_run, by_kasm_key) =
        tokio::join!(both.dry_run(&client_meta), Box::pin(with_app_key::collect(&asked)));
    if asked.client_id.is_none() {
        asked.client_id = stored_client_id(&by_kasm_key.config, &facts, &kasm);
    }
    let by_provider_key = Box::pin(with_provider_key::collect(&asked)).await;
    let stored = stored_token_url(&by_kasm_key.config, &facts, &kasm);
    let (by_secret, token_endpoint) = tokio::join!(
        Box::pin(with_client_secret::collect(&asked, &by_provider_key.secrets)),
        Box::pin(token_endpoint::collect(&asked, stored.as_deref())),
    );
    let canary = sign_in::Asked {
        round: &round,
        target,
        facts: &facts,
        app: &kasm,
        provider: &provider,
        before: before.map(|before| &before.canary_sign_in),
        counts: &counts,
        gate,
    };
    let canary_sign_in = Box::pin(sign_in::collect(&canary)).await;
    let suspicions = both.suspicions().await;
    for side in [provider.side.as_deref(), kasm.side.as_ref()].into_iter().flatten() {
        side.hang_up();
    }
    Snapshot {
        format: Snapshot::FORMAT,
        taken_at: deps.clock.now(),
        provider: provider.recognised,
        provider_connection: provider.connection,
        app_connection: kasm.connection,
        discovery: provider.discovery,
        jwks: provider.jwks,
        client_meta,
        app_health: kasm.health,
        kasm_login_settings: kasm.login_settings,
        login_start: kasm.start,
        authorize_dry_run,
        provider_endpoints: provider.endpoints,
        provider_page: provider.page,
        app_page: kasm.page,
        passkey_domain,
        client_registration: by_provider_key.registration,
        client_secrets: by_provider_key.secrets,
        clients: by_provider_key.clients,
        custom_claims: by_provider_key.custom_claims,
        claims_preview: by_provider_key.preview,
        last_sign_in: by_provider_key.last_sign_in,
        key_owner: by_provider_key.owner,
        client_secret: by_secret.secret,
        client_token: by_secret.token,
        token_endpoint,
        kasm_config: by_kasm_key.config,
        kasm_version: by_kasm_key.version,
        kasm_mappings: by_kasm_key.mappings,
        kasm_user: by_kasm_key.user,
        canary_sign_in,
        known_keys: None,
        suspicions,
        known: Vec::new(),
        changes: Vec::new(),
        requests: counts.all(),
        target: facts,
    }
}

/// Whether nothing was refused, as far as it is seen without a user.
fn is_taken(seen: &DryRun) -> bool {
    matches!(seen, DryRun::Accepted(_) | DryRun::RedirectAccepted | DryRun::AsksForLogin(_))
}

/// Whether something is served at the authorization endpoint.
fn is_there(seen: &DryRun) -> bool {
    !matches!(seen, DryRun::ErrorPage { status: 404 | 405 | 410, .. })
}

/// What the sources need that ask the provider about what Kasm sent.
struct Both<'a> {
    round: &'a RoundContext<'a>,
    facts: &'a TargetFacts,
    kasm: &'a AppCollection,
    provider: &'a ProviderCollection,
    before: Option<&'a Snapshot>,
    counts: &'a Counts,
}

impl Both<'_> {
    fn missing<T>(&self, why: Missing) -> Observed<T> {
        Observed::missing(self.round.clock.now(), why)
    }

    /// The client id that Kasm sends.
    fn sent_client_id(&self) -> Option<String> {
        let id = self.kasm.start.ok()?.our_url(self.facts.wanted())?.client_id.clone()?;
        (!id.is_empty()).then_some(id)
    }

    /// Whether the provider may be asked what only Pocket ID answers: not before it is recognised as such.
    fn pocket_id_only(&self, source: SourceId) -> Result<(), Missing> {
        match self.provider.recognised.map(|recognised| recognised.kind) {
            Some(ProviderKind::PocketId) => Ok(()),
            Some(_) => Err(Missing::NotApplicable("the provider is not Pocket ID".to_owned())),
            None => Err(match &self.provider.side {
                Err(why) => why.clone().missing(source),
                Ok(_) => Missing::Blocked { by: SourceId::Discovery },
            }),
        }
    }

    async fn client_meta(&self) -> Observed<ClientMeta> {
        let source = SourceId::ClientMeta;
        if let Err(why) = self.pocket_id_only(source) {
            return self.missing(why);
        }
        let client_id = self.sent_client_id();
        let client_id = client_id.as_deref();
        match &self.provider.side {
            Err(why) => self.missing(why.clone().missing(source)),
            Ok(side) => observe(self.round.clock, source, client_meta::collect(side, client_id, self.counts)).await,
        }
    }

    async fn passkey_domain(&self) -> Observed<PasskeyDomain> {
        let source = SourceId::PasskeyDomain;
        if !self.facts.passkey_enabled {
            return self.missing(Missing::OutOfReach("passkey.enabled is off".to_owned()));
        }
        if let Err(why) = self.pocket_id_only(source) {
            return self.missing(why);
        }
        let side = match &self.provider.side {
            Ok(side) => side,
            Err(why) => return self.missing(why.clone().missing(source)),
        };
        let old = self.before.map(|before| &before.passkey_domain);
        let is_due = self.round.is_due(source, old, |_| true);
        self.round.refresh(source, old, is_due, Ok(side), passkey_domain::collect(side, self.counts)).await
    }

    /// What looks like a slip in our own settings: only in a target's first collection, and while it looks so.
    async fn suspicions(&self) -> Vec<Suspicion> {
        let is_open = |what: Suspicion| self.before.is_none_or(|before| before.suspicions.contains(&what));
        let unresolved = |side, seen: Option<(Reason, &str)>| {
            let what = Suspicion::NoSuchHost { side };
            (is_open(what) && matches!(seen, Some((Reason::Dns, _)))).then_some(what)
        };
        let hosts = [
            unresolved(model::Side::Provider, self.provider.connection.failure()),
            unresolved(model::Side::App, self.kasm.connection.failure()),
        ];
        let mut found: Vec<Suspicion> = hosts.into_iter().flatten().collect();
        if is_open(Suspicion::Swapped) && self.looks_swapped().await {
            found.push(Suspicion::Swapped);
        }
        found
    }

    /// Whether the provider answers at Kasm's address: asked where neither is found at its own.
    async fn looks_swapped(&self) -> bool {
        let answers_otherwise = |failure: Option<(Reason, &str)>| {
            matches!(failure, Some((Reason::Status | Reason::Body | Reason::TooLarge, _)))
        };
        let is_hidden = matches!(self.kasm.login_settings.value, Err(Missing::OutOfReach(_)));
        let is_no_app = is_hidden || answers_otherwise(self.kasm.login_settings.failure());
        match &self.kasm.side {
            Ok(side) if is_no_app && answers_otherwise(self.provider.discovery.failure()) => {
                discovery::collect(side, self.counts).await.is_ok_and(|answer| answer.fact.issuer.is_some())
            }
            _ => false,
        }
    }

    async fn dry_run(&self, client_meta: &Observed<ClientMeta>) -> Observed<DryRun> {
        let source = SourceId::AuthorizeDryRun;
        let side = match &self.provider.side {
            Ok(side) => side,
            Err(why) => return self.missing(why.clone().missing(source)),
        };
        let old = self.before.map(|before| &before.authorize_dry_run);
        if let (true, Some(old)) = (self.kasm.start_is_kept, old) {
            return old.clone();
        }
        let (raw, asks) = match self.our_start() {
            Ok(found) => found,
            Err(why) => return self.missing(why),
        };
        // What the app has pushed is taken once only: by whoever comes first.
        if asks.is_pushed() {
            return self.missing(Missing::OutOfReach(
                "the app pushes its request to the provider (PAR): from outside its parameters are not seen".to_owned(),
            ));
        }
        // Without a document, this alone shows whether people can sign in. Each dry run leaves an ERROR line in Pocket ID's
        // log: where a key shows that nothing bars the request, it is asked once an hour. A refusal stays known too: it is
        // asked again with the settings, whatever a key shows. A path that is not there is the provider's own fault.
        let is_alone = self.provider.discovery.ok().is_none();
        let is_refused = old.and_then(Observed::ok).is_some_and(|seen| !is_taken(seen));
        let interval = if self.key_vouches() && !is_refused { Interval::Hourly } else { source.row().interval };
        let (mode, now) = (self.round.mode, self.round.clock.now());
        let is_due = is_alone
            || self.changed(client_meta)
            || super::due::is_due_each(interval, source, self.round.who, old, is_there, mode, now);
        self.round.refresh(source, old, is_due, Ok(side), self.ask_dry_run(side, raw, asks)).await
    }

    /// Whether the registration, as a key showed it last, takes what Kasm sends.
    fn key_vouches(&self) -> bool {
        let registration = self.before.and_then(|before| before.client_registration.ok());
        let (Some(registration), Some(recognised)) = (registration, self.provider.recognised) else { return false };
        let sent = self.kasm.start.ok().and_then(|start| start.our_url(self.facts.wanted()));
        let redirect_uri = sent.and_then(|sent| sent.redirect_uri.as_deref());
        redirect_uri.is_some() && client_registration::lets_in(registration, recognised.version, redirect_uri)
    }

    async fn ask_dry_run(&self, side: &SideClient, raw: &str, asks: &AuthorizeUrl) -> Result<DryRun, FetchError> {
        // Without a document, by what was known in the round before; else by the specifications.
        let recognised = match self.provider.discovery.ok() {
            Some(_) => self.provider.recognised,
            None => self.before.and_then(Snapshot::recognised),
        };
        let Recognised { dialect, version, .. } = recognised.unwrap_or_default();
        authorize_dry_run::collect(side, raw, asks, dialect, version, self.counts).await
    }

    /// The authorize URL of this target, as written and as read.
    fn our_start(&self) -> Result<(&str, &AuthorizeUrl), Missing> {
        let blocked = || Missing::Blocked { by: SourceId::LoginStart };
        let start = match &self.kasm.start.value {
            Ok(start) => start,
            // A login wall hides this too.
            Err(why @ (Missing::OutOfReach(_) | Missing::NotApplicable(_))) => return Err(why.clone()),
            Err(_) => return Err(blocked()),
        };
        let asks = start.our_url(self.facts.wanted()).ok_or_else(blocked)?;
        let index = start
            .starts
            .iter()
            .position(|one| matches!(&one.outcome, StartOutcome::Url(url) if std::ptr::eq(url, asks)));
        let raw = index.and_then(|index| self.kasm.raw.get(index)?.as_deref()).ok_or_else(blocked)?;
        Ok((raw, asks))
    }

    /// Whether something that the dry run depends on is other than it was.
    fn changed(&self, client_meta: &Observed<ClientMeta>) -> bool {
        let Some(before) = self.before else { return true };
        let document = |discovery: &Observed<model::Answered<crate::oidc::Discovery>>| {
            discovery.ok().map(|answer| answer.fact.document.clone())
        };
        let url =
            |start: &Observed<KasmStart>| start.ok().and_then(|start| start.our_url(self.facts.wanted()).cloned());
        before.client_meta.ok() != client_meta.ok()
            || document(&before.discovery) != document(&self.provider.discovery)
            || url(&before.login_start) != url(&self.kasm.start)
    }
}
