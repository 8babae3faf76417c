//! The first page: for each target the three questions: can people sign in, if not what broke, what will break next.

use std::sync::Arc;

use super::{
    escape::escape,
    frame, link, public,
    words::{Standing, check_state, distance, proven, sentence, speaker, time},
};
use crate::{
    board::{Entry, Latest},
    checks,
    clock::Time,
    model::{CheckReport, Drift, Finding, Report, Severity, Stage},
    web::{Options, Viewer},
};

/// The status page of all targets.
#[must_use]
pub fn index(entries: &[Arc<Entry>], now: Time, options: &Options, viewer: Viewer) -> String {
    if viewer == Viewer::Public {
        return public::index(entries, now, options);
    }
    let sections: String = entries.iter().map(|entry| section(entry, now, options)).collect();
    let sections = if entries.is_empty() { "<p>No target is configured.</p>\n".to_owned() } else { sections };
    let content = format!("<h1>Single sign-on</h1>\n{sections}<p class=\"dim\">As of {}.</p>\n", time(now));
    frame("ssowatch", &content, options, viewer)
}

fn section(entry: &Entry, now: Time, options: &Options) -> String {
    let name = format!("<a href=\"{}\">{}</a>", link(&entry.name, options), escape(&entry.name));
    format!("<section>\n<h2>{name}</h2>\n{}</section>\n", summary(entry, now))
}

/// The three questions of one target.
pub(super) fn summary(entry: &Entry, now: Time) -> String {
    let standing = Standing::of(entry, now);
    let (answer, colour) = standing.answer();
    let answer = format!("<p class=\"answer {colour}\">{}</p>\n", escape(&answer));
    match standing {
        Standing::NothingYet => answer,
        Standing::Stale(latest, _) => answer + &last_known(latest, now),
        Standing::Current(latest) => {
            let report = &latest.report;
            [answer, facts(latest, now), cause(report), path(&report.checks), next(report, now), unverified(report)]
                .concat()
        }
    }
}

fn facts(latest: &Latest, now: Time) -> String {
    let report = &latest.report;
    let target = &latest.snapshot.target;
    let locks_out = match report.auto_login {
        Some(true) => " Kasm sends every visitor to the provider at once: a fault locks out everybody.",
        _ => "",
    };
    format!(
        "<p class=\"dim\">{} at {}, Kasm at {}. Looked at {}.{locks_out}</p>\n",
        escape(&report.provider),
        escape(&target.provider.url),
        escape(&target.kasm.url),
        distance(report.at, now),
    )
}

/// What is told of a round that is too old: when it was, and what it said then.
fn last_known(latest: &Latest, now: Time) -> String {
    let report = &latest.report;
    format!(
        "<p>The last round was {} ({}). Then sign-in was: {}.</p>\n",
        distance(report.at, now),
        time(report.at),
        report.login.word()
    )
}

/// The one thing that broke first: what differs, and what to change.
fn cause(report: &Report) -> String {
    let Some(check) = report.cause_check() else { return String::new() };
    format!("<h3>Cause</h3>\n{}", failure(check))
}

/// One failing check: what it says, both sides' values, what to change.
pub(super) fn failure(check: &CheckReport) -> String {
    let known = checks::find(&check.id).map(|(_, known)| known);
    let findings: String =
        check.findings.iter().map(|finding| finding_in_full(finding, known.map(|check| check.mend))).collect();
    let title = known.map_or(check.id.as_str(), |known| known.title);
    format!("<p><strong>Does not hold: {}</strong> <code>{}</code></p>\n{findings}", escape(title), escape(&check.id))
}

fn finding_in_full(finding: &Finding, usual: Option<&str>) -> String {
    let drift = finding.drift.as_ref().map(both_sides).unwrap_or_default();
    let mend = finding.mend.as_deref().or(usual).unwrap_or_default();
    format!("<p>{}</p>\n{drift}<p><strong>What to change.</strong> {}</p>\n", escape(&finding.message), escape(mend))
}

/// Both sides' values under each other, with a mark where they begin to differ.
fn both_sides(drift: &Drift) -> String {
    let width = drift.expected_by.chars().count().max(drift.actual_by.chars().count());
    let line = |by: &str, value: &str| format!("{:width$}  {}\n", one_line(by), one_line(value));
    let both = line(&drift.actual_by, &drift.actual) + &line(&drift.expected_by, &drift.expected);
    format!("<pre>{}{:>mark$}</pre>\n", escape(&both), "^", mark = width + 3 + drift.first_difference())
}

/// A value on one line, so that the mark below it stands where it must.
fn one_line(value: &str) -> String {
    value.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect()
}

/// The login path, stage by stage.
fn path(checks: &[CheckReport]) -> String {
    let rows: String =
        Stage::ALL.iter().filter_map(|stage| Some(row(*stage, speaker(checks, *stage)?, checks))).collect();
    if rows.is_empty() {
        return String::new();
    }
    format!("<h3>The login path</h3>\n<table>\n{rows}</table>\n")
}

fn row(stage: Stage, speaker: &CheckReport, checks: &[CheckReport]) -> String {
    let (word, colour) = check_state(speaker);
    let (proven, known) = proven(checks, stage);
    format!(
        "<tr><th scope=\"row\">{}</th><td class=\"state {colour}\">{word}</td>\
         <td class=\"state dim\">{proven} of {known} proven</td><td>{}</td></tr>\n",
        stage.title(),
        escape(sentence(speaker))
    )
}

/// What will break it next: risks, then what expires.
fn next(report: &Report, now: Time) -> String {
    let risks: String = report
        .failing()
        .filter(|check| check.severity == Severity::Risk)
        .map(|check| format!("<li>{}</li>\n", escape(sentence(check))))
        .collect();
    let expiries: String = report
        .expiries
        .iter()
        .map(|expiry| {
            let item = expiry.item.replace('_', " ");
            format!("<li>{} ends {} ({})</li>\n", escape(&item), distance(expiry.at, now), time(expiry.at))
        })
        .collect();
    if risks.is_empty() && expiries.is_empty() {
        return String::new();
    }
    format!("<h3>What will break it next</h3>\n<ul>\n{risks}{expiries}</ul>\n")
}

/// What could not be proven, and why.
fn unverified(report: &Report) -> String {
    let open = || report.checks.iter().filter(|check| matches!(check.verdict.as_str(), "unverified" | "unknown"));
    let items: String = open()
        .map(|check| {
            let title = checks::find(&check.id).map_or(check.id.as_str(), |(_, known)| known.title);
            let (word, _) = check_state(check);
            format!("<li>{} <span class=\"dim\">({word}: {})</span></li>\n", escape(title), escape(sentence(check)))
        })
        .collect();
    match open().count() {
        0 => String::new(),
        count => format!("<details>\n<summary>Not proven: {count}</summary>\n<ul>\n{items}</ul>\n</details>\n"),
    }
}
