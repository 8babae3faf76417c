//! What supervisors ask: alive, ready, reload; and the configuration in force.

use std::sync::atomic::Ordering;

use axum::{
    extract,
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use tokio::sync::oneshot;
use url::Url;

use super::{Shared, text};

pub(super) async fn healthy() -> Response {
    text(StatusCode::OK, "ssowatch is healthy.")
}

pub(super) async fn ready(extract::State(app): Shared) -> Response {
    if app.ready.load(Ordering::Acquire) {
        text(StatusCode::OK, "ssowatch is ready.")
    } else {
        text(StatusCode::SERVICE_UNAVAILABLE, "Not ready: a first round is still to come, or the daemon is stopping.")
    }
}

pub(super) async fn config(extract::State(app): Shared) -> Response {
    let redacted = app.config.borrow().redacted.clone();
    text(StatusCode::OK, redacted)
}

pub(super) async fn reload(extract::State(app): Shared, headers: HeaderMap) -> Response {
    if !app.options.enable_lifecycle {
        return text(
            StatusCode::FORBIDDEN,
            "Reloading over HTTP is off. Start ssowatch with --web.enable-lifecycle, or send it SIGHUP.",
        );
    }
    if is_foreign(&headers) {
        return text(StatusCode::FORBIDDEN, "Refused: the request comes from a page of another origin.");
    }
    let (outcome, answer) = oneshot::channel();
    if app.reload.send(outcome).await.is_err() {
        return text(StatusCode::SERVICE_UNAVAILABLE, "Not reloaded: the daemon is stopping.");
    }
    match answer.await {
        Ok(Ok(())) => text(StatusCode::OK, "The configuration is reloaded."),
        Ok(Err(problem)) => text(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("The configuration is not reloaded, the old one stays in force: {problem}"),
        ),
        Err(_) => text(StatusCode::SERVICE_UNAVAILABLE, "Not reloaded: the daemon is stopping."),
    }
}

/// Whether a browser sent this from a page of another origin. Tools send no `Origin`.
pub(super) fn is_foreign(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return false };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let origin = origin.to_str().ok().and_then(|origin| Url::parse(origin).ok());
    // Both in one form: the default port of the origin's scheme is left out.
    let ours = match (&origin, host) {
        (Some(origin), Some(host)) => Url::parse(&format!("{}://{host}", origin.scheme())).ok(),
        _ => None,
    };
    !matches!((origin, ours), (Some(origin), Some(ours)) if origin.origin().is_tuple() && origin.origin() == ours.origin())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_the_own_origin_or_none_may_change_something() {
        for (origin, host, foreign) in [
            (None, "localhost:10059", false),
            (Some("http://localhost:10059"), "localhost:10059", false),
            (Some("https://sso.example.test"), "sso.example.test", false),
            (Some("https://sso.example.test"), "sso.example.test:443", false),
            (Some("http://LOCALHOST:10059"), "localhost:10059", false),
            (Some("https://evil.example.test"), "sso.example.test", true),
            (Some("http://localhost:8080"), "localhost:10059", true),
            (Some("http://localhost"), "localhost:10059", true),
            (Some("null"), "localhost:10059", true),
            (Some(""), "localhost:10059", true),
            (Some("file://"), "localhost:10059", true),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static(host));
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            }
            assert_eq!(is_foreign(&headers), foreign, "{origin:?} at {host}");
        }
        let mut without_host = HeaderMap::new();
        without_host.insert(header::ORIGIN, HeaderValue::from_static("http://localhost"));
        assert!(is_foreign(&without_host));
    }
}
