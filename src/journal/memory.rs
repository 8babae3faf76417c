//! The journal of a process that keeps nothing on disk.

use std::collections::{BTreeMap, VecDeque};

use super::{Entry, Event, Good, Query, Span, event};
use crate::{
    clock::{Time, span},
    model::Login,
};

/// How many events are kept at most, and how many spans of one target: the newest.
const MOST: usize = 10_000;

/// The events of all targets, and how sign-in stood at each.
#[derive(Debug, Default)]
pub(super) struct Memory {
    last_id: u64,
    events: VecDeque<Event>,
    spans: BTreeMap<String, VecDeque<Span>>,
    good: BTreeMap<String, Good>,
}

impl Memory {
    pub fn note(&mut self, target: &str, entry: Entry<'_>) {
        for (at, what) in event::of(&entry) {
            self.last_id += 1;
            self.events.push_back(Event { id: self.last_id, at, target: target.to_owned(), what });
        }
        let surplus = self.events.len().saturating_sub(MOST);
        self.events.drain(..surplus);
        self.extend(target, &entry);
        if matches!(entry.report.login, Login::Ok | Login::Degraded) {
            self.good.insert(target.to_owned(), Good { at: entry.report.at, known: entry.snapshot.known.clone() });
        }
    }

    fn extend(&mut self, target: &str, entry: &Entry<'_>) {
        let report = entry.report;
        let cause = report.cause.as_ref().map(|cause| cause.check.clone());
        let spans = self.spans.entry(target.to_owned()).or_default();
        let gap = span(std::time::Duration::from_secs_f64(entry.stale_after_seconds));
        if let Some(last) = spans.back_mut().filter(|last| report.at - last.to <= gap) {
            last.to = report.at;
            if last.login == report.login && last.cause == cause {
                return;
            }
        }
        spans.push_back(Span { from: report.at, to: report.at, login: report.login, cause });
        spans.drain(..spans.len().saturating_sub(MOST));
    }

    pub fn events(&self, query: &Query) -> Vec<Event> {
        let wanted = |event: &&Event| {
            query.target.as_ref().is_none_or(|target| *target == event.target)
                && query.since.is_none_or(|since| event.at >= since)
                && query.before.is_none_or(|before| event.id < before)
        };
        self.events.iter().rev().filter(wanted).take(query.limit).cloned().collect()
    }

    pub fn last_good(&self, target: &str) -> Option<Good> {
        self.good.get(target).cloned()
    }

    pub fn history(&self, target: &str, from: Time, to: Time) -> Vec<Span> {
        let spans = self.spans.get(target).into_iter().flatten();
        spans
            .filter(|span| span.to >= from && span.from <= to)
            .map(|span| Span { from: span.from.max(from), to: span.to.min(to), ..span.clone() })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, TimeZone as _, Utc};

    use super::*;
    use crate::{
        checks,
        journal::What,
        model::{Report, Snapshot},
    };

    fn start() -> Time {
        Utc.with_ymd_and_hms(2026, 11, 24, 6, 0, 0).unwrap()
    }

    /// A report of a minute after the start, with a login.
    fn report(minute: i64, login: Login) -> Report {
        let mut report = checks::judge(&Snapshot::healthy(), None);
        report.at = start() + TimeDelta::minutes(minute);
        report.login = login;
        report
    }

    fn noted(rounds: &[(i64, Login)]) -> Memory {
        let (mut memory, snapshot) = (Memory::default(), Snapshot::healthy());
        let mut before: Option<Report> = None;
        for (minute, login) in rounds {
            let report = report(*minute, *login);
            let entry = Entry {
                snapshot: &snapshot,
                report: &report,
                before: before.as_ref(),
                changes: &[],
                stale_after_seconds: 240.0,
            };
            memory.note("home", entry);
            before = Some(report);
        }
        memory
    }

    #[test]
    fn a_login_that_stays_the_same_is_one_event_and_one_span() {
        let memory = noted(&[(0, Login::Ok), (1, Login::Ok), (2, Login::Broken), (3, Login::Ok)]);
        let logins: Vec<(i64, Login)> = memory
            .events(&Query { limit: 10, ..Query::default() })
            .iter()
            .map(|event| match event.what {
                What::Login { to, .. } => ((event.at - start()).num_minutes(), to),
                _ => panic!("{event:?}"),
            })
            .collect();
        assert_eq!(logins, [(3, Login::Ok), (2, Login::Broken), (0, Login::Ok)]);
        let spans = memory.history("home", start(), start() + TimeDelta::hours(1));
        let minutes: Vec<(i64, i64, Login)> = spans
            .iter()
            .map(|span| ((span.from - start()).num_minutes(), (span.to - start()).num_minutes(), span.login))
            .collect();
        assert_eq!(minutes, [(0, 2, Login::Ok), (2, 3, Login::Broken), (3, 3, Login::Ok)]);
    }

    #[test]
    fn a_time_in_which_nobody_watched_is_a_gap() {
        let memory = noted(&[(0, Login::Ok), (1, Login::Ok), (30, Login::Ok)]);
        let spans = memory.history("home", start(), start() + TimeDelta::hours(1));
        let minutes: Vec<i64> = spans.iter().map(|span| (span.to - span.from).num_minutes()).collect();
        assert_eq!(minutes, [1, 0]);
    }

    #[test]
    fn the_last_good_round_is_kept_through_an_outage() {
        let memory = noted(&[(0, Login::Ok), (1, Login::Degraded), (2, Login::Broken), (3, Login::Unknown)]);
        assert_eq!(memory.last_good("home").unwrap().at, start() + TimeDelta::minutes(1));
        assert_eq!(memory.last_good("other"), None);
    }

    #[test]
    fn a_page_of_events_goes_on_where_the_one_before_ended() {
        let memory = noted(&[(0, Login::Ok), (1, Login::Broken), (2, Login::Ok), (3, Login::Broken)]);
        let page = |before| {
            let query = Query { before, limit: 2, ..Query::default() };
            memory.events(&query).iter().map(|event| event.id).collect::<Vec<u64>>()
        };
        assert_eq!(page(None), [4, 3]);
        assert_eq!(page(Some(3)), [2, 1]);
        let none = Query { target: Some("other".to_owned()), limit: 2, ..Query::default() };
        assert!(memory.events(&none).is_empty());
        let late = Query { since: Some(start() + TimeDelta::minutes(2)), limit: 9, ..Query::default() };
        assert_eq!(memory.events(&late).len(), 2);
    }
}
