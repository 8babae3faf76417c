//! What is changed in a rule must be noticed by its unit tests.
//!
//! Every rule is changed in one place at a time; promtool must fail the tests of that rule. All changes of a rule stand
//! beside each other in one file, so that the tests of the rule run once for all of them. What survives is listed with
//! its reason, and no more than one in twenty may.

mod expression;
mod survivors;

use std::{collections::BTreeSet, io::Write as _, time::Duration};

use regex::Regex;

use self::survivors::SURVIVORS;
use super::{
    files::{Alert, alert, alert_group, recording_group},
    promtool,
    rule::{Params, Recording, Rule, mins},
    rules,
    scenarios::{self, recordings},
    unit::{self, Case},
};

/// A rule, changed in many ways, and its tests.
struct Subject {
    rule: String,
    changed: Changed,
    cases: Vec<Case>,
}

/// Each change in words, and the rule that it makes.
enum Changed {
    Alerts(Vec<(String, Alert)>),
    Recordings(Vec<(String, Recording)>),
}

/// The changes that are still unnoticed, by place.
type Unnoticed = BTreeSet<usize>;

impl Subject {
    fn of_alert(rule: &Rule, cases: Vec<Case>, params: &Params) -> Self {
        Self { rule: rule.name.to_owned(), changed: Changed::Alerts(changed_alerts(rule, params)), cases }
    }

    fn of_recording(recording: &Recording) -> Self {
        let changed = expression::changes(&recording.expr)
            .into_iter()
            .map(|(change, expr)| (change, Recording { expr, ..recording.clone() }))
            .collect();
        Self {
            rule: recording.name.clone(),
            changed: Changed::Recordings(changed),
            cases: vec![recordings::course(recording)],
        }
    }

    fn changes(&self) -> Vec<&String> {
        match &self.changed {
            Changed::Alerts(all) => all.iter().map(|(change, _)| change).collect(),
            Changed::Recordings(all) => all.iter().map(|(change, _)| change).collect(),
        }
    }

    /// The changed rules at these places, each under a name of its own.
    fn rules(&self, places: &Unnoticed) -> String {
        let group = match &self.changed {
            Changed::Alerts(all) => {
                let renamed = places.iter().map(|place| Alert { name: name(*place), ..all[*place].1.clone() });
                alert_group("changed", &renamed.collect::<Vec<_>>())
            }
            Changed::Recordings(all) => {
                let renamed = places.iter().map(|place| Recording { name: name(*place), ..all[*place].1.clone() });
                recording_group(&renamed.collect::<Vec<_>>())
            }
        };
        format!("groups:\n{group}")
    }

    /// The changes that none of the tests notices.
    fn survivors(&self) -> Vec<String> {
        let changes = self.changes();
        let mut unnoticed: Unnoticed = (0..changes.len()).collect();
        for case in &self.cases {
            unnoticed = self.unnoticed_by(case, unnoticed);
        }
        unnoticed.into_iter().map(|place| changes[place].clone()).collect()
    }

    /// Again without those that failed, until promtool is content: where a rule cannot be evaluated, promtool says so and
    /// looks at nothing else.
    fn unnoticed_by(&self, case: &Case, mut unnoticed: Unnoticed) -> Unnoticed {
        while !unnoticed.is_empty() {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("rules.yml"), self.rules(&unnoticed)).unwrap();
            std::fs::write(folder.path().join("test.yml"), unit::file(&["rules.yml"], &[asking(case, &unnoticed)]))
                .unwrap();
            let Err(said) = promtool::is_content(folder.path(), &["test", "rules", "test.yml"]) else { break };
            let failed = named(&said);
            assert!(!failed.is_empty(), "{}: {said}", case.name);
            unnoticed.retain(|place| !failed.contains(place));
        }
        unnoticed
    }
}

/// The name of a changed rule.
fn name(place: usize) -> String {
    format!("changed_{place}")
}

/// The places that promtool names.
fn named(said: &str) -> Unnoticed {
    let name = Regex::new(r"(?:alertname: |rule: |expr: .)changed_(\d+)\b").unwrap();
    name.captures_iter(said).map(|found| found[1].parse().unwrap()).collect()
}

/// What the case asks of the rule, asked of each of the changed ones.
fn asking(case: &Case, places: &Unnoticed) -> Case {
    let mut made = Case { asked: Vec::new(), recorded: Vec::new(), ..case.clone() };
    for place in places {
        made.asked.extend(case.asked.iter().cloned().map(|asked| unit::Asked { alert: name(*place), ..asked }));
        made.recorded.extend(case.recorded.iter().cloned().map(|one| unit::Recorded { name: name(*place), ..one }));
    }
    made
}

/// Every rule with its changes.
fn subjects() -> Vec<Subject> {
    let params = Params::default();
    let alerts = scenarios::all().into_iter().map(|tested| Subject::of_alert(&tested.rule, tested.cases, &params));
    alerts.chain(rules::recordings(&params).iter().map(Subject::of_recording)).collect()
}

fn changed_alerts(rule: &Rule, params: &Params) -> Vec<(String, Alert)> {
    let original = alert(rule, params);
    let changed = |change: String, edit: &dyn Fn(&mut Alert)| {
        let mut alert = original.clone();
        edit(&mut alert);
        (change, alert)
    };
    let mut made = Vec::new();
    for span in other_spans(rule.wait) {
        let wait = params.span(span);
        made.push(changed(format!("for: {wait}"), &|alert| alert.wait = Some(wait.clone())));
    }
    for span in other_spans(rule.keep) {
        let keep = params.span(span);
        made.push(changed(format!("keep_firing_for: {keep}"), &|alert| alert.keep = Some(keep.clone())));
    }
    for (index, (name, value)) in original.labels.iter().enumerate() {
        made.push(changed(format!("no label {name}"), &|alert| drop(alert.labels.remove(index))));
        let other = if value == "warning" { "critical" } else { "warning" };
        made.push(changed(format!("{name}: {other}"), &|alert| alert.labels[index].1 = other.to_owned()));
    }
    made.push(changed("one more label".to_owned(), &|alert| alert.labels.push(("team".to_owned(), "sso".to_owned()))));
    for (change, expr) in expression::changes(&original.expr) {
        made.push(changed(change, &|alert| alert.expr = expr.clone()));
    }
    made
}

/// None, half and twice as long; some where there was none.
fn other_spans(span: Duration) -> Vec<Duration> {
    if span.is_zero() { vec![mins(2)] } else { vec![Duration::ZERO, span / 2, span * 2] }
}

#[test]
fn a_change_of_a_rule_fails_its_tests() {
    let subjects = subjects();
    let count: usize = subjects.iter().map(|subject| subject.changes().len()).sum();
    let survivors = promtool::side_by_side(&subjects, Subject::survivors);
    let survived: BTreeSet<(&str, &str)> = subjects
        .iter()
        .zip(&survivors)
        .flat_map(|(subject, changes)| changes.iter().map(|change| (&*subject.rule, &**change)))
        .collect();
    let noticed = count - survived.len();
    let score = 100.0 * noticed as f64 / count as f64;
    writeln!(std::io::stderr(), "{noticed} of {count} changes of rules are noticed: {score:.1} %").unwrap();
    let listed: BTreeSet<(&str, &str)> = SURVIVORS.iter().map(|(rule, change, _)| (*rule, *change)).collect();
    let new: Vec<_> = survived.difference(&listed).collect();
    assert!(new.is_empty(), "not noticed, {score:.1} %: {new:#?}");
    let dead: Vec<_> = listed.difference(&survived).collect();
    assert!(dead.is_empty(), "listed, and noticed: {dead:#?}");
    assert!(score >= 95.0, "{score:.1} % of the changes are noticed");
}

/// Else a test that always fails would notice everything.
#[test]
fn the_unchanged_rules_survive_the_same_tests() {
    let params = Params::default();
    let unchanged: Vec<Subject> = scenarios::all()
        .into_iter()
        .map(|tested| Subject {
            rule: tested.rule.name.to_owned(),
            changed: Changed::Alerts(vec![("none".to_owned(), alert(&tested.rule, &params))]),
            cases: tested.cases,
        })
        .chain(rules::recordings(&params).iter().map(|recording| Subject {
            changed: Changed::Recordings(vec![("none".to_owned(), recording.clone())]),
            ..Subject::of_recording(recording)
        }))
        .collect();
    for (survivors, same) in promtool::side_by_side(&unchanged, Subject::survivors).into_iter().zip(&unchanged) {
        assert_eq!(survivors, ["none"], "{}", same.rule);
    }
}
