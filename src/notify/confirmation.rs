//! Which targets are looked at again before their next round is due, so that an outage is reported within seconds. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    receiver_state::{FIX_HOLDS, SECOND_LOOK},
    target_status::TargetStatus,
};
use crate::{
    clock::Time,
    model::{Login, Stage},
};

/// Asks for second looks at targets that have just broken, or have just been fixed.
#[derive(Debug, Default)]
pub(super) struct Confirmations {
    seen: BTreeMap<String, Seen>,
}

/// What was last seen of a target.
#[derive(Debug, Default)]
struct Seen {
    is_broken: bool,
    /// Whether it was the provider that broke it, when it was last broken.
    by_provider: bool,
    /// When the second look is due, until it is asked for.
    due: Option<Time>,
}

impl Confirmations {
    /// The targets to look at now. `siblings` gives the targets of the same provider: where the provider is what broke
    /// sign-in, or what was fixed, they are looked at at once, so that one message tells of all.
    pub fn due(&mut self, sights: &[TargetStatus], now: Time, siblings: impl Fn(&str) -> Vec<String>) -> Vec<String> {
        let listed: BTreeSet<&str> = sights.iter().map(|sight| sight.target.as_str()).collect();
        self.seen.retain(|target, _| listed.contains(target.as_str()));
        let turned: Vec<&TargetStatus> = sights.iter().filter(|sight| self.has_turned(sight)).collect();
        let mut wanted: Vec<String> = Vec::new();
        for sight in turned {
            let Some(seen) = self.seen.get(&sight.target).filter(|seen| seen.by_provider) else { continue };
            let differs = |name: &String| self.seen.get(name).is_some_and(|other| other.is_broken != seen.is_broken);
            wanted.extend(siblings(&sight.target).into_iter().filter(differs));
        }
        for sight in sights {
            let Some(seen) = self.seen.get_mut(&sight.target) else { continue };
            let Some(due) = seen.due.take_if(|due| *due <= now) else { continue };
            // A round that came meanwhile was the second look.
            wanted.extend((sight.at < due).then(|| sight.target.clone()));
        }
        wanted.sort_unstable();
        wanted.dedup();
        wanted
    }

    /// Whether a target has just broken, or has just been fixed. Where that cannot be told, what was known stands.
    fn has_turned(&mut self, sight: &TargetStatus) -> bool {
        let seen = self.seen.entry(sight.target.clone()).or_default();
        let is_broken = sight.login() == Login::Broken;
        if is_broken {
            seen.by_provider = is_of_provider(sight);
        }
        if sight.login() == Login::Unknown || is_broken == seen.is_broken {
            return false;
        }
        seen.is_broken = is_broken;
        seen.due = Some(sight.at + if is_broken { SECOND_LOOK } else { FIX_HOLDS });
        true
    }

    /// When the next second look is due.
    pub fn next(&self) -> Option<Time> {
        self.seen.values().filter_map(|seen| seen.due).min()
    }
}

fn is_of_provider(sight: &TargetStatus) -> bool {
    let cause = sight.report.as_ref().and_then(|report| report.cause.as_ref());
    cause.is_some_and(|cause| cause.stage == Stage::Provider)
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{at, sight},
        *,
    };

    const BY_PROVIDER: &str = "broken by provider_reachable";

    #[test]
    fn a_second_look_is_asked_for_once_ten_seconds_after_the_first() {
        let mut looks = Confirmations::default();
        let mut due =
            |says: &str, seen: i64, now: i64| looks.due(&[sight("home", says, seen)], at(now), |_| Vec::new());
        assert!(due("ok", 0, 0).is_empty());
        assert!(due("broken", 60, 61).is_empty());
        assert!(due("broken", 60, 69).is_empty());
        assert_eq!(due("broken", 60, 70), ["home"]);
        assert!(due("broken", 60, 71).is_empty(), "asked for already");
        assert!(due("broken", 72, 82).is_empty(), "still broken");
        assert!(due("unknown", 100, 110).is_empty());
        assert!(due("ok", 120, 120).is_empty());
        assert!(due("ok", 120, 179).is_empty());
        assert_eq!(due("ok", 120, 180), ["home"], "the fix is looked at again, too");
        assert!(due("broken", 181, 181).is_empty());
        assert!(due("broken", 192, 192).is_empty(), "a round came by itself");
    }

    #[test]
    fn the_other_targets_of_a_provider_are_looked_at_at_once() {
        let mut looks = Confirmations::default();
        let siblings = |_: &str| vec!["lab".to_owned(), "work".to_owned()];
        let sights = [sight("home", BY_PROVIDER, 0), sight("lab", BY_PROVIDER, 0), sight("work", "ok", 0)];
        assert_eq!(looks.due(&sights, at(0), siblings), ["work"]);
        assert_eq!(looks.next(), Some(at(10)));
        let sights = [sight("home", "ok", 60), sight("lab", BY_PROVIDER, 0), sight("work", BY_PROVIDER, 1)];
        assert_eq!(looks.due(&sights, at(61), siblings), ["lab", "work"], "fixed; their own second looks are due, too");
        let mut looks = Confirmations::default();
        let sights = [sight("home", "broken", 0), sight("lab", "ok", 0), sight("work", "ok", 0)];
        assert!(looks.due(&sights, at(0), siblings).is_empty(), "the cause is not the provider");
        assert!(looks.due(&[], at(5), siblings).is_empty());
        assert_eq!(looks.next(), None, "a target that is gone");
    }
}
