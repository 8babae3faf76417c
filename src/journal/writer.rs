//! The one thread that writes the journal to disk.
//!
//! It commits what was noted about once a second. While the disk does not let it, everything stays in memory (up to a
//! limit), and it tries again.

use std::{
    path::PathBuf,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tracing::{error, info};

use super::{
    Retention, StorageError,
    backlog::Backlog,
    memory::Memory,
    store::{FILE, Reader, Store},
};

/// How long more is waited for before a commit.
const GATHER: Duration = Duration::from_secs(1);
/// How long after a failure it is tried again.
const RETRY: Duration = Duration::from_secs(5);

/// What readers, rounds and the writer share.
#[derive(Debug, Default)]
pub(super) struct Notifier {
    notes: Mutex<Notes>,
    /// Wakes the writer.
    news: Condvar,
    /// Wakes those who wait for the writer.
    done: Condvar,
    /// For what is too old to be held in memory. Apart from the notes, so that a slow disk holds up nobody else.
    pub archive: Mutex<Option<Reader>>,
}

/// What was noted.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub memory: Memory,
    pub backlog: Backlog,
    /// How often a flush was asked for, and how many of these are answered.
    asked: u64,
    answered: u64,
    stop: bool,
    ended: bool,
}

impl Notes {
    fn is_urgent(&self) -> bool {
        self.asked > self.answered || self.stop
    }
}

impl Notifier {
    pub fn notes(&self) -> MutexGuard<'_, Notes> {
        // Each change of the notes is whole or was not begun.
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn wake(&self) {
        self.news.notify_one();
    }

    /// Has everything written at once, and waits for it.
    pub fn flush(&self) {
        let mut notes = self.notes();
        notes.asked += 1;
        let mine = notes.asked;
        self.news.notify_one();
        let waited = self.done.wait_while(notes, |notes| notes.answered < mine && !notes.ended);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    pub fn stop(&self) {
        self.notes().stop = true;
        self.news.notify_one();
    }

    /// Waits until there is something to write, and then a while for more, unless it is urgent.
    fn wait(&self, gather: Duration) -> MutexGuard<'_, Notes> {
        let notes = self.notes();
        let has_nothing = |notes: &mut Notes| !notes.backlog.is_due() && !notes.is_urgent();
        let notes = self.news.wait_while(notes, has_nothing).unwrap_or_else(PoisonError::into_inner);
        let waited = self.news.wait_timeout_while(notes, gather, |notes| !notes.is_urgent());
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// The thread that writes.
#[derive(Debug)]
pub(super) struct Writer {
    pub notifier: Arc<Notifier>,
    pub folder: PathBuf,
    pub retention: Retention,
    /// The file; none while it cannot be opened.
    pub store: Option<Store>,
    /// Whether the last attempt to write succeeded.
    pub kept: Arc<AtomicBool>,
}

impl Writer {
    /// Writes until told to stop, and then all that is left.
    pub fn run(mut self) {
        let mut gather = GATHER;
        loop {
            let (asked, stop) = {
                let notes = self.notifier.wait(gather);
                (notes.asked, notes.stop)
            };
            let outcome = self.attempt();
            gather = if outcome.is_ok() { GATHER } else { RETRY };
            self.tell(&outcome);
            if stop {
                // The last one who closes the file tidies it up, and that must be one who may write.
                *self.notifier.archive.lock().unwrap_or_else(PoisonError::into_inner) = None;
                self.store = None;
            }
            let mut notes = self.notifier.notes();
            notes.answered = asked;
            notes.ended = stop;
            drop(notes);
            self.notifier.done.notify_all();
            if stop {
                return;
            }
        }
    }

    fn attempt(&mut self) -> Result<(), String> {
        if self.store.is_none() {
            let store = open(&self.notifier, &self.folder, self.retention).map_err(|error| error.to_string())?;
            self.store = Some(store);
        }
        let Some(store) = &mut self.store else { return Ok(()) };
        let batch = {
            let mut notes = self.notifier.notes();
            let urgent = notes.is_urgent();
            notes.backlog.take(urgent)
        };
        store.write(&batch).map_err(|error| {
            self.notifier.notes().backlog.put_back(batch);
            error.to_string()
        })
    }

    /// Logs a turn for the worse or the better: once.
    fn tell(&self, outcome: &Result<(), String>) {
        let was_kept = self.kept.swap(outcome.is_ok(), Ordering::Relaxed);
        let file = self.folder.join(FILE);
        let file = file.display();
        match outcome {
            Ok(()) if !was_kept => info!(%file, "the journal is written again"),
            Err(problem) if was_kept => error!(
                %file, problem,
                "the journal cannot be written; rounds go on, what happens stays in memory, and it is tried again"
            ),
            _ => {}
        }
    }
}

/// Opens the file, and takes what is in it into memory.
pub(super) fn open(notifier: &Notifier, folder: &std::path::Path, retention: Retention) -> Result<Store, StorageError> {
    let store = Store::open(folder, retention)?;
    let (past, reader) = store.past(folder)?;
    {
        let mut notes = notifier.notes();
        let by = notes.memory.adopt(past);
        notes.backlog.renumber(by);
    }
    *notifier.archive.lock().unwrap_or_else(PoisonError::into_inner) = Some(reader);
    Ok(store)
}
