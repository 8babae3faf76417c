//! Whether our copy of the client secret is right, with nothing minted: introspection of a made-up token (RFC 7662), or a
//! made-up authorization code at the token endpoint (RFC 6749, section 4.1.3). Both authenticate by HTTP Basic,
//! percent-encoded.
//!
//! Of Pocket ID it is measured that either authenticates the client first. Of another provider nothing is known: some answer
//! anybody, some look the code up before the secret. There an answer proves the secret only where a deliberately wrong one
//! gets another from the same endpoint, which is asked once an hour at most.

use std::time::Duration;

use aws_lc_rs::rand;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::DateTime;
use serde_json::Value;
use url::Url;

use super::{
    addresses,
    client_access::{Access, database_of},
};
use crate::{
    clock::{Time, span},
    collect::{
        credentialed::Credentialed,
        off_worker,
        transport::{
            answer::Answer,
            fetch_error::{self, FetchError, bounded},
            http::Request,
        },
    },
    config::{Secret, SecretSource},
    model::{ClientSecrets, Control, Credential, Observed, SecretAnswer, SecretMethod, SecretProof, SourceId},
    oidc::{demands_assertion, parse_json},
    providers::{
        ProviderKind,
        pocket_id::{Version, VersionSpan},
    },
};

const SOURCE: SourceId = SourceId::ClientSecret;
/// Never a real one: a provider's tokens and codes are random, and this is a sentence.
pub(in crate::collect) const JUNK: &str = "ssowatch-asks-whether-the-client-secret-is-right";
/// The first release whose introspection can be relied upon (#700, #704).
const INTROSPECTION: Version = Version::new(1, 6);
/// How many characters of a secret Pocket ID shows.
const PREFIX: usize = 4;
/// How long what a wrong secret got is not asked again.
const CONTROL_EVERY: Duration = Duration::from_hours(1);

/// Looks with the client secret. `listed` are the client's secrets, as a key of an admin shows them.
pub(in crate::collect) async fn collect(
    asked: &Credentialed<'_>,
    listed: &Observed<ClientSecrets>,
) -> Observed<SecretProof> {
    let Some(source) = &asked.target.provider.client_secret else { return asked.without(Credential::ClientSecret) };
    let prepared = Access::of(asked, SOURCE)
        .and_then(|access| Credentialed::secret(SOURCE, source).map(|secret| (access, secret)));
    let (access, secret) = match prepared {
        Ok(prepared) => prepared,
        Err(why) => return asked.missing(why),
    };
    let old = asked.before.map(|before| &before.client_secret);
    let known = old.and_then(Observed::ok);
    let copied_at = copied_at(source).await;
    let is_changed = access.changed(asked) || known.is_some_and(|known| known.copied_at != copied_at);
    // A secret that is refused is known to be: asked again with the settings, since each question leaves its lines there.
    let is_due = is_changed || asked.round.is_due(SOURCE, old, |_| true);
    let ask = async {
        let controls = known.filter(|_| !is_changed).map(|known| &known.controls[..]).unwrap_or_default();
        let trial = Trial { access: &access, asked, secret: &secret, controls };
        let Proof { method, answer, controls } = trial.prove().await?;
        let entry = listed.ok().and_then(|listed| entry(listed, &secret));
        Ok::<_, FetchError>(SecretProof { method, answer, origin: origin(source), entry, controls, copied_at })
    };
    let provider = asked.provider.recognised.unwrap_or_default();
    asked.round.refresh_at(provider, SOURCE, old, is_due, Ok(access.side), ask).await
}

/// Where our copy comes from, for a person who must change it.
fn origin(source: &SecretSource) -> String {
    match source.path() {
        None => "provider.client_secret".to_owned(),
        Some(path) => bounded(&format!("provider.client_secret_file ({})", path.display())),
    }
}

/// When the file with our copy was written last: a new copy is tried at once.
async fn copied_at(source: &SecretSource) -> Option<Time> {
    let path = source.path()?.to_owned();
    let written = off_worker(move || std::fs::metadata(path).and_then(|metadata| metadata.modified())).await.ok()?;
    Some(DateTime::from(written))
}

/// The listed secret that ours begins like. What is not listed is kept to ourselves.
fn entry(listed: &ClientSecrets, secret: &Secret) -> Option<String> {
    let begins_alike = |prefix: &str| prefix.chars().count() == PREFIX && secret.expose().starts_with(prefix);
    listed.secrets.iter().map(|entry| &entry.prefix).find(|prefix| begins_alike(prefix)).cloned()
}

/// A secret that no client has: random, and marked as what it is.
fn wrong_secret() -> Result<Secret, FetchError> {
    let mut bytes = [0; 18];
    rand::fill(&mut bytes)
        .map_err(|_| FetchError::failed(crate::model::Reason::Blocked, "no random bytes on this host"))?;
    Ok(Secret::new(format!("ssowatch-deliberately-wrong-{}", URL_SAFE_NO_PAD.encode(bytes))))
}

/// An answer by a method, and what a wrong secret got meanwhile.
struct Proof {
    method: SecretMethod,
    answer: SecretAnswer,
    controls: Vec<Control>,
}

/// One question about a secret.
struct Trial<'a> {
    access: &'a Access<'a>,
    asked: &'a Credentialed<'a>,
    secret: &'a Secret,
    /// What wrong secrets got before, of the same client at the same endpoints.
    controls: &'a [Control],
}

impl Trial<'_> {
    async fn prove(&self) -> Result<Proof, FetchError> {
        let proof = match self.access.kind {
            ProviderKind::PocketId => self.by_measurement().await?,
            _ => self.by_control().await?,
        };
        // A refusal counts only where the database answered in this collection.
        match proof.answer {
            SecretAnswer::Refused { .. } => database_of(self.asked).map(|()| proof),
            _ => Ok(proof),
        }
    }

    /// Pocket ID: introspection, which authenticates the client from 1.6 on; before, the token endpoint, which always did.
    async fn by_measurement(&self) -> Result<Proof, FetchError> {
        let (method, url) = match self.introspection_endpoint() {
            Some(url) => (SecretMethod::Introspection, url),
            None => (SecretMethod::BogusCode, self.access.token_endpoint()?),
        };
        let answer = self.read(method, &self.ask(method, &url, self.secret).await?);
        Ok(Proof { method, answer, controls: Vec::new() })
    }

    /// Another provider: its token endpoint, which is what Kasm asks; where that says the same to any secret,
    /// introspection, which some let only some clients use.
    async fn by_control(&self) -> Result<Proof, FetchError> {
        let token = match self.access.token_endpoint() {
            Ok(url) => self.controlled(SecretMethod::BogusCode, &url).await,
            Err(stop) => Err(stop),
        };
        let is_open = token.as_ref().is_ok_and(|proof| matches!(proof.answer, SecretAnswer::SameForAny { .. }));
        let Some(url) = self.introspection_endpoint().filter(|_| token.is_err() || is_open) else { return token };
        let introspection = self.controlled(SecretMethod::Introspection, &url).await;
        let (mut first, mut second) = match (token, introspection) {
            (Ok(token), Ok(introspection)) => (token, introspection),
            (Err(_), Ok(proof)) | (Ok(proof), Err(_)) => return Ok(proof),
            (Err(stop), Err(_)) => return Err(stop),
        };
        let says_more = matches!(second.answer, SecretAnswer::Accepted | SecretAnswer::Refused { .. });
        if says_more {
            std::mem::swap(&mut first, &mut second);
        }
        first.controls.append(&mut second.controls);
        Ok(first)
    }

    /// What an endpoint says to our copy, and whether it would say that to any secret.
    async fn controlled(&self, method: SecretMethod, url: &Url) -> Result<Proof, FetchError> {
        let answer = self.ask(method, url, self.secret).await?;
        let read = self.read(method, &answer);
        if read != SecretAnswer::Accepted || is_auth0(&answer) {
            return Ok(Proof { method, answer: read, controls: Vec::new() });
        }
        let control = self.control(method, url).await?;
        let (status, error) = shape(&answer);
        let is_same = (control.status, &control.error) == (status, &error);
        let answer = if is_same { SecretAnswer::SameForAny { status, error } } else { SecretAnswer::Accepted };
        Ok(Proof { method, answer, controls: vec![control] })
    }

    /// What a deliberately wrong secret gets: as seen within the hour, else asked now.
    async fn control(&self, method: SecretMethod, url: &Url) -> Result<Control, FetchError> {
        let now = self.asked.round.clock.now();
        let known =
            self.controls.iter().find(|control| control.method == method && now - control.at < span(CONTROL_EVERY));
        if let Some(control) = known {
            return Ok(control.clone());
        }
        let answer = self.ask(method, url, &wrong_secret()?).await?;
        let (status, error) = shape(&answer);
        // What a broken server says to a wrong secret, or something in its place, is no other answer.
        if status >= 500 || (status != 401 && error.is_none()) {
            return Err(fetch_error::of_status(&answer));
        }
        Ok(Control { method, at: now, status, error })
    }

    fn read(&self, method: SecretMethod, answer: &Answer) -> SecretAnswer {
        let kind = self.access.kind;
        match method {
            SecretMethod::Introspection => introspected(answer, kind),
            SecretMethod::BogusCode => of_bogus_code(answer, kind),
        }
    }

    async fn ask(&self, method: SecretMethod, url: &Url, secret: &Secret) -> Result<Answer, FetchError> {
        let mut fields = match method {
            SecretMethod::Introspection => vec![("token", JUNK)],
            SecretMethod::BogusCode => vec![("grant_type", "authorization_code"), ("code", JUNK)],
        };
        if let (SecretMethod::BogusCode, Some(redirect_uri)) = (method, &self.access.redirect_uri) {
            fields.push(("redirect_uri", redirect_uri));
        }
        let request = Request::form_of_client(url.clone(), &fields, &self.access.client_id, secret)?;
        self.access.side.ask(&request, self.asked.counts).await
    }

    fn introspection_endpoint(&self) -> Option<Url> {
        let written = introspection_endpoint(&self.access.document.document, self.access.version)?;
        addresses::reachable(self.access.side, written, self.access.kind)
    }
}

/// What tells two answers apart: the status and the error's code. Descriptions may name a time or a request.
fn shape(answer: &Answer) -> (u16, Option<String>) {
    (answer.status, error_of(answer))
}

/// Auth0 authenticates the client before it looks at the code, and is the one that refuses a code with 403.
fn is_auth0(answer: &Answer) -> bool {
    answer.status == 403 && error_of(answer).as_deref() == Some("invalid_grant")
}

/// The introspection endpoint, where this release's can be relied upon and takes HTTP Basic.
fn introspection_endpoint(document: &Value, version: Option<VersionSpan>) -> Option<&str> {
    if version.is_some_and(|version| version.at_least < INTROSPECTION) {
        return None;
    }
    let methods = document.get("introspection_endpoint_auth_methods_supported").and_then(Value::as_array);
    let takes_basic = methods.is_none_or(|list| list.iter().any(|method| method == "client_secret_basic"));
    document.get("introspection_endpoint")?.as_str().filter(|_| takes_basic)
}

/// What an answer of introspection says about the secret.
fn introspected(answer: &Answer, kind: ProviderKind) -> SecretAnswer {
    let is_verdict = answer.status == 200
        && parse_json(&answer.body).is_ok_and(|json| json.value.get("active").is_some_and(Value::is_boolean));
    if is_verdict { SecretAnswer::Accepted } else { of_error(answer, kind) }
}

/// What an answer to a made-up code says about the secret, where the client is authenticated before the code is looked at.
fn of_bogus_code(answer: &Answer, kind: ProviderKind) -> SecretAnswer {
    let is_pocket_id = kind == ProviderKind::PocketId;
    let is_code_refused = match (answer.status, error_of(answer).as_deref()) {
        (400, Some("invalid_grant")) => true,
        (400, Some("Invalid authorization code")) => is_pocket_id,
        (403, Some("invalid_grant")) => !is_pocket_id,
        // A refusal of another kind than the client's: the request as such, as Entra ID has it, or with status 200, as
        // GitHub has it.
        (200 | 400, Some(error)) => !is_pocket_id && !is_of_the_client(answer.status, error, kind),
        _ => false,
    };
    if is_code_refused && !wants_another_method(answer) { SecretAnswer::Accepted } else { of_error(answer, kind) }
}

/// What an error says: the client is refused, or nothing.
fn of_error(answer: &Answer, kind: ProviderKind) -> SecretAnswer {
    let status = answer.status;
    let error = error_of(answer);
    if error.as_deref().is_some_and(|error| is_of_the_client(status, error, kind)) {
        return SecretAnswer::Refused {
            status,
            error: answer.said().or(error).unwrap_or_default(),
            other_method: wants_another_method(answer),
        };
    }
    let (_, seen) = fetch_error::of_status(answer).into_failure();
    SecretAnswer::CannotTell { status, seen }
}

/// Whether an error refuses the client, not the code.
///
/// Pocket ID: 400 `Invalid client secret` up to 2.3 and 401 from 2.4, 404 for a client that is gone up to 2.9; from 2.10
/// 401 `invalid_client` at the token endpoint and 401 `request_unauthorized` at introspection (measured).
fn is_of_the_client(status: u16, error: &str, kind: ProviderKind) -> bool {
    match (kind, status, error) {
        (ProviderKind::PocketId, 400 | 401, "Invalid client secret")
        | (ProviderKind::PocketId, 404, "Record not found" | "Client not found")
        | (_, 400 | 401, "invalid_client")
        // RFC 6750, section 3.1, has no such code; the OAuth library of Pocket ID from 2.10 has.
        | (_, 401, "request_unauthorized") => true,
        (ProviderKind::PocketId, ..) => false,
        // Keycloak and Auth0 say so of a wrong secret; with 400 it is about the grant (RFC 6749, section 5.2).
        (_, 401, "unauthorized_client" | "access_denied") => true,
        // GitHub: incorrect_client_credentials.
        (_, _, error) => error.contains("client_credentials") || error.contains("client_secret"),
    }
}

/// Whether the provider wants the client to authenticate by something other than a secret in HTTP Basic (Keycloak's words).
fn wants_another_method(answer: &Answer) -> bool {
    let said = answer.said().unwrap_or_default().to_lowercase();
    demands_assertion(&said) || (said.contains("invalid_client") && said.contains("missing client_id"))
}

/// `error` of a JSON body, bounded.
fn error_of(answer: &Answer) -> Option<String> {
    let json = parse_json(&answer.body).ok()?.value;
    json.get("error").and_then(Value::as_str).map(bounded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        collect::recorded::{html, json, recorded, redirect},
        providers::pocket_id::SecretEntry,
    };

    /// The answers of real releases to the same probe.
    macro_rules! releases {
        ($name:literal) => {
            [
                ("1.16", include_str!(concat!("../../../tests/fixtures/pocket-id/1.16.0/", $name))),
                ("2.3", include_str!(concat!("../../../tests/fixtures/pocket-id/2.3.0/", $name))),
                ("2.9", include_str!(concat!("../../../tests/fixtures/pocket-id/2.9.0/", $name))),
                ("2.10", include_str!(concat!("../../../tests/fixtures/pocket-id/2.10.0/", $name))),
                ("2.14", include_str!(concat!("../../../tests/fixtures/pocket-id/2.14.0/", $name))),
            ]
        };
    }

    type Read = fn(&Answer, ProviderKind) -> SecretAnswer;

    fn word(answer: &SecretAnswer) -> String {
        match answer {
            SecretAnswer::Accepted => "accepted".to_owned(),
            SecretAnswer::Refused { status, error, .. } => {
                format!("{status} {}", error.split(':').next().unwrap_or_default())
            }
            SecretAnswer::CannotTell { status, .. } | SecretAnswer::SameForAny { status, .. } => format!("{status}?"),
        }
    }

    #[test]
    fn every_release_says_right_wrong_and_gone_in_its_own_way() {
        let secret = ["400 Invalid client secret", "400 Invalid client secret", "401 Invalid client secret"];
        let gone = ["404 Record not found", "404 Record not found", "404 Client not found"];
        let unauthorized = ["401 request_unauthorized"; 2];
        let invalid = ["401 invalid_client"; 2];
        let of =
            |old: [&'static str; 3], new: [&'static str; 2]| -> Vec<&'static str> { [&old[..], &new[..]].concat() };
        type Row = (Read, [(&'static str, &'static str); 5], Vec<&'static str>);
        let rows: [Row; 6] = [
            (introspected, releases!("introspect_right.json"), vec!["accepted"; 5]),
            (introspected, releases!("introspect_wrong.json"), of(secret, unauthorized)),
            (introspected, releases!("introspect_unknown.json"), of(gone, unauthorized)),
            (of_bogus_code, releases!("bogus_code_right_basic.json"), vec!["accepted"; 5]),
            (of_bogus_code, releases!("bogus_code_wrong_basic.json"), of(secret, invalid)),
            (of_bogus_code, releases!("bogus_code_unknown_basic.json"), of(gone, invalid)),
        ];
        for (read, recordings, expected) in rows {
            for ((release, text), expected) in recordings.into_iter().zip(expected) {
                assert_eq!(word(&read(&recorded(text), ProviderKind::PocketId)), expected, "{release}: {text}");
            }
        }
    }

    #[test]
    fn keycloak_says_right_wrong_and_another_method() {
        macro_rules! keycloak {
            ($name:literal) => {
                recorded(include_str!(concat!("../../../tests/fixtures/keycloak/26.7.3/", $name, ".json")))
            };
        }
        let rows: [(Read, Answer, &str, bool); 7] = [
            (of_bogus_code, keycloak!("token_right_secret"), "accepted", false),
            (of_bogus_code, keycloak!("token_wrong_secret"), "401 unauthorized_client", false),
            (of_bogus_code, keycloak!("token_unknown_client"), "401 invalid_client", false),
            (of_bogus_code, keycloak!("token_other_method"), "400 invalid_client", true),
            (of_bogus_code, keycloak!("token_realm_disabled"), "403?", false),
            (introspected, keycloak!("introspect_right_secret"), "accepted", false),
            (introspected, keycloak!("introspect_wrong_secret"), "401 invalid_client", false),
        ];
        for (read, answer, expected, wants_another) in rows {
            let said = read(&answer, ProviderKind::Keycloak);
            assert_eq!(word(&said), expected, "{said:?}");
            let other = matches!(said, SecretAnswer::Refused { other_method: true, .. });
            assert_eq!(other, wants_another, "{said:?}");
        }
    }

    #[test]
    fn what_says_nothing_about_the_secret_cannot_tell() {
        use ProviderKind::{Openid, PocketId};
        let rows: [(Read, Answer, ProviderKind); 10] = [
            (introspected, json(500, r#"{"error":"Something went wrong"}"#), PocketId),
            (introspected, json(400, r#"{"error":"Client id or secret not provided"}"#), PocketId),
            (introspected, json(404, r#"{"error":"API endpoint not found"}"#), PocketId),
            (introspected, html(200, "<html></html>"), PocketId),
            (introspected, json(200, r#"{"active":"no"}"#), PocketId),
            (introspected, redirect(302, "/login"), PocketId),
            (of_bogus_code, json(500, r#"{"error":"Something went wrong"}"#), PocketId),
            (of_bogus_code, json(400, r#"{"error":"invalid_request"}"#), PocketId),
            (of_bogus_code, json(200, r#"{"access_token":"no"}"#), PocketId),
            (of_bogus_code, json(500, r#"{"error":"unknown_error"}"#), Openid),
        ];
        for (read, answer, kind) in rows {
            let said = read(&answer, kind);
            assert!(matches!(said, SecretAnswer::CannotTell { .. }), "{said:?} of {answer:?}");
        }
    }

    #[test]
    fn other_providers_refuse_as_the_specification_says_and_as_some_do() {
        for (status, error, expected) in [
            (401, "invalid_client", "401 invalid_client"),
            (400, "invalid_client", "400 invalid_client"),
            (401, "unauthorized_client", "401 unauthorized_client"),
            (400, "invalid_grant", "accepted"),
            (403, "invalid_grant", "accepted"),
            (401, "access_denied", "401 access_denied"),
            (200, "incorrect_client_credentials", "200 incorrect_client_credentials"),
            (200, "bad_verification_code", "accepted"),
            (400, "invalid_request", "accepted"),
        ] {
            let answer = json(status, &format!(r#"{{"error":"{error}"}}"#));
            assert_eq!(word(&of_bogus_code(&answer, ProviderKind::Openid)), expected);
        }
    }

    #[test]
    fn only_a_listed_prefix_is_kept() {
        let listed = |prefixes: &[&str]| ClientSecrets {
            secrets: prefixes
                .iter()
                .map(|prefix| SecretEntry {
                    id: "1".to_owned(),
                    prefix: (*prefix).to_owned(),
                    created_at: None,
                    expires_at: None,
                    is_active: true,
                })
                .collect(),
        };
        let secret = Secret::new("lHmGrest".to_owned());
        for (prefixes, expected) in
            [(&["abcd", "lHmG"][..], Some("lHmG")), (&["abcd"], None), (&[""], None), (&["lHm"], None), (&[], None)]
        {
            assert_eq!(entry(&listed(prefixes), &secret).as_deref(), expected, "{prefixes:?}");
        }
    }

    #[test]
    fn a_failing_database_reads_as_a_wrong_secret_which_is_why_the_clients_entry_is_asked_first() {
        for text in [
            include_str!("../../../tests/fixtures/pocket-id/2.10.0/dbfail_introspect_right.json"),
            include_str!("../../../tests/fixtures/pocket-id/2.14.0/dbfail_introspect_right.json"),
        ] {
            let answer = introspected(&recorded(text), ProviderKind::PocketId);
            assert_eq!(word(&answer), "401 request_unauthorized");
        }
    }

    #[test]
    fn introspection_is_asked_from_1_6_on_and_where_it_takes_http_basic() {
        let document = |methods: Value| {
            serde_json::json!({
                "introspection_endpoint": "https://id.example.test/i",
                "introspection_endpoint_auth_methods_supported": methods,
            })
        };
        let since = |major, minor| Some(VersionSpan { at_least: Version::new(major, minor), below: None });
        let rows = [
            (document(Value::Null), since(1, 5), false),
            (document(Value::Null), since(1, 6), true),
            (document(Value::Null), None, true),
            (document(serde_json::json!(["client_secret_basic", "Bearer"])), since(2, 14), true),
            (document(serde_json::json!(["private_key_jwt"])), None, false),
            (serde_json::json!({}), None, false),
        ];
        for (document, version, is_asked) in rows {
            assert_eq!(introspection_endpoint(&document, version).is_some(), is_asked, "{document} {version:?}");
        }
    }
}
