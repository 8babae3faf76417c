//! Rounds to note, and journals to note them in.

use std::{path::Path, sync::Arc, time::Duration};

use chrono::{TimeDelta, TimeZone as _, Utc};
use ssowatch::{
    checks,
    clock::Time,
    journal::{Entry, Event, Journal, Query, Retention, State, Storage},
    model::{Change, ChangeSubject, Login, Report, Snapshot},
};

/// When the first round was.
pub fn start() -> Time {
    Utc.with_ymd_and_hms(2026, 11, 24, 6, 0, 0).unwrap()
}

/// A journal in this folder.
pub fn open(folder: &Path) -> Journal {
    open_with(folder, Retention::default())
}

/// A journal that keeps so much.
pub fn open_with(folder: &Path, retention: Retention) -> Journal {
    Journal::open(storage(folder, retention)).unwrap()
}

pub fn storage(folder: &Path, retention: Retention) -> Storage {
    Storage { folder: folder.to_owned(), retention }
}

/// Every event, the newest first.
pub fn all(journal: &Journal) -> Vec<Event> {
    journal.events(&Query { limit: usize::MAX, ..Query::default() })
}

/// The rounds of one target, one after the other.
pub struct Rounds {
    pub target: String,
    pub snapshot: Arc<Snapshot>,
    evaluated: Report,
    before: Option<Arc<Report>>,
}

impl Rounds {
    pub fn of(target: &str) -> Self {
        let mut snapshot = Snapshot::healthy().after(None);
        snapshot.target.name = target.to_owned();
        let evaluated = checks::evaluate(&snapshot, None);
        Self { target: target.to_owned(), snapshot: Arc::new(snapshot), evaluated, before: None }
    }

    /// A round so long after the start, with a login and a change where one is named.
    pub fn note(&mut self, journal: &Journal, after: Duration, login: Login, change: Option<&str>) {
        let at = start() + TimeDelta::from_std(after).unwrap();
        let mut report = self.evaluated.clone();
        report.name = self.target.clone();
        report.at = at;
        report.login = login;
        let changes: Vec<Change> = change.into_iter().map(|to| change_at(at, to)).collect();
        let entry = Entry {
            snapshot: &self.snapshot,
            report: &report,
            before: self.before.as_deref(),
            changes: &changes,
            stale_after_seconds: 240.0,
        };
        journal.note(&self.target, entry);
        let report = Arc::new(report);
        journal.keep(&self.target, || State {
            snapshot: Arc::clone(&self.snapshot),
            report: Arc::clone(&report),
            last_success: [("issuer_matches".to_owned(), at)].into(),
            source_last_success: [(ssowatch::model::SourceId::Discovery, at)].into(),
        });
        self.before = Some(report);
    }

    /// A round so many minutes after the start.
    pub fn minute(&mut self, journal: &Journal, minute: u64, login: Login) {
        self.note(journal, Duration::from_mins(minute), login, None);
    }
}

/// Somebody entered another redirect URL.
pub fn change_at(at: Time, to: &str) -> Change {
    Change {
        at,
        subject: ChangeSubject::KasmConfig,
        field: Some("redirect_url".to_owned()),
        from: "https://kasm.example.test/api/oidc_callback".to_owned(),
        to: to.to_owned(),
    }
}
