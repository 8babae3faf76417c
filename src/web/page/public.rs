//! What anybody may see: verdicts only. No addresses, ids, values, error texts or releases.
//!
//! The pages of the public are made of [`Verdicts`], which can hold nothing else: its parts are numbers, closed sets and
//! texts of our own.

use std::sync::Arc;

use super::{
    escape::escape,
    frame, link,
    words::{Standing, time},
};
use crate::{
    board::Entry,
    checks::{self, Check},
    clock::Time,
    model::Stage,
    telling::path::{self, State},
    web::{Options, Viewer},
};

/// The verdicts on one target.
struct Verdicts<'a> {
    /// The target's name, by the operator.
    name: &'a str,
    /// The answer to *can a user sign in now?*, and its colour.
    answer: (String, &'static str),
    /// The check that keeps people out.
    cause: Option<&'static Check>,
    /// How each stage stands.
    stages: Vec<(Stage, State)>,
}

impl<'a> Verdicts<'a> {
    fn of(entry: &'a Entry, now: Time) -> Self {
        let standing = Standing::of(entry, now);
        let report = match standing {
            Standing::Current(latest) => Some(&latest.report),
            Standing::NothingYet | Standing::Stale(..) => None,
        };
        let cause = report.and_then(|report| report.cause.as_ref());
        Self {
            name: &entry.name,
            answer: standing.answer(),
            cause: cause.and_then(|cause| checks::find(&cause.check)).map(|(_, check)| check),
            stages: report.map(|report| path::states(report)).unwrap_or_default(),
        }
    }

    fn section(&self) -> String {
        let (answer, colour) = &self.answer;
        let cause = self.cause.map(|check| format!("<p>Does not hold: {}</p>\n", escape(check.title)));
        let stage = |(stage, state): &(Stage, State)| {
            format!("<tr><th scope=\"row\">{}</th><td class=\"state\">{}</td></tr>\n", stage.title(), state.word())
        };
        let rows: String = self.stages.iter().map(stage).collect();
        let path = if rows.is_empty() { rows } else { format!("<table>\n{rows}</table>\n") };
        format!("<p class=\"answer {colour}\">{}</p>\n{}{path}", escape(answer), cause.unwrap_or_default())
    }
}

/// The verdicts on all targets.
pub(super) fn index(entries: &[Arc<Entry>], now: Time, options: &Options) -> String {
    let section = |entry: &Arc<Entry>| {
        let verdicts = Verdicts::of(entry, now);
        let name = format!("<a href=\"{}\">{}</a>", link(verdicts.name, options), escape(verdicts.name));
        format!("<section>\n<h2>{name}</h2>\n{}</section>\n", verdicts.section())
    };
    let sections: String = entries.iter().map(section).collect();
    let sections = if entries.is_empty() { "<p>No target is configured.</p>\n".to_owned() } else { sections };
    let content = format!("<h1>Single sign-on</h1>\n{sections}<p class=\"dim\">As of {}.</p>\n", time(now));
    frame("ssowatch", &content, options, Viewer::Public)
}

/// The verdicts on one target.
pub(super) fn target(entry: &Entry, now: Time, options: &Options) -> String {
    let verdicts = Verdicts::of(entry, now);
    let content = format!(
        "<h1>{}</h1>\n{}<p class=\"dim\">As of {}.</p>\n",
        escape(verdicts.name),
        verdicts.section(),
        time(now)
    );
    frame(&format!("{} · ssowatch", verdicts.name), &content, options, Viewer::Public)
}
