//! `ssowatch config` as people call it.

use std::{path::Path, process::Command};

struct Outcome {
    code: i32,
    out: String,
    err: String,
}

/// Runs the program in a folder, without this process' environment.
fn ssowatch(folder: &Path, arguments: &[&str]) -> Outcome {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ssowatch"));
    let output = command.args(arguments).env_clear().current_dir(folder).output().unwrap();
    Outcome {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

const URLS: [&str; 4] = ["--provider", "https://id.example.com", "--kasm", "https://kasm.example.com"];

#[test]
fn what_init_writes_check_accepts_and_show_prints() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let init = ssowatch(path, &[&["config", "init"], &URLS[..], &["--output", "ssowatch.yml"]].concat());
    assert_eq!((init.code, init.err.as_str()), (0, ""));

    let check = ssowatch(path, &["config", "check", "ssowatch.yml"]);
    assert_eq!((check.code, check.err.as_str()), (0, ""));
    assert!(check.out.starts_with("The configuration is valid: 1 target.\n\nkasm.example.com\n"), "{}", check.out);
    assert!(check.out.contains("next rounds"), "{}", check.out);

    let show = ssowatch(path, &["config", "show"]);
    assert_eq!((show.code, show.err.as_str()), (0, ""), "found in its usual place");
    assert!(show.out.contains("url: https://kasm.example.com\n"), "{}", show.out);
    let by_flags = ssowatch(Path::new("/"), &[&["config", "show"], &URLS[..]].concat());
    assert_eq!(show.out, by_flags.out);

    let again = ssowatch(path, &[&["config", "init"], &URLS[..], &["--output", "ssowatch.yml"]].concat());
    assert_eq!(again.code, 1);
    assert!(again.err.contains("is there already"), "{}", again.err);
}

#[test]
fn what_is_not_valid_is_told_on_standard_error_with_exit_code_1() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("bad.yml"), "targets: []\nshedule: {}\nround: 5\n").unwrap();
    let check = ssowatch(folder.path(), &["config", "check", "bad.yml"]);
    assert_eq!((check.code, check.out.as_str()), (1, ""));
    let lines: Vec<&str> = check.err.lines().collect();
    assert_eq!(lines[0], "ssowatch: bad.yml:2:1: shedule: unknown key; did you mean \"schedule\"?");
    assert!(lines[1].starts_with("bad.yml:3:1: round: unknown key"), "{}", check.err);

    let none = ssowatch(folder.path(), &["config", "check", "none.yml"]);
    assert_eq!(none.code, 1);
    assert!(none.err.contains("none.yml: no such file; write one with `ssowatch config init"), "{}", none.err);
    let nothing = ssowatch(folder.path(), &["config", "check"]);
    assert_eq!(nothing.code, 1);
    assert!(nothing.err.contains("nothing says what to watch"), "{}", nothing.err);
}

#[test]
fn warnings_are_told_beside_a_valid_configuration() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("empty.yml"), "targets: []\n").unwrap();
    let check = ssowatch(folder.path(), &["config", "check", "empty.yml"]);
    assert_eq!(check.code, 0);
    assert_eq!(check.err, "warning: empty.yml:1:10: targets: no targets: nothing is watched\n");
}

#[test]
fn what_makes_rounds_refuses_a_file_that_cannot_be_read_and_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let secret = ["--provider.client-secret-file", "gone.txt"];
    for command in [&["check"][..], &["guide"], &["serve", "--config.check"]] {
        let ran = ssowatch(folder.path(), &[command, &URLS[..], &secret[..]].concat());
        assert!(ran.code != 0 && ran.out.is_empty(), "{command:?}: {} {}", ran.code, ran.out);
        assert!(ran.err.contains("gone.txt"), "{command:?}: {}", ran.err);
    }
}

#[test]
fn plan_needs_two_addresses_and_no_network() {
    let folder = tempfile::tempdir().unwrap();
    let plan = ssowatch(folder.path(), &[&["plan"], &URLS[..]].concat());
    assert_eq!((plan.code, plan.err.as_str()), (0, ""));
    assert!(plan.out.starts_with("kasm.example.com\n\n  provider https://id.example.com\n"), "{}", plan.out);
    let nothing = ssowatch(folder.path(), &["plan"]);
    assert_eq!((nothing.code, nothing.out.as_str()), (3, ""));
    assert!(nothing.err.starts_with("ssowatch: nothing says what to watch. Either\n"), "{}", nothing.err);
}
