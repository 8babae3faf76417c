//! Whether our copy of the client secret is right, with nothing minted: introspection of a made-up token (RFC 7662), or a
//! made-up authorization code at the token endpoint (RFC 6749, section 4.1.3) where there is no introspection.
//!
//! Both authenticate by HTTP Basic, percent-encoded. Introspection proves the secret; that Kasm's method works at the token
//! endpoint too is what `token_auth_supported` evaluates from the discovery document.

use serde_json::Value;

use super::{
    addresses,
    client_access::{Access, database_of, without_secret},
};
use crate::{
    collect::{
        credentialed::Credentialed,
        transport::{
            answer::Answer,
            fetch_error::{self, FetchError, bounded},
            http::Request,
            side_client::Counts,
        },
    },
    config::{Secret, SecretSource},
    model::{ClientSecrets, Credential, Observed, SecretAnswer, SecretMethod, SecretProof, SourceId},
    oidc::parse_json,
    providers::pocket_id::{ProviderKind, Version, VersionSpan},
};

const SOURCE: SourceId = SourceId::ClientSecret;
/// Never a real one: a provider's tokens and codes are random, and this is a sentence.
const JUNK: &str = "ssowatch-asks-whether-the-client-secret-is-right";
/// The first release whose introspection can be relied upon (#700, #704).
const INTROSPECTION: Version = Version::new(1, 6);
/// How many characters of a secret Pocket ID shows.
const PREFIX: usize = 4;

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
    let is_due = access.changed(asked) || asked.round.is_due(SOURCE, old, is_accepted);
    let cost = if access.kind == ProviderKind::Openid { 2 } else { 1 };
    let ask = async {
        let (method, answer) = access.prove(asked, &secret).await?;
        let entry = listed.ok().and_then(|listed| entry(listed, &secret));
        Ok::<_, FetchError>(SecretProof { method, answer, origin: origin(source), entry })
    };
    asked.round.settled(SOURCE, old, is_due, access.side, cost, ask).await
}

fn is_accepted(proof: &SecretProof) -> bool {
    proof.answer == SecretAnswer::Accepted
}

/// Where our copy comes from, for a person who must change it.
fn origin(source: &SecretSource) -> String {
    match source {
        SecretSource::Inline(_) => "provider.client_secret".to_owned(),
        SecretSource::File(path) => bounded(&format!("provider.client_secret_file ({})", path.display())),
    }
}

/// The listed secret that ours begins like. What is not listed is kept to ourselves.
fn entry(listed: &ClientSecrets, secret: &Secret) -> Option<String> {
    let begins_alike = |prefix: &str| prefix.chars().count() == PREFIX && secret.expose().starts_with(prefix);
    listed.secrets.iter().map(|entry| &entry.prefix).find(|prefix| begins_alike(prefix)).cloned()
}

impl Access<'_> {
    /// Asks, and says what the answer is worth.
    async fn prove(
        &self,
        asked: &Credentialed<'_>,
        secret: &Secret,
    ) -> Result<(SecretMethod, SecretAnswer), FetchError> {
        let introspection = introspection_endpoint(&self.document.document, self.version);
        let mut proof = None;
        if let Some(written) = introspection
            && let Some(url) = addresses::reachable(self.side, written, self.kind)
        {
            let request = Request::form_of_client(url, &[("token", JUNK)], &self.client_id, secret)?;
            let answer = introspected(&self.side.ask(&request, asked.counts).await?, self.kind);
            let answer = scrubbed(answer, &self.client_id, secret);
            // Another provider may let only some clients introspect: then its token endpoint has the last word.
            let is_final = self.kind == ProviderKind::PocketId || answer == SecretAnswer::Accepted;
            proof = Some((SecretMethod::Introspection, answer));
            if is_final {
                return self.masked(asked, proof);
            }
        }
        match self.bogus_code(secret, asked.counts).await {
            Ok(answer) => self.masked(asked, Some((SecretMethod::BogusCode, answer))),
            Err(_) if proof.is_some() => self.masked(asked, proof),
            Err(stop) => Err(stop),
        }
    }

    async fn bogus_code(&self, secret: &Secret, counts: &Counts) -> Result<SecretAnswer, FetchError> {
        let url = self.token_endpoint()?;
        let mut fields = vec![("grant_type", "authorization_code"), ("code", JUNK)];
        if let Some(redirect_uri) = &self.redirect_uri {
            fields.push(("redirect_uri", redirect_uri));
        }
        let request = Request::form_of_client(url, &fields, &self.client_id, secret)?;
        let answer = self.side.ask(&request, counts).await?;
        Ok(scrubbed(of_bogus_code(&answer, self.kind), &self.client_id, secret))
    }

    /// A refusal counts only where the database answered in this collection.
    fn masked(
        &self,
        asked: &Credentialed<'_>,
        proof: Option<(SecretMethod, SecretAnswer)>,
    ) -> Result<(SecretMethod, SecretAnswer), FetchError> {
        let proof = proof.ok_or(FetchError::Blocked(SourceId::Discovery))?;
        match proof.1 {
            SecretAnswer::Refused { .. } => database_of(asked).map(|()| proof),
            SecretAnswer::Accepted | SecretAnswer::CannotTell { .. } => Ok(proof),
        }
    }
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

/// What an answer to a made-up code says about the secret: the client is authenticated before the code is looked at.
fn of_bogus_code(answer: &Answer, kind: ProviderKind) -> SecretAnswer {
    let is_code_refused = answer.status == 400
        && match error_of(answer).as_deref() {
            Some("invalid_grant") => true,
            Some("Invalid authorization code") => kind == ProviderKind::PocketId,
            _ => false,
        };
    if is_code_refused { SecretAnswer::Accepted } else { of_error(answer, kind) }
}

/// What an error says: the client is refused, or nothing.
///
/// Pocket ID: 400 `Invalid client secret` up to 2.3 and 401 from 2.4, 404 for a client that is gone up to 2.9; from 2.10
/// 401 `invalid_client` at the token endpoint and 401 `request_unauthorized` at introspection (measured).
fn of_error(answer: &Answer, kind: ProviderKind) -> SecretAnswer {
    let error = error_of(answer);
    let is_refused = match (kind, answer.status, error.as_deref()) {
        (ProviderKind::PocketId, 400 | 401, Some("Invalid client secret"))
        | (ProviderKind::PocketId, 404, Some("Record not found" | "Client not found"))
        | (_, 400 | 401, Some("invalid_client"))
        // RFC 6750, section 3.1, has no such code; the OAuth library of Pocket ID from 2.10 has.
        | (_, 401, Some("request_unauthorized"))
        // Some providers say so of a wrong secret; with 400 it is about the grant (RFC 6749, section 5.2).
        | (ProviderKind::Openid, 401, Some("unauthorized_client")) => true,
        _ => false,
    };
    if is_refused {
        return SecretAnswer::Refused { status: answer.status, error: error.unwrap_or_default() };
    }
    let (_, seen) = fetch_error::of_status(answer).into_failure();
    SecretAnswer::CannotTell { status: answer.status, seen }
}

/// The same, should a server repeat what it was sent.
fn scrubbed(answer: SecretAnswer, client_id: &str, secret: &Secret) -> SecretAnswer {
    match answer {
        SecretAnswer::CannotTell { status, seen } => {
            SecretAnswer::CannotTell { status, seen: without_secret(seen, client_id, secret) }
        }
        other => other,
    }
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
            SecretAnswer::Refused { status, error } => format!("{status} {error}"),
            SecretAnswer::CannotTell { status, .. } => format!("{status}?"),
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
    fn what_says_nothing_about_the_secret_cannot_tell() {
        use ProviderKind::{Openid, PocketId};
        let rows: [(Read, Answer, ProviderKind); 11] = [
            (introspected, json(500, r#"{"error":"Something went wrong"}"#), PocketId),
            (introspected, json(400, r#"{"error":"Client id or secret not provided"}"#), PocketId),
            (introspected, json(404, r#"{"error":"API endpoint not found"}"#), PocketId),
            (introspected, html(200, "<html></html>"), PocketId),
            (introspected, json(200, r#"{"active":"no"}"#), PocketId),
            (introspected, redirect(302, "/login"), PocketId),
            (of_bogus_code, json(500, r#"{"error":"Something went wrong"}"#), PocketId),
            (of_bogus_code, json(400, r#"{"error":"invalid_request"}"#), PocketId),
            (of_bogus_code, json(200, r#"{"access_token":"no"}"#), PocketId),
            (of_bogus_code, json(400, r#"{"error":"Invalid authorization code"}"#), Openid),
            (of_bogus_code, json(400, r#"{"error":"unauthorized_client"}"#), Openid),
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
            (403, "invalid_grant", "403?"),
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
    fn an_answer_that_repeats_the_secret_in_any_form_is_not_shown() {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let secret = Secret::new("a+b%:c".to_owned());
        let basic = STANDARD.encode("c1:a%2Bb%25%3Ac");
        for form in ["a+b%:c", "a%2Bb%25%3Ac", basic.as_str()] {
            let seen = format!("HTTP 418: you sent {form}");
            let answer = scrubbed(SecretAnswer::CannotTell { status: 418, seen }, "c1", &secret);
            assert!(!format!("{answer:?}").contains(form), "{answer:?}");
        }
        let plain = SecretAnswer::CannotTell { status: 418, seen: "HTTP 418".to_owned() };
        assert_eq!(scrubbed(plain.clone(), "c1", &secret), plain);
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
