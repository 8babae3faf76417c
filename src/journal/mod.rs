//! What changed and when, and what was so when sign-in last worked.
//!
//! Written by the scheduler after each round, read by the surfaces. It never holds a secret: what it gets is a report and
//! a snapshot, which hold none.
//!
//! Rounds and readers meet in memory ([`memory`]), which holds the newest of everything, so that neither waits for a disk.
//! With storage, one thread ([`writer`]) writes what was noted to a SQLite file ([`store`]) and reads it back after a
//! restart; only events that are too old for memory are read from the file when somebody asks for them.

mod backlog;
mod clock_trust;
mod event;
mod memory;
mod span;
mod state;
mod store;
mod writer;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
};

use tokio::{
    runtime::{Handle, RuntimeFlavor},
    time::Instant,
};
use tracing::warn;

pub use event::{Event, Repeated, What};
pub use span::{Good, Seconds, Span};
pub use state::State;
pub use store::{FILE, Retention, StorageError};

use self::{
    clock_trust::Reading,
    store::{Past, Reader},
    writer::{Shared, Writer},
};
use crate::{
    clock::Time,
    model::{Change, Report, Snapshot},
};

/// How many events are held in memory at most, and how many wait for the disk: the newest.
const MOST: usize = 10_000;

/// The journal. Without storage (the default) it lasts as long as the process.
#[derive(Debug, Default)]
pub struct Journal {
    shared: Arc<Shared>,
    /// Whether the last attempt to write succeeded; none without storage.
    kept: Option<Arc<AtomicBool>>,
}

/// Where and how much a journal keeps on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    /// The folder, which is made if it is not there.
    pub folder: PathBuf,
    /// How much is kept.
    pub retention: Retention,
}

/// What one round says to the journal.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// What was seen.
    pub snapshot: &'a Snapshot,
    /// What was said about it.
    pub report: &'a Report,
    /// What was said the round before; none at a target's first round.
    pub before: Option<&'a Report>,
    /// The changes that this round saw first.
    pub changes: &'a [Change],
    /// How long a round stays current, in seconds: a longer gap is one in which nobody watched.
    pub stale_after_seconds: f64,
}

/// Which events are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Of this target only.
    pub target: Option<String>,
    /// Not before this time.
    pub since: Option<Time>,
    /// Before this event: where the page before ended.
    pub before: Option<u64>,
    /// At most so many, the newest first.
    pub limit: usize,
}

/// What comes of opening a journal, which a thread of its own does: a large file, or a disk that hangs, holds up no start.
#[derive(Debug)]
pub struct Opening(mpsc::Receiver<Result<(), StorageError>>);

impl Opening {
    /// Waits for it: not for a task of the runtime.
    ///
    /// # Errors
    /// The folder or the file must not be used, or this process may not: see [`StorageError`].
    pub fn wait(self) -> Result<(), StorageError> {
        // Without an answer the thread is gone by a panic, and the journal tells that it is not kept.
        self.0.recv().unwrap_or(Ok(()))
    }
}

impl Journal {
    /// A journal that is kept on disk, with what is there already. Where the disk is full, read-only or broken, the journal
    /// is in memory until it can be used.
    ///
    /// # Errors
    /// The folder or the file must not be used, or this process may not: see [`StorageError`].
    pub fn open(storage: Storage) -> Result<Self, StorageError> {
        let (journal, opening) = Self::begin(storage)?;
        opening.wait()?;
        Ok(journal)
    }

    /// [`Journal::open`] without waiting: what is there already comes later.
    ///
    /// # Errors
    /// There is no thread for it.
    pub fn begin(storage: Storage) -> Result<(Self, Opening), StorageError> {
        let Storage { folder, retention } = storage;
        let shared = Arc::new(Shared::default());
        let kept = Arc::new(AtomicBool::new(true));
        let unavailable = |error: std::io::Error| StorageError::Unavailable {
            path: folder.clone(),
            detail: format!("no thread for the journal: {error}"),
        };
        let writer = Writer::new(Arc::clone(&shared), folder.clone(), retention, Arc::clone(&kept));
        let (answer, opening) = mpsc::channel();
        thread::Builder::new().name("journal".to_owned()).spawn(move || writer.run(&answer)).map_err(unavailable)?;
        Ok((Self { shared, kept: Some(kept) }, Opening(opening)))
    }

    /// What a daemon keeps or has kept in this folder, to be read only; the daemon may run.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn read(folder: &Path) -> Result<Self, StorageError> {
        let reader = Reader::open(folder)?;
        let past = reader.past()?;
        let journal = Self::default();
        journal.shared.notes().adopt(past);
        *journal.shared.archive.lock().unwrap_or_else(PoisonError::into_inner) = Some(reader);
        Ok(journal)
    }

    /// Notes a round of a target.
    pub fn note(&self, target: &str, entry: Entry<'_>) {
        let at = Reading { wall: entry.report.at, steady: Instant::now() };
        let mut notes = self.shared.notes();
        let noted = notes.memory.note(target, entry);
        if self.kept.is_some() {
            notes.backlog.note(target, noted, at);
            drop(notes);
            self.shared.wake();
        }
    }

    /// Keeps the latest round of a target for the time after a restart. Without storage it does nothing.
    pub fn keep(&self, target: &str, state: impl FnOnce() -> State) {
        if self.kept.is_some() {
            let state = state();
            self.shared.notes().backlog.keep(target, state);
            self.shared.wake();
        }
    }

    /// The events asked for, the newest first. With storage, only those that are on disk: a number that was shown is not
    /// given again after a crash. While the disk takes nothing, the others are shown, too.
    #[must_use]
    pub fn events(&self, query: &Query) -> Vec<Event> {
        let (mut found, oldest) = {
            let notes = self.shared.notes();
            let is_kept = self.kept.as_ref().is_some_and(|kept| kept.load(Ordering::Relaxed));
            let end = if is_kept { notes.committed.saturating_add(1) } else { u64::MAX };
            let before = Some(query.before.map_or(end, |before| before.min(end)));
            (notes.memory.events(&Query { before, ..query.clone() }), notes.memory.goes_back_to())
        };
        if let Some(oldest) = oldest.filter(|_| found.len() < query.limit) {
            let before = Some(query.before.map_or(oldest, |before| before.min(oldest)));
            let older = Query { before, limit: query.limit - found.len(), ..query.clone() };
            found.extend(self.ask_disk(|reader| reader.events(&older)).unwrap_or_default());
        }
        found
    }

    /// What was so when sign-in at a target was last seen to work.
    #[must_use]
    pub fn last_good(&self, target: &str) -> Option<Good> {
        self.shared.notes().memory.last_good(target)
    }

    /// How sign-in at a target stood between two times, oldest first; gaps are times in which nobody watched.
    #[must_use]
    pub fn history(&self, target: &str, from: Time, to: Time) -> Vec<Span> {
        self.shared.notes().memory.history(target, from, to)
    }

    /// The latest round of a target that is on disk. Waits for the disk, also for the file to be opened.
    #[must_use]
    pub fn state(&self, target: &str) -> Option<State> {
        if self.kept.is_some() {
            blocking(|| self.shared.until_open());
        }
        self.ask_disk(|reader| reader.state(target)).flatten()
    }

    /// Whether there may be a round of an earlier process: whether the journal is on disk.
    #[must_use]
    pub fn has_storage(&self) -> bool {
        self.kept.is_some()
    }

    /// The targets that something is known of, by name.
    #[must_use]
    pub fn targets(&self) -> Vec<String> {
        self.shared.notes().memory.targets()
    }

    /// Whether what is noted reaches the disk, now and later; none without storage.
    #[must_use]
    pub fn kept(&self) -> Option<Arc<AtomicBool>> {
        self.kept.clone()
    }

    /// Writes everything that was noted before this call, and says whether that succeeded. Waits for the disk: not for
    /// a task of the runtime. Without storage there is nothing to do.
    pub fn flush(&self) -> bool {
        let Some(kept) = &self.kept else { return true };
        self.shared.flush();
        kept.load(Ordering::Relaxed)
    }

    /// As [`Journal::flush`], and closes the file: nothing is written any more.
    pub fn close(&self) -> bool {
        let Some(kept) = &self.kept else { return true };
        self.shared.stop();
        self.shared.flush();
        kept.load(Ordering::Relaxed)
    }

    /// Asks the file; what it cannot tell is logged and left out.
    fn ask_disk<T>(&self, ask: impl FnOnce(&Reader) -> rusqlite::Result<T>) -> Option<T> {
        blocking(|| {
            let archive = self.shared.archive.lock().unwrap_or_else(PoisonError::into_inner);
            let answer = ask(archive.as_ref()?);
            answer.inspect_err(|error| warn!(%error, "the journal's file cannot be read")).ok()
        })
    }
}

/// Does what may wait for a disk that hangs: other tasks of the runtime go on meanwhile, and rounds are among them.
fn blocking<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

impl Drop for Journal {
    /// Tells the writer to end. It writes what is left, and nobody waits for it.
    fn drop(&mut self) {
        self.shared.stop();
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::Duration};

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_reader_who_waits_for_the_disk_holds_up_no_other_task() {
        let journal = Arc::new(Journal::default());
        let shared = Arc::clone(&journal.shared);
        let (hangs, has_hung) = mpsc::channel();
        let (fix, fixed) = mpsc::channel();
        let disk = thread::spawn(move || {
            let _held = shared.archive.lock().unwrap();
            hangs.send(()).unwrap();
            fixed.recv_timeout(Duration::from_secs(20)).is_ok()
        });
        has_hung.recv().unwrap();
        let (begin, begun) = tokio::sync::oneshot::channel();
        let reader = tokio::spawn(async move {
            begin.send(()).unwrap();
            journal.state("home")
        });
        begun.await.unwrap();
        // On the runtime's only thread, which the reader has unless it gave way.
        tokio::spawn(async {}).await.unwrap();
        let _ = fix.send(());
        assert!(disk.join().unwrap(), "another task ran only when the disk answered");
        assert_eq!(reader.await.unwrap(), None);
    }
}
