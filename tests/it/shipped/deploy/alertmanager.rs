//! The Alertmanager example: its routes, and its inhibitions on a real Alertmanager.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::Value;

use super::{
    server::Server,
    tool::{debian, passes, yaml},
};
use crate::shipped;

const EXAMPLE: &str = "deploy/alertmanager/alertmanager.yml";

/// The alerts that are shipped: name and what is asked.
fn alerts() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for file in ["alerts/ssowatch.alerts.yml", "alerts/watchdog.alerts.yml"] {
        for group in yaml(file)["groups"].as_array().unwrap() {
            for rule in group["rules"].as_array().unwrap() {
                let text = |key: &str| rule[key].as_str().unwrap().to_owned();
                found.push((text("alert"), text("expr")));
            }
        }
    }
    found
}

#[test]
fn amtool_takes_the_example() {
    passes(debian("amtool").args(["check-config", EXAMPLE]));
}

/// Whatever the example says of names, it says of alerts that exist.
#[test]
fn the_alerts_that_the_example_names_are_shipped() {
    let text = shipped::text(EXAMPLE);
    let matcher = Regex::new(r#"alertname(!?=~?)"([^"]+)""#).unwrap();
    let mut named = BTreeSet::new();
    for found in matcher.captures_iter(&text) {
        let pattern = Regex::new(&format!("^(?:{})$", &found[2])).unwrap();
        let hits: Vec<String> =
            alerts().into_iter().map(|(name, _)| name).filter(|name| pattern.is_match(name)).collect();
        assert!(!hits.is_empty(), "no alert is named {}", &found[2]);
        if found[1].ends_with('=') {
            assert_eq!(hits.len(), 1, "{}", &found[2]);
        }
        named.extend(hits);
    }
    assert!(named.contains("SsoLoginBroken") && named.contains("SsoMaintenance"), "{named:?}");
    assert!(!named.iter().any(|name| name.starts_with("Ssowatch")), "{named:?}");
}

/// Alertmanager takes a label that both lack for equal, so each alert that takes part must have it.
#[test]
fn the_alerts_that_inhibit_or_are_inhibited_carry_their_target() {
    let taking_part = alerts().into_iter().filter(|(name, _)| name.starts_with("Sso") && !name.starts_with("Ssowatch"));
    let taking_part: Vec<(String, String)> = taking_part.filter(|(name, _)| name != "SsoWatchdog").collect();
    assert!(taking_part.len() > 10);
    for (name, expr) in taking_part {
        assert!(expr.contains("(target"), "{name} does not aggregate by target: {expr}");
    }
    for rule in yaml(EXAMPLE)["inhibit_rules"].as_array().unwrap() {
        assert_eq!(rule["equal"], serde_json::json!(["target"]));
    }
}

#[test]
fn each_alert_goes_where_its_severity_says() {
    for (receiver, labels) in [
        ("pager", vec!["alertname=SsoLoginBroken", "severity=critical", "target=home"]),
        ("pager", vec!["alertname=SsowatchDown", "severity=critical"]),
        ("mail", vec!["alertname=SsoLoginDegraded", "severity=warning", "target=home"]),
        ("nobody", vec!["alertname=SsoSigningKeyChanged", "severity=info", "target=home"]),
        ("nobody", vec!["alertname=SsoMaintenance", "severity=info", "target=home"]),
        ("deadman", vec!["alertname=SsoWatchdog", "severity=none"]),
        ("deadman", vec!["alertname=Watchdog", "severity=none"]),
    ] {
        let mut tool = debian("amtool");
        tool.args(["config", "routes", "test", &format!("--config.file={EXAMPLE}")]);
        passes(tool.arg(format!("--verify.receivers={receiver}")).args(labels));
    }
}

/// The alerts that Alertmanager holds back: name and target.
async fn inhibited(alertmanager: &Server) -> BTreeSet<(String, String)> {
    let url = format!("--alertmanager.url=http://{}", alertmanager.address);
    let told = passes(debian("amtool").args(["alert", "query", "--inhibited", "--output=json", &url]));
    let told: Value = serde_json::from_str(&told).unwrap();
    let is_inhibited = |alert: &&Value| alert["status"]["inhibitedBy"].as_array().is_some_and(|by| !by.is_empty());
    let label = |alert: &Value, name: &str| alert["labels"][name].as_str().unwrap_or_default().to_owned();
    let held = told.as_array().unwrap().iter().filter(is_inhibited);
    held.map(|alert| (label(alert, "alertname"), label(alert, "target"))).collect()
}

fn add(alertmanager: &Server, name: &str, severity: &str, target: &str) {
    let url = format!("--alertmanager.url=http://{}", alertmanager.address);
    let mut tool = debian("amtool");
    tool.args(["alert", "add", &url, &format!("alertname={name}"), &format!("severity={severity}")]);
    if !target.is_empty() {
        tool.arg(format!("target={target}"));
    }
    passes(&mut tool);
}

#[tokio::test]
async fn a_page_holds_back_the_other_alerts_of_its_target_and_maintenance_holds_back_the_page() {
    // Nobody outside is told what this test does.
    let example = shipped::text(EXAMPLE)
        .replace("https://pager.example.com", "http://127.0.0.1:9")
        .replace("https://deadman.example.com", "http://127.0.0.1:9")
        .replace("mail.example.com:587", "127.0.0.1:9");
    assert!(!example.contains("https://"));
    let alertmanager = Server::alertmanager(&example).await;
    for (name, severity, target) in [
        ("SsoConfigDriftBreaking", "warning", "home"),
        ("SsoSigningKeyChanged", "info", "home"),
        ("SsoCertificateEndsVerySoon", "critical", "home"),
        ("SsoConfigDriftBreaking", "warning", "work"),
        ("SsoLoginBroken", "critical", "lab"),
        ("SsowatchReloadFailed", "warning", ""),
        ("SsowatchDown", "critical", ""),
        ("SsoWatchdog", "none", ""),
    ] {
        add(&alertmanager, name, severity, target);
    }
    assert_eq!(inhibited(&alertmanager).await, BTreeSet::new(), "a certificate that ends is no cause");

    add(&alertmanager, "SsoLoginBroken", "critical", "home");
    let held = |pairs: &[(&str, &str)]| -> BTreeSet<(String, String)> {
        pairs.iter().map(|(name, target)| ((*name).to_owned(), (*target).to_owned())).collect()
    };
    let of_home =
        [("SsoConfigDriftBreaking", "home"), ("SsoSigningKeyChanged", "home"), ("SsoCertificateEndsVerySoon", "home")];
    assert_eq!(inhibited(&alertmanager).await, held(&of_home));

    add(&alertmanager, "SsoMaintenance", "info", "lab");
    let now = inhibited(&alertmanager).await;
    let of_lab = held(&[("SsoLoginBroken", "lab"), ("SsoMaintenance", "lab")]);
    assert_eq!(now, &held(&of_home) | &of_lab, "what is held back holds back all the same");
}
