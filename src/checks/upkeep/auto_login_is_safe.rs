//! Auto Login is on only while the login path is seen to be good.

use super::{Case, Check, SeverityRule};
use crate::{
    model::{Finding, Missing, Verdict},
    providers::pocket_id::Dialect,
};

pub(super) const CHECK: Check = Check {
    id: "auto_login_is_safe",
    severity: SeverityRule::RISK,
    title: "Auto Login is on only while the login path is seen to be good",
    why: "With Auto Login every visitor is sent to the provider at once: if the path is broken, admins with a local \
           account are locked out as well, unless they know the other address.",
    fix: "Kasm: Access Management > Authentication > OpenID > your config > Auto Login: off until a sign-in works. \
           Local accounts get in at https://<kasm>/#/staticlogin.",
    needs: &[],
    since: "",
    source: "Kasm documentation, OpenID: Auto Login",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    match auto_login(case)? {
        None => return Ok(Verdict::Unverified("Kasm does not say whether Auto Login is on".to_owned())),
        Some(false) => return Ok(Verdict::noting("Auto Login is off")),
        Some(true) => {}
    }
    let way_in = format!("{}/#/staticlogin", case.target().app.url);
    let dry_run = case.authorize_url().and_then(|_| case.discovery()).and_then(|_| case.now.authorize_dry_run.get());
    Ok(match dry_run {
        Ok(answer) if answer.is_accepted() => Verdict::noting(format!("Auto Login is on; local accounts: {way_in}")),
        // No release of that age can ever be tried: a lasting alarm would say nothing.
        Err(Missing::OutOfReach(why)) if cannot_be_tried(case) => Verdict::Unverified(format!(
            "Auto Login is on, and the path cannot be tried to its end ({why}); local accounts get in at {way_in}"
        )),
        Ok(_) | Err(_) => {
            let message = format!(
                "Auto Login is on, and the login path is not seen to be good; local accounts get in at {way_in}"
            );
            Verdict::fail(Finding::new("locks_out", message))
        }
    })
}

/// Whether it is the release that keeps the path from being tried, and not an address that leads elsewhere.
fn cannot_be_tried(case: &Case<'_>) -> bool {
    let leads_here = case.start().is_ok_and(|start| start.leads_to(&case.target().provider.url));
    case.dialect == Dialect::Legacy && leads_here
}

/// Whether our config signs in by itself; of any that is shown, where it cannot be told which is ours.
fn auto_login(case: &Case<'_>) -> Result<Option<bool>, Missing> {
    let settings = case.now.kasm_login_settings.get()?;
    let ours = case.start().ok().map(|start| start.config_id.as_str());
    let said: Vec<bool> = settings
        .configs
        .iter()
        .filter(|config| config.enabled != Some(false) && ours.is_none_or(|ours| config.id == ours))
        .filter_map(|config| config.auto_login)
        .collect();
    let stored = || case.stored().ok().and_then(|stored| stored.auto_login);
    Ok(said.iter().copied().reduce(|one, other| one || other).or_else(stored))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{add_config, configs, evaluated, legacy, lose, table, url},
        model::{DryRun, Missing, Reason, Snapshot, SourceId},
    };

    fn on(now: &mut Snapshot) {
        configs(now)[0].auto_login = Some(true);
    }

    #[test]
    fn it_is_a_risk_while_the_path_is_not_seen_to_be_good() {
        table(
            &CHECK,
            &[
                ("off", |_| {}, "ok"),
                ("not said", |now| configs(now)[0].auto_login = None, "unverified"),
                ("on, and the path is good", on, "ok"),
                (
                    "on, and the provider refuses",
                    |now| {
                        on(now);
                        now.authorize_dry_run.value = Ok(DryRun::ErrorPage { status: 302, message: String::new() });
                    },
                    "fail locks_out",
                ),
                (
                    "on, and the dry run failed",
                    |now| {
                        on(now);
                        lose(&mut now.authorize_dry_run, SourceId::AuthorizeDryRun, Reason::Timeout);
                    },
                    "fail locks_out",
                ),
                (
                    "on, and the provider is away",
                    |now| {
                        on(now);
                        lose(&mut now.discovery, SourceId::Discovery, Reason::Connect);
                    },
                    "fail locks_out",
                ),
                (
                    "on, and no login starts",
                    |now| {
                        on(now);
                        lose(&mut now.login_start, SourceId::LoginStart, Reason::Timeout);
                    },
                    "fail locks_out",
                ),
                (
                    "on, and Kasm leads elsewhere",
                    |now| {
                        on(now);
                        url(now).endpoint = "https://login.example.test/authorize".to_owned();
                        now.authorize_dry_run.value = Err(Missing::OutOfReach("elsewhere".to_owned()));
                    },
                    "fail locks_out",
                ),
                (
                    "on, and this release cannot be tried",
                    |now| {
                        on(now);
                        legacy(now);
                        now.authorize_dry_run.value = Err(Missing::OutOfReach("a web page".to_owned()));
                    },
                    "unverified",
                ),
                (
                    "on for another config only",
                    |now| {
                        add_config(now, "Work", "https://login.example.test/authorize");
                        configs(now)[1].auto_login = Some(true);
                        now.authorize_dry_run.value = Ok(DryRun::ErrorPage { status: 302, message: String::new() });
                    },
                    "ok",
                ),
                (
                    "no settings",
                    |now| {
                        lose(&mut now.kasm_login_settings, SourceId::KasmLoginSettings, Reason::Connect);
                    },
                    "unknown",
                ),
            ],
        );
    }

    #[test]
    fn the_address_for_local_accounts_is_told() {
        let report = evaluated(&CHECK, |now| {
            on(now);
            lose(&mut now.authorize_dry_run, SourceId::AuthorizeDryRun, Reason::Connect);
        });
        assert!(report.findings[0].message.ends_with("https://kasm.example.test/#/staticlogin"), "{report:?}");
    }
}
