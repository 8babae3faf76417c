//! The unit's filter of system calls, held to the calls that the daemon makes.

use std::{collections::BTreeSet, net::TcpListener, process::Stdio};

use super::{
    systemd::{UNIT, section},
    tool::{debian, passes},
};
use crate::{
    end_to_end::{http, prometheus::until},
    shipped,
};

/// What SQLite calls for root alone, so that others keep their files (`robustFchown`). The service is never root; who runs
/// this test may be.
const FOR_ROOT_ALONE: &str = "fchown";

/// The calls of a group, as this machine's systemd has them, with those of the groups in it.
fn group(name: &str, calls: &mut BTreeSet<String>) {
    let told = passes(debian("systemd-analyze").args(["syscall-filter", "--no-pager", name]));
    for call in told.lines().filter_map(|line| line.strip_prefix("    ")).filter(|line| !line.starts_with('#')) {
        if call.starts_with('@') {
            group(call, calls);
        } else {
            calls.insert(call.to_owned());
        }
    }
}

/// The calls that the unit lets through.
fn let_through() -> BTreeSet<String> {
    let mut calls = BTreeSet::new();
    for line in &section(&shipped::text(UNIT), "Service")["SystemCallFilter"] {
        match line.strip_prefix('~') {
            None => line.split(' ').for_each(|name| group(name, &mut calls)),
            Some(refused) => {
                let mut gone = BTreeSet::new();
                refused.split(' ').for_each(|name| group(name, &mut gone));
                calls.retain(|call| !gone.contains(call));
            }
        }
    }
    calls
}

/// The calls of a trace, from lines such as `17 openat(AT_FDCWD, ...` and `17 <... futex resumed>) = 0`.
fn made(trace: &str) -> BTreeSet<String> {
    let of_line = |line: &str| {
        let (_, rest) = line.split_once(' ')?;
        let rest = rest.trim_start();
        let name = rest.strip_prefix("<... ").unwrap_or(rest).split(['(', ' ']).next()?;
        name.starts_with(|letter: char| letter.is_ascii_lowercase()).then(|| name.to_owned())
    };
    trace.lines().filter_map(of_line).collect()
}

#[tokio::test]
async fn the_unit_lets_through_every_call_that_the_daemon_makes() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let target = "targets: [{provider: {url: 'https://localhost:9'}, kasm: {url: 'http://127.0.0.1:9'}}]\n";
    std::fs::write(file("ssowatch.yml"), target).unwrap();
    // Free a moment ago.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let flags = [
        format!("--config.file={}", file("ssowatch.yml").display()),
        format!("--web.listen-address={address}"),
        format!("--storage.path={}", file("state").display()),
    ];
    let mut strace = tokio::process::Command::new("strace")
        .args(["-f", "-qq", "-o"])
        .arg(file("trace"))
        .args(["sh", "-c", "echo $$ >\"$0\" && exec \"$@\""])
        .arg(file("pid"))
        .args([env!("CARGO_BIN_EXE_ssowatch"), "serve"])
        .args(flags)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| panic!("strace does not start ({error}): run tests/run once"));
    until("a first round", || http::get(address, "/-/ready")).await;
    http::get(address, "/metrics").await.unwrap();
    let daemon = std::fs::read_to_string(file("pid")).unwrap();
    for signal in ["-HUP", "-TERM"] {
        passes(debian("kill").args([signal, daemon.trim()]));
    }
    assert!(strace.wait().await.unwrap().success(), "the daemon ends well");

    let made = made(&std::fs::read_to_string(file("trace")).unwrap());
    assert!(made.contains("accept4") && made.contains("connect"), "{made:?}");
    let mut let_through = let_through();
    assert!(!let_through.contains("chown"), "the filter is read");
    let_through.insert(FOR_ROOT_ALONE.to_owned());
    let refused: Vec<String> = made.difference(&let_through).cloned().collect();
    assert!(refused.is_empty(), "the unit refuses {refused:?}");
}
