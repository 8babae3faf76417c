//! After a good sign-in the browser lands in Kasm.

use super::{Case, Check, SeverityRule};
use crate::{
    checks::sign_in,
    model::{Missing, Outcome, SignInFault},
};

pub(super) const CHECK: Check = Check {
    id: "landing_after_sign_in",
    severity: SeverityRule::OUTAGE,
    title: "After the passkey the browser lands in Kasm",
    why: "Kasm builds its last redirect from host and port as it sees them: behind a proxy people end on an inner \
           address, on :8443, or lose their port.",
    fix: "Let the reverse proxy pass the public Host and X-Forwarded-Proto, and set Kasm: Infrastructure > Zones > \
           your zone > Proxy Port to 0 behind it.",
    needs: &[],
    since: "",
    source: "kasmtech/workspaces-issues 408, 564, 822, 901",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    if let Some(run) = sign_in::last_run_if_any(case) {
        match run.failure() {
            None if run.complete => return Ok(Outcome::noting("the canary landed")),
            Some(failure) if matches!(failure.fault, SignInFault::OtherHost { .. }) => {
                return Ok(Outcome::fail(sign_in::finding(failure)));
            }
            _ => {}
        }
    }
    Ok(Outcome::Unverified(format!(
        "only a full sign-in shows it: sign in once in a private window and see that it ends at {}{}",
        case.target().app.url,
        if case.is_kasm() { "/#/" } else { "" }
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
    fn only_a_canary_that_went_to_the_end_shows_it() {
        table(
            &CHECK,
            &[
                ("no canary", |_| {}, "unverified"),
                ("stops at the code", |now| with(now, run(false)), "unverified"),
                ("landed", |now| with(now, run(true)), "ok"),
                (
                    "elsewhere",
                    |now| {
                        let leads_to = "https://kasm_proxy:8443".to_owned();
                        failed(now, SignInStep::Landing, Blame::App, SignInFault::OtherHost { leads_to });
                    },
                    "fail other_host",
                ),
            ],
        );
    }
}
