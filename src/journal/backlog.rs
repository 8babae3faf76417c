//! What is noted and not on disk yet.
//!
//! No queue: it merges as it grows (a span that goes on stays one, of a target's state only the latest counts), so that a
//! disk that is slow or full costs a round no time and the process little memory.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use chrono::TimeDelta;

use super::{Event, Good, MOST, Span, State, memory::Noted};
use crate::clock::Time;

/// How often the state of a target is written while nothing happens. Whoever is killed in between tells, after the next
/// start, a state that is older by at most this; what happened is written within a second.
const STATE_EVERY: TimeDelta = TimeDelta::minutes(5);

/// What is noted and not on disk yet.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    batch: Batch,
    /// When the state of each target was last handed out.
    handed_out: BTreeMap<String, Time>,
}

/// What goes to the disk in one transaction.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Batch {
    /// Events, oldest first.
    pub events: VecDeque<Event>,
    /// Spans by beginning and target.
    pub spans: BTreeMap<(Time, String), Span>,
    /// What lasts, by target.
    pub lasting: BTreeMap<String, Lasting>,
    /// The time of the newest round in it.
    pub at: Option<Time>,
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
}

impl Lasting {
    fn is_ready(&self) -> bool {
        self.due && self.state.is_some()
    }
}

impl Backlog {
    /// Adds what a round brought.
    pub fn note(&mut self, target: &str, noted: Noted) {
        let batch = &mut self.batch;
        batch.at = batch.at.max(Some(noted.at));
        let lasting = batch.lasting.entry(target.to_owned()).or_default();
        lasting.good = noted.good;
        lasting.due |= !noted.events.is_empty();
        batch.events.extend(noted.events);
        batch.events.drain(..batch.events.len().saturating_sub(MOST));
        for span in noted.spans {
            batch.spans.insert((span.from, target.to_owned()), span);
        }
        while batch.spans.len() > MOST {
            batch.spans.pop_first();
        }
    }

    /// Adds the state of a target.
    pub fn keep(&mut self, target: &str, state: State) {
        let at = state.report.at;
        // A clock that was set back brings it forward, too.
        let is_old = self.handed_out.get(target).is_none_or(|last| (at - last).abs() >= STATE_EVERY);
        let lasting = self.batch.lasting.entry(target.to_owned()).or_default();
        lasting.state = Some(state);
        lasting.due |= is_old;
    }

    /// Gives the events other numbers: so many more are on disk than was known.
    pub fn renumber(&mut self, by: u64) {
        self.batch.events.iter_mut().for_each(|event| event.id += by);
    }

    /// Whether there is something to write.
    pub fn is_due(&self) -> bool {
        let Batch { events, spans, lasting, .. } = &self.batch;
        !events.is_empty() || !spans.is_empty() || lasting.values().any(Lasting::is_ready)
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
        batch
    }

    /// Takes back what could not be written; what came meanwhile is newer. Past a limit the oldest is lost.
    pub fn put_back(&mut self, failed: Batch) {
        let newer = std::mem::replace(&mut self.batch, failed);
        let batch = &mut self.batch;
        batch.at = batch.at.max(newer.at);
        batch.events.extend(newer.events);
        batch.events.drain(..batch.events.len().saturating_sub(MOST));
        batch.spans.extend(newer.spans);
        for lasting in batch.lasting.values_mut() {
            lasting.due = true;
        }
        for (target, newer) in newer.lasting {
            let lasting = batch.lasting.entry(target).or_default();
            lasting.good = newer.good.or(lasting.good.take());
            lasting.state = newer.state.or(lasting.state.take());
            lasting.due |= newer.due;
        }
    }
}
