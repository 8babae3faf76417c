//! What anybody may see: verdicts only. No addresses, ids, values, error texts or releases.
//!
//! The pages of the public are made of [`Verdicts`], which can hold nothing else: its parts are numbers, closed sets and
//! texts of our own.

use maud::{Markup, html};

use super::{
    Heading, View, card, check_title, history, steps, uptime,
    words::{Standing, distance},
};
use crate::{
    checks::{self, Check},
    clock::Time,
    model::{Coverage, Report},
    render::path::{self, State},
    results::Entry,
};

/// The verdicts on one target.
struct Verdicts {
    /// When the round was, whether that was before a restart, and how much it proved.
    round: Option<(Time, &'static str, Coverage)>,
    /// The check that keeps people out.
    cause: Option<&'static Check>,
    /// How each stage stands, by what it is called.
    stages: Vec<(String, State)>,
}

impl Verdicts {
    fn of(entry: &Entry, now: Time) -> Self {
        let Some(latest) = entry.current(now) else {
            return Self { round: None, cause: None, stages: Vec::new() };
        };
        let report = &latest.report;
        let cause = report.cause.as_ref().and_then(|cause| checks::find(&cause.check));
        Self {
            round: Some((report.at, card::before_the_restart(latest), report.coverage)),
            cause: cause.map(|(_, check)| check),
            stages: stages(report),
        }
    }

    fn shown(&self, view: &View<'_>) -> Markup {
        html! {
            @if let Some((at, restart, coverage)) = self.round {
                p.dim { (coverage.proven) " of " (coverage.known) " checks verified, " (distance(at, view.now)) (restart) "." }
            }
            @if !self.stages.is_empty() {
                (steps::strip(self.stages.iter().map(|(title, state)| (title.as_str(), *state))))
            }
            @if let Some(check) = self.cause { p { "Fails: " (check_title(check.id, view)) } }
        }
    }
}

/// The kind of an app is no secret, and its name may be the target's, which stands on the page.
fn stages(report: &Report) -> Vec<(String, State)> {
    path::states(report).into_iter().map(|(stage, state)| (report.app.text(stage.title()), state)).collect()
}

/// The verdicts on one target among a few.
pub(super) fn card(entry: &Entry, view: &View<'_>, level: Heading) -> Markup {
    let rest = html! { (Verdicts::of(entry, view.now).shown(view)) (uptime::uptime(entry, view)) };
    card::boxed(entry, Standing::of(entry, view.now), &rest, view, level)
}

/// The verdict on one target among many, in a line.
pub(super) fn note(entry: &Entry, view: &View<'_>) -> String {
    let cause = Verdicts::of(entry, view.now).cause.map(|check| format!("Fails: {}", check.title));
    cause.unwrap_or_else(|| Standing::of(entry, view.now).answer())
}

/// The verdicts on one target, below its name.
pub(super) fn rest(entry: &Entry, view: &View<'_>) -> Markup {
    html! {
        (card::answer(entry, Standing::of(entry, view.now), view))
        (Verdicts::of(entry, view.now).shown(view))
        (history::of_verdicts(entry, view, Heading(2)))
    }
}
