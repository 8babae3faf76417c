//! A snapshot in which all is well: for the daemon's self-test and as the base of the checks' test tables.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{TimeDelta, TimeZone, Utc};

use super::{
    AddressAnswer, AddressState, Answered, Certificate, ClientMeta, ClockReading, Connection, DryRun, EndpointAnswer,
    EndpointAnswers, EndpointState, Expect, HealthState, HttpTiming, KasmFacts, KasmHealth, Missing, Observed, Page,
    ProviderFacts, Script, Snapshot, TargetFacts, Tls, Trust,
};
use crate::{
    clock::Time,
    kasm::{KasmStart, LoginConfig, LoginSettings, Start, StartOutcome},
    oidc::{AuthorizeUrl, Discovery, Jwk, Jwks},
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
        let at = Utc.with_ymd_and_hms(2026, 11, 24, 12, 0, 0).single().expect("a date");
        let discovery = Discovery::parse(200, Some("application/json; charset=utf-8"), DISCOVERY.as_bytes());
        let authorize = format!(
            "{PROVIDER}/authorize?response_type=code&client_id={CLIENT}&redirect_uri=https%3A%2F%2Fkasm.example.test\
             %2Fapi%2Foidc_callback&scope=openid+email+profile+groups&state={CONFIG}:012345678901234567890123456789"
        );
        Self {
            format: Self::FORMAT,
            taken_at: at,
            target: target(),
            provider_connection: Observed::seen(at, 0.02, connection(at, "id.example.test")),
            kasm_connection: Observed::seen(at, 0.02, connection(at, "kasm.example.test")),
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
                    is_kasm_client: true,
                    name: Some("Kasm Workspaces".to_owned()),
                    requires_reauthentication: Some(false),
                },
            ),
            kasm_health: Observed::seen(at, 0.01, answered(KasmHealth { status: 200, state: HealthState::Healthy })),
            kasm_login_settings: Observed::seen(at, 0.01, login_settings()),
            kasm_start: Observed::seen(
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
            kasm_page: Observed::seen(at, 0.01, page(KASM)),
            passkey_domain: Observed::missing(at, Missing::OutOfReach("passkey.enabled is off".to_owned())),
            known_keys: None,
            changes: Vec::new(),
            requests: Vec::new(),
        }
    }
}

fn target() -> TargetFacts {
    TargetFacts {
        name: "home".to_owned(),
        provider: ProviderFacts { url: PROVIDER.to_owned(), internal_url: None, kind: None },
        kasm: KasmFacts { url: KASM.to_owned(), provider: None },
        expect: Expect::default(),
        off: BTreeSet::new(),
        warn_seconds: BTreeMap::new(),
        credentials: BTreeSet::new(),
        passkey_enabled: false,
        change_hold_seconds: 86_400,
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
        title: Some("Sign in".to_owned()),
        script: Some(Script { path: "/app.js".to_owned(), status: Some(200), is_script: true }),
    }
}
