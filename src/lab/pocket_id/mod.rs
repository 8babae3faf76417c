//! Pocket ID's side: answers as the recordings of real releases do (`tests/fixtures/pocket-id`).
//!
//! Of the REST API that a key opens, what is read by somebody who watches is here (`rest`).

pub(super) mod authorize;
mod callback_url;
mod clients;
pub(super) mod discovery;
pub(super) mod errors;
mod page;
mod par;
mod paths;
mod people;
mod preview;
mod registered;
mod rest;
mod token;

use serde_json::json;

pub(super) use clients::Client;
use errors::{CLIENT_UNKNOWN, SETUP_DONE, SOMETHING_WRONG, TOO_MANY, UNAUTHORIZED, legacy, no_such_endpoint};
pub(super) use paths::Paths;
pub(super) use people::{ApiKey, Group, User};

use super::{
    message::{Answer, Request},
    random,
    state::{Database, Provider},
};
use crate::{
    clock::Time,
    providers::{ProviderKind, pocket_id::Version},
};

/// Answers a request to the provider at that time.
pub(super) fn answer(provider: &Provider, request: &Request, now: Time) -> Answer {
    let answer = if provider.is_throttling && is_limited(provider, &request.path) {
        too_many(provider.version)
    } else if provider.hidden.contains(&request.path.as_str()) {
        Answer::html(404, "<html><head><title>404 Not Found</title></head><body>404 Not Found</body></html>")
    } else if is_head_of_old(provider, request) {
        page::app()
    } else {
        route(provider, request, now)
    };
    finish(provider, request, answer)
}

/// Before 2.0, HEAD was not routed: the web page answered (#1130).
fn is_head_of_old(provider: &Provider, request: &Request) -> bool {
    request.method == "HEAD" && provider.version < Version::new(2, 0)
}

/// Which paths the general limiter counts.
fn is_limited(provider: &Provider, path: &str) -> bool {
    let counts_authorize = provider.version >= Version::new(2, 10);
    path.starts_with("/api/")
        || path.starts_with("/.well-known/")
        || (counts_authorize && path == provider.paths.authorize)
}

/// Which paths ask the database; health, discovery, keys and the page do not.
pub(super) fn needs_database(provider: &Provider, path: &str) -> bool {
    let paths = provider.paths;
    let is_page = path == paths.authorize && provider.version < Version::new(2, 10);
    path.ends_with("/meta")
        || (provider.kind == ProviderKind::PocketId && rest::is_of_keys(path))
        || ["/api/oidc/authorize/callback-url", "/api/oidc/par", "/api/webauthn/login/start"].contains(&path)
        || ([paths.token, paths.introspect, paths.authorize].contains(&path) && !is_page)
}

/// The limiter's answer: it says when to come again only from 2.13.
fn too_many(version: Version) -> Answer {
    let answer = TOO_MANY.answer(version);
    if version >= Version::new(2, 13) { answer.with("Retry-After", "1") } else { answer }
}

fn route(provider: &Provider, request: &Request, now: Time) -> Answer {
    let paths = provider.paths;
    let method = if request.method == "HEAD" { "GET" } else { request.method.as_str() };
    let path = request.path.as_str();
    match (method, path) {
        ("GET", "/.well-known/openid-configuration") => Answer::json(200, &provider.discovery),
        ("GET", "/.well-known/oauth-authorization-server") if provider.version >= Version::new(2, 14) => {
            Answer::json(200, &provider.discovery)
        }
        ("GET", _) if path == paths.jwks => Answer::json(200, &provider.jwks),
        ("GET" | "POST", _) if path == paths.authorize => authorization(provider, request),
        ("GET" | "POST", _) if path == paths.userinfo => userinfo(provider, request),
        ("GET" | "POST", _) if path == paths.end_session => authorize::found(&format!("{}/logout", provider.app_url)),
        ("POST", _) if path == paths.token => token::token(provider, request, now),
        ("POST", _) if path == paths.introspect => token::introspect(provider, request, now),
        _ if provider.kind != ProviderKind::PocketId => other_provider(provider, method, path),
        _ => pocket_id_alone(provider, request, method, path, now),
    }
}

/// What only Pocket ID has.
fn pocket_id_alone(provider: &Provider, request: &Request, method: &str, path: &str, now: Time) -> Answer {
    match (method, path) {
        ("GET", "/healthz") => Answer::empty(204),
        ("GET", "/api/application-configuration") => Answer::json(200, &page::public_settings(provider.version)),
        ("GET", "/api/webauthn/login/start") => passkey_challenge(provider),
        ("GET", "/api/signup/setup") if provider.version >= Version::new(2, 6) => SETUP_DONE.answer(provider.version),
        ("POST", "/api/oidc/authorize/callback-url") if provider.version == Version::new(2, 9) => {
            callback_url::answer(provider, &request.json())
        }
        ("POST", "/api/oidc/par") if provider.version >= Version::new(2, 9) => par::answer(provider, request),
        _ => match path.strip_prefix("/api/oidc/clients/").and_then(|rest| rest.strip_suffix("/meta")) {
            Some(id) if method == "GET" => client_meta(provider, id),
            _ if method == "GET" => {
                rest::answer(provider, request, path, now).unwrap_or_else(|| unknown(provider, method, path))
            }
            _ => unknown(provider, method, path),
        },
    }
}

/// A path that no release routes.
fn unknown(provider: &Provider, method: &str, path: &str) -> Answer {
    // Up to 2.7 the web page answered below /.well-known too (#1467).
    let is_api =
        path.starts_with("/api/") || (path.starts_with("/.well-known/") && provider.version >= Version::new(2, 8));
    if is_api || method != "GET" { no_such_endpoint() } else { page::file(provider, path) }
}

fn other_provider(provider: &Provider, method: &str, path: &str) -> Answer {
    match (method, path) {
        ("GET", "/") => Answer::html(200, "<!doctype html><title>Sign in</title><script src=\"/app.js\"></script>"),
        ("GET", "/app.js") if provider.page_script => Answer::of(200, "text/javascript; charset=utf-8", "0;\n"),
        _ => Answer::of(404, "text/plain; charset=utf-8", "not found\n"),
    }
}

fn authorization(provider: &Provider, request: &Request) -> Answer {
    let is_page = provider.kind == ProviderKind::PocketId && provider.version < Version::new(2, 10);
    // Up to 2.9 a web page answers 200 to anything: the rules are applied after signing in.
    if is_page { page::app() } else { authorize::answer(provider, request) }
}

/// A database that cannot be written or read, where one is needed.
fn needs_writing(provider: &Provider) -> Option<Answer> {
    (provider.database != Database::Fine).then(|| SOMETHING_WRONG.answer(provider.version))
}

fn client_meta(provider: &Provider, id: &str) -> Answer {
    if provider.database == Database::Gone {
        return SOMETHING_WRONG.answer(provider.version);
    }
    let Some(client) = provider.client(id) else {
        return CLIENT_UNKNOWN.answer(provider.version);
    };
    Answer::json(200, &registered::meta(client, provider.version))
}

fn userinfo(provider: &Provider, request: &Request) -> Answer {
    let token = request.header("authorization").strip_prefix("Bearer ");
    if provider.version < Version::new(2, 10) && provider.kind == ProviderKind::PocketId {
        return match token {
            None => legacy(401, "Missing access token"),
            Some(token) if token::claims(provider, token).is_some() => legacy(404, "Record not found"),
            // A junk token is an unhandled error up to 2.9 (measured).
            Some(_) => legacy(500, "Something went wrong"),
        };
    }
    if token.is_some_and(|token| token::claims(provider, token).is_some()) {
        let description = "The access token is not audienced to this server and cannot be used to access user \
                           information. Make sure that the request you are making is valid. Maybe the credential or \
                           request parameters you are using are limited in scope or otherwise restricted.";
        return Answer::json(403, &json!({"error": "access_denied", "error_description": description}));
    }
    let error = "request_unauthorized";
    Answer::json(401, &json!({"error": error, "error_description": UNAUTHORIZED}))
        .with("Www-Authenticate", format!("Bearer error=\"{error}\", error_description=\"{UNAUTHORIZED}\""))
}

/// The start of a passkey sign-in; writes a row.
fn passkey_challenge(provider: &Provider) -> Answer {
    if let Some(failure) = needs_writing(provider) {
        return failure;
    }
    let host = url::Url::parse(&provider.app_url).ok().and_then(|url| url.host_str().map(str::to_owned));
    let body = json!({
        "challenge": random::base64url::<32>(),
        "timeout": 60000,
        "rpId": provider.passkey_host.clone().or(host),
        "userVerification": "required",
    });
    let same_site = if provider.version >= Version::new(2, 11) { "; SameSite=Lax" } else { "" };
    let name = if provider.app_url.starts_with("https:") { "__Host-session" } else { "session" };
    let cookie = format!("{name}={}; Path=/; Max-Age=60; HttpOnly; Secure{same_site}", random::uuid());
    Answer::json(200, &body).with("Set-Cookie", cookie)
}

/// The headers that stand on every answer of a release.
pub(super) fn finish(provider: &Provider, request: &Request, mut answer: Answer) -> Answer {
    if provider.kind != ProviderKind::PocketId {
        return answer.or("Cache-Control", "no-store");
    }
    if has_cors(provider, &request.path) {
        for (name, value) in [
            ("Access-Control-Allow-Origin", "*"),
            ("Access-Control-Allow-Headers", "Authorization"),
            ("Access-Control-Allow-Methods", "GET, POST"),
        ] {
            answer = answer.with(name, value);
        }
    }
    if provider.version >= Version::new(2, 13) {
        answer = answer.with("X-Request-Id", random::uuid());
    }
    if provider.version >= Version::new(1, 16) {
        answer = answer.or("Cache-Control", "private, no-store");
    }
    answer.with("Content-Security-Policy", page::content_security_policy())
}

/// Which paths other origins may ask (`middleware/cors.go`).
fn has_cors(provider: &Provider, path: &str) -> bool {
    let paths = provider.paths;
    let is_end_session = path == paths.end_session && provider.version >= Version::new(2, 10);
    let is_metadata = path == "/.well-known/oauth-authorization-server" && provider.version >= Version::new(2, 14);
    path == "/.well-known/openid-configuration"
        || is_metadata
        || is_end_session
        || [paths.jwks, paths.token, paths.userinfo, paths.introspect].contains(&path)
}
