//! What is too old or too much is deleted, the oldest first.

use std::{fs, path::Path, time::Duration};

use chrono::TimeDelta;
use ssowatch::{
    journal::{FILE, Journal, Query, Retention},
    model::Login,
};

use super::rounds::{Rounds, all, open, open_with, start};

const DAY: u64 = 24 * 60;

fn size(folder: &Path) -> u64 {
    fs::metadata(folder.join(FILE)).unwrap().len()
}

#[test]
fn what_is_too_old_is_deleted_and_numbers_are_not_given_again() {
    let folder = tempfile::tempdir().unwrap();
    let retention = Retention { time: Duration::from_hours(10 * 24), ..Retention::default() };
    let journal = open_with(folder.path(), retention);
    let (mut home, mut gone) = (Rounds::of("home"), Rounds::of("gone"));
    gone.minute(&journal, 0, Login::Ok);
    for day in 0..30 {
        home.minute(&journal, day * DAY, if day % 2 == 0 { Login::Ok } else { Login::Broken });
        assert!(journal.flush());
    }
    assert!(journal.close());
    let kept = Journal::read(folder.path()).unwrap();
    let oldest = start() + TimeDelta::days(19);
    assert!(all(&kept).iter().all(|event| event.at >= oldest), "{:?}", all(&kept).last());
    assert_eq!(all(&kept).len(), 11);
    let spans = kept.history("home", start(), start() + TimeDelta::days(99));
    assert!(spans.iter().all(|span| span.to >= oldest) && spans.len() == 11, "{spans:?}");
    assert_eq!(kept.targets(), ["home"]);
    assert!(kept.last_good("gone").is_none() && kept.state("gone").is_none());
    drop(kept);

    let short = Retention { time: Duration::from_hours(1), ..Retention::default() };
    let journal = open_with(folder.path(), short);
    home.minute(&journal, 60 * DAY, Login::Ok);
    home.minute(&journal, 60 * DAY + 1, Login::Broken);
    assert!(journal.close());
    let ids: Vec<u64> = all(&open(folder.path())).iter().map(|event| event.id).collect();
    assert_eq!(ids, [33, 32], "30 of one target and 1 of the other came before");
}

#[test]
fn a_file_that_is_too_large_loses_its_oldest_events_and_shrinks() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    let mut rounds = Rounds::of("home");
    for minute in 0..6_000 {
        let login = if minute % 2 == 0 { Login::Ok } else { Login::Broken };
        rounds.note(&journal, Duration::from_mins(minute), login, Some(&"x".repeat(150)));
        assert!(minute % 2_000 != 0 || journal.flush());
    }
    assert!(journal.close());
    let large = size(folder.path());
    assert!(large > 2 << 20, "{large} bytes");

    let limit = Retention { size_bytes: 1 << 20, ..Retention::default() };
    let journal = open_with(folder.path(), limit);
    rounds.minute(&journal, 6_000, Login::Unknown);
    assert!(journal.close());
    let small = size(folder.path());
    assert!(small <= 1 << 20, "{small} bytes");
    assert!(small > 1 << 19, "{small} bytes: no more than a part was deleted");
    let kept = Journal::read(folder.path()).unwrap();
    let events = all(&kept);
    assert_eq!(events[0].id, 12_001, "the newest is kept");
    let ids: Vec<u64> = events.iter().map(|event| event.id).collect();
    let oldest = *ids.last().unwrap();
    assert_eq!(ids, (oldest..=12_001).rev().collect::<Vec<_>>(), "the oldest went, and none in between");
    assert!(kept.last_good("home").is_some() && kept.state("home").is_some());
    let before = Query { before: Some(oldest), limit: 1, ..Query::default() };
    assert!(kept.events(&before).is_empty());
}

#[test]
fn a_limit_that_nothing_can_meet_leaves_the_newest_state_alone() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open_with(folder.path(), Retention { size_bytes: 1, ..Retention::default() });
    Rounds::of("home").minute(&journal, 0, Login::Ok);
    assert!(journal.close());
    assert!(Journal::read(folder.path()).unwrap().state("home").is_some());
}
