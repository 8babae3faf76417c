//! The pages, as functions of (board, now).

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::TimeDelta;
use ssowatch::{
    board::Entry,
    checks,
    clock::Time,
    journal::Journal,
    model::{Login, Snapshot},
    web::{
        Options, Tells, Viewer,
        page::{self, View},
    },
};

use super::support::{Setup, all_fails, board_of, broken_snapshot, noon, place};

fn index_of(snapshots: &[Snapshot], now: Time) -> String {
    page::index(&board_of(snapshots).entries(), 1, &view(&Journal::default(), &Options::default(), now))
}

/// What a page goes by, for who may see all.
fn view<'a>(journal: &'a Journal, options: &'a Options, now: Time) -> View<'a> {
    View { journal, now, options, viewer: Viewer::Full }
}

/// The text that a reader sees of a page, without markup, on one line.
fn seen(html: &str) -> String {
    let body = html.split_once("<body>").unwrap().1;
    let mut text = String::new();
    let mut inside = false;
    for character in body.chars() {
        match character {
            '<' => inside = true,
            '>' => inside = false,
            other if !inside => text.push(other),
            _ => {}
        }
    }
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.replace("&gt;", ">").replace("&lt;", "<").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&")
}

#[test]
fn a_healthy_target_answers_yes_with_how_much_is_proven_and_what_expires() {
    let page = index_of(&[Snapshot::healthy()], noon() + TimeDelta::seconds(30));
    let text = seen(&page);
    assert!(text.contains("Yes, people can sign in ("), "{text}");
    assert!(text.contains("https://id.example.test, Kasm at https://kasm.example.test"), "{text}");
    assert!(text.contains("Looked at 30 seconds ago"), "{text}");
    assert!(text.contains("What will break it next"), "{text}");
    assert!(text.contains("kasm certificate ends in 59 days"), "{text}");
    assert!(!text.contains("Cause"), "{text}");
}

#[test]
fn a_broken_target_shows_the_cause_both_values_where_they_differ_and_what_to_change() {
    let page = index_of(&[broken_snapshot()], noon() + TimeDelta::seconds(30));
    let text = seen(&page);
    assert!(text.contains("No, people cannot sign in."), "{text}");
    assert!(text.contains("authorization_url_matches"), "{text}");
    let (_, check) = checks::find("authorization_url_matches").unwrap();
    assert!(text.contains(check.mend), "{text}");
    let block = page.split_once("<pre>").unwrap().1.split_once("</pre>").unwrap().0;
    let lines: Vec<&str> = block.lines().collect();
    assert_eq!(
        lines,
        [
            "Kasm sends        https://old-id.example.test/authorize",
            "The provider has  https://id.example.test/authorize",
            "                          ^",
        ]
    );
}

#[test]
fn a_stale_round_is_never_shown_as_now() {
    let healthy = index_of(&[Snapshot::healthy()], noon() + TimeDelta::hours(3));
    let text = seen(&healthy);
    assert!(text.contains("Cannot tell: the last round is 3 hours old."), "{text}");
    assert!(text.contains("Then sign-in was: ok."), "{text}");
    assert!(!healthy.contains("class=\"answer good\"") && !text.contains("Yes"), "{text}");
}

#[test]
fn before_the_first_round_and_without_targets_nothing_is_claimed() {
    let text = seen(&index_of(&[], noon()));
    assert!(text.contains("Cannot tell yet: the first round is under way."), "{text}");
    let none = seen(&page::index(&[], 1, &view(&Journal::default(), &Options::default(), noon())));
    assert!(none.contains("No target is watched: none is configured"), "{none}");
}

#[test]
fn what_is_unverified_is_named_with_the_reason() {
    let snapshot = Snapshot::healthy();
    let board = board_of(&[]);
    let mut report = checks::judge(&snapshot, None);
    report.checks[0].verdict = "unverified".to_owned();
    report.checks[0].reason = Some("needs the client secret".to_owned());
    report.login = Login::Ok;
    let check = report.checks[0].id.clone();
    board.put("home", snapshot, report);
    let text = seen(&page::index(&board.entries(), 1, &view(&Journal::default(), &Options::default(), noon())));
    let title = checks::find(&check).unwrap().1.title;
    assert!(text.contains("Not proven: "), "{text}");
    assert!(text.contains("(unverified: needs the client secret)"), "{text}");
    assert!(text.contains(title), "{text}");
}

#[test]
fn one_target_in_full_lists_every_check_and_every_source() {
    let board = board_of(&[broken_snapshot()]);
    let text = seen(&page::target(&board.entries()[0], &view(&Journal::default(), &Options::default(), noon())));
    for (_, check) in checks::all() {
        assert!(text.contains(check.id), "{}", check.id);
    }
    for source in ssowatch::model::SourceId::ALL {
        assert!(text.contains(source.title()), "{}", source.title());
    }
    assert!(text.contains("no whole answer in 10 s"), "why a source fails: {text}");
}

/// Every page of an entry.
fn pages(entry: Entry) -> [String; 3] {
    let (options, journal) = (Options::default(), Journal::default());
    let view = view(&journal, &options, noon());
    let entry = Arc::new(entry);
    [
        page::index(std::slice::from_ref(&entry), 1, &view),
        page::target(&entry, &view),
        page::not_found(&[("/x", "y", Tells::All)], std::slice::from_ref(&entry), &view),
    ]
}

#[test]
fn no_text_from_outside_becomes_markup() {
    let hostile = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>\u{202e}";
    let mut snapshot = Snapshot::healthy();
    snapshot.target.provider.url = hostile.to_owned();
    snapshot.target.kasm.url = hostile.to_owned();
    let mut report = all_fails(&snapshot, hostile);
    report.provider = hostile.to_owned();
    report.expiries[0].item = hostile.to_owned();
    let board = ssowatch::board::Board::default();
    board.list([place(hostile)]);
    board.put(hostile, snapshot, report);
    for page in pages(Entry::clone(&board.entries()[0])) {
        assert!(page.contains("&lt;script&gt;"), "the text is there, as text");
        for markup in ["<script", "<img", "onerror='", "\u{202e}"] {
            assert!(!page.contains(markup), "{markup} in {page}");
        }
    }
}

#[test]
fn pages_ask_for_nothing_but_themselves() {
    let board = board_of(&[broken_snapshot()]);
    for page in pages(Entry::clone(&board.entries()[0])) {
        for outside in ["src=", "<link", "<script", "<iframe", "@import", "url(", "style=\"", "onclick"] {
            assert!(!page.contains(outside), "{outside}");
        }
        assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
        assert!(page.contains("name=\"viewport\""));
        assert!(page.contains("prefers-color-scheme:dark"));
    }
}

#[tokio::test]
async fn the_policy_allows_the_style_sheet_that_the_page_has() {
    let answer = Setup::healthy().serve().await.get("/").await;
    let style = answer.text().split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, style.as_bytes());
    let hash = format!("'sha256-{}'", STANDARD.encode(digest));
    assert!(answer.header("content-security-policy").contains(&hash));
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
}

#[tokio::test]
async fn a_targets_page_is_found_by_its_name_however_that_is_written() {
    let board = ssowatch::board::Board::default();
    board.list([place("my home/1")]);
    let surface = Setup::with(board).serve().await;
    assert!(surface.get("/").await.text().contains("href=\"/targets/my%20home%2F1\""));
    let answer = surface.get("/targets/my%20home%2F1").await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("<h1>my home/1</h1>"));
}
