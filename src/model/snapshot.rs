//! All observations of one target at one time.

use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    Answered, AppHealth, Change, ClaimsPreview, ClientMeta, ClientSecrets, ClientToken, Connection, CustomClaims,
    DryRun, EndpointAnswers, KeyOwner, Known, LastSignIn, Missing, Observed, Page, PasskeyDomain, ProviderClients,
    Registration, SecretProof, Side, SignIn, SourceId, TargetFacts, TokenEndpoint,
};
use crate::{
    apps::{
        AppKind, AppName,
        kasm::{GroupMapping, KasmStart, KasmUser, KasmVersion, LoginSettings, OidcConfigs},
    },
    clock::Time,
    oidc::{Discovery, Jwks},
    providers::{Recognised, recognise},
};

/// All observations of one target at one time: plain data without secrets, that can be saved and evaluated again later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The version of this form: [`Snapshot::FORMAT`].
    pub format: u32,
    /// When the look ended.
    pub taken_at: Time,
    /// What was looked at.
    pub target: TargetFacts,
    /// What the provider was recognised as, in this look or an earlier one; none before a discovery document was seen
    /// where the config names no kind. See [`Snapshot::recognised`].
    #[serde(default)]
    pub provider: Option<Recognised>,
    /// The connection to the provider.
    pub provider_connection: Observed<Connection>,
    /// The connection to the app.
    pub app_connection: Observed<Connection>,
    /// The discovery document (OpenID Connect Discovery 1.0, section 4).
    pub discovery: Observed<Answered<Discovery>>,
    /// The key set (RFC 7517).
    pub jwks: Observed<Jwks>,
    /// The client's public entry at Pocket ID.
    pub client_meta: Observed<ClientMeta>,
    /// The app's health.
    pub app_health: Observed<Answered<AppHealth>>,
    /// Kasm's login settings.
    pub kasm_login_settings: Observed<LoginSettings>,
    /// The app's start of login; Kasm's for each visible config.
    pub login_start: Observed<KasmStart>,
    /// The dry run of the app's authorize URL.
    pub authorize_dry_run: Observed<DryRun>,
    /// The provider's endpoints.
    pub provider_endpoints: Observed<EndpointAnswers>,
    /// The provider's sign-in page.
    pub provider_page: Observed<Page>,
    /// The app's page.
    pub app_page: Observed<Page>,
    /// The passkey domain.
    pub passkey_domain: Observed<PasskeyDomain>,
    /// The client's registration at Pocket ID.
    pub client_registration: Observed<Registration>,
    /// The client's secrets at Pocket ID.
    pub client_secrets: Observed<ClientSecrets>,
    /// All clients of Pocket ID.
    pub clients: Observed<ProviderClients>,
    /// The custom claims at Pocket ID.
    pub custom_claims: Observed<CustomClaims>,
    /// The claims of the test user.
    pub claims_preview: Observed<ClaimsPreview>,
    /// The last real sign-in.
    pub last_sign_in: Observed<LastSignIn>,
    /// Our Pocket ID key.
    pub key_owner: Observed<KeyOwner>,
    /// The client secret.
    pub client_secret: Observed<SecretProof>,
    /// A token of the client's own.
    pub client_token: Observed<ClientToken>,
    /// The token endpoint, without a secret.
    pub token_endpoint: Observed<TokenEndpoint>,
    /// Kasm's stored OpenID config.
    pub kasm_config: Observed<OidcConfigs>,
    /// Kasm's version.
    pub kasm_version: Observed<KasmVersion>,
    /// Kasm's group mappings.
    pub kasm_mappings: Observed<Vec<GroupMapping>>,
    /// The test user at Kasm.
    pub kasm_user: Observed<KasmUser>,
    /// The last run of the canary.
    #[serde(default = "no_canary")]
    pub canary_sign_in: Observed<SignIn>,
    /// The key set that was seen last, in this look or an earlier one: Pocket ID changes its key at a restart, so the
    /// look right before often failed. Kept by [`Snapshot::after`]; a look leaves it empty.
    #[serde(default)]
    pub known_keys: Option<Jwks>,
    /// What looks like a slip in our own settings.
    #[serde(default)]
    pub suspicions: Vec<Suspicion>,
    /// The values that are watched for changes, each source's from the last look that saw it. Kept by
    /// [`Snapshot::after`]; a look leaves it empty.
    #[serde(default)]
    pub known: Vec<Known>,
    /// Changes that are younger than `change_hold`.
    pub changes: Vec<Change>,
    /// The HTTP requests of this round.
    pub requests: Vec<RequestCount>,
}

/// What looks like a slip in our own settings: seen in a target's first look, and in later ones until it is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Suspicion {
    /// The name of a side's host does not resolve, and never did.
    NoSuchHost {
        /// The side.
        side: Side,
    },
    /// A discovery document is served at Kasm's address, and none at the provider's.
    Swapped,
}

/// How many HTTP requests a round sent to one side, by class of answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestCount {
    /// The side asked.
    pub side: Side,
    /// `2xx`, `3xx`, `4xx`, `5xx` or `error`.
    pub code: String,
    /// How many.
    pub count: u64,
}

/// A snapshot of an earlier release knows no canary.
fn no_canary() -> Observed<SignIn> {
    Observed::missing(Time::UNIX_EPOCH, Missing::NotApplicable("no canary is configured".to_owned()))
}

impl Snapshot {
    /// The version of the saved form. A file of another version is refused.
    pub const FORMAT: u32 = 1;

    /// Every observation's source, time, duration in seconds, and why it is missing.
    #[must_use]
    pub fn observations(&self) -> Vec<(SourceId, Time, f64, Option<&Missing>)> {
        let outline = |source: SourceId| {
            let (at, took_seconds, missing) = (source.row().observed)(self);
            (source, at, took_seconds, missing)
        };
        SourceId::ALL.map(outline).to_vec()
    }

    /// Replaces the observation of a source by a missing one.
    pub fn lose(&mut self, source: SourceId, why: Missing) {
        (source.row().lose)(self, why);
    }

    /// What the provider was recognised as. A snapshot of an earlier release says it by its discovery document alone.
    #[must_use]
    pub fn recognised(&self) -> Option<Recognised> {
        let by_document = || self.discovery.ok().map(|answer| recognise(&answer.fact, self.target.provider.kind));
        self.provider.or_else(by_document)
    }

    /// The kind of the app: as configured, else as its callback tells; a `generic` one where neither does.
    #[must_use]
    pub fn app_kind(&self) -> AppKind {
        let app = &self.target.app;
        app.kind.or_else(|| self.app_kind_by_callback()).unwrap_or(AppKind::Generic)
    }

    fn app_kind_by_callback(&self) -> Option<AppKind> {
        let url = self.login_start.ok()?.our_url(self.target.wanted())?;
        let redirect = Url::parse(url.redirect_uri.as_deref()?).ok()?;
        let base = Url::parse(&self.target.app.url).ok()?;
        let path = redirect.path().strip_prefix(base.path().trim_end_matches('/'))?;
        AppKind::of_callback(path).filter(|kind| kind.may_be_named())
    }

    /// What texts call the app.
    #[must_use]
    pub fn app_name(&self) -> AppName {
        AppName::of(self.app_kind(), &self.target.name)
    }

    /// The key set that was seen last. One without a key is a fault, not a change of keys.
    #[must_use]
    pub fn last_keys(&self) -> Option<&Jwks> {
        self.jwks.ok().filter(|set| !set.keys.is_empty()).or(self.known_keys.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::providers::ProviderKind;

    #[test]
    fn a_snapshot_of_an_earlier_release_is_recognised_by_its_document() {
        let mut saved = serde_json::to_value(Snapshot::healthy()).unwrap();
        saved.as_object_mut().unwrap().remove("provider");
        saved["recheck"] = json!(["kasm_key"]);
        let read: Snapshot = serde_json::from_value(saved).unwrap();
        assert_eq!(read, Snapshot::healthy());
        assert_eq!(read.recognised().unwrap().to_string(), "Pocket ID 2.14 or later");
    }

    #[test]
    fn what_was_recognised_is_saved_and_stands_above_the_document() {
        let mut now = Snapshot::healthy();
        now.provider = Some(Recognised::by_name(ProviderKind::Openid));
        let saved = serde_json::to_string(&now).unwrap();
        let read: Snapshot = serde_json::from_str(&saved).unwrap();
        assert_eq!(read.recognised(), Some(Recognised::default()));
    }
}
