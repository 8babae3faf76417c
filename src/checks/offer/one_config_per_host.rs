//! One config for this provider, and at most one that signs people in by itself.

use super::{Case, Check, SeverityRule};
use crate::{
    apps::kasm::{Chosen, LoginSettings, Start, StartOutcome},
    model::{Finding, Missing, Outcome},
    oidc::AuthorizeUrl,
};

pub(super) const CHECK: Check = Check {
    id: "one_config_per_host",
    severity: SeverityRule::DEGRADED,
    title: "Every OpenID config for this provider sends people alike, and at most one signs in by itself",
    why: "Two buttons that lead to one provider confuse people where one of them is wrong. Two configs with Auto Login \
           leave it to chance where visitors are sent.",
    fix: "Kasm: Access Management > Authentication > OpenID: disable the config that is not used (do not delete it: \
           its users hang on it), or name the one that is meant in kasm.provider; Auto Login on one at most.",
    needs: &[],
    since: "",
    source: "Kasm documentation, OpenID: Hostname, Auto Login",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let settings = case.now.kasm_login_settings().get()?;
    if let Some(finding) = auto_login_twice(settings) {
        return Ok(Outcome::fail(finding));
    }
    if settings.configs.len() <= 1 {
        return Ok(Outcome::OK);
    }
    let starts = case.now.login_start().get()?;
    let Chosen::Ours(ours) = starts.ours(case.target().wanted()) else { return Ok(Outcome::OK) };
    let others: Vec<&Start> =
        starts.leading(case.target().wanted()).into_iter().filter(|other| other.config_id != ours.config_id).collect();
    Ok(if others.is_empty() || case.target().app.provider.is_some() { Outcome::OK } else { alike(ours, &others) })
}

/// Whether the other configs for this provider send what ours does. One with a client of its own may be right, too, and
/// was not tried.
fn alike(ours: &Start, others: &[&Start]) -> Outcome {
    let StartOutcome::Url(sent) = &ours.outcome else { return Outcome::OK };
    let mut findings = Vec::new();
    let mut untried = Vec::new();
    for other in others {
        let StartOutcome::Url(theirs) = &other.outcome else { continue };
        match differing(sent, theirs) {
            Some(field) => findings.push(Finding::new(
                "several",
                format!(
                    "Two buttons lead to this provider, and their {field} differs: \"{}\" and \"{}\"",
                    ours.display_name, other.display_name
                ),
            )),
            None if sent.client_id != theirs.client_id => untried.push(other.display_name.as_str()),
            None => {}
        }
    }
    match (findings.is_empty(), untried.is_empty()) {
        (false, _) => Outcome::Fail(findings),
        (true, true) => {
            Outcome::noting(format!("{} buttons lead to this provider, and send it the same", others.len() + 1))
        }
        (true, false) => Outcome::Unverified(format!(
            "the login was tried as \"{}\"; {} has a client of its own: watch it as a target of its own, with kasm.provider",
            ours.display_name,
            names(untried.into_iter())
        )),
    }
}

/// The field that cannot be right in both.
fn differing(one: &AuthorizeUrl, other: &AuthorizeUrl) -> Option<&'static str> {
    if one.endpoint != other.endpoint {
        Some("Authorization URL")
    } else if one.redirect_uri != other.redirect_uri {
        Some("Redirect URL")
    } else {
        None
    }
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
        apps::kasm::StartOutcome,
        checks::testing::{add_config, configs, lose, table},
        model::{Reason, Snapshot, SourceId},
        oidc::AuthorizeUrl,
    };

    fn second(now: &mut Snapshot) -> &mut AuthorizeUrl {
        match &mut now.login_start.value.as_mut().unwrap().starts[1].outcome {
            StartOutcome::Url(url) => url,
            other => panic!("no URL but {other:?}"),
        }
    }

    const HERE: &str = "https://id.example.test/authorize";
    const ELSEWHERE: &str = "https://login.example.test/authorize";

    #[test]
    fn two_for_this_provider_or_two_with_auto_login_fail() {
        table(
            &CHECK,
            &[
                ("one", |_| {}, "ok"),
                ("a second for another provider", |now| add_config(now, "Work", ELSEWHERE), "ok"),
                ("a second for this provider that sends the same", |now| add_config(now, "Work", HERE), "ok"),
                (
                    "a second for this provider at another path",
                    |now| add_config(now, "Work", "https://id.example.test/authorise"),
                    "fail several",
                ),
                (
                    "a second for this provider with another redirect URL",
                    |now| {
                        add_config(now, "Work", HERE);
                        second(now).redirect_uri = Some("https://old.example.test/api/oidc_callback".to_owned());
                    },
                    "fail several",
                ),
                (
                    "a second for this provider with a client of its own",
                    |now| {
                        add_config(now, "Work", HERE);
                        second(now).client_id = Some("another".to_owned());
                    },
                    "unverified",
                ),
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
