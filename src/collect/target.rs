//! The order of a collection: both sides side by side, then what needs both.

use std::collections::BTreeSet;

use tokio::time::Instant;

use super::{
    CollectMode,
    credentialed::{Credentialed, stored_client_id, stored_token_url},
    due,
    from_app::{self, AppCollection},
    from_provider::{self, ProviderCollection},
    provider_cache::ProviderCache,
    with_app_key, with_client_secret, with_provider_key,
};
use crate::{
    apps::kasm::{Chosen, KasmStart, StartOutcome},
    clock::Clock,
    collect::{
        sources::{authorize_dry_run, client_meta, passkey_domain, token_endpoint},
        transport::{
            budget::Budget,
            fetch_error::{FetchError, IntoMissing},
            probed::Probed,
            side_client::{Counts, Deps, SideClient},
        },
    },
    config::Target,
    model::{ClientMeta, Connection, DryRun, Missing, Observed, PasskeyDomain, Snapshot, SourceId, TargetFacts},
    oidc::AuthorizeUrl,
    providers::pocket_id::{Dialect, ProviderKind, recognise},
};

/// What the sources of one round go by.
pub(super) struct Round<'a> {
    /// The time.
    pub clock: &'a Clock,
    /// The budgets of requests.
    pub budget: &'a Budget,
    /// How much is looked at.
    pub mode: CollectMode,
    /// Whom the interval hangs on: the target's name, or the provider's address.
    pub who: &'a str,
}

impl Round<'_> {
    /// Whether a source is to be asked now.
    pub(super) fn is_due<T>(&self, source: SourceId, old: Option<&Observed<T>>, is_good: fn(&T) -> bool) -> bool {
        due::is_due(source, self.who, old, is_good, self.mode, self.clock.now())
    }

    /// A source of the provider that is asked now and then: anew where it is due and the budget has `cost` requests left,
    /// else what was seen before.
    pub(super) async fn settled<T: Clone>(
        &self,
        source: SourceId,
        old: Option<&Observed<T>>,
        is_due: bool,
        side: &SideClient,
        cost: u32,
        ask: impl Future<Output = Result<T, impl IntoMissing>>,
    ) -> Observed<T> {
        let affords = || self.budget.affords(&side.origin(), cost, self.mode == CollectMode::Full, self.clock.now());
        match old {
            Some(old) if !is_due || !affords() => old.clone(),
            None if !affords() => {
                let why = FetchError::put_off();
                Observed::missing(self.clock.now(), why.missing(source))
            }
            _ => observe(self.clock, source, ask).await,
        }
    }
}

/// Looks at a target.
pub(super) async fn collect(
    deps: &Deps,
    shelf: &ProviderCache,
    target: &Target,
    before: Option<&Snapshot>,
    mode: CollectMode,
) -> Snapshot {
    let facts = target.facts();
    // A snapshot of other addresses is no snapshot of this target, whatever its name.
    let before = before.filter(|before| before.target.provider == facts.provider && before.target.app == facts.app);
    let counts = Counts::default();
    let round = Round { clock: &deps.clock, budget: &deps.budget, mode, who: &target.name };
    let place = shelf.place(target);
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
    for side in [provider.side.as_deref(), kasm.side.as_ref()].into_iter().flatten() {
        side.hang_up();
    }
    Snapshot {
        format: Snapshot::FORMAT,
        taken_at: deps.clock.now(),
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
        known_keys: None,
        recheck: BTreeSet::new(),
        known: Vec::new(),
        changes: Vec::new(),
        requests: counts.all(),
        target: facts,
    }
}

/// What the sources need that ask the provider about what Kasm sent.
struct Both<'a> {
    round: &'a Round<'a>,
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

    /// What Pocket ID alone has is not asked of another provider, nor of one that is not known.
    fn pocket_id_only(&self) -> Result<(), Missing> {
        match self.provider.kind {
            Some(ProviderKind::PocketId) => Ok(()),
            Some(ProviderKind::Keycloak | ProviderKind::Openid) => {
                Err(Missing::NotApplicable("the provider is not Pocket ID".to_owned()))
            }
            None => Err(Missing::Blocked { by: SourceId::Discovery }),
        }
    }

    /// The client id that Kasm sends.
    fn sent_client_id(&self) -> Option<String> {
        let id = our_url(self.kasm.start.ok()?, self.facts)?.client_id.clone()?;
        (!id.is_empty()).then_some(id)
    }

    async fn client_meta(&self) -> Observed<ClientMeta> {
        let source = SourceId::ClientMeta;
        if let Err(why) = self.pocket_id_only() {
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
        if let Err(why) = self.pocket_id_only() {
            return self.missing(why);
        }
        let side = match &self.provider.side {
            Ok(side) => side,
            Err(why) => return self.missing(why.clone().missing(source)),
        };
        let old = self.before.map(|before| &before.passkey_domain);
        let is_due = self.round.is_due(source, old, |_| true);
        self.round.settled(source, old, is_due, side, 1, passkey_domain::collect(side, self.counts)).await
    }

    async fn dry_run(&self, client_meta: &Observed<ClientMeta>) -> Observed<DryRun> {
        let source = SourceId::AuthorizeDryRun;
        let side = match &self.provider.side {
            Ok(side) => side,
            Err(why) => return self.missing(why.clone().missing(source)),
        };
        let (raw, asks) = match self.our_start() {
            Ok(found) => found,
            Err(why) => return self.missing(why),
        };
        let old = self.before.map(|before| &before.authorize_dry_run);
        // Without a document, this alone shows whether people can sign in. What is refused is known to be: asked again with
        // the settings, since each question leaves its lines there.
        let is_alone = self.provider.discovery.ok().is_none();
        let is_due = is_alone || self.changed(client_meta) || self.round.is_due(source, old, |_| true);
        self.round.settled(source, old, is_due, side, 1, self.ask_dry_run(side, raw, asks)).await
    }

    async fn ask_dry_run(&self, side: &SideClient, raw: &str, asks: &AuthorizeUrl) -> Result<DryRun, FetchError> {
        let named = self.facts.provider.kind;
        let document = self.provider.discovery.ok().or_else(|| self.before.and_then(|before| before.discovery.ok()));
        let (dialect, version) = match document {
            Some(document) => {
                let (_, dialect, version) = recognise(&document.fact, named);
                (dialect, version)
            }
            None => (Dialect::Openid, None),
        };
        authorize_dry_run::collect(side, raw, asks, dialect, version, self.counts).await
    }

    /// The authorize URL of this target, as written and as read.
    fn our_start(&self) -> Result<(&str, &AuthorizeUrl), Missing> {
        let blocked = || Missing::Blocked { by: SourceId::LoginStart };
        let start = match &self.kasm.start.value {
            Ok(start) => start,
            // A login wall hides this too.
            Err(Missing::OutOfReach(why)) => return Err(Missing::OutOfReach(why.clone())),
            Err(_) => return Err(blocked()),
        };
        let asks = our_url(start, self.facts).ok_or_else(blocked)?;
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
        let document = |discovery: &Observed<crate::model::Answered<crate::oidc::Discovery>>| {
            discovery.ok().map(|answer| answer.fact.document.clone())
        };
        let url = |start: &Observed<KasmStart>| start.ok().and_then(|start| our_url(start, self.facts).cloned());
        before.client_meta.ok() != client_meta.ok()
            || document(&before.discovery) != document(&self.provider.discovery)
            || url(&before.login_start) != url(&self.kasm.start)
    }
}

/// The authorize URL of the start that is the target's.
pub(super) fn our_url<'a>(start: &'a KasmStart, facts: &TargetFacts) -> Option<&'a AuthorizeUrl> {
    let Chosen::Ours(ours) = start.ours(facts.wanted()) else { return None };
    match &ours.outcome {
        StartOutcome::Url(url) => Some(url),
        StartOutcome::Refused(_) | StartOutcome::NoAnswer(_) => None,
    }
}

/// Asks a source, and notes when it answered and how long that took.
pub(super) async fn observe<T>(
    clock: &Clock,
    source: SourceId,
    ask: impl Future<Output = Result<T, impl IntoMissing>>,
) -> Observed<T> {
    let begun = Instant::now();
    let value = ask.await.map_err(|why| why.of(source));
    Observed { at: clock.now(), took_seconds: begun.elapsed().as_secs_f64(), value }
}

/// The connection, once every address has answered or been given up.
pub(super) async fn whole_connection(probed: Observed<Probed>) -> Observed<Connection> {
    let Observed { at, took_seconds, value } = probed;
    let value = match value {
        Ok(probed) => Ok(probed.whole().await),
        Err(why) => Err(why),
    };
    Observed { at, took_seconds, value }
}

/// IntoMissing the other sources of a side are not asked, where its connection failed (not where a proxy hides it).
pub(super) fn blocked_by<T>(connection: &Observed<T>, source: SourceId) -> Option<FetchError> {
    connection.failure().map(|_| FetchError::Blocked(source))
}
