//! The settings are what the operator declared under `expect`.

use super::{Case, Check, SeverityRule};
use crate::model::{Credential, Drift, Missing, Verdict};

pub(super) const CHECK: Check = Check {
    id: "settings_as_declared",
    severity: SeverityRule::DEGRADED,
    title: "The settings are as declared under expect",
    why: "Somebody changed a setting that you wrote down as meant to be otherwise.",
    mend: "Change it back where it stands (Kasm: Access Management > Authentication > OpenID > your config > Auto \
           Login), or change expect in ssowatch's config.",
    needs: &[],
    since: "",
    source: "The operator's own config, expect",
    fields: &["auto_login"],
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
    if needs_a_key {
        return Err(Missing::NotConfigured(Credential::ProviderAdminKey));
    }
    Ok(Verdict::NotApplicable("nothing is declared under expect".to_owned()))
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
        model::Expect,
    };

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
        let report = judged(&CHECK, |now| now.target.expect.auto_login = Some(true));
        assert_eq!(report.findings[0].message, "auto login differs: Kasm says off, expect says on");
    }
}
