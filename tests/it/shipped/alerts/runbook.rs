//! One page for each alert, and an index.

use std::{collections::BTreeSet, fmt::Write as _, process::Command};

use ssowatch::{
    checks::{self, Check},
    model::{Severity, Stage},
};

use super::{
    files,
    rule::{Fix, Params, Rule},
    rules, words,
};
use crate::shipped::is_what_the_code_makes;

const MADE: &str = "<!-- Made from the code by `UPDATE_SHIPPED=1 cargo test --test it shipped::alerts`; changes here are lost. -->\n\n";

fn page(rule: &Rule) -> String {
    let alert = files::alert(rule, &Params::default());
    let mut text = format!("{MADE}# {}\n\n{} Severity: `{}`.\n", rule.name, rule.summary, rule.urgency.id());
    let _ = write!(text, "\n## Meaning\n\n{}\n", rule.page.meaning);
    let held =
        alert.wait.map_or_else(|| "as soon as this holds".to_owned(), |wait| format!("once this has held for {wait}"));
    let kept = alert.keep.map_or_else(String::new, |keep| format!(", and keeps firing for {keep} after that"));
    let _ = write!(text, "\nIt fires {held}{kept}:\n\n```promql\n{}\n```\n", alert.expr);
    let _ = write!(text, "\n## Impact\n\n{}\n\n## Diagnosis\n", rule.page.impact);
    for step in rule.page.diagnosis {
        let _ = write!(text, "\n{}:\n\n```sh\n{}\n```\n", step.shows, step.command);
    }
    text += "\n## Mitigation\n";
    match rule.page.fix {
        Fix::Text(how) => {
            let _ = write!(text, "\n{how}\n");
        }
        Fix::Checks(how, among) => {
            if !how.is_empty() {
                let _ = write!(text, "\n{how}\n");
            }
            text += &by_check(among);
        }
    }
    text
}

/// Title, reason and fix of these checks, in the order of the login path.
fn by_check(among: fn(&Check) -> bool) -> String {
    let mut text = String::new();
    let mut within: Option<Stage> = None;
    for (stage, check) in checks::all().filter(|(_, check)| among(check)) {
        if within.replace(stage) != Some(stage) {
            let _ = write!(text, "\n### {}\n", stage.title());
        }
        let _ =
            write!(text, "\n#### {}\n\nShould hold: {}.\n\n{}\n\n{}\n", check.id, check.title, check.why, check.fix);
    }
    text
}

fn index() -> String {
    let mut text = format!(
        "{MADE}# Runbooks\n\nOne page for each alert. Alerts about sign-in begin with `Sso`, alerts about the daemon with \
         `Ssowatch`. An outage gives one `critical` alert for each target, `SsoLoginBroken`; the others \
         add details. In Alertmanager let `SsoLoginBroken` inhibit `warning` and `info` alerts of the same \
         `target`, and `SsoMaintenance` all of its alerts.\n\nTarget names are taken to be unique within one Prometheus.\n\n\
         | alert | severity | meaning |\n| --- | --- | --- |\n"
    );
    for rule in rules::all() {
        let _ = writeln!(text, "| [{0}]({0}.md) | {1} | {2} |", rule.name, rule.urgency.id(), rule.summary);
    }
    text
}

#[test]
fn the_runbooks_are_what_the_code_makes_and_no_other_is_there() {
    let mut names = vec!["README.md".to_owned()];
    is_what_the_code_makes("alerts/runbooks/README.md", &index());
    for rule in rules::all() {
        let name = format!("{}.md", rule.name);
        is_what_the_code_makes(&format!("alerts/runbooks/{name}"), &page(&rule));
        names.push(name);
    }
    let folder = std::fs::read_dir(crate::shipped::path("alerts/runbooks")).unwrap();
    let mut there: Vec<String> = folder.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    there.sort();
    assert_eq!(there, names);
}

#[test]
fn every_page_has_its_headings_in_order() {
    for rule in rules::all() {
        let page = page(&rule);
        let headings: Vec<&str> = page.lines().filter(|line| line.starts_with("## ")).collect();
        assert_eq!(headings, ["## Meaning", "## Impact", "## Diagnosis", "## Mitigation"], "{}", rule.name);
        assert!(!rule.page.diagnosis.is_empty(), "{}", rule.name);
    }
}

#[test]
fn the_page_of_an_outage_has_every_outage_check_in_cause_order_with_its_own_words() {
    let page = page(&rules::all().into_iter().find(|rule| rule.name == "SsoLoginBroken").unwrap());
    let mut from = 0;
    let mut count = 0;
    for (_, check) in checks::all().filter(|(_, check)| words::has(check, Severity::Outage)) {
        let at = page.find(&format!("\n#### {}\n", check.id)).unwrap_or_else(|| panic!("{} is missing", check.id));
        assert!(at > from, "{} is out of order", check.id);
        assert!(page[at..].contains(check.title) && page[at..].contains(check.fix), "{}", check.id);
        (from, count) = (at, count + 1);
    }
    assert!(count > 20, "{count}");
    // Both web forms, field by field.
    for form in ["Access Management > Authentication > OpenID", "Administration > OIDC Clients"] {
        assert!(page.contains(form), "{form}");
    }
}

/// The help of a command of the program; an unknown one has none.
fn help(command: &[&str]) -> Option<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_ssowatch")).args(command).arg("--help").output().unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

/// Whether a line of commands, names to fill in and options is one that the program takes.
fn is_taken(line: &str) -> bool {
    let words: Vec<&str> = line.split(' ').collect();
    // Names to fill in are written in capitals.
    let is_command = |word: &str| word.chars().all(|c| c.is_ascii_lowercase());
    let command: Vec<&str> = words.iter().copied().take_while(|word| is_command(word)).collect();
    help(&command).is_some_and(|help| {
        let offered: Vec<&str> = help.split_whitespace().collect();
        words.iter().filter(|word| word.starts_with("--")).all(|option| offered.contains(option))
    })
}

#[test]
fn every_command_on_the_pages_is_one_of_the_program_with_its_options() {
    let steps = rules::all().into_iter().flat_map(|rule| rule.page.diagnosis);
    let lines: BTreeSet<&str> = steps.filter_map(|step| step.command.strip_prefix("ssowatch ")).collect();
    assert!(lines.len() > 3, "{lines:?}");
    for line in lines {
        assert!(is_taken(line), "ssowatch {line}");
    }
    for line in ["fix", "config fix", "changes --since-bad"] {
        assert!(!is_taken(line), "ssowatch {line}");
    }
}
