//! A Pocket ID and a Kasm that behave, and a target that names them.

use std::time::Duration;

use ssowatch::{
    clock::Clock,
    collect::{CollectMode, Collector},
    config::Target,
    model::{Missing, Observed, Reason, Snapshot},
};
use url::Url;

use super::server::{Act, Seen, Server, html, json, redirect};

pub const CLIENT: &str = "00000000-0000-4000-8000-0000000000c1";
pub const CONFIG: &str = "5ca1ab1e-0000-4000-8000-000000000001";
pub const PAGE: &str =
    "<!doctype html><html><head><title>Sign in</title><script src=\"/app.js\"></script></head></html>";

/// A provider, a Kasm, and a target of both.
pub struct Pair {
    pub provider: Server,
    pub kasm: Server,
    pub target: Target,
    pub collector: Collector,
    pub clock: Clock,
}

pub fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

impl Pair {
    /// Both over plain HTTP, both well.
    pub async fn well() -> Self {
        let (provider, kasm) = (Server::plain().await, Server::plain().await);
        let (provider_url, kasm_url) = (format!("http://{}", provider.address), format!("http://{}", kasm.address));
        Self::of(provider, &provider_url, kasm, &kasm_url)
    }

    /// Both well, under these addresses.
    pub fn of(provider: Server, provider_url: &str, kasm: Server, kasm_url: &str) -> Self {
        provider.does(pocket_id(provider_url, kasm_url));
        kasm.does(a_kasm(provider_url, kasm_url));
        let mut target = Target::of_two_urls("home", url(provider_url), url(kasm_url));
        // Longer than any answer here takes, whatever else the machine does.
        target.provider.http.timeout = Some(Duration::from_secs(30));
        target.app.http.timeout = Some(Duration::from_secs(30));
        Self { provider, kasm, target, collector: Collector::new(Clock::System), clock: Clock::System }
    }

    pub fn provider_url(&self) -> String {
        self.target.provider.url.as_str().trim_end_matches('/').to_owned()
    }

    pub fn kasm_url(&self) -> String {
        self.target.app.url.as_str().trim_end_matches('/').to_owned()
    }

    /// The provider is well but for one path.
    pub fn provider_but(&self, path: &'static str, act: impl Fn(&Seen) -> Act + Send + Sync + 'static) {
        let well = pocket_id(&self.provider_url(), &self.kasm_url());
        self.provider.does(move |seen| if seen.path() == path { act(seen) } else { well(seen) });
    }

    /// Kasm is well but for one path.
    pub fn kasm_but(&self, path: &'static str, act: impl Fn(&Seen) -> Act + Send + Sync + 'static) {
        let well = a_kasm(&self.provider_url(), &self.kasm_url());
        self.kasm.does(move |seen| if seen.path() == path { act(seen) } else { well(seen) });
    }

    /// A full look.
    pub async fn look(&self) -> Snapshot {
        self.collector.observe(&self.target, None, CollectMode::Full).await
    }
}

/// The document of 2.14, with this base.
pub fn document(base: &str) -> serde_json::Value {
    let text = serde_json::to_string(&Snapshot::healthy().discovery.get().unwrap().fact.document).unwrap();
    serde_json::from_str(&text.replace("https://id.example.test", base)).unwrap()
}

/// The authorize URL that Kasm gives.
pub fn authorize_url(provider: &str, kasm: &str) -> String {
    let callback: String =
        url::form_urlencoded::byte_serialize(format!("{kasm}/api/oidc_callback").as_bytes()).collect();
    format!(
        "{provider}/authorize?response_type=code&client_id={CLIENT}&redirect_uri={callback}&scope=openid+profile\
         &state={}:012345678901234567890123456789",
        CONFIG.replace('-', "")
    )
}

pub fn pocket_id(base: &str, kasm: &str) -> impl Fn(&Seen) -> Act + Send + Sync + 'static {
    let (base, kasm) = (base.to_owned(), kasm.to_owned());
    let keys = r#"{"keys":[{"alg":"RS256","e":"AQAB","kid":"k1","kty":"RSA","n":"y1SF","use":"sig"}]}"#;
    move |seen| match seen.path() {
        "/.well-known/openid-configuration" => json(200, document(&base).to_string()),
        "/.well-known/jwks.json" => json(200, keys),
        "/api/oidc/token" => json(401, r#"{"error":"invalid_client"}"#),
        "/api/oidc/userinfo" => json(401, r#"{"error":"request_unauthorized"}"#),
        "/api/oidc/end-session" => redirect(302, &format!("{base}/logout")),
        "/api/webauthn/login/start" => json(200, r#"{"challenge":"c","rpId":"127.0.0.1"}"#),
        "/authorize" => {
            let state = seen.target.split("&state=").nth(1).and_then(|rest| rest.split('&').next()).unwrap_or_default();
            let back = format!("{kasm}/api/oidc_callback?error=login_required&error_description=no&state={state}");
            redirect(303, &back)
        }
        "/" => html(200, PAGE),
        "/app.js" => super::server::answer(200, &[("Content-Type", "text/javascript")], "1"),
        path if path == format!("/api/oidc/clients/{CLIENT}/meta") => {
            json(200, r#"{"id":"c1","name":"Kasm Workspaces","requiresReauthentication":false}"#)
        }
        path if path.ends_with("/meta") => json(404, r#"{"error":"OIDC client not found","code":"not_found"}"#),
        _ => json(404, r#"{"error":"API endpoint not found"}"#),
    }
}

pub fn a_kasm(provider: &str, kasm: &str) -> impl Fn(&Seen) -> Act + Send + Sync + 'static {
    let authorize = authorize_url(provider, kasm);
    move |seen| match (seen.method.as_str(), seen.path()) {
        ("GET", "/api/__healthcheck") => json(200, r#"{"ok": true}"#),
        ("POST", "/api/login_settings") => json(
            200,
            format!(
                r#"{{"sso_enabled":true,"oidc":{{"oidc_configs":[{{"oidc_id":"{CONFIG}","display_name":"Pocket ID","enabled":true,"auto_login":false,"default":true}}]}}}}"#
            ),
        ),
        ("POST", "/api/sso") => json(200, serde_json::json!({"url": authorize}).to_string()),
        ("GET", "/") => html(200, PAGE),
        ("GET", "/app.js") => super::server::answer(200, &[("Content-Type", "application/javascript")], "1"),
        _ => html(404, "<H1>Not Found</H1>"),
    }
}

/// Why an observation failed; the test fails where it did not.
pub fn failure<T: std::fmt::Debug>(seen: &Observed<T>) -> (Reason, String) {
    match &seen.value {
        Err(Missing::Failed { reason, detail, .. }) => {
            assert!(detail.chars().count() <= 200, "a detail is bounded: {detail}");
            (*reason, detail.clone())
        }
        other => panic!("not a failure: {other:?}"),
    }
}

pub fn reason<T: std::fmt::Debug>(seen: &Observed<T>) -> Reason {
    failure(seen).0
}
