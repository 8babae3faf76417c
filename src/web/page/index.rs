//! The first page: every target, what is broken first.

use std::sync::Arc;

use maud::{Markup, html};

use super::{
    Heading, View, card,
    frame::{Page, frame},
    link, public,
    shape::{class, icon},
    steps,
    text::{clipped, shown},
    words::Standing,
};
use crate::{
    render::{headline, path, path::State},
    results::Entry,
    web::Viewer,
};

/// Up to so many targets are told in full.
const FEW: usize = 8;
/// The most targets on one page.
const PAGE: usize = 100;
/// The longest note of a line, in characters.
const NOTE: usize = 100;

/// What stands first.
const ORDER: [State; 4] = [State::Broken, State::Unknown, State::Degraded, State::Ok];

/// The status page of all targets; of many, one page of them, counted from 1.
#[must_use]
pub fn index(entries: &[Arc<Entry>], page: usize, view: &View<'_>) -> String {
    let mut rows: Vec<(State, &Entry)> =
        entries.iter().map(|entry| (Standing::of(entry, view.now).state(), entry.as_ref())).collect();
    rows.sort_by_key(|(state, _)| rank(*state));
    let content = html! {
        h1 { (shown(view.title())) }
        @match rows.len() {
            0 => {
                p {
                    "No target is watched: none is configured, or rounds are off (" code { "schedule.round: off" }
                    ") and only " code { "/probe" } " looks."
                }
            }
            1..=FEW => { (few(&rows, view)) }
            _ => { (many(&rows, page, view)) }
        }
    };
    let state = rows.first().map(|(state, _)| *state);
    frame(&Page { title: view.title(), state, here: "/", content: &content }, view)
}

fn rank(state: State) -> usize {
    ORDER.iter().position(|other| *other == state).unwrap_or(ORDER.len())
}

/// A card for each target; by group, where the configuration has any: that with the worst target stands first, the
/// targets without a group last.
fn few(rows: &[(State, &Entry)], view: &View<'_>) -> Markup {
    let mut groups: Vec<Option<&str>> = Vec::new();
    for (_, entry) in rows {
        let group = group_of(entry, view);
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    groups.sort_by_key(Option::is_none);
    let is_grouped = groups.iter().any(Option::is_some);
    let level = Heading(if is_grouped { 3 } else { 2 });
    html! {
        @for of in groups {
            @if is_grouped { (Heading(2).of(shown(of.unwrap_or("Others")))) }
            div.cards {
                @for (_, entry) in rows.iter().filter(|(_, entry)| group_of(entry, view) == of) {
                    (in_full(entry, view, level))
                }
            }
        }
    }
}

fn group_of<'v>(entry: &Entry, view: &View<'v>) -> Option<&'v str> {
    view.config.targets.iter().find(|target| target.name == entry.name)?.group.as_deref()
}

fn in_full(entry: &Entry, view: &View<'_>, level: Heading) -> Markup {
    match view.viewer {
        Viewer::Public => public::card(entry, view, level),
        Viewer::Full => card::card(entry, view, level),
    }
}

/// An overview, then a line for each target that is not well, then the names of those that are.
fn many(rows: &[(State, &Entry)], page: usize, view: &View<'_>) -> Markup {
    let pages = rows.len().div_ceil(PAGE);
    let page = page.clamp(1, pages);
    let shown = &rows[(page - 1) * PAGE..(page * PAGE).min(rows.len())];
    html! {
        (overview(rows))
        @for state in ORDER { (group(state, shown, view)) }
        (turning(page, pages, view))
    }
}

fn overview(rows: &[(State, &Entry)]) -> Markup {
    let count = |state: State| rows.iter().filter(|(of, _)| *of == state).count();
    html! {
        p { (rows.len()) " targets" }
        ul.overview {
            @for (state, count) in ORDER.map(|state| (state, count(state))) {
                li class=(if count == 0 { "dim" } else { class(state) }) {
                    @if count > 0 { (icon(state)) }
                    b { (count) } " " (title(state).to_lowercase())
                }
            }
        }
    }
}

fn title(state: State) -> &'static str {
    match state {
        State::Broken => "Broken",
        State::Degraded | State::AtRisk => "Degraded",
        State::Ok => "Ok",
        State::Unknown | State::Unproven => "Unknown",
    }
}

fn group(state: State, rows: &[(State, &Entry)], view: &View<'_>) -> Markup {
    let of: Vec<&Entry> = rows.iter().filter(|(other, _)| *other == state).map(|(_, entry)| *entry).collect();
    let name = |entry: &Entry| html! { a href=(link(&entry.name, view)) { (shown(&entry.name)) } };
    html! {
        @if !of.is_empty() {
            (Heading(2).of(title(state)))
            @if state == State::Ok {
                ul.tiles { @for entry in &of { li { (name(entry)) } } }
            } @else {
                ul.rows {
                    @for (entry, note) in of.iter().map(|entry| (entry, note(entry, view))) {
                        li { (icon(state)) (name(entry)) " " span class=(steps::kind_of(&note)) { (note) } }
                    }
                }
            }
        }
    }
}

/// The one thing worth saying about a target.
fn note(entry: &Entry, view: &View<'_>) -> String {
    if view.viewer == Viewer::Public {
        return shown(&public::note(entry, view));
    }
    let standing = Standing::of(entry, view.now);
    let Standing::Current(latest) = standing else { return shown(&standing.answer()) };
    let report = &latest.report;
    let told = headline::told(report).map(path::in_short).or_else(|| headline::doubt(report).map(str::to_owned));
    clipped(&told.unwrap_or_else(|| standing.answer()), NOTE)
}

/// Links to the other pages.
fn turning(page: usize, pages: usize, view: &View<'_>) -> Markup {
    let base = view.options.base();
    let link = |page: usize, word: &str| html! { a href={ (base) "/?page=" (page) } { (word) } " " };
    html! {
        @if pages > 1 {
            p {
                @if page > 1 { (link(page - 1, "Previous")) }
                @if page < pages { (link(page + 1, "Next")) }
                "Page " (page) " of " (pages)
            }
        }
    }
}
