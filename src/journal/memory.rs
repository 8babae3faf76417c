//! The journal in memory: what surfaces read. With storage it holds the newest of what is on disk.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use super::{Entry, Event, Good, MOST, Past, Query, Repeated, Span, backlog::Backlog, event};
use crate::{
    clock::{Time, span},
    model::Login,
    repeats::{Repeats, Repetition},
};

/// How many spans of one target are kept: a month in which sign-in stands otherwise every 20 minutes.
const MOST_SPANS: usize = 2_250;

/// The events of all targets, and how sign-in stood at each.
#[derive(Debug, Default)]
pub(super) struct Memory {
    last_id: u64,
    events: VecDeque<Event>,
    spans: BTreeMap<String, VecDeque<Span>>,
    good: BTreeMap<String, Arc<Good>>,
    /// Whether older events than these were let go.
    is_cut: bool,
    /// What happened lately, by target and kind; and the number of the last event of it.
    repeats: Repeats<(String, String)>,
    last_of_kind: BTreeMap<(String, String), u64>,
}

/// What a round brought.
#[derive(Debug)]
pub(super) struct Noted {
    /// What happened.
    pub events: Vec<Event>,
    /// How often events happened again, by number.
    pub repeats: Vec<(u64, Repeated)>,
    /// The spans that are new or go on, the latest last.
    pub spans: Vec<Span>,
    /// Whether the latest is new.
    pub has_begun: bool,
    /// What was so when sign-in last worked.
    pub good: Option<Arc<Good>>,
}

impl Memory {
    pub fn note(&mut self, target: &str, entry: Entry<'_>) -> Noted {
        let report = entry.report;
        let (mut events, mut repeats) = (Vec::new(), Vec::new());
        for (at, what) in event::of(&entry) {
            let kind = (target.to_owned(), what.kind());
            match (self.repeats.one_more(kind.clone(), report.at), self.last_of_kind.get(&kind)) {
                (Repetition::HeldBack(count), Some(id)) => {
                    let repeated = Repeated { count, last: at };
                    if let Ok(index) = self.events.binary_search_by_key(id, |event| event.id) {
                        self.events[index].repeated = Some(repeated);
                    }
                    repeats.push((*id, repeated));
                }
                _ => {
                    self.last_id += 1;
                    self.last_of_kind.insert(kind, self.last_id);
                    let event = Event { id: self.last_id, at, target: target.to_owned(), what, repeated: None };
                    self.events.push_back(event.clone());
                    events.push(event);
                }
            }
        }
        self.cut();
        let (spans, has_begun) = self.extend(target, &entry);
        if matches!(report.login, Login::Ok | Login::Degraded) {
            let good = Good { at: report.at, known: entry.snapshot.known.clone() };
            self.good.insert(target.to_owned(), Arc::new(good));
        }
        Noted { events, repeats, spans, has_begun, good: self.good.get(target).cloned() }
    }

    /// Puts what was written by earlier processes before what is there. The number by which later events moved on.
    pub fn adopt(&mut self, past: Past) -> u64 {
        for id in self.events.iter_mut().map(|event| &mut event.id).chain(self.last_of_kind.values_mut()) {
            *id += past.last_id;
        }
        self.last_id += past.last_id;
        self.is_cut |= past.is_cut;
        self.events = past.events.into_iter().chain(std::mem::take(&mut self.events)).collect();
        self.cut();
        for (target, span) in past.spans.into_iter().rev() {
            let spans = self.spans.entry(target).or_default();
            // Of a target that is gone no round lets go of what is too much. The newest come first here.
            if spans.len() < MOST_SPANS {
                spans.push_front(span);
            }
        }
        for (target, good) in past.good {
            self.good.entry(target).or_insert_with(|| Arc::new(good));
        }
        past.last_id
    }

    /// Has all of it written, to a file in which events have had numbers up to this one.
    pub fn refill(&mut self, backlog: &mut Backlog, last_id: u64) {
        self.last_id = self.last_id.max(last_id);
        let spans =
            self.spans.iter().flat_map(|(target, spans)| spans.iter().map(|span| (target.clone(), span.clone())));
        let good = self.good.iter().map(|(target, good)| (target.clone(), Arc::clone(good)));
        backlog.refill(self.events.clone(), spans, good);
    }

    fn cut(&mut self) {
        let surplus = self.events.len().saturating_sub(MOST);
        self.is_cut |= surplus > 0;
        self.events.drain(..surplus);
    }

    /// Lets the last span of a target go on, or begins one; those that are new or other ones, and whether the last is new.
    fn extend(&mut self, target: &str, entry: &Entry<'_>) -> (Vec<Span>, bool) {
        let report = entry.report;
        let cause = report.cause.as_ref().map(|cause| cause.check.clone());
        let spans = self.spans.entry(target.to_owned()).or_default();
        let gap = span(std::time::Duration::from_secs_f64(entry.stale_after_seconds));
        let mut touched = Vec::new();
        // One that begins later than now is of a clock that was wrong, and says nothing of the time until then.
        let goes_on = |last: &&mut Span| last.from <= report.at && report.at - last.to <= gap;
        if let Some(last) = spans.back_mut().filter(goes_on) {
            // A clock that was set back makes no span shorter.
            last.to = last.to.max(report.at);
            touched.push(last.clone());
            if last.login == report.login && last.cause == cause {
                return (touched, false);
            }
        }
        let begun = Span { from: report.at, to: report.at, login: report.login, cause };
        touched.push(begun.clone());
        spans.push_back(begun);
        spans.drain(..spans.len().saturating_sub(MOST_SPANS));
        (touched, true)
    }

    pub fn events(&self, query: &Query) -> Vec<Event> {
        let wanted = |event: &&Event| {
            query.target.as_ref().is_none_or(|target| *target == event.target)
                && query.since.is_none_or(|since| event.at >= since)
                && query.before.is_none_or(|before| event.id < before)
        };
        self.events.iter().rev().filter(wanted).take(query.limit).cloned().collect()
    }

    /// The number of the oldest event, if there are older ones elsewhere.
    pub fn goes_back_to(&self) -> Option<u64> {
        self.events.front().filter(|_| self.is_cut).map(|event| event.id)
    }

    /// The targets that something is known of, by name.
    pub fn targets(&self) -> Vec<String> {
        self.spans.keys().cloned().collect()
    }

    pub fn last_good(&self, target: &str) -> Option<Good> {
        self.good.get(target).map(|good| Good::clone(good))
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
        let mut report = checks::evaluate(&Snapshot::healthy(), None);
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
    fn a_clock_that_was_far_ahead_for_a_moment_does_not_swallow_the_time_after_it() {
        let day = 24 * 60;
        let memory =
            noted(&[(0, Login::Ok), (500 * day, Login::Ok), (1, Login::Ok), (2, Login::Ok), (3, Login::Broken)]);
        let spans = memory.history("home", start(), start() + TimeDelta::hours(1));
        let minutes: Vec<(i64, i64, Login)> = spans
            .iter()
            .map(|span| ((span.from - start()).num_minutes(), (span.to - start()).num_minutes(), span.login))
            .collect();
        assert_eq!(minutes, [(0, 0, Login::Ok), (1, 3, Login::Ok), (3, 3, Login::Broken)]);
    }

    #[test]
    fn what_happens_again_and_again_is_counted_at_the_last_that_is_kept() {
        let flaps: Vec<(i64, Login)> =
            (0..100).map(|minute| (minute, if minute % 2 == 0 { Login::Ok } else { Login::Broken })).collect();
        let memory = noted(&flaps);
        let events = memory.events(&Query { limit: 1000, ..Query::default() });
        let kept = usize::try_from(crate::repeats::PASS).unwrap();
        assert_eq!(events.len(), 2 * kept);
        let repeated: Vec<(i64, Repeated)> =
            events.iter().filter_map(|event| Some(((event.at - start()).num_minutes(), event.repeated?))).collect();
        let last = |minute| start() + TimeDelta::minutes(minute);
        let expected = [(23, Repeated { count: 38, last: last(99) }), (22, Repeated { count: 38, last: last(98) })];
        assert_eq!(repeated, expected);
        assert_eq!(memory.history("home", start(), last(100)).len(), 100, "how sign-in stood is kept whole");
    }

    #[test]
    fn of_what_was_written_before_no_more_spans_are_taken_up_than_are_held() {
        let span = |minute: i64| {
            let (from, to) = (start() + TimeDelta::minutes(minute), start() + TimeDelta::minutes(minute + 1));
            ("gone".to_owned(), Span { from, to, login: Login::Ok, cause: None })
        };
        let count = i64::try_from(MOST_SPANS).unwrap() + 5;
        let mut memory = Memory::default();
        memory.adopt(Past { spans: (0..count).map(span).collect(), ..Past::default() });
        let spans = memory.history("gone", start(), start() + TimeDelta::days(30));
        assert_eq!((spans.len(), spans[0].from), (MOST_SPANS, start() + TimeDelta::minutes(5)), "the newest are kept");
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
