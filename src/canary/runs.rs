//! The record of runs, beside the passkey file: when each target's last run began and what came of it. By it the canary
//! never runs more than once in an interval, also across restarts and beside another process.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::fs::{FlockOperation, Mode, OFlags};
use serde::{Deserialize, Serialize};

use crate::{
    atomic_file::{self, PRIVATE},
    blocking::files,
    clock::{Time, span},
    model::{Observed, SignIn},
};

/// What is known of one target.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// When the last run began.
    pub begun_at: Time,
    /// What came of the last one that ended.
    #[serde(default)]
    pub last: Option<Observed<SignIn>>,
    /// When one was good last.
    #[serde(default)]
    pub last_good: Option<Time>,
}

/// The runs of all targets, by name.
pub type Runs = BTreeMap<String, Run>;

/// Why no run begins.
#[derive(Debug, thiserror::Error)]
pub enum Wait {
    /// One began within the interval.
    #[error("the last run began at {0}, and the next may begin at {1}")]
    TooSoon(Time, Time),
    /// The record cannot be read or written: without it, runs could follow each other too fast.
    #[error("the record of runs beside the passkey file cannot be kept: {0}")]
    Unkept(#[from] io::Error),
}

/// Where the record is: beside the passkey file.
#[must_use]
pub fn place(passkey_file: &Path) -> PathBuf {
    let mut name = passkey_file.file_name().unwrap_or_default().to_owned();
    name.push(".runs");
    passkey_file.with_file_name(name)
}

/// The record; empty where there is none.
///
/// # Errors
/// It cannot be read.
pub fn load(passkey_file: &Path) -> io::Result<Runs> {
    match files::read_here(&place(passkey_file), files::SMALL) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(io::Error::other),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Runs::new()),
        Err(error) => Err(error),
    }
}

/// Notes that a run of the target begins now, unless one has begun within the interval. Blocks for a moment.
///
/// # Errors
/// As [`Wait`] says: the caller leaves it.
pub fn begin(passkey_file: &Path, target: &str, every: Duration, now: Time) -> Result<(), Wait> {
    change(passkey_file, |runs| {
        let run = runs.entry(target.to_owned()).or_default();
        let next = run.begun_at + span(every);
        // A time to come is of a clock that was set back since: it holds nobody up.
        if run.begun_at <= now && now < next {
            return Err(Wait::TooSoon(run.begun_at, next));
        }
        run.begun_at = now;
        Ok(())
    })
}

/// Whether the record can be kept: tried before anything is registered. Changes nothing in it.
///
/// # Errors
/// It cannot be kept.
pub fn prepare(passkey_file: &Path) -> Result<(), Wait> {
    change(passkey_file, |_| Ok(()))
}

/// Notes what came of the run.
///
/// # Errors
/// The record cannot be kept.
pub fn end(passkey_file: &Path, target: &str, seen: &Observed<SignIn>) -> Result<(), Wait> {
    change(passkey_file, |runs| {
        let run = runs.entry(target.to_owned()).or_default();
        run.last = Some(seen.clone());
        if seen.ok().is_some_and(|run| run.failure().is_none()) {
            run.last_good = Some(seen.at);
        }
        Ok(())
    })
}

/// Changes the record while no other process does.
fn change(passkey_file: &Path, change: impl FnOnce(&mut Runs) -> Result<(), Wait>) -> Result<(), Wait> {
    let record = place(passkey_file);
    let folder = record.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // The folder is locked: the record itself is replaced each time.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let lock = fs::File::from(rustix::fs::open(folder, flags, Mode::empty()).map_err(io::Error::from)?);
    rustix::fs::flock(&lock, FlockOperation::LockExclusive).map_err(io::Error::from)?;
    let mut runs = load(passkey_file)?;
    change(&mut runs)?;
    let text = serde_json::to_vec_pretty(&runs).map_err(io::Error::other)?;
    Ok(atomic_file::replace(&record, &text, PRIVATE)?)
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, TimeZone as _, Utc};

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    #[test]
    fn a_run_begins_once_in_an_interval_whoever_asks_and_each_target_has_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("canary.json");
        let noon = Utc.with_ymd_and_hms(2026, 11, 30, 12, 0, 0).unwrap();
        begin(&path, "kasm", HOUR, noon).unwrap();
        let refused = begin(&path, "kasm", HOUR, noon + TimeDelta::minutes(59)).unwrap_err();
        assert!(matches!(refused, Wait::TooSoon(at, _) if at == noon), "{refused}");
        begin(&path, "wiki", HOUR, noon).unwrap();
        begin(&path, "kasm", HOUR, noon + TimeDelta::hours(1)).unwrap();
        // The clock was set back by a day.
        begin(&path, "kasm", HOUR, noon - TimeDelta::days(1)).unwrap();
        assert_eq!(load(&path).unwrap().len(), 2);
    }

    #[test]
    fn many_at_once_begin_one_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("canary.json");
        let noon = Utc.with_ymd_and_hms(2026, 11, 30, 12, 0, 0).unwrap();
        let begun: usize = std::thread::scope(|threads| {
            let all: Vec<_> =
                (0..8).map(|_| threads.spawn(|| usize::from(begin(&path, "kasm", HOUR, noon).is_ok()))).collect();
            all.into_iter().map(|one| one.join().unwrap()).sum()
        });
        assert_eq!(begun, 1);
    }

    #[test]
    fn without_a_record_that_can_be_kept_no_run_begins() {
        let folder = tempfile::tempdir().unwrap();
        let noon = Utc.with_ymd_and_hms(2026, 11, 30, 12, 0, 0).unwrap();
        let path = folder.path().join("canary.json");
        fs::write(place(&path), "no json").unwrap();
        assert!(matches!(begin(&path, "kasm", HOUR, noon), Err(Wait::Unkept(_))));
        let nowhere = folder.path().join("none").join("canary.json");
        assert!(matches!(begin(&nowhere, "kasm", HOUR, noon), Err(Wait::Unkept(_))));
    }
}
