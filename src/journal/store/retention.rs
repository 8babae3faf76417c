//! Deletes what is too old or too much, the oldest first.

use std::time::Duration;

use chrono::TimeDelta;
use rusqlite::{Connection, params};
use tracing::warn;

use super::{Store, nanos, read};
use crate::clock::{Time, span};

/// How often what is too old is looked for.
const SWEEP_EVERY: TimeDelta = TimeDelta::hours(1);
/// Of the events, one in so many is deleted at once where the file is too large: the next time is not soon.
const PART: i64 = 10;

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// For how long.
    pub time: Duration,
    /// How large the file may be, in bytes; its write-ahead log comes on top, up to 1 MiB.
    pub size_bytes: u64,
}

impl Default for Retention {
    /// 400 days, 64 MiB.
    fn default() -> Self {
        Self { time: Duration::from_hours(400 * 24), size_bytes: 64 << 20 }
    }
}

impl Store {
    /// Deletes what is too old (now and then) and what is too much (at once). Without a time that can be believed, only the
    /// latter.
    pub(super) fn hold_retention(&mut self, now: Option<Time>) -> rusqlite::Result<()> {
        let is_due = |now: &Time| self.swept.is_none_or(|last| (*now - last).abs() >= SWEEP_EVERY);
        if let Some(now) = now.filter(is_due) {
            let is_first = self.swept.replace(now).is_none();
            let oldest = now - span(self.retention.time);
            if delete_before(&self.connection, oldest)? > 0 || is_first {
                vacuum(&self.connection)?;
            }
        }
        let mut is_cut = false;
        while used_bytes(&self.connection)? > self.retention.size_bytes {
            if cut(&self.connection)? == 0 {
                break;
            }
            is_cut = true;
        }
        if is_cut {
            vacuum(&self.connection)?;
            warn!(size_bytes = self.retention.size_bytes, "the journal is full: its oldest events were deleted");
        }
        Ok(())
    }
}

/// Writes into spans how far they go (those that end before this time, as far as their rows tell), which is written apart.
pub(super) fn fold_seen(connection: &Connection, before: Option<i64>) -> rusqlite::Result<()> {
    let mut update = connection
        .prepare("UPDATE span SET until = ?3 WHERE target = ?1 AND since = ?2 AND until < ?3 AND until < ?4")?;
    for (target, (since, until)) in read::seen(connection)? {
        update.execute(params![target, since, until, before.unwrap_or(i64::MAX)])?;
    }
    Ok(())
}

fn delete_before(connection: &Connection, oldest: Time) -> rusqlite::Result<usize> {
    let oldest = nanos(oldest);
    fold_seen(connection, Some(oldest))?;
    let mut deleted = 0;
    for sql in [
        "DELETE FROM event WHERE at < ?1",
        "DELETE FROM span WHERE until < ?1",
        "DELETE FROM good WHERE at < ?1",
        "DELETE FROM state WHERE at < ?1",
    ] {
        deleted += connection.execute(sql, [oldest])?;
    }
    Ok(deleted)
}

/// Deletes the oldest part of the events, and the spans of that time; where there is no event, of the spans.
fn cut(connection: &Connection) -> rusqlite::Result<usize> {
    let until = |table: &str, column: &str| {
        let sql = format!(
            "SELECT max({column}) FROM (SELECT {column} FROM {table} ORDER BY {column} LIMIT \
             (SELECT count(*) / {PART} + 1 FROM {table}))"
        );
        connection.query_row(&sql, [], |row| row.get::<_, Option<i64>>(0))
    };
    match until("event", "at")? {
        Some(at) => {
            fold_seen(connection, Some(at.saturating_add(1)))?;
            let events = connection.execute("DELETE FROM event WHERE at <= ?1", [at])?;
            Ok(events + connection.execute("DELETE FROM span WHERE until <= ?1", [at])?)
        }
        None => {
            fold_seen(connection, None)?;
            connection.execute("DELETE FROM span WHERE until <= ?1", params![until("span", "until")?])
        }
    }
}

/// What the file holds, without the pages that are free.
fn used_bytes(connection: &Connection) -> rusqlite::Result<u64> {
    let number = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, u64>(0));
    Ok((number("page_count")? - number("freelist_count")?) * number("page_size")?)
}

/// Gives free pages back to the file system: one with each row.
fn vacuum(connection: &Connection) -> rusqlite::Result<()> {
    let mut vacuum = connection.prepare("PRAGMA incremental_vacuum")?;
    let mut rows = vacuum.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}
