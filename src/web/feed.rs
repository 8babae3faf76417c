//! When sign-in broke and when it was fixed, as an Atom feed (RFC 4287). Verdicts, and nothing else: anybody may see it
//! where anybody may see the status page.

use chrono::SecondsFormat;
use maud::{Markup, PreEscaped, html};

use super::page::{View, path_segment, text::shown};
use crate::{
    checks,
    clock::Time,
    journal::{Event, Query, What},
    model::Login,
};

/// The most entries.
const MOST: usize = 50;
/// So many events are searched for them.
const SEARCHED: usize = 5_000;

/// The feed, the newest first.
pub(super) fn feed(view: &View<'_>) -> String {
    let events = view.journal.events(&Query { limit: SEARCHED, ..Query::default() });
    let entries: Vec<(&Event, Login, Option<&str>)> = events
        .iter()
        .filter_map(|event| match &event.what {
            What::Login { from, to, cause } => {
                let is_news = is_bad(*to) || from.is_some_and(is_bad);
                is_news.then(|| (event, *to, cause.as_ref().map(|cause| cause.check.as_str())))
            }
            What::Change { .. } | What::Verdict { .. } => None,
        })
        .take(MOST)
        .collect();
    let base = view.options.base();
    let feed = html! {
        (PreEscaped("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"))
        feed xmlns="http://www.w3.org/2005/Atom" {
            id { "urn:ssowatch:feed:" (path_segment(base)) }
            title { (view.title()) }
            updated { (stamp(entries.first().map_or(view.now, |(event, ..)| event.at))) }
            author { name { "ssowatch" } }
            link rel="self" href={ (base) "/feed.atom" } {}
            link rel="alternate" type="text/html" href={ (base) "/" } {}
            @for (event, to, cause) in &entries { (entry(event, *to, *cause, base)) }
        }
    };
    feed.into_string()
}

fn entry(event: &Event, to: Login, cause: Option<&str>, base: &str) -> Markup {
    let target = path_segment(&event.target);
    let cause = cause.and_then(checks::find).map(|(_, check)| check.title);
    html! {
        entry {
            id { "urn:ssowatch:" (target) ":" (event.at.timestamp()) ":" (event.id) }
            title { (shown(&event.target)) ": " (in_words(to)) }
            updated { (stamp(event.at)) }
            link rel="alternate" type="text/html" href={ (base) "/targets/" (target) } {}
            @if let Some(title) = cause { summary { "Fails: " (title) } }
        }
    }
}

fn is_bad(login: Login) -> bool {
    matches!(login, Login::Broken | Login::Degraded)
}

fn in_words(login: Login) -> &'static str {
    match login {
        Login::Ok => "people can sign in again",
        Login::Degraded => "some people cannot sign in",
        Login::Broken => "people cannot sign in",
        Login::Unknown => "cannot tell any more whether people can sign in",
    }
}

fn stamp(at: Time) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
