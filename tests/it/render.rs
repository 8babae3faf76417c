//! Tests of `telling`: stories made by hand, told in every way.

mod fixture;
mod hostile;

use fixture::Story;
use ssowatch::{
    checks,
    model::{Drift, Finding, Outcome, Snapshot, Verdict},
    render::{json, junit, path, style::Style, text::text},
};

fn stories() -> [(&'static str, Story); 6] {
    [
        ("good", fixture::good()),
        ("redirect_uri_refused", fixture::redirect_uri_refused()),
        ("provider_down", fixture::provider_down()),
        ("in_doubt", fixture::in_doubt()),
        ("partly", fixture::partly()),
        ("at_risk", fixture::at_risk()),
    ]
}

fn told(story: &Story, style: Style) -> String {
    text(&story.report, &story.snapshot, style)
}

#[test]
fn each_story_as_text() {
    for (name, story) in stories() {
        insta::assert_snapshot!(format!("text_{name}"), told(&story, Style::PLAIN));
    }
}

#[test]
fn each_story_as_json() {
    for (name, story) in stories() {
        let text = json::json([&story.report]).unwrap();
        assert!(text.ends_with("}\n"), "a text file ends with a line break");
        insta::assert_snapshot!(format!("json_{name}"), text);
    }
}

#[test]
fn each_story_as_junit() {
    for (name, story) in stories() {
        insta::assert_snapshot!(format!("junit_{name}"), junit::junit([&story.report]).unwrap());
    }
}

#[test]
fn text_is_at_most_80_columns_wide_where_no_single_word_is_longer() {
    for (name, story) in stories() {
        for line in told(&story, Style::PLAIN).lines() {
            assert!(line.chars().count() <= 80, "{name}: {line}");
            assert_eq!(line, line.trim_end(), "{name}: space at the end of a line");
        }
    }
}

#[test]
fn colour_adds_nothing_but_colour() {
    for (name, story) in stories() {
        let plain = told(&story, Style::PLAIN);
        let coloured = told(&story, Style { colour: true, ..Style::PLAIN });
        assert!(coloured.contains("\x1b["), "{name}");
        assert_eq!(without_colour(&coloured), plain, "{name}");
    }
}

/// The text without ANSI colours; space that stood before a colour's end stays out.
fn without_colour(text: &str) -> String {
    let mut plain = String::new();
    for (index, piece) in text.split("\x1b[").enumerate() {
        plain.push_str(if index == 0 { piece } else { piece.split_once('m').unwrap().1 });
    }
    plain.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

#[test]
fn a_narrow_terminal_gets_every_word_too() {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    for (name, story) in stories() {
        let narrow = told(&story, Style { width: 40, ..Style::PLAIN });
        for word in words(&told(&story, Style::PLAIN)) {
            // A caret and the marks of a shortened value move with the width.
            assert!(narrow.contains(&word) || word.contains("://"), "{name}: {word} is lost\n{narrow}");
        }
    }
}

#[test]
fn the_caret_stands_below_the_first_difference_whatever_the_values() {
    let long = format!("https://kasm.example.test/{}", "a/".repeat(80));
    let cases = [
        ("https://kasm.example.test/api/oidc_callback", "https://kasm.example.test/api/oidc_callback/"),
        ("https://kasm.example.test/api/oidc_callback", "https://kasm.example.test/API/oidc_callback"),
        ("https://kasm.example.test", "https://kasm.example.test:8443"),
        ("groups-äöü-1", "groups-äöü-2"),
        ("日本語一", "日本語二"),
        ("tab\there", "tab\tthere"),
        (&long, &format!("{long}x")),
        (&format!("{long}x"), &format!("{long}y and much more that nobody reads to its end, however long it may be")),
    ];
    for (expected, actual) in cases {
        let drift = Drift::of("redirect_url", ("The provider has", expected), ("Kasm sends", actual)).unwrap();
        let story =
            fixture::good().fails("redirect_uri_registered", Finding::new("differs", drift.sentence()).drift(drift));
        let text = told(&story, Style::PLAIN);
        let lines: Vec<&str> = text.lines().collect();
        let at = lines.iter().position(|line| line.trim_start().starts_with('^') || line.ends_with(" ^"));
        let at = at.unwrap_or_else(|| panic!("no caret:\n{text}"));
        let column = columns(lines[at].split_once('^').unwrap().0);
        let (sent, has) = (from_column(lines[at - 2], column), from_column(lines[at - 1], column));
        assert_ne!(sent.chars().next(), has.chars().next(), "no difference at the caret:\n{text}");
        let before = |line: &str| to_column(line, column).chars().skip(18).collect::<String>();
        assert_eq!(before(lines[at - 2]), before(lines[at - 1]), "the values do not stand above each other:\n{text}");
        assert!(columns(lines[at]) <= 80, "{text}");
    }
}

fn columns(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

fn to_column(line: &str, column: usize) -> String {
    let mut taken = String::new();
    for character in line.chars() {
        if columns(&taken) >= column {
            break;
        }
        taken.push(character);
    }
    taken
}

fn from_column(line: &str, column: usize) -> String {
    line.chars().skip(to_column(line, column).chars().count()).collect()
}

#[test]
fn a_stage_says_the_worst_of_its_checks() {
    let state = |story: Story, stage: &str| {
        let links = path::links(&story.report, &story.snapshot);
        links.into_iter().find(|link| link.stage.id() == stage).map(|link| link.state.word())
    };
    assert_eq!(state(fixture::good(), "provider"), Some("ok"));
    assert_eq!(state(fixture::provider_down(), "provider"), Some("FAIL"));
    assert_eq!(state(fixture::provider_down(), "start"), Some("?"));
    assert_eq!(state(fixture::partly(), "provider"), Some("degraded"));
    assert_eq!(state(fixture::at_risk(), "upkeep"), Some("at risk"));
    assert_eq!(state(fixture::good(), "token"), Some("-"));
    assert_eq!(state(fixture::good(), "claims"), None, "a stage without checks is no link");
    let changed = fixture::good().fails("signing_key_kept", Finding::new("changed", "the signing key changed"));
    assert_eq!(state(changed, "provider"), Some("ok"), "information is no fault");
}

#[test]
fn every_check_of_a_real_report_is_told_where_it_is_not_good() {
    let mut snapshot = Snapshot::healthy();
    snapshot.target.provider.url = "https://other.example.test".to_owned();
    let report = checks::evaluate(&snapshot, None);
    let text = text(&report, &snapshot, Style::PLAIN);
    for check in report.failing() {
        assert!(text.contains(&check.id), "{} fails and is not told:\n{text}", check.id);
    }
    let told_by_credential: usize =
        text.lines().filter(|line| line.starts_with("  With ")).map(|line| number_before(line, " check")).sum();
    let needing = |check: &&ssowatch::model::CheckReport| {
        check.verdict == Verdict::Unverified
            && checks::find(&check.id).is_some_and(|(_, check)| !check.needs.is_empty())
    };
    assert_eq!(told_by_credential, report.checks.iter().filter(needing).count(), "{text}");
}

fn number_before(line: &str, word: &str) -> usize {
    let before = line.split_once(word).unwrap().0;
    before.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn json_has_the_fields_that_the_design_promises() {
    let story = fixture::redirect_uri_refused();
    let document: serde_json::Value = serde_json::from_str(&json::json([&story.report]).unwrap()).unwrap();
    assert_eq!(document["format"], 1);
    let target = &document["targets"][0];
    for field in ["name", "login", "verified", "cause", "coverage", "checks", "sources", "expiries"] {
        assert!(target.get(field).is_some(), "{field}");
    }
    assert_eq!(target["cause"], serde_json::json!({"check": "redirect_uri_registered", "stage": "authorize"}));
    let failing = target["checks"].as_array().unwrap().iter().find(|check| check["verdict"] == "fail").unwrap();
    for field in ["id", "stage", "severity", "verdict", "reason", "inconclusive", "findings"] {
        assert!(failing.get(field).is_some(), "{field} stands there even where it is null");
    }
    let drift = &failing["findings"][0]["drift"];
    assert_eq!(drift["actual"], "https://kasm.example.test/api/oidc_callback/");
    assert_eq!(document["targets"][0]["sources"].as_array().unwrap().len(), story.report.sources.len());
    let good = json::json([&fixture::good().report]).unwrap();
    assert!(good.contains("\"cause\": null"));
}

#[test]
fn a_failing_check_without_a_fix_of_its_own_is_fixed_as_the_check_says() {
    let drift = Drift::of("authorization_url", ("The provider has", "a"), ("Kasm sends", "b")).unwrap();
    let Outcome::Fail(findings) = Outcome::drifted(drift) else { panic!("a drift fails") };
    let story = fixture::good().fails("authorization_url_matches", findings[0].clone());
    let fix = checks::find("authorization_url_matches").unwrap().1.fix;
    assert!(json::json([&story.report]).unwrap().contains(fix));
    assert!(junit::junit([&story.report]).unwrap().contains("Authorization URL"));
    let words = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words(told(&story, Style::PLAIN)).contains(&format!("Fix {fix}")));
}

#[test]
fn the_brief_text_is_the_beginning_of_the_whole_one_and_what_is_at_risk() {
    for (name, story) in stories() {
        let brief = ssowatch::render::text::brief(&story.report, &story.snapshot, Style::PLAIN);
        let whole = told(&story, Style::PLAIN);
        let beginning = brief.split("\nAt risk\n").next().unwrap();
        assert!(whole.starts_with(beginning), "{name}:\n{brief}");
        assert_eq!(brief.contains("At risk"), whole.contains("At risk\n"), "{name}");
        assert!(!brief.contains("Not verified"), "{name}:\n{brief}");
    }
}
