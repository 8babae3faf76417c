//! What `check` says by its exit code.

use std::process::ExitCode;

use crate::{
    model::{Login, Report, Severity},
    round::Round,
};

/// What the exit code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verdict {
    // From good to bad: of several targets, the worst counts. Broken stands above not judged, since it is certain.
    Ok,
    AtRisk,
    NotJudged,
    Broken,
}

impl From<Verdict> for ExitCode {
    fn from(verdict: Verdict) -> Self {
        Self::from(match verdict {
            Verdict::Ok => 0,
            Verdict::AtRisk => 1,
            Verdict::Broken => 2,
            Verdict::NotJudged => 3,
        })
    }
}

impl Verdict {
    /// The worst of several rounds; none at all is not judged.
    pub(super) fn of(rounds: &[Round]) -> Self {
        rounds.iter().map(|round| verdict(&round.report)).max().unwrap_or(Self::NotJudged)
    }
}

fn verdict(report: &Report) -> Verdict {
    match report.login {
        Login::Broken => Verdict::Broken,
        Login::Unknown => Verdict::NotJudged,
        Login::Degraded => Verdict::AtRisk,
        Login::Ok if report.failing().any(|check| check.severity == Severity::Risk) => Verdict::AtRisk,
        Login::Ok => Verdict::Ok,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{checks, model::Snapshot};

    fn report(login: Login, failing: Option<Severity>) -> Report {
        let mut report = checks::judge(&Snapshot::healthy(), None);
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
            (Login::Ok, None, Verdict::Ok),
            (Login::Ok, Some(Severity::Info), Verdict::Ok),
            (Login::Ok, Some(Severity::Risk), Verdict::AtRisk),
            (Login::Degraded, Some(Severity::Degraded), Verdict::AtRisk),
            (Login::Broken, Some(Severity::Outage), Verdict::Broken),
            (Login::Unknown, Some(Severity::Risk), Verdict::NotJudged),
        ];
        for (login, failing, expected) in cases {
            assert_eq!(verdict(&report(login, failing)), expected, "{login:?} {failing:?}");
        }
    }

    #[test]
    fn of_several_targets_the_worst_counts_and_none_is_not_judged() {
        let round = |login| Round { report: report(login, None), snapshot: Snapshot::healthy() };
        let worst = |logins: &[Login]| Verdict::of(&logins.iter().map(|login| round(*login)).collect::<Vec<_>>());
        assert_eq!(worst(&[Login::Ok, Login::Degraded]), Verdict::AtRisk);
        assert_eq!(worst(&[Login::Degraded, Login::Unknown, Login::Ok]), Verdict::NotJudged);
        assert_eq!(worst(&[Login::Unknown, Login::Broken]), Verdict::Broken);
        assert_eq!(worst(&[]), Verdict::NotJudged);
    }
}
