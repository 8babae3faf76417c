//! `/authorize` from 2.10: the library's rules in the library's order, up to the point where a user is needed.

use url::form_urlencoded::Serializer;

use super::{
    Answer, Client, Request,
    errors::{INVALID_REQUEST, INVALID_STATE},
};
use crate::{
    lab::{
        message::first,
        random,
        state::{Database, Provider},
    },
    providers::pocket_id::{ProviderKind, Version},
};

/// A refusal at the redirect URI: `error` and `error_description`.
pub(in crate::lab) struct Refusal(&'static str, String);

impl Refusal {
    /// What the callback is told.
    pub(in crate::lab) fn fields(self, provider: &Provider, state: &str) -> Vec<(&'static str, String)> {
        let Self(error, description) = self;
        let mut fields = vec![("error", error.to_owned()), ("error_description", description)];
        if provider.version >= Version::new(2, 14) {
            fields.push(("iss", provider.app_url.clone()));
        }
        fields.push(("state", state.to_owned()));
        fields
    }
}

/// Where a good request ends without a session.
pub(in crate::lab) enum Decision {
    /// `prompt=none`: an error at the callback, and nothing is written.
    LoginRequired,
    /// A page that asks the user to sign in; writes a row.
    Interaction,
}

/// Answers an authorization request without a session.
pub(super) fn answer(provider: &Provider, request: &Request) -> Answer {
    let parameters = if request.method == "POST" { request.form() } else { request.query.clone() };
    let get = |name: &str| first(&parameters, name);
    let (client, redirect_uri) = match client_and_redirect_uri(provider, &get) {
        Ok(found) => found,
        Err(text) => return error_page(provider, &text),
    };
    let refusal = match evaluate(provider, client, &get) {
        Ok(Decision::Interaction) => return found(&format!("/interaction?interaction={}", random::uuid())),
        Ok(Decision::LoginRequired) => {
            Refusal("login_required", "The Authorization Server requires End-User authentication.".to_owned())
        }
        Err(refusal) => refusal,
    };
    let fields = refusal.fields(provider, get("state").unwrap_or_default());
    to_callback(&redirect_uri, get("response_mode"), &fields)
}

/// The client and the redirect URI: what is wrong here is told on the provider's own page.
pub(in crate::lab) fn client_and_redirect_uri<'a, 'p>(
    provider: &'p Provider,
    get: &impl Fn(&str) -> Option<&'a str>,
) -> Result<(&'p Client, String), String> {
    if get("request_uri").is_some() {
        return Err("Invalid PAR session".to_owned());
    }
    let known = get("client_id").and_then(|id| provider.client(id));
    // A database that cannot be read looks like a client that is gone (measured).
    let Some(client) = known.filter(|_| provider.database != Database::Gone) else {
        return Err("The requested OAuth 2.0 Client does not exist.".to_owned());
    };
    if let Some(mode) = get("response_mode").filter(|mode| !["query", "fragment", "form_post"].contains(mode)) {
        return Err(format!("Request with unsupported response_mode \"{mode}\"."));
    }
    let has_openid = get("scope").unwrap_or_default().split(' ').any(|scope| scope == "openid");
    match (get("redirect_uri"), &client.callback_urls[..]) {
        (Some(given), _) if client.takes(given, provider.version) => Ok((client, given.to_owned())),
        (None, _) if has_openid => {
            Err("The 'redirect_uri' parameter is required when using OpenID Connect 1.0.".to_owned())
        }
        (None, [only]) => Ok((client, only.clone())),
        _ => Err(
            "The 'redirect_uri' parameter does not match any of the OAuth 2.0 Client's pre-registered redirect urls."
                .to_owned(),
        ),
    }
}

/// The rest of the rules, in the library's order. Scopes are never refused.
pub(in crate::lab) fn evaluate<'a>(
    provider: &Provider,
    client: &Client,
    get: &impl Fn(&str) -> Option<&'a str>,
) -> Result<Decision, Refusal> {
    let invalid = |hint: String| Err(Refusal("invalid_request", format!("{INVALID_REQUEST} {hint}")));
    if let Some(audience) = get("audience") {
        return invalid(format!("Requested audience '{audience}' has not been whitelisted by the OAuth 2.0 Client."));
    }
    let unsupported = "The authorization server does not support obtaining a token using this method.";
    match get("response_type") {
        Some("code") => {}
        Some(other) => {
            let hint = format!("{unsupported} The client is not allowed to request response_type '{other}'.");
            return Err(Refusal("unsupported_response_type", hint));
        }
        None => {
            let hint = format!("{unsupported} `The request is missing the 'response_type' parameter.");
            return Err(Refusal("unsupported_response_type", hint));
        }
    }
    let prompts: Vec<&str> = get("prompt").unwrap_or_default().split_whitespace().collect();
    if let Some(unknown) =
        prompts.iter().find(|prompt| !["none", "login", "consent", "select_account"].contains(prompt))
    {
        return invalid(format!("Used unknown value '[{unknown}]' for prompt parameter"));
    }
    if prompts.len() > 1 && prompts.contains(&"none") {
        let hint = "Parameter 'prompt' was set to 'none', but contains other values as well which is not allowed.";
        return invalid(hint.to_owned());
    }
    if get("state").unwrap_or_default().len() < 8 {
        return Err(Refusal("invalid_state", INVALID_STATE.to_owned()));
    }
    if client.pkce_required && get("code_challenge").is_none() {
        let hint = "This client requires PKCE, but the 'code_challenge' parameter is missing.";
        return invalid(hint.to_owned());
    }
    if client.par_required {
        return Err(Refusal("error", "The error is unrecognizable".to_owned()));
    }
    if get("resource").is_some() {
        return invalid("The 'resource' or 'scope' parameter is invalid.".to_owned());
    }
    match (prompts.contains(&"none"), provider.database) {
        (true, _) => Ok(Decision::LoginRequired),
        // The interaction cannot be stored.
        (false, Database::Locked) => Err(Refusal("error", "The error is unrecognizable".to_owned())),
        (false, _) => Ok(Decision::Interaction),
    }
}

/// Sends the browser to the provider's own error page; a provider that is not Pocket ID shows it at once.
pub(in crate::lab) fn error_page(provider: &Provider, text: &str) -> Answer {
    if provider.kind != ProviderKind::PocketId {
        return Answer::html(400, &format!("<!doctype html><title>Error</title><p>{}</p>", escape(text)));
    }
    // Escaped from 2.13; before, blanks and quotes stand raw in the header.
    if provider.version >= Version::new(2, 13) {
        let encoded: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        return found(&format!("/interaction/error?error={encoded}"));
    }
    found(&format!("/interaction/error?error={text}"))
}

/// A redirect as the web framework sends it.
pub(in crate::lab) fn found(location: &str) -> Answer {
    Answer::html(302, &format!("<a href=\"{}\">Found</a>.\n\n", escape(location))).with("Location", location)
}

/// The error at the callback, as `response_mode` wants it.
pub(in crate::lab) fn to_callback(
    redirect_uri: &str,
    response_mode: Option<&str>,
    fields: &[(&str, String)],
) -> Answer {
    let answer = match response_mode {
        Some("form_post") => Answer::of(200, "text/html;charset=UTF-8", form(redirect_uri, fields)),
        Some("fragment") => Answer::empty(303).with("Location", format!("{redirect_uri}#{}", encoded(fields))),
        _ => {
            let joint = if redirect_uri.contains('?') { '&' } else { '?' };
            Answer::empty(303).with("Location", format!("{redirect_uri}{joint}{}", encoded(fields)))
        }
    };
    answer.with("Cache-Control", "no-store").with("Pragma", "no-cache")
}

fn encoded(fields: &[(&str, String)]) -> String {
    Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn form(redirect_uri: &str, fields: &[(&str, String)]) -> String {
    let inputs: String = fields
        .iter()
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\"/>\n", escape(value)))
        .collect();
    format!(
        "<!DOCTYPE html>\n<html>\n<head><title>Submit This Form</title></head>\n<body>\n\
         <form method=\"post\" action=\"{}\">\n{inputs}\
         <noscript><button type=\"submit\">Continue</button></noscript>\n</form>\n\
         <script>document.forms[0].submit()</script>\n</body>\n</html>",
        escape(redirect_uri)
    )
}

/// Text as HTML, escaped as Go does it.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('\'', "&#39;").replace('"', "&#34;").replace('<', "&lt;").replace('>', "&gt;")
}
