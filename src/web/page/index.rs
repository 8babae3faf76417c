//! The first page: every target, what is broken first.

use std::sync::Arc;

use super::{
    Heading, View, card,
    escape::{clipped, escape},
    frame::{Page, frame},
    link, public,
    shape::icon,
    steps,
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
    let content = match rows.len() {
        0 => "<p>No target is watched: none is configured, or rounds are off (<code>schedule.round: off</code>) and only \
              <code>/probe</code> looks.</p>\n"
            .to_owned(),
        1..=FEW => {
            let cards: String = rows.iter().map(|(_, entry)| told_in_full(entry, view)).collect();
            format!("<div class=\"cards\">\n{cards}</div>\n")
        }
        _ => many(&rows, page, view),
    };
    let content = format!("{}{content}", Heading(1).of("Single sign-on"));
    let state = rows.first().map(|(state, _)| *state);
    frame(&Page { title: "Single sign-on", state, here: "/", content: &content }, view)
}

fn rank(state: State) -> usize {
    ORDER.iter().position(|other| *other == state).unwrap_or(ORDER.len())
}

fn told_in_full(entry: &Entry, view: &View<'_>) -> String {
    match view.viewer {
        Viewer::Public => public::card(entry, view),
        Viewer::Full => card::card(entry, view),
    }
}

/// An overview, then a line for each target that is not well, then the names of those that are.
fn many(rows: &[(State, &Entry)], page: usize, view: &View<'_>) -> String {
    let pages = rows.len().div_ceil(PAGE);
    let page = page.clamp(1, pages);
    let shown = &rows[(page - 1) * PAGE..(page * PAGE).min(rows.len())];
    let groups: String = ORDER.into_iter().map(|state| group(state, shown, view)).collect();
    overview(rows) + &groups + &turning(page, pages, view)
}

fn overview(rows: &[(State, &Entry)]) -> String {
    let count = |state: State| {
        let count = rows.iter().filter(|(of, _)| *of == state).count();
        let class = if count == 0 { "dim" } else { super::shape::class(state) };
        let icon = if count == 0 { String::new() } else { icon(state) };
        format!("<li class=\"{class}\">{icon}<b>{count}</b> {}</li>\n", title(state).to_lowercase())
    };
    let counts: String = ORDER.into_iter().map(count).collect();
    format!("<p>{} targets</p>\n<ul class=\"overview\">\n{counts}</ul>\n", rows.len())
}

fn title(state: State) -> &'static str {
    match state {
        State::Broken => "Broken",
        State::Degraded | State::AtRisk => "Degraded",
        State::Ok => "Ok",
        State::Unknown | State::Unproven => "Unknown",
    }
}

fn group(state: State, shown: &[(State, &Entry)], view: &View<'_>) -> String {
    let of: Vec<&Entry> = shown.iter().filter(|(other, _)| *other == state).map(|(_, entry)| *entry).collect();
    if of.is_empty() {
        return String::new();
    }
    let name = |entry: &Entry| format!("<a href=\"{}\">{}</a>", link(&entry.name, view), escape(&entry.name));
    let heading = Heading(2).of(title(state));
    if state == State::Ok {
        let tiles: String = of.iter().map(|entry| format!("<li>{}</li>\n", name(entry))).collect();
        return format!("{heading}<ul class=\"tiles\">\n{tiles}</ul>\n");
    }
    let line = |entry: &&Entry| {
        let note = match view.viewer {
            Viewer::Public => public::note(entry, view),
            Viewer::Full => note(entry, view),
        };
        let kind = steps::kind_of(&note);
        format!("<li>{}{} <span class=\"{kind}\">{note}</span></li>\n", icon(state), name(entry))
    };
    format!("{heading}<ul class=\"rows\">\n{}</ul>\n", of.iter().map(line).collect::<String>())
}

/// The one thing worth saying about a target.
fn note(entry: &Entry, view: &View<'_>) -> String {
    let standing = Standing::of(entry, view.now);
    let Standing::Current(latest) = standing else { return escape(&standing.answer()).to_string() };
    let report = &latest.report;
    let told = headline::told(report).map(path::in_short).or_else(|| headline::doubt(report).map(str::to_owned));
    clipped(&told.unwrap_or_else(|| standing.answer()), NOTE).to_string()
}

/// Links to the other pages.
fn turning(page: usize, pages: usize, view: &View<'_>) -> String {
    if pages == 1 {
        return String::new();
    }
    let base = escape(view.options.base());
    let link = |wanted: bool, page: usize, word: &str| match wanted {
        true => format!("<a href=\"{base}/?page={page}\">{word}</a> "),
        false => String::new(),
    };
    format!(
        "<p>{}{}Page {page} of {pages}</p>\n",
        link(page > 1, page - 1, "Previous"),
        link(page < pages, page + 1, "Next")
    )
}
