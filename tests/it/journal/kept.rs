//! What was noted is there after a restart.

use std::{fs, os::unix::fs::PermissionsExt as _, time::Duration};

use chrono::TimeDelta;
use ssowatch::{
    journal::{FILE, Journal, Query},
    model::Login,
};

use super::rounds::{Rounds, all, open, start};

#[test]
fn what_was_noted_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    let mut rounds = Rounds::of("home");
    rounds.minute(&journal, 0, Login::Ok);
    rounds.minute(&journal, 1, Login::Ok);
    rounds.note(&journal, Duration::from_mins(2), Login::Broken, Some("https://old.example.test/"));
    assert!(journal.flush());
    let (events, good) = (all(&journal), journal.last_good("home"));
    let spans = journal.history("home", start(), start() + TimeDelta::hours(1));
    assert_eq!((events.len(), spans.len()), (3, 2));
    assert!(!good.as_ref().unwrap().known.is_empty());
    assert!(journal.close());

    let journal = open(folder.path());
    assert_eq!(all(&journal), events);
    assert_eq!(journal.last_good("home"), good);
    assert_eq!(journal.history("home", start(), start() + TimeDelta::hours(1)), spans);
    assert_eq!(journal.targets(), ["home"]);
    let state = journal.state("home").unwrap();
    assert_eq!((state.report.at, state.report.login), (start() + TimeDelta::minutes(2), Login::Broken));
    assert_eq!(state.snapshot, rounds.snapshot);
    assert_eq!(state.last_success["issuer_matches"], state.report.at);
    assert_eq!(journal.state("other"), None);
}

#[test]
fn numbers_and_spans_go_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    Rounds::of("home").minute(&journal, 0, Login::Ok);
    assert!(journal.close());
    let journal = open(folder.path());
    Rounds::of("home").minute(&journal, 1, Login::Ok);
    assert!(journal.flush());
    assert_eq!(all(&journal).iter().map(|event| event.id).collect::<Vec<_>>(), [2, 1]);
    let spans = journal.history("home", start(), start() + TimeDelta::hours(1));
    assert_eq!(spans[0].to, start() + TimeDelta::minutes(1), "nobody slept for longer than a round");
    assert!(journal.close());
    let again = open(folder.path()).history("home", start(), start() + TimeDelta::hours(1));
    assert_eq!(again, spans);
}

#[test]
fn only_its_owner_can_read_it() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("made").join("here");
    let journal = open(&folder);
    Rounds::of("home").minute(&journal, 0, Login::Ok);
    assert!(journal.flush());
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(names.len() >= 3, "the file, its log and the lock: {names:?}");
    for path in names {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn it_is_read_while_a_daemon_writes_it_and_after() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    let mut rounds = Rounds::of("home");
    rounds.minute(&journal, 0, Login::Ok);
    assert!(journal.flush());
    let reader = Journal::read(folder.path()).unwrap();
    assert_eq!(all(&reader), all(&journal));
    rounds.minute(&journal, 1, Login::Broken);
    assert!(journal.flush(), "a reader holds up no writer");
    let late = Journal::read(folder.path()).unwrap();
    assert_eq!(all(&late), all(&journal));
    drop((reader, late));
    assert!(journal.close());
    assert!(!folder.path().join(format!("{FILE}-wal")).exists(), "the file is whole");
    assert_eq!(all(&Journal::read(folder.path()).unwrap()).len(), 2);
}

#[test]
fn events_too_old_for_memory_come_from_disk() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    let mut rounds = [Rounds::of("home"), Rounds::of("work")];
    for number in 0..5_500_u64 {
        let login = if number.is_multiple_of(2) { Login::Ok } else { Login::Broken };
        for rounds in &mut rounds {
            // Far enough apart to be kept one by one.
            rounds.note(&journal, Duration::from_mins(number * 31), login, None);
        }
        // What waits for the disk is bounded, too.
        assert!(!number.is_multiple_of(1000) || journal.flush());
    }
    assert!(journal.flush());
    let page = |before, target: Option<&str>| {
        let query = Query { target: target.map(str::to_owned), before, limit: 4_000, ..Query::default() };
        journal.events(&query).iter().map(|event| event.id).collect::<Vec<_>>()
    };
    let mut seen = Vec::new();
    while let Some(more) = Some(page(seen.last().copied(), None)).filter(|page| !page.is_empty()) {
        seen.extend(more);
    }
    assert_eq!(seen, (1..=11_000).rev().collect::<Vec<u64>>());
    assert_eq!(page(Some(1_001), Some("work")).len(), 500);
    let since = Query { since: Some(start() + TimeDelta::seconds(1)), limit: usize::MAX, ..Query::default() };
    assert_eq!(journal.events(&since).len(), 10_998);
}
