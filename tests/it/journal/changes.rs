//! `ssowatch changes`: what it prints of a journal, beside the daemon that writes it.

use std::{
    path::Path,
    process::{Command, Output},
};

use ssowatch::{
    lab::{Fault, Lab, LabOptions},
    model::Login,
};

use super::{
    restart::watched_once,
    rounds::{Rounds, open},
};

fn changes(folder: Option<&Path>, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ssowatch"));
    command.arg("changes").args(arguments).env_clear();
    if let Some(folder) = folder {
        command.env("SSOWATCH_STORAGE_PATH", folder);
    }
    command.output().unwrap()
}

fn printed(folder: &Path, arguments: &[&str]) -> String {
    let output = changes(Some(folder), arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn refused(folder: Option<&Path>, arguments: &[&str]) -> String {
    let output = changes(folder, arguments);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn since_good_tells_what_is_otherwise_and_then_what_followed() {
    let folder = tempfile::tempdir().unwrap();
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    watched_once(folder.path(), lab.target()).await;
    let works = printed(folder.path(), &["--since-good"]);
    assert!(works.starts_with("Sign-in at lab works, seen at "), "{works}");

    lab.break_with(Fault::RedirectUrlTrailingSlash);
    watched_once(folder.path(), lab.target()).await;
    let text = printed(folder.path(), &["lab", "--since-good"]);
    assert!(text.starts_with("Sign-in at lab last worked at ") && text.contains("; since then:\n"), "{text}");
    let place = |part: &str| text.find(part).unwrap_or_else(|| panic!("no {part:?} in\n{text}"));
    assert!(place("sends browsers to the provider with, redirect_uri") < place("^ one \"/\" too many"), "{text}");
    assert!(
        place("too many") < place("What followed") && place("What followed") < place("sign-in is broken: "),
        "{text}"
    );

    let json: serde_json::Value =
        serde_json::from_str(&printed(folder.path(), &["--since-good", "--output=json"])).unwrap();
    let target = &json["targets"][0];
    assert_eq!((&json["format"], &target["name"], &target["works"]), (&1.into(), &"lab".into(), &false.into()));
    assert_eq!(target["changes"][0]["subject"], "login_start");
    assert!(target["events"].as_array().unwrap().iter().any(|event| event["to"] == "broken"), "{target}");
    assert_eq!(lab.stop().await, Vec::<String>::new());
}

#[test]
fn it_reads_beside_the_daemon_that_writes_and_holds_to_target_time_and_limit() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path());
    for name in ["home", "work"] {
        let mut rounds = Rounds::of(name);
        rounds.minute(&journal, 0, Login::Ok);
        rounds.minute(&journal, 90, Login::Broken);
    }
    assert!(journal.flush());
    let count = |arguments: &[&str]| {
        let all = [&["--output=json"], arguments].concat();
        let json: serde_json::Value = serde_json::from_str(&printed(folder.path(), &all)).unwrap();
        json["events"].as_array().unwrap().len()
    };
    assert_eq!(count(&[]), 4);
    assert_eq!(count(&["work"]), 2);
    assert_eq!(count(&["--limit=3"]), 3);
    assert_eq!(count(&["--since=2026-11-24T07:00:00Z"]), 2);
    assert_eq!(count(&["--since=2026-11-25"]), 0);
    let text = printed(folder.path(), &["home"]);
    assert!(text.starts_with("2026-11-24 06:00:00 UTC") && text.contains("home\n  sign-in works\n"), "{text}");
    assert_eq!(printed(folder.path(), &["--since=2026-11-25"]), "Nothing is recorded for this time.\n");
}

#[test]
fn what_cannot_be_told_is_said_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    assert!(refused(None, &[]).contains("--storage.path FOLDER"));
    assert!(refused(Some(folder.path()), &[]).contains("no daemon has kept a journal"));
    let journal = open(folder.path());
    Rounds::of("home").minute(&journal, 0, Login::Ok);
    assert!(journal.close());
    assert!(refused(Some(folder.path()), &["hmoe"]).contains("did you mean home?"));
    assert!(refused(Some(folder.path()), &["--since=yesterday"]).contains("for example 2d"));
    assert!(refused(Some(folder.path()), &["--since=2d", "--since-good"]).contains("--since-good"));
}
