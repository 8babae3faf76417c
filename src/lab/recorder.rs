//! What the lab saw, and what must never happen.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    ADMIN_API_KEY, LabOptions, USER_API_KEY,
    apps::OtherApp,
    developer_api,
    message::{Answer, Request, first},
    pocket_id::Client,
    state::Provider,
};
use crate::{
    clock::Time,
    model::Side,
    providers::{ProviderKind, pocket_id::Version},
};

/// One request that the lab got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Which side got it.
    pub side: Side,
    /// The method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The names of the query's parameters; their values are not kept.
    pub parameters: Vec<String>,
    /// The `Host` that it named.
    pub host: String,
    /// When.
    pub at: Time,
}

/// What was seen, and what should not have been.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    pub seen: Vec<Seen>,
    pub violations: Vec<String>,
    /// How many tokens were given out.
    pub minted: usize,
    /// The redirect URIs that the apps have sent.
    sent_by_apps: BTreeSet<String>,
    /// Whether somebody may sign in.
    may_sign_in: bool,
    /// Whether the client is another app's, whose redirect URIs are not seen here.
    has_other_app: bool,
    /// The codes that came to the callback.
    brought: BTreeSet<String>,
}

impl Recorder {
    /// One of a lab with these options.
    pub(super) fn of(options: &LabOptions) -> Self {
        Self { may_sign_in: options.signs_in, has_other_app: options.other_app.is_some(), ..Self::default() }
    }

    /// Notes a request.
    pub(super) fn note(&mut self, side: Side, request: &Request, provider: &Provider, at: Time) {
        self.seen.push(Seen {
            side,
            method: request.method.clone(),
            path: request.path.clone(),
            parameters: request.query.iter().map(|(name, _)| name.clone()).collect(),
            host: request.header("host").to_owned(),
            at,
        });
        if request.method == "HEAD" {
            self.violation(side, request, "a HEAD request");
        }
        if let Some(credential) = misplaced(side, request) {
            self.violation(side, request, &format!("{credential} was sent to the wrong side"));
        }
        if carries_credential(request) && !request.tls && !is_loopback(request.host()) {
            self.violation(side, request, "a credential was sent over plain HTTP");
        }
        match side {
            Side::Provider => self.note_provider(request, provider),
            Side::App => self.note_kasm(request),
        }
    }

    /// Notes what a side answered.
    pub(super) fn note_answer(&mut self, side: Side, request: &Request, answer: &Answer) {
        let body = || -> Value { serde_json::from_slice(&answer.body).unwrap_or_default() };
        if side == Side::Provider && answer.status == 200 && body().get("access_token").is_some() {
            self.minted += 1;
        }
        if side != Side::App || request.path != "/api/sso" {
            return;
        }
        self.sent_by_apps.extend(body().get("url").and_then(Value::as_str).and_then(redirect_uri_of));
    }

    /// Notes a request to an app beside Kasm.
    pub(super) fn note_app(&mut self, app: &OtherApp, request: &Request) {
        if !app.allows(request) {
            let what = format!("{} was asked for more than a start of its login", app.seat.client_name);
            self.violation(Side::App, request, &what);
        }
        if let Some(credential) = misplaced(Side::App, request) {
            self.violation(Side::App, request, &format!("{credential} was sent to the wrong side"));
        }
    }

    /// Notes the redirect URI that such an app sends: in `Location`, or in a JSON document.
    pub(super) fn note_start(&mut self, answer: &Answer) {
        let location = answer.headers.iter().find(|(name, _)| *name == "Location").map(|(_, value)| value.clone());
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let url = location.or_else(|| body.get("url").and_then(Value::as_str).map(str::to_owned));
        self.sent_by_apps.extend(url.as_deref().and_then(redirect_uri_of));
    }

    /// Notes a connection to an address that only a broken document names.
    pub(super) fn note_elsewhere(&mut self) {
        self.violations.push("a connection to an address that only a document or a redirect names".to_owned());
    }

    fn note_provider(&mut self, request: &Request, provider: &Provider) {
        let paths = provider.paths;
        let path = request.path.as_str();
        let is_dry_run = path == paths.authorize;
        let form = request.form();
        let body = request.json();
        let redirect_uri = request
            .query("redirect_uri")
            .or_else(|| first(&form, "redirect_uri"))
            .or_else(|| body.get("callbackURL").and_then(Value::as_str));
        // The token endpoint takes the redirect URI only together with a code, which nobody has here.
        let is_foreign = |uri: &&str| path != paths.token && !self.sent_by_apps.contains(*uri);
        if let Some(uri) = redirect_uri.filter(|_| !self.has_other_app).filter(is_foreign) {
            self.violation(Side::Provider, request, &format!("a redirect URI that no app sent: {uri}"));
        }
        let is_server_side = provider.kind != ProviderKind::PocketId || provider.version >= Version::new(2, 10);
        let has_session = self.may_sign_in && request.header("cookie").contains("access_token=");
        if is_dry_run && is_server_side && request.query("prompt") != Some("none") && !has_session {
            self.violation(Side::Provider, request, "an authorization request without prompt=none, which writes a row");
        }
        if path == paths.userinfo && !request.header("authorization").is_empty() {
            self.violation(Side::Provider, request, "a token at the userinfo endpoint");
        }
        if path.starts_with("/interaction") || path == "/logout" {
            self.violation(Side::Provider, request, "a redirect was followed");
        }
        let may_post = [paths.token, paths.introspect, "/api/oidc/authorize/callback-url"];
        if self.may_sign_in && is_of_sign_in(path) {
            if request.header("user-agent").bytes().any(|byte| byte.is_ascii_digit()) {
                self.violation(
                    Side::Provider,
                    request,
                    "a user agent with a version, which mails the user after an upgrade",
                );
            }
            return;
        }
        if request.method != "GET"
            && request.method != "HEAD"
            && !(request.method == "POST" && may_post.contains(&path))
        {
            self.violation(Side::Provider, request, "a write, or a method that nothing here needs");
        }
    }

    fn note_kasm(&mut self, request: &Request) {
        let path = request.path.as_str();
        if path == "/api/oidc_callback" && self.may_sign_in {
            let code = request.query("code").unwrap_or_default();
            if !self.brought.insert(code.to_owned()) {
                self.violation(Side::App, request, "a code was brought twice");
            }
        } else if path == "/api/oidc_callback" {
            self.violation(Side::App, request, "Kasm's callback was requested");
        }
        if path == "/api/sso_login" {
            self.violation(Side::App, request, "a sign-in was started as a browser would");
        }
        let may_post = ["/api/login_settings", "/api/sso"].contains(&path) || developer_api::call(path).is_some();
        if request.method != "GET" && request.method != "HEAD" && !(request.method == "POST" && may_post) {
            self.violation(Side::App, request, "a write, or a method that nothing here needs");
        }
        if request.json().get("user_id").is_some() {
            self.violation(Side::App, request, "a top-level user_id, which means impersonation");
        }
        if developer_api::call(path).is_some() && developer_api::keys_of(request).len() > 1 {
            self.violation(Side::App, request, "the key in two ways at once");
        }
    }

    fn violation(&mut self, side: Side, request: &Request, what: &str) {
        self.violations.push(format!("{what} ({} {} at {})", request.method, request.path, side.id()));
    }
}

/// The redirect URI of an authorize URL.
fn redirect_uri_of(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    url.query_pairs().find(|(name, _)| name == "redirect_uri").map(|(_, value)| value.into_owned())
}

/// Whether a path at the provider belongs to a sign-in. Asking for the passkey domain begins as one.
fn is_of_sign_in(path: &str) -> bool {
    let own = ["/api/webauthn/login/finish", "/api/webauthn/reauthenticate", "/api/oidc/authorize"];
    own.contains(&path)
        || path == "/api/oidc/authorization-required"
        || path.starts_with("/api/webauthn/register/")
        || path.starts_with("/api/one-time-access-token/")
        || path.starts_with("/api/oidc/interactions/")
}

/// Which credential of the other side a request carries.
fn misplaced(side: Side, request: &Request) -> Option<&'static str> {
    let foreign: &[(&str, &str)] = match side {
        Side::Provider => &[("Kasm's key", developer_api::API_KEY), ("Kasm's key", developer_api::API_KEY_SECRET)],
        Side::App => &[
            ("the client secret", Client::KASM_SECRET),
            ("the provider's key", ADMIN_API_KEY),
            ("the provider's key", USER_API_KEY),
        ],
    };
    let (user, password) = request.basic().unwrap_or_default();
    let body = String::from_utf8_lossy(&request.body);
    let holds = |value: &str| {
        body.contains(value)
            || user == value
            || password == value
            || request.headers.values().any(|header| header.as_bytes() == value.as_bytes())
            || request.query.iter().any(|(_, parameter)| parameter == value)
    };
    foreign.iter().find(|(_, value)| holds(value)).map(|(name, _)| *name)
}

fn carries_credential(request: &Request) -> bool {
    !request.header("authorization").is_empty()
        || !request.header("x-api-key").is_empty()
        || first(&request.form(), "client_secret").is_some()
        || request.json().get("api_key_secret").is_some()
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
