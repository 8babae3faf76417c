//! What stands around the content of every page.

use super::{
    View,
    escape::escape,
    shape::{favicon, shapes},
    style::{SCRIPT, STYLE},
    words::time,
};
use crate::{render::path::State, web::Viewer};

/// A page's content and what is said about it.
pub(super) struct Page<'a> {
    /// The title, as text; the state's word stands before it.
    pub title: &'a str,
    /// How what it shows stands.
    pub state: Option<State>,
    /// Its path, where the navigation leads to it.
    pub here: &'a str,
    /// The content, as HTML.
    pub content: &'a str,
}

/// A whole page. Without the script nobody is surprised by a page that loads itself anew (WCAG 2.2, 3.2.5): a link does.
pub(super) fn frame(page: &Page<'_>, view: &View<'_>) -> String {
    let state = page.state.map(|state| format!("{} · ", state.in_words())).unwrap_or_default();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{state}{title} · ssowatch</title>\n<link rel=\"icon\" href=\"{icon}\">\n<style>{STYLE}</style>\n</head>\n\
         <body>\n<a class=\"skip\" href=\"#main\">Skip to the content</a>\n{shapes}{header}\
         <div id=\"live\" role=\"status\"></div>\n<main id=\"main\" tabindex=\"-1\">\n{content}\
         <p class=\"dim\">As of <span id=\"now\">{now}</span>. <a href=\"\">Refresh</a></p>\n</main>\n{footer}\
         <script>{SCRIPT}</script>\n</body>\n</html>\n",
        title = escape(page.title),
        icon = favicon(page.state.unwrap_or(State::Unproven)),
        shapes = shapes(),
        header = header(page.here, view),
        content = page.content,
        now = time(view.now),
        footer = footer(view),
    )
}

fn header(here: &str, view: &View<'_>) -> String {
    let base = escape(view.options.base());
    let item = |path: &str, word: &str| {
        let current = if here == path { " aria-current=\"page\"" } else { "" };
        format!("<a href=\"{base}{path}\"{current}>{word}</a>\n")
    };
    let (_, has_logins) = view.options.web_config.demand();
    let more = match view.viewer {
        Viewer::Public if has_logins => item("/login", "Log in"),
        Viewer::Public => String::new(),
        Viewer::Full => item("/changes", "Changes"),
    };
    let status = item("/", "Status");
    format!("<header><b>ssowatch</b>\n<nav aria-label=\"Pages\">{status}{more}</nav></header>\n")
}

fn footer(view: &View<'_>) -> String {
    let base = escape(view.options.base());
    match view.viewer {
        Viewer::Public => "<footer><span>ssowatch</span></footer>\n".to_owned(),
        Viewer::Full => format!(
            "<footer><span>ssowatch {}</span> <a href=\"{base}/metrics\">Metrics</a> \
             <a href=\"{base}/api/v1/targets\">JSON</a> <a href=\"{base}/config\">Configuration</a></footer>\n",
            env!("CARGO_PKG_VERSION"),
        ),
    }
}
