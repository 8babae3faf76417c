//! One config for this provider, and at most one that signs people in by itself.

use super::{Case, Check, SeverityRule};
use crate::{
    apps::kasm::{Chosen, LoginSettings},
    model::{Finding, Missing, Verdict},
};

pub(super) const CHECK: Check = Check {
    id: "one_config_per_host",
    severity: SeverityRule::DEGRADED,
    title: "One OpenID config leads to this provider, and at most one signs in by itself",
    why: "A Kasm user belongs to one config: who takes the other button is rejected (\"different OIDC ID expected for \
           user\"). Two configs with Auto Login leave it to chance where visitors are sent.",
    fix: "Kasm: Access Management > Authentication > OpenID: disable the config that is not used (do not delete it: \
           its users hang on it), or name the one that is meant in kasm.provider; Auto Login on one at most.",
    needs: &[],
    since: "",
    source: "Kasm documentation, OpenID: Hostname, Auto Login",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    let settings = case.now.kasm_login_settings.get()?;
    if let Some(finding) = auto_login_twice(settings) {
        return Ok(Verdict::fail(finding));
    }
    if settings.configs.len() <= 1 {
        return Ok(Verdict::OK);
    }
    Ok(match case.now.login_start.get()?.ours(case.target().wanted()) {
        Chosen::Several(starts) => {
            let names = names(starts.iter().map(|start| start.display_name.as_str()));
            Verdict::fail(Finding::new(
                "several",
                format!("{} configs lead to {}: {names}", starts.len(), case.target().provider.url),
            ))
        }
        Chosen::Ours(_) | Chosen::Nowhere => Verdict::OK,
    })
}

fn auto_login_twice(settings: &LoginSettings) -> Option<Finding> {
    let with: Vec<&str> = settings
        .configs
        .iter()
        .filter(|config| config.auto_login == Some(true) && config.enabled != Some(false))
        .map(|config| config.display_name.as_str())
        .collect();
    (with.len() > 1).then(|| {
        Finding::new("auto_login_twice", format!("Auto Login is on for {}", names(with.iter().copied())))
            .fix("Kasm: Access Management > Authentication > OpenID > Auto Login: on for one config at most.")
    })
}

fn names<'a>(each: impl Iterator<Item = &'a str>) -> String {
    each.map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{add_config, configs, lose, table},
        model::{Reason, SourceId},
    };

    const HERE: &str = "https://id.example.test/authorize";
    const ELSEWHERE: &str = "https://login.example.test/authorize";

    #[test]
    fn two_for_this_provider_or_two_with_auto_login_fail() {
        table(
            &CHECK,
            &[
                ("one", |_| {}, "ok"),
                ("a second for another provider", |now| add_config(now, "Work", ELSEWHERE), "ok"),
                ("a second for this provider", |now| add_config(now, "Work", HERE), "fail several"),
                (
                    "a second for this provider, and ours is named",
                    |now| {
                        add_config(now, "Work", HERE);
                        now.target.app.provider = Some("Pocket ID".to_owned());
                    },
                    "ok",
                ),
                (
                    "auto login twice",
                    |now| {
                        configs(now)[0].auto_login = Some(true);
                        add_config(now, "Work", ELSEWHERE);
                    },
                    "fail auto_login_twice",
                ),
                (
                    "auto login twice, one is disabled",
                    |now| {
                        configs(now)[0].auto_login = Some(true);
                        add_config(now, "Work", ELSEWHERE);
                        configs(now)[1].enabled = Some(false);
                    },
                    "ok",
                ),
                ("one, and no start", |now| lose(&mut now.login_start, SourceId::LoginStart, Reason::Timeout), "ok"),
                (
                    "two, and no start",
                    |now| {
                        add_config(now, "Work", HERE);
                        lose(&mut now.login_start, SourceId::LoginStart, Reason::Timeout);
                    },
                    "unknown",
                ),
            ],
        );
    }
}
