//! The canary's last run in words.

use crate::{
    clock::Time,
    model::{Observed, SignIn, Snapshot},
};

/// How long ago, in the unit that people would say.
fn ago(at: Time, now: Time) -> String {
    let minutes = (now - at).num_minutes().max(0);
    let plural = |count: i64, unit: &str| format!("{count} {unit}{} ago", if count == 1 { "" } else { "s" });
    match minutes {
        0 => "less than a minute ago".to_owned(),
        1..120 => plural(minutes, "minute"),
        120..2880 => plural(minutes / 60, "hour"),
        _ => plural(minutes / 1440, "day"),
    }
}

/// "Last real sign-in by the canary: 12 minutes ago, 1.4 s"; none where there is no canary that has run.
#[must_use]
pub fn line(snapshot: &Snapshot, now: Time) -> Option<String> {
    let seen = &snapshot.canary_sign_in;
    let run = seen.ok()?;
    let when = ago(seen.at, now);
    Some(match run.failure() {
        None => format!("Last real sign-in by the canary: {when}, {:.1} s", run.seconds()),
        Some(failure) => format!("The canary's sign-in failed {when}, at the step {}", failure.step.id()),
    })
}

/// A run step by step; none where it is missing.
#[must_use]
pub fn details(seen: &Observed<SignIn>) -> Option<String> {
    let run = seen.ok()?;
    let at = seen.at.format("%Y-%m-%d %H:%M:%S UTC");
    let steps: Vec<String> =
        run.steps.iter().map(|step| format!("{} {:.0} ms", step.step.id(), step.seconds * 1000.0)).collect();
    let steps = if steps.is_empty() { "no step was taken".to_owned() } else { steps.join(", ") };
    Some(match run.failure() {
        None if run.complete => format!("signed in and landed at {at} ({steps})"),
        None => format!("signed in up to the code at {at} ({steps})"),
        Some(failure) => format!("failed at {at}, at the step {}: {} ({steps})", failure.step.id(), failure.detail),
    })
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::model::{Blame, SignInFailure, SignInFault, SignInOutcome, SignInStep, StepTime};

    #[test]
    fn the_line_says_when_and_how_long_or_where_it_failed() {
        let mut snapshot = Snapshot::healthy();
        let at = snapshot.taken_at;
        assert_eq!(line(&snapshot, at), None);
        let mut run = SignIn {
            every_seconds: 3600,
            complete: false,
            enrolled_at: None,
            steps: vec![StepTime { step: SignInStep::Passkey, seconds: 1.4 }],
            scopes: Vec::new(),
            outcome: SignInOutcome::Good,
        };
        snapshot.canary_sign_in = Observed::seen(at, 1.5, run.clone());
        let told = |minutes: i64| line(&snapshot, at + TimeDelta::minutes(minutes)).unwrap();
        assert_eq!(told(12), "Last real sign-in by the canary: 12 minutes ago, 1.4 s");
        assert!(told(0).contains("less than a minute ago") && told(180).contains("3 hours ago"));
        assert!(details(&snapshot.canary_sign_in).unwrap().starts_with("signed in up to the code at 2026-"));
        run.outcome = SignInOutcome::Failed(SignInFailure {
            step: SignInStep::Passkey,
            blame: Blame::Canary,
            fault: SignInFault::UserDisabled,
            status: Some(403),
            detail: "HTTP 403: User account is disabled".to_owned(),
        });
        snapshot.canary_sign_in = Observed::seen(at, 1.5, run);
        let failed = line(&snapshot, at + TimeDelta::minutes(1)).unwrap();
        assert_eq!(failed, "The canary's sign-in failed 1 minute ago, at the step passkey");
        assert!(details(&snapshot.canary_sign_in).unwrap().contains("User account is disabled"));
    }
}
