//! Nothing is shipped untested, and nothing tested is not shipped; every name in a rule exists.

use std::collections::{BTreeMap, BTreeSet};

use promql_parser::parser::{Expr, LabelModifier, VectorSelector};
use ssowatch::metrics::catalogue;

use super::{
    Params, alerts, promtool, rules,
    scenarios::{self, budget, recordings},
    unit,
};
use crate::shipped::{is_what_the_code_makes, path};

const RULE_FILES: [&str; 3] = ["../ssowatch.alerts.yml", "../ssowatch.rules.yml", "../watchdog.alerts.yml"];

/// A file of tests for each alert and each recording, and one of both together.
fn test_files() -> Vec<(String, String)> {
    let alerts = scenarios::all().into_iter().map(|tested| (tested.rule.name.to_owned(), tested.cases));
    let recordings = rules::recordings(&Params::default()).into_iter().map(|recording| {
        let (_, short) = recording.name.rsplit_once(':').unwrap();
        (short.to_owned(), vec![recordings::course(&recording)])
    });
    alerts
        .chain(recordings)
        .chain([("outage".to_owned(), vec![budget::outage()])])
        .map(|(name, cases)| (format!("{name}_test.yml"), unit::file(&RULE_FILES, &cases)))
        .collect()
}

#[test]
fn the_unit_tests_are_what_the_code_makes_and_promtool_passes_them() {
    let files = test_files();
    for (name, made) in &files {
        is_what_the_code_makes(&format!("alerts/tests/{name}"), made);
    }
    let test =
        |(name, _): &(String, String)| promtool::is_content(&path("alerts/tests"), &["test", "rules", name]).err();
    let failures: Vec<String> = promtool::side_by_side(&files, test).into_iter().flatten().collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn promtool_takes_the_rules_without_a_warning() {
    for scale in [1.0, 0.05] {
        let params = Params { scale, ..Params::default() };
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("alerts.yml", alerts(&params)),
            ("rules.yml", super::recordings(&params)),
            ("watchdog.yml", super::watchdog(&params)),
        ] {
            std::fs::write(folder.path().join(name), text).unwrap();
            let said = promtool::is_content(folder.path(), &["check", "rules", "--lint=all", "--lint-fatal", name]);
            assert!(said.is_ok(), "{name} at scale {scale}: {said:?}");
        }
    }
}

#[test]
fn what_the_command_prints_and_writes_are_the_same_rules_with_the_label_and_our_own_runbooks() {
    let folder = tempfile::tempdir().unwrap();
    let ran = |more: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_ssowatch"));
        let options = ["--web.external-url", "https://ssowatch.example.com", "--label", "team=identity", "--watchdog"];
        command.arg("rules").args(options).args(more).env_clear().output().unwrap()
    };
    let printed = ran(&[]);
    assert!(printed.status.success());
    std::fs::write(folder.path().join("all.yml"), &printed.stdout).unwrap();
    let said = promtool::is_content(folder.path(), &["check", "rules", "--lint=all", "--lint-fatal", "all.yml"]);
    assert!(said.is_ok(), "{said:?}");
    let text = String::from_utf8(printed.stdout).unwrap();
    let (alerts, recordings) = (rules::all().len(), rules::recordings(&Params::default()).len());
    for (part, count) in [
        ("\ngroups:\n", 1),
        ("- alert: ", alerts),
        ("- record: ", recordings),
        ("          team: \"identity\"\n", alerts),
        ("https://ssowatch.example.com/runbooks/S", alerts),
    ] {
        assert_eq!(text.matches(part).count(), count, "{part}");
    }
    let to = folder.path().to_str().unwrap();
    assert!(ran(&["--output", to]).status.success());
    for name in RULE_FILES.map(|file| file.trim_start_matches("../")) {
        let said = promtool::is_content(folder.path(), &["check", "rules", "--lint=all", "--lint-fatal", name]);
        assert!(said.is_ok(), "{name}: {said:?}");
    }
    let again = ran(&["--output", to]);
    assert_eq!(again.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&again.stderr).contains("write over it with --force"));
    assert!(ran(&["--output", to, "--force"]).status.success());
}

#[test]
fn every_alert_is_tested_firing_and_not_firing_and_every_tested_name_exists() {
    let names: BTreeSet<&str> = rules::all().iter().map(|rule| rule.name).collect();
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for tested in scenarios::all() {
        for asked in tested.cases.iter().flat_map(|case| &case.asked) {
            assert!(names.contains(&*asked.alert), "{} does not exist", asked.alert);
            let (fires, quiet) = counts.entry(asked.alert.clone()).or_default();
            *(if asked.fires.is_some() { fires } else { quiet }) += 1;
        }
    }
    for name in names {
        let (fires, quiet) = counts[name];
        // The watchdog is never quiet.
        assert!(fires >= 1 && (quiet >= 2 || name == "SsoWatchdog"), "{name}: {fires} firing, {quiet} quiet");
    }
}

/// The labels that the scraper adds.
const SCRAPED: [&str; 2] = ["job", "instance"];

/// The labels of a family; none if there is no such family.
fn labels(name: &str, recorded: &BTreeSet<String>) -> Option<Vec<&'static str>> {
    if name == "up" {
        return Some(SCRAPED.into());
    }
    if recorded.contains(name) {
        return Some(vec!["target"]);
    }
    let known = catalogue::ALL.iter().find(|about| about.name == name)?;
    Some(known.labels.iter().copied().chain(SCRAPED).collect())
}

fn selectors<'a>(expr: &'a Expr, found: &mut Vec<&'a VectorSelector>, grouped: &mut BTreeSet<String>) {
    let mut keep = |modifier: &Option<LabelModifier>| {
        if let Some(LabelModifier::Include(labels) | LabelModifier::Exclude(labels)) = modifier {
            grouped.extend(labels.labels.iter().cloned());
        }
    };
    match expr {
        Expr::VectorSelector(selector) => found.push(selector),
        Expr::MatrixSelector(matrix) => found.push(&matrix.vs),
        Expr::Aggregate(aggregate) => {
            keep(&aggregate.modifier);
            selectors(&aggregate.expr, found, grouped);
        }
        Expr::Binary(binary) => {
            selectors(&binary.lhs, found, grouped);
            selectors(&binary.rhs, found, grouped);
        }
        Expr::Unary(unary) => selectors(&unary.expr, found, grouped),
        Expr::Paren(paren) => selectors(&paren.expr, found, grouped),
        Expr::Subquery(subquery) => selectors(&subquery.expr, found, grouped),
        Expr::Call(call) => call.args.args.iter().for_each(|argument| selectors(argument, found, grouped)),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => {}
    }
}

#[test]
fn every_metric_and_label_of_a_rule_stands_in_the_catalogue() {
    let params = Params::default();
    let recordings = rules::recordings(&params);
    let recorded: BTreeSet<String> = recordings.iter().map(|rule| rule.name.clone()).collect();
    let alerts = rules::all().into_iter().map(|rule| (rule.name.to_owned(), (rule.expr)(&params)));
    let all = alerts.chain(recordings.iter().map(|rule| (rule.name.clone(), rule.expr.clone())));
    for (rule, text) in all {
        let expr = promql_parser::parser::parse(&text).unwrap_or_else(|error| panic!("{rule}: {error}"));
        let (mut found, mut grouped) = (Vec::new(), BTreeSet::new());
        selectors(&expr, &mut found, &mut grouped);
        let mut known_here = BTreeSet::new();
        for selector in found {
            let name = selector.name.as_deref().unwrap_or_default();
            let known = labels(name, &recorded).unwrap_or_else(|| panic!("{rule}: there is no {name}"));
            for matcher in &selector.matchers.matchers {
                assert!(known.contains(&&*matcher.name), "{rule}: {name} has no label {}", matcher.name);
            }
            known_here.extend(known);
        }
        for label in grouped {
            assert!(known_here.contains(&*label), "{rule}: nothing has the label {label}");
        }
    }
}
