//! The three questions of one target: can people sign in, if not what broke, what will break it next.

use super::{
    Heading, View,
    cause::{also, cause},
    changes,
    escape::escape,
    link, maintenance, next,
    shape::{class, icon},
    steps,
    words::{Standing, distance, time},
};
use crate::{
    model::Login,
    render::path,
    results::{Entry, Latest},
};

/// One target among a few.
pub(super) fn card(entry: &Entry, view: &View<'_>) -> String {
    let heading = Heading(3);
    let standing = Standing::of(entry, view.now);
    let rest = known(standing, view, |latest| {
        let report = &latest.report;
        let links = path::links(report, &latest.snapshot);
        facts(latest, view)
            + &steps::strip(links.iter().map(|link| (link.title.as_str(), link.state)))
            + &cause(report, &latest.snapshot, heading)
            + &next::next(report, view, heading)
    });
    boxed(entry, standing, &rest, view)
}

/// A target's name and answer, and the rest, in a box that links to the target's page.
pub(super) fn boxed(entry: &Entry, standing: Standing<'_>, rest: &str, view: &View<'_>) -> String {
    let name = format!("<a href=\"{}\">{}</a>", link(&entry.name, view), escape(&entry.name));
    format!(
        "<section class=\"card {}\">\n{}{}{rest}</section>\n",
        class(standing.state()),
        Heading(2).of(name),
        answer(entry, standing, view)
    )
}

/// The three questions, in full.
pub(super) fn summary(entry: &Entry, view: &View<'_>) -> String {
    let heading = Heading(2);
    let standing = Standing::of(entry, view.now);
    let rest = known(standing, view, |latest| {
        let report = &latest.report;
        let since_good = match report.login {
            Login::Broken => changes::since_good(&entry.name, view),
            Login::Ok | Login::Degraded | Login::Unknown => String::new(),
        };
        facts(latest, view)
            + &heading.of("The login path")
            + &steps::line(&path::links(report, &latest.snapshot))
            + &cause(report, &latest.snapshot, heading)
            + &since_good
            + &also(report, view, heading)
            + &next::next(report, view, heading)
    });
    answer(entry, standing, view) + &rest
}

/// The answer to the first question, as large as anything on the page; below it, whether messages are held back.
pub(super) fn answer(entry: &Entry, standing: Standing<'_>, view: &View<'_>) -> String {
    let (state, answer) = (standing.state(), standing.answer());
    format!("<p class=\"say {}\">{} <span>{}</span></p>\n", class(state), icon(state), escape(&answer))
        + &maintenance::line(&entry.name, view)
}

fn facts(latest: &Latest, view: &View<'_>) -> String {
    let (report, target) = (&latest.report, &latest.snapshot.target);
    format!(
        "<p class=\"dim\">{} of {} checks proven, {}{}. {} at {}, Kasm at {}.</p>\n",
        report.coverage.proven,
        report.coverage.known,
        distance(report.at, view.now),
        before_the_restart(latest),
        escape(&report.provider),
        escape(&target.provider.url),
        escape(&target.app.url),
    )
}

/// What marks a round of an earlier process, which stands until the first one of this.
pub(super) fn before_the_restart(latest: &Latest) -> &'static str {
    if latest.restored { ", before the restart of ssowatch" } else { "" }
}

/// What is known of a target: by `told` where that is current.
fn known(standing: Standing<'_>, view: &View<'_>, told: impl FnOnce(&Latest) -> String) -> String {
    match standing {
        Standing::NothingYet => String::new(),
        Standing::Stale(latest, _) => last_known(latest, view),
        Standing::Current(latest) => told(latest),
    }
}

/// What is told of a round that is too old: when it was, and what it said then.
fn last_known(latest: &Latest, view: &View<'_>) -> String {
    let report = &latest.report;
    format!(
        "<p>The last round was {} ({}){}. Then sign-in was: {}.</p>\n",
        distance(report.at, view.now),
        time(report.at),
        before_the_restart(latest),
        report.login.word()
    )
}
