//! Which targets are looked at again before their next round is due, so that an outage is told within seconds. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::{ledger::SECOND_LOOK, sight::Sight};
use crate::{
    clock::Time,
    model::{Login, Stage},
};

/// Asks for second looks at targets that have just broken.
#[derive(Debug, Default)]
pub(super) struct SecondLooks {
    /// Targets whose latest round was broken: when the second look is due, until it is asked for.
    broken: BTreeMap<String, Option<Time>>,
}

impl SecondLooks {
    /// The targets to look at now. `siblings` gives the targets of the same provider: where the provider breaks sign-in,
    /// they are looked at at once, so that one message tells of all.
    pub fn due(&mut self, sights: &[Sight], now: Time, siblings: impl Fn(&str) -> Vec<String>) -> Vec<String> {
        let mut wanted: Vec<String> = Vec::new();
        let mut fresh: Vec<&Sight> = Vec::new();
        let listed: BTreeSet<&str> = sights.iter().map(|sight| sight.target.as_str()).collect();
        self.broken.retain(|target, _| listed.contains(target.as_str()));
        for sight in sights {
            if sight.login() != Login::Broken {
                self.broken.remove(&sight.target);
            } else if !self.broken.contains_key(&sight.target) {
                self.broken.insert(sight.target.clone(), Some(sight.at + SECOND_LOOK));
                fresh.push(sight);
            }
        }
        for sight in fresh.into_iter().filter(|sight| is_of_provider(sight)) {
            wanted.extend(siblings(&sight.target).into_iter().filter(|name| !self.broken.contains_key(name)));
        }
        for sight in sights {
            let Some(due) = self.broken.get_mut(&sight.target).filter(|due| due.is_some_and(|due| due <= now)) else {
                continue;
            };
            // A round that came meanwhile was the second look.
            let is_seen_again = due.take().is_some_and(|due| sight.at >= due);
            wanted.extend((!is_seen_again).then(|| sight.target.clone()));
        }
        wanted.sort_unstable();
        wanted.dedup();
        wanted
    }

    /// When the next second look is due.
    pub fn next(&self) -> Option<Time> {
        self.broken.values().flatten().min().copied()
    }
}

fn is_of_provider(sight: &Sight) -> bool {
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
        let mut looks = SecondLooks::default();
        let mut due =
            |says: &str, seen: i64, now: i64| looks.due(&[sight("home", says, seen)], at(now), |_| Vec::new());
        assert!(due("ok", 0, 0).is_empty());
        assert!(due("broken", 60, 61).is_empty());
        assert!(due("broken", 60, 69).is_empty());
        assert_eq!(due("broken", 60, 70), ["home"]);
        assert!(due("broken", 60, 71).is_empty(), "asked for already");
        assert!(due("broken", 72, 82).is_empty(), "still broken");
        assert!(due("ok", 120, 120).is_empty());
        assert!(due("broken", 180, 180).is_empty());
        assert!(due("broken", 191, 191).is_empty(), "a round came by itself");
    }

    #[test]
    fn the_other_targets_of_a_provider_are_looked_at_at_once() {
        let mut looks = SecondLooks::default();
        let siblings = |_: &str| vec!["lab".to_owned(), "work".to_owned()];
        let sights = [sight("home", BY_PROVIDER, 0), sight("lab", BY_PROVIDER, 0), sight("work", "ok", 0)];
        assert_eq!(looks.due(&sights, at(0), siblings), ["work"]);
        assert_eq!(looks.next(), Some(at(10)));
        let mut looks = SecondLooks::default();
        let sights = [sight("home", "broken", 0), sight("lab", "ok", 0), sight("work", "ok", 0)];
        assert!(looks.due(&sights, at(0), siblings).is_empty(), "the cause is not the provider");
        assert!(looks.due(&[], at(5), siblings).is_empty());
        assert_eq!(looks.next(), None, "a target that is gone");
    }
}
