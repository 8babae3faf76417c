//! Grafana's published types: every key of a board is one that Grafana has, with a value that it takes there.

use std::{path::Path, process::Command};

use serde_json::{Value, json};

use super::{boards, overview};
use crate::shipped::path;

const TYPES: &str = include_str!("shape.ts");

/// What breaks a board.
type Break = (&'static str, fn(&mut Value));

/// What breaks the overview so that the types must say so.
const BREAKS: &[Break] = &[
    ("an unknown key of a board", |board| board["schemaversion"] = json!(39)),
    ("another version of the schema", |board| board["schemaVersion"] = json!(40)),
    ("an unknown key of a panel", |board| board["panels"][0]["tittle"] = json!("")),
    ("an unknown kind of panel", |board| board["panels"][0]["type"] = json!("stats")),
    ("an unknown option of a panel", |board| board["panels"][0]["options"]["colourMode"] = json!("value")),
    ("an unknown word for an option", |board| board["panels"][0]["options"]["colorMode"] = json!("backdrop")),
    ("a panel without its options", |board| board["panels"][0]["options"] = json!({})),
    ("thresholds without a mode", |board| {
        board["panels"][0]["fieldConfig"]["defaults"]["thresholds"] = json!({"steps": []});
    }),
    ("a panel without overrides", |board| {
        board["panels"][0]["fieldConfig"].as_object_mut().unwrap().remove("overrides");
    }),
    ("an unknown kind of variable", |board| board["templating"]["list"][1]["type"] = json!("label")),
    ("a number of a variable as text", |board| board["templating"]["list"][1]["refresh"] = json!("2")),
    ("an unknown format of a query", |board| board["panels"][0]["targets"][0]["format"] = json!("series")),
    ("an unknown transformation", |board| {
        board["panels"][0]["transformations"] = json!([{"id": "merge", "options": {}}]);
    }),
    ("an annotation without a colour", |board| {
        board["annotations"]["list"][0].as_object_mut().unwrap().remove("iconColor");
    }),
];

/// The boards, and the broken ones, each on one line and declared to be a board.
fn program() -> String {
    let mut program = TYPES.to_owned();
    for (index, board) in boards().iter().enumerate() {
        program += &format!("export const board{index}: Board = {};\n", board.json());
    }
    for (index, (what, spoil)) in BREAKS.iter().enumerate() {
        let mut board = overview::board().json();
        spoil(&mut board);
        program += &format!("// @ts-expect-error {what}\nexport const broken{index}: Board = {board};\n");
    }
    program
}

/// What the type checker says of a program.
fn tsc(program: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("boards.ts"), program).unwrap();
    let modules = path("tests/tools/node_modules");
    let checker = modules.join("typescript/bin/tsc");
    assert!(checker.exists(), "{} is missing: run tests/run once", checker.display());
    std::os::unix::fs::symlink(&modules, folder.path().join("node_modules")).unwrap();
    run_tsc(&checker, folder.path())
}

fn run_tsc(checker: &Path, folder: &Path) -> String {
    let mut command = Command::new("node");
    command
        .arg(checker)
        .args(["--strict", "--noEmit", "--skipLibCheck", "--target", "es2022", "--module", "esnext"])
        .args(["--moduleResolution", "bundler", "--pretty", "false", "boards.ts"])
        .current_dir(folder);
    let output = command.output().unwrap_or_else(|error| panic!("node ({error}): run tests/run once"));
    assert_eq!(output.status.success(), output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn grafanas_types_take_the_boards_and_refuse_broken_ones() {
    let program = program();
    let said = tsc(&program);
    // Of an unused expectation it says only the line: name what was not refused.
    let lines: Vec<&str> = program.lines().collect();
    let named: Vec<String> = said
        .lines()
        .map(|error| {
            let line = error.split(['(', ',']).nth(1).and_then(|line| line.parse::<usize>().ok());
            let said = line.and_then(|line| lines.get(line - 1)).copied().unwrap_or_default();
            format!("{error}\n  {}", said.chars().take(100).collect::<String>())
        })
        .collect();
    assert!(named.is_empty(), "{}", named.join("\n"));
}
