//! The journal's file: SQLite, in a folder of its own.
//!
//! - WAL, so that readers (pages, `ssowatch changes`) never wait for the writer, nor it for them.
//! - What a killed process has committed is safe either way: the kernel has it. `synchronous` is about power cuts. A
//!   transaction with an event in it is synced (`FULL`): events are few, and none may be lost. One that only lets a span go
//!   on is not (`NORMAL`): that happens every second with many targets, and a power cut loses minutes at most.
//! - `auto_vacuum = INCREMENTAL`, so that what retention deletes makes the file smaller.
//! - One daemon at a time: it holds a lock on the file `lock` beside it, which the kernel lets go of with the process.

mod deflate;
mod error;
mod read;
mod retention;
mod schema;
mod write;

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};

pub use error::StorageError;
pub(super) use read::{Past, Reader};
pub use retention::Retention;

use crate::clock::Time;

/// The name of the file in its folder.
pub const FILE: &str = "journal.db";
/// How long one waits for another that has the file locked, which only the very end of a process does.
const BUSY: Duration = Duration::from_secs(2);

/// The file, open to be written.
#[derive(Debug)]
pub(super) struct Store {
    connection: Connection,
    retention: Retention,
    file: PathBuf,
    /// Which file was opened, and its write-ahead log as of the last transaction.
    identity: Option<Identity>,
    log: Option<Identity>,
    /// When what is too old was last deleted.
    swept: Option<Time>,
    /// The last field: it is let go of when the file is closed.
    _lock: Lock,
}

/// That no other daemon has the folder.
#[derive(Debug)]
struct Lock(File);

impl Drop for Lock {
    /// Not left to the closing of the file: a child that is just being forked holds that open for a moment.
    fn drop(&mut self) {
        // What cannot be unlocked is unlocked with the process.
        let _ = self.0.unlock();
    }
}

impl Store {
    /// Opens the file in this folder, or makes both; brings one of an earlier release to this one's form. One that is not
    /// ours, of a later release or damaged is left as it is.
    pub fn open(folder: &Path, retention: Retention) -> Result<Self, StorageError> {
        make(folder)?;
        let lock = lock(folder)?;
        let file = folder.join(FILE);
        let mode = OpenOptions::new().append(true).create(true).mode(0o600).open(&file);
        mode.map_err(|error| StorageError::io(&file, &error))?;
        let mut connection = open(&file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        prepare(&mut connection, &file)?;
        let identity = identity(&file);
        Ok(Self { connection, retention, file, identity, log: None, swept: None, _lock: lock })
    }

    /// Whether the file and its log are where they were: what is written after somebody deleted them goes nowhere.
    pub fn is_in_place(&self) -> bool {
        let log = || identity(&log_of(&self.file));
        self.identity.is_some() && identity(&self.file) == self.identity && (self.log.is_none() || log() == self.log)
    }
}

/// Device and inode.
type Identity = (u64, u64);

/// Which file this is; none where it is gone or cannot be told.
fn identity(file: &Path) -> Option<Identity> {
    fs::metadata(file).ok().map(|found| (found.dev(), found.ino()))
}

fn prepare(connection: &mut Connection, file: &Path) -> Result<(), StorageError> {
    let version = schema::version(connection, file)?;
    schema::check(connection, file)?;
    let sqlite = |error| StorageError::sqlite(file, &error);
    // Only a file without a table takes auto_vacuum, and only before it is one of WAL.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL").map_err(sqlite)?;
    let _: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(sqlite)?;
    connection.pragma_update(None, "wal_autocheckpoint", 256).map_err(sqlite)?;
    let _: i64 = connection.query_row("PRAGMA journal_size_limit = 1048576", [], |row| row.get(0)).map_err(sqlite)?;
    schema::migrate(connection, version, schema::STEPS).map_err(sqlite)?;
    // The process before is gone; this one tells how far its own spans go.
    let transaction = connection.transaction().map_err(sqlite)?;
    retention::fold_seen(&transaction, None).map_err(sqlite)?;
    transaction.execute("DELETE FROM seen", []).map_err(sqlite)?;
    transaction.commit().map_err(sqlite)
}

fn open(file: &Path, flags: OpenFlags) -> Result<Connection, StorageError> {
    let sqlite = |error| StorageError::sqlite(file, &error);
    let connection = Connection::open_with_flags(file, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(sqlite)?;
    connection.busy_timeout(BUSY).map_err(sqlite)?;
    // In KiB: what is read is small, and this process is small, too.
    connection.pragma_update(None, "cache_size", -512).map_err(sqlite)?;
    Ok(connection)
}

fn make(folder: &Path) -> Result<(), StorageError> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    match made {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(StorageError::NoFolder(folder.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Err(StorageError::NoFolder(folder.to_owned())),
        made => made.map_err(|error| StorageError::io(folder, &error)),
    }
}

fn lock(folder: &Path) -> Result<Lock, StorageError> {
    let path = folder.join("lock");
    let opened = OpenOptions::new().append(true).create(true).mode(0o600).open(&path);
    let file = opened.map_err(|error| StorageError::io(&path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(StorageError::InUse(folder.to_owned())),
        Err(TryLockError::Error(error)) => Err(StorageError::io(&path, &error)),
    }
}

/// Where the write-ahead log of a file stands.
fn log_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// A time as it is stored: nanoseconds since the Unix epoch. A time beyond them (1677 to 2262) is no time of a round.
fn nanos(time: Time) -> i64 {
    time.timestamp_nanos_opt().unwrap_or_default()
}

fn time(nanos: i64) -> Time {
    Time::from_timestamp_nanos(nanos)
}
