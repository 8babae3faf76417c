//! The status page: server-rendered, complete without a script, nothing from elsewhere. Pure functions of (results, journal,
//! windows, now).

mod about;
mod card;
mod cause;
mod changes;
mod clients;
mod compare;
mod connections;
mod coverage;
mod every;
mod fields;
mod frame;
mod history;
mod index;
mod maintenance;
mod next;
mod public;
mod runbooks;
mod shape;
mod steps;
mod style;
mod target;
pub(super) mod text;
mod uptime;
mod words;

use std::sync::Arc;

use maud::{Markup, Render, html};

use self::{frame::Page, frame::frame, text::shown};
use super::{Options, Tells, Viewer};
use crate::{checks, clock::Time, config::Config, journal::Journal, notify::maintenance::Windows, results::Entry};

pub use about::{check, runbook};
pub use changes::{Asked, changes};
pub use clients::clients;
pub use every::checks;
pub use index::index;
pub use style::{SCRIPT, STYLE};
pub use target::target;

pub(super) use text::path_segment;
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
    /// The configuration in force.
    pub config: &'a Config,
    /// Who looks.
    pub viewer: Viewer,
}

impl View<'_> {
    /// The title of the status page.
    pub(in crate::web) fn title(&self) -> &str {
        self.config.web.title.as_deref().unwrap_or("Single sign-on")
    }
}

/// The level of the headings of a part: below the page's own, or below a target's.
#[derive(Debug, Clone, Copy)]
struct Heading(u8);

impl Heading {
    /// A heading of this level.
    fn of(self, content: impl Render) -> Markup {
        match self.0 {
            1 => html! { h1 { (content) } },
            2 => html! { h2 { (content) } },
            3 => html! { h3 { (content) } },
            _ => html! { h4 { (content) } },
        }
    }
}

/// The address of a target's page.
fn link(name: &str, view: &View<'_>) -> String {
    format!("{}/targets/{}", view.options.base(), path_segment(name))
}

/// The id of a check, which leads to its page.
fn check_id(id: &str, view: &View<'_>) -> Markup {
    about_check(id, &html! { code { (shown(id)) } }, view)
}

/// The title of a check, which leads to its page.
fn check_title(id: &str, view: &View<'_>) -> Markup {
    let title = checks::find(id).map_or(id, |(_, check)| check.title);
    about_check(id, &html! { (shown(title)) }, view)
}

/// What names a check. One that is not known, as of another release, has no page.
fn about_check(id: &str, name: &Markup, view: &View<'_>) -> Markup {
    html! {
        @if checks::find(id).is_some() {
            a.quiet href={ (view.options.base()) "/checks/" (path_segment(id)) } { (name) }
        } @else {
            (name)
        }
    }
}

/// A page that says what exists: paths with what they are, and the targets.
#[must_use]
pub fn not_found(paths: &[(&str, &str, Tells)], entries: &[Arc<Entry>], view: &View<'_>) -> String {
    let is_for_them = |(_, _, tells): &&(&str, &str, Tells)| view.viewer == Viewer::Full || *tells != Tells::All;
    let content = html! {
        h1 { "Not found" }
        p { "Nothing is at this address. What there is:" }
        ul {
            @for (path, what, _) in paths.iter().filter(is_for_them) {
                li { code { (view.options.base()) (path) } " " (what) }
            }
        }
        h2 { "Targets" }
        ul {
            @for entry in entries.iter().take(MOST_LISTED) {
                li { a href=(link(&entry.name, view)) { (shown(&entry.name)) } }
            }
        }
    };
    frame(&Page { title: "Not found", state: None, here: "", content: &content }, view)
}

/// The most targets that a page lists which is not about them.
const MOST_LISTED: usize = 100;
