//! Which targets are looked at again before their next round is due, so that an outage is told within seconds. Pure.

use std::collections::BTreeMap;

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
    pub fn due<'a>(&mut self, sights: &'a [Sight], now: Time, siblings: impl Fn(&str) -> Vec<&'a str>) -> Vec<&'a str> {
        let mut wanted: Vec<&str> = Vec::new();
        for sight in sights {
            if sight.login() != Login::Broken {
                self.broken.remove(&sight.target);
                continue;
            }
            if !self.broken.contains_key(&sight.target) {
                self.broken.insert(sight.target.clone(), Some(sight.at + SECOND_LOOK));
                if is_of_provider(sight) {
                    wanted.extend(siblings(&sight.target).into_iter().filter(|name| !self.broken.contains_key(*name)));
                }
            }
        }
        for sight in sights {
            if let Some(due) = self.broken.get_mut(&sight.target)
                && due.is_some_and(|due| due <= now)
            {
                // A round that came meanwhile was the second look.
                let is_seen_again = due.take().is_some_and(|due| sight.at >= due);
                wanted.extend((!is_seen_again).then_some(sight.target.as_str()));
            }
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
