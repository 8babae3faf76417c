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

/// Both clocks go on by so much.
async fn pass(minutes: u64) {
    tokio::time::advance(Duration::from_mins(minutes)).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_too_old_is_deleted_and_numbers_are_not_given_again() {
    let folder = tempfile::tempdir().unwrap();
    let retention = Retention { time: Duration::from_hours(10 * 24), ..Retention::default() };
    let journal = open_with(folder.path(), retention);
    let (mut home, mut gone) = (Rounds::of("home"), Rounds::of("gone"));
    gone.minute(&journal, 0, Login::Ok);
    for day in 0..30 {
        home.minute(&journal, day * DAY, if day % 2 == 0 { Login::Ok } else { Login::Broken });
        assert!(journal.flush());
        pass(DAY).await;
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
    assert!(journal.flush());
    pass(DAY).await;
    home.minute(&journal, 61 * DAY, Login::Broken);
    home.minute(&journal, 61 * DAY + 1, Login::Ok);
    assert!(journal.close());
    let ids: Vec<u64> = all(&open(folder.path())).iter().map(|event| event.id).collect();
    assert_eq!(ids, [34, 33], "30 of one target and 1 of the other came before, and one is a day old");
}

/// Days since the start of the events that are on disk.
fn days_kept(folder: &Path) -> Vec<i64> {
    let mut days: Vec<i64> =
        all(&Journal::read(folder).unwrap()).iter().map(|event| (event.at - start()).num_days()).collect();
    days.sort_unstable();
    days
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_wrong_for_a_moment_deletes_nothing_and_one_that_was_set_for_good_does_after_a_day() {
    let folder = tempfile::tempdir().unwrap();
    let retention = Retention { time: Duration::from_hours(10 * 24), ..Retention::default() };
    let journal = open_with(folder.path(), retention);
    let mut home = Rounds::of("home");
    let mut round = |day: u64, minute: u64, login| {
        home.minute(&journal, day * DAY + minute, login);
        assert!(journal.flush());
    };
    round(0, 0, Login::Ok);
    pass(1).await;
    round(0, 1, Login::Broken);
    // Wrong for two readings, as a time server that has gone mad leaves it.
    for minute in 2..4 {
        pass(1).await;
        round(500, minute, Login::Ok);
    }
    pass(1).await;
    round(0, 4, Login::Broken);
    assert_eq!(days_kept(folder.path()), [0, 0, 0, 500]);
    // Set for good: what is too old goes once that has held for a day.
    for (minutes, kept) in [(1, &[0, 0, 0, 20, 500][..]), (DAY - 2, &[0, 0, 0, 20, 20, 500]), (2, &[20, 20, 21, 500])] {
        pass(minutes).await;
        let passed = if minutes == 1 {
            0
        } else if minutes == 2 {
            DAY
        } else {
            DAY - 2
        };
        round(20, passed, if minutes == DAY - 2 { Login::Broken } else { Login::Ok });
        assert_eq!(days_kept(folder.path()), kept, "{minutes} min later");
    }
}

#[tokio::test(start_paused = true)]
async fn a_start_with_a_wrong_clock_deletes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let retention = Retention { time: Duration::from_hours(10 * 24), ..Retention::default() };
    let journal = open_with(folder.path(), retention);
    let mut home = Rounds::of("home");
    home.minute(&journal, 0, Login::Ok);
    assert!(journal.close());
    let journal = open_with(folder.path(), retention);
    for (minute, login) in [(500 * DAY, Login::Broken), (500 * DAY + 1, Login::Ok), (500 * DAY + 2, Login::Broken)] {
        home.minute(&journal, minute, login);
        assert!(journal.flush());
        pass(1).await;
    }
    assert_eq!(days_kept(folder.path()), [0, 500, 500, 500]);
}

#[tokio::test(start_paused = true)]
async fn a_span_that_has_gone_on_for_longer_than_the_journal_goes_back_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let retention = Retention { time: Duration::from_hours(2), ..Retention::default() };
    let journal = open_with(folder.path(), retention);
    let mut home = Rounds::of("home");
    for quarter in 0..24 {
        home.note(&journal, Duration::from_mins(quarter * 4), Login::Ok, None);
        assert!(journal.flush());
        pass(4).await;
    }
    for minute in (96..360).step_by(4) {
        home.minute(&journal, minute, Login::Ok);
        assert!(journal.flush());
        pass(4).await;
    }
    let spans = Journal::read(folder.path()).unwrap().history("home", start(), start() + TimeDelta::days(1));
    assert_eq!(spans.len(), 1);
    assert_eq!((spans[0].from, spans[0].to), (start(), start() + TimeDelta::minutes(356)));
    assert!(journal.close());
    assert_eq!(open(folder.path()).history("home", start(), start() + TimeDelta::days(1)), spans);
}

#[test]
fn a_file_that_is_too_large_loses_its_oldest_events_and_shrinks() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    let mut rounds = Rounds::of("home");
    for minute in 0..6_000 {
        let login = if minute % 2 == 0 { Login::Ok } else { Login::Broken };
        // Far enough apart to be kept one by one.
        rounds.note(&journal, Duration::from_mins(minute * 31), login, Some(&"x".repeat(150)));
        assert!(minute % 2_000 != 0 || journal.flush());
    }
    assert!(journal.close());
    let large = size(folder.path());
    assert!(large > 2 << 20, "{large} bytes");

    let limit = Retention { size_bytes: 1 << 20, ..Retention::default() };
    let journal = open_with(folder.path(), limit);
    rounds.minute(&journal, 6_000 * 31, Login::Unknown);
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
