//! The page of one target: the three questions, then all that is known.

use super::{
    Heading, View, card, changes, connections, coverage,
    escape::escape,
    fields,
    frame::{Page, frame},
    history, link, public,
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
    let content = format!("{}{rest}", Heading(1).of(escape(&entry.name)));
    frame(&Page { title: &entry.name, state: Some(standing.state()), here: "", content: &content }, view)
}

fn in_full(entry: &Entry, standing: Standing<'_>, view: &View<'_>) -> String {
    let over_time = changes::last(&entry.name, view) + &history::history(entry, view);
    let known = match standing {
        Standing::NothingYet => over_time,
        Standing::Stale(latest, age) => {
            let age = length(age.abs());
            format!("<p><strong>What follows is {age} old and says nothing about now.</strong></p>\n")
                + &known(latest, &over_time)
        }
        Standing::Current(latest) => known(latest, &over_time),
    };
    card::summary(entry, view)
        + &known
        + &format!("<p><a href=\"{}/checks\">Every check and every source</a></p>\n", link(&entry.name, view))
}

/// All that a round saw and said, from what people ask for most to what they ask for least.
fn known(latest: &Latest, over_time: &str) -> String {
    let (report, snapshot) = (&latest.report, &latest.snapshot);
    fields::table(report, snapshot)
        + &coverage::coverage(report, snapshot)
        + &connections::connections(report, snapshot)
        + over_time
}
