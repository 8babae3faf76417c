//! The canary itself is in order: its user, its passkey, its file.

use super::{Case, Check, SeverityRule};
use crate::{
    checks::sign_in,
    model::{Blame, Credential, Missing, Outcome, SignInFault},
};

pub(super) const CHECK: Check = Check {
    id: "canary_enrolled",
    severity: SeverityRule::RISK,
    title: "The canary's user and passkey are in order",
    why: "A canary that cannot sign in for a reason of its own sees nothing: an outage that only a sign-in shows would \
           go unseen.",
    fix: "Pocket ID: Administration > Users > the canary's user: enable it, let it use the app's client, and make a \
           login code; then: ssowatch canary enroll --user NAME --code CODE.",
    needs: &[Credential::CanaryPasskey],
    since: "",
    source: "measured on Pocket ID 2.3 to 2.14",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let run = sign_in::last_run(case)?;
    Ok(match run.failure() {
        Some(failure) if failure.fault == SignInFault::Throttled => Outcome::Unknown(sign_in::finding(failure).message),
        Some(failure) if matches!(failure.blame, Blame::Canary | Blame::Unclear) => {
            Outcome::fail(sign_in::finding(failure))
        }
        Some(_) if !run.got_code() => Outcome::Unknown("the canary did not get that far (canary_signs_in)".to_owned()),
        _ => Outcome::OK,
    })
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::{
            evaluate,
            sign_in::table::{failed, run, with},
            testing::table,
        },
        model::{Blame, Login, SignInFault, SignInStep, Snapshot},
    };

    #[test]
    fn only_what_is_the_canarys_own_counts() {
        table(
            &CHECK,
            &[
                ("no canary", |_| {}, "not_applicable"),
                ("good", |now| with(now, run(false)), "ok"),
                (
                    "disabled",
                    |now| failed(now, SignInStep::Passkey, Blame::Canary, SignInFault::UserDisabled),
                    "fail user_disabled",
                ),
                (
                    "refused",
                    |now| failed(now, SignInStep::Passkey, Blame::Unclear, SignInFault::PasskeyRefused),
                    "fail passkey_refused",
                ),
                (
                    "the provider's",
                    |now| failed(now, SignInStep::Passkey, Blame::Provider, SignInFault::ServerError),
                    "unknown",
                ),
            ],
        );
    }

    #[test]
    fn a_fault_of_the_canary_alone_is_no_outage() {
        let mut now = Snapshot::healthy();
        failed(&mut now, SignInStep::Passkey, Blame::Canary, SignInFault::PasskeyDeleted);
        let report = evaluate(&now, None);
        assert_eq!((report.login, report.cause), (Login::Ok, None));
    }
}
