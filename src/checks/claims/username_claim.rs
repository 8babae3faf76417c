//! The claim that Kasm takes as user name exists at the provider.

use super::{Case, Check, SeverityRule, claim_exists};
use crate::{
    checks::sign_in,
    model::{Credential, Missing, Outcome, SignIn, SignInFault},
};

pub(super) const CHECK: Check = Check {
    id: "username_claim",
    severity: SeverityRule::OUTAGE,
    title: "The provider gives the claim that Kasm takes as user name",
    why: "Kasm finds no user name in the claims and says \"Unable to processes OIDC login\".",
    fix: "Kasm: Access Management > Authentication > OpenID > your config > Username Attribute: preferred_username \
           in place; who has another name in that claim becomes a new Kasm user.",
    needs: &[Credential::AppKey],
    since: "",
    source: "OpenID Connect Core 1.0, section 5.1; Pocket ID's guide for Kasm",
    fields: &["username_attribute"],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let stored = case.stored_field("username_attribute", |stored| stored.username_attribute.as_deref());
    let by_settings = stored.and_then(|claim| claim_exists(case, "username_attribute", claim));
    let run = sign_in::last_run_if_any(case);
    let failure = run.and_then(SignIn::failure).filter(|failure| failure.fault == SignInFault::NoUserName);
    match (&by_settings, failure) {
        (Ok(Outcome::Fail(_)), _) => by_settings,
        (_, Some(failure)) => Ok(Outcome::fail(sign_in::finding(failure))),
        (Err(_) | Ok(Outcome::Unverified(_)), None) if run.is_some_and(SignIn::landed) => {
            Ok(Outcome::noting("the app found the canary's user name"))
        }
        _ => by_settings,
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{evaluated_with_credentials, generic, lose, stored, table, table_with_credentials},
        model::{ClaimsPreview, Credential, Missing, Reason, Snapshot, SourceId},
    };

    fn take(now: &mut Snapshot, claim: &str) {
        stored(now).username_attribute = Some(claim.to_owned());
    }

    fn without_admin_key(now: &mut Snapshot) {
        now.custom_claims.value = Err(Missing::NotConfigured(Credential::ProviderAdminKey));
    }

    #[test]
    fn a_claim_that_is_not_announced_may_be_a_custom_one() {
        table(&CHECK, &[("no key", |_| {}, "unverified")]);
        table_with_credentials(
            &CHECK,
            &[
                ("announced", |_| {}, "ok"),
                ("nobody has it", |now| take(now, "login"), "fail no_such_claim"),
                ("in capitals", |now| take(now, "Preferred_Username"), "fail no_such_claim"),
                (
                    "a custom claim",
                    |now| {
                        take(now, "login");
                        now.custom_claims.value.as_mut().unwrap().names.push("login".to_owned());
                    },
                    "ok",
                ),
                (
                    "the test user has it",
                    |now| {
                        take(now, "login");
                        without_admin_key(now);
                        let ClaimsPreview::Claims { types, .. } = now.claims_preview.value.as_mut().unwrap() else {
                            panic!("claims")
                        };
                        types.insert("login".to_owned(), "string".to_owned());
                    },
                    "ok",
                ),
                (
                    "whether it is a custom claim is not seen",
                    |now| {
                        take(now, "login");
                        without_admin_key(now);
                    },
                    "unverified",
                ),
                (
                    "the custom claims did not come",
                    |now| {
                        take(now, "login");
                        lose(&mut now.custom_claims, SourceId::CustomClaims, Reason::Timeout);
                    },
                    "unknown",
                ),
                (
                    "nobody has it, and the database fails",
                    |now| {
                        take(now, "login");
                        lose(&mut now.client_meta, SourceId::ClientMeta, Reason::Status);
                    },
                    "unknown",
                ),
                (
                    "another provider need not announce all",
                    |now| {
                        generic(now);
                        take(now, "login");
                    },
                    "unverified",
                ),
            ],
        );
    }

    #[test]
    fn what_was_meant_and_which_key_shows_more_is_told() {
        let report = evaluated_with_credentials(&CHECK, |now| {
            take(now, "preferred_user_name");
            without_admin_key(now);
        });
        let reason = report.reason.unwrap();
        assert!(reason.contains("is preferred_username meant?"), "{reason}");
        assert!(reason.contains("a Pocket ID key of an admin"), "{reason}");
    }
}
