//! Logout at Kasm logs out at the provider as well, where that is wanted.

use super::{Case, Check, SeverityRule, needs_kasm_key};
use crate::model::{Credential, Missing, Verdict};

pub(super) const CHECK: Check = Check {
    id: "logout_configured",
    severity: SeverityRule::DEGRADED,
    title: "Kasm's logout with the provider is set up whole",
    why: "With Logout with OIDC Provider on and no issuer, people who log out of Kasm stay signed in at the provider: \
           the next person at that browser is let in.",
    mend: "Kasm: Access Management > Authentication > OpenID > your config > OpenID Connect Issuer: the provider's \
           issuer; Logout with OIDC Provider: on with an issuer, else off.",
    needs: &[Credential::KasmKey],
    since: "Kasm 1.17 or 1.18 (unconfirmed)",
    source: "OpenID Connect RP-Initiated Logout 1.0; Pocket ID's guide for Kasm",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    if case.discovery().is_ok_and(|document| document.end_session_endpoint.is_none()) {
        return Ok(Verdict::NotApplicable("the provider announces no end_session_endpoint".to_owned()));
    }
    needs_kasm_key(case)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::CHECK;
    use crate::checks::testing::{document, table};

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
