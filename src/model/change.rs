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
    let new = now.jwks.ok().filter(|set| !set.keys.is_empty());
    let (Some(old), Some(new)) = (before.last_keys(), new) else { return Vec::new() };
    let mut found = Vec::new();
    let change = |subject, from: String, to: String| Change { at: now.jwks.at, subject, from, to };
    for key in &new.keys {
        let twin = old.keys.iter().find(|known| known.kid.is_some() && known.kid == key.kid);
        // A key that cannot be read has no thumbprint: that is no other key, it is judged by itself.
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

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::{
        model::{Missing, Observed, Reason, SourceId},
        oidc::{Jwk, Jwks},
    };

    fn key(kid: Option<&str>, thumbprint: &str) -> Jwk {
        let healthy = Snapshot::healthy();
        let mut key = healthy.jwks.ok().unwrap().keys[0].clone();
        key.kid = kid.map(str::to_owned);
        key.thumbprint = thumbprint.to_owned();
        key
    }

    /// The next look, a minute later, with these keys (none: it failed).
    fn next(before: Option<&Snapshot>, keys: Option<Vec<Jwk>>) -> Snapshot {
        let mut now = Snapshot::healthy();
        now.taken_at = before.map_or(now.taken_at, |before| before.taken_at + TimeDelta::minutes(1));
        now.jwks = match keys {
            Some(keys) => Observed::seen(now.taken_at, 0.0, Jwks { keys, content_type: None }),
            None => Observed::missing(
                now.taken_at,
                Missing::Failed { source: SourceId::Jwks, reason: Reason::Connect, detail: "refused".to_owned() },
            ),
        };
        now.after(before)
    }

    fn subjects(snapshot: &Snapshot) -> Vec<ChangeSubject> {
        snapshot.changes.iter().map(|change| change.subject).collect()
    }

    #[test]
    fn keys_change_when_one_goes_and_not_when_one_is_added_or_moved() {
        use ChangeSubject::{KeyUnderSameId, SigningKey};
        let (a, b) = (key(Some("a"), "A"), key(Some("b"), "B"));
        let cases: [(Vec<Jwk>, Vec<Jwk>, Vec<ChangeSubject>); 8] = [
            (vec![a.clone()], vec![a.clone()], vec![]),
            (vec![a.clone(), b.clone()], vec![b.clone(), a.clone()], vec![]),
            (vec![a.clone()], vec![a.clone(), b.clone()], vec![]),
            (vec![a.clone(), b.clone()], vec![b.clone()], vec![SigningKey]),
            (vec![a.clone()], vec![b], vec![SigningKey]),
            (vec![a.clone()], vec![key(Some("a"), "Z")], vec![KeyUnderSameId, SigningKey]),
            (vec![key(None, "A")], vec![key(None, "Z")], vec![SigningKey]),
            (vec![a.clone()], vec![a, key(Some("c"), "")], vec![]),
        ];
        for (old, new, expected) in cases {
            let words = format!("{old:?} to {new:?}");
            let before = next(None, Some(old));
            assert_eq!(subjects(&next(Some(&before), Some(new))), expected, "{words}");
        }
    }

    #[test]
    fn a_key_that_cannot_be_read_for_once_is_no_other_key_under_its_id() {
        let before = next(None, Some(vec![key(Some("a"), "A")]));
        let broken = next(Some(&before), Some(vec![key(Some("a"), "")]));
        assert_eq!(subjects(&broken), [ChangeSubject::SigningKey]);
    }

    #[test]
    fn the_first_look_and_a_failed_look_show_no_change() {
        assert_eq!(subjects(&next(None, Some(vec![key(Some("a"), "A")]))), []);
        let before = next(None, Some(vec![key(Some("a"), "A")]));
        assert_eq!(subjects(&next(Some(&before), None)), []);
    }

    #[test]
    fn a_change_over_an_outage_is_seen() {
        let before = next(None, Some(vec![key(Some("a"), "A")]));
        let down = next(Some(&next(Some(&before), None)), None);
        let back = next(Some(&down), Some(vec![key(Some("b"), "B")]));
        assert_eq!(subjects(&back), [ChangeSubject::SigningKey]);
        assert_eq!((back.changes[0].from.as_str(), back.changes[0].to.as_str()), ("a", "b"));
        let same = next(Some(&down), Some(vec![key(Some("a"), "A")]));
        assert_eq!(subjects(&same), []);
    }

    #[test]
    fn a_set_that_was_empty_for_once_is_no_change() {
        let before = next(None, Some(vec![key(Some("a"), "A")]));
        let empty = next(Some(&before), Some(Vec::new()));
        assert_eq!(subjects(&empty), []);
        assert_eq!(subjects(&next(Some(&empty), Some(vec![key(Some("a"), "A")]))), []);
        assert_eq!(subjects(&next(Some(&empty), Some(vec![key(Some("b"), "B")]))), [ChangeSubject::SigningKey]);
    }

    #[test]
    fn a_change_is_held_for_its_time_and_no_longer() {
        let before = next(None, Some(vec![key(Some("a"), "A")]));
        let changed = next(Some(&before), Some(vec![key(Some("b"), "B")]));
        let later = |seconds: i64| {
            let mut now = next(None, Some(vec![key(Some("b"), "B")]));
            now.taken_at = changed.changes[0].at + TimeDelta::seconds(seconds);
            now.after(Some(&changed))
        };
        let hold = i64::try_from(changed.target.change_hold_seconds).unwrap();
        assert_eq!(subjects(&later(hold - 1)), [ChangeSubject::SigningKey]);
        assert_eq!(subjects(&later(hold)), []);
    }

    #[test]
    fn a_snapshot_saved_before_keys_were_kept_can_be_read() {
        let mut saved = serde_json::to_value(Snapshot::healthy()).unwrap();
        saved.as_object_mut().unwrap().remove("known_keys");
        assert_eq!(serde_json::from_value::<Snapshot>(saved).unwrap(), Snapshot::healthy());
    }
}
