//! The one thread that writes log lines to standard error: a reader that takes none (a terminal that is paused, a pipe
//! that is full) must not hold up what logs.

use std::{
    io::Write as _,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    },
    thread,
    time::Duration,
};

/// Lines that may wait. More are dropped and counted.
const WAITING: usize = 1024;
/// How long the end of the process waits for the last lines.
const LAST_LINES: Duration = Duration::from_millis(500);

static WRITER: OnceLock<LogWriter> = OnceLock::new();

/// Where lines go.
#[derive(Debug)]
pub(super) struct LogWriter {
    lines: SyncSender<Entry>,
    dropped: &'static AtomicU64,
}

#[derive(Debug)]
enum Entry {
    Line(String),
    /// Answered once all that came before is written.
    Flush(Sender<()>),
}

impl LogWriter {
    /// The writer of this process. Its thread starts with the first use.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn of_process() -> Result<&'static Self, String> {
        if WRITER.get().is_none() {
            static DROPPED: AtomicU64 = AtomicU64::new(0);
            let writer = Self::to(
                |line| {
                    // Nobody is left to be told that standard error cannot be written to.
                    let _ = std::io::stderr().lock().write_all(line.as_bytes());
                },
                &DROPPED,
            )?;
            // Set by another thread meanwhile: then its thread is used, and this one ends.
            drop(WRITER.set(writer));
        }
        WRITER.get().ok_or_else(|| "the log's thread is gone".to_owned())
    }

    fn to(write: impl Fn(&str) + Send + 'static, dropped: &'static AtomicU64) -> Result<Self, String> {
        let (lines, entries) = sync_channel(WAITING);
        let run = move || run(&entries, dropped, write);
        let thread = thread::Builder::new().name("log".to_owned()).spawn(run);
        thread.map_err(|error| format!("the log's thread does not start: {error}"))?;
        Ok(Self { lines, dropped })
    }

    /// Has a line written; drops it where too many wait.
    pub fn write(&self, line: &str) {
        if self.lines.try_send(Entry::Line(line.to_owned())).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn flush(&self) {
        const AGAIN: Duration = Duration::from_millis(5);
        let (written, is_written) = channel();
        let mut waited = Duration::ZERO;
        while self.lines.try_send(Entry::Flush(written.clone())).is_err() {
            if waited >= LAST_LINES {
                return;
            }
            thread::park_timeout(AGAIN);
            waited += AGAIN;
        }
        // Written, or not to be written.
        let _ = is_written.recv_timeout(LAST_LINES);
    }
}

/// Waits a moment for the last lines, where any were logged.
pub fn flush() {
    if let Some(writer) = WRITER.get() {
        writer.flush();
    }
}

fn run(entries: &Receiver<Entry>, dropped: &AtomicU64, write: impl Fn(&str)) {
    while let Ok(entry) = entries.recv() {
        match entry {
            Entry::Line(line) => write(&line),
            // Who waited may have gone.
            Entry::Flush(written) => drop(written.send(())),
        }
        let lost = dropped.swap(0, Ordering::Relaxed);
        if lost > 0 {
            write(&format!(
                "ssowatch: {lost} log lines were dropped, since standard error did not take them in time\n"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn a_reader_that_takes_nothing_holds_up_nobody_and_what_was_lost_is_counted() {
        static DROPPED: AtomicU64 = AtomicU64::new(0);
        let written: Arc<Mutex<Vec<String>>> = Arc::default();
        let (open, opened) = channel::<()>();
        let gate = Mutex::new(opened);
        let out = Arc::clone(&written);
        let writer = LogWriter::to(
            move |line| {
                // Hangs until the other end is dropped.
                let _ = gate.lock().unwrap().recv();
                out.lock().unwrap().push(line.to_owned());
            },
            &DROPPED,
        )
        .unwrap();
        for number in 0..WAITING + 10 {
            writer.write(&format!("{number}\n"));
        }
        let lost = DROPPED.load(Ordering::Relaxed);
        assert!((9..=10).contains(&lost), "one is being written: {lost}");
        drop(open);
        writer.flush();
        let written = written.lock().unwrap();
        assert_eq!(written[0], "0\n");
        assert!(written.iter().any(|line| line.contains(&format!("{lost} log lines were dropped"))), "{written:?}");
    }
}
