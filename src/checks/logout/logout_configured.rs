//! Logout at Kasm logs out at the provider as well, where that is wanted.

use super::{Case, Check, SeverityRule, logout_is_on};
use crate::{
    apps::kasm::Field,
    model::{Credential, Finding, Missing, Verdict},
};

pub(super) const CHECK: Check = Check {
    id: "logout_configured",
    severity: SeverityRule::DEGRADED,
    title: "Kasm's logout with the provider is set up whole",
    why: "With Logout with OIDC Provider on and no issuer, people who log out of Kasm stay signed in at the provider: \
           the next person at that browser is let in.",
    fix: "Kasm: Access Management > Authentication > OpenID > your config > OpenID Connect Issuer: the provider's \
           issuer; Logout with OIDC Provider: on with an issuer, else off.",
    needs: &[Credential::AppKey],
    since: "Kasm 1.17 or 1.18 (unconfirmed)",
    source: "OpenID Connect RP-Initiated Logout 1.0; Pocket ID's guide for Kasm",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    if case.discovery().is_ok_and(|document| document.end_session_endpoint.is_none()) {
        return Ok(Verdict::NotApplicable("the provider announces no end_session_endpoint".to_owned()));
    }
    match logout_is_on(case)? {
        Some(true) => {}
        Some(false) => {
            let text = "Logout with OIDC Provider is off in Kasm: who logs out there stays signed in at the provider";
            return Ok(Verdict::NotApplicable(text.to_owned()));
        }
        None => return Err(Missing::OutOfReach("this Kasm's answer has no Logout with OIDC Provider".to_owned())),
    }
    match &case.stored()?.issuer {
        Field::Is(_) => Ok(Verdict::OK),
        Field::Empty => Ok(Verdict::fail(Finding::new(
            "no_issuer",
            "Logout with OIDC Provider is on in Kasm, and OpenID Connect Issuer is empty",
        ))),
        Field::Absent => Err(Missing::OutOfReach("this Kasm's answer has no issuer field".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::CHECK;
    use crate::{
        apps::kasm::Field,
        checks::testing::{document, stored, table, table_with_credentials},
    };

    #[test]
    fn logout_with_the_provider_needs_an_issuer() {
        table_with_credentials(
            &CHECK,
            &[
                ("on, with an issuer", |_| {}, "ok"),
                ("on, without", |now| stored(now).issuer = Field::Empty, "fail no_issuer"),
                ("on, and the answer has no issuer field", |now| stored(now).issuer = Field::Absent, "unverified"),
                ("off", |now| stored(now).logout_with_oidc_provider = Some(false), "not_applicable"),
                ("an older release", |now| stored(now).logout_with_oidc_provider = None, "unverified"),
            ],
        );
    }

    #[test]
    fn a_provider_without_logout_has_nothing_to_set_up() {
        table(
            &CHECK,
            &[
                ("a key shows it", |_| {}, "unverified"),
                ("no endpoint", |now| document(now, &json!({"end_session_endpoint": null})), "not_applicable"),
            ],
        );
    }
}
