//! Files that are not written to: of a later release, of something else, damaged; and those of an earlier release.

use std::{fs, path::Path};

use chrono::TimeDelta;
use rusqlite::Connection;
use ssowatch::{
    journal::{FILE, Journal, Retention, StorageError},
    model::{ChangeSubject, Login},
};

use super::rounds::{Rounds, all, open, start, storage};

const VERSION_1: &str = include_str!("../../fixtures/journal/version-1.sql");

/// Why a journal in this folder is refused; what is in its file stays as it is.
fn refusal(folder: &Path) -> StorageError {
    let file = folder.join(FILE);
    let before = fs::read(&file).unwrap();
    let reading = Journal::read(folder).expect_err("it is not read");
    let writing = Journal::open(storage(folder, Retention::default())).expect_err("it is not opened");
    assert_eq!(reading.to_string(), writing.to_string());
    assert!(!writing.may_pass(), "{writing}: the start is refused");
    assert!(writing.to_string().contains(file.to_str().unwrap()), "{writing}: the file is named");
    assert_eq!(fs::read(&file).unwrap(), before, "nothing was overwritten");
    writing
}

/// A folder with a journal in it.
fn written() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    let mut rounds = Rounds::of("home");
    for minute in 0..200 {
        rounds.minute(&journal, minute, if minute % 2 == 0 { Login::Ok } else { Login::Broken });
    }
    assert!(journal.close());
    folder
}

#[test]
fn a_file_of_a_newer_release_is_refused_with_both_versions_and_what_to_do() {
    let folder = written();
    let connection = Connection::open(folder.path().join(FILE)).unwrap();
    connection.pragma_update(None, "user_version", 7).unwrap();
    drop(connection);
    let problem = refusal(folder.path()).to_string();
    for words in ["newer release", "its version is 7", "this release knows 2", "move the file away"] {
        assert!(problem.contains(words), "{problem}");
    }
}

#[test]
fn a_file_of_something_else_is_left_alone() {
    let other_database = |file: &Path| {
        Connection::open(file).unwrap().execute_batch("CREATE TABLE theirs (id INTEGER)").unwrap();
    };
    let other_application = |file: &Path| {
        Connection::open(file).unwrap().execute_batch("PRAGMA application_id = 7; PRAGMA user_version = 1").unwrap();
    };
    let text = |file: &Path| fs::write(file, "notes of mine, not a database\n".repeat(100)).unwrap();
    for make in [&other_database as &dyn Fn(&Path), &other_application, &text] {
        let folder = tempfile::tempdir().unwrap();
        make(&folder.path().join(FILE));
        let problem = refusal(folder.path());
        assert!(matches!(problem, StorageError::NotOurs(_)), "{problem}");
    }
}

#[test]
fn a_damaged_file_is_told_at_the_start_and_left_as_it_is() {
    let whole = written();
    let bytes = fs::read(whole.path().join(FILE)).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    let scratched = [&bytes[..middle], &[0x5a; 4096], &bytes[middle + 4096..]].concat();
    for (what, bytes) in [("scratched", &scratched[..]), ("cut off", &bytes[..middle])] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), bytes).unwrap();
        let before = fs::read(folder.path().join(FILE)).unwrap();
        let problem = Journal::open(storage(folder.path(), Retention::default())).expect_err(what);
        assert!(matches!(problem, StorageError::Damaged { .. }), "{what}: {problem}");
        assert!(problem.to_string().contains("Move it"), "{what}: {problem}");
        assert_eq!(fs::read(folder.path().join(FILE)).unwrap(), before, "{what}");
    }
}

#[test]
fn a_path_that_is_no_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "mine").unwrap();
    for path in [file.clone(), file.join("below")] {
        let problem = Journal::open(storage(&path, Retention::default())).unwrap_err().to_string();
        assert!(problem.contains("is no folder") && problem.contains("--storage.path"), "{problem}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn two_daemons_do_not_share_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path());
    let problem = Journal::open(storage(folder.path(), Retention::default())).unwrap_err();
    assert!(problem.to_string().contains("in use by another ssowatch"), "{problem}");
    assert!(first.close());
    assert!(open(folder.path()).close(), "the folder is free again");
}

#[test]
fn where_no_daemon_has_kept_a_journal_nothing_is_made_by_reading() {
    let folder = tempfile::tempdir().unwrap();
    let problem = Journal::read(folder.path()).unwrap_err().to_string();
    assert!(problem.contains("no daemon has kept a journal"), "{problem}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn where_it_cannot_be_seen_whether_there_is_a_journal_nothing_is_said_of_that() {
    let folder = tempfile::tempdir().unwrap();
    let circle = folder.path().join("circle");
    std::os::unix::fs::symlink(&circle, &circle).unwrap();
    let problem = Journal::read(&circle).unwrap_err().to_string();
    assert!(problem.contains("circle") && !problem.contains("no daemon has kept"), "{problem}");
}

#[test]
fn an_empty_file_as_a_killed_start_leaves_it_becomes_a_journal() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(FILE), "").unwrap();
    let journal = open(folder.path());
    Rounds::of("home").minute(&journal, 0, Login::Ok);
    assert!(journal.close());
}

#[test]
fn a_file_of_the_first_release_is_read_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    Connection::open(folder.path().join(FILE)).unwrap().execute_batch(VERSION_1).unwrap();
    let journal = open(folder.path());
    assert_eq!(all(&journal).iter().map(|event| event.id).collect::<Vec<_>>(), [44, 43, 42, 41]);
    assert_eq!(journal.history("home", start(), start() + TimeDelta::days(2)).len(), 2);
    let good = journal.last_good("home").unwrap();
    assert_eq!(good.known[0].values[0].subject, ChangeSubject::KasmConfig);
    assert_eq!(journal.state("home"), None, "a state that cannot be read is as good as none");
    Rounds::of("home").minute(&journal, 24 * 60, Login::Ok);
    assert!(journal.close());
    assert_eq!(all(&open(folder.path()))[0].id, 45);
}
