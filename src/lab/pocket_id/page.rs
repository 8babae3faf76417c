//! Pocket ID's web page, its files, and the public settings that the page reads.

use serde_json::{Value, json};

use super::{Answer, Provider};
use crate::{lab::random, providers::pocket_id::Version};

/// The page's script.
const SCRIPT: &str = "/_app/immutable/entry/start.js";

/// The single-page application, which answers every path that no other handler takes.
pub(super) fn app() -> Answer {
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Pocket ID</title>\
         <link rel=\"modulepreload\" href=\"{SCRIPT}\"></head>\n\
         <body><div id=\"app\"></div><script type=\"module\" src=\"{SCRIPT}\"></script></body>\n</html>\n"
    );
    Answer::html(200, &page).with("Cache-Control", "no-store")
}

/// A file of the page, or the page itself.
pub(super) fn file(provider: &Provider, path: &str) -> Answer {
    // A file that is missing is answered by the page: 200 and HTML in place of a script.
    if path != SCRIPT || !provider.page_script {
        return app();
    }
    Answer::of(200, "text/javascript; charset=utf-8", "document.title = 'Pocket ID';\n")
        .with("Cache-Control", "public, max-age=31536000, immutable")
}

/// The header that stands on every answer; the nonce is a fresh one each time.
pub(super) fn content_security_policy() -> String {
    format!(
        "default-src 'self'; base-uri 'self'; object-src 'none'; frame-ancestors 'none'; form-action 'self'; \
         img-src * blob:;font-src 'self'; style-src 'self' 'unsafe-inline'; script-src 'self' 'nonce-{}'",
        random::base64url::<16>()
    )
}

/// `GET /api/application-configuration`: a list of keys, types and values.
pub(super) fn public_settings(version: Version) -> Value {
    let new = version >= Version::new(2, 2);
    let tracing_type = if version == Version::new(2, 10) { "boolean" } else { "" };
    let entries = [
        ("appName", "", "Pocket ID", true),
        ("homePageUrl", "", "/settings/account", new),
        ("accentColor", "", "default", true),
        ("disableAnimations", "", "false", true),
        ("allowOwnAccountEdit", "", "true", true),
        ("allowUserSignups", "", "disabled", true),
        ("requireUserEmail", "", "true", true),
        ("emailOneTimeAccessAsUnauthenticatedEnabled", "", "false", true),
        ("emailOneTimeAccessAsAdminEnabled", "", "false", true),
        ("emailVerificationEnabled", "", "false", new),
        ("ldapEnabled", "", "false", true),
        ("uiConfigDisabled", "boolean", "false", true),
        ("tracingEnabled", tracing_type, "false", version >= Version::new(2, 10)),
    ];
    let list = entries.iter().filter(|(_, _, _, is_there)| *is_there);
    list.map(|(key, kind, value, _)| json!({"key": key, "type": kind, "value": value})).collect()
}
