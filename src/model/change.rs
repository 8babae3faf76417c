//! What changed since the look before.

use serde::{Deserialize, Serialize};

use super::Snapshot;
use crate::clock::{Time, span};

/// One change, kept in the snapshot until it is older than `change_hold`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// When it was first seen.
    pub at: Time,
    /// What changed.
    pub subject: ChangeSubject,
    /// What it was.
    pub from: String,
    /// What it is.
    pub to: String,
}

/// What can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeSubject {
    /// The set of signing keys.
    SigningKey,
    /// The key under a key ID that stayed the same.
    KeyUnderSameId,
}

/// The changes that `now` shows against `before`, after the older ones that are still held.
#[must_use]
pub fn changes(before: Option<&Snapshot>, now: &Snapshot) -> Vec<Change> {
    let Some(before) = before else { return Vec::new() };
    let hold = span(std::time::Duration::from_secs(now.target.change_hold_seconds));
    let mut held: Vec<Change> =
        before.changes.iter().filter(|change| now.taken_at - change.at < hold).cloned().collect();
    held.extend(key_changes(before, now));
    held
}

fn key_changes(before: &Snapshot, now: &Snapshot) -> Vec<Change> {
    let (Some(old), Some(new)) = (before.jwks.ok(), now.jwks.ok()) else { return Vec::new() };
    let mut found = Vec::new();
    let change = |subject, from: String, to: String| Change { at: now.jwks.at, subject, from, to };
    for key in &new.keys {
        let twin = old.keys.iter().find(|known| known.kid.is_some() && known.kid == key.kid);
        if let Some(twin) = twin
            && twin.thumbprint != key.thumbprint
        {
            found.push(change(ChangeSubject::KeyUnderSameId, twin.thumbprint.clone(), key.thumbprint.clone()));
        }
    }
    // A key that is added beside the old ones is a good rotation (OpenID Connect Core, 10.1.1); one that goes is a change.
    let gone = old.keys.iter().any(|key| !new.keys.iter().any(|other| other.thumbprint == key.thumbprint));
    if gone {
        found.push(change(ChangeSubject::SigningKey, old.names(), new.names()));
    }
    found
}
