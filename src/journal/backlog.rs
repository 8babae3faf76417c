//! What is noted and not on disk yet.
//!
//! No queue: it merges as it grows (a span that goes on stays one, of a target's state only the latest counts), so that a
//! disk that is slow or full costs a round no time and the process little memory.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use chrono::TimeDelta;

use super::{Event, Good, MOST, Repeated, Span, State, clock_trust::Reading, memory::Noted};
use crate::clock::Time;

/// How often the state of a target is written while nothing happens: after a restart it only tells what was last seen. What
/// happened is written at once.
const STATE_EVERY: TimeDelta = TimeDelta::hours(6);
/// How often at most while the same things happen again and again.
const REPEATED_STATE_EVERY: TimeDelta = TimeDelta::minutes(5);
/// How often it is written that spans go on. Whoever is killed in between watched for so much less.
const SEEN_EVERY: TimeDelta = TimeDelta::minutes(1);

/// How far the latest span of a target goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    pub from: Time,
    pub to: Time,
}

/// What is noted and not on disk yet.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    batch: Batch,
    /// When the state of each target was last handed out.
    handed_out: BTreeMap<String, Time>,
    /// How far the latest span of each target goes.
    seen: BTreeMap<String, Seen>,
    seen_handed_out: Option<Time>,
    is_seen_due: bool,
}

/// What goes to the disk in one transaction.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Batch {
    /// Events, oldest first.
    pub events: VecDeque<Event>,
    /// How often events happened again, by number.
    pub repeats: BTreeMap<u64, Repeated>,
    /// Spans that began or ended, by beginning and target.
    pub spans: BTreeMap<(Time, String), Span>,
    /// How far the latest span of each target goes; empty where that is not due.
    pub seen: BTreeMap<String, Seen>,
    /// What lasts, by target.
    pub lasting: BTreeMap<String, Lasting>,
    /// The clocks at the newest round in it.
    pub at: Option<Reading>,
}

impl Batch {
    pub fn is_empty(&self) -> bool {
        let Self { events, repeats, spans, seen, lasting, at: _ } = self;
        events.is_empty() && repeats.is_empty() && spans.is_empty() && seen.is_empty() && lasting.is_empty()
    }
}

/// What is kept of a target in one copy.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Lasting {
    /// What was so when sign-in last worked.
    pub good: Option<Arc<Good>>,
    /// The latest round.
    pub state: Option<State>,
    /// Whether it is worth writing by now.
    due: bool,
    /// Whether something happened again since it was last written.
    repeated: bool,
}

impl Lasting {
    fn is_ready(&self) -> bool {
        self.due && self.state.is_some()
    }
}

impl Backlog {
    /// Adds what a round brought.
    pub fn note(&mut self, target: &str, noted: Noted, at: Reading) {
        let batch = &mut self.batch;
        batch.at = Some(at);
        let lasting = batch.lasting.entry(target.to_owned()).or_default();
        lasting.good = noted.good;
        lasting.due |= !noted.events.is_empty();
        lasting.repeated |= !noted.repeats.is_empty();
        batch.events.extend(noted.events);
        batch.events.drain(..batch.events.len().saturating_sub(MOST));
        batch.repeats.extend(noted.repeats);
        while batch.repeats.len() > MOST {
            batch.repeats.pop_first();
        }
        if let Some(latest) = noted.spans.last() {
            self.seen.insert(target.to_owned(), Seen { from: latest.from, to: latest.to });
            let is_old = |last: Time| (at.wall - last).abs() >= SEEN_EVERY;
            self.is_seen_due |= self.seen_handed_out.is_none_or(is_old);
        }
        if noted.has_begun {
            add_spans(batch, noted.spans.into_iter().map(|span| (target.to_owned(), span)));
        }
    }

    /// Adds the state of a target.
    pub fn keep(&mut self, target: &str, state: State) {
        let at = state.report.at;
        let lasting = self.batch.lasting.entry(target.to_owned()).or_default();
        let every = if lasting.repeated { REPEATED_STATE_EVERY } else { STATE_EVERY };
        // A clock that was set back brings it forward, too.
        let is_old = self.handed_out.get(target).is_none_or(|last| (at - last).abs() >= every);
        lasting.state = Some(state);
        lasting.due |= is_old;
    }

    /// Takes up all that memory holds: the file was lost. States follow with the next rounds.
    pub fn refill(
        &mut self,
        events: VecDeque<Event>,
        spans: impl Iterator<Item = (String, Span)>,
        good: impl Iterator<Item = (String, Arc<Good>)>,
    ) {
        self.batch.events = events;
        // The events have them.
        self.batch.repeats.clear();
        add_spans(&mut self.batch, spans);
        for (target, good) in good {
            self.batch.lasting.entry(target).or_default().good = Some(good);
        }
        self.handed_out.clear();
        self.is_seen_due = true;
    }

    /// Gives the events other numbers: so many more are on disk than was known.
    pub fn renumber(&mut self, by: u64) {
        self.batch.events.iter_mut().for_each(|event| event.id += by);
        self.batch.repeats = std::mem::take(&mut self.batch.repeats).into_iter().map(|(id, n)| (id + by, n)).collect();
    }

    /// Whether there is something to write.
    pub fn is_due(&self) -> bool {
        let Batch { events, repeats, spans, lasting, .. } = &self.batch;
        let has_lasting = || lasting.values().any(Lasting::is_ready);
        self.is_seen_due || !events.is_empty() || !repeats.is_empty() || !spans.is_empty() || has_lasting()
    }

    /// Hands out what is due, or all there is.
    pub fn take(&mut self, all: bool) -> Batch {
        let mut batch = std::mem::take(&mut self.batch);
        let (lasting, later) = batch.lasting.into_iter().partition(|(_, lasting)| all || lasting.is_ready());
        (batch.lasting, self.batch.lasting) = (lasting, later);
        for (target, lasting) in &batch.lasting {
            if let Some(state) = &lasting.state {
                self.handed_out.insert(target.clone(), state.report.at);
            }
        }
        if all || self.is_seen_due {
            batch.seen.clone_from(&self.seen);
            self.is_seen_due = false;
            self.seen_handed_out = batch.at.map(|at| at.wall).or(self.seen_handed_out);
        }
        batch
    }

    /// Takes back what could not be written; what came meanwhile is newer. Past a limit the oldest is lost.
    pub fn put_back(&mut self, failed: Batch) {
        self.is_seen_due |= !failed.seen.is_empty();
        let newer = std::mem::replace(&mut self.batch, failed);
        let batch = &mut self.batch;
        batch.seen.clear();
        batch.at = newer.at.or(batch.at);
        batch.events.extend(newer.events);
        batch.events.drain(..batch.events.len().saturating_sub(MOST));
        batch.repeats.extend(newer.repeats);
        batch.spans.extend(newer.spans);
        for lasting in batch.lasting.values_mut() {
            lasting.due = true;
        }
        for (target, newer) in newer.lasting {
            let lasting = batch.lasting.entry(target).or_default();
            lasting.good = newer.good.or(lasting.good.take());
            lasting.state = newer.state.or(lasting.state.take());
            lasting.due |= newer.due;
            lasting.repeated |= newer.repeated;
        }
    }
}

fn add_spans(batch: &mut Batch, spans: impl Iterator<Item = (String, Span)>) {
    for (target, span) in spans {
        batch.spans.insert((span.from, target), span);
    }
    while batch.spans.len() > MOST {
        batch.spans.pop_first();
    }
}
