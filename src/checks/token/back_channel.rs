//! Kasm's API container reaches the provider.

use super::{Case, Check, SeverityRule};
use crate::{
    checks::sign_in,
    model::{Missing, Outcome, SignInFault},
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
    Ok(Outcome::Unverified(format!(
        "it is seen only from Kasm: on its host, docker exec kasm_api curl -sS {}/.well-known/openid-configuration \
         must print JSON",
        case.target().provider.url
    )))
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
