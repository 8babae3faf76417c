//! The one thread that writes the journal to disk.
//!
//! It opens the file, commits what was noted about as soon as it is noted, and looks whether the file is still there. While
//! the disk does not let it, everything stays in memory (up to a limit), and it tries again.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Duration,
};

use tracing::{error, info, warn};

use super::{
    Retention, StorageError,
    backlog::{Backlog, Batch},
    clock_trust::ClockTrust,
    memory::Memory,
    store::{FILE, Past, Reader, Store},
};

/// How long more is waited for before a commit.
const GATHER: Duration = Duration::from_millis(200);
/// How long after a failure it is tried again.
const RETRY: Duration = Duration::from_secs(5);
/// How often it is looked whether the file is still there, where there is nothing to write.
const CHECK_EVERY: Duration = Duration::from_secs(30);

/// What readers, rounds and the writer share.
#[derive(Debug, Default)]
pub(super) struct Shared {
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
    /// The last event that is on disk.
    pub committed: u64,
    /// Whether it is known what earlier processes wrote, or that it cannot be known.
    is_open: bool,
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

    /// Takes up what earlier processes wrote.
    pub fn adopt(&mut self, past: Past) {
        self.committed = past.last_id;
        let by = self.memory.adopt(past);
        self.backlog.renumber(by);
    }
}

impl Shared {
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

    /// Waits until it is known what earlier processes wrote, or that it cannot be known.
    pub fn until_open(&self) {
        let waited = self.done.wait_while(self.notes(), |notes| !notes.is_open && !notes.ended);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    fn opened(&self) {
        self.notes().is_open = true;
        self.done.notify_all();
    }

    /// Waits until there is something to write, and then a while for more, unless it is urgent; at most until the file is to
    /// be looked after.
    fn wait(&self, gather: Duration) -> MutexGuard<'_, Notes> {
        let has_nothing = |notes: &mut Notes| !notes.backlog.is_due() && !notes.is_urgent();
        let waited = self.news.wait_timeout_while(self.notes(), CHECK_EVERY, has_nothing);
        let (notes, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        if timeout.timed_out() {
            return notes;
        }
        let waited = self.news.wait_timeout_while(notes, gather, |notes| !notes.is_urgent());
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// The thread that writes.
#[derive(Debug)]
pub(super) struct Writer {
    shared: Arc<Shared>,
    folder: PathBuf,
    retention: Retention,
    /// The file; none while it cannot be used.
    store: Option<Store>,
    /// Whether memory holds what earlier processes wrote.
    is_adopted: bool,
    clock: ClockTrust,
    /// Whether the last attempt to write succeeded.
    kept: Arc<AtomicBool>,
}

impl Writer {
    pub fn new(shared: Arc<Shared>, folder: PathBuf, retention: Retention, kept: Arc<AtomicBool>) -> Self {
        let clock = ClockTrust::after(None);
        Self { shared, folder, retention, store: None, is_adopted: false, clock, kept }
    }

    /// Opens the file and says what came of it; then writes until told to stop, and then all that is left. Ends at once where
    /// the file must not be used.
    pub fn run(mut self, opening: &mpsc::Sender<Result<(), StorageError>>) {
        // Whatever happens here: nobody waits for a thread that is gone.
        let _ends = EndsWith { shared: Arc::clone(&self.shared), kept: Arc::clone(&self.kept) };
        let opened = self.open();
        match opened {
            Err(problem) if !problem.may_pass() => {
                // Nobody who listens any more wants to start.
                let _ = opening.send(Err(problem));
                return;
            }
            Err(problem) => {
                self.kept.store(false, Ordering::Relaxed);
                error!(%problem, "the journal is in memory until its file can be used; it is tried again");
            }
            Ok(()) => {}
        }
        self.shared.opened();
        let _ = opening.send(Ok(()));
        self.write_until_stopped();
    }

    fn write_until_stopped(&mut self) {
        let mut gather = GATHER;
        loop {
            let (asked, stop) = {
                let notes = self.shared.wait(gather);
                (notes.asked, notes.stop)
            };
            let outcome = self.attempt();
            gather = if outcome.is_ok() { GATHER } else { RETRY };
            self.tell(&outcome);
            if stop {
                // The last one who closes the file tidies it up, and that must be one who may write.
                self.close();
            }
            let mut notes = self.shared.notes();
            notes.answered = asked;
            notes.ended = stop;
            drop(notes);
            self.shared.done.notify_all();
            if stop {
                return;
            }
        }
    }

    fn attempt(&mut self) -> Result<(), String> {
        if self.store.as_ref().is_some_and(|store| !store.is_in_place()) {
            self.close();
            return Err("it was deleted or replaced; it is begun again with what memory holds".to_owned());
        }
        if self.store.is_none() {
            guarded(|| self.open().map_err(|error| error.to_string()))?;
        }
        let Some(store) = &mut self.store else { return Ok(()) };
        let batch = {
            let mut notes = self.shared.notes();
            let urgent = notes.is_urgent();
            notes.backlog.take(urgent)
        };
        let now = believed(&mut self.clock, &batch);
        let written = guarded(|| store.write(&batch, now).map_err(|error| error.to_string()));
        let mut notes = self.shared.notes();
        match &written {
            Ok(()) => {
                notes.committed = batch.events.back().map_or(notes.committed, |last| notes.committed.max(last.id))
            }
            Err(_) => notes.backlog.put_back(batch),
        }
        written
    }

    /// Opens the file. At first, memory takes up what is in it; later, the file takes up what is in memory.
    fn open(&mut self) -> Result<(), StorageError> {
        let store = Store::open(&self.folder, self.retention)?;
        let (past, reader) = store.past(&self.folder)?;
        {
            let mut notes = self.shared.notes();
            if self.is_adopted {
                let Notes { memory, backlog, .. } = &mut *notes;
                memory.refill(backlog, past.last_id);
            } else {
                self.clock = ClockTrust::after(past.spans.iter().map(|(_, span)| span.to).max());
                notes.adopt(past);
                self.is_adopted = true;
            }
        }
        *self.shared.archive.lock().unwrap_or_else(PoisonError::into_inner) = Some(reader);
        self.store = Some(store);
        Ok(())
    }

    fn close(&mut self) {
        *self.shared.archive.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.store = None;
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

/// The time by which may be deleted, if the clock can be believed.
fn believed(clock: &mut ClockTrust, batch: &Batch) -> Option<crate::clock::Time> {
    let at = batch.at?;
    if let Some(jump) = clock.take_in(at) {
        let seconds = jump.num_seconds();
        warn!(
            seconds,
            "the clock jumped, or this machine slept: the journal deletes nothing by age until the clock has gone evenly for a day"
        );
    }
    clock.is_trusted().then_some(at.wall)
}

/// Does what a bug may make panic; a panic is a failure like any other.
fn guarded(work: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err("writing panicked, which is a bug; see the log".to_owned()))
}

/// Tells, however the thread ends, that it has.
struct EndsWith {
    shared: Arc<Shared>,
    kept: Arc<AtomicBool>,
}

impl Drop for EndsWith {
    fn drop(&mut self) {
        let mut notes = self.shared.notes();
        if !std::mem::replace(&mut notes.ended, true) {
            self.kept.store(false, Ordering::Relaxed);
        }
        drop(notes);
        self.shared.done.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_failure_like_any_other() {
        assert_eq!(guarded(|| Ok(())), Ok(()));
        assert_eq!(guarded(|| Err("full".to_owned())), Err("full".to_owned()));
        assert!(guarded(|| panic!("a bug")).unwrap_err().contains("panicked"));
    }

    #[test]
    fn nobody_waits_for_a_thread_that_panicked_and_it_is_told_that_nothing_is_kept() {
        let (shared, kept) = (Arc::<Shared>::default(), Arc::new(AtomicBool::new(true)));
        let ends = EndsWith { shared: Arc::clone(&shared), kept: Arc::clone(&kept) };
        let thread = std::thread::spawn(move || {
            let _ends = ends;
            panic!("a bug");
        });
        shared.until_open();
        shared.flush();
        assert!(!kept.load(Ordering::Relaxed));
        assert!(thread.join().is_err());
    }
}
