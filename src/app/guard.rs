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

/// When the runtime counts as frozen.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// How often the heartbeat is checked.
    every: Duration,
    /// After how many checks without a beat. Checks are counted, and no time, so that a process that was stopped (SIGSTOP, a
    /// suspended host) is not taken for a frozen one.
    checks: u32,
}

const LIMITS: Limits = Limits { every: Duration::from_secs(1), checks: 30 };

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
    guard_within(LIMITS)
}

fn guard_within(limits: Limits) -> Result<(), String> {
    let beats: Arc<AtomicU64> = Arc::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("the guard's runtime does not start: {error}"))?;
    let seen = Arc::clone(&beats);
    thread::Builder::new()
        .name("guard".to_owned())
        .spawn(move || runtime.block_on(watch(&seen, limits)))
        .map_err(|error| format!("the guard's thread does not start: {error}"))?;
    tokio::spawn(async move {
        let mut ticks = interval(limits.every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            beats.fetch_add(1, Ordering::Relaxed);
        }
    });
    Ok(())
}

async fn watch(beats: &AtomicU64, limits: Limits) {
    tokio::join!(check_heartbeat(beats, limits), end_when_told());
}

/// Aborts where the runtime has stopped.
async fn check_heartbeat(beats: &AtomicU64, limits: Limits) {
    let mut heartbeat = Heartbeat::default();
    let mut checks = interval(limits.every);
    checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        checks.tick().await;
        if heartbeat.missed(beats.load(Ordering::Relaxed)) >= limits.checks {
            say("the runtime is frozen, which is a bug; ssowatch aborts, so that it is started again");
            process::abort();
        }
    }
}

/// Ends the process some time after it was told to stop. Two tasks of one process may wait for one signal.
async fn end_when_told() {
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

/// What the guard knows of the runtime's heartbeat.
#[derive(Debug, Default)]
struct Heartbeat {
    beats: u64,
    missed: u32,
}

impl Heartbeat {
    /// How many checks in a row have seen no new beat, by the count of beats now.
    fn missed(&mut self, beats: u64) -> u32 {
        self.missed = if beats == self.beats { self.missed + 1 } else { 0 };
        self.beats = beats;
        self.missed
    }
}

#[cfg(test)]
mod tests {
    use std::{os::unix::process::ExitStatusExt as _, process::Command};

    use rustix::process::{dumpable_behavior, getrlimit};

    use super::*;

    #[test]
    fn checks_without_a_beat_are_counted_until_the_next_one() {
        let mut heartbeat = Heartbeat::default();
        let missed: Vec<u32> = [1, 1, 1, 2, 2].into_iter().map(|beats| heartbeat.missed(beats)).collect();
        assert_eq!(missed, [0, 1, 2, 0, 1]);
    }

    #[test]
    fn a_sealed_process_can_be_neither_read_nor_dumped() {
        seal_memory();
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
        let limit = getrlimit(Resource::Core);
        assert_eq!((limit.current, limit.maximum), (Some(0), Some(0)));
    }

    /// Both workers block, as in a loop that never ends.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "aborts; run by the test below in a process of its own"]
    async fn a_runtime_that_freezes() {
        guard_within(Limits { every: Duration::from_millis(20), checks: 10 }).unwrap();
        let (_keeps_waiting, never) = std::sync::mpsc::channel::<()>();
        let never = Arc::new(std::sync::Mutex::new(never));
        for _ in 0..2 {
            let never = Arc::clone(&never);
            tokio::spawn(async move {
                // Blocks for ever.
                let _ = never.lock().unwrap().recv();
            });
        }
        std::future::pending::<()>().await;
    }

    #[test]
    fn a_frozen_runtime_is_aborted_with_a_message() {
        let arguments = ["--ignored", "--exact", "app::guard::tests::a_runtime_that_freezes", "--nocapture"];
        let ended = Command::new(std::env::current_exe().unwrap()).args(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.signal(), Some(rustix::process::Signal::ABORT.as_raw()), "{ended:?}");
        assert!(said.contains("ssowatch: the runtime is frozen, which is a bug"), "{said}");
    }
}
