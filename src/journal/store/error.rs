//! Why a journal's file cannot be used.

use std::{
    io,
    path::{Path, PathBuf},
};

use rusqlite::ErrorCode;

/// Why a journal's file cannot be used, for a person.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The path is no folder.
    #[error("--storage.path {0} is no folder: name a folder, which is made if it is not there")]
    NoFolder(PathBuf),
    /// Another daemon has it.
    #[error("--storage.path {0} is in use by another ssowatch: stop that one, or name another folder")]
    InUse(PathBuf),
    /// Nothing is there to be read.
    #[error("{0} is not there: no daemon has kept a journal in this folder yet (ssowatch serve --storage.path FOLDER)")]
    NoJournal(PathBuf),
    /// A later release wrote it.
    #[error(
        "{file} is from a newer release of ssowatch: its version is {found}, this release knows {known}. Install the \
         newer release again, or move the file away to begin a new journal"
    )]
    Newer {
        /// The file.
        file: PathBuf,
        /// Its version.
        found: i64,
        /// The version that this release writes.
        known: i64,
    },
    /// An earlier release wrote it, and it was to be read only.
    #[error(
        "{file} is from an older release of ssowatch: its version is {found}, this release reads {known}. \
         `ssowatch serve` brings it up to date when it starts"
    )]
    Older {
        /// The file.
        file: PathBuf,
        /// Its version.
        found: i64,
        /// The version that this release reads.
        known: i64,
    },
    /// It is something else.
    #[error(
        "{0} is no journal of ssowatch; nothing in it was touched. Name another folder with --storage.path, or move the \
         file away"
    )]
    NotOurs(PathBuf),
    /// It is damaged.
    #[error(
        "{file} is damaged ({detail}); nothing in it was touched. Move it and the files beside it away to begin a new \
         journal; `sqlite3 {file} .recover` may show what can be saved"
    )]
    Damaged {
        /// The file.
        file: PathBuf,
        /// What SQLite says.
        detail: String,
    },
    /// The disk does not let us: it is full, read-only or broken.
    #[error("{path} cannot be used now: {detail}")]
    Unavailable {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        detail: String,
    },
    /// We may not.
    #[error(
        "{path}: {detail}: run this as the user that the daemon runs as, or give that user the right to write there"
    )]
    NotAllowed {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        detail: String,
    },
}

impl StorageError {
    /// Whether it may pass by itself, or by somebody who makes room: no reason not to watch meanwhile.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }

    pub(super) fn io(path: &Path, error: &io::Error) -> Self {
        let (path, detail) = (path.to_owned(), error.to_string());
        if error.kind() == io::ErrorKind::PermissionDenied {
            Self::NotAllowed { path, detail }
        } else {
            Self::Unavailable { path, detail }
        }
    }

    pub(super) fn sqlite(file: &Path, error: &rusqlite::Error) -> Self {
        let file = file.to_owned();
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::NotOurs(file),
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { file, detail: error.to_string() },
            _ => Self::Unavailable { path: file, detail: error.to_string() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_may_recover_is_told_from_a_file_that_must_not_be_used() {
        let file = Path::new("/var/lib/ssowatch/journal.db");
        let sqlite =
            |code| StorageError::sqlite(file, &rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None));
        // Primary result codes (sqlite.org/rescode.html): READONLY, IOERR, FULL, CANTOPEN; CORRUPT, NOTADB.
        for (code, may_pass) in [(8, true), (10, true), (13, true), (14, true), (11, false), (26, false)] {
            assert_eq!(sqlite(code).may_pass(), may_pass, "{code}: {}", sqlite(code));
        }
        for (kind, may_pass) in [
            (io::ErrorKind::ReadOnlyFilesystem, true),
            (io::ErrorKind::StorageFull, true),
            (io::ErrorKind::PermissionDenied, false),
        ] {
            let problem = StorageError::io(file, &kind.into());
            assert_eq!(problem.may_pass(), may_pass, "{problem}");
            assert!(problem.to_string().contains("journal.db"), "{problem}");
        }
    }
}
