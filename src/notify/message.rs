//! What a receiver is told at once.

use serde::{Deserialize, Serialize};

use crate::{clock::Time, config::Topic, render::notice::Notice};

/// What a receiver is told at once: items about one target or several.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// What happened, by target. Empty in a test message only.
    pub items: Vec<Item>,
    /// Until when further messages are held back, where this is the last one that the hour's limit lets through.
    pub held_until: Option<Time>,
}

/// One thing that happened to one target.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The target.
    pub target: String,
    /// What it is about.
    pub matter: AlertKey,
    /// How far it is.
    pub phase: Phase,
    /// Since when.
    pub since: Time,
    /// What was last said while it was so.
    pub notice: Notice,
    /// What is said now; none where no round is current.
    pub now: Option<Notice>,
}

/// What an item is about: a topic, and for a risk its check.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AlertKey {
    /// The topic.
    pub topic: Topic,
    /// The check's id, for a risk.
    pub check: Option<String>,
}

impl AlertKey {
    /// The matter of a topic that is about a target as a whole.
    #[must_use]
    pub fn of(topic: Topic) -> Self {
        Self { topic, check: None }
    }

    /// The risk that a check tells of.
    #[must_use]
    pub fn risk(check: &str) -> Self {
        Self { topic: Topic::Risk, check: Some(check.to_owned()) }
    }
}

/// How far a trouble is, as a receiver sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It is so, and the receiver does not know.
    Begun,
    /// It is so, and the receiver knows (for receivers that want to be told again and again).
    Lasts,
    /// It is over, and the receiver does not know that.
    Ended {
        /// When the first good round was.
        until: Time,
    },
    /// It was so and is over, and the receiver knows nothing of it.
    Passed {
        /// When the first good round was.
        until: Time,
    },
}

impl Phase {
    /// Until when; none while it lasts.
    #[must_use]
    pub fn until(self) -> Option<Time> {
        match self {
            Self::Begun | Self::Lasts => None,
            Self::Ended { until } | Self::Passed { until } => Some(until),
        }
    }
}

impl Message {
    /// A message that only shows that messages arrive.
    #[must_use]
    pub fn test() -> Self {
        Self { items: Vec::new(), held_until: None }
    }

    /// Whether all that it tells of is over.
    #[must_use]
    pub fn is_resolved(&self) -> bool {
        !self.items.is_empty() && self.items.iter().all(|item| item.phase.until().is_some())
    }

    /// The gravest topic of what lasts; none if all is over.
    #[must_use]
    pub fn gravest(&self) -> Option<Topic> {
        self.items.iter().filter(|item| item.phase.until().is_none()).map(|item| item.matter.topic).min()
    }

    /// The targets, each once, in the order of the items.
    #[must_use]
    pub fn targets(&self) -> Vec<&str> {
        let mut found: Vec<&str> = Vec::new();
        for item in &self.items {
            if !found.contains(&item.target.as_str()) {
                found.push(&item.target);
            }
        }
        found
    }
}
