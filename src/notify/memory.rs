//! What survives a restart, where there is storage: what receivers were told, and the windows by command.
//!
//! One small file, written again whenever something of it changes, in a task of its own: a disk that hangs or is full holds
//! up neither rounds nor messages. What cannot be written is tried again until it can; meanwhile the file is as it was.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::{sync::watch, task::spawn_blocking, time::timeout};
use tokio_util::task::AbortOnDropHandle;
use tracing::{info, warn};

use super::{maintenance::Window, message::AlertKey};
use crate::{atomic_file, clock::Time, metrics::Daemon, render::notice::Notice};

/// The form of the file. One with another number is not read.
const FORMAT: u32 = 1;
/// How long the last change may take to be written when the daemon stops.
const LAST_WRITE: Duration = Duration::from_secs(1);
/// How long after a failure it is tried again.
const RETRY: Duration = Duration::from_secs(5);

/// What survives a restart.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Kept {
    format: u32,
    /// What receivers take to be so.
    pub told: Vec<Told>,
    /// The windows by command.
    pub windows: Vec<Window>,
}

/// One thing that a receiver was told and takes to be so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// The receiver.
    pub receiver: String,
    /// The target.
    pub target: String,
    /// What it is about.
    pub matter: AlertKey,
    /// Since when, as it was told.
    pub since: Time,
    /// What was last said about it.
    pub notice: Notice,
}

impl Kept {
    /// What is to survive.
    #[must_use]
    pub fn new(told: Vec<Told>, windows: Vec<Window>) -> Self {
        Self { format: FORMAT, told, windows }
    }

    /// What a file holds; nothing where there is none. One that cannot be read is logged, and takes nothing along.
    pub async fn read(path: &Path) -> Self {
        let read = match tokio::fs::read(path).await {
            Ok(bytes) => serde_json::from_slice::<Self>(&bytes).map_err(|error| error.to_string()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Self::default(),
            Err(error) => Err(error.to_string()),
        };
        match read {
            Ok(kept) if kept.format == FORMAT => kept,
            Ok(_) => Self::unread(path, "it is of another release"),
            Err(error) => Self::unread(path, &error),
        }
    }

    fn unread(path: &Path, error: &str) -> Self {
        let path = path.display();
        warn!(%path, error, "what receivers were told cannot be read; what is still broken is told again");
        Self::default()
    }
}

/// Writes what survives, in a task of its own.
pub(super) struct Keeper {
    latest: watch::Sender<Kept>,
    writing: AbortOnDropHandle<()>,
}

impl Keeper {
    /// Writes to this file, which holds `kept` now.
    pub fn new(path: PathBuf, kept: Kept, daemon: Arc<Daemon>) -> Self {
        let (latest, changes) = watch::channel(kept);
        Self { latest, writing: AbortOnDropHandle::new(tokio::spawn(write_all(path, changes, daemon))) }
    }

    /// Has it written, if it is new.
    pub fn keep(&self, kept: Kept) {
        self.latest.send_if_modified(|latest| {
            let is_new = *latest != kept;
            *latest = kept;
            is_new
        });
    }

    /// Waits for a moment until all is written.
    pub async fn close(self) {
        drop(self.latest);
        // The task tells itself what it could not write.
        let _ = timeout(LAST_WRITE, self.writing).await;
    }
}

async fn write_all(path: PathBuf, mut changes: watch::Receiver<Kept>, daemon: Arc<Daemon>) {
    let mut is_failing = false;
    loop {
        let changed = if is_failing {
            timeout(RETRY, changes.changed()).await.unwrap_or(Ok(()))
        } else {
            changes.changed().await
        };
        // The daemon stops. What could not be written gets a last chance.
        let is_last = changed.is_err();
        if is_last && !is_failing {
            return;
        }
        let kept = changes.borrow_and_update().clone();
        let outcome = write(path.clone(), &kept).await;
        daemon.notified_kept(outcome.is_ok());
        let was_failing = std::mem::replace(&mut is_failing, outcome.is_err());
        let path = path.display();
        match outcome {
            Ok(()) if was_failing => info!(%path, "what receivers were told is written again"),
            Err(error) if !was_failing => warn!(
                %path, %error,
                "what receivers were told cannot be written; it is tried again, and a restart meanwhile repeats messages \
                 and forgets maintenance windows"
            ),
            _ => {}
        }
        if is_last {
            return;
        }
    }
}

async fn write(path: PathBuf, kept: &Kept) -> io::Result<()> {
    let bytes = serde_json::to_vec(kept)?;
    // It repeats what checks found: as with the journal, only its owner may read it.
    let writing = spawn_blocking(move || atomic_file::replace(&path, &bytes, atomic_file::PRIVATE));
    writing.await.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use std::fs;

    use chrono::{TimeDelta, TimeZone as _, Utc};

    use super::*;
    use crate::metrics::{MetricsBuilder, flatten};

    fn window(hours: i64) -> Window {
        let from = Utc.with_ymd_and_hms(2026, 11, 24, 6, 0, 0).unwrap();
        Window { from, until: from + TimeDelta::hours(hours), targets: None, reason: None }
    }

    fn kept(hours: i64) -> Kept {
        Kept::new(Vec::new(), vec![window(hours)])
    }

    fn reaches_the_disk(daemon: &Daemon) -> f64 {
        let mut sheet = MetricsBuilder::new();
        daemon.write(&mut sheet, window(0).from);
        let samples = flatten(&sheet.finish());
        samples.into_iter().find(|(name, _)| name == "ssowatch_journal_success").unwrap().1
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_be_written_is_told_leaves_the_old_file_and_is_written_when_that_can_be_done() {
        let folder = tempfile::tempdir().unwrap();
        let (path, away) = (folder.path().join("state").join("told.json"), folder.path().join("away"));
        fs::create_dir(path.parent().unwrap()).unwrap();
        let daemon = Arc::<Daemon>::default();
        daemon.journal(Arc::new(true.into()));
        let keeper = Keeper::new(path.clone(), Kept::default(), Arc::clone(&daemon));
        let pass = |seconds| tokio::time::sleep(Duration::from_secs(seconds));
        keeper.keep(kept(1));
        pass(1).await;
        assert_eq!((Kept::read(&path).await, reaches_the_disk(&daemon)), (kept(1), 1.0));

        fs::rename(path.parent().unwrap(), &away).unwrap();
        keeper.keep(kept(2));
        pass(60).await;
        assert_eq!(reaches_the_disk(&daemon), 0.0);
        fs::rename(&away, path.parent().unwrap()).unwrap();
        assert_eq!(Kept::read(&path).await, kept(1), "the old file");
        pass(6).await;
        assert_eq!((Kept::read(&path).await, reaches_the_disk(&daemon)), (kept(2), 1.0), "without another change");
        keeper.close().await;
    }

    #[tokio::test(start_paused = true)]
    async fn what_could_not_be_written_gets_a_last_chance_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state").join("told.json");
        let keeper = Keeper::new(path.clone(), Kept::default(), Arc::default());
        keeper.keep(kept(1));
        tokio::time::sleep(Duration::from_secs(1)).await;
        fs::create_dir(path.parent().unwrap()).unwrap();
        keeper.close().await;
        assert_eq!(Kept::read(&path).await, kept(1));
    }
}
