//! `check --watch`: when a new report is worth telling, and how it replaces the one before.

use std::time::Duration;

use crate::{
    model::{Coverage, Login, Report},
    round::Round,
};

/// Looking more often than this would be refused by the request budget of `observe`.
const SHORTEST: Duration = Duration::from_secs(5);

/// What was told last.
#[derive(Debug)]
pub(super) struct Watch {
    redraws: bool,
    interval: Duration,
    told: Option<Vec<Gist>>,
}

impl Watch {
    /// Nothing told yet; `redraws` on a terminal, where each report takes the place of the one before.
    pub(super) fn new(redraws: bool, interval: Duration) -> Self {
        Self { redraws, interval, told: None }
    }

    /// What to print before these rounds, where they are worth telling: always on a terminal, else when something
    /// changed.
    pub(super) fn worth_telling(&mut self, rounds: &[Round]) -> Option<String> {
        let gists: Vec<Gist> = rounds.iter().map(|round| gist(&round.report)).collect();
        let is_first = self.told.is_none();
        let is_new = self.told.as_ref() != Some(&gists);
        self.told = Some(gists);
        match (self.redraws, is_new) {
            // Home, and clear what is below (ECMA-48, sections 8.3.21 and 8.3.39).
            (true, _) => Some("\x1b[H\x1b[2J".to_owned()),
            (false, true) if is_first => Some(String::new()),
            (false, true) => Some("\n".to_owned()),
            (false, false) => None,
        }
    }

    /// What to print after these rounds.
    pub(super) fn after_text(&self, rounds: &[Round]) -> String {
        match rounds.iter().map(|round| round.report.at).max() {
            Some(at) if self.redraws => {
                let (seen, again) = (at.format("%H:%M:%S"), self.interval.as_secs());
                format!("\nSeen at {seen} UTC, looking again every {again} s. Ctrl-C ends.\n")
            }
            _ => String::new(),
        }
    }
}

/// What a reader would call the same report: no times, no durations, no figures in notes.
type Gist = (String, Login, Coverage, Vec<CheckGist>);
type CheckGist = (String, String, Vec<(String, Option<(String, String)>)>);

fn gist(report: &Report) -> Gist {
    let check = |check: &crate::model::CheckReport| {
        let findings = check.findings.iter().map(|finding| {
            let drift = finding.drift.as_ref().map(|drift| (drift.expected.clone(), drift.actual.clone()));
            (finding.code.clone(), drift)
        });
        (check.id.clone(), check.verdict.clone(), findings.collect())
    };
    (report.name.clone(), report.login, report.coverage, report.checks.iter().map(check).collect())
}

/// Waits for Ctrl-C. Where that cannot be waited for, the process ends by it as usual.
pub(super) async fn enough() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// `10s`, `5m`, `1h`; a number alone counts seconds.
pub(super) fn interval(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        unit => return Err(format!("\"{unit}\" is no unit: write for example 10s, 5m or 1h")),
    };
    let number: u64 = digits.parse().map_err(|_| format!("\"{text}\" is no time: write for example 10s, 5m or 1h"))?;
    let interval = Duration::from_secs(number.saturating_mul(factor));
    match interval {
        short if short < SHORTEST => Err(format!("{text} is too often: {} s at least", SHORTEST.as_secs())),
        long if long > Duration::from_hours(24) => Err(format!("{text} is too seldom: 24h at most")),
        good => Ok(good),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{checks, model::Snapshot};

    fn round(change: impl FnOnce(&mut Round)) -> Round {
        let snapshot = Snapshot::healthy();
        let mut round = Round { report: checks::evaluate(&snapshot, None), snapshot };
        change(&mut round);
        round
    }

    #[test]
    fn intervals_are_read_and_what_is_no_interval_is_explained() {
        assert_eq!(interval("60s"), Ok(Duration::from_secs(60)));
        assert_eq!(interval("10"), Ok(Duration::from_secs(10)));
        assert_eq!(interval("5m"), Ok(Duration::from_secs(300)));
        for (bad, says) in [
            ("1s", "too often"),
            ("0", "too often"),
            ("2d", "no unit"),
            ("soon", "no unit"),
            ("", "no time"),
            ("-5s", "no time"),
            ("999999999999999999999s", "no time"),
            ("18446744073709551615h", "too seldom"),
        ] {
            let problem = interval(bad).unwrap_err();
            assert!(problem.contains(says), "{bad}: {problem}");
        }
    }

    #[test]
    fn without_a_terminal_only_what_changed_is_told() {
        let mut watch = Watch::new(false, Duration::from_secs(60));
        assert_eq!(watch.worth_telling(&[round(|_| ())]), Some(String::new()));
        let later = round(|round| round.report.at += chrono::TimeDelta::minutes(1));
        assert_eq!(watch.worth_telling(&[later]), None, "time alone is no news");
        let worse = round(|round| round.report.checks[0].verdict = "unknown".to_owned());
        assert_eq!(watch.worth_telling(std::slice::from_ref(&worse)), Some("\n".to_owned()));
        assert_eq!(watch.worth_telling(std::slice::from_ref(&worse)), None);
        assert_eq!(watch.after_text(&[worse]), "");
    }

    #[test]
    fn on_a_terminal_each_report_takes_the_place_of_the_one_before() {
        let mut watch = Watch::new(true, Duration::from_secs(60));
        let first = watch.worth_telling(&[round(|_| ())]);
        assert_eq!(first, Some("\x1b[H\x1b[2J".to_owned()));
        assert_eq!(watch.worth_telling(&[round(|_| ())]), first);
        let after = watch.after_text(&[round(|_| ())]);
        assert_eq!(after, "\nSeen at 12:00:00 UTC, looking again every 60 s. Ctrl-C ends.\n");
    }
}
