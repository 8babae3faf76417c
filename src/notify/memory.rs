//! What survives a restart, where there is storage: what receivers were told, and the windows by command.
//!
//! One small file, written anew whenever something of it changes, in a task of its own: a disk that hangs or is full holds
//! up neither rounds nor messages. Without it, an outage is told again after a restart, and windows by command are gone.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::{fs::OpenOptions, io::AsyncWriteExt as _, sync::watch, time::timeout};
use tokio_util::task::AbortOnDropHandle;
use tracing::warn;

use super::{maintenance::Window, message::AlertKey};
use crate::{clock::Time, render::notice::Notice};

/// The form of the file. One with another number is not read.
const FORMAT: u32 = 1;
/// How long the last change may take to be written when the daemon stops.
const LAST_WRITE: Duration = Duration::from_secs(1);

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

    /// What a file holds; nothing where there is none. One that cannot be read is told in the log, and takes nothing along.
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
    pub fn new(path: PathBuf, kept: Kept) -> Self {
        let (latest, changes) = watch::channel(kept);
        Self { latest, writing: AbortOnDropHandle::new(tokio::spawn(write_all(path, changes))) }
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

async fn write_all(path: PathBuf, mut changes: watch::Receiver<Kept>) {
    let mut is_failing = false;
    while changes.changed().await.is_ok() {
        let kept = changes.borrow_and_update().clone();
        match write(&path, &kept).await {
            Ok(()) => is_failing = false,
            Err(error) if !std::mem::replace(&mut is_failing, true) => {
                let path = path.display();
                warn!(%path, %error, "what receivers were told cannot be written; a restart tells it again");
            }
            Err(_) => {}
        }
    }
}

/// Writes beside the file and renames, so that a crash leaves the old one or the new one.
async fn write(path: &Path, kept: &Kept) -> io::Result<()> {
    let beside = path.with_extension("new");
    // One that a crash left may have another mode.
    match tokio::fs::remove_file(&beside).await {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // It repeats what checks found: as with the journal, only its owner may read it.
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside).await?;
    file.write_all(&serde_json::to_vec(kept)?).await?;
    // Before the rename: after a power cut there must be one of the two, whole.
    file.sync_all().await?;
    tokio::fs::rename(&beside, path).await
}
