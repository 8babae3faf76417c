//! The commands as a user runs them.

mod demo;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use ssowatch::{
    apps::kasm::StartOutcome,
    model::{Missing, Observed, Reason, Snapshot, SourceId},
};

/// What a command gave.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

/// Runs the built program in an environment of its own, without a terminal.
fn ssowatch(args: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_ssowatch")).args(args).env_clear().output().unwrap();
    Ran {
        code: output.status.code().expect("it was not killed"),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn named(name: &str, mut snapshot: Snapshot) -> Snapshot {
    snapshot.target.name = name.to_owned();
    snapshot
}

fn healthy(name: &str) -> Snapshot {
    named(name, Snapshot::healthy())
}

/// Kasm sends browsers to an address that is gone.
fn broken(name: &str) -> Snapshot {
    let mut snapshot = healthy(name);
    let Ok(start) = &mut snapshot.login_start.value else { panic!("the healthy snapshot has a start") };
    let StartOutcome::Url(url) = &mut start.starts[0].outcome else { panic!("the healthy start has a URL") };
    url.endpoint = "https://id.example.test/authorise".to_owned();
    snapshot
}

/// A bot challenge stands where the start of login should be.
fn in_doubt(name: &str) -> Snapshot {
    let mut snapshot = healthy(name);
    snapshot.login_start = Observed::missing(
        snapshot.taken_at,
        Missing::failed(SourceId::LoginStart, Reason::Challenged, "a bot challenge answered in Kasm's place"),
    );
    snapshot
}

fn saved(folder: &Path, snapshots: &[Snapshot]) -> String {
    let lines: Vec<String> = snapshots.iter().map(|snapshot| serde_json::to_string(snapshot).unwrap() + "\n").collect();
    written(folder, &lines.concat())
}

fn written(folder: &Path, text: &str) -> String {
    let path: PathBuf = folder.join("saved.jsonl");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn check_evaluates_saved_snapshots_and_the_exit_code_is_the_worst_of_them() {
    let cases: [(&str, Vec<Snapshot>, i32, &str); 6] = [
        ("well", vec![healthy("home")], 0, "home: people can sign in"),
        ("broken", vec![broken("home")], 2, "home: people cannot sign in"),
        ("in doubt", vec![in_doubt("home")], 3, "home: cannot tell whether people can sign in"),
        ("well and in doubt", vec![healthy("a"), in_doubt("b")], 3, "a: people can sign in"),
        ("all three", vec![in_doubt("a"), broken("b"), healthy("c")], 2, "b: people cannot sign in"),
        ("the other way round", vec![healthy("a"), broken("b"), in_doubt("c")], 2, "c: cannot tell"),
    ];
    for (name, snapshots, code, says) in cases {
        let folder = folder();
        let ran = ssowatch(&["check", "--from", &saved(folder.path(), &snapshots)]);
        assert_eq!((ran.code, ran.err.as_str()), (code, ""), "{name}: {}", ran.out);
        assert!(ran.out.contains(says), "{name}: {}", ran.out);
        assert!(ran.out.starts_with("As seen on 2026-11-24 at 12:00:00 UTC\n"), "{name}: {}", ran.out);
    }
}

#[test]
fn a_broken_login_is_told_with_its_cause_and_both_values() {
    let folder = folder();
    let ran = ssowatch(&["check", "--from", &saved(folder.path(), &[broken("home")])]);
    for part in [
        "\nCause  authorization_url_matches\n",
        "\n  Kasm sends      https://id.example.test/authorise\n",
        "\n  Pocket ID has   https://id.example.test/authorize\n",
        "\"authorise\" instead of \"authorize\" ^\n",
        "\nFix   ",
        "\nMore   ssowatch explain authorization_url_matches\n",
    ] {
        assert!(ran.out.contains(part), "{part:?} is missing:\n{}", ran.out);
    }
}

#[test]
fn check_tells_one_target_of_several_and_names_them_when_there_is_no_such_one() {
    let folder = folder();
    let file = saved(folder.path(), &[healthy("home"), broken("office")]);
    let ran = ssowatch(&["check", "home", "--from", &file]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(!ran.out.contains("office"), "{}", ran.out);
    let ran = ssowatch(&["check", "hoem", "--from", &file]);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    assert_eq!(ran.err, "ssowatch: no target is named \"hoem\"; there is: home, office\n");
}

#[test]
fn check_speaks_json_and_junit() {
    let folder = folder();
    let file = saved(folder.path(), &[healthy("home"), broken("office")]);
    let ran = ssowatch(&["check", "--from", &file, "--output", "json"]);
    let document: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(ran.code, 2);
    assert_eq!(document["format"], 1);
    let logins: Vec<_> = document["targets"].as_array().unwrap().iter().map(|target| &target["login"]).collect();
    assert_eq!(logins, ["ok", "broken"]);
    let ran = ssowatch(&["check", "--from", &file, "--output=junit"]);
    let document = quick_junit::Report::deserialize_from_str(&ran.out).unwrap();
    let suites: Vec<_> = document.test_suites.iter().map(|suite| (suite.name.as_str(), suite.failures > 0)).collect();
    assert_eq!((ran.code, suites), (2, vec![("home", false), ("office", true)]));
}

#[test]
fn a_file_that_cannot_be_evaluated_is_refused_with_its_name_the_place_and_what_to_do() {
    let good = serde_json::to_string(&healthy("home")).unwrap();
    let other = good.replacen("\"format\":1", "\"format\":7", 1);
    let cases = [
        (format!("{good}\n{other}\n"), "snapshot 2: format 7, and this release reads format 1"),
        ("{}\n".to_owned(), "snapshot 1: no format number"),
        ("{\"format\":1}".to_owned(), "snapshot 1: not a snapshot: missing field"),
        (format!("{good}\n{{\"format\":"), "snapshot 2: not JSON"),
        ("targets: []".to_owned(), "snapshot 1: not JSON"),
        (String::new(), "no snapshot in it"),
    ];
    for (text, says) in cases {
        let folder = folder();
        let file = written(folder.path(), &text);
        let ran = ssowatch(&["check", "--from", &file]);
        assert_eq!((ran.code, ran.out.as_str()), (3, ""), "{says}");
        assert!(ran.err.contains(says) && ran.err.contains("saved.jsonl"), "{says}: {}", ran.err);
    }
    let folder = folder();
    let hostile = written(folder.path(), &serde_json::to_string(&healthy("\x1b[2J")).unwrap());
    let ran = ssowatch(&["check", "home", "--from", &hostile]);
    assert_eq!(ran.err, "ssowatch: no target is named \"home\"; there is: \\u{1b}[2J\n");
    let ran = ssowatch(&["check", "--from", "no-such-file"]);
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("no-such-file: No such file"), "{}", ran.err);
}

#[test]
fn colour_is_for_terminals_unless_it_is_asked_for() {
    let folder = folder();
    let file = saved(folder.path(), &[broken("home")]);
    assert!(!ssowatch(&["check", "--from", &file]).out.contains('\x1b'));
    assert!(!ssowatch(&["check", "--from", &file, "--color", "never"]).out.contains('\x1b'));
    assert!(ssowatch(&["check", "--from", &file, "--color", "always"]).out.contains("\x1b[1;31mFAIL\x1b[0m"));
}

#[test]
fn bad_usage_is_exit_code_3_since_2_means_broken() {
    for args in [
        &["check", "--no-such-flag"][..],
        &["no-such-command"],
        &[],
        &["check", "--watch=1s"],
        &["check", "--watch=soon"],
        &["check", "--output", "yaml"],
        &["check", "--from", "a", "--save", "b"],
        &["check", "--from", "a", "--watch"],
    ] {
        let ran = ssowatch(args);
        assert_eq!((ran.code, ran.out.as_str()), (3, ""), "{args:?}");
        assert!(!ran.err.is_empty(), "{args:?} says nothing");
    }
    assert!(ssowatch(&["check", "--help"]).out.contains("2 before 3, 3 before 1"), "the exit codes are documented");
    for args in [&["--help"][..], &["--version"], &["check", "--help"], &["explain", "--help"]] {
        let ran = ssowatch(args);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{args:?}");
        assert!(!ran.out.is_empty(), "{args:?}");
    }
}

#[test]
fn explain_lists_the_checks_and_tells_one() {
    let ran = ssowatch(&["explain"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.contains("\nLogin starts\n") || ran.out.starts_with("Login starts\n"), "{}", ran.out);
    assert!(ran.out.contains("  authorization_url_matches "), "{}", ran.out);
    let ran = ssowatch(&["explain", "authorization_url_matches"]);
    assert_eq!(ran.code, 0);
    for label in
        ["Severity  outage\n", "Why       ", "Fix      ", "Needs     no credential\n", "Fields    authorization_url\n"]
    {
        assert!(ran.out.contains(label), "{label:?} is missing:\n{}", ran.out);
    }
    assert!(ssowatch(&["explain", "--markdown"]).out.contains("| `authorization_url_matches` | outage |"));
}

#[test]
fn explain_suggests_what_was_meant() {
    let ran = ssowatch(&["explain", "authorisation_url_matches"]);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    assert!(ran.err.contains("did you mean authorization_url_matches"), "{}", ran.err);
    let ran = ssowatch(&["explain", "zzzzzz"]);
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("`ssowatch explain` lists them"), "{}", ran.err);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    use std::process::Stdio;
    let mut child = Command::new(env!("CARGO_BIN_EXE_ssowatch"))
        .args(["explain"])
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn the_dashboards_are_listed_printed_and_written_as_they_are_shipped() {
    let listed = ssowatch(&["dashboards"]);
    let names: Vec<&str> = listed.out.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!((listed.code, &names[..]), (0, &["overview", "target", "daemon"][..]));
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().to_str().unwrap();
    assert_eq!(ssowatch(&["dashboards", "--output", to]).code, 0);
    for name in names {
        let file = format!("ssowatch-{name}.json");
        let stands =
            std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("dashboards").join(&file)).unwrap();
        assert_eq!(ssowatch(&["dashboards", name]).out, stands);
        assert_eq!(std::fs::read_to_string(folder.path().join(file)).unwrap(), stands);
    }
    let none = ssowatch(&["dashboards", "overvew"]);
    assert!(none.code == 3 && none.err.contains("overview"), "{}", none.err);
}
