//! The claim that Kasm takes as groups exists at the provider.

use super::{Case, Check, Groups, SeverityRule, claim_exists, groups};
use crate::model::{Credential, Finding, Missing, Verdict};

pub(super) const CHECK: Check = Check {
    id: "groups_claim",
    severity: SeverityRule::DEGRADED,
    title: "The provider gives the claim that Kasm takes as groups",
    why: "At every sign-in Kasm likely takes people out of the mapped groups that are not in the claim: with a wrong \
           claim name they silently lose all of them.",
    fix: "Kasm: Access Management > Authentication > OpenID > your config > Groups Attribute: groups.",
    needs: &[Credential::AppKey],
    since: "",
    source: "Pocket ID, claims; Pocket ID's guide for Kasm",
    fields: &["groups_attribute"],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    match groups(case)? {
        Groups::Claim(claim) => claim_exists(case, "groups_attribute", claim),
        Groups::MappedWithoutClaim(mapped) => Ok(Verdict::fail(Finding::new(
            "no_claim",
            format!("Kasm maps groups ({}) and takes groups from no claim", mapped.join(", ")),
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        apps::kasm::Field,
        checks::testing::{evaluated_with_credentials, stored, table, table_with_credentials},
        model::{Credential, Missing},
    };

    #[test]
    fn the_claim_must_exist_where_groups_are_used() {
        table(&CHECK, &[("no key", |_| {}, "unverified")]);
        table_with_credentials(
            &CHECK,
            &[
                ("announced", |_| {}, "ok"),
                (
                    "nobody has it",
                    |now| stored(now).groups_attribute = Field::Is("roles".to_owned()),
                    "fail no_such_claim",
                ),
                ("mapped, and no claim is named", |now| stored(now).groups_attribute = Field::Empty, "fail no_claim"),
                (
                    "neither named nor mapped",
                    |now| {
                        stored(now).groups_attribute = Field::Empty;
                        now.kasm_mappings.value.as_mut().unwrap().clear();
                    },
                    "not_applicable",
                ),
                (
                    "mapped for another config, and for everybody",
                    |now| {
                        stored(now).groups_attribute = Field::Empty;
                        let mappings = now.kasm_mappings.value.as_mut().unwrap();
                        let mut of_another = mappings[0].clone();
                        of_another.config_id = Some("0".repeat(32));
                        mappings[0].applies_to_all = true;
                        mappings.push(of_another);
                    },
                    "not_applicable",
                ),
                (
                    "no claim, and the mappings are not seen",
                    |now| {
                        stored(now).groups_attribute = Field::Empty;
                        now.kasm_mappings.value = Err(Missing::OutOfReach("needs Groups View".to_owned()));
                    },
                    "not_applicable",
                ),
                ("the answer does not say", |now| stored(now).groups_attribute = Field::Absent, "unknown"),
                (
                    "whether it is a custom claim is not seen",
                    |now| {
                        stored(now).groups_attribute = Field::Is("roles".to_owned());
                        now.custom_claims.value = Err(Missing::NotConfigured(Credential::ProviderAdminKey));
                    },
                    "unverified",
                ),
            ],
        );
        let report = evaluated_with_credentials(&CHECK, |now| stored(now).groups_attribute = Field::Empty);
        assert_eq!(report.findings[0].message, "Kasm maps groups (Kasm Users) and takes groups from no claim");
    }
}
