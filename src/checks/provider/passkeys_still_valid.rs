//! Passkeys that were made before still work. A provider that moves to another address takes passkeys for the new one and
//! sees nothing amiss (measured), while every browser offers none: who signs in must see it.

use super::{Case, Check, SeverityRule};
use crate::{
    checks::sign_in,
    model::{Credential, Missing, Outcome, SignInFault},
};

pub(super) const CHECK: Check = Check {
    id: "passkeys_still_valid",
    severity: SeverityRule::OUTAGE,
    title: "Passkeys are still for the domain that they were made for",
    why: "Browsers offer a passkey only on the domain that it was made for: after a move nobody can sign in, while the \
           provider itself sees nothing wrong.",
    fix: "Pocket ID: set APP_URL back to the address that passkeys were made for, and restart it. If the move is meant, \
           every user needs a new passkey (by a one-time code), and the canary has to enrol again.",
    needs: &[Credential::CanaryPasskey],
    since: "",
    source: "Web Authentication Level 2, section 5.1.3; measured on Pocket ID 2.3 to 2.14",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let run = sign_in::last_run(case)?;
    match run.failure() {
        Some(failure) if matches!(failure.fault, SignInFault::Moved { .. }) => {
            Ok(Outcome::fail(sign_in::finding(failure)))
        }
        _ if run.steps.iter().any(|step| step.step == crate::model::SignInStep::Passkey) => Ok(Outcome::OK),
        _ => Ok(Outcome::Unknown("the canary did not get that far (canary_signs_in)".to_owned())),
    }
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
        model::{Blame, SignInFault, SignInStep, Snapshot},
    };

    fn moved(now: &mut Snapshot) {
        let fault = SignInFault::Moved { made_for: "id.example.test".to_owned(), now: "new.example.test".to_owned() };
        failed(now, SignInStep::Challenge, Blame::Provider, fault);
    }

    #[test]
    fn a_move_is_told_once_a_passkey_was_to_be_signed_with() {
        table(
            &CHECK,
            &[
                ("no canary", |_| {}, "not_applicable"),
                ("good", |now| with(now, run(false)), "ok"),
                ("moved", moved, "fail moved"),
                (
                    "no start",
                    |now| {
                        failed(now, SignInStep::Start, Blame::App, SignInFault::NoStart);
                        now.canary_sign_in.value.as_mut().unwrap().steps.clear();
                    },
                    "unknown",
                ),
            ],
        );
    }

    #[test]
    fn a_move_is_the_root_cause_and_the_sign_in_its_symptom() {
        let mut now = Snapshot::healthy();
        moved(&mut now);
        let report = evaluate(&now, None);
        assert_eq!(report.cause.as_ref().unwrap().check, CHECK.id);
        let finding = &report.check(CHECK.id).unwrap().findings[0];
        assert!(finding.message.starts_with("Passkeys made for id.example.test no longer work at new.example.test"));
        assert_eq!(report.check("canary_signs_in").unwrap().verdict.id(), "fail");
    }
}
