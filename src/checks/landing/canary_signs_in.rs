//! The canary gets a code: a real sign-in up to the app's door.

use super::{Case, Check, SeverityRule};
use crate::{
    checks::sign_in,
    model::{Credential, Missing, Outcome},
};

pub(super) const CHECK: Check = Check {
    id: "canary_signs_in",
    severity: SeverityRule::OUTAGE,
    title: "The canary signs in and gets a code",
    why: "It does what a browser does: the app's own start, a passkey, the app's request, and the code with the app's \
           state. What only shows once somebody has signed in shows here first.",
    fix: "Look at the step that failed and at what the provider said to it; a check before this one that fails is the \
           likelier cause.",
    needs: &[Credential::CanaryPasskey],
    since: "",
    source: "Web Authentication Level 2; OpenID Connect Core 1.0, section 3.1.2; measured on Pocket ID 2.3 to 2.14",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let run = sign_in::last_run(case)?;
    Ok(match run.failure().filter(|_| !run.got_code()) {
        None => Outcome::noting(format!("signed in within {:.1} s", run.seconds())),
        Some(failure) if sign_in::is_open(failure) => {
            let finding = sign_in::finding(failure);
            Outcome::Unknown(format!("the canary could not look: {}", finding.message))
        }
        Some(failure) => Outcome::fail(sign_in::finding(failure)),
    })
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::CHECK;
    use crate::{
        checks::{
            sign_in::table::{failed, run, with},
            testing::{evaluated, table},
        },
        model::{Blame, SignInFault, SignInStep},
    };

    #[test]
    fn a_fault_of_our_own_says_nothing_of_others_and_one_of_theirs_is_an_outage() {
        table(
            &CHECK,
            &[
                ("no canary", |_| {}, "not_applicable"),
                ("good", |now| with(now, run(false)), "ok"),
                (
                    "our user is disabled",
                    |now| failed(now, SignInStep::Passkey, Blame::Canary, SignInFault::UserDisabled),
                    "unknown",
                ),
                (
                    "nobody knows",
                    |now| failed(now, SignInStep::Passkey, Blame::Unclear, SignInFault::PasskeyRefused),
                    "unknown",
                ),
                ("too many", |now| failed(now, SignInStep::Passkey, Blame::Unclear, SignInFault::Throttled), "unknown"),
                (
                    "no answer",
                    |now| failed(now, SignInStep::Authorize, Blame::Provider, SignInFault::NoAnswer),
                    "unknown",
                ),
                (
                    "the provider fails",
                    |now| failed(now, SignInStep::Challenge, Blame::Provider, SignInFault::ServerError),
                    "fail server_error",
                ),
                (
                    "the app fails later",
                    |now| failed(now, SignInStep::Landing, Blame::App, SignInFault::AppError),
                    "ok",
                ),
            ],
        );
    }

    #[test]
    fn a_run_says_nothing_after_two_intervals_and_its_verdict_has_its_time() {
        let aged = |hours: i64, minutes: i64| {
            evaluated(&CHECK, |now| {
                with(now, run(false));
                now.canary_sign_in.at -= TimeDelta::hours(hours) + TimeDelta::minutes(minutes);
            })
        };
        let young = aged(2, 0);
        assert_eq!(young.verdict.id(), "ok");
        assert_eq!(young.seen_at, crate::model::Snapshot::healthy().taken_at - TimeDelta::hours(2));
        assert_eq!(aged(2, 1).verdict.id(), "unknown");
    }
}
