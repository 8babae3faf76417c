//! Pushed authorization requests (RFC 9126), from 2.9. A good one leaves a row for 90 seconds.

use serde_json::json;

use super::{
    Answer, Provider, Request,
    callback_url::INVALID_CALLBACK,
    errors::{INVALID_CLIENT, INVALID_REQUEST, INVALID_STATE, legacy, oauth, oauth_json},
    token::{Claimed, Sent},
};
use crate::{
    lab::{message::first, random},
    providers::pocket_id::Version,
};

/// Answers a pushed authorization request.
pub(super) fn answer(provider: &Provider, request: &Request) -> Answer {
    let form = request.form();
    if provider.version < Version::new(2, 10) {
        legacy_answer(provider, request, &form)
    } else {
        library_answer(provider, request, &form)
    }
}

fn legacy_answer(provider: &Provider, request: &Request, form: &[(String, String)]) -> Answer {
    let sent = Sent::of(request, form, provider.version);
    if sent.id.as_ref().and_then(|id| provider.client(id)).is_some_and(|client| client.is_public) {
        return legacy(400, "Pushed authorization requests are not supported for public clients");
    }
    let client = match sent.claim(provider) {
        Claimed::Client(client) => client,
        refused => return refused.legacy_refusal(provider.version),
    };
    if !client.takes(first(form, "redirect_uri").unwrap_or_default(), provider.version) {
        return legacy(400, INVALID_CALLBACK);
    }
    let request_uri = format!("urn:ietf:params:oauth:request_uri:{}", random::letters(32));
    Answer::json(201, &json!({"request_uri": request_uri, "expires_in": 90}))
}

fn library_answer(provider: &Provider, request: &Request, form: &[(String, String)]) -> Answer {
    let get = |name: &str| first(form, name).unwrap_or_default();
    let invalid = |hint: &str| oauth(400, "invalid_request", &format!("{INVALID_REQUEST} {hint}"));
    let sent = Sent::of(request, form, provider.version);
    let client = match sent.claim(provider) {
        Claimed::Client(client) => client,
        Claimed::NothingSent => {
            let hint = "The requested OAuth 2.0 Client could not be authenticated.";
            return oauth(401, "invalid_client", &format!("{INVALID_CLIENT} {hint}"));
        }
        _ => return oauth(401, "invalid_client", INVALID_CLIENT),
    };
    if !client.takes(get("redirect_uri"), provider.version) {
        return invalid(
            "The 'redirect_uri' parameter does not match any of the OAuth 2.0 Client's pre-registered redirect urls.",
        );
    }
    if get("prompt").contains("none") && get("prompt") != "none" {
        return invalid(
            "Parameter 'prompt' was set to 'none', but contains other values as well which is not allowed.",
        );
    }
    if get("state").len() < 8 {
        return oauth(400, "invalid_state", INVALID_STATE);
    }
    // 2.10 only: ALLOW_INSECURE_CALLBACK_URLS came with 2.11.
    if provider.version == Version::new(2, 10) && get("redirect_uri").starts_with("http:") {
        return invalid(
            "Redirect URL is using an insecure protocol, http is only allowed for hosts with suffix 'localhost', for example: http://myapp.localhost/.",
        );
    }
    let request_uri = format!("urn:ietf:params:oauth:request_uri:{}", random::base64url::<32>());
    oauth_json(201, &json!({"expires_in": 90, "request_uri": request_uri}))
}
