//! The client secret does not end soon.

use super::{Case, Check, SeverityRule, has_one_secret_without_an_end, needs_admin_key};
use crate::model::{Credential, Missing, Verdict};

pub(super) const CHECK: Check = Check {
    id: "client_secret_lasts",
    severity: SeverityRule::RISK,
    title: "Kasm's client secret does not end soon",
    why: "From 2.14 on secrets can end: on that day every sign-in fails after the passkey.",
    mend: "Pocket ID: Administration > OIDC Clients > Kasm's client > Client secrets: add a second one, enter it in \
           Kasm: Access Management > Authentication > OpenID > your config > Client Secret, and delete the old one \
           after a good sign-in.",
    needs: &[Credential::ProviderAdminKey],
    since: "Pocket ID 2.14",
    source: "Pocket ID 2.14, client secrets (measured)",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    case.pocket_id_only()?;
    if has_one_secret_without_an_end(case) {
        return Ok(Verdict::NotApplicable("before 2.14 a client has one secret, without an end".to_owned()));
    }
    needs_admin_key(case)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::checks::testing::{generic, legacy, table};

    #[test]
    fn only_from_2_14_on_a_secret_can_end() {
        table(
            &CHECK,
            &[
                ("2.14: a key shows it", |_| {}, "unverified"),
                ("before", legacy, "not_applicable"),
                ("another provider", generic, "not_applicable"),
            ],
        );
    }
}
