//! What `check` says by its exit code.

use std::process::ExitCode;

use crate::{
    model::{Login, Report, Severity},
    round::Round,
};

/// What the exit code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exit {
    // From good to bad: of several targets, the worst counts. Broken stands above not evaluated, since it is certain.
    Ok,
    AtRisk,
    NotEvaluated,
    Broken,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Ok => 0,
            Exit::AtRisk => 1,
            Exit::Broken => 2,
            Exit::NotEvaluated => 3,
        })
    }
}

impl Exit {
    /// The worst of several rounds; none at all is not evaluated.
    pub(super) fn of(rounds: &[Round]) -> Self {
        rounds.iter().map(|round| exit(&round.report)).max().unwrap_or(Self::NotEvaluated)
    }
}

fn exit(report: &Report) -> Exit {
    match report.login {
        Login::Broken => Exit::Broken,
        Login::Unknown => Exit::NotEvaluated,
        Login::Degraded => Exit::AtRisk,
        Login::Ok if report.failing().any(|check| check.severity == Severity::Risk) => Exit::AtRisk,
        Login::Ok => Exit::Ok,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{checks, model::Snapshot};

    fn report(login: Login, failing: Option<Severity>) -> Report {
        let mut report = checks::evaluate(&Snapshot::healthy(), None);
        report.login = login;
        report.checks.truncate(1);
        if let Some(severity) = failing {
            report.checks[0].severity = severity;
            report.checks[0].verdict = "fail".to_owned();
        }
        report
    }

    #[test]
    fn risks_and_degraded_logins_are_1_information_is_not() {
        let cases = [
            (Login::Ok, None, Exit::Ok),
            (Login::Ok, Some(Severity::Info), Exit::Ok),
            (Login::Ok, Some(Severity::Risk), Exit::AtRisk),
            (Login::Degraded, Some(Severity::Degraded), Exit::AtRisk),
            (Login::Broken, Some(Severity::Outage), Exit::Broken),
            (Login::Unknown, Some(Severity::Risk), Exit::NotEvaluated),
        ];
        for (login, failing, expected) in cases {
            assert_eq!(exit(&report(login, failing)), expected, "{login:?} {failing:?}");
        }
    }

    #[test]
    fn of_several_targets_the_worst_counts_and_none_is_not_evaluated() {
        let round = |login| Round { report: report(login, None), snapshot: Snapshot::healthy() };
        let worst = |logins: &[Login]| Exit::of(&logins.iter().map(|login| round(*login)).collect::<Vec<_>>());
        assert_eq!(worst(&[Login::Ok, Login::Degraded]), Exit::AtRisk);
        assert_eq!(worst(&[Login::Degraded, Login::Unknown, Login::Ok]), Exit::NotEvaluated);
        assert_eq!(worst(&[Login::Unknown, Login::Broken]), Exit::Broken);
        assert_eq!(worst(&[]), Exit::NotEvaluated);
    }
}
