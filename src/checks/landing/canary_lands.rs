//! The app opens a session for the canary.

use super::{Case, Check, SeverityRule};
use crate::{
    checks::sign_in,
    model::{Credential, Missing, Outcome, SignInStep},
};

pub(super) const CHECK: Check = Check {
    id: "canary_lands",
    severity: SeverityRule::OUTAGE,
    title: "The app opens a session for the canary",
    why: "After the code comes what nobody sees from outside: the app redeems it, reads the claims, finds or makes the \
           user, and sends the browser on. People call it \"Internal Error\".",
    fix: "Look at what the app said at its callback, and in its log; a check before this one that fails is the likelier \
           cause.",
    needs: &[Credential::CanaryPasskey],
    since: "",
    source: "kasmtech/workspaces-issues 552, 564, 587, 749, 822, 834",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let run = sign_in::last_run(case)?;
    if !run.complete {
        return Ok(Outcome::NotApplicable("canary.complete is off: the canary stops at the code".to_owned()));
    }
    Ok(match run.failure() {
        None => Outcome::noting(format!("landed within {:.1} s", run.seconds())),
        Some(failure) if failure.step != SignInStep::Landing => {
            Outcome::Unknown("the canary did not get that far (canary_signs_in)".to_owned())
        }
        Some(failure) if sign_in::is_no_answer(failure) => Outcome::Unknown(sign_in::finding(failure).message),
        Some(failure) => Outcome::fail(sign_in::finding(failure)),
    })
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
    fn it_is_about_the_landing_alone() {
        table(
            &CHECK,
            &[
                ("no canary", |_| {}, "not_applicable"),
                ("stops at the code", |now| with(now, run(false)), "not_applicable"),
                ("good", |now| with(now, run(true)), "ok"),
                (
                    "failed before",
                    |now| failed(now, SignInStep::Authorize, Blame::Provider, SignInFault::ServerError),
                    "unknown",
                ),
                ("no answer", |now| failed(now, SignInStep::Landing, Blame::App, SignInFault::NoAnswer), "unknown"),
                (
                    "failed here",
                    |now| failed(now, SignInStep::Landing, Blame::App, SignInFault::AppError),
                    "fail app_error",
                ),
            ],
        );
    }
}
