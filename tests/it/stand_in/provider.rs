//! An OpenID provider made of a discovery document, and a Kasm that fits it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};
use ssowatch::{
    clock::Clock,
    collect::{CollectMode, Collector},
    config::{Secret, SecretSource, Target},
    model::{CheckReport, Snapshot},
    round::{Round, round},
};
use url::{Url, form_urlencoded};

use crate::collect::{
    pair::CONFIG,
    server::{Act, Seen, Server, answer, html, json as answer_json, redirect},
};

const RSA: &str = "t6Q8PWSi1dkJj9hTP8hNYFlvadM7DflW9mWepOJhJ66w7nyoK1gPNqFMSQRyO125Gp-TEkodhWr0iujjHVx7BcV0llS4w5ACGgPrcAd6ZcSR0-Iqom-QFcNP8Sjg086MwoqQU_LYywlAGZ21WSdS_PERyGFiNnj3QQlO8Yns5jCtLCRwLHL0Pb1fEv45AuRIuUfVcPySBWYnDyGxvjYGDSM-AqWS9zIQ2ZilgT-GqUmipg0XOC0Cc20rgLe2ymLHjpHciCKVAbY5-L32-lSeZO-Os6U15_aXrk9Gw8cPUaX1_I8sLGuSiVdt3C_Fn2PZ3Z8i744FPFGGcG1qs2Wz-Q";

type Route = Arc<dyn Fn(&Seen) -> Act + Send + Sync>;

/// What both servers go by.
struct State {
    document: Value,
    routes: HashMap<String, Route>,
    /// What Kasm stores: what it starts logins with, and what its API shows.
    config: Value,
}

/// The provider, the Kasm, and the target that names them.
pub struct StandIn {
    pub provider: Server,
    _kasm: Server,
    pub target: Target,
    state: Arc<Mutex<State>>,
    collector: Collector,
}

impl StandIn {
    /// Both well; the issuer is the provider's origin with this path.
    pub async fn at(path: &str) -> Self {
        let (provider, kasm) = (Server::plain().await, Server::plain().await);
        let issuer = format!("http://{}{path}", provider.address);
        let kasm_url = format!("http://{}", kasm.address);
        let document = document(&issuer);
        let config = config(&document, &kasm_url);
        let mut target = Target::of_two_urls("home", url(&issuer), url(&kasm_url));
        target.provider.http.timeout = Some(Duration::from_secs(30));
        target.app.http.timeout = Some(Duration::from_secs(30));
        let state = Arc::new(Mutex::new(State { document, routes: HashMap::new(), config }));
        let (of_provider, of_kasm) = (Arc::clone(&state), Arc::clone(&state));
        provider.does(move |seen| answer_as_provider(&of_provider.lock().unwrap(), seen));
        kasm.does(move |seen| answer_as_kasm(&of_kasm.lock().unwrap(), seen));
        Self { provider, _kasm: kasm, target, state, collector: Collector::new(Clock::System) }
    }

    /// Both well.
    pub async fn new() -> Self {
        Self::at("").await
    }

    /// The provider's origin.
    pub fn origin(&self) -> String {
        format!("http://{}", self.provider.address)
    }

    /// What the provider does at a path.
    pub fn route(&self, path: &str, act: impl Fn(&Seen) -> Act + Send + Sync + 'static) -> &Self {
        self.state.lock().unwrap().routes.insert(path.to_owned(), Arc::new(act));
        self
    }

    /// Changes members of the document; null takes one out.
    pub fn announces(&self, changes: &Value) -> &Self {
        merge(&mut self.state.lock().unwrap().document, changes);
        self
    }

    /// The document, as served.
    pub fn document(&self) -> String {
        self.state.lock().unwrap().document.to_string()
    }

    /// Changes members of what Kasm stores and sends.
    pub fn kasm_has(&self, changes: &Value) -> &Self {
        merge(&mut self.state.lock().unwrap().config, changes);
        self
    }

    /// Kasm's API may be read.
    pub fn with_kasm_key(&mut self) -> &Self {
        let secret = |text: &str| Some(SecretSource::Inline(Secret::new(text.to_owned())));
        (self.target.app.api_key, self.target.app.api_key_secret) = (secret("key"), secret("key secret"));
        self
    }

    /// Our copy of the client secret.
    pub fn with_secret(&mut self, text: &str) -> &Self {
        self.target.provider.client_secret = Some(SecretSource::Inline(Secret::new(text.to_owned())));
        self
    }

    /// A full round.
    pub async fn round(&self) -> Round {
        round(&self.collector, &self.target, None, CollectMode::Full).await
    }

    /// The round after another one, a while later: what is due is asked. By then the budget of requests is full again, as it
    /// is in a new collector.
    pub async fn round_after(&self, before: &Snapshot) -> Round {
        let mode = CollectMode::Due { settings_every: Duration::from_mins(5), share_for: Duration::ZERO };
        round(&Collector::new(Clock::System), &self.target, Some(before), mode).await
    }
}

/// The address of a login page, a redirect to it, or anything else: what the healthy stand-in answers to a dry run.
pub fn sent_back(seen: &Seen, parameters: &[(&str, &str)]) -> Act {
    let query: HashMap<String, String> = query(seen);
    let state = query.get("state").cloned().unwrap_or_default();
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    pairs.extend_pairs(parameters);
    if !parameters.iter().any(|(name, _)| *name == "state") {
        pairs.append_pair("state", &state);
    }
    redirect(302, &format!("{}?{}", query["redirect_uri"], pairs.finish()))
}

pub fn query(seen: &Seen) -> HashMap<String, String> {
    let (_, query) = seen.target.split_once('?').unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// The report of a check.
pub fn check<'r>(round: &'r Round, id: &str) -> &'r CheckReport {
    round.report.check(id).unwrap()
}

/// The verdict of a check.
pub fn verdict(round: &Round, id: &str) -> String {
    serde_json::to_value(check(round, id).verdict).unwrap().as_str().unwrap().to_owned()
}

/// The check that is the cause.
pub fn cause(round: &Round) -> Option<&str> {
    round.report.cause.as_ref().map(|cause| cause.check.as_str())
}

/// Every text that a failing check says, and what it advises.
pub fn texts(round: &Round) -> String {
    let failing = round.report.failing().flat_map(|check| &check.findings);
    failing.map(|finding| format!("{} {}\n", finding.message, finding.fix.as_deref().unwrap_or_default())).collect()
}

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn merge(into: &mut Value, changes: &Value) {
    let members = into.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            members.remove(name)
        } else {
            members.insert(name.clone(), value.clone())
        };
    }
}

fn document(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/jwks"),
        "end_session_endpoint": format!("{issuer}/logout"),
        "scopes_supported": ["openid", "profile", "email", "groups"],
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "claims_supported": ["sub", "name", "preferred_username", "email", "groups"],
    })
}

fn config(document: &Value, kasm: &str) -> Value {
    json!({
        "oidc_id": CONFIG,
        "display_name": "Sign in",
        "enabled": true,
        "auto_login": false,
        "is_default": true,
        "hostname": "",
        "client_id": "kasm",
        "client_secret": "**********",
        "auth_url": document["authorization_endpoint"],
        "token_url": document["token_endpoint"],
        "user_info_url": document["userinfo_endpoint"],
        "scope": ["openid", "profile", "email"],
        "redirect_url": format!("{kasm}/api/oidc_callback"),
        "username_attribute": "preferred_username",
        "groups_attribute": "groups",
        "debug": false,
        "issuer": document["issuer"],
        "logout_with_oidc_provider": false,
    })
}

fn answer_as_provider(state: &State, seen: &Seen) -> Act {
    if let Some(route) = state.routes.get(seen.path()) {
        return route(seen);
    }
    let is = |member: &str| state.document[member].as_str().is_some_and(|text| url(text).path() == seen.path());
    let issuer = state.document["issuer"].as_str().map(|issuer| url(issuer).path().trim_end_matches('/').to_owned());
    if seen.path() == format!("{}/.well-known/openid-configuration", issuer.unwrap_or_default()) {
        answer_json(200, state.document.to_string())
    } else if is("authorization_endpoint") {
        sent_back(seen, &[("error", "login_required")])
    } else if is("token_endpoint") {
        answer(
            401,
            &[("Content-Type", "application/json"), ("WWW-Authenticate", "Basic")],
            r#"{"error":"invalid_client","error_description":"Client authentication failed"}"#,
        )
    } else if is("userinfo_endpoint") {
        answer_json(401, r#"{"error":"invalid_token"}"#)
    } else if is("jwks_uri") {
        let key = json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "k1", "e": "AQAB", "n": RSA});
        answer_json(200, json!({"keys": [key]}).to_string())
    } else if is("end_session_endpoint") {
        html(200, "<title>Signed out</title>")
    } else {
        answer_json(404, r#"{"error":"not found"}"#)
    }
}

fn answer_as_kasm(state: &State, seen: &Seen) -> Act {
    let config = &state.config;
    match (seen.method.as_str(), seen.path()) {
        ("GET", "/api/__healthcheck") => answer_json(200, r#"{"ok": true}"#),
        ("POST", "/api/login_settings") => {
            let shown = json!({
                "oidc_id": CONFIG, "display_name": "Sign in", "enabled": true, "auto_login": false, "default": true
            });
            answer_json(200, json!({"sso_enabled": true, "oidc": {"oidc_configs": [shown]}}).to_string())
        }
        ("POST", "/api/sso") => {
            let text = |member: &str| config[member].as_str().unwrap_or_default().to_owned();
            let scope: Vec<&str> = config["scope"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
            let mut url = url(&text("auth_url"));
            url.query_pairs_mut()
                .append_pair("response_type", "code")
                .append_pair("client_id", &text("client_id"))
                .append_pair("redirect_uri", &text("redirect_url"))
                .append_pair("scope", &scope.join(" "))
                .append_pair("state", &format!("{}:0123456789012345", CONFIG.replace('-', "")));
            answer_json(200, json!({"url": url.as_str()}).to_string())
        }
        ("POST", "/api/public/get_oidc_configs") => answer_json(200, json!({"oidc_configs": [config]}).to_string()),
        ("GET", "/") => html(200, "<!doctype html><title>Kasm</title>"),
        _ => html(404, "<H1>Not Found</H1>"),
    }
}
