//! Reads what was written.

use std::{collections::BTreeMap, path::Path};

use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Row, params, types::Type};
use serde::de::DeserializeOwned;

use super::{FILE, StorageError, Store, deflate::inflated, log_of, nanos, schema, time};
use crate::{
    clock::Time,
    journal::{Event, Good, MOST, Query, Repeated, Span, State},
};

/// What earlier processes wrote, as far as it is held in memory.
#[derive(Debug, Default)]
pub(in crate::journal) struct Past {
    /// The largest number that an event ever had.
    pub last_id: u64,
    /// The newest events, oldest first.
    pub events: Vec<Event>,
    /// Whether there are older ones.
    pub is_cut: bool,
    /// The spans of each target, oldest first.
    pub spans: Vec<(String, Span)>,
    /// What was so when sign-in at each target last worked.
    pub good: Vec<(String, Good)>,
}

/// The file, open to be read, also while a daemon writes it.
#[derive(Debug)]
pub(in crate::journal) struct Reader {
    connection: Connection,
}

impl Reader {
    /// Opens the file in this folder.
    pub fn open(folder: &Path) -> Result<Self, StorageError> {
        let file = folder.join(FILE);
        // A folder that this user may not look into may hold one.
        match file.try_exists() {
            Ok(true) => {}
            Ok(false) => return Err(StorageError::NoJournal(file)),
            Err(error) => return Err(StorageError::io(&file, &error)),
        }
        let (connection, found) = Self::open_file(&file)?;
        if found < schema::VERSION {
            return Err(StorageError::Older { file, found, known: schema::VERSION });
        }
        Ok(Self { connection })
    }

    fn open_file(file: &Path) -> Result<(Connection, i64), StorageError> {
        let opened = super::open(file, OpenFlags::SQLITE_OPEN_READ_ONLY)
            .and_then(|connection| schema::version(&connection, file).map(|version| (connection, version)));
        match opened {
            // Reading needs a file beside it (-shm), which may not be made where one may only read. Without a log nobody
            // writes, so it can be done without.
            Err(StorageError::Unavailable { .. }) if !log_of(file).exists() => {
                let address = format!("file:{}?immutable=1", escaped(file));
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
                let connection = super::open(Path::new(&address), flags)?;
                let version = schema::version(&connection, file)?;
                Ok((connection, version))
            }
            opened => opened,
        }
    }

    /// What is held in memory.
    pub fn past(&self) -> Result<Past, StorageError> {
        let file = self.connection.path().unwrap_or(FILE);
        self.read_past().map_err(|error| StorageError::sqlite(Path::new(file), &error))
    }

    fn read_past(&self) -> rusqlite::Result<Past> {
        let mut events = self.events(&Query { limit: MOST + 1, ..Query::default() })?;
        let is_cut = events.len() > MOST;
        events.truncate(MOST);
        events.reverse();
        let last = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'event'";
        let mut spans =
            self.connection.prepare("SELECT target, since, until, login, cause FROM span ORDER BY target, since")?;
        let mut good = self.connection.prepare("SELECT target, at, known FROM good")?;
        let seen = seen(&self.connection)?;
        let extended = |span: rusqlite::Result<(String, Span)>| -> rusqlite::Result<(String, Span)> {
            let (target, mut span) = span?;
            if let Some((_, until)) = seen.get(&target).filter(|(since, _)| *since == nanos(span.from)) {
                span.to = span.to.max(time(*until));
            }
            Ok((target, span))
        };
        Ok(Past {
            last_id: self.connection.query_row(last, [], |row| row.get(0))?,
            events,
            is_cut,
            spans: spans.query_map([], span)?.map(extended).collect::<Result<_, _>>()?,
            good: good.query_map([], known)?.collect::<Result<_, _>>()?,
        })
    }

    /// The events asked for, the newest first.
    pub fn events(&self, query: &Query) -> rusqlite::Result<Vec<Event>> {
        let sql = match query.target {
            None => {
                "SELECT id, at, target, what, repeated, last_at FROM event WHERE id < ?1 AND at >= ?2 ORDER BY id DESC LIMIT ?3"
            }
            Some(_) => {
                "SELECT id, at, target, what, repeated, last_at FROM event WHERE id < ?1 AND at >= ?2 AND target = ?4 \
                 ORDER BY id DESC LIMIT ?3"
            }
        };
        let before = query.before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX);
        let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
        let since = query.since.map_or(i64::MIN, nanos);
        let mut select = self.connection.prepare(sql)?;
        match &query.target {
            None => select.query_map(params![before, since, limit], event)?.collect(),
            Some(target) => select.query_map(params![before, since, limit, target], event)?.collect(),
        }
    }

    /// The latest round of a target.
    pub fn state(&self, target: &str) -> rusqlite::Result<Option<State>> {
        let mut select = self.connection.prepare("SELECT state FROM state WHERE target = ?1")?;
        let mut rows = select.query([target])?;
        rows.next()?.map(|row| inflated(row.get_ref(0)?.as_blob()?).map_err(unreadable)).transpose()
    }
}

impl Store {
    /// What is on disk, as far as it is held in memory, and a reader for the rest.
    pub fn past(&self, folder: &Path) -> Result<(Past, Reader), StorageError> {
        let reader = Reader::open(folder)?;
        let past = reader.past()?;
        Ok((past, reader))
    }
}

/// How far the latest span of each target goes: its beginning and its end.
pub(super) fn seen(connection: &Connection) -> rusqlite::Result<BTreeMap<String, (i64, i64)>> {
    let select = "SELECT spans FROM seen";
    let found: Option<Vec<u8>> = connection.query_row(select, [], |row| row.get(0)).optional()?;
    found.map_or_else(|| Ok(BTreeMap::new()), |bytes| inflated(&bytes).map_err(unreadable))
}

fn event(row: &Row<'_>) -> rusqlite::Result<Event> {
    let what = json(&row.get::<_, String>(3)?)?;
    let last: Option<i64> = row.get(5)?;
    let count = row.get(4)?;
    let repeated = last.map(|last| Repeated { count, last: time(last) });
    Ok(Event { id: row.get(0)?, at: time(row.get(1)?), target: row.get(2)?, what, repeated })
}

fn span(row: &Row<'_>) -> rusqlite::Result<(String, Span)> {
    let (from, to): (Time, Time) = (time(row.get(1)?), time(row.get(2)?));
    let login = serde_json::Value::String(row.get(3)?);
    let login = serde_json::from_value(login).map_err(unreadable)?;
    Ok((row.get(0)?, Span { from, to, login, cause: row.get(4)? }))
}

fn known(row: &Row<'_>) -> rusqlite::Result<(String, Good)> {
    Ok((row.get(0)?, Good { at: time(row.get(1)?), known: json(&row.get::<_, String>(2)?)? }))
}

fn json<T: DeserializeOwned>(text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(unreadable)
}

fn unreadable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, error.into())
}

/// A path as a URI wants it (RFC 3986, section 2.1).
fn escaped(path: &Path) -> String {
    let mut text = String::new();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => text.push(char::from(*byte)),
            other => text.push_str(&format!("%{other:02X}")),
        }
    }
    text
}
