//! The settings are what the operator declared: under `expect`, and the display name in `kasm.provider`.

use std::collections::BTreeSet;

use super::{Case, Check, SeverityRule};
use crate::model::{Drift, Finding, Missing, Outcome};

pub(super) const CHECK: Check = Check {
    id: "settings_as_declared",
    severity: SeverityRule::DEGRADED,
    title: "The settings are as declared under expect",
    why: "Somebody changed a setting that you wrote down as meant to be otherwise.",
    fix: "Change it back where it stands (Kasm: Access Management > Authentication > OpenID > your config > Auto \
           Login), or change expect in ssowatch's config.",
    needs: &[],
    since: "",
    source: "The operator's own config, expect",
    fields: &["auto_login", "display_name", "allowed_groups"],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let declared = [auto_login(case), display_name(case), groups(case), user(case)];
    let said: Vec<Result<Option<Finding>, Missing>> = declared.into_iter().flatten().collect();
    if said.is_empty() {
        return Ok(Outcome::NotApplicable("nothing is declared under expect".to_owned()));
    }
    let findings: Vec<Finding> = said.iter().filter_map(|one| one.as_ref().ok().cloned().flatten()).collect();
    let unseen = said.into_iter().find_map(Result::err);
    match unseen {
        Some(missing) if findings.is_empty() => Err(missing),
        _ => Ok(Outcome::from_findings(findings)),
    }
}

/// What was declared of one setting: nothing, or how it compares.
type Declared = Option<Result<Option<Finding>, Missing>>;

fn auto_login(case: &Case<'_>) -> Declared {
    let declared = case.target().expect.auto_login?;
    let word = |on: bool| if on { "on" } else { "off" };
    Some(case.auto_login().and_then(|actual| {
        let unsaid = || Missing::OutOfReach("Kasm does not say whether Auto Login is on".to_owned());
        let actual = actual.ok_or_else(unsaid)?;
        Ok(differs("auto_login", ("expect says", word(declared)), ("Kasm says", word(actual))))
    }))
}

/// `kasm.provider` against the stored name, which only a key shows: without one nothing is declared here.
fn display_name(case: &Case<'_>) -> Declared {
    let declared = case.target().app.provider.as_deref()?;
    let stored = case.stored().ok()?.display_name.as_deref()?;
    Some(Ok(differs("display_name", ("kasm.provider says", declared), ("Kasm stores", stored)).map(|finding| {
        finding.fix(
            "Correct kasm.provider in ssowatch's config, or Kasm: Access Management > Authentication > OpenID > your \
             config > Display Name.",
        )
    })))
}

/// The groups that may sign in, in any order.
fn groups(case: &Case<'_>) -> Declared {
    let declared = case.target().expect.groups.as_ref()?;
    Some(case.now.client_registration().get().map(|registration| {
        let client = &registration.client;
        let names = |names: &mut dyn Iterator<Item = &String>| {
            names.map(String::as_str).collect::<BTreeSet<&str>>().into_iter().collect::<Vec<&str>>().join(", ")
        };
        let declared = names(&mut declared.iter());
        let allowed = match client.is_group_restricted {
            Some(false) => "everybody".to_owned(),
            None if client.allowed_user_groups.is_empty() => "everybody".to_owned(),
            _ => names(&mut client.allowed_user_groups.iter().map(|group| &group.name)),
        };
        differs("allowed_groups", ("expect says", &declared), ("Pocket ID allows", &allowed)).map(|finding| {
            finding.fix(
                "Pocket ID: Administration > OIDC Clients > Kasm's client > Allowed User Groups, or expect.groups in \
                 ssowatch's config.",
            )
        })
    }))
}

/// The test user: whether there is one, and what its claims are, is reported by `test_user_claims`; here it only counts
/// whether it could be seen.
fn user(case: &Case<'_>) -> Declared {
    case.target().expect.user.as_ref()?;
    Some(case.now.claims_preview().get().map(|_| None))
}

fn differs(field: &str, expected: (&str, &str), actual: (&str, &str)) -> Option<Finding> {
    let drift = Drift::of(field, expected, actual)?;
    Some(Finding::new("differs", drift.sentence()).drift(drift))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{configs, evaluated, evaluated_with_credentials, stored, table, table_with_credentials},
        model::{ClaimsPreview, Credential, Expect, Missing},
    };

    #[test]
    fn with_credentials_names_groups_and_the_user_are_compared_too() {
        table_with_credentials(
            &CHECK,
            &[
                ("the user is there", |_| {}, "ok"),
                (
                    "no such user, which another check tells",
                    |now| now.claims_preview.value = Ok(ClaimsPreview::NoSuchUser),
                    "ok",
                ),
                ("the name as stored", |now| now.target.app.provider = Some("Pocket ID".to_owned()), "ok"),
                ("another name", |now| now.target.app.provider = Some("Passkey".to_owned()), "fail differs"),
                ("the groups", |now| now.target.expect.groups = Some(vec!["kasm-users".to_owned()]), "ok"),
                (
                    "other groups",
                    |now| now.target.expect.groups = Some(vec!["kasm-users".to_owned(), "staff".to_owned()]),
                    "fail differs",
                ),
                (
                    "groups, and everybody may sign in",
                    |now| {
                        now.target.expect.groups = Some(vec!["kasm-users".to_owned()]);
                        now.client_registration.value.as_mut().unwrap().client.is_group_restricted = Some(false);
                    },
                    "fail differs",
                ),
                (
                    "auto login as stored, where the login page does not say",
                    |now| {
                        now.target.expect.auto_login = Some(false);
                        configs(now)[0].auto_login = None;
                        stored(now).auto_login = Some(true);
                    },
                    "fail differs",
                ),
                (
                    "one differs, another is not seen",
                    |now| {
                        now.target.expect.auto_login = Some(true);
                        now.claims_preview.value = Err(Missing::NotConfigured(Credential::ProviderAdminKey));
                    },
                    "fail differs",
                ),
            ],
        );
        let report =
            evaluated_with_credentials(&CHECK, |now| now.target.expect.groups = Some(vec!["staff".to_owned()]));
        assert_eq!(report.findings[0].drift.as_ref().unwrap().actual, "kasm-users");
    }

    #[test]
    fn what_is_declared_is_compared_as_far_as_it_can_be_seen() {
        table(
            &CHECK,
            &[
                ("nothing declared", |_| {}, "not_applicable"),
                ("as declared", |now| now.target.expect.auto_login = Some(false), "ok"),
                ("not as declared", |now| now.target.expect.auto_login = Some(true), "fail differs"),
                (
                    "Kasm does not say",
                    |now| {
                        now.target.expect.auto_login = Some(false);
                        configs(now)[0].auto_login = None;
                    },
                    "unverified",
                ),
                (
                    "groups need a key",
                    |now| {
                        now.target.expect = Expect { groups: Some(vec!["kasm-users".to_owned()]), ..Expect::default() };
                    },
                    "unverified",
                ),
                (
                    "a part as declared, a part needs a key",
                    |now| {
                        now.target.expect =
                            Expect { auto_login: Some(false), user: Some("canary".to_owned()), ..Expect::default() };
                    },
                    "unverified",
                ),
            ],
        );
    }

    #[test]
    fn both_sayings_are_told() {
        let report = evaluated(&CHECK, |now| now.target.expect.auto_login = Some(true));
        assert_eq!(report.findings[0].message, "auto login differs: Kasm says off, expect says on");
    }
}
