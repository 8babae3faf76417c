//! What changed and when: the journal.

use maud::{Markup, html};

use super::{
    Heading, View, check_id, check_title,
    frame::{Page, frame},
    link,
    text::{clipped, path_segment, shown},
    words::{distance, time},
};
use crate::{
    journal::{Event, Query, Repeated, What},
    model::{Change, Side, Verdict},
    render::facts::field_in_words,
};

/// The most changes on one page, and on a target's page.
const PAGE: usize = 50;
const LAST: usize = 10;
/// The longest value, in characters.
const VALUE: usize = 120;

/// Which changes are asked for.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Of this target only.
    pub target: Option<String>,
    /// Older than this event.
    pub before: Option<u64>,
}

/// A page of changes, the newest first.
#[must_use]
pub fn changes(asked: &Asked, view: &View<'_>) -> String {
    let query = Query { target: asked.target.clone(), before: asked.before, limit: PAGE + 1, ..Query::default() };
    let mut events = view.journal.events(&query);
    let has_more = events.len() > PAGE;
    events.truncate(PAGE);
    let content = html! {
        h1 { "Changes" @if let Some(name) = &asked.target { " of " (shown(name)) } }
        (table(&events, asked.target.is_none(), view))
        @if let Some(last) = events.last().filter(|_| has_more) { (older(last.id, asked, view)) }
    };
    frame(&Page { title: "Changes", state: None, here: "/changes", content: &content }, view)
}

fn older(id: u64, asked: &Asked, view: &View<'_>) -> Markup {
    let target = asked.target.as_ref().map(|name| format!("&target={}", path_segment(name))).unwrap_or_default();
    html! { p { a href={ (view.options.base()) "/changes?before=" (id) (target) } { "Older changes" } } }
}

/// The last changes of a target, and where the rest is.
pub(super) fn last(name: &str, view: &View<'_>) -> Markup {
    let query = Query { target: Some(name.to_owned()), limit: LAST, ..Query::default() };
    html! {
        (Heading(2).of("Last changes"))
        (table(&view.journal.events(&query), false, view))
        p { a href={ (view.options.base()) "/changes?target=" (path_segment(name)) } { "All changes" } }
    }
}

/// When sign-in was last seen to work, and what changed since. Nothing where it works, or where none is known to have.
pub(super) fn since_good(name: &str, view: &View<'_>) -> Markup {
    let Some(good) = view.journal.last_good(name).filter(|good| good.at < view.now) else { return html! {} };
    let query = Query { target: Some(name.to_owned()), since: Some(good.at), limit: PAGE, ..Query::default() };
    let mut events = view.journal.events(&query);
    events.retain(|event| matches!(event.what, What::Change { .. }));
    events.truncate(LAST);
    html! {
        (Heading(2).of("What changed since sign-in worked"))
        p { "It was last seen to work " (distance(good.at, view.now)) " (" (time(good.at)) ")." }
        @if events.is_empty() { p { "No watched value changed since." } } @else { (table(&events, false, view)) }
    }
}

fn table(events: &[Event], with_target: bool, view: &View<'_>) -> Markup {
    if events.is_empty() {
        return html! { p { "None is known." } };
    }
    html! {
        table {
            caption { "The newest first" }
            thead {
                tr {
                    th scope="col" { "When" }
                    @if with_target { th scope="col" { "Target" } }
                    th scope="col" { "What" }
                }
            }
            tbody {
                @for event in events {
                    tr {
                        th.when scope="row" { (time(event.at)) }
                        @if with_target { td { a href=(link(&event.target, view)) { (shown(&event.target)) } } }
                        td { (what(&event.what, view)) (repeated(event)) }
                    }
                }
            }
        }
    }
}

/// How often the same happened again, which is counted and not listed.
fn repeated(event: &Event) -> String {
    let Some(Repeated { count, last }) = event.repeated else { return String::new() };
    let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
    format!("; again {times} until {}", time(last))
}

fn what(what: &What, view: &View<'_>) -> Markup {
    match what {
        What::Change { side, change } => changed(*side, change),
        What::Login { from, to, cause } => html! {
            "Sign-in: " @if let Some(from) = from { (from.word()) ", now " } strong { (to.word()) }
            @if let Some(cause) = cause { ", cause " (check_id(&cause.check, view)) }
        },
        What::Verdict { check, to, .. } => {
            let now = match to {
                Verdict::Fail => "Now fails",
                Verdict::Ok => "Passes again",
                Verdict::Unknown | Verdict::Unverified | Verdict::NotApplicable | Verdict::Off => {
                    "No longer known to fail"
                }
            };
            html! { (now) ": " (check_title(check, view)) " " code { (shown(check)) } }
        }
    }
}

/// A watched value that is another one.
fn changed(side: Side, change: &Change) -> Markup {
    let side = match side {
        Side::App => "App",
        Side::Provider => "Provider",
    };
    let value = |value: &str| match value {
        "" => html! { "(nothing)" },
        value => html! { span.v { (clipped(value, VALUE)) } },
    };
    html! {
        (side) ": " (field_in_words(change.subject.id()))
        @if let Some(field) = &change.field { ", " (shown(&field_in_words(field))) }
        ": from " (value(&change.from)) " to " (value(&change.to))
    }
}
