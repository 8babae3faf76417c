//! About the daemon itself.

use axum::{extract::State, http::Uri};
use serde::Serialize;

use super::{Answer, FORMAT, Query, Shared, Told};
use crate::{clock::Time, journal, metrics::Stats, model::Login};

#[derive(Serialize)]
struct Document {
    format: u32,
    version: &'static str,
    os: &'static str,
    arch: &'static str,
    uptime_seconds: Option<f64>,
    targets: Targets,
    #[serde(flatten)]
    daemon: Stats,
    journal: Newest,
}

/// How many targets there are, by how sign-in stands now.
#[derive(Default, Serialize)]
struct Targets {
    all: usize,
    ok: usize,
    degraded: usize,
    broken: usize,
    unknown: usize,
}

/// The newest event of the journal.
#[derive(Serialize)]
struct Newest {
    last_id: Option<u64>,
    last_at: Option<Time>,
}

pub(super) async fn stats(State(app): Shared, uri: Uri) -> Told {
    Query::none(&uri)?;
    let now = app.clock.now();
    let mut targets = Targets::default();
    for entry in app.results.entries() {
        targets.all += 1;
        *match entry.current(now).map_or(Login::Unknown, |latest| latest.report.login) {
            Login::Ok => &mut targets.ok,
            Login::Degraded => &mut targets.degraded,
            Login::Broken => &mut targets.broken,
            Login::Unknown => &mut targets.unknown,
        } += 1;
    }
    let newest = app.journal.events(&journal::Query { limit: 1, ..journal::Query::default() });
    let newest = newest.first();
    Answer::of(&Document {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION"),
        os: std::env::consts::OS,
        arch: std::env::consts::ARCH,
        uptime_seconds: app.daemon.uptime_seconds(now),
        targets,
        daemon: app.daemon.stats(),
        journal: Newest { last_id: newest.map(|event| event.id), last_at: newest.map(|event| event.at) },
    })
}
