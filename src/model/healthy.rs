//! A snapshot in which all is well: for the daemon's self-test and as the base of the checks' test tables.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{TimeDelta, TimeZone, Utc};

use super::{
    AddressAnswer, AddressState, Answered, AppFacts, AppHealth, Certificate, ClaimsPreview, ClientMeta, ClientSecrets,
    ClientToken, ClockReading, Connection, Credential, CustomClaims, DryRun, EndpointAnswer, EndpointAnswers,
    EndpointState, Expect, HealthState, HttpTiming, KeyOwner, LastSignIn, Missing, Observed, Page, ProviderClient,
    ProviderClients, ProviderFacts, Registration, Script, SecretAnswer, SecretMethod, SecretProof, Snapshot,
    TargetFacts, Tls, TokenEndpoint, Trust,
};
use crate::{
    apps::{
        AppKind,
        kasm::{
            Field, GroupMapping, KasmStart, KasmUser, KasmVersion, LoginConfig, LoginSettings, OidcConfig, OidcConfigs,
            Start, StartOutcome,
        },
    },
    clock::Time,
    oidc::{AuthorizeUrl, Discovery, Jwk, Jwks, Signature, TokenFacts},
    providers::pocket_id::{AllowedGroup, ClientRegistration, GroupEntry, SecretEntry},
};

const PROVIDER: &str = "https://id.example.test";
const KASM: &str = "https://kasm.example.test";
const CLIENT: &str = "00000000-0000-4000-8000-0000000000c1";
const CONFIG: &str = "5ca1ab1e000040008000000000000001";

/// What Pocket ID 2.14.0 serves (recorded).
const DISCOVERY: &str = r#"{
 "authorization_endpoint": "https://id.example.test/authorize",
 "authorization_response_iss_parameter_supported": true,
 "claims_supported": ["sub", "given_name", "family_name", "name", "display_name", "email", "email_verified",
   "preferred_username", "picture", "groups", "auth_time", "amr"],
 "client_id_metadata_document_supported": false,
 "code_challenge_methods_supported": ["plain", "S256"],
 "device_authorization_endpoint": "https://id.example.test/api/oidc/device/authorize",
 "end_session_endpoint": "https://id.example.test/api/oidc/end-session",
 "grant_types_supported": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code",
   "client_credentials"],
 "id_token_signing_alg_values_supported": ["RS256"],
 "introspection_endpoint": "https://id.example.test/api/oidc/introspect",
 "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "Bearer"],
 "issuer": "https://id.example.test",
 "jwks_uri": "https://id.example.test/.well-known/jwks.json",
 "prompt_values_supported": ["none", "login", "consent", "select_account"],
 "pushed_authorization_request_endpoint": "https://id.example.test/api/oidc/par",
 "request_object_signing_alg_values_supported": ["none"],
 "request_parameter_supported": true,
 "request_uri_parameter_supported": false,
 "require_pushed_authorization_requests": false,
 "response_modes_supported": ["query", "fragment", "form_post"],
 "response_types_supported": ["code"],
 "scopes_supported": ["openid", "profile", "email", "groups", "offline_access"],
 "service_documentation": "https://pocket-id.org/docs",
 "subject_types_supported": ["public"],
 "token_endpoint": "https://id.example.test/api/oidc/token",
 "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
 "userinfo_endpoint": "https://id.example.test/api/oidc/userinfo"
}"#;

impl Snapshot {
    /// A snapshot in which all is well: Pocket ID 2.14 and a Kasm, both with good certificates, no credentials.
    #[must_use]
    #[expect(clippy::expect_used, reason = "built-in texts, read by every test")]
    pub fn healthy() -> Self {
        Self::healthy_at(Utc.with_ymd_and_hms(2026, 11, 24, 12, 0, 0).single().expect("a date"))
    }

    /// The same, with everything seen at that time.
    #[must_use]
    #[expect(clippy::expect_used, reason = "built-in texts, read by every test")]
    pub fn healthy_at(at: Time) -> Self {
        let discovery = Discovery::parse(200, Some("application/json; charset=utf-8"), DISCOVERY.as_bytes());
        let authorize = format!(
            "{PROVIDER}/authorize?response_type=code&client_id={CLIENT}&redirect_uri=https%3A%2F%2Fkasm.example.test\
             %2Fapi%2Foidc_callback&scope=openid+email+profile+groups&state={CONFIG}:012345678901234567890123456789"
        );
        Self {
            format: Self::FORMAT,
            taken_at: at,
            target: target(),
            provider: None,
            provider_connection: Observed::seen(at, 0.02, connection(at, "id.example.test")),
            app_connection: Observed::seen(at, 0.02, connection(at, "kasm.example.test")),
            discovery: Observed::seen(at, 0.01, answered(discovery.expect("a discovery document"))),
            jwks: Observed::seen(
                at,
                0.01,
                Jwks { keys: vec![key()], content_type: Some("application/json".to_owned()) },
            ),
            client_meta: Observed::seen(
                at,
                0.01,
                ClientMeta {
                    asked: CLIENT.to_owned(),
                    is_app_client: true,
                    name: Some("Kasm Workspaces".to_owned()),
                    requires_reauthentication: Some(false),
                },
            ),
            app_health: Observed::seen(at, 0.01, answered(AppHealth { status: 200, state: HealthState::Healthy })),
            kasm_login_settings: Observed::seen(at, 0.01, login_settings()),
            login_start: Observed::seen(
                at,
                0.01,
                KasmStart {
                    starts: vec![Start {
                        config_id: CONFIG.to_owned(),
                        display_name: "Pocket ID".to_owned(),
                        outcome: StartOutcome::Url(AuthorizeUrl::parse(&authorize).expect("an authorize URL")),
                    }],
                },
            ),
            authorize_dry_run: Observed::seen(at, 0.01, DryRun::Accepted("login_required".to_owned())),
            provider_endpoints: Observed::seen(
                at,
                0.01,
                EndpointAnswers {
                    userinfo: answers(&format!("{PROVIDER}/api/oidc/userinfo")),
                    end_session: Some(answers(&format!("{PROVIDER}/api/oidc/end-session"))),
                },
            ),
            provider_page: Observed::seen(at, 0.01, page(PROVIDER)),
            app_page: Observed::seen(at, 0.01, page(KASM)),
            passkey_domain: Observed::missing(at, Missing::OutOfReach("passkey.enabled is off".to_owned())),
            client_registration: without(at, Credential::ProviderAdminKey),
            client_secrets: without(at, Credential::ProviderAdminKey),
            clients: without(at, Credential::ProviderAdminKey),
            custom_claims: without(at, Credential::ProviderAdminKey),
            claims_preview: without(at, Credential::ProviderAdminKey),
            last_sign_in: without(at, Credential::ProviderAdminKey),
            key_owner: without(at, Credential::ProviderKey),
            client_secret: without(at, Credential::ClientSecret),
            client_token: without(at, Credential::ClientSecret),
            token_endpoint: Observed::seen(
                at,
                0.01,
                TokenEndpoint {
                    endpoint: answers(&format!("{PROVIDER}/api/oidc/token")),
                    said: Some("invalid_client".to_owned()),
                },
            ),
            kasm_config: without(at, Credential::AppKey),
            kasm_version: without(at, Credential::AppKey),
            kasm_mappings: without(at, Credential::AppKey),
            kasm_user: without(at, Credential::AppKey),
            canary_sign_in: Observed::missing(at, Missing::NotApplicable("no canary is configured".to_owned())),
            known_keys: None,
            suspicions: Vec::new(),
            known: Vec::new(),
            changes: Vec::new(),
            requests: Vec::new(),
        }
    }
}

impl Snapshot {
    /// [`Snapshot::healthy`] with every credential: what both sides hold agrees.
    #[must_use]
    pub fn healthy_with_credentials() -> Self {
        let mut now = Self::healthy();
        let at = now.taken_at;
        now.target.credentials =
            [Credential::ClientSecret, Credential::AppKey, Credential::ProviderAdminKey, Credential::ProviderKey]
                .into();
        now.target.expect.user = Some("canary".to_owned());
        now.kasm_config = Observed::seen(at, 0.01, OidcConfigs { configs: vec![stored_config()] });
        now.kasm_version = Observed::seen(at, 0.01, KasmVersion { build: "1.19.0.00c9b2".to_owned() });
        now.kasm_mappings = Observed::seen(
            at,
            0.01,
            vec![GroupMapping {
                group: "Kasm Users".to_owned(),
                config_id: Some(CONFIG.to_owned()),
                sso_groups: vec!["kasm-users".to_owned()],
                applies_to_all: false,
            }],
        );
        now.kasm_user = Observed::seen(
            at,
            0.01,
            KasmUser::Present {
                realm: Some("oidc".to_owned()),
                is_barred: false,
                groups: vec!["All Users".to_owned(), "Kasm Users".to_owned()],
            },
        );
        now.client_registration = Observed::seen(at, 0.01, registration());
        now.client_secrets = Observed::seen(at, 0.01, ClientSecrets { secrets: vec![secret_entry(at)] });
        now.clients = Observed::seen(at, 0.01, ProviderClients { clients: vec![listed(at)], total: 1 });
        now.custom_claims = Observed::seen(at, 0.01, CustomClaims { names: Vec::new() });
        now.claims_preview = Observed::seen(at, 0.01, preview());
        now.last_sign_in = Observed::seen(at, 0.01, LastSignIn { at: Some(at - TimeDelta::hours(1)) });
        now.key_owner = Observed::seen(
            at,
            0.01,
            KeyOwner {
                is_admin: Some(true),
                version: Some("2.14.0".to_owned()),
                key_expires_at: Some(at + TimeDelta::days(300)),
                may_use_client: Some(true),
            },
        );
        now.client_secret = Observed::seen(
            at,
            0.01,
            SecretProof {
                method: SecretMethod::Introspection,
                answer: SecretAnswer::Accepted,
                origin: "provider.client_secret_file (/run/secrets/oidc_client_secret)".to_owned(),
                entry: Some("lHmG".to_owned()),
                controls: Vec::new(),
                copied_at: None,
            },
        );
        now.client_token = Observed::seen(at, 0.01, client_token(at));
        now
    }
}

fn stored_config() -> OidcConfig {
    let text = |text: &str| Some(text.to_owned());
    OidcConfig {
        id: text(CONFIG),
        display_name: text("Pocket ID"),
        enabled: Some(true),
        auto_login: Some(false),
        is_default: Some(true),
        hostname: Field::Empty,
        client_id: text(CLIENT),
        has_client_secret: Some(true),
        auth_url: Some(format!("{PROVIDER}/authorize")),
        token_url: Some(format!("{PROVIDER}/api/oidc/token")),
        user_info_url: Some(format!("{PROVIDER}/api/oidc/userinfo")),
        scope: Some(["openid", "email", "profile", "groups"].map(str::to_owned).to_vec()),
        redirect_url: Some(format!("{KASM}/api/oidc_callback")),
        username_attribute: text("preferred_username"),
        groups_attribute: Field::Is("groups".to_owned()),
        debug: Some(false),
        issuer: Field::Is(PROVIDER.to_owned()),
        logout_with_oidc_provider: Some(true),
    }
}

fn registration() -> Registration {
    let group = |name: &str| AllowedGroup { id: "a1".to_owned(), name: name.to_owned() };
    Registration {
        client: ClientRegistration {
            id: CLIENT.to_owned(),
            name: "Kasm Workspaces".to_owned(),
            callback_urls: vec![format!("{KASM}/api/oidc_callback")],
            logout_callback_urls: vec![KASM.to_owned()],
            is_public: Some(false),
            pkce_enabled: Some(false),
            requires_pushed_authorization_requests: Some(false),
            requires_reauthentication: Some(false),
            is_group_restricted: Some(true),
            allowed_user_groups: vec![group("kasm-users")],
        },
        groups: Some(vec![GroupEntry {
            id: "a1".to_owned(),
            name: "kasm-users".to_owned(),
            user_count: Some(1),
            enabled_count: None,
        }]),
    }
}

fn secret_entry(at: Time) -> SecretEntry {
    SecretEntry {
        id: "d009".to_owned(),
        prefix: "lHmG".to_owned(),
        created_at: Some(at - TimeDelta::days(65)),
        expires_at: Some(at + TimeDelta::days(300)),
        is_active: true,
    }
}

fn listed(at: Time) -> ProviderClient {
    ProviderClient {
        id: CLIENT.to_owned(),
        name: "Kasm Workspaces".to_owned(),
        callbacks: vec![format!("{KASM}/api/oidc_callback")],
        is_public: Some(false),
        requires_pkce: Some(false),
        is_restricted: Some(true),
        secrets: Some(vec![secret_entry(at)]),
        last_used_at: None,
    }
}

fn preview() -> ClaimsPreview {
    let types = [
        ("sub", "string"),
        ("preferred_username", "string"),
        ("email", "string"),
        ("email_verified", "boolean"),
        ("name", "string"),
        ("groups", "array"),
    ];
    ClaimsPreview::Claims {
        types: types.map(|(name, kind)| (name.to_owned(), kind.to_owned())).into(),
        user_names: [("preferred_username".to_owned(), "canary".to_owned())].into(),
        groups: Some(vec!["kasm-users".to_owned()]),
        email_verified: Some(true),
    }
}

fn client_token(at: Time) -> ClientToken {
    ClientToken {
        token: TokenFacts {
            algorithm: "RS256".to_owned(),
            key_id: Some("d2VsbCBkb25l".to_owned()),
            token_type: Some("at+jwt".to_owned()),
            issuer: Some(PROVIDER.to_owned()),
            audience: vec![CLIENT.to_owned()],
            issued_at: Some(at.timestamp()),
            not_before: None,
            expires_at: Some(at.timestamp() + 3600),
            signature: Signature::Good,
        },
        expires_in: Some(3600),
        received_at: at,
    }
}

fn without<T>(at: Time, credential: Credential) -> Observed<T> {
    Observed::missing(at, Missing::NotConfigured(credential))
}

fn target() -> TargetFacts {
    TargetFacts {
        name: "home".to_owned(),
        provider: ProviderFacts { url: PROVIDER.to_owned(), internal_url: None, kind: None },
        app: AppFacts { url: KASM.to_owned(), provider: None, kind: Some(AppKind::Kasm), login: None, callback: None },
        expect: Expect::default(),
        off: BTreeSet::new(),
        warn_seconds: BTreeMap::new(),
        credentials: BTreeSet::new(),
        passkey_enabled: false,
        change_hold_seconds: 86_400,
        clients_told_by: super::ClientsToldBy::default(),
    }
}

fn connection(at: Time, host: &str) -> Connection {
    let leaf = Certificate {
        subject: format!("CN={host}"),
        issuer: "CN=Example CA".to_owned(),
        names: vec![host.to_owned()],
        not_before: at - TimeDelta::days(30),
        not_after: at + TimeDelta::days(60),
        fingerprint_sha256: "ab".repeat(32),
        is_ca: false,
        is_self_signed: false,
    };
    Connection {
        host: host.to_owned(),
        port: 443,
        resolve_seconds: 0.001,
        connect_seconds: 0.001,
        tls_seconds: Some(0.002),
        addresses: vec![AddressAnswer { address: [192, 0, 2, 1].into(), answer: AddressState::Answered }],
        tls: Some(Tls { version: "TLSv1.3".to_owned(), chain: vec![leaf], trust: Trust::Verified, name_matches: true }),
    }
}

fn answered<T>(fact: T) -> Answered<T> {
    Answered {
        fact,
        clock: Some(ClockReading { skew_seconds: 0.0, through: None }),
        timing: HttpTiming { processing_seconds: 0.005, transfer_seconds: 0.001 },
    }
}

fn key() -> Jwk {
    Jwk {
        kid: Some("d2VsbCBkb25l".to_owned()),
        kty: "RSA".to_owned(),
        alg: Some("RS256".to_owned()),
        key_use: Some("sig".to_owned()),
        crv: None,
        bits: Some(2048),
        thumbprint: "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs".to_owned(),
        problem: None,
        is_strange: false,
        is_private: false,
    }
}

fn login_settings() -> LoginSettings {
    LoginSettings {
        sso_enabled: Some(true),
        configs: vec![LoginConfig {
            id: CONFIG.to_owned(),
            id_as_written: CONFIG.to_owned(),
            display_name: "Pocket ID".to_owned(),
            hostname: None,
            is_default: Some(true),
            enabled: Some(true),
            auto_login: Some(false),
        }],
        saml_configs: 0,
        error_message: None,
    }
}

fn answers(url: &str) -> EndpointAnswer {
    EndpointAnswer { url: url.to_owned(), state: EndpointState::Answers }
}

fn page(base: &str) -> Page {
    Page {
        url: format!("{base}/"),
        status: 200,
        is_html: true,
        is_blank: false,
        title: Some("Sign in".to_owned()),
        script: Some(Script { path: "/app.js".to_owned(), status: Some(200), is_script: true }),
    }
}
