//! Headers of every answer, so that a browser does nothing with it but show it.

use std::sync::LazyLock;

use axum::{
    extract::{Request, State},
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    App,
    page::{SCRIPT, STYLE},
};

/// Nothing from elsewhere, no form, and no frame but in the pages that the configuration names, which follow it. The one style sheet and the one script are allowed by their hashes (CSP
/// Level 3); the script may ask this origin, the icon of the page stands in its own address.
static CONTENT_SECURITY_POLICY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "default-src 'none'; style-src {}; script-src {}; connect-src 'self'; img-src data:; base-uri 'none'; \
         form-action 'none'; frame-ancestors ",
        hash(STYLE),
        hash(SCRIPT)
    )
});

fn hash(text: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    format!("'sha256-{}'", STANDARD.encode(digest))
}

/// Adds them.
pub(super) async fn secure(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let ancestors = app.config.borrow().web.frame_ancestors.join(" ");
    let headers = response.headers_mut();
    // Older than the policy, and cannot name more than one page.
    if ancestors.is_empty() {
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    }
    let ancestors = if ancestors.is_empty() { "'none'" } else { &ancestors };
    let policy = HeaderValue::from_str(&format!("{}{ancestors}", *CONTENT_SECURITY_POLICY));
    let policy = policy.unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    for (name, value) in [(header::X_CONTENT_TYPE_OPTIONS, "nosniff"), (header::REFERRER_POLICY, "no-referrer")] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
