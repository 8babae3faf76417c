//! What the demo says: where everything is, and what can be broken.

use super::{
    page::{Page, cell},
    style::{Paint, Style},
};

/// One thing that can be broken.
#[derive(Debug, Clone, Copy)]
pub struct FaultRow<'p> {
    /// What to type.
    pub id: &'p str,
    /// What it looks like, as a sentence.
    pub title: &'p str,
    /// Whether it is on now.
    pub is_on: bool,
    /// The credential without which it cannot be seen.
    pub needs: Option<&'p str>,
}

/// What is said at the start: the addresses of Pocket ID and of each app, that of the status page (without a trailing
/// slash), and a fault to try.
#[must_use]
pub fn introduction(provider: &str, apps: &[(String, String)], status: &str, example: &str, style: Style) -> String {
    let mut page = Page::new(style);
    let what = match apps {
        [_] => "A simulated Pocket ID and Kasm, the daemon and its page: all on this machine.".to_owned(),
        _ => format!("A simulated Pocket ID with {} apps, the daemon and its page: all on this machine.", apps.len()),
    };
    page.row(&[], &what, Paint::Strong);
    page.gap();
    let metrics = format!("{status}/metrics");
    let status = format!("{status}/");
    let places = std::iter::once(("Pocket ID", provider))
        .chain(apps.iter().map(|(title, url)| (title.as_str(), url.as_str())))
        .chain([("Status page", status.as_str()), ("Metrics", metrics.as_str())]);
    let column = apps.iter().map(|(title, _)| page.columns(title) + 2).max().unwrap_or_default().max(13);
    for (what, place) in places {
        page.verbatim(&[cell("", 2, Paint::Plain), cell(what, column, Paint::Plain)], place, Paint::Plain);
    }
    if provider.starts_with("https:") {
        let names = "These names exist inside this process only; the page is for your browser.";
        page.row(&[cell("", 2, Paint::Plain)], names, Paint::Quiet);
    }
    page.gap();
    let breaks = format!("breaks that, or fixes it again; for example {example}");
    for (command, does) in [
        ("FAULT", breaks.as_str()),
        ("list", "shows the faults; `list redirect` those that have to do with it"),
        ("fix", "fixes everything"),
        ("quit", "ends (so does Ctrl-C)"),
    ] {
        let lead = if command == "FAULT" { "Type" } else { "" };
        page.row(&[cell(lead, 7, Paint::Plain), cell(command, 8, Paint::Strong)], does, Paint::Plain);
    }
    page.gap();
    page.finish()
}

/// What can be broken, and what is.
#[must_use]
pub fn faults(rows: &[FaultRow<'_>], style: Style) -> String {
    let mut page = Page::new(style);
    let column = rows.iter().map(|row| page.columns(row.id) + 2).max().unwrap_or_default();
    for row in rows {
        let (mark, paint) = if row.is_on { ("on", Paint::Bad) } else { ("", Paint::Plain) };
        let title = match row.needs {
            Some(credential) => format!("{} (seen only with {credential})", row.title),
            None => row.title.to_owned(),
        };
        page.row(&[cell(mark, 4, Paint::Bad), cell(row.id, column, paint)], &title, Paint::Plain);
    }
    page.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_introduction_says_where_everything_is_and_what_to_type() {
        let apps = [("Kasm".to_owned(), "https://kasm.example.test".to_owned())];
        let text =
            introduction("https://id.example.test", &apps, "http://127.0.0.1:10059", "redirect_url_path", Style::PLAIN);
        for part in [
            "\n  Pocket ID    https://id.example.test\n",
            "\n  Status page  http://127.0.0.1:10059/\n",
            "\n  Metrics      http://127.0.0.1:10059/metrics\n",
            "\nType   FAULT   breaks that, or fixes it again; for example redirect_url_path\n",
            "\n       quit    ends",
        ] {
            assert!(text.contains(part), "{part:?} is missing:\n{text}");
        }
    }

    #[test]
    fn the_list_marks_what_is_on_and_what_needs_a_credential() {
        let rows = [
            FaultRow { id: "gone", title: "It is gone", is_on: false, needs: None },
            FaultRow {
                id: "secret_wrong",
                title: "The secret is wrong",
                is_on: true,
                needs: Some("the client secret"),
            },
        ];
        assert_eq!(
            faults(&rows, Style::PLAIN),
            "    gone          It is gone\non  secret_wrong  The secret is wrong (seen only with the client secret)\n"
        );
    }
}
