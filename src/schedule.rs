//! When something is due: `every 60s`, crontab, `@hourly`. Pure.

use std::time::Duration;

use crate::clock::{Time, span};

/// When something is due.
#[derive(Debug, Clone, PartialEq)]
pub enum Schedule {
    /// `every 60s`, offset by a hash of the target's name.
    Every(Duration),
}

impl Schedule {
    /// The next time after `after` at which it is due for the target of that name.
    #[must_use]
    pub fn next(&self, after: Time, _name: &str) -> Time {
        match self {
            Self::Every(period) => after + span(*period),
        }
    }
}
