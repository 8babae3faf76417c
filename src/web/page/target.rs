//! The page of one target: the three questions, then all that is known.

use maud::{Markup, html};

use super::{
    View, card, changes, connections, coverage, fields,
    frame::{Page, frame},
    history, link, public,
    text::shown,
    words::{Standing, length},
};
use crate::{
    results::{Entry, Latest},
    web::Viewer,
};

/// One target in full.
#[must_use]
pub fn target(entry: &Entry, view: &View<'_>) -> String {
    let standing = Standing::of(entry, view.now);
    let rest = match view.viewer {
        Viewer::Public => public::rest(entry, view),
        Viewer::Full => in_full(entry, standing, view),
    };
    let content = html! { h1 { (shown(&entry.name)) } (rest) };
    frame(&Page { title: &entry.name, state: Some(standing.state()), here: "", content: &content }, view)
}

fn in_full(entry: &Entry, standing: Standing<'_>, view: &View<'_>) -> Markup {
    let over_time = html! { (changes::last(&entry.name, view)) (history::history(entry, view)) };
    html! {
        (card::summary(entry, view))
        @match standing {
            Standing::NothingYet => { (over_time) }
            Standing::Stale(latest, age) => {
                p { strong { "What follows is " (length(age.abs())) " old and says nothing about now." } }
                (known(latest, &over_time, view))
            }
            Standing::Current(latest) => { (known(latest, &over_time, view)) }
        }
        p { a href={ (link(&entry.name, view)) "/checks" } { "Every check and every source" } }
    }
}

/// All that a round saw and said, from what people ask for most to what they ask for least.
fn known(latest: &Latest, over_time: &Markup, view: &View<'_>) -> Markup {
    let (report, snapshot) = (&latest.report, &latest.snapshot);
    html! {
        (fields::table(report, snapshot))
        (coverage::coverage(report, snapshot, view))
        (connections::connections(report, snapshot))
        (over_time)
    }
}
