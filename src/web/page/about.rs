//! Pages that are about no target: what a check means, and the runbook of an alert.

use maud::{Markup, PreEscaped, html};
use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};

use super::{
    View,
    frame::{Page, frame},
    runbooks::RUNBOOKS,
};
use crate::{checks, render::explain};

/// What a check means, as `ssowatch explain` prints it; `None` where no check has this id.
#[must_use]
pub fn check(id: &str, view: &View<'_>) -> Option<String> {
    let (stage, check) = checks::find(id)?;
    let content = html! {
        h1 { (check.title) }
        p { code { (check.id) } }
        dl.about {
            @for (label, text) in explain::entries(stage, check) { div { dt { (label) } " " dd { (text) } } }
        }
    };
    Some(frame(&Page { title: check.id, state: None, here: "", content: &content }, view))
}

/// The runbook of an alert; `None` where no alert has this name.
#[must_use]
pub fn runbook(alert: &str, view: &View<'_>) -> Option<String> {
    let (alert, text) = RUNBOOKS.iter().find(|(name, _)| *name == alert)?;
    let content = html! { div.text { (markdown(text, view)) } };
    Some(frame(&Page { title: alert, state: None, here: "", content: &content }, view))
}

/// Markdown as HTML. A heading that is the id of a check leads to its page; what looks like markup is text.
fn markdown(text: &str, view: &View<'_>) -> Markup {
    let mut events = Vec::new();
    let mut in_heading = false;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Html(comment) if comment.starts_with("<!--") => {}
            Event::Html(text) | Event::InlineHtml(text) => events.push(Event::Text(text)),
            Event::Text(id) if in_heading && checks::find(&id).is_some() => {
                let dest_url = format!("{}/checks/{id}", view.options.base()).into();
                let link = Tag::Link { link_type: LinkType::Inline, dest_url, title: "".into(), id: "".into() };
                events.extend([Event::Start(link), Event::Text(id), Event::End(TagEnd::Link)]);
            }
            event => {
                match event {
                    Event::Start(Tag::Heading { .. }) => in_heading = true,
                    Event::End(TagEnd::Heading(_)) => in_heading = false,
                    _ => {}
                }
                events.push(event);
            }
        }
    }
    let mut html = String::with_capacity(text.len() * 2);
    pulldown_cmark::html::push_html(&mut html, events.into_iter());
    PreEscaped(html)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::Config, journal::Journal, notify::maintenance::Windows, web};

    #[test]
    fn markdown_makes_markup_and_nothing_else_does() {
        let (journal, windows) = (Journal::default(), Windows::default());
        let options = web::Options { route_prefix: "/watch".to_owned(), ..web::Options::default() };
        let now = crate::model::Snapshot::healthy().taken_at;
        let (config, viewer) = (Config::of_targets(Vec::new()), web::Viewer::Full);
        let view = View { journal: &journal, windows: &windows, now, options: &options, config: &config, viewer };
        for (text, html) in [
            ("# One\n\n**two** `a<b`", "<h1>One</h1>\n<p><strong>two</strong> <code>a&lt;b</code></p>\n"),
            ("<!-- a comment -->\n\ntext", "<p>text</p>\n"),
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("at https://<id>/token & more", "<p>at https://&lt;id&gt;/token &amp; more</p>\n"),
            ("#### client_known", "<h4><a href=\"/watch/checks/client_known\">client_known</a></h4>\n"),
            ("#### no_such_check", "<h4>no_such_check</h4>\n"),
            ("client_known", "<p>client_known</p>\n"),
        ] {
            assert_eq!(markdown(text, &view).into_string(), html, "{text}");
        }
    }
}
