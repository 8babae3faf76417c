//! A file that somebody deletes or replaces while the daemon runs.

use std::{fs, path::Path};

use chrono::TimeDelta;
use ssowatch::{
    journal::{FILE, Journal, Query},
    model::Login,
};

use super::rounds::{Rounds, all, open, start};

/// What is done to the folder, whose copy from a while ago stands at the second path.
type Deed = fn(&Path, &Path);

/// A folder that was read while the journal was written, with everything of it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn a_journal_that_vanishes_is_noticed_told_and_begun_again_with_all_that_memory_holds() {
    let deeds: [(&str, Deed); 5] = [
        ("the folder is deleted", |folder, _| fs::remove_dir_all(folder).unwrap()),
        ("the file is deleted", |folder, _| fs::remove_file(folder.join(FILE)).unwrap()),
        ("its log is deleted", |folder, _| fs::remove_file(folder.join(format!("{FILE}-wal"))).unwrap()),
        ("the folder is moved away", |folder, copy| fs::rename(folder, copy.join("away")).unwrap()),
        ("an older copy takes its place", |folder, copy| {
            fs::remove_dir_all(folder).unwrap();
            fs::rename(copy, folder).unwrap();
        }),
    ];
    for (deed, does) in deeds {
        let parent = tempfile::tempdir().unwrap();
        let (folder, older) = (parent.path().join("journal"), parent.path().join("copy"));
        let journal = open(&folder);
        let kept = journal.kept().unwrap();
        let is_kept = || kept.load(std::sync::atomic::Ordering::Relaxed);
        let mut rounds = Rounds::of("home");
        rounds.minute(&journal, 0, Login::Ok);
        assert!(journal.flush());
        copy(&folder, &older);
        rounds.minute(&journal, 1, Login::Broken);
        assert!(journal.flush());

        does(&folder, &older);
        rounds.minute(&journal, 2, Login::Ok);
        assert!(!journal.flush(), "{deed}: it is noticed");
        assert!(!is_kept(), "{deed}: it is told");
        assert_eq!(all(&journal).len(), 3, "{deed}: what is in memory is shown meanwhile");
        assert!(journal.flush() && is_kept(), "{deed}: it is begun again");
        rounds.minute(&journal, 3, Login::Broken);
        assert!(journal.flush(), "{deed}");
        let written = Journal::read(&folder).unwrap();
        let ids: Vec<u64> = all(&written).iter().map(|event| event.id).collect();
        assert_eq!(ids, [4, 3, 2, 1], "{deed}");
        assert_eq!(all(&written), all(&journal), "{deed}");
        let hour = start() + TimeDelta::hours(1);
        assert_eq!(written.history("home", start(), hour), journal.history("home", start(), hour), "{deed}");
        assert_eq!(written.last_good("home"), journal.last_good("home"), "{deed}");
        assert_eq!(written.state("home").unwrap().report.login, Login::Broken, "{deed}");
        assert!(journal.close(), "{deed}");
        let newest = Query { limit: 1, ..Query::default() };
        assert_eq!(open(&folder).events(&newest)[0].id, 4, "{deed}");
    }
}
