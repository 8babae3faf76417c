//! What changed since the look before: the first journal, in memory.
//!
//! Each source's watched values ([`watched`]) are kept from the last look that saw them, so that a change over an outage is
//! seen and an outage is none. A change is news, never a fault: only changes of keys have checks of their own.

#[cfg(test)]
mod tests;
mod watched;

use super::{Change, ChangeSubject, Known, Snapshot, Watched};
use crate::{clock::span, oidc::one_line};

/// How many changes are kept at most, the newest.
const MOST: usize = 200;

impl Snapshot {
    /// The same snapshot, with the changes since the one before and the keys that were seen last.
    #[must_use]
    pub fn after(mut self, before: Option<&Self>) -> Self {
        let seen = self.last_keys().or_else(|| before.and_then(Self::last_keys));
        self.known_keys = seen.cloned();
        (self.changes, self.known) = changes(before, &self);
        self
    }
}

/// The changes that `now` shows against `before`, after the older ones that are still held; and what is known by now.
fn changes(before: Option<&Snapshot>, now: &Snapshot) -> (Vec<Change>, Vec<Known>) {
    let seen = watched::of(now);
    let Some(before) = before else { return (Vec::new(), seen) };
    let hold = span(std::time::Duration::from_secs(now.target.change_hold_seconds));
    let mut held: Vec<Change> =
        before.changes.iter().filter(|change| now.taken_at - change.at < hold).cloned().collect();
    held.extend(key_changes(before, now));
    for group in &seen {
        if let Some(old) = before.known.iter().find(|known| known.source == group.source) {
            held.extend(changed(&old.values, group));
        }
    }
    let unseen = before.known.iter().filter(|old| !seen.iter().any(|group| group.source == old.source)).cloned();
    let known = unseen.collect::<Vec<_>>().into_iter().chain(seen).collect();
    held.drain(..held.len().saturating_sub(MOST));
    (held, known)
}

/// What differs between the watched values then and now, of the sources that are known at both times.
#[must_use]
pub fn differences(then: &[Known], now: &[Known]) -> Vec<Change> {
    let old = |group: &Known| then.iter().find(|known| known.source == group.source);
    now.iter().filter_map(|group| Some(changed(&old(group)?.values, group))).flatten().collect()
}

/// What differs between two looks at one source.
fn changed(old: &[Watched], new: &Known) -> Vec<Change> {
    let find = |list: &[Watched], of: &Watched| {
        list.iter()
            .find(|other| (other.subject, &other.field) == (of.subject, &of.field))
            .map(|other| other.value.clone())
    };
    let change = |of: &Watched, from: Option<String>, to: Option<String>| Change {
        at: new.at,
        subject: of.subject,
        field: of.field.clone(),
        from: one_line(&from.unwrap_or_default()),
        to: one_line(&to.unwrap_or_default()),
    };
    let gone = old.iter().filter(|was| find(&new.values, was).is_none());
    let gone = gone.map(|was| change(was, Some(was.value.clone()), None));
    let other = new.values.iter().filter_map(|is| {
        let was = find(old, is);
        (was.as_ref() != Some(&is.value)).then(|| change(is, was, Some(is.value.clone())))
    });
    gone.chain(other).collect()
}

fn key_changes(before: &Snapshot, now: &Snapshot) -> Vec<Change> {
    let new = now.jwks.ok().filter(|set| !set.keys.is_empty());
    let (Some(old), Some(new)) = (before.last_keys(), new) else { return Vec::new() };
    let mut found = Vec::new();
    let change = |subject, from: String, to: String| Change { at: now.jwks.at, subject, field: None, from, to };
    for key in &new.keys {
        let twin = old.keys.iter().find(|known| known.kid.is_some() && known.kid == key.kid);
        // A key that cannot be read has no thumbprint: that is no other key, it is evaluated by itself.
        if let Some(twin) = twin
            && twin.thumbprint != key.thumbprint
            && !twin.thumbprint.is_empty()
            && !key.thumbprint.is_empty()
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
