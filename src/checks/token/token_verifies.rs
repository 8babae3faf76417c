//! A token of the provider verifies by its published keys.

use super::{Case, Check, SeverityRule};
use crate::{
    model::{Change, ChangeSubject, ClientToken, Credential, Finding, Missing, Outcome},
    oidc::{Signature, TokenFacts},
    providers::ProviderKind,
};

/// By how much clocks may differ, in seconds.
const SKEW: i64 = 60;
/// `expires_in` is 3599 or 3600 where `exp` - `iat` is 3600 or 3601 (measured).
const LIFETIME_SKEW: i64 = 2;
/// A signed token, or one that says that it is an access token (RFC 9068, section 2.1).
const TYPES: [&str; 3] = ["jwt", "at+jwt", "application/at+jwt"];

pub(super) const CHECK: Check = Check {
    id: "token_verifies",
    severity: SeverityRule::DEGRADED,
    title: "A fresh token verifies by the published keys",
    why: "A token that the published keys do not verify is refused by everybody who looks; two instances with \
           different keys, or a cached key set, do that.",
    fix: "See that all instances of Pocket ID share one database and key, and that nothing caches \
           /.well-known/jwks.json.",
    needs: &[Credential::ClientSecret],
    since: "",
    source: "RFC 7515; RFC 9068; OpenID Connect Core 1.0, section 10.1",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let seen = case.now.client_token().get()?;
    if case.now.changes.iter().any(|change| is_later(change, seen)) {
        return Ok(Outcome::Unknown(
            "keys or issuer changed since the last token; the next one comes by schedule.token".to_owned(),
        ));
    }
    let token = &seen.token;
    let key = token.key_id.as_deref().unwrap_or("none");
    let mut findings = Vec::new();
    match token.signature {
        Signature::UnsupportedAlgorithm => {
            return Ok(Outcome::Unverified(format!(
                "nobody here can verify the algorithm {}: look at a token with another tool",
                token.algorithm
            )));
        }
        Signature::UnusableKey => {
            return Ok(Outcome::Unverified(format!(
                "the published key {key} cannot be used here: see what the key set is found to hold"
            )));
        }
        Signature::KeyNotPublished => findings.push(Finding::new(
            "key_not_published",
            format!(
                "a fresh token names the key {key}, which the key set does not hold: two instances, or a cache in between"
            ),
        )),
        Signature::Bad => findings.push(Finding::new(
            "bad_signature",
            format!("the published key {key} did not make a fresh token's signature: two instances, or a cache in between"),
        )),
        Signature::Good => findings.extend(algorithm(case, token)),
    }
    findings.extend(token_type(token));
    findings.extend(issuer(case, token)?);
    findings.extend(audience(case, token));
    findings.extend(times(seen));
    if findings.is_empty() {
        return Ok(Outcome::noting(format!("{}, key {key}", token.algorithm)));
    }
    Ok(Outcome::Fail(findings))
}

/// Whether what the token is compared with has changed since it was given: two ages are never compared.
fn is_later(change: &Change, seen: &ClientToken) -> bool {
    let matters =
        matches!(change.subject, ChangeSubject::SigningKey | ChangeSubject::KeyUnderSameId | ChangeSubject::Issuer);
    matters && change.at > seen.received_at
}

/// A good signature by an algorithm that neither its key nor the document names.
fn algorithm(case: &Case<'_>, token: &TokenFacts) -> Option<Finding> {
    let key = case.now.jwks().ok()?.keys.iter().find(|key| key.kid == token.key_id)?;
    let announced = case.discovery().ok()?.id_token_signing_alg_values_supported.as_ref();
    let is_named =
        key.alg.as_deref() == Some(&token.algorithm) || announced.is_none_or(|list| list.contains(&token.algorithm));
    (!is_named).then(|| {
        let message = format!("a fresh token is signed by {}, which neither key nor document names", token.algorithm);
        Finding::new("algorithm", message)
    })
}

fn token_type(token: &TokenFacts) -> Option<Finding> {
    let named = token.token_type.as_deref()?;
    (!TYPES.contains(&named.to_ascii_lowercase().as_str()))
        .then(|| Finding::new("type", format!("a fresh token's type is {named:?}, not JWT or at+jwt")))
}

fn issuer(case: &Case<'_>, token: &TokenFacts) -> Result<Option<Finding>, Missing> {
    let expected = case.discovery()?.issuer.as_deref().unwrap_or(&case.target().provider.url);
    Ok((token.issuer.as_deref() != Some(expected)).then(|| {
        let actual = token.issuer.as_deref().unwrap_or("nobody");
        Finding::new("issuer", format!("a fresh token is issued by {actual}, and the document's issuer is {expected}"))
            .fix(match case.kind {
                ProviderKind::PocketId => {
                    "Pocket ID: set APP_URL to the address that people use, the same on all instances, and restart."
                }
                _ => {
                    "Let all instances of the provider have the same public address (issuer), the one that people use."
                }
            })
    }))
}

/// Pocket ID's token is for the client; those of others are for whatever it calls (RFC 9068, section 3).
fn audience(case: &Case<'_>, token: &TokenFacts) -> Option<Finding> {
    let client = case.authorize_url().ok()?.client_id.as_deref()?;
    let is_other = case.kind == ProviderKind::PocketId && !token.audience.iter().any(|one| one == client);
    is_other.then(|| {
        let actual = if token.audience.is_empty() { "nobody".to_owned() } else { token.audience.join(", ") };
        Finding::new("audience", format!("a fresh token is for {actual}, not for the client {client}"))
    })
}

/// Times against our clock when the token came.
fn times(seen: &ClientToken) -> Option<Finding> {
    let (token, now) = (&seen.token, seen.received_at.timestamp());
    let off = |what: &str| {
        Finding::new("times", format!("a fresh token {what}: see the provider's clock and what rewrites its answers"))
            .fix("Let the provider's host and this one keep their clocks by NTP.")
    };
    let Some(expires_at) = token.expires_at else { return Some(off("does not say when it ends")) };
    if expires_at <= now - SKEW {
        return Some(off("has ended"));
    }
    if token.issued_at.is_some_and(|at| at.abs_diff(now) > SKEW.unsigned_abs()) {
        return Some(off("was not made just now, by its own time"));
    }
    if token.not_before.is_some_and(|at| at > now + SKEW) {
        return Some(off("is not valid yet"));
    }
    let lifetime = expires_at.saturating_sub(token.issued_at?);
    let differs = seen.expires_in.is_some_and(|said| said.abs_diff(lifetime) > LIFETIME_SKEW.unsigned_abs());
    differs.then(|| off("lives another time than its answer says"))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::{
        checks::{
            evaluate,
            testing::{document, generic},
        },
        model::Snapshot,
    };

    fn token(now: &mut Snapshot) -> &mut ClientToken {
        now.client_token.value.as_mut().unwrap()
    }

    fn changed(now: &mut Snapshot, subject: ChangeSubject, seconds: i64) {
        let at = now.taken_at + TimeDelta::seconds(seconds);
        now.changes.push(Change { at, subject, field: None, from: "a".to_owned(), to: "b".to_owned() });
    }

    fn said(change: impl FnOnce(&mut Snapshot)) -> String {
        let mut now = Snapshot::healthy_with_credentials();
        change(&mut now);
        let report = evaluate(&now, None);
        let check = report.check(CHECK.id).unwrap();
        let codes = check.findings.iter().map(|finding| finding.code.as_str());
        std::iter::once(check.verdict.id()).chain(codes).collect::<Vec<_>>().join(" ")
    }

    type Row = (&'static str, fn(&mut Snapshot), &'static str);

    #[test]
    fn a_token_is_good_when_a_published_key_made_it_for_this_client_now() {
        let rows: [Row; 14] = [
            ("as it is", |_| {}, "ok"),
            ("another key under that ID", |now| token(now).token.signature = Signature::Bad, "fail bad_signature"),
            (
                "a key that is not published",
                |now| token(now).token.signature = Signature::KeyNotPublished,
                "fail key_not_published",
            ),
            ("ES512", |now| token(now).token.signature = Signature::UnsupportedAlgorithm, "unverified"),
            ("a type of its own", |now| token(now).token.token_type = Some("jwe".to_owned()), "fail type"),
            ("JWT", |now| token(now).token.token_type = Some("JWT".to_owned()), "ok"),
            ("no type", |now| token(now).token.token_type = None, "ok"),
            ("another issuer", |now| token(now).token.issuer = Some("https://old.test".to_owned()), "fail issuer"),
            ("another audience", |now| token(now).token.audience = vec!["other".to_owned()], "fail audience"),
            (
                "another audience at another provider",
                |now| {
                    generic(now);
                    token(now).token.audience = vec!["api".to_owned()];
                },
                "ok",
            ),
            ("an algorithm that nobody names", |now| token(now).token.algorithm = "RS384".to_owned(), "fail algorithm"),
            (
                "an algorithm that the document names",
                |now| {
                    token(now).token.algorithm = "RS384".to_owned();
                    document(now, &serde_json::json!({"id_token_signing_alg_values_supported": ["RS384"]}));
                },
                "ok",
            ),
            (
                "an algorithm of a key that has gone since",
                |now| {
                    token(now).token.algorithm = "RS384".to_owned();
                    token(now).token.key_id = Some("gone".to_owned());
                },
                "ok",
            ),
            (
                "two faults",
                |now| {
                    token(now).token.signature = Signature::Bad;
                    token(now).token.audience.clear();
                },
                "fail bad_signature audience",
            ),
        ];
        for (name, change, expected) in rows {
            assert_eq!(said(change), expected, "{name}");
        }
    }

    #[test]
    fn times_may_be_off_by_a_minute_and_lifetimes_by_two_seconds() {
        type Times = (&'static str, i64, i64, Option<i64>, Option<i64>, &'static str);
        let rows: [Times; 10] = [
            ("now", 0, 3600, None, Some(3600), "ok"),
            ("a second more", 0, 3601, None, Some(3599), "ok"),
            ("three seconds more", 0, 3603, None, Some(3600), "fail times"),
            ("not said", 0, 7200, None, None, "ok"),
            ("a minute ago", -60, 3540, None, None, "ok"),
            ("more than a minute ago", -61, 3539, None, None, "fail times"),
            ("in more than a minute", 61, 3661, None, None, "fail times"),
            ("ended", -60, -60, None, None, "fail times"),
            ("valid in a minute", 0, 3600, Some(60), None, "ok"),
            ("valid later", 0, 3600, Some(61), None, "fail times"),
        ];
        for (name, issued, expires, not_before, expires_in, expected) in rows {
            let said = said(|now| {
                let at = now.taken_at.timestamp();
                let seen = token(now);
                seen.token.issued_at = Some(at + issued);
                seen.token.expires_at = Some(at + expires);
                seen.token.not_before = not_before.map(|seconds| at + seconds);
                seen.expires_in = expires_in;
            });
            assert_eq!(said, expected, "{name}");
        }
        assert_eq!(said(|now| token(now).token.expires_at = None), "fail times");
    }

    #[test]
    fn a_token_from_before_a_change_of_keys_or_issuer_is_not_compared_with_what_came_after() {
        for (subject, seconds, expected) in [
            (ChangeSubject::SigningKey, 1, "unknown"),
            (ChangeSubject::Issuer, 1, "unknown"),
            (ChangeSubject::SigningKey, -1, "fail key_not_published"),
            (ChangeSubject::LoginSettings, 1, "fail key_not_published"),
        ] {
            let said = said(|now| {
                token(now).token.signature = Signature::KeyNotPublished;
                changed(now, subject, seconds);
            });
            assert_eq!(said, expected, "{subject:?} {seconds} s later");
        }
    }
}
