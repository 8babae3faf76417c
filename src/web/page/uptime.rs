//! Since when sign-in stands as it does, and how long it worked: in the last day, week, month and quarter.

use chrono::TimeDelta;
use maud::{Markup, html};

use super::{
    View,
    history::{Row, bars, share, spans},
    words::{Standing, length, time},
};
use crate::{clock::Time, journal::Seconds, results::Entry};

/// The times that are looked back over, each longer than the one before.
const LENGTHS: [(&str, i64); 4] = [("24 h", 1), ("7 d", 7), ("30 d", 30), ("90 d", 90)];
/// A bar for each day of the longest of them.
const DAYS: Row = Row { title: "The last 90 days", each: "a day", bars: 90, length: TimeDelta::days(90) };

/// Since when sign-in stands as it does now. Nothing where that is not known.
pub(super) fn since(entry: &Entry, standing: Standing<'_>, view: &View<'_>) -> Markup {
    let Standing::Current(latest) = standing else { return html! {} };
    let spans = spans(entry, view, DAYS.length);
    let mut since: Option<Time> = None;
    for span in spans.iter().rev().take_while(|span| span.login == latest.report.login) {
        // Beyond a gap in which nobody watched, it may have stood otherwise.
        if since.is_some_and(|since| span.to < since) {
            break;
        }
        since = Some(span.from);
    }
    html! {
        @if let Some(since) = since {
            p.dim { "Since " (time(since)) " (" (length((view.now - since).as_seconds_f64())) ")" }
        }
    }
}

/// The share of the time that was watched in which people could sign in, and a bar for each day. Nothing where nobody
/// watched.
pub(super) fn uptime(entry: &Entry, view: &View<'_>) -> Markup {
    let mut shares = Vec::new();
    let mut before = 0.0;
    for (label, days) in LENGTHS {
        let (from, all) = (view.now - TimeDelta::days(days), TimeDelta::days(days).as_seconds_f64());
        let seconds = Seconds::of(&spans(entry, view, TimeDelta::days(days)), from, view.now);
        let watched = seconds.watched();
        // A longer time of which no more is known says nothing new.
        let Some(worked) = seconds.worked_ratio().filter(|_| watched >= 1.0 && watched > before) else { continue };
        before = watched;
        shares.push((label, worked, (watched < 0.99 * all).then(|| length(watched))));
    }
    html! {
        @if !shares.is_empty() {
            p.dim {
                "People could sign in: "
                @for (n, (label, worked, watched)) in shares.iter().enumerate() {
                    @if n > 0 { " · " }
                    (label) " " b { (share(*worked)) }
                    @if let Some(watched) = watched { " (of " (watched) " watched)" }
                }
            }
            (bars(&DAYS, &spans(entry, view, DAYS.length), view.now))
        }
    }
}
