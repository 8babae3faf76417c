//! The login path as links: how each stage stands, and the one thing worth saying about it.

use std::collections::BTreeSet;

use super::{facts, headline};
use crate::model::{CheckReport, Credential, Report, Severity, Snapshot, Stage, Verdict};

/// One stage of the login path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The stage.
    pub stage: Stage,
    /// The words that people read.
    pub title: String,
    /// How it stands.
    pub state: State,
    /// The one thing worth saying; may be empty.
    pub note: String,
}

/// How a stage stands, from its checks together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Something in it that sign-in hangs on was proven good, and nothing bad.
    Ok,
    /// An outage check fails.
    Broken,
    /// A degraded check fails.
    Degraded,
    /// A risk check fails.
    AtRisk,
    /// An outage or degraded check could not be evaluated this time.
    Unknown,
    /// Nothing in it that sign-in hangs on can be proven, or it does not arise.
    Unproven,
}

impl State {
    /// The word that people read.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Broken => "FAIL",
            Self::Degraded => "degraded",
            Self::AtRisk => "at risk",
            Self::Unknown => "?",
            Self::Unproven => "-",
        }
    }

    /// The same as words of a sentence, for a page.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Broken => "fails",
            Self::Degraded => "degraded",
            Self::AtRisk => "at risk",
            Self::Unknown => "unknown",
            Self::Unproven => "not verified",
        }
    }
}

/// The stages that have checks, in the order of the login path.
#[must_use]
pub fn links(report: &Report, snapshot: &Snapshot) -> Vec<Link> {
    by_stage(report)
        .map(|(stage, checks)| {
            let state = state(&checks);
            let note = note(report, snapshot, stage, state, &checks);
            Link { stage, title: report.app.text(stage.title()), state, note }
        })
        .collect()
}

/// How each stage that has checks stands, in the order of the login path: verdicts, without what was seen.
#[must_use]
pub fn states(report: &Report) -> Vec<(Stage, State)> {
    by_stage(report).map(|(stage, checks)| (stage, state(&checks))).collect()
}

fn by_stage(report: &Report) -> impl Iterator<Item = (Stage, Vec<&CheckReport>)> {
    let of = |stage| report.checks.iter().filter(move |check| check.stage == stage).collect::<Vec<_>>();
    // Of a provider alone the stages of an app are left out.
    let applies = |checks: &[&CheckReport]| {
        !report.app.is_none()
            || checks.iter().any(|check| check.verdict != Verdict::NotApplicable && check.id != "own_settings")
    };
    Stage::ALL
        .into_iter()
        .map(move |stage| (stage, of(stage)))
        .filter(move |(_, checks)| !checks.is_empty() && applies(checks))
}

fn state(checks: &[&CheckReport]) -> State {
    let any = |verdict: Verdict, severities: &[Severity]| {
        checks.iter().any(|check| check.verdict == verdict && severities.contains(&check.severity))
    };
    if any(Verdict::Fail, &[Severity::Outage]) {
        State::Broken
    } else if any(Verdict::Fail, &[Severity::Degraded]) {
        State::Degraded
    } else if any(Verdict::Unknown, &[Severity::Outage, Severity::Degraded]) {
        State::Unknown
    } else if any(Verdict::Fail, &[Severity::Risk]) {
        State::AtRisk
    } else if proves_enough(checks) {
        State::Ok
    } else if any(Verdict::Unknown, &Severity::ALL) {
        State::Unknown
    } else {
        State::Unproven
    }
}

/// Whether something was proven, and not only by the way while all that sign-in hangs on is unverified.
fn proves_enough(checks: &[&CheckReport]) -> bool {
    let is_proven = |check: &CheckReport| check.verdict.is_proven();
    let mut outage = checks.iter().filter(|check| check.severity == Severity::Outage);
    let has_open_outage = outage.clone().any(|check| check.verdict == Verdict::Unverified);
    if has_open_outage { outage.any(|check| is_proven(check)) } else { checks.iter().any(|check| is_proven(check)) }
}

fn note(report: &Report, snapshot: &Snapshot, stage: Stage, state: State, checks: &[&CheckReport]) -> String {
    match state {
        State::Broken => failing(checks, Severity::Outage),
        State::Degraded => failing(checks, Severity::Degraded),
        State::AtRisk => failing(checks, Severity::Risk),
        State::Unknown => unknown(checks),
        State::Unproven => unproven(snapshot, checks),
        State::Ok => facts::good(report, snapshot, stage).or_else(|| seen(checks)).unwrap_or_default(),
    }
}

/// What the first failing check of this severity found, and how many more there are.
fn failing(checks: &[&CheckReport], severity: Severity) -> String {
    let failing: Vec<_> =
        checks.iter().filter(|check| check.verdict == Verdict::Fail && check.severity == severity).collect();
    let Some(first) = failing.first() else { return String::new() };
    let what = in_short(first);
    match failing.len() - 1 {
        0 => what,
        more => format!("{what} (and {more} more)"),
    }
}

/// A failing check in a few words: the first clause of what it found, without the values that stand elsewhere.
pub(crate) fn in_short(check: &CheckReport) -> String {
    let Some(finding) = check.findings.first() else { return format!("{} fails", check.id) };
    match (facts::without_values(finding), &finding.drift) {
        (Some(message), _) => first_clause(&message).to_owned(),
        (None, Some(drift)) => format!("the {} differs", facts::field_in_words(&drift.field)),
        (None, None) => first_clause(&finding.message).to_owned(),
    }
}

fn first_clause(text: &str) -> &str {
    // Three dots end no sentence.
    let full_stop = text.match_indices(". ").map(|(index, _)| index).find(|index| !text[..*index].ends_with('.'));
    let end = full_stop.into_iter().chain(text.find("; ")).min();
    text[..end.unwrap_or(text.len())].trim_end_matches('.')
}

/// Why it could not be evaluated.
fn unknown(checks: &[&CheckReport]) -> String {
    let unknown = checks.iter().copied().filter(|check| check.verdict == Verdict::Unknown);
    headline::own_reason(unknown).unwrap_or_default().to_owned()
}

fn unproven(snapshot: &Snapshot, checks: &[&CheckReport]) -> String {
    let first = |verdict: Verdict| checks.iter().find(|check| check.verdict == verdict);
    let unverified = checks.iter().filter(|check| check.verdict == Verdict::Unverified);
    let credentials: BTreeSet<Credential> =
        unverified.flat_map(|check| facts::missing_credentials(snapshot, check)).collect();
    if !credentials.is_empty() {
        return format!("unverified: needs {}", facts::in_words(credentials));
    }
    if first(Verdict::Unverified).is_some() {
        return "unverified from here, see below".to_owned();
    }
    match first(Verdict::NotApplicable) {
        Some(check) => format!("not applicable: {}", check.reason.as_deref().unwrap_or_default()),
        None => "switched off".to_owned(),
    }
}

/// What a good check saw.
fn seen(checks: &[&CheckReport]) -> Option<String> {
    checks.iter().find_map(|check| check.reason.clone().filter(|_| check.verdict == Verdict::Ok))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(severity: Severity, verdict: Verdict) -> CheckReport {
        CheckReport {
            seen_at: crate::clock::Time::default(),
            id: "a_check".to_owned(),
            stage: Stage::Token,
            severity,
            verdict,
            reason: None,
            inconclusive: None,
            findings: Vec::new(),
        }
    }

    #[test]
    fn a_stage_is_not_green_while_all_that_sign_in_hangs_on_is_unverified() {
        use Severity::{Degraded, Outage, Risk};
        use Verdict::{Fail, NotApplicable, Off, Ok, Unknown, Unverified};
        let cases = [
            (&[(Outage, Unverified), (Degraded, Ok)][..], State::Unproven),
            (&[(Outage, Unverified), (Outage, Ok)], State::Ok),
            (&[(Degraded, Unverified), (Risk, Ok)], State::Ok),
            (&[(Outage, NotApplicable), (Degraded, Ok)], State::Ok),
            (&[(Outage, Ok), (Degraded, Unknown)], State::Unknown),
            (&[(Outage, Ok), (Risk, Unknown)], State::Ok),
            (&[(Risk, Unknown), (Risk, Off)], State::Unknown),
            (&[(Outage, Off)], State::Unproven),
            (&[(Outage, Unknown), (Degraded, Fail)], State::Degraded),
        ];
        for (checks, expected) in cases {
            let checks: Vec<CheckReport> =
                checks.iter().map(|(severity, verdict)| check(*severity, *verdict)).collect();
            assert_eq!(state(&checks.iter().collect::<Vec<_>>()), expected, "{checks:?}");
        }
    }

    #[test]
    fn a_note_is_the_first_clause() {
        assert_eq!(
            first_clause("The certificate is self-signed. Its fingerprint is ab"),
            "The certificate is self-signed"
        );
        assert_eq!(first_clause("Auto Login is on; local users get in"), "Auto Login is on");
        assert_eq!(first_clause("Pocket ID 2.14 answers."), "Pocket ID 2.14 answers");
    }
}
