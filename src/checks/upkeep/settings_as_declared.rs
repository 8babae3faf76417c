//! The settings are what the operator declared under `expect`.

use super::{Case, Check, SeverityRule};
use crate::{
    model::{Drift, Missing, Verdict},
    pocket_id::ClientRegistration,
};

pub(super) const CHECK: Check = Check {
    id: "settings_as_declared",
    severity: SeverityRule::DEGRADED,
    title: "The settings are as declared under expect",
    why: "Somebody changed a setting that you wrote down as meant to be otherwise.",
    mend: "Change it back where it stands (Kasm: Access Management > Authentication > OpenID > your config > Auto \
           Login; Pocket ID: Administration > OIDC Clients > Kasm's client > Allowed User Groups), or change expect in \
           ssowatch's config.",
    needs: &[],
    since: "",
    source: "The operator's own config, expect",
    fields: &["auto_login", "group_restriction"],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    let expect = &case.target().expect;
    let needs_a_key = expect.groups.is_some() || expect.user.is_some();
    if let Some(declared) = expect.auto_login {
        let Some(actual) = auto_login(case)? else {
            return Ok(Verdict::Unverified("Kasm does not say whether Auto Login is on".to_owned()));
        };
        let word = |on: bool| if on { "on" } else { "off" };
        let drift = Drift::of("auto_login", ("expect says", word(declared)), ("Kasm says", word(actual)));
        if let Some(drift) = drift {
            return Ok(Verdict::drifted(drift));
        }
        if !needs_a_key {
            return Ok(Verdict::OK);
        }
    }
    if let Some(declared) = &expect.groups
        && let Some(drift) = groups_differ(declared, &case.registration()?.client)
    {
        return Ok(Verdict::drifted(drift));
    }
    if expect.user.is_some() {
        // What the test user brings is another check's; here it only counts whether it could be seen.
        case.by_key(&case.now.claims_preview)?;
    }
    if needs_a_key {
        return Ok(Verdict::OK);
    }
    Ok(Verdict::NotApplicable("nothing is declared under expect".to_owned()))
}

/// The groups that may use the client, against those that are declared, whatever their order.
fn groups_differ(declared: &[String], client: &ClientRegistration) -> Option<Drift> {
    let list = |mut names: Vec<&str>| {
        names.sort_unstable();
        names.dedup();
        if names.is_empty() { "no group".to_owned() } else { names.join(" ") }
    };
    let is_open = client.is_group_restricted == Some(false);
    let actual = match is_open {
        true => "everybody".to_owned(),
        false => list(client.allowed_user_groups.iter().map(|group| group.name.as_str()).collect()),
    };
    let declared = list(declared.iter().map(String::as_str).collect());
    Drift::of("group_restriction", ("expect says", &declared), ("Pocket ID allows", &actual))
}

/// Whether our config signs in by itself, where Kasm says so.
fn auto_login(case: &Case<'_>) -> Result<Option<bool>, Missing> {
    let settings = case.now.kasm_login_settings.get()?;
    let ours = &case.start()?.config_id;
    Ok(settings.configs.iter().find(|config| config.id == *ours).and_then(|config| config.auto_login))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{configs, judged, table},
        model::{Expect, Snapshot},
    };

    fn groups(now: &mut Snapshot, declared: &[&str]) {
        *now = Snapshot::healthy_with_credentials();
        let groups = declared.iter().map(|name| (*name).to_owned()).collect();
        now.target.expect = Expect { groups: Some(groups), ..Expect::default() };
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
                ("groups as declared", |now| groups(now, &["kasm-users"]), "ok"),
                ("other groups than declared", |now| groups(now, &["kasm-users", "staff"]), "fail differs"),
                (
                    "open, and groups are declared",
                    |now| {
                        groups(now, &["kasm-users"]);
                        let client = &mut now.client_registration.value.as_mut().unwrap().client;
                        client.is_group_restricted = Some(false);
                    },
                    "fail differs",
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
        let report = judged(&CHECK, |now| now.target.expect.auto_login = Some(true));
        assert_eq!(report.findings[0].message, "auto login differs: Kasm says off, expect says on");
    }
}
