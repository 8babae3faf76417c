//! The token endpoint and introspection: client authentication, and what a client gets without a user.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{
    Answer, Client, Provider, Request,
    errors::{INVALID_CLIENT, INVALID_GRANT, INVALID_REQUEST, legacy, no_such_endpoint, oauth, oauth_json},
};
use crate::{
    clock::Time,
    lab::{message::first, random, state::Database},
    providers::{ProviderKind, pocket_id::Version},
};

/// The credentials that came with a request.
pub(super) struct Sent {
    pub id: Option<String>,
    secret: Option<String>,
}

/// What a request's credentials are worth.
pub(super) enum Claimed<'a> {
    /// This client.
    Client(&'a Client),
    /// No client of that id.
    Unknown,
    /// The wrong secret.
    WrongSecret,
    /// No credentials, or half of them.
    NothingSent,
}

impl Sent {
    /// Reads the credentials in the order of that release (the reference, section 2.3).
    pub(super) fn of(request: &Request, form: &[(String, String)], version: Version) -> Self {
        let body = |name: &str| first(form, name).filter(|value| !value.is_empty()).map(str::to_owned);
        let in_body = Self { id: body("client_id"), secret: body("client_secret") };
        let basic = request.basic().map(|(id, secret)| {
            let decode =
                |text: &str| if version >= Version::new(2, 3) { percent_decoded(text) } else { text.to_owned() };
            Self { id: Some(decode(&id)), secret: Some(decode(&secret)).filter(|secret| !secret.is_empty()) }
        });
        let body_wins = match version {
            version if version >= Version::new(2, 10) => false,
            version if version >= Version::new(2, 7) => in_body.secret.is_some(),
            _ => in_body.id.is_some() || in_body.secret.is_some(),
        };
        match basic {
            Some(basic) if !body_wins => basic,
            _ => in_body,
        }
    }

    /// Which client they prove.
    pub(super) fn claim<'a>(&self, provider: &'a Provider) -> Claimed<'a> {
        let Some(id) = &self.id else { return Claimed::NothingSent };
        let known = provider.client(id);
        // A database that cannot be read looks like a client that is gone (measured, from 2.10).
        let Some(client) = known.filter(|_| provider.database != Database::Gone) else { return Claimed::Unknown };
        match &self.secret {
            _ if client.is_public => Claimed::Client(client),
            Some(secret) if client.secrets.contains(secret) => Claimed::Client(client),
            Some(_) => Claimed::WrongSecret,
            None if provider.version < Version::new(2, 10) => Claimed::NothingSent,
            None => Claimed::WrongSecret,
        }
    }
}

impl Claimed<'_> {
    /// The refusal up to 2.9.
    pub(super) fn legacy_refusal(&self, version: Version) -> Answer {
        match self {
            Self::Unknown if version >= Version::new(2, 4) => legacy(404, "Client not found"),
            Self::Unknown => legacy(404, "Record not found"),
            Self::WrongSecret if version >= Version::new(2, 4) => legacy(401, "Invalid client secret"),
            Self::WrongSecret => legacy(400, "Invalid client secret"),
            Self::Client(_) | Self::NothingSent => legacy(400, "Client id or secret not provided"),
        }
    }
}

/// Answers a token request.
pub(super) fn token(provider: &Provider, request: &Request, now: Time) -> Answer {
    let form = request.form();
    let sent = Sent::of(request, &form, provider.version);
    match (provider.kind, provider.version < Version::new(2, 10)) {
        (ProviderKind::PocketId, true) => legacy_token(provider, &form, &sent, now),
        _ => library_token(provider, &form, &sent, now),
    }
}

fn legacy_token(provider: &Provider, form: &[(String, String)], sent: &Sent, now: Time) -> Answer {
    if provider.database == Database::Gone {
        return legacy(500, "Something went wrong");
    }
    let get = |name: &str| first(form, name).unwrap_or_default();
    match get("grant_type") {
        "" => legacy(400, "GrantType is required"),
        "authorization_code" if get("code").is_empty() => legacy(400, "Authorization code is required"),
        "authorization_code" => match sent.claim(provider) {
            // Reading a code takes the write lock.
            Claimed::Client(_) if provider.database == Database::Locked => legacy(500, "Something went wrong"),
            Claimed::Client(_) => legacy(400, "Invalid authorization code"),
            refused => refused.legacy_refusal(provider.version),
        },
        "refresh_token" => legacy(400, "Refresh token is invalid or expired"),
        "client_credentials" => match sent.claim(provider) {
            Claimed::Client(client) if !client.is_public => minted(provider, client, now),
            refused => refused.legacy_refusal(provider.version),
        },
        _ => legacy(400, "Grant type not supported"),
    }
}

fn library_token(provider: &Provider, form: &[(String, String)], sent: &Sent, now: Time) -> Answer {
    let get = |name: &str| first(form, name).unwrap_or_default();
    let invalid = |hint: &str| oauth(400, "invalid_request", &format!("{INVALID_REQUEST} {hint}"));
    let grant = get("grant_type");
    if grant.is_empty() {
        return invalid("Request parameter 'grant_type' is missing");
    }
    if !["authorization_code", "refresh_token", "client_credentials"].contains(&grant) {
        return invalid(
            "Make sure that the various parameters are correct, be aware of case sensitivity and trim your parameters. \
             Make sure that the client you are using has exactly whitelisted the redirect_uri you specified.",
        );
    }
    let client = match sent.claim(provider) {
        Claimed::Client(client) => client,
        Claimed::NothingSent => {
            return invalid(
                "Client credentials missing or malformed in both HTTP Authorization header and HTTP POST body.",
            );
        }
        Claimed::Unknown | Claimed::WrongSecret => return oauth(401, "invalid_client", INVALID_CLIENT),
    };
    let invalid_grant = |hint: &str| oauth(400, "invalid_grant", &format!("{INVALID_GRANT}{hint}"));
    match grant {
        "refresh_token" => invalid_grant(" The refresh token is malformed or not valid."),
        "client_credentials" if client.is_public => invalid_grant(
            " The OAuth 2.0 Client is marked as public and is thus not allowed to use authorization grant \
             'client_credentials'.",
        ),
        "client_credentials" if provider.database == Database::Locked => {
            oauth(500, "error", "The error is unrecognizable")
        }
        "client_credentials" => minted(provider, client, now),
        _ => invalid_grant(""),
    }
}

/// A token of the client's own (RFC 6749, section 4.4), in the form of each release.
fn minted(provider: &Provider, client: &Client, now: Time) -> Answer {
    let since = |major, minor| provider.version >= Version::new(major, minor);
    let mut claims = json!({
        "aud": [provider.token.audience.unwrap_or(&client.id)],
        "exp": now.timestamp() + provider.token.lifetime,
        "iat": now.timestamp(),
        "iss": provider.token.issuer.unwrap_or(&provider.app_url),
        "sub": format!("client-{}", client.id),
    });
    if since(2, 3) {
        claims["jti"] = json!(random::uuid());
    }
    if since(2, 10) {
        claims["scope"] = json!("");
        claims["scp"] = json!([]);
    } else {
        claims["type"] = json!("oauth-access-token");
    }
    if since(2, 13) {
        claims["client_id"] = json!(client.id);
    }
    let token_type = if since(2, 13) { "at+jwt" } else { "JWT" };
    let Some(token) = provider.signing_key.sign(token_type, &claims) else {
        return legacy(500, "Something went wrong");
    };
    if since(2, 10) {
        let body = json!({"access_token": token, "expires_in": 3599, "scope": "", "token_type": "bearer"});
        return oauth_json(200, &body);
    }
    Answer::json(200, &json!({"access_token": token, "token_type": "Bearer", "expires_in": 3600}))
}

/// The claims of a token that this provider's key signed and that is in force.
pub(super) fn claims(provider: &Provider, token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let header: Value = decoded(parts.next()?)?;
    let claims: Value = decoded(parts.next()?)?;
    (header["kid"] == provider.signing_key.id.as_str() && claims["iss"] == provider.app_url.as_str()).then_some(claims)
}

fn decoded(part: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// Answers an introspection request (RFC 7662). Only HTTP Basic counts; nothing is written.
pub(super) fn introspect(provider: &Provider, request: &Request, now: Time) -> Answer {
    if provider.kind == ProviderKind::PocketId && provider.version < Version::new(0, 46) {
        return no_such_endpoint();
    }
    let form = request.form();
    let token = first(&form, "token").unwrap_or_default();
    // Credentials in the body are not read.
    let sent = Sent::of(request, &[], provider.version);
    if provider.kind == ProviderKind::PocketId && provider.version < Version::new(2, 10) {
        return legacy_introspect(provider, request, token, &sent, now);
    }
    let refused =
        |hint: &str| oauth(401, "request_unauthorized", &format!("The request could not be authorized. {hint}"));
    match sent.claim(provider) {
        Claimed::Client(client) if !client.is_public => {
            oauth_json(200, &active(provider, client, token, now).unwrap_or_else(|| json!({"active": false})))
        }
        Claimed::Unknown => refused("Unable to find OAuth 2.0 Client from HTTP basic authorization header."),
        Claimed::NothingSent => refused("HTTP Authorization header missing."),
        Claimed::Client(_) | Claimed::WrongSecret => refused("OAuth 2.0 Client credentials are invalid."),
    }
}

fn legacy_introspect(provider: &Provider, request: &Request, token: &str, sent: &Sent, now: Time) -> Answer {
    if token.is_empty() {
        return legacy(400, "Token is required");
    }
    if provider.database == Database::Gone {
        return legacy(500, "Something went wrong");
    }
    if request.header("authorization").starts_with("Bearer ") && provider.version < Version::new(2, 4) {
        return legacy(400, "Invalid client assertion");
    }
    match sent.claim(provider) {
        Claimed::Client(client) if !client.is_public => match claims(provider, token) {
            Some(found) if found["aud"][0] != client.id.as_str() => legacy(400, "Client id or secret not provided"),
            _ => Answer::json(200, &active(provider, client, token, now).unwrap_or_else(|| json!({"active": false}))),
        },
        refused => refused.legacy_refusal(provider.version),
    }
}

/// What introspection says about a client's own token; none for any other.
fn active(provider: &Provider, client: &Client, token: &str, now: Time) -> Option<Value> {
    let claims = claims(provider, token)?;
    if claims["aud"][0] != client.id.as_str() || claims["exp"].as_i64()? <= now.timestamp() {
        return None;
    }
    let mut answer = json!({
        "active": true, "aud": claims["aud"], "exp": claims["exp"], "iat": claims["iat"], "sub": claims["sub"],
    });
    if provider.version >= Version::new(2, 10) {
        answer["client_id"] = json!(client.id);
        answer["username"] = claims["sub"].clone();
        return Some(answer);
    }
    answer["token_type"] = json!("access_token");
    answer["iss"] = claims["iss"].clone();
    if let Some(id) = claims.get("jti") {
        answer["jti"] = id.clone();
    }
    Some(answer)
}

/// One part of HTTP Basic as OAuth encodes it (RFC 6749, section 2.3.1).
fn percent_decoded(text: &str) -> String {
    form_urlencoded::parse(format!("x={text}").as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}
