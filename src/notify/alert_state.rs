//! One matter of one target, as one receiver knows it. Pure.

use chrono::TimeDelta;

use super::{message::Phase, target_status::Presence};
use crate::{clock::Time, render::notice::Notice};

/// How long after the first sight of a change another sight must show it, too.
#[derive(Debug, Clone, Copy)]
pub(super) struct Confirm {
    pub begins: TimeDelta,
    pub ends: TimeDelta,
}

/// How a matter went so far.
#[derive(Debug, Clone, Default)]
pub(super) struct AlertState {
    /// Since when it is so, confirmed by a second look.
    present: Option<Time>,
    /// When the opposite was first seen, which is not confirmed yet.
    recheck: Option<Time>,
    /// Since when it was so at last, and when that ended.
    past: Option<(Time, Time)>,
    /// What was last said while it was so.
    notice: Option<Notice>,
    /// Since when, as the receiver was told; none if the receiver takes it that it is not so.
    known: Option<Time>,
    /// Whether the receiver is owed what is past and was never told.
    owed: bool,
    /// Whether it has been so, confirmed, at a time when messages were not muted.
    tellable: bool,
}

impl AlertState {
    /// Takes in what was seen at `at`. What begins is confirmed by another sight so much later, and so is what ends; between
    /// the two, nothing of the opposite may be seen.
    pub fn see(&mut self, presence: Presence, at: Time, confirm: Confirm, notice: impl FnOnce() -> Notice) {
        let is_present = self.present.is_some();
        let opposite = match presence {
            Presence::CannotTell => return,
            Presence::Yes => !is_present,
            Presence::No => is_present,
        };
        if presence == Presence::Yes {
            self.notice = Some(notice());
        }
        if !opposite {
            self.recheck = None;
            return;
        }
        // A clock that was set back makes no doubt older than it is.
        let first = *self.recheck.insert(self.recheck.map_or(at, |first| first.min(at)));
        if at - first < if is_present { confirm.ends } else { confirm.begins } {
            return;
        }
        self.recheck = None;
        match self.present.take() {
            None => self.present = Some(first),
            Some(since) => self.end(since, first),
        }
    }

    fn end(&mut self, since: Time, until: Time) {
        self.past = Some((since, until));
        self.owed = self.known.is_none() && self.tellable;
        self.tellable = false;
    }

    /// One that a receiver was told of by the process before.
    pub fn recalled(since: Time, notice: Notice) -> Self {
        Self { present: Some(since), known: Some(since), notice: Some(notice), ..Self::default() }
    }

    /// Since when it is so, as the receiver was told; none if the receiver takes it that it is not so.
    pub fn known(&self) -> Option<Time> {
        self.known
    }

    /// Notes whether messages about it are muted now.
    pub fn mute(&mut self, is_muted: bool) {
        self.tellable |= self.present.is_some() && !is_muted;
    }

    /// What the receiver would be told: nothing, where it knows all.
    pub fn news(&self) -> Option<Phase> {
        match (self.phase()?, self.known) {
            (Phase::Lasts, _) => None,
            (phase, _) => Some(phase),
        }
    }

    /// How far it is, as the receiver sees it; none where it is not so and the receiver knows.
    pub fn phase(&self) -> Option<Phase> {
        match (self.present, self.known, self.past) {
            (Some(_), None, _) => Some(Phase::Begun),
            (Some(_), Some(_), _) => Some(Phase::Lasts),
            (None, Some(_), Some((_, until))) => Some(Phase::Ended { until }),
            (None, None, Some((_, until))) if self.owed => Some(Phase::Passed { until }),
            _ => None,
        }
    }

    /// Since when, as it is told.
    pub fn since(&self) -> Option<Time> {
        self.present.or(self.known).or(self.past.map(|(since, _)| since))
    }

    /// What was last said while it was so.
    pub fn notice(&self) -> Option<&Notice> {
        self.notice.as_ref()
    }

    /// Whether it is so, confirmed.
    pub fn is_present(&self) -> bool {
        self.present.is_some()
    }

    /// Whether it is done with: it is not so, nobody doubts that, and the receiver knows.
    pub fn is_over(&self) -> bool {
        self.present.is_none() && self.recheck.is_none() && self.known.is_none() && !self.owed
    }

    /// The receiver was told.
    pub fn told(&mut self, phase: Phase, since: Time) {
        match phase {
            Phase::Begun | Phase::Lasts => self.known = Some(since),
            Phase::Ended { .. } | Phase::Passed { .. } => {
                self.known = None;
                self.owed = false;
            }
        }
    }
}
