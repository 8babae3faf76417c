//! All observations of one target at one time.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    Answered, AppHealth, Change, ClaimsPreview, ClientMeta, ClientSecrets, ClientToken, Connection, Credential,
    CustomClaims, DryRun, EndpointAnswers, GroupMapping, KasmUser, KasmVersion, KeyOwner, Known, LastSignIn, Missing,
    Observed, Page, PasskeyDomain, Registration, SecretProof, Side, SourceId, TargetFacts, TokenEndpoint, change,
};
use crate::{
    apps::kasm::{KasmStart, LoginSettings, OidcConfigs},
    clock::Time,
    oidc::{Discovery, Jwks},
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
    /// The connection to the provider.
    pub provider_connection: Observed<Connection>,
    /// The connection to Kasm.
    pub app_connection: Observed<Connection>,
    /// The discovery document (OpenID Connect Discovery 1.0, section 4).
    pub discovery: Observed<Answered<Discovery>>,
    /// The key set (RFC 7517).
    pub jwks: Observed<Jwks>,
    /// The client's public entry at Pocket ID.
    pub client_meta: Observed<ClientMeta>,
    /// Kasm's health.
    pub app_health: Observed<Answered<AppHealth>>,
    /// Kasm's login settings.
    pub kasm_login_settings: Observed<LoginSettings>,
    /// Kasm's start of login, for each visible config.
    pub login_start: Observed<KasmStart>,
    /// The dry run of Kasm's authorize URL.
    pub authorize_dry_run: Observed<DryRun>,
    /// The provider's endpoints.
    pub provider_endpoints: Observed<EndpointAnswers>,
    /// The provider's sign-in page.
    pub provider_page: Observed<Page>,
    /// Kasm's login page.
    pub app_page: Observed<Page>,
    /// The passkey domain.
    pub passkey_domain: Observed<PasskeyDomain>,
    /// The client's registration at Pocket ID.
    pub client_registration: Observed<Registration>,
    /// The client's secrets at Pocket ID.
    pub client_secrets: Observed<ClientSecrets>,
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
    /// The key set that was seen last, in this look or an earlier one: Pocket ID changes its key at a restart, so the
    /// look right before often failed. Kept by [`Snapshot::after`]; a look leaves it empty.
    #[serde(default)]
    pub known_keys: Option<Jwks>,
    /// The credentials whose facts a failing check rests on: what they show is asked again in the next round, so that a
    /// fix shows. Noted by the round; a look leaves it empty.
    #[serde(default)]
    pub recheck: BTreeSet<Credential>,
    /// The values that are watched for changes, each source's from the last look that saw it. Kept by
    /// [`Snapshot::after`]; a look leaves it empty.
    #[serde(default)]
    pub known: Vec<Known>,
    /// Changes that are younger than `change_hold`.
    pub changes: Vec<Change>,
    /// The HTTP requests of this round.
    pub requests: Vec<RequestCount>,
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

impl Snapshot {
    /// The version of the saved form. A file of another version is refused.
    pub const FORMAT: u32 = 1;

    /// Every observation's source, time, duration in seconds, and why it is missing.
    #[must_use]
    pub fn observations(&self) -> Vec<(SourceId, Time, f64, Option<&Missing>)> {
        fn row<T>(id: SourceId, seen: &Observed<T>) -> (SourceId, Time, f64, Option<&Missing>) {
            (id, seen.at, seen.took_seconds, seen.value.as_ref().err())
        }
        // Taken apart, so that a new observation does not compile until it is listed here.
        let Self {
            format: _,
            taken_at: _,
            target: _,
            provider_connection,
            app_connection,
            discovery,
            jwks,
            client_meta,
            app_health,
            kasm_login_settings,
            login_start,
            authorize_dry_run,
            provider_endpoints,
            provider_page,
            app_page,
            passkey_domain,
            client_registration,
            client_secrets,
            custom_claims,
            claims_preview,
            last_sign_in,
            key_owner,
            client_secret,
            client_token,
            token_endpoint,
            kasm_config,
            kasm_version,
            kasm_mappings,
            kasm_user,
            known_keys: _,
            recheck: _,
            known: _,
            changes: _,
            requests: _,
        } = self;
        vec![
            row(SourceId::ProviderConnection, provider_connection),
            row(SourceId::AppConnection, app_connection),
            row(SourceId::Discovery, discovery),
            row(SourceId::Jwks, jwks),
            row(SourceId::ClientMeta, client_meta),
            row(SourceId::AppHealth, app_health),
            row(SourceId::KasmLoginSettings, kasm_login_settings),
            row(SourceId::LoginStart, login_start),
            row(SourceId::AuthorizeDryRun, authorize_dry_run),
            row(SourceId::ProviderEndpoints, provider_endpoints),
            row(SourceId::ProviderPage, provider_page),
            row(SourceId::AppPage, app_page),
            row(SourceId::PasskeyDomain, passkey_domain),
            row(SourceId::ClientRegistration, client_registration),
            row(SourceId::ClientSecrets, client_secrets),
            row(SourceId::CustomClaims, custom_claims),
            row(SourceId::ClaimsPreview, claims_preview),
            row(SourceId::LastSignIn, last_sign_in),
            row(SourceId::KeyOwner, key_owner),
            row(SourceId::ClientSecret, client_secret),
            row(SourceId::ClientToken, client_token),
            row(SourceId::TokenEndpoint, token_endpoint),
            row(SourceId::KasmConfig, kasm_config),
            row(SourceId::KasmVersion, kasm_version),
            row(SourceId::KasmMappings, kasm_mappings),
            row(SourceId::KasmUser, kasm_user),
        ]
    }

    /// The same snapshot, with the changes since the one before and the keys that were seen last.
    #[must_use]
    pub fn after(mut self, before: Option<&Self>) -> Self {
        let seen = self.last_keys().or_else(|| before.and_then(Self::last_keys));
        self.known_keys = seen.cloned();
        (self.changes, self.known) = change::changes(before, &self);
        self
    }
    /// The key set that was seen last. One without a key is a fault, not a change of keys.
    #[must_use]
    pub fn last_keys(&self) -> Option<&Jwks> {
        self.jwks.ok().filter(|set| !set.keys.is_empty()).or(self.known_keys.as_ref())
    }
}
