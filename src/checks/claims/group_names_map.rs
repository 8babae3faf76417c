//! Kasm's group mappings name groups that the provider has.

use std::collections::HashSet;

use super::{Case, Check, SeverityRule, database_answers, with_hint};
use crate::{
    apps::kasm::GroupMapping,
    model::{ClaimsPreview, Credential, Drift, Finding, Missing, Outcome},
    providers::ProviderKind,
};

/// More findings say nothing new.
const MOST_FINDINGS: usize = 12;

pub(super) const CHECK: Check = Check {
    id: "group_names_map",
    severity: SeverityRule::DEGRADED,
    title: "Kasm's group mappings name groups that exist at the provider",
    why: "Kasm compares the group's name, not its friendly name: a mapping that names no group gives nobody that \
           group.",
    fix: "Kasm: Access Management > Groups > a group > SSO Group Mappings: enter the group's Name as Pocket ID has \
           it (Administration > User Groups).",
    needs: &[Credential::AppKey, Credential::ProviderAdminKey],
    since: "",
    source: "Kasm documentation, SSO group mappings; Pocket ID, claims",
    fields: &["group_mapping"],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let ours = case.stored()?.id.as_ref();
    let mappings = case.now.kasm_mappings().get()?;
    let named: Vec<&GroupMapping> = mappings
        .iter()
        .filter(|mapping| mapping.config_id.is_some() && mapping.config_id.as_ref() == ours)
        .filter(|mapping| !mapping.applies_to_all)
        .collect();
    if named.is_empty() {
        return Err(Missing::NotApplicable("no group is mapped by name for this config".to_owned()));
    }
    if case.kind != ProviderKind::PocketId {
        return Ok(Outcome::Unverified("only this provider's administrator sees its groups".to_owned()));
    }
    let brought = groups_of_test_user(case);
    let unseen: Vec<(&str, &str)> = named
        .iter()
        .flat_map(|mapping| mapping.sso_groups.iter().map(|name| (mapping.group.as_str(), name.as_str())))
        .filter(|(_, name)| !brought.contains(&name.to_lowercase()))
        .collect();
    if unseen.is_empty() {
        return Ok(Outcome::OK);
    }
    let Some(groups) = &case.now.client_registration().get()?.groups else {
        return Ok(Outcome::Unverified("the provider's list of groups was not read".to_owned()));
    };
    database_answers(case)?;
    let known: Vec<String> = groups.iter().map(|group| group.name.clone()).collect();
    let lower = lower_case(&known);
    let missing = unseen.into_iter().filter(|(_, name)| !lower.contains(&name.to_lowercase())).take(MOST_FINDINGS);
    Ok(Outcome::from_findings(missing.map(|(group, name)| finding(group, name, &known)).collect()))
}

/// Kasm compares in lower case, and else to the letter.
fn lower_case(names: &[String]) -> HashSet<String> {
    names.iter().map(|name| name.to_lowercase()).collect()
}

/// The groups that the test user brings, which exist.
fn groups_of_test_user(case: &Case<'_>) -> HashSet<String> {
    match case.now.claims_preview().ok() {
        Some(ClaimsPreview::Claims { groups: Some(groups), .. }) => lower_case(groups),
        _ => HashSet::new(),
    }
}

fn finding(group: &str, name: &str, known: &[String]) -> Finding {
    let message =
        format!("Kasm's group {group} is mapped to {}, which the provider does not have", with_hint(name, known));
    let finding = Finding::new("no_such_group", message);
    match Drift::of("group_mapping", ("The provider has", &known.join(", ")), ("Kasm maps", name)) {
        Some(drift) => finding.drift(drift),
        None => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{evaluated_with_credentials, generic, lose, stored, table, table_with_credentials},
        model::{Credential, Missing, Reason, Snapshot, SourceId},
    };

    fn map(now: &mut Snapshot, name: &str) {
        now.kasm_mappings.value.as_mut().unwrap()[0].sso_groups = vec![name.to_owned()];
    }

    fn without_admin_key(now: &mut Snapshot) {
        now.client_registration.value = Err(Missing::NotConfigured(Credential::ProviderAdminKey));
        now.claims_preview.value = Err(Missing::NotConfigured(Credential::ProviderAdminKey));
    }

    #[test]
    fn each_mapped_name_must_be_a_group_of_the_provider() {
        table(&CHECK, &[("no key", |_| {}, "unverified")]);
        table_with_credentials(
            &CHECK,
            &[
                ("it is", |_| {}, "ok"),
                ("in capitals", |now| map(now, "Kasm-Users"), "ok"),
                ("it is none", |now| map(now, "kasm-user"), "fail no_such_group"),
                ("a blank at the end", |now| map(now, "kasm-users "), "fail no_such_group"),
                (
                    "a group of the test user alone proves it",
                    |now| now.client_registration.value = Err(Missing::NotConfigured(Credential::ProviderAdminKey)),
                    "ok",
                ),
                (
                    "it is none, and the database fails",
                    |now| {
                        map(now, "kasm-user");
                        lose(&mut now.client_meta, SourceId::ClientMeta, Reason::Status);
                    },
                    "unknown",
                ),
                ("without an admin's key", without_admin_key, "unverified"),
                (
                    "the list of groups was not read",
                    |now| {
                        map(now, "other");
                        now.client_registration.value.as_mut().unwrap().groups = None;
                    },
                    "unverified",
                ),
                ("nothing is mapped", |now| now.kasm_mappings.value.as_mut().unwrap().clear(), "not_applicable"),
                (
                    "everybody gets it",
                    |now| now.kasm_mappings.value.as_mut().unwrap()[0].applies_to_all = true,
                    "not_applicable",
                ),
                ("mapped for another config", |now| stored(now).id = Some("0".repeat(32)), "not_applicable"),
                (
                    "the key may not see the mappings",
                    |now| now.kasm_mappings.value = Err(Missing::OutOfReach("lacks Groups View".to_owned())),
                    "unverified",
                ),
                ("no mappings", |now| lose(&mut now.kasm_mappings, SourceId::KasmMappings, Reason::Timeout), "unknown"),
                ("another provider", generic, "unverified"),
            ],
        );
        let report = evaluated_with_credentials(&CHECK, |now| map(now, "kasm-user"));
        let expected = "Kasm's group Kasm Users is mapped to \"kasm-user\" (is kasm-users meant?), which the provider does \
                        not have";
        assert_eq!(report.findings[0].message, expected);
    }
}
