//! The words of the page: what is known of a target now, and how its parts stand.

use crate::{
    board::{Entry, Latest},
    clock::Time,
    model::{CheckReport, Login, Severity, Stage, Verified},
};

/// What is known of a target.
#[derive(Debug, Clone, Copy)]
pub(super) enum Standing<'a> {
    /// No round has ended yet.
    NothingYet,
    /// The last round is too old to say anything about now.
    Stale(&'a Latest, f64),
    /// The latest round.
    Current(&'a Latest),
}

impl<'a> Standing<'a> {
    /// What is known of it at a time.
    pub(super) fn of(entry: &'a Entry, now: Time) -> Self {
        match (&entry.latest, entry.current(now)) {
            (None, _) => Self::NothingYet,
            (Some(latest), None) => Self::Stale(latest, entry.age_seconds(latest, now)),
            (Some(_), Some(current)) => Self::Current(current),
        }
    }

    /// The answer to *can a user sign in now?*, and its colour.
    pub(super) fn answer(self) -> (String, &'static str) {
        match self {
            Self::NothingYet => ("Cannot tell yet: the first round is under way.".to_owned(), "dim"),
            Self::Stale(_, age) => (format!("Cannot tell: the last round is {} old.", length(age)), "warn"),
            Self::Current(latest) => {
                let report = &latest.report;
                let proven = match report.verified {
                    Verified::Full => format!("all {} checks proven", report.coverage.known),
                    Verified::Partial => {
                        format!("as far as verified: {} of {} checks", report.coverage.proven, report.coverage.known)
                    }
                };
                match report.login {
                    Login::Ok => (format!("Yes, people can sign in ({proven})."), "good"),
                    Login::Degraded => (format!("Partly: not everybody can sign in, or not fully ({proven})."), "warn"),
                    Login::Broken => ("No, people cannot sign in.".to_owned(), "bad"),
                    Login::Unknown => ("Cannot tell whether people can sign in.".to_owned(), "warn"),
                }
            }
        }
    }
}

/// How a check or a stage stands: the word and its colour.
pub(super) type State = (&'static str, &'static str);

/// How one check stands.
pub(super) fn check_state(check: &CheckReport) -> State {
    match (check.verdict.as_str(), check.severity) {
        ("ok", _) => ("ok", "good"),
        ("fail", Severity::Outage) => ("fails", "bad"),
        ("fail", Severity::Degraded) => ("degraded", "warn"),
        ("fail", Severity::Risk) => ("at risk", "warn"),
        ("fail", Severity::Info) => ("to know", "dim"),
        ("unknown", _) => ("cannot tell", "warn"),
        ("unverified", _) => ("unverified", "dim"),
        ("not_applicable", _) => ("does not apply", "dim"),
        _ => ("off", "dim"),
    }
}

/// The check that speaks for a stage: the worst failing one, one that could not be judged, a good one where enough is
/// proven, or one that is unverified. None where the stage has no check.
pub(super) fn speaker(checks: &[CheckReport], stage: Stage) -> Option<&CheckReport> {
    let checks: Vec<&CheckReport> = checks.iter().filter(|check| check.stage == stage).collect();
    let first = |verdict: &str, least: Severity| {
        checks.iter().copied().find(|check| check.verdict == verdict && check.severity >= least)
    };
    let good =
        || first("ok", Severity::Outage).or_else(|| first("ok", Severity::Info)).filter(|_| proves_enough(&checks));
    first("fail", Severity::Outage)
        .or_else(|| first("fail", Severity::Degraded))
        .or_else(|| first("unknown", Severity::Degraded))
        .or_else(|| first("fail", Severity::Risk))
        .or_else(good)
        .or_else(|| first("unknown", Severity::Info))
        .or_else(|| first("unverified", Severity::Outage))
        .or_else(|| first("unverified", Severity::Info))
        .or_else(|| checks.first().copied())
}

/// Whether a stage may be called good: not while all that sign-in hangs on in it is unverified.
fn proves_enough(checks: &[&CheckReport]) -> bool {
    let mut outage = checks.iter().filter(|check| check.severity == Severity::Outage);
    let is_open = outage.clone().any(|check| check.verdict == "unverified");
    !is_open || outage.any(|check| check.verdict == "ok")
}

/// How many checks of a stage were proven good or bad, of how many that apply.
pub(super) fn proven(checks: &[CheckReport], stage: Stage) -> (usize, usize) {
    let count = |words: &[&str]| {
        checks.iter().filter(|check| check.stage == stage && words.contains(&check.verdict.as_str())).count()
    };
    (count(&["ok", "fail"]), count(&["ok", "fail", "unknown", "unverified"]))
}

/// What a check says in one sentence: its first finding, or its reason.
pub(super) fn sentence(check: &CheckReport) -> &str {
    check.findings.first().map(|finding| finding.message.as_str()).or(check.reason.as_deref()).unwrap_or_default()
}

/// A length of time in words, from seconds, to the largest unit that leaves two or more.
pub(super) fn length(seconds: f64) -> String {
    let units = [("day", 86_400.0), ("hour", 3_600.0), ("minute", 60.0), ("second", 1.0)];
    let seconds = seconds.max(0.0);
    let (name, size) = units.into_iter().find(|(_, size)| seconds >= 2.0 * size).unwrap_or(("second", 1.0));
    let count = (seconds / size).floor();
    format!("{count} {name}{}", if count == 1.0 { "" } else { "s" })
}

/// When something is, seen from now.
pub(super) fn distance(at: Time, now: Time) -> String {
    let seconds = (at - now).as_seconds_f64();
    if seconds < 0.0 { format!("{} ago", length(-seconds)) } else { format!("in {}", length(seconds)) }
}

/// A time for people.
pub(super) fn time(at: Time) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_told_in_the_largest_unit_that_leaves_two() {
        for (seconds, words) in [
            (-3.0, "0 seconds"),
            (1.2, "1 second"),
            (119.0, "119 seconds"),
            (120.0, "2 minutes"),
            (7_200.0, "2 hours"),
            (86_400.0, "24 hours"),
            (5_270_400.0, "61 days"),
        ] {
            assert_eq!(length(seconds), words);
        }
    }

    fn check(severity: Severity, verdict: &str) -> CheckReport {
        CheckReport {
            id: "a_check".to_owned(),
            stage: Stage::Token,
            severity,
            verdict: verdict.to_owned(),
            reason: None,
            findings: Vec::new(),
        }
    }

    #[test]
    fn the_worst_speaks_for_a_stage_and_a_stage_is_good_only_where_sign_in_was_proven() {
        use Severity::{Degraded, Info, Outage, Risk};
        let cases = [
            (&[(Risk, "fail"), (Degraded, "fail"), (Outage, "fail")][..], "fails"),
            (&[(Outage, "ok"), (Degraded, "unknown")], "cannot tell"),
            (&[(Outage, "ok"), (Risk, "unknown")], "ok"),
            (&[(Outage, "ok"), (Risk, "fail")], "at risk"),
            (&[(Outage, "unverified"), (Degraded, "ok")], "unverified"),
            (&[(Outage, "unverified"), (Outage, "ok")], "ok"),
            (&[(Degraded, "unverified"), (Risk, "ok")], "ok"),
            (&[(Outage, "ok"), (Info, "fail")], "ok"),
            (&[(Info, "fail")], "to know"),
            (&[(Outage, "not_applicable")], "does not apply"),
            (&[(Outage, "off")], "off"),
        ];
        for (checks, word) in cases {
            let checks: Vec<CheckReport> = checks.iter().map(|(severity, verdict)| check(*severity, verdict)).collect();
            assert_eq!(speaker(&checks, Stage::Token).map(|check| check_state(check).0), Some(word), "{checks:?}");
        }
        assert_eq!(speaker(&[check(Outage, "ok")], Stage::Kasm), None);
    }
}
