//! The page that people see, on both sides, and its first script: a blank screen has a page that is there, and a script
//! that is not.

use std::borrow::Cow;

use url::Url;

use super::html;
use crate::{
    collect::transport::{
        fetch_error::{self, FetchError},
        http::{Limit, Request},
        side_client::{Counts, SideClient},
    },
    model::{Page, Script},
};

/// Asks for the page at the root of the public address. Of an app, `provider` is the address of its provider.
pub(in crate::collect) async fn collect(
    side: &SideClient,
    provider: Option<&Url>,
    counts: &Counts,
) -> Result<Page, FetchError> {
    let url = side.at("/");
    let answer = side.ask(&Request::page(url.clone()), counts).await?;
    if let Some(provider) = provider
        && let 300..=403 = answer.status
        && let Some(wall) = fetch_error::login_wall(&answer)
        // An app that sends everybody to its provider at once has no wall before it.
        && !answer.location_url().is_some_and(|target| target.origin() == provider.origin())
    {
        return Err(wall);
    }
    let is_html = answer.is_html();
    let base = url.clone();
    let (answer, (is_blank, title, address)) = answer
        .read(move |answer| {
            let text = if is_html { String::from_utf8_lossy(&answer.body) } else { Cow::default() };
            let is_blank = answer.body.trim_ascii().is_empty() || (is_html && html::is_blank(&text));
            (is_blank, html::title(&text), own_script(&base, &text))
        })
        .await;
    let script = match address {
        Some(address) if answer.status == 200 => Some(script(side, address, counts).await),
        _ => None,
    };
    Ok(Page { url: url.to_string(), status: answer.status, is_html, is_blank, title, script })
}

/// Whether people see the page: a settings source that is not good is asked again soon.
pub(in crate::collect) fn is_good(page: &Page) -> bool {
    let script = page.script.as_ref().is_none_or(|script| script.status == Some(200) && script.is_script);
    (200..300).contains(&page.status) && script && !page.is_blank
}

fn own_script(page: &Url, text: &str) -> Option<Url> {
    html::scripts(text).iter().filter_map(|written| page.join(written).ok()).find(|url| url.origin() == page.origin())
}

/// Asks for a script, of which only the head is read: scripts are large, and its type says what is there.
async fn script(side: &SideClient, address: Url, counts: &Counts) -> Script {
    let path = address.path().to_owned();
    let request = Request { accept: "*/*", limit: Limit::HeadOnly, ..Request::page(address) };
    match side.ask(&request, counts).await {
        Ok(answer) => {
            let kind = answer.content_type().unwrap_or_default().to_ascii_lowercase();
            let is_script = kind.contains("javascript") || kind.contains("ecmascript");
            Script { path, status: Some(answer.status), is_script }
        }
        Err(_) => Script { path, status: None, is_script: false },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script_of(page: &str) -> Option<String> {
        own_script(&Url::parse("https://kasm.example.test/").unwrap(), page).map(String::from)
    }

    #[test]
    fn the_first_script_of_the_pages_own_origin_is_asked() {
        for (page, script) in [
            (
                r#"<script src="https://cdn.example.test/a.js"></script><script src="b.js?v=1"></script>"#,
                Some("https://kasm.example.test/b.js?v=1"),
            ),
            (
                r#"<link rel=modulepreload href=/_app/start.js><script>import("/_app/start.js")</script>"#,
                Some("https://kasm.example.test/_app/start.js"),
            ),
            ("<script>inline()</script>", None),
            ("", None),
        ] {
            assert_eq!(script_of(page).as_deref(), script, "{page}");
        }
    }

    #[test]
    fn a_page_is_good_with_its_script_or_without_one() {
        let page =
            |status, script| Page { url: String::new(), status, is_html: true, is_blank: false, title: None, script };
        let script = |status, is_script| Some(Script { path: "/a.js".to_owned(), status, is_script });
        assert!(is_good(&page(200, None)) && is_good(&page(200, script(Some(200), true))));
        for bad in [
            page(500, None),
            page(302, None),
            page(200, script(Some(404), true)),
            page(200, script(None, false)),
            page(200, script(Some(200), false)),
            Page { is_blank: true, ..page(200, None) },
        ] {
            assert!(!is_good(&bad), "{bad:?}");
        }
    }
}
