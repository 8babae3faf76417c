//! The table of sources: one row each. Collecting, `plan`, the metrics, the README and the tests go by it.
//!
//! To add a source: a row here, a field of that name in [`Snapshot`](super::Snapshot), and a file in `collect::sources` that asks.

use serde::{Deserialize, Serialize};

use super::{Credential, Interval, PlannedRequest, Setting, Side, Source};
use crate::providers::pocket_id::AskedOf;

/// Makes the enum, its list and the table of one row for each source. The name of a row in lower case is the label value
/// and the field of the snapshot.
macro_rules! sources {
    ($($variant:ident $field:ident { $($column:ident: $value:expr),+ $(,)? })+) => {
        /// One thing that facts come from. The `source` label.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[expect(missing_docs, reason = "the title says what each is")]
        pub enum SourceId {
            $($variant),+
        }

        impl SourceId {
            /// Every source, in the order in which they are asked.
            pub const ALL: [Self; [$(stringify!($variant)),+].len()] = [$(Self::$variant),+];

            /// What it asks, needs and leaves behind.
            #[must_use]
            pub fn row(self) -> &'static Source {
                &SOURCES[self as usize]
            }
        }

        static SOURCES: [Source; SourceId::ALL.len()] = [$(
            Source {
                id: stringify!($field),
                observed: |snapshot| snapshot.$field.outline(),
                lose: |snapshot, why| snapshot.$field.value = Err(why),
                $($column: $value),+
            }
        ),+];
    };
}

const NOTHING: &str = "nothing";
const OF_SCRIPT: &str = "of the script only the head is read";
const LAST_USED: &str = "the key's \"last used\" time";
const CONNECTION: &str = "DNS, one TCP connection to each address (at most 8), one TLS handshake; no request";

const fn get(path: &'static str, of: AskedOf) -> PlannedRequest {
    PlannedRequest { method: "GET", path, of, most: 1 }
}

const fn post(path: &'static str, of: AskedOf, most: u32) -> PlannedRequest {
    PlannedRequest { method: "POST", path, of, most }
}

/// A page and its first script.
const fn page(of: AskedOf) -> [PlannedRequest; 2] {
    [get("/", of), get("{first script of that page}", of)]
}

sources! {
    ProviderConnection provider_connection {
        title: "the connection to the provider",
        side: Side::Provider,
        interval: Interval::Round,
        cost: 0,
        needs: &[],
        only_with: None,
        requests: &[],
        leaves: NOTHING,
        is_shared: true,
        notes: CONNECTION,
    }
    AppConnection app_connection {
        title: "the connection to Kasm",
        side: Side::App,
        interval: Interval::Round,
        cost: 0,
        needs: &[],
        only_with: None,
        requests: &[],
        leaves: NOTHING,
        is_shared: false,
        notes: CONNECTION,
    }
    Discovery discovery {
        title: "the discovery document",
        side: Side::Provider,
        interval: Interval::Round,
        cost: 1,
        needs: &[],
        only_with: None,
        requests: &[get("/.well-known/openid-configuration", AskedOf::All)],
        leaves: NOTHING,
        is_shared: true,
        notes: "",
    }
    Jwks jwks {
        title: "the key set (JWKS)",
        side: Side::Provider,
        interval: Interval::Round,
        cost: 1,
        needs: &[],
        only_with: None,
        requests: &[get("/.well-known/jwks.json", AskedOf::All)],
        leaves: NOTHING,
        is_shared: true,
        notes: "at the address that the discovery document names",
    }
    ClientMeta client_meta {
        title: "the client's public entry at Pocket ID",
        side: Side::Provider,
        interval: Interval::Round,
        cost: 1,
        needs: &[],
        only_with: None,
        requests: &[get("/api/oidc/clients/{client id}/meta", AskedOf::OwnApi)],
        leaves: NOTHING,
        is_shared: false,
        notes: "Kasm's client id; the nil UUID while that is not known",
    }
    AppHealth app_health {
        title: "Kasm's health",
        side: Side::App,
        interval: Interval::Round,
        cost: 1,
        needs: &[],
        only_with: None,
        requests: &[get("/api/__healthcheck", AskedOf::All)],
        leaves: NOTHING,
        is_shared: false,
        notes: "",
    }
    KasmLoginSettings kasm_login_settings {
        title: "Kasm's login settings",
        side: Side::App,
        interval: Interval::Round,
        cost: 1,
        needs: &[],
        only_with: None,
        requests: &[post("/api/login_settings", AskedOf::All, 1)],
        leaves: NOTHING,
        is_shared: false,
        notes: "",
    }
    LoginStart login_start {
        title: "Kasm's start of login",
        side: Side::App,
        interval: Interval::Round,
        cost: 5,
        needs: &[],
        only_with: None,
        requests: &[post("/api/sso", AskedOf::All, 5)],
        leaves: "nothing (later than 1.15: unconfirmed)",
        is_shared: false,
        notes: "once for each visible OpenID config",
    }
    AuthorizeDryRun authorize_dry_run {
        title: "the dry run of Kasm's authorize URL",
        side: Side::Provider,
        interval: Interval::Settings,
        cost: 1,
        needs: &[],
        only_with: None,
        requests: &[
            get("/authorize?{Kasm's own parameters}&prompt=none", AskedOf::DryRun),
            post("/api/oidc/authorize/callback-url", AskedOf::RedirectCheck, 1),
        ],
        leaves: "from 2.10: one ERROR line",
        is_shared: false,
        notes: "before 2.9: no request; the callback is never requested; once an hour where an admin's key shows that nothing \
                bars it",
    }
    ProviderEndpoints provider_endpoints {
        title: "the provider's endpoints",
        side: Side::Provider,
        interval: Interval::Settings,
        cost: 2,
        needs: &[],
        only_with: None,
        requests: &[get("/api/oidc/userinfo", AskedOf::All), get("/api/oidc/end-session", AskedOf::All)],
        leaves: "one WARN line (end-session)",
        is_shared: true,
        notes: "userinfo without a token, end-session without parameters",
    }
    ProviderPage provider_page {
        title: "the provider's sign-in page",
        side: Side::Provider,
        interval: Interval::Settings,
        cost: 2,
        needs: &[],
        only_with: None,
        requests: &page(AskedOf::OwnApi),
        leaves: NOTHING,
        is_shared: true,
        notes: OF_SCRIPT,
    }
    AppPage app_page {
        title: "Kasm's login page",
        side: Side::App,
        interval: Interval::Settings,
        cost: 2,
        needs: &[],
        only_with: None,
        requests: &page(AskedOf::All),
        leaves: NOTHING,
        is_shared: false,
        notes: OF_SCRIPT,
    }
    PasskeyDomain passkey_domain {
        title: "the passkey domain",
        side: Side::Provider,
        interval: Interval::Daily,
        cost: 1,
        needs: &[],
        only_with: Some(Setting::Passkey),
        requests: &[get("/api/webauthn/login/start", AskedOf::OwnApi)],
        leaves: "one short-lived row",
        is_shared: false,
        notes: "",
    }
    ClientRegistration client_registration {
        title: "the client's registration at Pocket ID",
        side: Side::Provider,
        interval: Interval::Settings,
        cost: 4,
        needs: &[Credential::ProviderAdminKey],
        only_with: None,
        requests: &[
            get("/api/oidc/clients/{client id}", AskedOf::OwnApi),
            get("/api/user-groups?{first 100}", AskedOf::OwnApi),
            PlannedRequest { most: 2, ..get("/api/user-groups/{allowed group}", AskedOf::OwnApi) },
        ],
        leaves: LAST_USED,
        is_shared: false,
        notes: "the groups only where the client is restricted to some, their members where these are few",
    }
    ClientSecrets client_secrets {
        title: "the client's secrets at Pocket ID",
        side: Side::Provider,
        interval: Interval::Settings,
        cost: 1,
        needs: &[Credential::ProviderAdminKey],
        only_with: None,
        requests: &[get("/api/oidc/clients/{client id}/secrets", AskedOf::SecretList)],
        leaves: LAST_USED,
        is_shared: false,
        notes: "their first characters and ends; nobody can read a secret",
    }
    Clients clients {
        title: "all clients of Pocket ID",
        side: Side::Provider,
        interval: Interval::Hourly,
        cost: 5,
        needs: &[Credential::ProviderAdminKey],
        only_with: None,
        requests: &[PlannedRequest { most: 5, ..get("/api/oidc/clients?{100 a page}", AskedOf::OwnApi) }],
        leaves: LAST_USED,
        is_shared: true,
        notes: "by the first target of the provider that has a key, for all of them; no secret, which nobody can read",
    }
    CustomClaims custom_claims {
        title: "the custom claims at Pocket ID",
        side: Side::Provider,
        interval: Interval::Settings,
        cost: 1,
        needs: &[Credential::ProviderAdminKey],
        only_with: None,
        requests: &[get("/api/custom-claims/suggestions", AskedOf::OwnApi)],
        leaves: LAST_USED,
        is_shared: false,
        notes: "",
    }
    ClaimsPreview claims_preview {
        title: "the claims of the test user",
        side: Side::Provider,
        interval: Interval::Hourly,
        cost: 2,
        needs: &[Credential::ProviderAdminKey],
        only_with: Some(Setting::TestUser),
        requests: &[
            get("/api/users?search={expect.user}", AskedOf::OwnApi),
            get("/api/oidc/clients/{client id}/preview/{user id}", AskedOf::OwnApi),
        ],
        leaves: LAST_USED,
        is_shared: false,
        notes: "",
    }
    LastSignIn last_sign_in {
        title: "the last real sign-in",
        side: Side::Provider,
        interval: Interval::Hourly,
        cost: 1,
        needs: &[Credential::ProviderAdminKey],
        only_with: Some(Setting::LastSignIn),
        requests: &[get("/api/audit-logs/all?{newest 20 of Kasm's client}", AskedOf::OwnApi)],
        leaves: LAST_USED,
        is_shared: false,
        notes: "",
    }
    KeyOwner key_owner {
        title: "our Pocket ID key",
        side: Side::Provider,
        interval: Interval::Hourly,
        cost: 4,
        needs: &[Credential::ProviderKey],
        only_with: None,
        requests: &[
            get("/api/users/me", AskedOf::OwnApi),
            get("/api/version/current", AskedOf::OwnApi),
            get("/api/api-keys?{first 100}", AskedOf::OwnApi),
            get("/api/oidc/users/me/clients?{first 100}", AskedOf::OwnApi),
        ],
        leaves: LAST_USED,
        is_shared: false,
        notes: "the release from 2.3 on; the last only where the key is not an admin's",
    }
    ClientSecret client_secret {
        title: "the client secret",
        side: Side::Provider,
        interval: Interval::Settings,
        cost: 4,
        needs: &[Credential::ClientSecret],
        only_with: None,
        requests: &[
            post("/api/oidc/introspect", AskedOf::OwnApi, 1),
            post("/api/oidc/token", AskedOf::CodeProbe, 2),
            post("/api/oidc/introspect", AskedOf::CodeProbe, 2),
        ],
        leaves: "from 2.10: one ERROR line",
        is_shared: false,
        notes: "a made-up token, or a made-up code; Pocket ID before 1.6: the code alone; of another provider, once more an \
                hour with a secret that is wrong on purpose; nothing is given out",
    }
    ClientToken client_token {
        title: "a token of the client's own",
        side: Side::Provider,
        interval: Interval::Token,
        cost: 1,
        needs: &[Credential::ClientSecret],
        only_with: Some(Setting::Token),
        requests: &[post("/api/oidc/token", AskedOf::All, 1)],
        leaves: "from 2.10: one row, removed daily",
        is_shared: false,
        notes: "a token of the client's own, dropped at once; from 1.11",
    }
    TokenEndpoint token_endpoint {
        title: "the token endpoint",
        side: Side::Provider,
        interval: Interval::Settings,
        cost: 1,
        needs: &[],
        only_with: None,
        requests: &[post("/api/oidc/token", AskedOf::All, 1)],
        leaves: "one log line",
        is_shared: false,
        notes: "a made-up code with the client id, without a secret",
    }
    KasmConfig kasm_config {
        title: "Kasm's stored OpenID config",
        side: Side::App,
        interval: Interval::Settings,
        cost: 1,
        needs: &[Credential::AppKey],
        only_with: None,
        requests: &[post("/api/public/get_oidc_configs", AskedOf::All, 1)],
        leaves: LAST_USED,
        is_shared: false,
        notes: "needs Auth View; with api_auth: basic below /api/",
    }
    KasmVersion kasm_version {
        title: "Kasm's version",
        side: Side::App,
        interval: Interval::Hourly,
        cost: 1,
        needs: &[Credential::AppKey],
        only_with: None,
        requests: &[post("/api/public/system_info", AskedOf::All, 1)],
        leaves: LAST_USED,
        is_shared: false,
        notes: "by the right System View",
    }
    KasmMappings kasm_mappings {
        title: "Kasm's group mappings",
        side: Side::App,
        interval: Interval::Hourly,
        cost: 11,
        needs: &[Credential::AppKey],
        only_with: None,
        requests: &[
            post("/api/public/get_groups", AskedOf::All, 1),
            post("/api/public/get_sso_mappings_group", AskedOf::All, 10),
        ],
        leaves: LAST_USED,
        is_shared: false,
        notes: "by the right Groups View; the second only where the first leaves the mappings out: for the first ten groups",
    }
    KasmUser kasm_user {
        title: "the test user at Kasm",
        side: Side::App,
        interval: Interval::Hourly,
        cost: 1,
        needs: &[Credential::AppKey],
        only_with: Some(Setting::TestUser),
        requests: &[post("/api/public/get_user", AskedOf::All, 1)],
        leaves: LAST_USED,
        is_shared: false,
        notes: "by the right Users View; only that user",
    }
    CanarySignIn canary_sign_in {
        title: "the canary's sign-in",
        side: Side::Provider,
        interval: Interval::Canary,
        cost: 9,
        needs: &[Credential::CanaryPasskey],
        only_with: None,
        requests: &[
            get("/api/webauthn/login/start", AskedOf::OwnApi),
            post("/api/webauthn/login/finish", AskedOf::OwnApi, 1),
            post("/api/oidc/authorization-required", AskedOf::PageAuthorize, 1),
            post("/api/oidc/authorize", AskedOf::PageAuthorize, 2),
            get("/authorize?{the app's own parameters}", AskedOf::Interactions),
            get("/api/oidc/interactions/{id}", AskedOf::Interactions),
            post("/api/oidc/interactions/{id}/complete", AskedOf::Interactions, 2),
            get("/authorize?{interaction}", AskedOf::Interactions),
            post("/api/webauthn/reauthenticate", AskedOf::OwnApi, 1),
            get("/api/webauthn/credentials", AskedOf::OwnApi),
        ],
        leaves: "see below",
        is_shared: false,
        notes: "after the app's own start of a login; most runs send the first four or three alone: the others are for \
                consent, a client that wants each sign-in fresh, and a passkey that is refused",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::pocket_id::{Dialect, Version, VersionSpan};

    const KINDS: [(Dialect, Option<Version>); 5] = [
        (Dialect::Legacy, Some(Version::new(1, 16))),
        (Dialect::Legacy, Some(Version::new(2, 9))),
        (Dialect::Fosite, Some(Version::new(2, 10))),
        (Dialect::Fosite, Some(Version::new(2, 14))),
        (Dialect::Openid, None),
    ];

    /// The requests of a source at a provider of that kind and release.
    fn requests(source: SourceId, dialect: Dialect, release: Option<Version>) -> impl Iterator<Item = PlannedRequest> {
        let version = release.map(VersionSpan::of);
        source.row().requests.iter().copied().filter(move |request| request.of.includes(dialect, version))
    }

    #[test]
    fn a_whole_round_without_credentials_sends_as_many_requests_as_the_design_says() {
        for ((dialect, release), provider) in KINDS.into_iter().zip([8, 9, 9, 9, 6]) {
            let count = |side: Side| {
                let sources = SourceId::ALL.into_iter().filter(|source| source.side() == side);
                let sources = sources.filter(|source| source.needs().is_empty() && source.row().only_with.is_none());
                sources.flat_map(|source| requests(source, dialect, release)).count()
            };
            assert_eq!((count(Side::Provider), count(Side::App)), (provider, 5), "{dialect:?} {release:?}");
        }
    }

    #[test]
    fn a_source_costs_what_it_sends_at_most_to_any_provider() {
        for source in SourceId::ALL {
            let sent = |(dialect, release)| requests(source, dialect, release).map(|request| request.most).sum::<u32>();
            assert_eq!(KINDS.into_iter().map(sent).max(), Some(source.row().cost), "{source:?}");
        }
    }

    #[test]
    fn a_source_has_one_name_in_labels_snapshots_and_files() {
        for source in SourceId::ALL {
            assert_eq!(serde_json::to_string(&source).unwrap(), format!("\"{}\"", source.id()));
        }
    }

    #[test]
    fn no_source_changes_anything_or_asks_a_callback() {
        // The canary alone signs in, and only where it is configured.
        let watching = SourceId::ALL.iter().filter(|source| **source != SourceId::CanarySignIn);
        for request in watching.flat_map(|source| source.row().requests) {
            let reads = [
                "/api/login_settings",
                "/api/sso",
                "/api/oidc/authorize/callback-url",
                "/api/oidc/introspect",
                "/api/oidc/token",
                "/api/public/system_info",
            ];
            let is_known_post = reads.contains(&request.path) || request.path.starts_with("/api/public/get_");
            assert!(request.method == "GET" || (request.method == "POST" && is_known_post), "{request:?}");
            assert!(!request.path.contains("oidc_callback"), "{request:?}");
        }
    }
}
