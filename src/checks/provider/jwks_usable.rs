//! The key set holds a key that ID tokens can be verified with, and no secret.

use super::{Case, Check, SeverityRule};
use crate::{
    model::{Finding, Missing, Outcome, Reason},
    oidc::{Jwk, Jwks},
};

pub(super) const CHECK: Check = Check {
    id: "jwks_usable",
    severity: SeverityRule::DEGRADED,
    title: "The provider publishes a signing key that verifiers can use, and no private key",
    why: "Clients that verify ID tokens refuse every sign-in without a key; with a published private key, anybody can \
          make tokens for any user.",
    fix: "Pocket ID: run `pocket-id key-rotate` and restart it. After a private key was public, rotate it at once, \
           and end all sessions.",
    needs: &[],
    since: "",
    source: "OpenID Connect Core 1.0, section 10.1; RFC 7517; RFC 7518, sections 3 and 6",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let set = case.jwks();
    match case.now.jwks().failure() {
        // Discovery came from the same server, so this is the key set's own fault.
        Some((reason @ (Reason::Status | Reason::Body), detail))
            if case.discovery().is_ok() && !case.signs_by_secret() =>
        {
            Ok(Outcome::fail(Finding::new(reason.id(), format!("The key set (`jwks_uri`) is not served: {detail}"))))
        }
        _ => evaluate(set?),
    }
}

/// A key that is not known here may be good for others: with no other key, nothing can be said.
fn evaluate(set: &Jwks) -> Result<Outcome, Missing> {
    let found = findings(set);
    let strange: Vec<String> = set.keys.iter().filter(|key| key.is_strange).map(described).collect();
    if strange.is_empty() || set.usable().next().is_some() || found.iter().any(|finding| finding.code == "private_key")
    {
        return Ok(Outcome::from_findings(found));
    }
    Err(Missing::OutOfReach(format!("the keys are of a kind that is not known here ({})", strange.join("; "))))
}

fn described(key: &Jwk) -> String {
    format!("{}: {}", key.name(), key.problem.as_deref().unwrap_or(&key.kty))
}

fn findings(set: &Jwks) -> Vec<Finding> {
    let mut found = Vec::new();
    let private: Vec<String> = set.keys.iter().filter(|key| key.is_private).map(Jwk::name).collect();
    if !private.is_empty() {
        let message = format!("Private or symmetric keys are published: {}", private.join(", "));
        found.push(Finding::new("private_key", message));
    }
    if set.usable().next().is_none() {
        found.push(Finding::new("no_usable_key", no_usable_key(set)));
    }
    // OpenID Connect Core 1.0, section 10.1: with several keys, the token's header must name one.
    let is_nameless = |key: &Jwk| key.kid.as_deref().is_none_or(str::is_empty);
    if set.usable().count() > 1 && set.usable().any(is_nameless) {
        found.push(Finding::new("no_key_id", "Of several signing keys, not all have a key ID (`kid`)"));
    }
    found
}

fn no_usable_key(set: &Jwks) -> String {
    if set.keys.is_empty() {
        return "The key set is empty".to_owned();
    }
    let problems: Vec<String> = set
        .keys
        .iter()
        .take(5)
        .map(|key| match &key.problem {
            Some(problem) => format!("{}: {problem}", key.name()),
            None => format!("{}: it is not for signatures", key.name()),
        })
        .collect();
    format!("No key can verify a signature ({})", problems.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        checks::provider::table::{edit, failed, healthy_but, report, said},
        model::{Snapshot, SourceId},
    };

    fn with(change: impl FnOnce(&mut Vec<Jwk>)) -> Snapshot {
        healthy_but(|now| edit(&mut now.jwks, |set| change(&mut set.keys)))
    }

    fn served(body: &str) -> Snapshot {
        let set = Jwks::parse(Some("application/json"), body.as_bytes()).unwrap();
        healthy_but(|now| edit(&mut now.jwks, |old| *old = set))
    }

    #[test]
    fn a_set_needs_one_good_signing_key_and_no_secret() {
        let cases = [
            (Snapshot::healthy(), "ok"),
            (with(Vec::clear), "fail no_usable_key"),
            (with(|keys| keys[0].problem = Some("it has 1024 bits".to_owned())), "fail no_usable_key"),
            (with(|keys| keys[0].key_use = Some("enc".to_owned())), "fail no_usable_key"),
            (with(|keys| keys[0].is_private = true), "fail private_key"),
            (with(|keys| keys[0].kid = None), "ok"),
            (
                with(|keys| {
                    keys.push(keys[0].clone());
                    keys[0].kid = None;
                }),
                "fail no_key_id",
            ),
            (served(r#"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#), "fail private_key no_usable_key"),
            (served(r#"{"keys":[{"kty":"RSA","kid":"a","n":"AQ","e":"AQAB"}]}"#), "fail no_usable_key"),
        ];
        for (snapshot, expected) in cases {
            assert_eq!(said(CHECK.id, &snapshot), expected, "{:?}", snapshot.jwks.value);
        }
    }

    #[test]
    fn the_reason_is_told_for_each_key() {
        let body = r#"{"keys":[{"kty":"RSA","kid":"a"},{"kty":"OKP","kid":"b","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
        let report = report(CHECK.id, &served(body));
        assert_eq!(
            report.findings[0].message,
            "No key can verify a signature (a: it has no `n`; b: it is not for signatures)"
        );
    }

    #[test]
    fn a_key_set_that_is_not_served_fails_only_where_discovery_is() {
        let broken = |reason| healthy_but(|now| now.jwks = failed(SourceId::Jwks, reason, "status 404"));
        assert_eq!(said(CHECK.id, &broken(Reason::Status)), "fail status");
        assert_eq!(said(CHECK.id, &broken(Reason::Body)), "fail body");
        assert_eq!(said(CHECK.id, &broken(Reason::TooLarge)), "unknown", "our own limit is no fault of theirs");
        assert_eq!(said(CHECK.id, &broken(Reason::Timeout)), "unknown");
        assert_eq!(said(CHECK.id, &broken(Reason::Throttled)), "unknown");
        let mut gone = broken(Reason::Status);
        gone.discovery = failed(SourceId::Discovery, Reason::Status, "status 502");
        assert_eq!(said(CHECK.id, &gone), "unknown");
    }
}
