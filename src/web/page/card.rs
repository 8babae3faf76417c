//! The three questions of one target: can people sign in, if not what broke, what will break it next.

use maud::{Markup, html};

use super::{
    Heading, View,
    cause::{also, cause},
    changes, link, maintenance, next,
    shape::{class, icon},
    steps,
    text::shown,
    uptime,
    words::{Standing, distance, time},
};
use crate::{
    model::Login,
    render::{canary, path},
    results::{Entry, Latest},
};

/// One target among a few, under a heading of this level.
pub(super) fn card(entry: &Entry, view: &View<'_>, level: Heading) -> Markup {
    let heading = Heading(level.0 + 1);
    let standing = Standing::of(entry, view.now);
    let rest = known(standing, view, |latest| {
        let report = &latest.report;
        let links = path::links(report, &latest.snapshot);
        html! {
            (facts(latest, view))
            (steps::strip(links.iter().map(|link| (link.title.as_str(), link.state))))
            (uptime::uptime(entry, view))
            (cause(report, &latest.snapshot, view, heading))
            (next::next(report, view, heading))
        }
    });
    boxed(entry, standing, &rest, view, level)
}

/// A target's name and answer, and the rest, in a box that links to the target's page.
pub(super) fn boxed(entry: &Entry, standing: Standing<'_>, rest: &Markup, view: &View<'_>, level: Heading) -> Markup {
    html! {
        section class={ "card " (class(standing.state())) } {
            (level.of(html! { a href=(link(&entry.name, view)) { (shown(&entry.name)) } }))
            (answer(entry, standing, view))
            (rest)
        }
    }
}

/// The three questions, in full.
pub(super) fn summary(entry: &Entry, view: &View<'_>) -> Markup {
    let heading = Heading(2);
    let standing = Standing::of(entry, view.now);
    let rest = known(standing, view, |latest| {
        let report = &latest.report;
        html! {
            (facts(latest, view))
            (heading.of("The login path"))
            (steps::line(&path::links(report, &latest.snapshot)))
            (cause(report, &latest.snapshot, view, heading))
            @if report.login == Login::Broken { (changes::since_good(&entry.name, view)) }
            (also(report, view, heading))
            (next::next(report, view, heading))
        }
    });
    html! { (answer(entry, standing, view)) (rest) }
}

/// The answer to the first question, as large as anything on the page; below it, whether messages are held back.
pub(super) fn answer(entry: &Entry, standing: Standing<'_>, view: &View<'_>) -> Markup {
    let state = standing.state();
    html! {
        p class={ "say " (class(state)) } { (icon(state)) " " span { (shown(&standing.answer())) } }
        (uptime::since(entry, standing, view))
        (maintenance::line(&entry.name, view))
    }
}

fn facts(latest: &Latest, view: &View<'_>) -> Markup {
    let (report, target) = (&latest.report, &latest.snapshot.target);
    html! {
        p.dim {
            (report.coverage.proven) " of " (report.coverage.known) " checks verified, "
            (distance(report.at, view.now)) (before_the_restart(latest)) ". "
            (shown(&report.provider)) " at " (shown(&target.provider.url))
            @if !report.app.is_none() { ", " (shown(report.app.name())) " at " (shown(&target.app.url)) }
            "."
            @if let Some(line) = canary::line(&latest.snapshot, view.now) { " " (shown(&line)) "." }
        }
    }
}

/// What marks a round of an earlier process, which stands until the first one of this.
pub(super) fn before_the_restart(latest: &Latest) -> &'static str {
    if latest.restored { ", before the restart of ssowatch" } else { "" }
}

/// What is known of a target: by `current` where that holds.
fn known(standing: Standing<'_>, view: &View<'_>, current: impl FnOnce(&Latest) -> Markup) -> Markup {
    match standing {
        Standing::NothingYet => html! {},
        Standing::Stale(latest, _) => last_known(latest, view),
        Standing::Current(latest) => current(latest),
    }
}

/// What is shown of a round that is too old: when it was, and what it said then.
fn last_known(latest: &Latest, view: &View<'_>) -> Markup {
    let report = &latest.report;
    html! {
        p {
            "The last round was " (distance(report.at, view.now)) " (" (time(report.at)) ")" (before_the_restart(latest))
            ". Then sign-in was: " (report.login.word()) "."
        }
    }
}
