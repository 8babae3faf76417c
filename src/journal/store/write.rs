//! Writes what was noted.

use std::io::Write as _;

use flate2::{Compression, write::ZlibEncoder};
use rusqlite::{Transaction, params};

use super::{Store, nanos};
use crate::journal::{State, backlog::Batch};

impl Store {
    /// Writes a batch, all of it or nothing.
    pub fn write(&mut self, batch: &Batch) -> rusqlite::Result<()> {
        let synchronous = if batch.events.is_empty() { "NORMAL" } else { "FULL" };
        self.connection.pragma_update(None, "synchronous", synchronous)?;
        let transaction = self.connection.transaction()?;
        events(&transaction, batch)?;
        spans(&transaction, batch)?;
        lasting(&transaction, batch)?;
        transaction.commit()?;
        self.hold_retention(batch.at)
    }
}

fn events(transaction: &Transaction<'_>, batch: &Batch) -> rusqlite::Result<()> {
    // One that is there already was written by a transaction whose end could not be told.
    let mut insert =
        transaction.prepare("INSERT OR IGNORE INTO event (id, at, target, what) VALUES (?1, ?2, ?3, ?4)")?;
    for event in &batch.events {
        insert.execute(params![event.id, nanos(event.at), event.target, json(&event.what)?])?;
    }
    Ok(())
}

fn spans(transaction: &Transaction<'_>, batch: &Batch) -> rusqlite::Result<()> {
    let mut insert = transaction
        .prepare("INSERT OR REPLACE INTO span (target, since, until, login, cause) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for ((_, target), span) in &batch.spans {
        insert.execute(params![target, nanos(span.from), nanos(span.to), span.login.word(), span.cause])?;
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
            state.execute(params![target, nanos(latest.report.at), deflated(latest)?])?;
        }
    }
    Ok(())
}

fn json(value: &impl serde::Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| unwritable(error.into()))
}

fn deflated(state: &State) -> rusqlite::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    serde_json::to_writer(&mut encoder, state).map_err(|error| unwritable(error.into()))?;
    encoder.flush().and_then(|()| encoder.finish()).map_err(|error| unwritable(error.into()))
}

fn unwritable(error: Box<dyn std::error::Error + Send + Sync>) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(error)
}
