//! What stands around the content of every page.

use maud::{Markup, PreEscaped, html};

use super::{
    View,
    shape::{favicon, shapes},
    style::{SCRIPT, STYLE},
    text::shown,
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
    /// The content.
    pub content: &'a Markup,
}

/// A whole page. Without the script no page reloads by itself, which would surprise its reader (WCAG 2.2, 3.2.5): a link
/// does it.
pub(super) fn frame(page: &Page<'_>, view: &View<'_>) -> String {
    let page = html! {
        (PreEscaped("<!DOCTYPE html>\n"))
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { @if let Some(state) = page.state { (state.in_words()) " · " } (shown(page.title)) " · ssowatch" }
                link rel="icon" href=(favicon(page.state.unwrap_or(State::Unproven)));
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                (shapes())
                (header(page.here, view))
                div #live role="status" {}
                main #main tabindex="-1" {
                    (page.content)
                    p.dim { "As of " span #now { (time(view.now)) } ". " a href="" { "Refresh" } }
                }
                (footer(view))
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

fn header(here: &str, view: &View<'_>) -> Markup {
    let (_, has_logins) = view.options.web_config.demand();
    let has_key = view.config.targets.iter().any(|target| target.provider.api_key.is_some());
    let more = match view.viewer {
        Viewer::Public if has_logins => vec![("/login", "Log in")],
        Viewer::Public => Vec::new(),
        Viewer::Full if has_key => vec![("/changes", "Changes"), ("/clients", "Clients")],
        Viewer::Full => vec![("/changes", "Changes")],
    };
    html! {
        header {
            b { "ssowatch" } " "
            nav aria-label="Pages" {
                @for (path, word) in [("/", "Status")].into_iter().chain(more) {
                    a href={ (view.options.base()) (path) } aria-current=[(here == path).then_some("page")] { (word) } " "
                }
            }
        }
    }
}

fn footer(view: &View<'_>) -> Markup {
    let base = view.options.base();
    let feed = html! { a href={ (base) "/feed.atom" } type="application/atom+xml" { "Feed" } };
    html! {
        footer {
            @match view.viewer {
                Viewer::Public => { span { "ssowatch" } " " (feed) }
                Viewer::Full => {
                    span { "ssowatch " (env!("CARGO_PKG_VERSION")) } " " (feed) " "
                    a href={ (base) "/metrics" } { "Metrics" } " "
                    a href={ (base) "/api/v1/targets" } { "JSON" } " "
                    a href={ (base) "/config" } { "Configuration" }
                }
            }
        }
    }
}
