//! How sign-in stood over the last day and the last month.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use maud::{Markup, html};

use super::{
    Heading, View, check_id,
    words::{length, time},
};
use crate::{
    clock::Time,
    journal::{Seconds, Span},
    model::Login,
    results::Entry,
};

/// The most outages that are listed, the newest first.
const OUTAGES: usize = 5;

/// One row of bars.
pub(super) struct Row {
    pub title: &'static str,
    /// What one bar stands for, in words.
    pub each: &'static str,
    pub bars: i32,
    pub length: TimeDelta,
}

const fn rows() -> [Row; 2] {
    [
        Row { title: "The last day", each: "half an hour", bars: 48, length: TimeDelta::hours(24) },
        Row { title: "The last 30 days", each: "a day", bars: 30, length: TimeDelta::days(30) },
    ]
}

/// The history with the cause of each outage.
pub(super) fn history(entry: &Entry, view: &View<'_>) -> Markup {
    drawn(entry, view, Heading(2), true)
}

/// The history of verdicts alone.
pub(super) fn of_verdicts(entry: &Entry, view: &View<'_>, heading: Heading) -> Markup {
    drawn(entry, view, heading, false)
}

/// Now, where people cannot sign in by the latest round.
fn ongoing(entry: &Entry, now: Time) -> Option<Time> {
    entry.current(now).filter(|latest| latest.report.login == Login::Broken).map(|_| now)
}

pub(super) fn spans(entry: &Entry, view: &View<'_>, length: TimeDelta) -> Vec<Span> {
    view.journal.history(&entry.name, view.now - length, view.now)
}

fn drawn(entry: &Entry, view: &View<'_>, heading: Heading, with_cause: bool) -> Markup {
    let row = |row: Row| {
        let spans = spans(entry, view, row.length);
        let words = in_words(&spans, view.now - row.length, view.now)?;
        Some(html! {
            h3 { (row.title) }
            p { (words) }
            (bars(&row, &spans, view.now))
            div.axis aria-hidden="true" { span { (length(row.length.as_seconds_f64())) " ago" } span { "now" } }
        })
    };
    let rows: Vec<Markup> = rows().into_iter().filter_map(row).collect();
    html! {
        (heading.of("History"))
        @if rows.is_empty() { p { "Nothing is known of the last month." } }
        @for row in &rows { (row) }
        (outages(&spans(entry, view, TimeDelta::days(30)), with_cause, ongoing(entry, view.now), view))
    }
}

/// How long each state lasted, of the time in which anybody watched.
fn in_words(spans: &[Span], from: Time, to: Time) -> Option<String> {
    if spans.is_empty() {
        return None;
    }
    let seconds = Seconds::of(spans, from, to);
    let Some(worked) = seconds.worked_ratio().filter(|_| seconds.watched() >= 1.0) else {
        return Some("Watched for less than a second.".to_owned());
    };
    let mut parts = vec![format!("people could sign in {}", share(worked))];
    for (lasted, word) in [(seconds.broken, "broken"), (seconds.degraded, "degraded"), (seconds.unknown, "unknown")] {
        if lasted > 0.0 {
            parts.push(format!("{word} for {}", length(lasted)));
        }
    }
    let all = length((to - from).as_seconds_f64());
    Some(format!("Watched for {} of {all}: {}.", length(seconds.watched()), parts.join(", ")))
}

/// A share in percent. It is never rounded up to all or down to nothing.
pub(super) fn share(ratio: f64) -> String {
    match ratio * 100.0 {
        all if all >= 100.0 => "100 %".to_owned(),
        none if none <= 0.0 => "0 %".to_owned(),
        percent => format!("{:.2} %", percent.clamp(0.01, 99.99)),
    }
}

/// Whether a span reaches into a time; one of a single round has no length and lies where it begins.
fn reaches(span: &Span, from: Time, to: Time) -> bool {
    span.from < to && (span.to > from || span.from >= from)
}

/// The bars: low for good, half for degraded, full for broken; a thin line where nobody watched.
pub(super) fn bars(row: &Row, spans: &[Span], now: Time) -> Markup {
    let each = row.length / row.bars;
    let start = now - row.length;
    let worst = |n: i32| {
        let (from, to) = (start + each * n, start + each * (n + 1));
        spans.iter().filter(|span| reaches(span, from, to)).map(|span| span.login).max_by_key(|login| badness(*login))
    };
    let mut drawn: BTreeMap<&str, String> = BTreeMap::new();
    for n in 0..row.bars {
        let (class, height) = shape(worst(n));
        let bar = format!("M{} {}h8v{height}h-8z", n * 10, 40 - height);
        drawn.entry(class).or_default().push_str(&bar);
    }
    html! {
        svg.bars viewBox=(format!("0 0 {} 40", row.bars * 10)) preserveAspectRatio="none" role="img"
            aria-label={ (row.title) ": " (row.bars) " bars of " (row.each) " each, the worst of each" } {
            @for (class, bars) in &drawn { path class=(class) d=(bars) {} }
        }
    }
}

fn badness(login: Login) -> u8 {
    match login {
        Login::Ok => 0,
        Login::Unknown => 1,
        Login::Degraded => 2,
        Login::Broken => 3,
    }
}

fn shape(worst: Option<Login>) -> (&'static str, i32) {
    match worst {
        None => ("gap", 2),
        Some(Login::Ok) => ("ok", 14),
        Some(Login::Unknown) => ("open", 24),
        Some(Login::Degraded) => ("degraded", 30),
        Some(Login::Broken) => ("broken", 40),
    }
}

/// The last outages in words; one that goes on, as such.
fn outages(spans: &[Span], with_cause: bool, ongoing: Option<Time>, view: &View<'_>) -> Markup {
    let broken = spans.iter().enumerate().rev().filter(|(_, span)| span.login == Login::Broken);
    let broken: Vec<(usize, &Span)> = broken.take(OUTAGES).collect();
    let lasted = |span: &Span, to: Time| length((to - span.from).as_seconds_f64());
    html! {
        @if !broken.is_empty() {
            h3 { "The last outages" }
            ul {
                @for (index, span) in broken {
                    li {
                        (time(span.from)) ", "
                        @if let Some(now) = ongoing.filter(|_| index + 1 == spans.len()) {
                            "ongoing for " (lasted(span, now))
                        } @else {
                            "for " (lasted(span, span.to))
                        }
                        @if let Some(cause) = span.cause.as_deref().filter(|_| with_cause) { " " (check_id(cause, view)) }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::Config,
        journal::Journal,
        notify::maintenance::Windows,
        web::{Options, Viewer},
    };

    #[test]
    fn an_outage_that_goes_on_is_told_as_such_and_one_that_is_over_is_not() {
        let at = |minute: i64| Time::default() + TimeDelta::minutes(minute);
        let span = |from: i64, to: i64, login| Span { from: at(from), to: at(to), login, cause: None };
        let spans = [span(0, 5, Login::Broken), span(5, 60, Login::Ok), span(60, 62, Login::Broken)];
        let (journal, windows, options) = (Journal::default(), Windows::default(), Options::default());
        let (config, viewer) = (Config::of_targets(Vec::new()), Viewer::Full);
        let view =
            View { journal: &journal, windows: &windows, now: at(75), options: &options, config: &config, viewer };
        let said = |ongoing| outages(&spans, true, ongoing, &view).into_string();
        let lines = said(Some(at(75)));
        let lines: Vec<&str> = lines.split("<li>").skip(1).collect();
        assert!(lines[0].contains("ongoing for 15 minutes") && lines[1].contains(", for 5 minutes"), "{lines:?}");
        assert!(!said(None).contains("ongoing"));
    }

    #[test]
    fn a_share_is_never_rounded_to_all_or_nothing() {
        for (ratio, words) in
            [(1.0, "100 %"), (0.999_999, "99.99 %"), (0.5, "50.00 %"), (0.000_001, "0.01 %"), (0.0, "0 %")]
        {
            assert_eq!(share(ratio), words);
        }
    }
}
