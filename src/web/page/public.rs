//! What anybody may see: verdicts only. No addresses, ids, values, error texts or releases.
//!
//! The pages of the public are made of [`Verdicts`], which can hold nothing else: its parts are numbers, closed sets and
//! texts of our own.

use super::{
    Heading, View, card,
    escape::escape,
    history, steps,
    words::{Standing, distance},
};
use crate::{
    checks::{self, Check},
    clock::Time,
    model::{Coverage, Stage},
    render::path::{self, State},
    results::Entry,
};

/// The verdicts on one target.
struct Verdicts {
    /// When the round was, whether that was before a restart, and how much it proved.
    round: Option<(Time, &'static str, Coverage)>,
    /// The check that keeps people out.
    cause: Option<&'static Check>,
    /// How each stage stands.
    stages: Vec<(Stage, State)>,
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
            stages: path::states(report),
        }
    }

    fn told(&self, view: &View<'_>) -> String {
        let round = self.round.map(|(at, restart, coverage)| {
            let (proven, known) = (coverage.proven, coverage.known);
            format!("<p class=\"dim\">{proven} of {known} checks proven, {}{restart}.</p>\n", distance(at, view.now))
        });
        let cause = self.cause.map(|check| format!("<p>{}</p>\n", escape(&does_not_hold(check))));
        let path = if self.stages.is_empty() {
            String::new()
        } else {
            steps::strip(self.stages.iter().map(|(stage, state)| (stage.title(), *state)))
        };
        round.unwrap_or_default() + &path + &cause.unwrap_or_default()
    }
}

fn does_not_hold(check: &Check) -> String {
    format!("Does not hold: {}", check.title)
}

/// The verdicts on one target among a few.
pub(super) fn card(entry: &Entry, view: &View<'_>) -> String {
    card::boxed(entry, Standing::of(entry, view.now), &Verdicts::of(entry, view.now).told(view), view)
}

/// The verdict on one target among many, in a line.
pub(super) fn note(entry: &Entry, view: &View<'_>) -> String {
    let cause = Verdicts::of(entry, view.now).cause.map(does_not_hold);
    escape(&cause.unwrap_or_else(|| Standing::of(entry, view.now).answer())).to_string()
}

/// The verdicts on one target, below its name.
pub(super) fn rest(entry: &Entry, view: &View<'_>) -> String {
    card::answer(entry, Standing::of(entry, view.now), view)
        + &Verdicts::of(entry, view.now).told(view)
        + &history::of_verdicts(entry, view, Heading(2))
}
