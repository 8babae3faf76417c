//! Kasm's login page shows a button that leads to this provider.
//!
//! That the page says `sso_enabled` only when it is on is unconfirmed: a missing word is no fault where configs are
//! shown.

use url::Url;

use super::{Case, Check, SeverityRule, error_of_its_own};
use crate::{
    apps::kasm::{Chosen, KasmStart, LoginConfig, LoginSettings, Start, StartOutcome},
    model::{Drift, Finding, Missing, Outcome, TargetFacts},
};

pub(super) const CHECK: Check = Check {
    id: "login_offered",
    severity: SeverityRule::OUTAGE,
    title: "Kasm's login page offers to sign in with this provider",
    why: "Without the button nobody can begin: it goes when the config is disabled, or when its Hostname is another \
           than the one that users type and no config is the default.",
    fix: "Kasm: Access Management > Authentication > OpenID > your config: set Enabled; leave Hostname empty or \
           enter the public name without a port; or set Default. Edit it in place.",
    needs: &[],
    since: "",
    source: "Kasm documentation, OpenID: Enabled, Hostname, Default",
    fields: &["hostname"],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    if let Some(page) = case.now.app_page().ok().filter(|page| page.status == 200 && page.is_blank) {
        return Ok(Outcome::fail(blank(&page.url)));
    }
    let settings = match case.now.kasm_login_settings().get() {
        Ok(settings) => settings,
        Err(missing) => return without_settings(case, missing),
    };
    if let Some(text) = &settings.error_message {
        return Ok(Outcome::Unknown(format!("Kasm answers its login settings with an error of its own: {text}")));
    }
    if let Some(finding) = nothing_shown(settings) {
        return Ok(Outcome::fail(if settings.configs.is_empty() {
            why_not_shown(case).unwrap_or(finding)
        } else {
            finding
        }));
    }
    let target = case.target();
    let starts = case.now.login_start().ok();
    let Some(starts) = starts else { return without_starts(case, settings) };
    Ok(match starts.ours(target.wanted()) {
        Chosen::Ours(start) => ours(settings, start, target),
        Chosen::Nowhere if starts.starts.is_empty() => Outcome::Unknown("no login was started".to_owned()),
        // A login that does not start may be ours: that is reported by login_starts.
        Chosen::Nowhere if starts.starts.iter().any(|start| origin(start).is_none()) => shown(settings),
        Chosen::Nowhere => Outcome::fail(leads_elsewhere(starts, target)),
    })
}

fn blank(url: &str) -> Finding {
    Finding::new("blank_page", format!("Kasm's login page is empty: {url} answers 200 with nothing to see")).fix(
        "Open Kasm's address in a private window; see Kasm's proxy container (kasm_proxy) and what stands before it, which \
         must pass the page unchanged.",
    )
}

/// Without its settings the login page has no button to show.
fn without_settings(case: &Case<'_>, missing: Missing) -> Result<Outcome, Missing> {
    let Some(detail) = error_of_its_own(case, &missing) else { return Err(missing) };
    let message = format!("Kasm is well, and its login page does not get its settings: {detail}");
    Ok(Outcome::fail(
        Finding::new("server_error", message)
            .fix("Kasm's log (Diagnostics > Logging) names the reason; see the containers kasm_api and kasm_db."),
    ))
}

fn is_on(config: &LoginConfig) -> bool {
    config.enabled != Some(false)
}

fn nothing_shown(settings: &LoginSettings) -> Option<Finding> {
    if settings.configs.is_empty() {
        return Some(Finding::new("no_config", "Kasm's login page shows no OpenID config on this host"));
    }
    if !settings.configs.iter().any(is_on) {
        let names = names(settings.configs.iter().map(|config| config.display_name.as_str()));
        return Some(
            Finding::new("disabled", format!("Every OpenID config is disabled: {names}"))
                .fix("Kasm: Access Management > Authentication > OpenID > your config > Enabled: switch it on."),
        );
    }
    (settings.sso_enabled == Some(false))
        .then(|| Finding::new("sso_off", "Kasm says that single sign-on is off (sso_enabled is false)"))
}

/// Why our config is not on the login page, by what Kasm stores.
fn why_not_shown(case: &Case<'_>) -> Option<Finding> {
    let stored = case.stored().ok()?;
    let name = stored.display_name.as_deref().unwrap_or_default();
    if stored.enabled == Some(false) {
        let fix = "Kasm: Access Management > Authentication > OpenID > your config > Enabled: switch it on.";
        return Some(Finding::new("disabled", format!("The config \"{name}\" is disabled")).fix(fix));
    }
    let ours = Url::parse(&case.target().app.url).ok()?;
    // Kasm's proxy passes the host without a port.
    let drift = Drift::of("hostname", ("Users type", ours.host_str()?), ("Kasm stores", stored.hostname.text()?))?;
    let message = format!("The config \"{name}\" is for the host {} only", drift.actual);
    (stored.is_default != Some(true)).then(|| Finding::new("other_host", message).drift(drift))
}

/// What can be said when no login was started.
fn without_starts(case: &Case<'_>, settings: &LoginSettings) -> Result<Outcome, Missing> {
    match &case.target().app.provider {
        Some(name) if !settings.configs.iter().any(|config| config.display_name == *name) => {
            // Whether another button leads to this provider cannot be told.
            case.now.login_start().get().map(|_| shown(settings))
        }
        _ => Ok(shown(settings)),
    }
}

fn ours(settings: &LoginSettings, start: &Start, target: &TargetFacts) -> Outcome {
    let config = settings.configs.iter().find(|config| config.id == start.config_id);
    if config.is_some_and(|config| !is_on(config)) {
        return Outcome::fail(
            Finding::new("disabled", format!("The config \"{}\" is disabled", start.display_name))
                .fix("Kasm: Access Management > Authentication > OpenID > your config > Enabled: switch it on."),
        );
    }
    match &target.app.provider {
        Some(name) if *name != start.display_name && start.leads_to(&target.provider.url) => {
            Outcome::noting(format!("shown as \"{}\", not \"{name}\": correct kasm.provider", start.display_name))
        }
        Some(name) if *name != start.display_name => Outcome::fail(not_shown(name, settings)),
        _ => Outcome::noting(format!("\"{}\" is shown", start.display_name)),
    }
}

fn shown(settings: &LoginSettings) -> Outcome {
    let names =
        names(settings.configs.iter().filter(|config| is_on(config)).map(|config| config.display_name.as_str()));
    Outcome::noting(format!("shown: {names}"))
}

fn not_shown(name: &str, settings: &LoginSettings) -> Finding {
    let names = names(settings.configs.iter().map(|config| config.display_name.as_str()));
    Finding::new("not_shown", format!("No config is shown as \"{name}\" (kasm.provider); shown: {names}"))
}

fn leads_elsewhere(starts: &KasmStart, target: &TargetFacts) -> Finding {
    let each =
        starts.starts.iter().filter_map(|start| Some(format!("\"{}\" to {}", start.display_name, origin(start)?)));
    let each = each.collect::<Vec<_>>().join(", ");
    Finding::new("leads_elsewhere", format!("No config leads to {}: {each}", target.provider.url)).fix(
        "If one of them is meant for this provider, name it in kasm.provider, and the field that is wrong is told; \
         else enable the right one in Kasm: Access Management > Authentication > OpenID.",
    )
}

fn origin(start: &Start) -> Option<String> {
    let StartOutcome::Url(url) = &start.outcome else { return None };
    Some(Url::parse(&url.endpoint).map_or_else(|_| url.endpoint.clone(), |url| url.origin().ascii_serialization()))
}

fn names<'a>(each: impl Iterator<Item = &'a str>) -> String {
    each.map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        apps::kasm::{Field, StartOutcome},
        checks::testing::{add_config, configs, evaluated, lose, stored, table, table_with_credentials, url},
        model::{Missing, Reason, Snapshot, SourceId},
    };

    #[test]
    fn why_the_button_is_missing_is_told_by_what_kasm_stores() {
        table_with_credentials(
            &CHECK,
            &[
                ("not known", |now| configs(now).clear(), "fail no_config"),
                (
                    "disabled",
                    |now| {
                        configs(now).clear();
                        stored(now).enabled = Some(false);
                    },
                    "fail disabled",
                ),
                (
                    "for another host",
                    |now| {
                        configs(now).clear();
                        stored(now).is_default = Some(false);
                        stored(now).hostname = Field::Is("kasm.example.test:8443".to_owned());
                    },
                    "fail other_host",
                ),
                (
                    "for this host",
                    |now| {
                        configs(now).clear();
                        stored(now).hostname = Field::Is("kasm.example.test".to_owned());
                    },
                    "fail no_config",
                ),
            ],
        );
    }

    const ELSEWHERE: &str = "https://login.example.test/authorize";

    fn name_provider(now: &mut Snapshot, name: &str) {
        now.target.app.provider = Some(name.to_owned());
    }

    #[test]
    fn the_button_must_be_shown_and_lead_here() {
        table(
            &CHECK,
            &[
                ("shown", |_| {}, "ok"),
                ("no config on this host", |now| configs(now).clear(), "fail no_config"),
                ("disabled", |now| configs(now)[0].enabled = Some(false), "fail disabled"),
                ("an empty page", |now| now.app_page.value.as_mut().unwrap().is_blank = true, "fail blank_page"),
                ("enabled is not said", |now| configs(now)[0].enabled = None, "ok"),
                (
                    "sso is off",
                    |now| {
                        now.kasm_login_settings.value.as_mut().unwrap().sso_enabled = Some(false);
                    },
                    "fail sso_off",
                ),
                (
                    "sso is not said, and a config is shown",
                    |now| {
                        now.kasm_login_settings.value.as_mut().unwrap().sso_enabled = None;
                    },
                    "ok",
                ),
                (
                    "Kasm's own error",
                    |now| {
                        now.kasm_login_settings.value.as_mut().unwrap().error_message = Some("no".to_owned());
                    },
                    "unknown",
                ),
                ("another config beside ours", |now| add_config(now, "Work", ELSEWHERE), "ok"),
                (
                    "ours is disabled, another is not",
                    |now| {
                        add_config(now, "Work", ELSEWHERE);
                        configs(now)[0].enabled = Some(false);
                    },
                    "fail disabled",
                ),
                (
                    "the only config leads elsewhere: that is drift",
                    |now| url(now).endpoint = ELSEWHERE.to_owned(),
                    "ok",
                ),
                (
                    "two configs, both elsewhere",
                    |now| {
                        url(now).endpoint = ELSEWHERE.to_owned();
                        add_config(now, "Work", ELSEWHERE);
                    },
                    "fail leads_elsewhere",
                ),
                (
                    "two configs, one elsewhere, one does not start",
                    |now| {
                        add_config(now, "Work", ELSEWHERE);
                        now.login_start.value.as_mut().unwrap().starts[0].outcome =
                            StartOutcome::Refused("no".to_owned());
                    },
                    "ok",
                ),
                ("two lead here", |now| add_config(now, "Work", "https://id.example.test/authorize"), "ok"),
                ("the named config is shown", |now| name_provider(now, "Pocket ID"), "ok"),
                ("the button was renamed", |now| name_provider(now, "Passkey"), "ok"),
                (
                    "the named config is not shown, the other leads elsewhere",
                    |now| {
                        name_provider(now, "Passkey");
                        url(now).endpoint = ELSEWHERE.to_owned();
                    },
                    "fail not_shown",
                ),
                (
                    "no start, and no name",
                    |now| lose(&mut now.login_start, SourceId::LoginStart, Reason::Timeout),
                    "ok",
                ),
                (
                    "no start, and another name",
                    |now| {
                        name_provider(now, "Passkey");
                        lose(&mut now.login_start, SourceId::LoginStart, Reason::Timeout);
                    },
                    "unknown",
                ),
                (
                    "an error of its own in place of the settings",
                    |now| {
                        let detail = "HTTP 500 with a web page";
                        now.kasm_login_settings.value = Err(Missing::status(SourceId::KasmLoginSettings, 500, detail));
                    },
                    "fail server_error",
                ),
                (
                    "no settings",
                    |now| {
                        lose(&mut now.kasm_login_settings, SourceId::KasmLoginSettings, Reason::Body);
                    },
                    "unknown",
                ),
            ],
        );
    }

    #[test]
    fn where_each_config_leads_is_listed() {
        let report = evaluated(&CHECK, |now| {
            url(now).endpoint = ELSEWHERE.to_owned();
            add_config(now, "Work", "https://work.example.test/oauth/authorize");
        });
        assert_eq!(
            report.findings[0].message,
            "No config leads to https://id.example.test: \"Pocket ID\" to https://login.example.test, \"Work\" to \
             https://work.example.test"
        );
    }
}
