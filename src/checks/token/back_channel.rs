//! The app's own server reaches the provider. Kasm never shows it from outside; an app that asks the provider at every start
//! of a login does.

use super::{Case, Check, SeverityRule, app::error_of_its_own, start::is_provider_well};
use crate::{
    apps::kasm::StartOutcome,
    checks::sign_in,
    model::{Finding, Missing, Outcome, SignInFault},
};

pub(super) const CHECK: Check = Check {
    id: "back_channel",
    severity: SeverityRule::OUTAGE,
    title: "Kasm's server reaches the provider's token endpoint",
    why: "Kasm calls token and userinfo itself: another DNS server, a firewall, a bot challenge or a private \
           authority that its container does not know ends every sign-in in an Internal Error.",
    fix: "On Kasm's host, open the way to the provider: DNS, firewall, and a certificate that the API container \
           trusts (the full chain of a public authority).",
    needs: &[],
    since: "",
    source: "kasmtech/workspaces-issues 834, 844",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    if let Some(run) = sign_in::last_run_if_any(case) {
        if sign_in::is_redeemed(run) {
            return Ok(Outcome::noting("the app redeemed the canary's code"));
        }
        if let Some(failure) = run.failure().filter(|failure| failure.fault == SignInFault::AppTimeout) {
            return Ok(Outcome::fail(sign_in::finding(failure)));
        }
    }
    if case.is_kasm() {
        return Ok(in_its_container(case));
    }
    if !case.start_asks_provider() {
        return Ok(by_hand(case));
    }
    match case.now.login_start().get() {
        Ok(_) => Ok(match &case.start()?.outcome {
            StartOutcome::Url(_) => {
                Outcome::noting("it asks the provider at each start of a login, and this one worked")
            }
            StartOutcome::Refused(_) | StartOutcome::FormRefused(_) | StartOutcome::NoAnswer(_) => by_hand(case),
        }),
        Err(missing) => match error_of_its_own(case, &missing) {
            Some(detail) if is_provider_well(case) => Ok(Outcome::fail(finding(case, detail))),
            _ => Ok(by_hand(case)),
        },
    }
}

fn finding(case: &Case<'_>, detail: &str) -> Finding {
    let message = format!(
        "Kasm cannot reach the provider, or reads another address of it: it asks it at each start of a login and ends in \
         {detail}, while {} answers here",
        case.target().provider.url
    );
    Finding::new("provider_not_reached", message)
}

fn by_hand(case: &Case<'_>) -> Outcome {
    Outcome::Unverified(format!(
        "it is seen only from Kasm: on its host, curl -sS {}/.well-known/openid-configuration must print JSON",
        case.target().provider.url
    ))
}

fn in_its_container(case: &Case<'_>) -> Outcome {
    Outcome::Unverified(format!(
        "it is seen only from Kasm: on its host, docker exec kasm_api curl -sS {}/.well-known/openid-configuration \
         must print JSON",
        case.target().provider.url
    ))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::{
            sign_in::table::{failed, run, with},
            testing::table,
        },
        model::{Blame, SignInFault, SignInStep},
    };

    #[test]
    fn a_code_that_the_app_redeemed_shows_it_and_one_that_it_waited_for_in_vain() {
        table(
            &CHECK,
            &[
                ("no canary", |_| {}, "unverified"),
                ("stops at the code", |now| with(now, run(false)), "unverified"),
                ("landed", |now| with(now, run(true)), "ok"),
                (
                    "in vain",
                    |now| failed(now, SignInStep::Landing, Blame::App, SignInFault::AppTimeout),
                    "fail app_timeout",
                ),
                ("no user name", |now| failed(now, SignInStep::Landing, Blame::App, SignInFault::NoUserName), "ok"),
                (
                    "whatever it is",
                    |now| failed(now, SignInStep::Landing, Blame::App, SignInFault::AppError),
                    "unverified",
                ),
            ],
        );
    }
}
