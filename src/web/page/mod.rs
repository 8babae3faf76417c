//! The status page: server-rendered, complete without a script, nothing from elsewhere. Pure functions of (results, journal,
//! windows, now).

mod card;
mod cause;
mod changes;
mod compare;
mod connections;
mod coverage;
pub(super) mod escape;
mod every;
mod fields;
mod frame;
mod history;
mod index;
mod maintenance;
mod next;
mod public;
mod shape;
mod steps;
mod style;
mod target;
mod words;

use std::{fmt, sync::Arc};

use self::{escape::escape, frame::Page, frame::frame};
use super::{Options, Tells, Viewer};
use crate::{clock::Time, journal::Journal, notify::maintenance::Windows, results::Entry};

pub use changes::{Asked, changes};
pub use every::checks;
pub use index::index;
pub use style::{SCRIPT, STYLE};
pub use target::target;

pub(super) use escape::path_segment;
pub(super) use words::Standing;

/// What every page is a function of, beside the results.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// What changed and when.
    pub journal: &'a Journal,
    /// When messages are muted.
    pub windows: &'a Windows,
    /// The time.
    pub now: Time,
    /// Settings by flags.
    pub options: &'a Options,
    /// Who looks.
    pub viewer: Viewer,
}

/// The level of the headings of a part: below the page's own, or below a target's.
#[derive(Debug, Clone, Copy)]
struct Heading(u8);

impl Heading {
    /// A heading of this level.
    fn of(self, text: impl fmt::Display) -> String {
        format!("<h{level}>{text}</h{level}>\n", level = self.0)
    }
}

/// The address of a target's page.
fn link(name: &str, view: &View<'_>) -> String {
    format!("{}/targets/{}", escape(view.options.base()), path_segment(name))
}

/// A page that says what exists: paths with what they are, and the targets.
#[must_use]
pub fn not_found(paths: &[(&str, &str, Tells)], entries: &[Arc<Entry>], view: &View<'_>) -> String {
    let base = escape(view.options.base());
    let path = |(path, what, _): &(&str, &str, Tells)| {
        format!("<li><code>{base}{}</code> {}</li>\n", escape(path), escape(what))
    };
    let target =
        |entry: &Arc<Entry>| format!("<li><a href=\"{}\">{}</a></li>\n", link(&entry.name, view), escape(&entry.name));
    let is_for_them = |(_, _, tells): &&(&str, &str, Tells)| view.viewer == Viewer::Full || *tells != Tells::All;
    let paths: String = paths.iter().filter(is_for_them).map(path).collect();
    let targets: String = entries.iter().take(MOST_LISTED).map(target).collect();
    let content = format!(
        "<h1>Not found</h1>\n<p>Nothing is at this address. What there is:</p>\n<ul>\n{paths}</ul>\n\
         <h2>Targets</h2>\n<ul>\n{targets}</ul>\n"
    );
    frame(&Page { title: "Not found", state: None, here: "", content: &content }, view)
}

/// The most targets that a page lists which is not about them.
const MOST_LISTED: usize = 100;
