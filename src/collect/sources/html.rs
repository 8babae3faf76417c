//! What little is read out of web pages: title, words, the first scripts, a form. A scan, not a parser; pages have up to
//! two megabytes, so what is kept of one is limited by count.

use crate::collect::transport::fetch_error::bounded;

/// More tags of a page are not read: the page of a login has a few hundred.
const MOST_TAGS: usize = 20_000;
/// More scripts are not tried; a form of a login has fewer fields.
const MOST_SCRIPTS: usize = 20;
const MOST_FIELDS: usize = 100;
/// More of a page's words are not shown, in bytes.
const MOST_WORDS: usize = 10_000;

/// A form with its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::collect) struct Form {
    /// `action`, decoded.
    pub action: String,
    /// Names and values of its inputs, decoded.
    pub fields: Vec<(String, String)>,
}

/// The title, bounded; none where it is empty.
pub(in crate::collect) fn title(page: &str) -> Option<String> {
    let (_, rest) = tags(page).find(|(tag, _)| name(tag) == "title")?;
    let end = rest.find('<').unwrap_or(rest.len());
    let title = bounded(&decode(&rest[..end]));
    (!title.is_empty()).then_some(title)
}

/// The words that a reader sees: without tags, scripts and styles.
pub(in crate::collect) fn words(page: &str) -> String {
    let start = page.find('<').unwrap_or(page.len());
    let mut found = decode(&page[..start]);
    let mut hidden = "";
    for (tag, rest) in tags(page) {
        let name = name(tag);
        match &*name {
            "script" => hidden = "/script",
            "style" => hidden = "/style",
            other if other == hidden => hidden = "",
            _ => {}
        }
        if found.len() > MOST_WORDS {
            break;
        }
        if hidden.is_empty() {
            let end = rest.find('<').unwrap_or(rest.len());
            found.push(' ');
            found.push_str(&decode(&rest[..end]));
        }
    }
    found
}

/// Whether a page shows nothing: below its head no word, and nowhere anything that could draw or embed something.
pub(in crate::collect) fn is_blank(page: &str) -> bool {
    const DRAWS: [&str; 10] = ["script", "form", "input", "button", "img", "svg", "iframe", "frame", "object", "embed"];
    let draws = |tag: &str| match &*name(tag) {
        "meta" => attribute(tag, "http-equiv").is_some(),
        "link" => attribute(tag, "rel").is_some_and(|rel| rel.to_ascii_lowercase().contains("preload")),
        name => DRAWS.contains(&name),
    };
    let body = tags(page).find(|(tag, _)| matches!(&*name(tag), "body" | "/head")).map_or(page, |(_, rest)| rest);
    !tags(page).any(|(tag, _)| draws(tag)) && words(body).trim().is_empty()
}

/// Whether the page holds a field that a login asks for: a password, or a user's name.
pub(in crate::collect) fn has_login_field(page: &str) -> bool {
    const KINDS: [&str; 2] = ["password", "email"];
    const NAMES: [&str; 9] =
        ["user", "username", "login", "email", "identifier", "loginfmt", "j_username", "password", "passwd"];
    let inputs = tags(page).filter(|(tag, _)| name(tag) == "input");
    let is_one_of =
        |value: Option<String>, known: &[&str]| value.is_some_and(|it| known.contains(&&*it.to_lowercase()));
    inputs.into_iter().any(|(tag, _)| {
        let is_hidden = is_one_of(attribute(tag, "type"), &["hidden"]);
        !is_hidden && (is_one_of(attribute(tag, "type"), &KINDS) || is_one_of(attribute(tag, "name"), &NAMES))
    })
}

/// The addresses of scripts in order, as written: `<script src>`, then modules that are loaded ahead.
pub(in crate::collect) fn scripts(page: &str) -> Vec<String> {
    let scripts = tags(page).filter(|(tag, _)| name(tag) == "script").filter_map(|(tag, _)| attribute(tag, "src"));
    let modules = tags(page)
        .filter(|(tag, _)| name(tag) == "link")
        .filter(|(tag, _)| attribute(tag, "rel").is_some_and(|rel| rel.eq_ignore_ascii_case("modulepreload")))
        .filter_map(|(tag, _)| attribute(tag, "href"));
    scripts.take(MOST_SCRIPTS).chain(modules.take(MOST_SCRIPTS)).collect()
}

/// The first form that is posted.
pub(in crate::collect) fn form(page: &str) -> Option<Form> {
    let (tag, rest) = tags(page).find(|(tag, _)| {
        name(tag) == "form" && attribute(tag, "method").is_some_and(|method| method.eq_ignore_ascii_case("post"))
    })?;
    let fields = tags(rest)
        .take_while(|(tag, _)| name(tag) != "/form")
        .filter(|(tag, _)| name(tag) == "input")
        .filter_map(|(tag, _)| Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default())))
        .take(MOST_FIELDS)
        .collect();
    Some(Form { action: attribute(tag, "action")?, fields })
}

/// Names and values of the hidden fields of the first form that is posted: what a guard against forged forms wants back.
pub(in crate::collect) fn hidden_fields(page: &str) -> Vec<(String, String)> {
    let is_posted = |tag: &str| {
        name(tag) == "form" && attribute(tag, "method").is_some_and(|method| method.eq_ignore_ascii_case("post"))
    };
    let Some((_, rest)) = tags(page).find(|(tag, _)| is_posted(tag)) else { return Vec::new() };
    tags(rest)
        .take_while(|(tag, _)| name(tag) != "/form")
        .filter(|(tag, _)| name(tag) == "input")
        .filter(|(tag, _)| attribute(tag, "type").is_some_and(|kind| kind.eq_ignore_ascii_case("hidden")))
        .filter_map(|(tag, _)| Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default())))
        .take(MOST_FIELDS)
        .collect()
}

/// Each tag without its angle brackets, and what follows it, up to [`MOST_TAGS`].
fn tags(page: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = page;
    std::iter::from_fn(move || {
        let start = rest.find('<')? + 1;
        let tail = &rest[start..];
        let end = end_of_tag(tail)?;
        rest = tail.get(end + 1..).unwrap_or_default();
        Some((&tail[..end], rest))
    })
    .take(MOST_TAGS)
}

/// The closing bracket, leaving out those inside quotes.
fn end_of_tag(text: &str) -> Option<usize> {
    let mut quote = None;
    for (index, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(index),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
    }
    // A quote that is never closed: the first bracket, then.
    text.find('>')
}

fn name(tag: &str) -> String {
    let end = tag.find(|c: char| c.is_whitespace() || (c == '/' && !tag.starts_with('/'))).unwrap_or(tag.len());
    tag[..end].to_ascii_lowercase()
}

fn attribute(tag: &str, wanted: &str) -> Option<String> {
    let mut rest = tag.trim_start_matches(|c: char| !c.is_whitespace());
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len());
        let found = &rest[..end];
        // A lone "=" is no attribute; step over it.
        let after = if end == 0 { &rest[1..] } else { rest[end..].trim_start() };
        let (value, tail) = match after.strip_prefix('=') {
            Some(after) if end > 0 => value(after.trim_start()),
            _ => ("", after),
        };
        if found.eq_ignore_ascii_case(wanted) {
            return Some(decode(value));
        }
        rest = tail;
    }
}

fn value(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote) {
            return inner.split_once(quote).unwrap_or((inner, ""));
        }
    }
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    text.split_at(end)
}

/// The character references that servers write into texts and attributes.
fn decode(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let pairs = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&apos;", "'"),
        ("&#43;", "+"),
        ("&nbsp;", " "),
        ("&amp;", "&"),
    ];
    pairs.iter().fold(text.to_owned(), |text, (written, meant)| text.replace(written, meant))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_shows_nothing_is_told_from_one_that_a_script_draws() {
        for (page, is_blank) in [
            ("", true),
            ("<html><head><title>Kasm</title></head><body></body></html>", true),
            ("<!doctype html><html><body> \n <div id=\"root\"></div></body>", true),
            ("<html><body>Log in</body></html>", false),
            ("Log in", false),
            ("<html><head><script src=a.js></script></head><body></body></html>", false),
            ("<link rel=modulepreload href=/a.js>", false),
            ("<meta charset=utf-8><body></body>", true),
            ("<meta http-equiv=refresh content=\"0;url=/login\">", false),
            ("<body><img src=logo.png></body>", false),
        ] {
            assert_eq!(super::is_blank(page), is_blank, "{page}");
        }
    }

    #[test]
    fn titles_words_and_scripts_are_found() {
        let page = r#"<!DOCTYPE html><HTML><head><TITLE> Sign
          in &amp; out </TITLE><style>b{}</style><link rel="modulepreload" href='/m.js'>
          <script>inline("<b>")</script><script defer SRC=/a.js></script></head><body a="x > y">Hello<br/>there</body>"#;
        assert_eq!(title(page).as_deref(), Some("Sign in & out"));
        assert_eq!(scripts(page), ["/a.js", "/m.js"]);
        assert_eq!(bounded(&words(page)), "Sign in & out Hello there");
        assert_eq!(title("<title></title>"), None);
        assert_eq!(words("plain text"), "plain text");
    }

    #[test]
    fn a_form_is_read_with_its_fields() {
        let page = r#"<form action="https://x.test/cb?a=1&amp;b=2" method="POST"><input type="hidden" name="error" value="a&quot;b"/>
          <input name=state></form><input name="after" value="1">"#;
        let form = form(page).unwrap();
        assert_eq!(form.action, "https://x.test/cb?a=1&b=2");
        assert_eq!(form.fields, [("error".to_owned(), "a\"b".to_owned()), ("state".to_owned(), String::new())]);
        assert_eq!(super::form("<form action=/x></form>"), None, "a form that is not posted is no answer");
    }

    #[test]
    fn of_a_page_of_any_size_little_is_kept() {
        assert_eq!(
            form(&format!("<form method=post action=/x>{}", "<input name=a>".repeat(90_000))).unwrap().fields.len(),
            100
        );
        assert_eq!(scripts(&"<script src=/a.js>".repeat(90_000)).len(), 20);
        assert!(words(&"<b>word</b>".repeat(90_000)).len() < 11_000);
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_odd(text in "[<>/='\" a-zé&;\u{0}-\u{7f}]{0,200}") {
            let _ = (title(&text), words(&text), scripts(&text), form(&text));
        }
    }
}
