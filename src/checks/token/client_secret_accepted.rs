//! The provider takes the client secret. What is tried is our copy of it.

use super::{Case, Check, SeverityRule};
use crate::{
    checks::authorize::refused_client,
    model::{ClientSecrets, Credential, Finding, Missing, Outcome, SecretAnswer, SecretProof, SourceId},
};

pub(super) const CHECK: Check = Check {
    id: "client_secret_accepted",
    severity: SeverityRule::OUTAGE,
    title: "The provider takes the client secret",
    why: "With a secret that the provider refuses, every sign-in fails after the passkey, in Kasm's Internal Error; \
           what is tried is our copy of the secret.",
    fix: "Pocket ID: Administration > OIDC Clients > Kasm's client > Client secrets: add one and enter it in Kasm: \
           Access Management > Authentication > OpenID > your config > Client Secret; or, if Kasm's is right, correct \
           our copy in provider.client_secret_file.",
    needs: &[Credential::ClientSecret],
    since: "",
    source: "RFC 6749, section 2.3.1; RFC 7662",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let proof = case.now.client_secret().get()?;
    match &proof.answer {
        SecretAnswer::Accepted => Ok(accepted(proof)),
        SecretAnswer::CannotTell { seen, .. } => {
            Ok(Outcome::Unknown(format!("the provider's answer says nothing about the secret: {seen}")))
        }
        SecretAnswer::SameForAny { status, error } => {
            let error = error.as_deref().map(|error| format!(": {error}")).unwrap_or_default();
            Ok(Outcome::Unverified(format!(
                "the provider gives the same answer to a made-up secret (HTTP {status}{error}): it does not look at the secret \
                 there"
            )))
        }
        SecretAnswer::Refused { error, other_method: true, .. } => {
            let message =
                format!("The provider wants another client authentication than Kasm's, which is HTTP Basic: {error}");
            Ok(Outcome::fail(Finding::new("other_method", message).fix(case.profile().forms.authentication)))
        }
        SecretAnswer::Refused { status, error, .. } => refused(case, proof, *status, error),
    }
}

fn accepted(proof: &SecretProof) -> Outcome {
    match &proof.entry {
        Some(prefix) => Outcome::noting(format!("{} is accepted, the one that begins with {prefix}", proof.origin)),
        None => Outcome::noting(format!("{} is accepted", proof.origin)),
    }
}

/// A refusal says something about the secret only where the database answers, and knows the client as one with secrets.
fn refused(case: &Case<'_>, proof: &SecretProof, status: u16, error: &str) -> Result<Outcome, Missing> {
    // Keycloak refuses such a client in the words that it has for a wrong secret (measured).
    if let Some(why) = refused_client(case) {
        return Ok(Outcome::Unknown(format!("{why}, whatever its secret")));
    }
    match &case.now.client_meta().value {
        Ok(_) | Err(Missing::NotApplicable(_)) => {}
        Err(_) => return Err(Missing::Blocked { by: SourceId::ClientMeta }),
    }
    if case.now.client_registration().ok().is_some_and(|registration| registration.client.is_public == Some(true)) {
        return Ok(Outcome::NotApplicable("the client is public in Pocket ID: it has no secret".to_owned()));
    }
    let origin = &proof.origin;
    let which = case.now.client_secrets().ok().and_then(|listed| which(listed, proof.entry.as_deref()));
    let which = which.map(|which| format!(" {which}")).unwrap_or_default();
    let message = format!(
        "{origin} is refused (HTTP {status}: {error}).{which} If Kasm's was changed, change {origin}; if Kasm holds this \
         one, nobody gets in"
    );
    let fix = format!(
        "Put the secret that Kasm holds into {origin}. If nobody has it: {}: make one, and enter it in Kasm: Access Management > Authentication > OpenID > \
         your config > Client Secret, in place, and in {origin}.",
        case.profile().forms.secret
    );
    Ok(Outcome::fail(Finding::new("refused", message).fix(fix)))
}

/// Which of the client's secrets ours is, by the four characters that Pocket ID shows.
fn which(listed: &ClientSecrets, entry: Option<&str>) -> Option<String> {
    let Some(prefix) = entry else {
        // One from before 2.14 shows nothing of itself: it could be ours.
        let all_show = !listed.secrets.is_empty() && listed.secrets.iter().all(|secret| !secret.prefix.is_empty());
        return all_show.then(|| "It begins like none of the client's secrets in Pocket ID.".to_owned());
    };
    let alike: Vec<_> = listed.secrets.iter().filter(|secret| secret.prefix == prefix).collect();
    if alike.is_empty() {
        return None;
    }
    if alike.iter().any(|secret| secret.is_active) {
        return Some(format!("It begins like the active secret {prefix}…, so some of the other characters differ."));
    }
    let ended = alike.iter().filter_map(|secret| secret.expires_at).max();
    Some(match ended {
        Some(at) => format!("It is the secret {prefix}…, which ended on {}.", at.format("%Y-%m-%d at %H:%M UTC")),
        None => format!("It is the secret {prefix}…, which is no longer active."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        checks::{
            evaluate,
            testing::{Row, generic, keycloak},
        },
        model::{DryRun, Snapshot},
    };

    fn refuse(now: &mut Snapshot) {
        let proof = now.client_secret.value.as_mut().unwrap();
        proof.answer =
            SecretAnswer::Refused { status: 401, error: "request_unauthorized".to_owned(), other_method: false };
    }

    fn said(change: impl FnOnce(&mut Snapshot)) -> (String, String) {
        let mut now = Snapshot::healthy_with_credentials();
        change(&mut now);
        let report = evaluate(&now, None);
        let check = report.check(CHECK.id).unwrap();
        let message = check.findings.first().map(|finding| finding.message.clone());
        (check.verdict.id().to_owned(), message.or_else(|| check.reason.clone()).unwrap_or_default())
    }

    #[test]
    fn a_refusal_is_told_only_where_it_says_something_about_the_secret() {
        let cases: [Row; 10] = [
            ("accepted", |_| {}, "ok"),
            ("refused", refuse, "fail"),
            (
                "refused, and the database fails",
                |now| {
                    refuse(now);
                    lose_meta(now);
                },
                "unknown",
            ),
            ("accepted, and the database fails since", lose_meta, "ok"),
            (
                "refused, and the client is gone",
                |now| {
                    refuse(now);
                    now.client_meta.value.as_mut().unwrap().name = None;
                },
                "unknown",
            ),
            (
                "refused by a provider that has no such probe",
                |now| {
                    refuse(now);
                    generic(now);
                },
                "fail",
            ),
            (
                "refused by a provider that says that it does not know the client",
                |now| {
                    refuse(now);
                    generic(now);
                    let message = "invalid_client: client is invalid".to_owned();
                    now.authorize_dry_run.value = Ok(DryRun::ErrorPage { status: 400, message });
                },
                "unknown",
            ),
            (
                "refused, and the client is public",
                |now| {
                    refuse(now);
                    now.client_registration.value.as_mut().unwrap().client.is_public = Some(true);
                },
                "not_applicable",
            ),
            (
                "an answer that nobody knows",
                |now| {
                    now.client_secret.value.as_mut().unwrap().answer =
                        SecretAnswer::CannotTell { status: 500, seen: "HTTP 500".to_owned() };
                },
                "unknown",
            ),
            (
                "no secret given",
                |now| {
                    now.client_secret.value = Err(Missing::NotConfigured(Credential::ClientSecret));
                },
                "unverified",
            ),
        ];
        for (name, change, verdict) in cases {
            assert_eq!(said(change).0, verdict, "{name}");
        }
    }

    #[test]
    fn a_client_that_is_refused_as_such_says_nothing_of_its_secret() {
        for (message, why) in [
            ("Client not found.", "the provider does not know the client, whatever its secret"),
            ("Client disabled.", "the client is switched off at the provider, whatever its secret"),
        ] {
            let (verdict, told) = said(|now| {
                keycloak(now);
                refuse(now);
                now.authorize_dry_run.value = Ok(DryRun::ErrorPage { status: 400, message: message.to_owned() });
            });
            assert_eq!((verdict.as_str(), told.as_str()), ("unknown", why));
        }
        let (verdict, _) = said(|now| {
            keycloak(now);
            refuse(now);
            let message = "Invalid parameter: redirect_uri".to_owned();
            now.authorize_dry_run.value = Ok(DryRun::ErrorPage { status: 400, message });
        });
        assert_eq!(verdict, "fail", "a fault of its own");
    }

    fn lose_meta(now: &mut Snapshot) {
        now.client_meta.value = Err(Missing::status(SourceId::ClientMeta, 500, "HTTP 500"));
    }

    #[test]
    fn our_copy_is_named_and_which_of_the_clients_secrets_it_is() {
        let cases: [Row; 4] = [
            ("listed and active", |_| {}, "begins like the active secret lHmG…"),
            (
                "ended",
                |now| {
                    let at = now.taken_at;
                    let secret = &mut now.client_secrets.value.as_mut().unwrap().secrets[0];
                    (secret.is_active, secret.expires_at) = (false, Some(at));
                },
                "It is the secret lHmG…, which ended on 2026-11-24 at 12:00 UTC",
            ),
            ("not listed", |now| now.client_secret.value.as_mut().unwrap().entry = None, "begins like none"),
            (
                "one from before 2.14 is listed",
                |now| {
                    now.client_secret.value.as_mut().unwrap().entry = None;
                    now.client_secrets.value.as_mut().unwrap().secrets[0].prefix.clear();
                },
                "(HTTP 401: request_unauthorized). If Kasm's was changed",
            ),
        ];
        for (name, change, words) in cases {
            let (_, message) = said(|now| {
                refuse(now);
                change(now);
            });
            assert!(message.contains(words), "{name}: {message}");
            let origin = "provider.client_secret_file (/run/secrets/oidc_client_secret)";
            assert!(message.starts_with(&format!("{origin} is refused")), "{message}");
            assert!(message.contains(&format!("change {origin}")), "{message}");
        }
        assert!(said(|_| {}).1.ends_with(" is accepted, the one that begins with lHmG"));
    }

    #[test]
    fn a_refused_copy_is_the_cause_when_nothing_before_it_failed() {
        let mut now = Snapshot::healthy_with_credentials();
        refuse(&mut now);
        assert_eq!(evaluate(&now, None).cause.unwrap().check, CHECK.id);
    }
}
