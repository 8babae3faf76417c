//! The status page: server-rendered, no script, nothing from elsewhere. Pure functions of (board, now).

mod escape;
mod index;
mod public;
mod style;
mod target;
mod words;

use std::sync::Arc;

use self::escape::{escape, path_segment};
use super::{Options, Tells, Viewer};
use crate::board::Entry;

pub use index::index;
pub use style::STYLE;
pub use target::target;

/// How often the page loads itself again, in seconds.
const REFRESH_SECONDS: u32 = 60;

/// A whole page around its content. Content is HTML; the title is text.
fn frame(title: &str, content: &str, options: &Options, viewer: Viewer) -> String {
    let base = escape(options.base());
    let more = match viewer {
        Viewer::Public => String::new(),
        Viewer::Full => format!(
            " {version} · <a href=\"{base}/metrics\">metrics</a> · <a href=\"{base}/api/v1/targets\">JSON</a> · \
             <a href=\"{base}/config\">configuration</a>",
            version = env!("CARGO_PKG_VERSION"),
        ),
    };
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"refresh\" content=\"{REFRESH_SECONDS}\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <header><a href=\"{base}/\">ssowatch</a></header>\n<main>\n{content}</main>\n\
         <footer>ssowatch{more}</footer>\n\
         </body>\n</html>\n",
        title = escape(title),
    )
}

/// The address of a target's page.
fn link(name: &str, options: &Options) -> String {
    format!("{}/targets/{}", escape(options.base()), path_segment(name))
}

/// A page that says what exists: paths with what they are, and the targets.
#[must_use]
pub fn not_found(paths: &[(&str, &str, Tells)], entries: &[Arc<Entry>], options: &Options, viewer: Viewer) -> String {
    let path = |(path, what, _): &(&str, &str, Tells)| {
        format!("<li><code>{}{}</code> {}</li>\n", escape(options.base()), escape(path), escape(what))
    };
    let target = |entry: &Arc<Entry>| {
        format!("<li><a href=\"{}\">{}</a></li>\n", link(&entry.name, options), escape(&entry.name))
    };
    let is_for_them = |(_, _, tells): &&(&str, &str, Tells)| viewer == Viewer::Full || *tells != Tells::All;
    let paths: String = paths.iter().filter(is_for_them).map(path).collect();
    let targets: String = entries.iter().map(target).collect();
    let content = format!(
        "<h1>Not found</h1>\n<p>Nothing is at this address. What there is:</p>\n<ul>\n{paths}</ul>\n\
         <h2>Targets</h2>\n<ul>\n{targets}</ul>\n"
    );
    frame("Not found · ssowatch", &content, options, viewer)
}
