//! What is worth a line: the difference between two reports of one target. Pure.

use tracing::{Level, debug, info, warn};

use crate::{
    checks,
    clock::Time,
    model::{CheckReport, Login, Report, Severity, Verdict},
    repeats::{Repeats, Repetition, WINDOW},
};

/// One line to log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogEvent {
    /// Whether people can sign in changed, or its cause did.
    Login {
        /// The target.
        target: String,
        /// What was said before; none at the first round.
        from: Option<Login>,
        /// What is said now.
        to: Login,
        /// The check that is the cause.
        cause: Option<String>,
        /// How to fix it.
        fix: Option<String>,
        /// The sentence.
        message: String,
    },
    /// A check's verdict changed.
    Check {
        /// The target.
        target: String,
        /// The check's id.
        check: String,
        /// Its severity.
        severity: &'static str,
        /// The verdict before; none at the first round.
        from: Option<Verdict>,
        /// The verdict now.
        to: Verdict,
        /// The sentence.
        message: String,
    },
}

impl LogEvent {
    /// A warning for whatever may keep people out; good news, and what a check found, for information. That checks
    /// could not be evaluated follows from the cause, so it is for debugging.
    #[must_use]
    pub fn level(&self) -> Level {
        match self {
            Self::Login { to: Login::Ok, .. } => Level::INFO,
            Self::Login { .. } => Level::WARN,
            Self::Check { from, to, .. } if *to == Verdict::Fail || *from == Some(Verdict::Fail) => Level::INFO,
            Self::Check { .. } => Level::DEBUG,
        }
    }

    /// Logs it, unless the same was logged often lately: then it is counted, and the next line tells how often.
    pub fn log_unless_repeated(&self, logged: &mut Repeats<String>, at: Time) {
        match logged.one_more(self.kind(), at) {
            Repetition::Passes { held_back, is_last } => {
                self.log((held_back > 0).then_some(held_back));
                if is_last {
                    let (target, hours) = (self.target(), WINDOW.num_hours());
                    info!(target, "{target}: the line before repeats itself; for up to {hours} h it is only counted");
                }
            }
            Repetition::HeldBack(_) => {}
        }
    }

    /// What makes two lines of a target the same.
    fn kind(&self) -> String {
        match self {
            Self::Login { to, cause, .. } => format!("login {} {}", to.word(), cause.as_deref().unwrap_or_default()),
            Self::Check { check, to, .. } => format!("{check} {to}"),
        }
    }

    fn target(&self) -> &str {
        match self {
            Self::Login { target, .. } | Self::Check { target, .. } => target,
        }
    }

    /// `not_logged`: how many of the same were only counted since the last one that was logged.
    fn log(&self, not_logged: Option<u64>) {
        match self {
            Self::Login { target, from, to, cause, fix, message } => {
                let (from, login) = (from.map(Login::word), to.word());
                let (cause, fix) = (cause.as_deref(), fix.as_deref());
                if self.level() == Level::INFO {
                    info!(target, login, from, cause, fix, not_logged, "{message}");
                } else {
                    warn!(target, login, from, cause, fix, not_logged, "{message}");
                }
            }
            Self::Check { target, check, severity, from, to, message } => {
                let (from, to) = (from.map(Verdict::id), to.id());
                if self.level() == Level::INFO {
                    info!(target, check, from, to, severity, not_logged, "{message}");
                } else {
                    debug!(target, check, from, to, severity, not_logged, "{message}");
                }
            }
        }
    }
}

/// What changed between two rounds of a target. Nothing, if nothing did; at the first round its state and what fails.
#[must_use]
pub fn events(before: Option<&Report>, after: &Report) -> Vec<LogEvent> {
    let mut found: Vec<LogEvent> = login_event(before, after).into_iter().collect();
    found.extend(after.checks.iter().filter_map(|check| check_event(before, after, check)));
    found
}

fn login_event(before: Option<&Report>, after: &Report) -> Option<LogEvent> {
    let same = before.is_some_and(|before| before.login == after.login && before.cause == after.cause);
    (!same).then(|| LogEvent::Login {
        target: after.name.clone(),
        from: before.map(|before| before.login),
        to: after.login,
        cause: after.cause.as_ref().map(|cause| cause.check.clone()),
        fix: after.cause_check().and_then(fix),
        message: login_message(after),
    })
}

fn login_message(report: &Report) -> String {
    let name = &report.name;
    let why = |check: Option<&CheckReport>| check.and_then(saying).map_or_else(String::new, |why| format!(": {why}"));
    let first = |verdict: Verdict, severity: Severity| {
        report.checks.iter().find(|check| check.verdict == verdict && check.severity == severity)
    };
    match report.login {
        Login::Ok => {
            let coverage = report.coverage;
            format!(
                "{name}: people can sign in, as far as verified: {} of {} checks verified",
                coverage.proven, coverage.known
            )
        }
        Login::Degraded => {
            format!("{name}: sign-in works only in part{}", why(first(Verdict::Fail, Severity::Degraded)))
        }
        Login::Broken => format!("{name}: people cannot sign in{}", why(report.cause_check())),
        Login::Unknown => {
            format!(
                "{name}: it cannot be told whether people can sign in{}",
                why(report.cause_check().or_else(|| first(Verdict::Unknown, Severity::Outage)))
            )
        }
    }
}

fn check_event(before: Option<&Report>, after: &Report, check: &CheckReport) -> Option<LogEvent> {
    let from = match before {
        None if check.verdict == Verdict::Fail => None,
        None => return None,
        // A check that is new with a release is told as at a first round.
        Some(before) => before.check(&check.id).map(|before| before.verdict),
    };
    if from == Some(check.verdict) || (from.is_none() && check.verdict != Verdict::Fail) {
        return None;
    }
    Some(LogEvent::Check {
        target: after.name.clone(),
        check: check.id.clone(),
        severity: check.severity.id(),
        from,
        to: check.verdict,
        message: check_message(after, check),
    })
}

fn check_message(report: &Report, check: &CheckReport) -> String {
    let target = &report.name;
    let title = checks::find(&check.id).map_or_else(|| check.id.clone(), |(_, known)| report.app.text(known.title));
    match (check.verdict, saying(check)) {
        (Verdict::Ok, _) => format!("{target}: ok: {title}"),
        (Verdict::Fail, Some(finding)) => format!("{target}: {finding}"),
        (Verdict::Fail, None) => format!("{target}: it is not so: {title}"),
        (_, Some(reason)) => format!("{target}: not evaluated: {title}: {reason}"),
        (_, None) => format!("{target}: not evaluated: {title}"),
    }
}

/// The sentence of the first finding, else the reason.
fn saying(check: &CheckReport) -> Option<&str> {
    check.findings.first().map(|finding| finding.message.as_str()).or(check.reason.as_deref())
}

fn fix(check: &CheckReport) -> Option<String> {
    let own = check.findings.first().and_then(|finding| finding.fix.clone());
    own.or_else(|| checks::find(&check.id).map(|(_, known)| known.fix.to_owned()))
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone as _, Utc};

    use super::*;
    use crate::{
        model::{Cause, Coverage, Finding, Stage, Verified},
        providers::Recognised,
    };

    fn check(id: &str, severity: Severity, verdict: Verdict) -> CheckReport {
        let fails = verdict == Verdict::Fail;
        CheckReport {
            seen_at: Time::default(),
            id: id.to_owned(),
            stage: Stage::Start,
            severity,
            verdict,
            reason: (verdict == Verdict::Unknown).then(|| "Kasm did not answer".to_owned()),
            inconclusive: None,
            findings: fails.then(|| Finding::new("differs", format!("{id} differs"))).into_iter().collect(),
        }
    }

    fn report(login: Login, checks: Vec<CheckReport>) -> Report {
        let cause = checks.iter().find(|check| check.verdict == Verdict::Fail && check.severity == Severity::Outage);
        Report {
            name: "home".to_owned(),
            login,
            verified: Verified::Partial,
            cause: cause.map(|check| Cause { check: check.id.clone(), stage: check.stage }),
            coverage: Coverage { proven: 21, known: 44 },
            at: Utc.with_ymd_and_hms(2026, 11, 24, 6, 0, 0).unwrap(),
            provider: "Pocket ID 2.14".to_owned(),
            recognised: Recognised::default(),
            app: crate::model::AppName::default(),
            auto_login: None,
            checks,
            sources: Vec::new(),
            expiries: Vec::new(),
        }
    }

    const URL: &str = "authorization_url_matches";

    fn good() -> Report {
        report(Login::Ok, vec![check(URL, Severity::Outage, Verdict::Ok), check("b", Severity::Degraded, Verdict::Ok)])
    }

    fn broken() -> Report {
        report(
            Login::Broken,
            vec![check(URL, Severity::Outage, Verdict::Fail), check("b", Severity::Degraded, Verdict::Ok)],
        )
    }

    fn blind() -> Report {
        report(
            Login::Unknown,
            vec![check(URL, Severity::Outage, Verdict::Unknown), check("b", Severity::Degraded, Verdict::Ok)],
        )
    }

    fn degraded() -> Report {
        report(
            Login::Degraded,
            vec![check(URL, Severity::Outage, Verdict::Ok), check("b", Severity::Degraded, Verdict::Fail)],
        )
    }

    /// Level and message of each event.
    fn told(before: Option<&Report>, after: &Report) -> Vec<(Level, String)> {
        events(before, after)
            .into_iter()
            .map(|event| match &event {
                LogEvent::Login { message, .. } | LogEvent::Check { message, .. } => (event.level(), message.clone()),
            })
            .collect()
    }

    #[test]
    fn nothing_is_told_when_nothing_changes() {
        for report in [good(), broken(), blind(), degraded()] {
            assert_eq!(told(Some(&report), &report), []);
        }
    }

    /// Its name, the report before, the one after, and what is told.
    type Case<'a> = (&'a str, Option<Report>, Report, Vec<(Level, &'a str)>);

    #[test]
    fn every_change_of_state_is_told_once_and_can_be_read_alone() {
        let ok = (Level::INFO, "home: people can sign in, as far as verified: 21 of 44 checks verified");
        let cannot = (Level::WARN, "home: people cannot sign in: authorization_url_matches differs");
        let fixed = "home: ok: Kasm sends browsers to the provider's authorization endpoint";
        let differs = (Level::INFO, "home: authorization_url_matches differs");
        let unjudged =
            "home: not evaluated: Kasm sends browsers to the provider's authorization endpoint: Kasm did not answer";
        let cases: [Case<'_>; 8] = [
            ("first round, good", None, good(), vec![ok]),
            ("first round, broken", None, broken(), vec![cannot, differs]),
            ("it breaks", Some(good()), broken(), vec![cannot, differs]),
            ("it is fixed", Some(broken()), good(), vec![ok, (Level::INFO, fixed)]),
            (
                "Kasm goes away",
                Some(good()),
                blind(),
                vec![
                    (Level::WARN, "home: it cannot be told whether people can sign in: Kasm did not answer"),
                    (Level::DEBUG, unjudged),
                ],
            ),
            ("Kasm comes back", Some(blind()), good(), vec![ok, (Level::DEBUG, fixed)]),
            (
                "a part breaks",
                Some(good()),
                degraded(),
                vec![(Level::WARN, "home: sign-in works only in part: b differs"), (Level::INFO, "home: b differs")],
            ),
            (
                "broken, and then blind",
                Some(broken()),
                blind(),
                vec![
                    (Level::WARN, "home: it cannot be told whether people can sign in: Kasm did not answer"),
                    (Level::INFO, unjudged),
                ],
            ),
        ];
        for (case, before, after, expected) in cases {
            let expected: Vec<_> = expected.into_iter().map(|(level, text)| (level, text.to_owned())).collect();
            assert_eq!(told(before.as_ref(), &after), expected, "{case}");
        }
    }

    #[test]
    fn another_cause_is_told_though_it_stays_broken() {
        let one = report(
            Login::Broken,
            vec![check("a", Severity::Outage, Verdict::Fail), check("b", Severity::Outage, Verdict::Fail)],
        );
        let other = report(
            Login::Broken,
            vec![check("a", Severity::Outage, Verdict::Ok), check("b", Severity::Outage, Verdict::Fail)],
        );
        let found = events(Some(&one), &other);
        assert!(
            matches!(&found[0], LogEvent::Login { from: Some(Login::Broken), to: Login::Broken, cause: Some(cause), .. } if cause == "b"),
            "{found:?}"
        );
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn a_broken_login_says_what_to_change() {
        let found = events(None, &broken());
        let LogEvent::Login { fix: Some(fix), .. } = &found[0] else { panic!("{found:?}") };
        assert!(fix.contains("Authorization URL"), "{fix}");
    }

    #[test]
    fn of_a_target_that_flaps_the_same_lines_are_counted_and_the_count_is_logged() {
        let (mut logged, (first, second)) = (Repeats::default(), (good(), broken()));
        let lines = |logged: &mut Repeats<String>, minutes: std::ops::Range<i64>| {
            let subscriber = tracing_subscriber::fmt().with_ansi(false).without_time();
            let text = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
            let writer = std::sync::Arc::clone(&text);
            let write = move || Shared(std::sync::Arc::clone(&writer));
            tracing::subscriber::with_default(subscriber.with_writer(write).finish(), || {
                for minute in minutes {
                    let (before, after) = if minute % 2 == 0 { (&second, &first) } else { (&first, &second) };
                    for event in events(Some(before), after) {
                        event.log_unless_repeated(logged, first.at + chrono::TimeDelta::minutes(minute));
                    }
                }
            });
            String::from_utf8(text.lock().unwrap().clone()).unwrap()
        };
        let day = lines(&mut logged, 0..360);
        let kinds = 4;
        let most = kinds * (usize::try_from(crate::repeats::PASS).unwrap() + 1);
        assert_eq!(day.lines().count(), most, "{day}");
        assert_eq!(day.matches("it is only counted").count(), kinds, "{day}");
        let next = lines(&mut logged, 360..361);
        assert!(next.contains("not_logged=168"), "{next}");
    }

    /// Where a subscriber writes to.
    struct Shared(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

    impl std::io::Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_check_that_is_new_with_a_release_is_told_only_if_it_fails() {
        let mut before = good();
        before.checks.pop();
        assert_eq!(told(Some(&before), &good()), []);
        assert_eq!(events(Some(&before), &degraded()).len(), 2);
    }
}
