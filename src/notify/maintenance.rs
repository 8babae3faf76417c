//! Maintenance windows: from the configuration, and by command. They mute messages, never rounds.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::{
    clock::{Time, span},
    config::Maintenance,
};

/// The most windows by command at once: each is an entry in memory.
const MOST_BY_COMMAND: usize = 1000;

/// A maintenance window of one target or of all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// When it began.
    pub from: Time,
    /// When it ends.
    pub until: Time,
    /// The targets; none means all.
    pub targets: Option<BTreeSet<String>>,
    /// Why, for people.
    pub reason: Option<String>,
}

impl Window {
    /// Whether it is open at `now` for this target.
    #[must_use]
    pub fn covers(&self, now: Time, target: &str) -> bool {
        self.from <= now && now < self.until && self.names(target)
    }

    fn names(&self, target: &str) -> bool {
        self.targets.as_ref().is_none_or(|targets| targets.contains(target))
    }
}

/// The windows that there are. Those by command survive a restart where there is storage ([`super::memory`]).
#[derive(Debug, Default)]
pub struct Windows {
    known: Mutex<Known>,
    /// Tells when a window was added or ended.
    changed: watch::Sender<()>,
    /// Whether those of the process before are among them.
    is_complete: AtomicBool,
}

#[derive(Debug, Default)]
struct Known {
    configured: Vec<Maintenance>,
    by_command: Vec<Window>,
}

impl Windows {
    /// Takes the windows of a configuration in place of those of the one before.
    pub fn configure(&self, windows: &[Maintenance]) {
        self.known().configured = windows.to_vec();
        self.changed.send_replace(());
    }

    /// Begins a window by command, from `now` on.
    ///
    /// # Errors
    /// There are too many; a text for a person.
    pub fn begin(&self, window: Window, now: Time) -> Result<(), String> {
        let mut known = self.known();
        if known.by_command.len() >= MOST_BY_COMMAND {
            // Not before it must be: where the clock is wrong for a moment, windows seem to be over.
            known.by_command.retain(|window| window.until > now);
        }
        if known.by_command.len() >= MOST_BY_COMMAND {
            return Err(format!("there are {MOST_BY_COMMAND} windows already; end one first"));
        }
        known.by_command.push(window);
        drop(known);
        self.changed.send_replace(());
        Ok(())
    }

    /// Ends the windows by command that these targets are in (all of them for none). One that names others, too, goes on
    /// for those; one for all targets goes on for `all` but these. How many windows that concerned.
    pub fn end(&self, targets: Option<&BTreeSet<String>>, all: &[String], now: Time) -> usize {
        let mut known = self.known();
        let mut ended = 0;
        let windows = std::mem::take(&mut known.by_command);
        for mut window in windows {
            let concerns = targets.is_none_or(|targets| targets.iter().any(|target| window.names(target)));
            if window.until <= now || !concerns {
                known.by_command.push(window);
                continue;
            }
            let Some(targets) = targets else {
                ended += 1;
                continue;
            };
            ended += 1;
            let named = window.targets.take().unwrap_or_else(|| all.iter().cloned().collect());
            let rest: BTreeSet<String> = named.difference(targets).cloned().collect();
            if !rest.is_empty() {
                known.by_command.push(Window { targets: Some(rest), ..window });
            }
        }
        drop(known);
        self.changed.send_replace(());
        ended
    }

    /// The windows by command, also those that are over.
    #[must_use]
    pub fn by_command(&self) -> Vec<Window> {
        self.known().by_command.clone()
    }

    /// Takes up the windows by command of the process before.
    pub fn recall(&self, windows: Vec<Window>) {
        self.known().by_command.extend(windows);
        self.changed.send_replace(());
    }

    /// Notes that all windows are known, also those of the process before.
    pub fn complete(&self) {
        self.is_complete.store(true, Ordering::Release);
    }

    /// Whether a target is in a window at `now`, or may be, as long as not all windows are known.
    #[must_use]
    pub fn may_cover(&self, now: Time, target: &str) -> bool {
        !self.is_complete.load(Ordering::Acquire) || self.active(now, target).is_some()
    }

    /// The window that a target is in at `now`: of several, the one that ends last.
    #[must_use]
    pub fn active(&self, now: Time, target: &str) -> Option<Window> {
        self.open(now).into_iter().filter(|window| window.covers(now, target)).max_by_key(|window| window.until)
    }

    /// All windows that are open at `now`.
    #[must_use]
    pub fn open(&self, now: Time) -> Vec<Window> {
        let known = self.known();
        let configured = known.configured.iter().filter_map(|window| latest(window, now));
        let by_command = known.by_command.iter().filter(|window| window.from <= now && now < window.until).cloned();
        configured.chain(by_command).collect()
    }

    /// The next time after `now` at which a window begins or ends.
    #[must_use]
    pub fn next_change(&self, now: Time) -> Option<Time> {
        let ends = self.open(now).into_iter().map(|window| window.until);
        let known = self.known();
        let begins = known.configured.iter().map(|window| window.schedule.next(now, ""));
        ends.chain(begins).min()
    }

    /// Tells when a window was added or ended since it was last asked.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The window of a schedule that is open at `now`: of several that overlap, the one that began last.
fn latest(window: &Maintenance, now: Time) -> Option<Window> {
    let lasts = span(window.duration);
    // The first that could still be open began at the end of the one before it.
    let mut begin = window.schedule.next(now - lasts, "");
    if begin > now {
        return None;
    }
    // A schedule that begins each minute, with windows of a week, is walked no further than need be.
    const STEPS: usize = 100;
    for _ in 0..STEPS {
        let next = window.schedule.next(begin, "");
        if next > now {
            break;
        }
        begin = next;
    }
    let Maintenance { targets, reason, .. } = window;
    Some(Window { from: begin, until: begin + lasts, targets: targets.clone(), reason: reason.clone() })
}

/// How long a window by command may last.
pub const LONGEST: Duration = Duration::from_hours(24 * 31);

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::schedule::{Schedule, Zone};

    fn at(text: &str) -> Time {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    fn configured(schedule: &str, hours: u64, targets: Option<&[&str]>) -> Maintenance {
        let schedule = Schedule::parse(schedule, &Zone::named("Europe/Berlin").unwrap()).unwrap();
        Maintenance { schedule, duration: Duration::from_hours(hours), targets: targets.map(names), reason: None }
    }

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn by_command(from: Time, until: Time, targets: Option<&[&str]>) -> Window {
        Window { from, until, targets: targets.map(names), reason: Some("upgrade".to_owned()) }
    }

    #[test]
    fn a_window_follows_the_wall_clock_of_its_timezone_through_changes_of_the_clocks() {
        let windows = Windows::default();
        windows.configure(&[configured("0 3 * * 0", 2, Some(&["home"]))]);
        for (now, open) in [
            // Summer: 3 o'clock is 1 UTC.
            ("2026-07-05T00:59:59Z", false),
            ("2026-07-05T01:00:00Z", true),
            ("2026-07-05T02:59:59Z", true),
            ("2026-07-05T03:00:00Z", false),
            // The clocks go forward from 2 to 3 on 29 March: 3 o'clock is 1 UTC at once.
            ("2026-03-29T00:59:59Z", false),
            ("2026-03-29T01:00:00Z", true),
            ("2026-03-29T03:00:00Z", false),
            // They go back from 3 to 2 on 25 October: 3 o'clock is 2 UTC, and the window lasts two hours of time.
            ("2026-10-25T01:30:00Z", false),
            ("2026-10-25T02:00:00Z", true),
            ("2026-10-25T03:59:59Z", true),
            ("2026-10-25T04:00:00Z", false),
            // Winter: 2 UTC. Not on Mondays.
            ("2026-12-06T02:00:00Z", true),
            ("2026-12-07T02:00:00Z", false),
        ] {
            assert_eq!(windows.active(at(now), "home").is_some(), open, "{now}");
            assert!(windows.active(at(now), "work").is_none(), "{now}");
        }
    }

    #[test]
    fn windows_that_overlap_last_until_the_end_of_the_last() {
        let windows = Windows::default();
        windows.configure(&[configured("0 * * * *", 2, None)]);
        let now = at("2026-12-06T12:30:00Z");
        let window = windows.active(now, "home").unwrap();
        assert_eq!((window.from, window.until), (at("2026-12-06T12:00:00Z"), at("2026-12-06T14:00:00Z")));
        assert_eq!(windows.next_change(now), Some(at("2026-12-06T13:00:00Z")));
        windows.begin(by_command(now, at("2026-12-06T15:00:00Z"), None), now).unwrap();
        assert_eq!(windows.active(now, "home").unwrap().reason.as_deref(), Some("upgrade"));
        windows.configure(&[]);
        assert_eq!(windows.open(now).len(), 1, "a reload keeps windows by command");
        assert!(windows.active(at("2026-12-06T15:00:00Z"), "home").is_none());
        assert_eq!(windows.next_change(at("2026-12-06T15:00:00Z")), None);
    }

    #[test]
    fn a_window_by_command_ends_for_the_targets_that_are_named() {
        let (now, until) = (at("2026-12-06T12:00:00Z"), at("2026-12-06T13:00:00Z"));
        let all = ["home", "work", "lab"].map(str::to_owned);
        let active = |windows: &Windows| -> Vec<&str> {
            ["home", "work", "lab"].into_iter().filter(|target| windows.active(now, target).is_some()).collect()
        };
        for (targets, ended, count, left) in [
            (None, None, 1, &[][..]),
            (None, Some(&["home"][..]), 1, &["work", "lab"]),
            (Some(&["home", "work"][..]), Some(&["home"]), 1, &["work"]),
            (Some(&["home"]), Some(&["home", "work"]), 1, &[]),
            (Some(&["home"]), Some(&["lab"]), 0, &["home"]),
        ] {
            let windows = Windows::default();
            windows.begin(by_command(now, until, targets), now).unwrap();
            assert_eq!(windows.end(ended.map(names).as_ref(), &all, now), count, "{targets:?} {ended:?}");
            assert_eq!(active(&windows), left, "{targets:?} {ended:?}");
        }
    }

    #[test]
    fn a_clock_that_is_wrong_for_a_moment_ends_no_window() {
        let windows = Windows::default();
        let (now, until) = (at("2026-12-06T12:00:00Z"), at("2026-12-06T13:00:00Z"));
        windows.begin(by_command(now, until, Some(&["home"])), now).unwrap();
        let wrong = now + chrono::TimeDelta::days(500);
        windows.begin(by_command(wrong, wrong + chrono::TimeDelta::hours(1), Some(&["lab"])), wrong).unwrap();
        assert_eq!(windows.end(None, &["home".to_owned()], wrong), 1, "that which is open then");
        assert_eq!(windows.by_command().len(), 1);
        assert!(windows.active(now, "home").is_some());
    }

    #[test]
    fn commands_cannot_fill_the_memory() {
        let windows = Windows::default();
        let (now, until) = (at("2026-12-06T12:00:00Z"), at("2026-12-06T13:00:00Z"));
        for _ in 0..MOST_BY_COMMAND {
            windows.begin(by_command(now, until, None), now).unwrap();
        }
        assert!(windows.begin(by_command(now, until, None), now).unwrap_err().contains("end one first"));
        windows.begin(by_command(until, until + chrono::TimeDelta::hours(1), None), until).unwrap();
        assert_eq!(windows.open(until).len(), 1, "those that are over make place");
    }
}
