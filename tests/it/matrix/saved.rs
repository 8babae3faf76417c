//! What is saved is evaluated as it was seen, and the public form of a report holds its schema.

use std::path::Path;

use serde_json::Value;
use ssowatch::lab::{ADMIN_API_KEY, CLIENT_SECRET, Fault, KASM_API_KEY, KASM_API_KEY_SECRET, Lab, LabOptions};

use super::schema;

/// A config file with all credentials.
fn config(lab: &Lab) -> String {
    let provider = format!("      client_secret: {CLIENT_SECRET}\n      api_key: {ADMIN_API_KEY}\n");
    let kasm = format!("      api_key: {KASM_API_KEY}\n      api_key_secret: {KASM_API_KEY_SECRET}\n");
    let yaml = lab.config_yaml().replacen("    provider:\n", &format!("    provider:\n{provider}"), 1);
    yaml.replacen("    kasm:\n", &format!("    kasm:\n{kasm}"), 1)
}

async fn check(arguments: &[&Path], more: &[&str]) -> String {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_ssowatch"));
    command.args(["check", "--output", "json"]).args(more).args(arguments).env_clear();
    let output = command.output().await.unwrap();
    assert!(output.status.code().is_some_and(|code| code < 3), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_saved_with_all_credentials_gives_the_identical_report_which_holds_the_schema() {
    let lab = Lab::start(LabOptions { tls: true, ..LabOptions::default() }).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ssowatch.yml");
    std::fs::write(&file, config(&lab)).unwrap();
    let both: &[Fault] = &[Fault::TokenUrlStale, Fault::RedirectUriRegisteredWithSlash];
    for faults in [&[][..], both, &[Fault::SecretRegenerated], &[Fault::DatabaseGone], &[Fault::KasmKeyWrong]] {
        lab.fix_all();
        faults.iter().for_each(|fault| lab.break_with(*fault));
        let saved = folder.path().join("saved");
        let seen = check(&[&file], &["--save", saved.to_str().unwrap(), "--config.file"]).await;
        let evaluated = check(&[&saved], &["--from"]).await;
        assert!(seen == evaluated, "{faults:?}:\n{seen}\n{evaluated}");
        let report: Value = serde_json::from_str(&seen).unwrap();
        assert_eq!(schema::violations(&report), Vec::<String>::new(), "{faults:?}");
        for secret in [CLIENT_SECRET, ADMIN_API_KEY, KASM_API_KEY, KASM_API_KEY_SECRET] {
            assert!(!seen.contains(secret), "{faults:?}");
        }
        if faults == both {
            assert_eq!(report["targets"][0]["cause"]["check"], "redirect_uri_registered");
            insta::assert_json_snapshot!("two_sided_drift", drifts(&report));
        }
    }
    assert_eq!(lab.stop().await, Vec::<String>::new());
}

/// The login, the cause, and what fails: what of a report does not depend on the time.
fn drifts(report: &Value) -> Value {
    let target = &report["targets"][0];
    let checks = target["checks"].as_array().unwrap();
    let mut failing: Vec<Value> = checks.iter().filter(|check| check["verdict"] == "fail").cloned().collect();
    for check in &mut failing {
        assert!(check.as_object_mut().unwrap().remove("seen_at").is_some_and(|at| at.is_string()));
    }
    serde_json::json!({
        "login": target["login"], "verified": target["verified"], "cause": target["cause"],
        "coverage": target["coverage"], "failing": failing,
    })
}
