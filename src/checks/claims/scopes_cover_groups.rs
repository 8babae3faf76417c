//! The scopes that Kasm asks for bring the groups.

use super::{Case, Check, Groups, SeverityRule, groups, scope_is_asked_for};
use crate::model::{Credential, Missing, Verdict};

pub(super) const CHECK: Check = Check {
    id: "scopes_cover_groups",
    severity: SeverityRule::DEGRADED,
    title: "Kasm asks for the scope that brings the groups",
    why: "At every sign-in Kasm likely takes people out of the mapped groups that are not in the claim: without the \
           scope they silently lose all of them.",
    fix: "Kasm: Access Management > Authentication > OpenID > your config > Scope: add groups on a line of its own.",
    needs: &[Credential::AppKey],
    since: "",
    source: "OpenID Connect Core 1.0, section 5.4; Pocket ID, claims",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    match groups(case)? {
        Groups::Claim(claim) => scope_is_asked_for(case, claim),
        Groups::MappedWithoutClaim(_) => {
            Err(Missing::NotApplicable("Kasm takes groups from no claim: told by groups_claim".to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        apps::kasm::Field,
        checks::testing::{generic, stored, table, table_with_credentials},
        model::Snapshot,
    };

    fn scopes(now: &mut Snapshot, entries: &[&str]) {
        stored(now).scope = Some(entries.iter().map(|entry| (*entry).to_owned()).collect());
    }

    #[test]
    fn the_scope_of_the_groups_must_be_asked_for_where_groups_are_used() {
        table(&CHECK, &[("no key", |_| {}, "unverified")]);
        table_with_credentials(
            &CHECK,
            &[
                ("groups with groups", |_| {}, "ok"),
                ("without groups", |now| scopes(now, &["openid", "profile"]), "fail missing"),
                (
                    "no groups are used",
                    |now| {
                        scopes(now, &["openid", "profile"]);
                        stored(now).groups_attribute = Field::Empty;
                        now.kasm_mappings.value.as_mut().unwrap().clear();
                    },
                    "not_applicable",
                ),
                ("mapped without a claim", |now| stored(now).groups_attribute = Field::Empty, "not_applicable"),
                ("the answer does not say", |now| stored(now).groups_attribute = Field::Absent, "unknown"),
                ("another provider", generic, "unverified"),
            ],
        );
    }
}
