//! Kasm's part of a sign-in: it redeems the code, finds or makes the user, and hands a session over (`kasm.md`, section 5;
//! never measured on a real Kasm).

use serde_json::Value;
use url::Url;

use super::{BrokenSignIn, SignIns};
use crate::lab::{
    message::{Answer, Request},
    random,
    state::LabState,
};

/// Notes the state that a start gives out; a second one may differ.
pub(super) fn started(of: &mut SignIns, answer: &mut Answer) {
    let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) else { return };
    let Some(mut url) = body.get("url").and_then(Value::as_str).and_then(|url| Url::parse(url).ok()) else { return };
    let state = url.query_pairs().find(|(name, _)| name == "state").map(|(_, state)| state.into_owned());
    if let Some(state) = state {
        of.given_out.push(state.clone());
        of.states.insert(state);
    }
    of.starts += 1;
    if of.is(BrokenSignIn::StartChanges) && of.starts.is_multiple_of(2) {
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let changed = pairs.into_iter().map(|(name, value)| match name.as_str() {
            "client_id" => (name, "00000000-0000-4000-8000-0000000000c2".to_owned()),
            _ => (name, value),
        });
        let changed: Vec<(String, String)> = changed.collect();
        url.query_pairs_mut().clear().extend_pairs(changed);
        body["url"] = Value::from(url.as_str());
        answer.body = body.to_string().into_bytes();
    }
}

fn internal_error() -> Answer {
    Answer::html(500, "<html><body><H1>Internal Error</H1></body></html>")
}

pub(super) fn answer(of: &mut SignIns, state: &LabState, request: &Request) -> Option<Answer> {
    if request.path != "/api/oidc_callback" {
        return None;
    }
    Some(callback(of, state, request).unwrap_or_else(internal_error))
}

/// The callback; `None` is an exception, which the stock proxy turns into its page.
fn callback(of: &mut SignIns, state: &LabState, request: &Request) -> Option<Answer> {
    if !of.states.remove(request.query("state")?) {
        return None;
    }
    let code = request.query("code")?;
    if of.is(BrokenSignIn::AppUnreached) {
        // The API waits for the provider, and the stock proxy for the API.
        return Some(Answer::html(504, "<html><head><title>504 Gateway Time-out</title></head></html>"));
    }
    if of.is(BrokenSignIn::AppSecretWrong) {
        return None;
    }
    let grant = of.codes.remove(code)?;
    let ours = state.kasm.configs().next()?;
    if grant.client != ours.client_id || grant.redirect_uri != ours.redirect_url {
        return None;
    }
    of.redeemed += 1;
    if of.is(BrokenSignIn::ClaimMissing) {
        return Some(Answer::html(200, "Unable to processes OIDC login"));
    }
    if of.is(BrokenSignIn::LocalUser) {
        return Some(Answer::html(200, "OIDC login rejected: Non OIDC user"));
    }
    of.kasm_users.insert(grant.user);
    if of.is(BrokenSignIn::NoSession) {
        return Some(Answer::empty(302).with("Location", format!("{}/#/staticlogin", state.urls.kasm)));
    }
    let token = format!("{}.{}.{}", random::base64url::<20>(), random::base64url::<60>(), random::base64url::<32>());
    of.handed_over += 1;
    of.given_out.push(token.clone());
    let base = if of.is(BrokenSignIn::InnerHost) { "https://kasm_proxy:8443" } else { state.urls.kasm.as_str() };
    Some(Answer::empty(302).with("Location", format!("{base}/#/sso/{}/{token}", random::uuid())))
}
