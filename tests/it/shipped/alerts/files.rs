//! The rule files as they are written.

use super::{
    rule::{Group, Params, Recording, Rule},
    rules,
};
use crate::shipped::is_what_the_code_makes;

/// An alert as it is written: its texts filled in.
#[derive(Debug, Clone)]
pub struct Alert {
    pub name: String,
    pub why: String,
    pub expr: String,
    pub wait: Option<String>,
    pub keep: Option<String>,
    pub labels: Vec<(String, String)>,
    pub annotations: Vec<(String, String)>,
}

/// Where the runbook page of an alert stands.
pub fn runbook(alert: &str) -> String {
    format!("{}/blob/main/alerts/runbooks/{alert}.md", env!("CARGO_PKG_REPOSITORY"))
}

/// A rule with its texts filled in.
pub fn alert(rule: &Rule, params: &Params) -> Alert {
    let span = |span: std::time::Duration| (!span.is_zero()).then(|| params.span(span));
    let annotations = [
        ("summary", rule.summary.to_owned()),
        ("description", (rule.description)()),
        ("runbook_url", runbook(rule.name) + &(rule.anchor)()),
    ];
    Alert {
        name: rule.name.to_owned(),
        why: rule.why.to_owned(),
        expr: (rule.expr)(params),
        wait: span(rule.wait),
        keep: span(rule.keep),
        labels: vec![("severity".to_owned(), rule.urgency.id().to_owned())],
        annotations: annotations.map(|(name, text)| (name.to_owned(), text)).into(),
    }
}

/// The alert rules.
pub fn alerts(params: &Params) -> String {
    let head = "Alert rules of ssowatch. Sign-in pages once for each outage and target: SsoLoginBroken.\n\
                Load ssowatch.rules.yml beside it. What each alert means and what to do: runbooks/README.md.\n\n\
                From fault to page at 15 s scrape and evaluation: next round 60 s + the round 5 s + scrape 15 s + evaluation 15 s\n\
                + for 75 s + group_wait 10 s = 180 s for what a round sees; with settings every 5 min instead of 60 s: 420 s.";
    file(head, &rules::groups(), params)
}

/// The opt-in watchdog.
pub fn watchdog(params: &Params) -> String {
    file("Opt-in: an alert that always fires. Load it only where no other watchdog is.", &rules::opt_in(), params)
}

/// The recording rules.
pub fn recordings(params: &Params) -> String {
    let head = "Recording rules of ssowatch: the share of time in which people cannot sign in. The alerts about the error budget\n\
                need them.";
    headed(head) + "groups:\n" + &recording_group(&rules::recordings(params))
}

fn headed(head: &str) -> String {
    let made =
        "\nMade from the code by `UPDATE_SHIPPED=1 cargo test --test it shipped::alerts`; changes here are lost.";
    comment(&format!("{head}{made}"), "")
}

fn file(head: &str, groups: &[Group], params: &Params) -> String {
    let mut text = headed(head) + "groups:\n";
    for group in groups {
        let alerts: Vec<Alert> = group.rules.iter().map(|rule| alert(rule, params)).collect();
        text += &alert_group(group.name, &alerts);
    }
    text
}

/// A group of alerts as YAML.
pub fn alert_group(name: &str, alerts: &[Alert]) -> String {
    let rules: Vec<String> = alerts.iter().map(alert_rule).collect();
    format!("  - name: {name}\n    rules:\n{}", rules.join("\n"))
}

/// The recording rules as YAML.
pub fn recording_group(recordings: &[Recording]) -> String {
    let rules: Vec<String> = recordings
        .iter()
        .map(|rule| format!("      - record: {}\n        expr: {}\n", rule.name, scalar(&rule.expr, "          ")))
        .collect();
    format!("  - name: ssowatch-login-error\n    rules:\n{}", rules.join("\n"))
}

fn alert_rule(alert: &Alert) -> String {
    let mut text = comment(&alert.why, "      ");
    text += &format!("      - alert: {}\n        expr: {}\n", alert.name, scalar(&alert.expr, "          "));
    for (key, span) in [("for", &alert.wait), ("keep_firing_for", &alert.keep)] {
        if let Some(span) = span {
            text += &format!("        {key}: {span}\n");
        }
    }
    for (key, pairs) in [("labels", &alert.labels), ("annotations", &alert.annotations)] {
        text += &format!("        {key}:\n");
        for (name, value) in pairs {
            text += &format!("          {name}: {}\n", scalar(value, "            "));
        }
    }
    text
}

/// A text as YAML: as it is, in quotes, or as a block of lines.
pub fn scalar(text: &str, indent: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if text.chars().all(is_plain) {
        text.to_owned()
    } else if text.contains(['\n', '"', '\\']) {
        let lines: Vec<String> = text.lines().map(|line| format!("{indent}{line}")).collect();
        format!("|-\n{}", lines.join("\n"))
    } else {
        format!("\"{text}\"")
    }
}

fn comment(text: &str, indent: &str) -> String {
    text.lines().map(|line| format!("{indent}# {line}").trim_end().to_owned() + "\n").collect()
}

#[test]
fn the_rule_files_are_what_the_code_makes() {
    let params = Params::default();
    is_what_the_code_makes("alerts/ssowatch.alerts.yml", &alerts(&params));
    is_what_the_code_makes("alerts/ssowatch.rules.yml", &recordings(&params));
    is_what_the_code_makes("alerts/watchdog.alerts.yml", &watchdog(&params));
}
