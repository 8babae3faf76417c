//! Writes what was noted.

use std::collections::BTreeMap;

use rusqlite::{Transaction, params};

use super::{Store, deflate::deflated, identity, log_of, nanos};
use crate::{clock::Time, journal::backlog::Batch};

impl Store {
    /// Writes a batch, all of it or nothing. What is too old at `now` is deleted; without a time, only what is too much.
    pub fn write(&mut self, batch: &Batch, now: Option<Time>) -> rusqlite::Result<()> {
        if !batch.is_empty() {
            let synchronous = if batch.events.is_empty() { "NORMAL" } else { "FULL" };
            self.connection.pragma_update(None, "synchronous", synchronous)?;
            let transaction = self.connection.transaction()?;
            events(&transaction, batch)?;
            spans(&transaction, batch)?;
            lasting(&transaction, batch)?;
            transaction.commit()?;
        }
        self.log = identity(&log_of(&self.file));
        self.hold_retention(now)
    }
}

fn events(transaction: &Transaction<'_>, batch: &Batch) -> rusqlite::Result<()> {
    // One that is there already was written by a transaction whose end could not be told.
    let mut insert = transaction.prepare(
        "INSERT OR IGNORE INTO event (id, at, target, what, repeated, last_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for event in &batch.events {
        let (count, last) =
            (event.repeated.map_or(0, |repeated| repeated.count), event.repeated.map(|it| nanos(it.last)));
        insert.execute(params![event.id, nanos(event.at), event.target, json(&event.what)?, count, last])?;
    }
    let mut update = transaction.prepare("UPDATE event SET repeated = ?2, last_at = ?3 WHERE id = ?1")?;
    for (id, repeated) in &batch.repeats {
        update.execute(params![id, repeated.count, nanos(repeated.last)])?;
    }
    Ok(())
}

fn spans(transaction: &Transaction<'_>, batch: &Batch) -> rusqlite::Result<()> {
    let mut insert = transaction
        .prepare("INSERT OR REPLACE INTO span (target, since, until, login, cause) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for ((_, target), span) in &batch.spans {
        insert.execute(params![target, nanos(span.from), nanos(span.to), span.login.word(), span.cause])?;
    }
    if !batch.seen.is_empty() {
        let seen: BTreeMap<&str, (i64, i64)> =
            batch.seen.iter().map(|(target, seen)| (target.as_str(), (nanos(seen.from), nanos(seen.to)))).collect();
        let seen = deflated(&seen).map_err(|error| unwritable(error.into()))?;
        transaction.execute("INSERT OR REPLACE INTO seen (id, spans) VALUES (1, ?1)", [seen])?;
    }
    Ok(())
}

fn lasting(transaction: &Transaction<'_>, batch: &Batch) -> rusqlite::Result<()> {
    let mut good = transaction.prepare("INSERT OR REPLACE INTO good (target, at, known) VALUES (?1, ?2, ?3)")?;
    let mut state = transaction.prepare("INSERT OR REPLACE INTO state (target, at, state) VALUES (?1, ?2, ?3)")?;
    for (target, lasting) in &batch.lasting {
        if let Some(known) = &lasting.good {
            good.execute(params![target, nanos(known.at), json(&known.known)?])?;
        }
        if let Some(latest) = &lasting.state {
            let written = deflated(latest).map_err(|error| unwritable(error.into()))?;
            state.execute(params![target, nanos(latest.report.at), written])?;
        }
    }
    Ok(())
}

fn json(value: &impl serde::Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| unwritable(error.into()))
}

fn unwritable(error: Box<dyn std::error::Error + Send + Sync>) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(error)
}
