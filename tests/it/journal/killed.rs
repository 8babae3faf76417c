//! Killed at any moment, hundreds of times: nothing that was acknowledged is lost, and no start is refused.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};
use ssowatch::{
    journal::{FILE, Query},
    model::Login,
};

use super::rounds::{Rounds, open};

/// Where the process that is killed writes.
const FOLDER: &str = "SSOWATCH_TEST_JOURNAL";
/// Journals that are written at the same time, and how often each is killed.
const LANES: u64 = 4;
const KILLS: u64 = 60;

#[test]
fn nothing_acknowledged_is_lost_by_hundreds_of_kills_and_no_start_is_refused() {
    std::thread::scope(|scope| {
        for lane in 0..LANES {
            scope.spawn(move || a_journal_that_is_killed(lane));
        }
    });
}

#[test]
fn an_event_that_was_shown_is_there_after_a_kill_under_its_number() {
    let folder = tempfile::tempdir().unwrap();
    let mut shown = std::collections::BTreeMap::new();
    for kill in 0..12_u64 {
        let mut child = Killed(run(folder.path(), "journal::killed::shows_until_it_is_killed"));
        let mut said = BufReader::new(child.0.stdout.take().unwrap()).lines().map_while(Result::ok);
        let read = |line: String| {
            let (id, at) = line.strip_prefix("shown ")?.split_once(' ')?;
            Some((id.parse::<u64>().ok()?, at.parse::<i64>().ok()?))
        };
        let first: Vec<(u64, i64)> =
            said.by_ref().filter_map(read).take(usize::try_from(kill % 3).unwrap() + 1).collect();
        for _ in 0..(kill * 7919) % 50_000 {
            std::hint::spin_loop();
        }
        child.0.kill().unwrap();
        child.0.wait().unwrap();
        for (id, at) in first.into_iter().chain(said.filter_map(read)) {
            assert_eq!(*shown.entry(id).or_insert(at), at, "kill {kill}: event {id} is another one than before");
        }
        let file = Connection::open_with_flags(folder.path().join(FILE), OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
        for (id, at) in &shown {
            let kept = file.query_row("SELECT at FROM event WHERE id = ?1", [id], |row| row.get::<_, i64>(0));
            assert_eq!(kept.ok(), Some(*at), "kill {kill}: event {id} was shown");
        }
    }
    assert!(shown.len() >= 12, "{shown:?}");
}

fn a_journal_that_is_killed(lane: u64) {
    let folder = tempfile::tempdir().unwrap();
    let (mut acknowledged, mut killed_early) = (0, 0);
    for kill in (0..KILLS).map(|number| lane + number * LANES) {
        let mut child = Killed(writing(folder.path()));
        let mut said = BufReader::new(child.0.stdout.take().unwrap()).lines().map_while(Result::ok);
        // After so many acknowledgements, and a while that is not always the same; every tenth dies before it says a word.
        let waits_for = if kill % 10 == 0 { 0 } else { kill % 5 + 1 };
        let mut last = (0..waits_for).map_while(|_| said.find_map(|line| line.parse::<u64>().ok())).last();
        for _ in 0..(kill * 7919) % 20_000 {
            std::hint::spin_loop();
        }
        child.0.kill().unwrap();
        child.0.wait().unwrap();
        // What it said after the last line that was waited for is acknowledged, too.
        last = said.filter_map(|line| line.parse().ok()).last().or(last);
        assert!(waits_for == 0 || last.is_some(), "kill {kill}: the start was refused");
        killed_early += u64::from(last.is_none());
        acknowledged = acknowledged.max(last.unwrap_or_default());
        holds(folder.path(), acknowledged, kill);
    }
    assert!(killed_early <= KILLS / 4 && acknowledged > KILLS, "{killed_early} killed early, {acknowledged} events");
    let journal = open(folder.path());
    let newest = journal.events(&Query { limit: 1, ..Query::default() });
    assert!(newest[0].id >= acknowledged);
    assert!(journal.last_good("home").is_some() && journal.state("home").is_some());
}

/// The file is sound, and every event up to this one is in it.
fn holds(folder: &Path, acknowledged: u64, kill: u64) {
    let file = folder.join(FILE);
    if acknowledged == 0 && !file.exists() {
        return;
    }
    let connection = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    let number = |sql: &str| connection.query_row(sql, [acknowledged], |row| row.get::<_, u64>(0));
    let sound: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok", "kill {kill}");
    if acknowledged > 0 {
        let kept = number("SELECT count(*) FROM event WHERE id <= ?1").unwrap();
        assert_eq!(kept, acknowledged, "kill {kill}: acknowledged and not there");
    }
}

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// This test binary again, as a process that writes events until it is killed.
fn writing(folder: &Path) -> Child {
    run(folder, "journal::killed::writes_until_it_is_killed")
}

fn run(folder: &Path, test: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", test, "--nocapture"])
        .env(FOLDER, folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
#[ignore = "is the process that the test above kills"]
#[expect(clippy::disallowed_methods, reason = "the environment says where to write")]
fn writes_until_it_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let journal = open(Path::new(&folder));
    let newest = || journal.events(&Query { limit: 1, ..Query::default() }).first().map_or(0, |event| event.id);
    let mut rounds = Rounds::of("home");
    let mut out = std::io::stdout();
    loop {
        let number = newest();
        let login = if number.is_multiple_of(2) { Login::Ok } else { Login::Broken };
        // Far enough apart to be kept one by one.
        rounds.note(&journal, Duration::from_mins(number * 31), login, Some(&number.to_string()));
        if !journal.flush() {
            return;
        }
        if writeln!(out, "{}", newest()).and_then(|()| out.flush()).is_err() {
            return;
        }
    }
}

#[test]
#[ignore = "is the process that the test above kills"]
#[expect(clippy::disallowed_methods, reason = "the environment says where to write")]
fn shows_until_it_is_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let journal = open(Path::new(&folder));
    let newest = || journal.events(&Query { limit: 1, ..Query::default() }).into_iter().next();
    let mut rounds = Rounds::of("home");
    let mut out = std::io::stdout();
    loop {
        let before = newest().map_or(0, |event| event.id);
        rounds.note(&journal, Duration::from_mins(before * 31), Login::Ok, Some(&before.to_string()));
        let event = loop {
            match newest() {
                Some(event) if event.id > before => break event,
                _ => std::thread::yield_now(),
            }
        };
        let at = event.at.timestamp_nanos_opt().unwrap();
        if writeln!(out, "shown {} {at}", event.id).and_then(|()| out.flush()).is_err() {
            return;
        }
    }
}
