//! Values come from servers: none may move a cursor, break a line, or break a document.

use proptest::prelude::*;
use ssowatch::{
    model::{Drift, Finding},
    render::{json, junit, style::Style},
};

use super::{
    fixture::{self, Story},
    told,
};

/// A story with `text` in every place where foreign text can stand.
fn told_by(text: &str, other: &str) -> Story {
    let finding = Finding::new("code", text).fix(text);
    let differs = match Drift::of(text, (text, text), (other, other)) {
        Some(drift) => Finding::new("differs", drift.sentence()).drift(drift),
        None => finding.clone(),
    };
    let mut story = fixture::partly()
        .fails("redirect_uri_registered", differs)
        .fails("authorize_accepted", finding.clone())
        .fails("certificates_last", finding.clone())
        .fails("signing_key_kept", finding)
        .says("app_reachable", "unknown", text)
        .says("app_secret_accepted", "unverified", text)
        .says("login_offered", "ok", text);
    story.report.name = text.to_owned();
    story.report.provider = text.to_owned();
    story.snapshot.target.app.url = text.to_owned();
    story.snapshot.target.provider.url = text.to_owned();
    if let Ok(settings) = &mut story.snapshot.kasm_login_settings.value {
        settings.configs[0].display_name = text.to_owned();
    }
    story
}

#[test]
fn an_escape_sequence_in_a_value_stays_text() {
    let attack = "\x1b[2J\x1b]0;owned\x07\r\nhome: people can sign in\u{202e}\u{9b}31m";
    let text = told(&told_by(attack, "x"), Style::PLAIN);
    for forbidden in ['\x1b', '\x07', '\r', '\u{202e}', '\u{9b}'] {
        assert!(!text.contains(forbidden), "{forbidden:?} came through");
    }
    assert!(!text.lines().any(|line| line.trim_start().starts_with("home: people can sign in")), "{text}");
    assert!(text.contains("\\u{1b}[2J"), "it is shown, not swallowed: {text}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn text_shows_nothing_but_printable_characters_and_line_breaks(text in any::<String>(), other in any::<String>()) {
        let told = told(&told_by(&text, &other), Style::PLAIN);
        prop_assert!(told.chars().all(|character| character == '\n' || !character.is_control()));
        let ascii = super::told(&told_by(&text, &other), Style { unicode: false, width: 30, ..Style::PLAIN });
        prop_assert!(ascii.chars().all(|character| character == '\n' || (' '..='~').contains(&character)));
    }

    #[test]
    fn json_is_read_back_as_it_was(text in any::<String>(), other in any::<String>()) {
        let story = told_by(&text, &other);
        let document: serde_json::Value = serde_json::from_str(&json::json([&story.report]).unwrap()).unwrap();
        prop_assert_eq!(&document["targets"][0]["name"], &serde_json::Value::String(text));
    }

    #[test]
    fn junit_is_well_formed_whatever_the_values(text in any::<String>(), other in any::<String>()) {
        let story = told_by(&text, &other);
        let xml = junit::junit([&story.report]).unwrap();
        let read = quick_junit::Report::deserialize_from_str(&xml);
        prop_assert!(read.is_ok(), "{:?}\n{}", read.err(), xml);
        prop_assert_eq!(read.unwrap().test_suites[0].test_cases.len(), story.report.checks.len());
    }
}
