//! TLS and authentication of the HTTP surface: the web configuration in force.
//!
//! The file, and those that it names, are checked at each connection and request, as Prometheus does, so that
//! certificates and users change without a restart. A change that is not valid leaves the old configuration in force.

mod client_cert;
mod guesses;
mod logins;
mod rules;
mod tls;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::Mutex;
use tracing::{info, warn};

use crate::config::{Files, WebConfig};

pub(super) use self::{
    logins::{LONGEST_PASSWORD, Login},
    rules::Rules,
};

/// How long checking the files may delay a client.
const PATIENCE: Duration = Duration::from_secs(1);

/// The web configuration in force. The default is plain HTTP without authentication.
#[derive(Clone, Default)]
pub struct ActiveWebConfig {
    watched: Option<Arc<Watched>>,
    open: Arc<Rules>,
}

impl fmt::Debug for ActiveWebConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.watched.as_ref().map(|watched| &watched.path);
        f.debug_struct("ActiveWebConfig").field("path", &path).finish_non_exhaustive()
    }
}

impl ActiveWebConfig {
    /// Reads a web-config file; also gives its warnings. May block.
    ///
    /// # Errors
    /// Every problem of the file, for a person.
    pub fn open(path: &Path) -> Result<(Self, Vec<String>), String> {
        let (files, config) = WebConfig::load(path);
        let config = config.map_err(|error| error.to_string())?;
        let warnings = config.warnings.clone();
        let rules = Rules::make(config, None).map_err(|problem| format!("{}: {problem}", path.display()))?;
        let seen = Seen { files, asked: 0 };
        let watched = Watched {
            path: path.to_owned(),
            in_force: RwLock::new(Arc::new(rules)),
            seen: Arc::new(Mutex::new(seen)),
            asked: AtomicU64::new(0),
            begun_and_ended: AtomicU64::new(0),
            hanging: AtomicU64::new(0),
        };
        Ok((Self { watched: Some(Arc::new(watched)), open: Arc::default() }, warnings))
    }

    /// Whether TLS is spoken, and whether a login is needed.
    #[must_use]
    pub fn demand(&self) -> (bool, bool) {
        let rules = self.in_force();
        (rules.tls.is_some(), rules.logins.is_some())
    }

    /// The rules in force, once it was checked whether the files have changed.
    pub(super) async fn rules(&self) -> Arc<Rules> {
        let Some(watched) = &self.watched else { return Arc::clone(&self.open) };
        watched.refresh().await;
        watched.in_force()
    }

    /// The rules in force, without that check.
    pub(super) fn in_force(&self) -> Arc<Rules> {
        self.watched.as_ref().map_or_else(|| Arc::clone(&self.open), |watched| watched.in_force())
    }
}

/// A web-config file that may change.
struct Watched {
    path: PathBuf,
    in_force: RwLock<Arc<Rules>>,
    /// One check at a time.
    seen: Arc<Mutex<Seen>>,
    /// Checks that were asked for.
    asked: AtomicU64,
    /// Counts starts and ends of checks: odd while one is under way.
    begun_and_ended: AtomicU64,
    /// That count, of a check that was under way for too long.
    hanging: AtomicU64,
}

/// What the last check saw.
struct Seen {
    files: Files,
    /// How many checks had been asked for when it began: for all of these, it counts.
    asked: u64,
}

impl Watched {
    fn in_force(&self) -> Arc<Rules> {
        Arc::clone(&self.in_force.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Checks whether the files have changed, on a thread that may block, and waits for that a moment at most. Nobody waits
    /// for a check that already hangs.
    async fn refresh(self: &Arc<Self>) {
        let under_way = self.under_way();
        if under_way.is_some() && under_way == Some(self.hanging.load(Ordering::Acquire)) {
            return;
        }
        let ticket = self.asked.fetch_add(1, Ordering::AcqRel) + 1;
        if tokio::time::timeout(PATIENCE, self.refresh_for(ticket)).await.is_ok() {
            return;
        }
        if let Some(hangs) = self.under_way()
            && self.hanging.swap(hangs, Ordering::AcqRel) != hangs
        {
            self.keeps("a file of it cannot be read in time");
        }
    }

    /// The check that is under way.
    fn under_way(&self) -> Option<u64> {
        Some(self.begun_and_ended.load(Ordering::Acquire)).filter(|count| count % 2 == 1)
    }

    async fn refresh_for(self: &Arc<Self>, ticket: u64) {
        let mut seen = Arc::clone(&self.seen).lock_owned().await;
        if seen.asked >= ticket {
            return;
        }
        let watched = Arc::clone(self);
        let checking = tokio::task::spawn_blocking(move || {
            watched.begun_and_ended.fetch_add(1, Ordering::AcqRel);
            seen.asked = watched.asked.load(Ordering::Acquire);
            let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| watched.refresh_now(&mut seen)));
            watched.begun_and_ended.fetch_add(1, Ordering::AcqRel);
            if checked.is_err() {
                watched.keeps("checking it panicked, which is a bug");
            }
        });
        // It does not panic, and is not aborted.
        let _ = checking.await;
    }

    fn refresh_now(&self, seen: &mut Seen) {
        if !seen.files.have_changed() {
            return;
        }
        let (files, config) = WebConfig::load(&self.path);
        seen.files = files;
        match config.map_err(|error| error.to_string()).and_then(|config| self.replace(config)) {
            Ok(()) => info!(path = %self.path.display(), "the web configuration was read again"),
            Err(problem) => self.keeps(&problem),
        }
    }

    fn replace(&self, config: WebConfig) -> Result<(), String> {
        let rules = Rules::make(config, Some(&self.in_force()))?;
        *self.in_force.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(rules);
        Ok(())
    }

    fn keeps(&self, problem: &str) {
        warn!(path = %self.path.display(), problem, "the web configuration is not accepted, the old one stays in force");
    }
}
