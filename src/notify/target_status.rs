//! What messages go by: each target's latest round, if it is current.

use std::sync::Arc;

use super::message::AlertKey;
use crate::{
    clock::Time,
    config::Topic,
    model::{Login, Report, Severity},
    render::notice::{self, Notice},
    results::Entry,
};

/// Whether something is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// That cannot be told now: what was known stands.
    CannotTell,
}

/// A target's latest round at one time.
#[derive(Debug, Clone)]
pub struct TargetStatus {
    /// The target.
    pub target: String,
    /// When it was so: the round's time; now, where no round is current.
    pub at: Time,
    /// The round; none where none is current.
    pub report: Option<Arc<Report>>,
}

impl TargetStatus {
    /// What the results shows of a target. None before its first round.
    #[must_use]
    pub fn of(entry: &Entry, now: Time) -> Option<Self> {
        let latest = entry.latest.as_ref()?;
        let is_current = entry.current(now).is_some();
        Some(Self {
            target: entry.name.clone(),
            at: if is_current { latest.report.at } else { now },
            report: is_current.then(|| Arc::clone(&latest.report)),
        })
    }

    /// How sign-in stands.
    #[must_use]
    pub fn login(&self) -> Login {
        self.report.as_ref().map_or(Login::Unknown, |report| report.login)
    }

    /// Whether a matter is so.
    pub(super) fn presence(&self, matter: &AlertKey) -> Presence {
        let is = |yes: bool| if yes { Presence::Yes } else { Presence::No };
        match (matter.topic, self.login()) {
            (Topic::Unknown, login) => is(login == Login::Unknown),
            (Topic::Broken, Login::Unknown) => Presence::CannotTell,
            (Topic::Broken, login) => is(login == Login::Broken),
            // An outage hides whether it would work in full without it.
            (Topic::Degraded, Login::Unknown | Login::Broken) => Presence::CannotTell,
            (Topic::Degraded, login) => is(login == Login::Degraded),
            (Topic::Risk, _) => self.risk(matter.check.as_deref().unwrap_or_default()),
        }
    }

    fn risk(&self, check: &str) -> Presence {
        let Some(report) = &self.report else { return Presence::CannotTell };
        match report.check(check).map(|check| check.verdict.as_str()) {
            Some("fail") => Presence::Yes,
            Some("unknown" | "unverified") => Presence::CannotTell,
            _ => Presence::No,
        }
    }

    /// The checks that tell of a risk.
    pub(super) fn risks(&self) -> impl Iterator<Item = &str> {
        let report = self.report.iter();
        report
            .flat_map(|report| report.failing())
            .filter(|check| check.severity == Severity::Risk)
            .map(|check| &*check.id)
    }

    /// What is said of a matter.
    pub(super) fn notice(&self, matter: &AlertKey) -> Notice {
        let Some(report) = &self.report else { return stale() };
        let check = matter.check.as_deref().and_then(|check| report.check(check));
        check.map_or_else(|| notice::login(report), |check| notice::of(report, check))
    }

    /// How sign-in stands, in words; none where no round is current.
    pub(super) fn now(&self) -> Option<Notice> {
        self.report.as_ref().map(|report| notice::login(report))
    }
}

fn stale() -> Notice {
    let none = String::new;
    let what = "No round has ended for some time: see ssowatch's own log.".to_owned();
    Notice { login: Login::Unknown, check: none(), title: none(), short: none(), what, fix: none() }
}
