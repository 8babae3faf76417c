//! Metrics about this process, from `/proc/self`.
//!
//! Our own and not the `prometheus` crate's: that one reads the boot time from `/proc/stat`, which is hidden under
//! systemd's `ProcSubset=pid`, and then reports a start in 1970; and it counts CPU time in whole seconds. Here, what
//! cannot be read is absent.

use std::{fs, path::Path, sync::OnceLock};

use rustix::time::{ClockId, clock_gettime};

use super::{Family, MetricsBuilder};
use crate::clock::{Time, unix_seconds};

/// The kernel's clock ticks in a second, as user space sees them (`USER_HZ`): 100 on every Linux that Rust runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// Where this process describes itself.
const SELF: &str = "/proc/self";

/// This process.
#[derive(Debug, Default)]
pub struct Process {
    /// When it started, as Unix time. Worked out once: the wall clock and the time since boot drift against each other,
    /// and a start time that wavers would look like restarts.
    started: OnceLock<Option<f64>>,
}

impl Process {
    /// Notes what can be read.
    pub fn write(&self, builder: &mut MetricsBuilder, now: Time) {
        let mut set = |family, value: Option<f64>| {
            if let Some(value) = value {
                builder.set(family, &[], value);
            }
        };
        let folder = Path::new(SELF);
        let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_default();
        set(Family::ProcessCpu, Some(cpu_seconds()));
        set(Family::ProcessOpenFds, open_fds(folder));
        set(Family::ProcessMaxFds, max_fds(&text("limits")));
        let status = text("status");
        set(Family::ProcessVirtualMemory, status_bytes(&status, "VmSize:"));
        set(Family::ProcessResidentMemory, status_bytes(&status, "VmRSS:"));
        set(Family::ProcessStart, self.started(now));
    }

    /// When it started, as Unix time.
    pub fn started(&self, now: Time) -> Option<f64> {
        *self.started.get_or_init(|| {
            let stat = fs::read_to_string(Path::new(SELF).join("stat")).unwrap_or_default();
            let age = seconds(ClockId::Boottime) - start_after_boot(&stat)?;
            (age >= 0.0).then(|| unix_seconds(now) - age)
        })
    }
}

fn seconds(clock: ClockId) -> f64 {
    let time = clock_gettime(clock);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn cpu_seconds() -> f64 {
    seconds(ClockId::ProcessCPUTime)
}

/// Open file descriptors, without the one that lists them.
fn open_fds(folder: &Path) -> Option<f64> {
    let count = fs::read_dir(folder.join("fd")).ok()?.count();
    Some(count.saturating_sub(1) as f64)
}

/// The soft limit of `Max open files`; none where it is unlimited.
fn max_fds(limits: &str) -> Option<f64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// A line of `/proc/self/status` in kB, as bytes.
fn status_bytes(status: &str, key: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    let kibibytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024.0)
}

/// When the process started, in seconds after boot: field 22 of `/proc/self/stat` (proc_pid_stat(5)). The command's
/// name, field 2, may hold anything, also spaces and brackets: what is counted begins after its last bracket.
fn start_after_boot(stat: &str) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let ticks: f64 = rest.split_whitespace().nth(22 - 3)?.parse().ok()?;
    Some(ticks / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    #[test]
    fn fields_are_read_from_the_kernels_texts() {
        let stat =
            "4242 (odd) name) S 1 2 3 4 -1 4194560 100 0 0 0 12 34 0 0 20 0 5 0 98765 1000 200 18446744073709551615";
        let limits = "Limit                     Soft Limit           Hard Limit           Units\n\
                      Max cpu time              unlimited            unlimited            seconds\n\
                      Max open files            1024                 524288               files\n";
        let status = "Name:\tssowatch\nVmSize:\t   20480 kB\nVmRSS:\t    9216 kB\n";
        assert_eq!(start_after_boot(stat), Some(987.65));
        assert_eq!(max_fds(limits), Some(1024.0));
        assert_eq!(max_fds("Max open files  unlimited unlimited files\n"), None);
        assert_eq!(status_bytes(status, "VmRSS:"), Some(9_437_184.0));
        for broken in ["", "1 (x", "1 (x) S 1"] {
            assert_eq!(start_after_boot(broken), None, "{broken:?}");
        }
        assert_eq!(status_bytes("VmRSS: much kB", "VmRSS:"), None);
    }

    #[test]
    fn the_start_lies_between_boot_and_now_and_does_not_waver() {
        let process = Process::default();
        let start = |at: Time| {
            let mut builder = MetricsBuilder::new();
            process.write(&mut builder, at);
            let families = builder.finish();
            let family = families.iter().find(|family| family.name() == "process_start_time_seconds").unwrap();
            family.get_metric()[0].get_gauge().value()
        };
        let now = Clock::System.now();
        let first = start(now);
        // A test process is young.
        assert!((0.0..86_400.0).contains(&(unix_seconds(now) - first)), "{first}");
        assert_eq!(start(now + chrono::TimeDelta::seconds(5)), first);
    }
}
