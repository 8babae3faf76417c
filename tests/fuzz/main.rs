//! Feeds mutated inputs to every parser of foreign bytes, within limits of time and memory per input.
//!
//! ```text
//! cargo test --test fuzz                                  every target, two at a time, the same inputs each time
//! cargo test --test fuzz -- jwks page                     these targets
//! SSOWATCH_FUZZ_SECONDS=3600 cargo test --test fuzz       an hour each, other inputs each time
//! SSOWATCH_FUZZ_SEED=7 cargo test --test fuzz -- jwks     the inputs of that seed
//! ```
//!
//! It needs no nightly compiler: inputs are not led by coverage, but by what a target says of them ([`targets::Target`]):
//! one that is answered in a new way joins the corpus. Each target runs in a process of its own, so that an overflowing
//! stack is told apart from the others and memory is counted for it alone. The input under way stands in
//! `target/fuzz/NAME.current`, so it is there after whatever happens; an input that broke a target is kept there too, and
//! belongs into `tests/fuzz/found/NAME/` once it is fixed, from where it is run first each time.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod mutate;
mod targets;

use std::{
    collections::HashSet,
    fs::{self, File},
    io::Write as _,
    os::unix::fs::FileExt as _,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    sync::Mutex,
    time::Duration,
};

use mutate::Random;
use peak_alloc::PeakAlloc;
use rustix::time::{ClockId, clock_gettime};
use targets::{TARGETS, Target};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What one input of at most a megabyte may cost. A release build has 200 ms; this one is not optimised, and shares its
/// machine: the time is only there to catch what grows faster than the input.
const MEMORY_LIMIT: usize = 20_000_000;
/// The operator's own files are read at start and on reload, as a tree that knows the place of everything.
const OWN_FILE_MEMORY_LIMIT: usize = 100_000_000;
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// How many inputs a target gets where no time is set.
const INPUTS: u64 = 2_000;

const SECONDS: &str = "SSOWATCH_FUZZ_SECONDS";
const SEED: &str = "SSOWATCH_FUZZ_SEED";
/// Names the target to a child process.
const ONE: &str = "SSOWATCH_FUZZ_ONE";

fn main() -> ExitCode {
    if let Some(name) = variable(ONE) {
        let target = TARGETS.iter().find(|target| target.name == name).expect("a target");
        return one(target);
    }
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let chosen = TARGETS.iter().filter(|target| wanted.is_empty() || wanted.iter().any(|name| name == target.name));
    let queue = Mutex::new(chosen.collect::<Vec<_>>());
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(target) = queue.lock().unwrap().pop() else { return };
                    let status = Command::new(std::env::current_exe().unwrap())
                        .env(ONE, target.name)
                        .stdin(Stdio::null())
                        .status()
                        .unwrap();
                    if !status.success() {
                        failed.lock().unwrap().push(format!("{}: {status}", target.name));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    for line in &failed {
        say(&format!("fuzz: {line}; see {}", folder().display()));
    }
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs one target to its number of inputs, or until its time is over.
fn one(target: &Target) -> ExitCode {
    fs::create_dir_all(folder()).unwrap();
    std::panic::set_hook(Box::new(|panic| say(&format!("fuzz: {panic}"))));
    let seconds = variable(SECONDS).map(|text| text.parse().expect("a number of seconds"));
    let seed = variable(SEED).map(|text| text.parse().expect("a number"));
    let seed: u64 = seed.unwrap_or_else(|| if seconds.is_some() { u64::from(std::process::id()) } else { 1 });
    let mut random = Random::new(seed);
    let mut corpus: Vec<Vec<u8>> = found(target);
    corpus.extend((target.seeds)());
    assert!(!corpus.is_empty(), "{} has no seeds", target.name);
    let mut run = Run::of(target);
    let mut ways = HashSet::new();
    for input in &corpus {
        let Some(way) = run.input(input) else { return run.broken(seed) };
        ways.insert(way);
    }
    let end = seconds.map(|seconds| monotonic() + Duration::from_secs(seconds));
    while end.map_or(run.inputs < INPUTS, |end| monotonic() < end) {
        let input = mutate::mutate(&corpus, target.words, &mut random);
        let Some(way) = run.input(&input) else { return run.broken(seed) };
        if ways.len() < 5_000 && input.len() < 100_000 && ways.insert(way) {
            corpus.push(input);
        }
    }
    let Run { inputs, slowest, largest, .. } = run;
    say(&format!(
        "fuzz {:<16} {inputs:>8} inputs, {:>5} ways, slowest {:>4} ms, most {:>5} kB (seed {seed})",
        target.name,
        ways.len(),
        slowest.as_millis(),
        largest / 1000,
    ));
    ExitCode::SUCCESS
}

/// What a target has done so far.
struct Run<'t> {
    target: &'t Target,
    current: PathBuf,
    file: File,
    inputs: u64,
    slowest: Duration,
    largest: usize,
}

impl<'t> Run<'t> {
    fn of(target: &'t Target) -> Self {
        let current = folder().join(format!("{}.current", target.name));
        let file = File::create(&current).unwrap();
        Self { target, current, file, inputs: 0, slowest: Duration::ZERO, largest: 0 }
    }

    /// How the target answers an input; none where it panics or costs too much.
    fn input(&mut self, input: &[u8]) -> Option<String> {
        self.file.set_len(input.len() as u64).unwrap();
        self.file.write_all_at(input, 0).unwrap();
        MEMORY.reset_peak_usage();
        let (memory, begun) = (MEMORY.current_usage(), cpu());
        let way = catch_unwind(AssertUnwindSafe(|| (self.target.run)(input))).ok()?;
        let (took, held) = (cpu() - begun, MEMORY.peak_usage().saturating_sub(memory));
        self.inputs += 1;
        if took > self.slowest {
            self.slowest = took;
            fs::write(self.current.with_extension("slowest"), input).unwrap();
        }
        self.largest = self.largest.max(held);
        let memory_limit = if self.target.own_file { OWN_FILE_MEMORY_LIMIT } else { MEMORY_LIMIT };
        if took > TIME_LIMIT || held > memory_limit {
            say(&format!("fuzz: {} takes {} ms and {held} bytes", self.target.name, took.as_millis()));
            return None;
        }
        Some(way)
    }

    fn broken(&self, seed: u64) -> ExitCode {
        let kept = self.current.with_extension(format!("broken-{seed}"));
        fs::copy(&self.current, &kept).unwrap();
        say(&format!("fuzz: {} is broken by {} (input {})", self.target.name, kept.display(), self.inputs));
        ExitCode::FAILURE
    }
}

/// Inputs that broke the target once.
fn found(target: &Target) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/found").join(target.name);
    let Ok(files) = fs::read_dir(folder) else { return Vec::new() };
    files.map(|file| fs::read(file.unwrap().path()).unwrap()).collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/fuzz")
}

#[expect(clippy::disallowed_methods, reason = "tests take their settings from the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn say(line: &str) {
    std::io::stderr().write_all(format!("{line}\n").as_bytes()).unwrap();
}

fn cpu() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap()
}

fn monotonic() -> Duration {
    clock_gettime(ClockId::Monotonic).try_into().unwrap()
}
