//! Kasm's side, as the reference has it (`kasm.md`; nothing there was measured on a real Kasm).

use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use super::{
    developer_api,
    message::{Answer, Request},
    random,
    state::{Health, Kasm, OidcConfig},
};

const SCRIPT: &str = "/static/js/main.js";

/// Answers a request to Kasm.
pub(super) fn answer(kasm: &Kasm, request: &Request) -> Answer {
    let answer = match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/api/__healthcheck") => health(kasm.health),
        // The callback: a made-up code or state is an exception on every release (reported).
        (_, "/api/oidc_callback") => internal_error(),
        (_, path) if path.starts_with("/api/") && !kasm.has_database => internal_error(),
        ("POST", "/api/login_settings") => login_settings(kasm, request.host()),
        ("POST", "/api/sso") => sso(kasm, &request.json()),
        ("GET", "/api/sso_login") => sso_login(kasm, request),
        ("POST", path) if developer_api::call(path).is_some() => developer_api::answer(kasm, request),
        ("GET", SCRIPT) if kasm.page_script => {
            Answer::of(200, "application/javascript; charset=utf-8", "document.title = 'Kasm';\n")
        }
        ("GET", path) if !path.starts_with("/api/") && !path.starts_with("/static/") => page(),
        _ => Answer::html(404, "<html><head><title>404 Not Found</title></head><body>404 Not Found</body></html>"),
    };
    answer.or("Strict-Transport-Security", "max-age=63072000")
}

fn health(health: Health) -> Answer {
    match health {
        Health::Fine => Answer::json(200, &json!({"ok": true})),
        Health::Exception => internal_error(),
        Health::Hidden => Answer::html(404, "<html><head><title>404 Not Found</title></head><body></body></html>"),
    }
}

/// The stock proxy swaps the body of a 500 for this page.
fn internal_error() -> Answer {
    Answer::html(500, "<html><body><H1>Internal Error</H1></body></html>")
}

/// Enabled configs for this host; if there are none, those marked as default.
fn visible<'a>(kasm: &'a Kasm, host: &str) -> Vec<&'a OidcConfig> {
    let enabled = || kasm.configs().filter(|config| config.enabled);
    let named: Vec<_> = enabled().filter(|config| config.hostname.as_deref() == Some(host)).collect();
    if named.is_empty() { enabled().filter(|config| config.is_default).collect() } else { named }
}

fn login_settings(kasm: &Kasm, host: &str) -> Answer {
    let configs: Vec<Value> = visible(kasm, host).into_iter().map(shown).collect();
    let saml: Vec<Value> = (0..kasm.saml_configs)
        .map(|number| {
            json!({
                "saml_id": format!("5a3150a4-0000-4000-8000-{number:012}"),
                "display_name": "Company SAML", "hostname": null, "default": true, "enabled": true,
                "auto_login": false, "logo_url": null,
            })
        })
        .collect();
    let mut body = json!({"login_logo": "img/logo.svg", "login_caption": "Workspaces", "html_title": "Kasm"});
    if !configs.is_empty() || !saml.is_empty() {
        body["sso_enabled"] = json!(true);
    }
    body["oidc"] = json!({"oidc_configs": configs});
    body["saml"] = json!({"saml_configs": saml});
    Answer::json(200, &body)
}

fn shown(config: &OidcConfig) -> Value {
    json!({
        "oidc_id": plain_id(&config.oidc_id),
        "display_name": config.display_name,
        "hostname": config.hostname,
        "default": config.is_default,
        "enabled": config.enabled,
        "auto_login": config.auto_login,
        "logo_url": config.logo_url,
    })
}

/// An id as the login page has it: 32 hexadecimal digits.
pub(super) fn plain_id(id: &str) -> String {
    id.replace('-', "").to_lowercase()
}

/// The config of an id with or without dashes. A disabled one still starts a login (unconfirmed).
fn config<'a>(kasm: &'a Kasm, id: &str) -> Option<&'a OidcConfig> {
    kasm.configs().find(|config| plain_id(&config.oidc_id) == plain_id(id))
}

fn sso(kasm: &Kasm, body: &Value) -> Answer {
    let error = |text: &str| Answer::json(200, &json!({"error_message": text}));
    if let Some(text) = kasm.sso_error {
        return error(text);
    }
    let Some(id) = body.get("id").and_then(Value::as_str) else { return error("No SSO ID") };
    match config(kasm, id) {
        Some(config) => Answer::json(200, &json!({"url": authorize_url(kasm, config)})),
        // The text is a guess: evaluate by the field's presence alone.
        None => error("Invalid SSO ID"),
    }
}

fn sso_login(kasm: &Kasm, request: &Request) -> Answer {
    match request.query("id").and_then(|id| config(kasm, id)) {
        Some(config) => Answer::empty(301).with("Location", authorize_url(kasm, config)),
        None => Answer::json(403, &json!({"error_message": "Access Denied"})),
    }
}

/// The authorize URL as `requests-oauthlib` makes it: no nonce, no prompt, no PKCE.
fn authorize_url(kasm: &Kasm, config: &OidcConfig) -> String {
    let state = match kasm.state_length {
        Some(length) => format!("{}:{}", plain_id(&config.oidc_id), random::letters(length)),
        None => random::letters(5),
    };
    let mut query = Serializer::new(String::new());
    query
        .append_pair("response_type", kasm.response_type)
        .append_pair("client_id", &config.client_id)
        .append_pair("redirect_uri", &config.redirect_url)
        .append_pair("scope", kasm.sends_scope.unwrap_or(&config.scope.join(" ")))
        .append_pair("state", &state)
        .extend_pairs(&kasm.extra_parameters);
    let joint = if config.auth_url.contains('?') { '&' } else { '?' };
    format!("{}{joint}{}", config.auth_url, query.finish())
}

fn page() -> Answer {
    let page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Kasm</title>\
         <script defer=\"defer\" src=\"{SCRIPT}\"></script></head>\n<body><div id=\"root\"></div></body></html>\n"
    );
    Answer::html(200, &page)
}
