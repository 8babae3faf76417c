//! How sign-in stood over the last day and the last month.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::{
    Heading, View,
    escape::escape,
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
struct Row {
    title: &'static str,
    /// What one bar stands for, in words.
    each: &'static str,
    bars: i32,
    length: TimeDelta,
}

const fn rows() -> [Row; 2] {
    [
        Row { title: "The last day", each: "half an hour", bars: 48, length: TimeDelta::hours(24) },
        Row { title: "The last 30 days", each: "a day", bars: 30, length: TimeDelta::days(30) },
    ]
}

/// The history with the cause of each outage.
pub(super) fn history(entry: &Entry, view: &View<'_>) -> String {
    let (heading, spans) = (Heading(2), spans(entry, view, TimeDelta::days(30)));
    drawn(entry, view, heading) + &outages(&spans, true)
}

/// The history of verdicts alone.
pub(super) fn of_verdicts(entry: &Entry, view: &View<'_>, heading: Heading) -> String {
    drawn(entry, view, heading) + &outages(&spans(entry, view, TimeDelta::days(30)), false)
}

fn spans(entry: &Entry, view: &View<'_>, length: TimeDelta) -> Vec<Span> {
    view.journal.history(&entry.name, view.now - length, view.now)
}

fn drawn(entry: &Entry, view: &View<'_>, heading: Heading) -> String {
    let row = |row: Row| {
        let spans = spans(entry, view, row.length);
        let Some(told) = in_words(&spans, view.now - row.length, view.now) else { return String::new() };
        format!(
            "<h3>{}</h3>\n<p>{told}</p>\n{}<div class=\"axis\" aria-hidden=\"true\"><span>{} ago</span><span>now</span></div>\n",
            row.title,
            bars(&row, &spans, view.now),
            length(row.length.as_seconds_f64())
        )
    };
    let rows: String = rows().into_iter().map(row).collect();
    let rows = if rows.is_empty() { "<p>Nothing is known of the last month.</p>\n".to_owned() } else { rows };
    heading.of("History") + &rows
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
fn share(ratio: f64) -> String {
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
fn bars(row: &Row, spans: &[Span], now: Time) -> String {
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
    let paths: String = drawn.iter().map(|(class, bars)| format!("<path class=\"{class}\" d=\"{bars}\"/>")).collect();
    format!(
        "<svg class=\"bars\" viewBox=\"0 0 {} 40\" preserveAspectRatio=\"none\" role=\"img\" \
         aria-label=\"{}: {} bars of {} each, the worst of each\">{paths}</svg>\n",
        row.bars * 10,
        row.title,
        row.bars,
        row.each
    )
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

/// The last outages in words.
fn outages(spans: &[Span], with_cause: bool) -> String {
    let outage = |span: &Span| {
        let cause = span.cause.as_deref().filter(|_| with_cause);
        let cause = cause.map(|cause| format!(" <code>{}</code>", escape(cause)));
        let lasted = length((span.to - span.from).as_seconds_f64());
        format!("<li>{}, for {lasted}{}</li>\n", time(span.from), cause.unwrap_or_default())
    };
    let broken = spans.iter().rev().filter(|span| span.login == Login::Broken);
    let items: String = broken.take(OUTAGES).map(outage).collect();
    if items.is_empty() { items } else { format!("<h3>The last outages</h3>\n<ul>\n{items}</ul>\n") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_never_rounded_to_all_or_nothing() {
        for (ratio, words) in
            [(1.0, "100 %"), (0.999_999, "99.99 %"), (0.5, "50.00 %"), (0.000_001, "0.01 %"), (0.0, "0 %")]
        {
            assert_eq!(share(ratio), words);
        }
    }
}
