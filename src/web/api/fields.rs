//! Every compared field of one target side by side.

use axum::{
    extract::{Path, State},
    http::Uri,
};
use serde::Serialize;

use super::{Answer, FORMAT, Query, Shared, Told, targets};
use crate::{
    clock::Time,
    render::fields::{self, FieldRow},
};

#[derive(Serialize)]
struct Document<'a> {
    format: u32,
    target: &'a str,
    current: bool,
    at: Option<Time>,
    fields: Vec<FieldRow>,
}

pub(super) async fn fields(State(app): Shared, Path(name): Path<String>, uri: Uri) -> Told {
    Query::none(&uri)?;
    let entry = targets::entry(&app, &name)?;
    let rows = entry.latest.as_ref().map(|latest| fields::fields(&latest.snapshot, &latest.report));
    Answer::of(&Document {
        format: FORMAT,
        target: &entry.name,
        current: entry.current(app.clock.now()).is_some(),
        at: entry.latest.as_ref().map(|latest| latest.report.at),
        fields: rows.unwrap_or_default(),
    })
}
