//! The flags and variables that the deploy files give the program exist.

use std::{collections::BTreeSet, process::Command};

use super::tool::{files_below, passes};
use crate::shipped;

fn help() -> String {
    passes(Command::new(env!("CARGO_BIN_EXE_ssowatch")).args(["serve", "--help"]))
}

/// The flags that follow a word in a text, without their values: on a command line, and in lists of JSON, YAML and Nix.
fn flags_after(text: &str, word: &str) -> Vec<String> {
    let is_mark = |letter: char| matches!(letter, '"' | '\'' | ',' | '[' | ']' | '(' | ')' | ';' | '`');
    let words =
        text.split_whitespace().map(|word| word.trim_matches(is_mark)).filter(|word| !matches!(*word, "" | "-"));
    let mut flags = Vec::new();
    let mut follows = false;
    for found in words {
        let is_flag = follows && found.starts_with("--");
        if is_flag {
            flags.push(found.split('=').next().unwrap_or(found).to_owned());
        }
        follows = found == word || is_flag;
    }
    flags
}

#[test]
fn flags_are_found_in_each_form() {
    for text in [
        "ExecStart=/usr/bin/x serve --a.b=%S/x --c $ARGS --d",
        "CMD [\"serve\", \"--a.b=/var\", \"--c\"]",
        "args:\n  - serve\n  - --a.b=/var\n  - --c\nports: [--d]",
        "[ \"x\" \"serve\" \"--a.b=${file}\" \"--c\" ] ++ flags",
    ] {
        assert_eq!(flags_after(text, "serve"), ["--a.b", "--c"], "{text}");
    }
}

#[test]
fn every_flag_of_the_deploy_files_is_one_of_serve() {
    let known = help();
    let mut seen = BTreeSet::new();
    for file in files_below("deploy") {
        let text = shipped::text(&file).replace("ARGS=\"", "serve \"");
        for flag in flags_after(&text, "serve") {
            let is_known = known.contains(&format!("{flag} ")) || known.contains(&format!("{flag}\n"));
            assert!(is_known, "{file} gives {flag}, which `serve` does not take");
            seen.insert(flag);
        }
    }
    assert!(seen.contains("--config.file") && seen.contains("--web.listen-address"), "{seen:?}");
}

#[test]
fn every_variable_of_the_deploy_files_is_one_of_serve() {
    let known = help();
    let mut seen = 0;
    for file in files_below("deploy") {
        for rest in shipped::text(&file).split("SSOWATCH_").skip(1) {
            let end = rest.find(|letter: char| !letter.is_ascii_uppercase() && letter != '_').unwrap_or(rest.len());
            let variable = format!("SSOWATCH_{}", &rest[..end]);
            let is_known = [']', '='].iter().any(|end| known.contains(&format!("env: {variable}{end}")));
            // The help breaks long lines after "[env:".
            let is_known = is_known || known.contains(&format!("{variable}]"));
            assert!(is_known, "{file} sets {variable}, which `serve` does not read");
            seen += 1;
        }
    }
    assert!(seen >= 6, "{seen}");
}
