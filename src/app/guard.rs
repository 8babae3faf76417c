//! What holds whatever becomes of the runtime: the process leaves no memory behind, ends when it is told to, and does not
//! stay frozen.
//!
//! The guard is a plain thread with a runtime of its own, so that it sees signals and time also where the workers of the
//! daemon's runtime hang, in a bug or in a call that blocks.

use std::{
    io::Write as _,
    process,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use tokio::{
    signal::unix::{SignalKind, signal},
    time::{MissedTickBehavior, interval, sleep},
};
use tracing::warn;

/// How long a stop may take.
const STOP_WITHIN: Duration = Duration::from_secs(9);
/// How often the guard looks at the heart of the runtime.
const LOOKS_EVERY: Duration = Duration::from_secs(1);
/// After how many looks without a beat the runtime counts as frozen. Looks are counted, and no time, so that a process
/// that was stopped (SIGSTOP, a suspended host) is not taken for a frozen one.
const FROZEN_AFTER: u32 = 30;

/// Has no other process read this one's memory, which holds secrets, and no core file written of it.
pub fn seal_memory() {
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        warn!(%error, "the kernel does not close this process to debuggers of the same user");
    }
    if let Err(error) = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }) {
        warn!(%error, "the kernel does not forbid core files of this process, which would hold secrets");
    }
}

/// Guards the runtime that this is called in. Where it freezes, or is not done soon after SIGTERM or SIGINT, the guard
/// ends the process with a line on standard error.
///
/// # Errors
/// No thread can be begun, for a person.
pub fn guard() -> Result<(), String> {
    let beats: Arc<AtomicU64> = Arc::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("the guard's runtime does not start: {error}"))?;
    let seen = Arc::clone(&beats);
    thread::Builder::new()
        .name("guard".to_owned())
        .spawn(move || runtime.block_on(watch(&seen)))
        .map_err(|error| format!("the guard's thread does not start: {error}"))?;
    tokio::spawn(async move {
        let mut ticks = interval(LOOKS_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            beats.fetch_add(1, Ordering::Relaxed);
        }
    });
    Ok(())
}

async fn watch(beats: &AtomicU64) {
    tokio::join!(pulse(beats), last_word());
}

/// Aborts where the heart stands still.
async fn pulse(beats: &AtomicU64) {
    let mut heart = Heart::default();
    let mut looks = interval(LOOKS_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        if heart.is_frozen(beats.load(Ordering::Relaxed)) {
            say("the runtime has not run for 30 s, which is a bug; ssowatch aborts, so that it is started again");
            process::abort();
        }
    }
}

/// Ends the process some time after it was told to stop. Two tasks of one process may wait for one signal.
async fn last_word() {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        warn!("signals cannot be listened for by the guard; a stop that hangs is left to the service manager");
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    sleep(STOP_WITHIN).await;
    say("the daemon has not stopped within 9 s, so it is ended");
    process::exit(1);
}

/// Not by the log, which may be what hangs; and without waiting for a reader of standard error.
fn say(line: &str) {
    /// A line of this length goes into any pipe that is not full.
    const FOR_A_MOMENT: Duration = Duration::from_millis(200);
    let line = format!("ssowatch: {line}\n");
    let (said, is_said) = std::sync::mpsc::channel::<()>();
    let speaker = thread::Builder::new().spawn(move || {
        // Nobody is left to be told.
        let _ = std::io::stderr().write_all(line.as_bytes());
        drop(said);
    });
    if speaker.is_ok() {
        // WebhookResponse, or not to be said.
        let _ = is_said.recv_timeout(FOR_A_MOMENT);
    }
}

/// What the guard knows of the runtime.
#[derive(Debug, Default)]
struct Heart {
    beats: u64,
    looks_without: u32,
}

impl Heart {
    /// Whether it has not beaten for too many looks, by its count of beats now.
    fn is_frozen(&mut self, beats: u64) -> bool {
        self.looks_without = if beats == self.beats { self.looks_without + 1 } else { 0 };
        self.beats = beats;
        self.looks_without >= FROZEN_AFTER
    }
}

#[cfg(test)]
mod tests {
    use rustix::process::{dumpable_behavior, getrlimit};

    use super::*;

    #[test]
    fn a_heart_is_frozen_after_so_many_looks_without_a_beat() {
        let mut heart = Heart::default();
        let mut looks = |beats: u64, count: u32| (0..count).map(|_| heart.is_frozen(beats)).any(|is_frozen| is_frozen);
        assert!(!looks(1, FROZEN_AFTER), "the first of these looks saw a beat");
        assert!(!looks(2, FROZEN_AFTER), "it beats again");
        assert!(looks(2, 1));
    }

    #[test]
    fn a_sealed_process_can_be_neither_read_nor_dumped() {
        seal_memory();
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
        let limit = getrlimit(Resource::Core);
        assert_eq!((limit.current, limit.maximum), (Some(0), Some(0)));
    }
}
