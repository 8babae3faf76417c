//! One thing that happened to one target.

use serde::{Deserialize, Serialize};

use super::Entry;
use crate::{
    clock::Time,
    model::{Cause, Change, Login, Report},
};

/// One thing that happened to one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its number: later events have larger ones.
    pub id: u64,
    /// When it was first seen.
    pub at: Time,
    /// The target's name.
    pub target: String,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
    /// How often the same happened again soon after, which is counted and not kept apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeated: Option<Repeated>,
}

/// How often something happened again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeated {
    /// How many more times.
    pub count: u64,
    /// When it did last.
    pub last: Time,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// A watched value is another one: a setting, a key, a certificate, a release.
    Change {
        /// `provider` or `kasm`.
        side: String,
        /// What changed.
        #[serde(flatten)]
        change: Change,
    },
    /// Whether people can sign in, or what keeps them out.
    Login {
        /// What was said before; none at a target's first round.
        from: Option<Login>,
        /// What is said now.
        to: Login,
        /// What keeps people out.
        cause: Option<Cause>,
    },
    /// A check began to fail, or no longer does.
    Verdict {
        /// Its id.
        check: String,
        /// The verdict before; none at a target's first round.
        from: Option<String>,
        /// The verdict now.
        to: String,
    },
}

impl What {
    /// What makes two events of a target the same, however their values differ.
    pub(super) fn kind(&self) -> String {
        match self {
            Self::Change { side, change } => {
                format!("{side} {} {}", change.subject.id(), change.field.as_deref().unwrap_or_default())
            }
            Self::Login { to, .. } => to.word().to_owned(),
            Self::Verdict { check, to, .. } => format!("{check} {to}"),
        }
    }
}

/// What a round tells that the one before did not: changes first, then what followed from them.
pub(super) fn of(entry: &Entry<'_>) -> Vec<(Time, What)> {
    let Entry { report, before, changes, .. } = entry;
    let change = |change: &Change| {
        (change.at, What::Change { side: change.subject.side().id().to_owned(), change: change.clone() })
    };
    let mut found: Vec<(Time, What)> = changes.iter().map(change).collect();
    let from = before.map(|before| before.login);
    if from != Some(report.login) || before.is_some_and(|before| before.cause != report.cause) {
        found.push((report.at, What::Login { from, to: report.login, cause: report.cause.clone() }));
    }
    found.extend(verdicts(report, *before));
    found
}

/// Checks that began to fail or no longer do. That a check could not be evaluated for a while is no event: what kept it
/// from being evaluated is one.
fn verdicts(report: &Report, before: Option<&Report>) -> impl Iterator<Item = (Time, What)> {
    report.checks.iter().filter_map(move |check| {
        let from = before.and_then(|before| before.check(&check.id)).map(|check| check.verdict.clone());
        let failed = from.as_deref() == Some("fail");
        let fails = check.verdict == "fail";
        (failed != fails)
            .then(|| (report.at, What::Verdict { check: check.id.clone(), from, to: check.verdict.clone() }))
    })
}
