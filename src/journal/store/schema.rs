//! The tables, by version; and the way from one version to the next.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::StorageError;

/// Marks a SQLite file as a journal of ours (`PRAGMA application_id`): the letters `ssow`.
const APPLICATION: i64 = 0x7373_6f77;

/// What makes each version from the one before; version 0 is an empty file. A step that was released is never changed.
pub(super) const STEPS: &[&str] = &[
    // 1: times are nanoseconds since the Unix epoch.
    "
    PRAGMA application_id = 0x73736f77;

    -- What happened. AUTOINCREMENT: a number is never given twice, though retention deletes all events.
    CREATE TABLE event (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at INTEGER NOT NULL,
        target TEXT NOT NULL,
        what TEXT NOT NULL -- JSON
    ) STRICT;
    CREATE INDEX event_by_target ON event (target, id);

    -- How sign-in stood.
    CREATE TABLE span (
        target TEXT NOT NULL,
        since INTEGER NOT NULL,
        until INTEGER NOT NULL,
        login TEXT NOT NULL,
        cause TEXT,
        PRIMARY KEY (target, since)
    ) STRICT, WITHOUT ROWID;

    -- What was so when sign-in last worked.
    CREATE TABLE good (
        target TEXT PRIMARY KEY,
        at INTEGER NOT NULL,
        known TEXT NOT NULL -- JSON
    ) STRICT;

    -- The latest round.
    CREATE TABLE state (
        target TEXT PRIMARY KEY,
        at INTEGER NOT NULL,
        state BLOB NOT NULL -- JSON, deflated (zlib): a fifth of the size
    ) STRICT;
    ",
    // 2
    "
    -- How often the same happened again soon after, and when it did last.
    ALTER TABLE event ADD COLUMN repeated INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE event ADD COLUMN last_at INTEGER;

    -- How far the latest span of each target goes. All in one row: in rows of their own they would be pages of their own,
    -- each written again every minute.
    CREATE TABLE seen (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        spans BLOB NOT NULL -- JSON by target, deflated (zlib)
    ) STRICT;
    ",
];

/// The version that this release writes.
pub(super) const VERSION: i64 = STEPS.len() as i64;

/// The version of a file that this release may write: not later than its own, and ours or empty.
pub(super) fn version(connection: &Connection, file: &Path) -> Result<i64, StorageError> {
    let number = |sql: &str| {
        connection.query_row(sql, [], |row| row.get::<_, i64>(0)).map_err(|error| StorageError::sqlite(file, &error))
    };
    let (found, application) = (number("PRAGMA user_version")?, number("PRAGMA application_id")?);
    let is_empty = found == 0 && number("SELECT count(*) FROM sqlite_schema")? == 0;
    if application != APPLICATION && !(is_empty && application == 0) {
        return Err(StorageError::NotOurs(file.to_owned()));
    }
    if found > VERSION {
        return Err(StorageError::Newer { file: file.to_owned(), found, known: VERSION });
    }
    Ok(found)
}

/// Reads the whole file once: what is damaged is reported at the start, not in the middle of an outage. At the size that
/// retention allows by default this takes a tenth of a second.
pub(super) fn check(connection: &Connection, file: &Path) -> Result<(), StorageError> {
    let found: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| StorageError::sqlite(file, &error))?;
    let detail = found.split_whitespace().collect::<Vec<_>>().join(" ");
    if found == "ok" { Ok(()) } else { Err(StorageError::Damaged { file: file.to_owned(), detail }) }
}

/// Takes the steps that are missing, all or none.
pub(super) fn migrate(connection: &mut Connection, from: i64, steps: &[&str]) -> rusqlite::Result<()> {
    let missing = steps.get(usize::try_from(from).unwrap_or_default()..).unwrap_or_default();
    if missing.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for step in missing {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", steps.len() as i64)?;
    transaction.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "CREATE TABLE one (value TEXT); INSERT INTO one VALUES ('kept')";
    const SECOND: &str =
        "ALTER TABLE one RENAME COLUMN value TO name; ALTER TABLE one ADD COLUMN more TEXT DEFAULT 'new'";

    fn row(connection: &Connection, sql: &str) -> Vec<String> {
        let mut select = connection.prepare(sql).unwrap();
        let columns = select.column_count();
        let read = |row: &rusqlite::Row<'_>| (0..columns).map(|column| row.get(column)).collect();
        select.query_row([], read).unwrap()
    }

    fn version(connection: &Connection) -> i64 {
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_file_of_an_earlier_version_takes_the_steps_that_are_missing() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, 0, &[FIRST]).unwrap();
        assert_eq!(version(&connection), 1);
        migrate(&mut connection, 1, &[FIRST, SECOND]).unwrap();
        assert_eq!(version(&connection), 2);
        assert_eq!(row(&connection, "SELECT name, more FROM one"), ["kept", "new"]);
        migrate(&mut connection, 2, &[FIRST, SECOND]).unwrap();
        assert_eq!(version(&connection), 2, "and no step twice");
    }

    #[test]
    fn a_step_that_fails_leaves_the_file_as_it_was() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, 0, &[FIRST]).unwrap();
        migrate(&mut connection, 1, &[FIRST, SECOND, "SELECT no_such_function()"]).unwrap_err();
        assert_eq!(version(&connection), 1);
        assert_eq!(row(&connection, "SELECT value FROM one"), ["kept"]);
    }

    #[test]
    fn an_empty_file_becomes_a_journal_of_this_version() {
        let mut connection = Connection::open_in_memory().unwrap();
        let file = Path::new("journal.db");
        assert_eq!(super::version(&connection, file).unwrap(), 0);
        migrate(&mut connection, 0, STEPS).unwrap();
        assert_eq!(super::version(&connection, file).unwrap(), VERSION);
        check(&connection, file).unwrap();
    }
}
