//! What changed and when: the journal.

use super::{
    Heading, View,
    escape::{clipped, escape, path_segment},
    frame::{Page, frame},
    link,
    words::{distance, time},
};
use crate::{
    checks,
    journal::{Event, Query, Repeated, What},
    model::Change,
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
    let of = asked.target.as_ref().map(|name| format!(" of {}", escape(name))).unwrap_or_default();
    let older = events.last().filter(|_| has_more).map(|last| older(last.id, asked, view)).unwrap_or_default();
    let content =
        format!("{}{}{older}", Heading(1).of(format!("Changes{of}")), table(&events, asked.target.is_none(), view));
    frame(&Page { title: "Changes", state: None, here: "/changes", content: &content }, view)
}

fn older(id: u64, asked: &Asked, view: &View<'_>) -> String {
    let target = asked.target.as_ref().map(|name| format!("&amp;target={}", path_segment(name))).unwrap_or_default();
    format!("<p><a href=\"{}/changes?before={id}{target}\">Older changes</a></p>\n", escape(view.options.base()))
}

/// The last changes of a target, and where the rest is.
pub(super) fn last(name: &str, view: &View<'_>) -> String {
    let query = Query { target: Some(name.to_owned()), limit: LAST, ..Query::default() };
    let events = view.journal.events(&query);
    let all = format!(
        "<p><a href=\"{}/changes?target={}\">All changes</a></p>\n",
        escape(view.options.base()),
        path_segment(name)
    );
    format!("{}{}{all}", Heading(2).of("Last changes"), table(&events, false, view))
}

/// When sign-in was last seen to work, and what changed since. Nothing where it works, or where none is known to have.
pub(super) fn since_good(name: &str, view: &View<'_>) -> String {
    let Some(good) = view.journal.last_good(name).filter(|good| good.at < view.now) else { return String::new() };
    let query = Query { target: Some(name.to_owned()), since: Some(good.at), limit: PAGE, ..Query::default() };
    let mut events = view.journal.events(&query);
    events.retain(|event| matches!(event.what, What::Change { .. }));
    events.truncate(LAST);
    let changed = match events.is_empty() {
        true => "<p>No watched value changed since.</p>\n".to_owned(),
        false => table(&events, false, view),
    };
    format!(
        "{}<p>It was last seen to work {} ({}).</p>\n{changed}",
        Heading(2).of("What changed since sign-in worked"),
        distance(good.at, view.now),
        time(good.at)
    )
}

fn table(events: &[Event], with_target: bool, view: &View<'_>) -> String {
    if events.is_empty() {
        return "<p>None is known.</p>\n".to_owned();
    }
    let row = |event: &Event| {
        let target = match with_target {
            true => format!("<td><a href=\"{}\">{}</a></td>", link(&event.target, view), escape(&event.target)),
            false => String::new(),
        };
        format!(
            "<tr><th scope=\"row\" class=\"when\">{}</th>{target}<td>{}{}</td></tr>\n",
            time(event.at),
            what(&event.what),
            repeated(event)
        )
    };
    let rows: String = events.iter().map(row).collect();
    let target = if with_target { "<th scope=\"col\">Target</th>" } else { "" };
    format!(
        "<table>\n<caption>The newest first</caption>\n<thead><tr><th scope=\"col\">When</th>{target}\
         <th scope=\"col\">What</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"
    )
}

/// How often the same happened again, which is counted and not listed.
fn repeated(event: &Event) -> String {
    let Some(Repeated { count, last }) = event.repeated else { return String::new() };
    let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
    format!("; again {times} until {}", time(last))
}

fn what(what: &What) -> String {
    match what {
        What::Change { side, change } => changed(side, change),
        What::Login { from, to, cause } => {
            let cause = cause.as_ref().map(|cause| format!(", cause <code>{}</code>", escape(&cause.check)));
            let from = from.map(|from| format!("{}, now ", from.word())).unwrap_or_default();
            format!("Sign-in: {from}<strong>{}</strong>{}", to.word(), cause.unwrap_or_default())
        }
        What::Verdict { check, to, .. } => {
            let title = checks::find(check).map_or(check.as_str(), |(_, check)| check.title);
            let now = if to == "fail" { "Does not hold any more" } else { "Holds again" };
            let now = if to == "fail" || to == "ok" { now } else { "No longer known to fail" };
            format!("{now}: {} <code>{}</code>", escape(title), escape(check))
        }
    }
}

/// A watched value that is another one.
fn changed(side: &str, change: &Change) -> String {
    let side = if side == "kasm" { "Kasm" } else { "Provider" };
    let subject = field_in_words(change.subject.id());
    let field = change.field.as_ref().map(|field| format!(", {}", escape(&field_in_words(field)))).unwrap_or_default();
    let value = |value: &str| match value {
        "" => "(nothing)".to_owned(),
        value => format!("<span class=\"v\">{}</span>", clipped(value, VALUE)),
    };
    format!("{side}: {subject}{field}: from {} to {}", value(&change.from), value(&change.to))
}
