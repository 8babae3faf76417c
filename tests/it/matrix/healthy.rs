//! Labs in which nothing is broken, looked at with all credentials: no check fails, and none is left open.

use futures_util::{StreamExt as _, stream};
use ssowatch::{
    lab::{InternalUrl, LabOptions},
    model::{Credential, Verdict},
    providers::ProviderKind,
};

use super::play::equip;
use crate::faults::stage::{SIDE_BY_SIDE, Stage, failing};

const ALL: &[Credential] = &[Credential::ClientSecret, Credential::AppKey, Credential::ProviderAdminKey];

/// Every kind of pair that is well.
fn labs() -> Vec<(String, LabOptions)> {
    let https = || LabOptions { tls: true, ..LabOptions::default() };
    let releases = [(1, 16), (2, 3), (2, 9), (2, 10), (2, 14)];
    let mut labs: Vec<(String, LabOptions)> = Vec::new();
    for (major, minor) in releases {
        let of = |options: LabOptions| LabOptions {
            tls: true,
            version: LabOptions::version(major, minor).version,
            ..options
        };
        let mut add = |name: &str, options| labs.push((format!("{name}, {major}.{minor}"), of(options)));
        add("as installed", https());
        add("an internal base that answers", LabOptions { internal_url: InternalUrl::Reachable, ..https() });
        add("an internal base of Kasm's network", LabOptions { internal_url: InternalUrl::Unreachable, ..https() });
    }
    let mut add = |name: &str, options| labs.push((name.to_owned(), options));
    add("another port", LabOptions { kasm_port: Some(8443), ..https() });
    add("several configs", LabOptions { other_configs: 3, saml: true, ..https() });
    add("overlapping secrets", LabOptions { more_secrets: 3, ..https() });
    add("ES256 keys", LabOptions { es256: true, ..https() });
    add("auto login", LabOptions { auto_login: true, ..https() });
    add("IPv6", LabOptions { ipv6: true, ..https() });
    add("plain HTTP on loopback", LabOptions::default());
    add("a self-signed Kasm that is pinned", LabOptions { kasm_self_signed: true, ..https() });
    add("another provider", LabOptions { kind: ProviderKind::Openid, ..https() });
    labs
}

#[tokio::test(flavor = "multi_thread")]
async fn with_all_credentials_no_check_fails_and_none_is_unknown_in_a_lab_that_is_well() {
    let labs = labs();
    assert!(labs.len() >= 10);
    let looks = labs.into_iter().map(|(name, options)| async move {
        let (is_pinned, has_names) = (options.kasm_self_signed, options.tls);
        let mut stage = Stage::new(options).await;
        stage.target = equip(stage.lab.target_with(ALL));
        // An address is no domain that a passkey could be bound to.
        stage.target.passkey_enabled = has_names;
        if is_pinned {
            stage.target.app.http.tls.ca = Some(stage.lab.kasm_certificate_pem());
        }
        let mut wrong = Vec::new();
        // A look at everything, then what a daemon does in six minutes.
        for number in 0..7 {
            let report = if number == 0 { stage.look().await } else { stage.next_round().await };
            let open = report.checks.iter().filter(|check| check.verdict == Verdict::Unknown);
            let open: Vec<String> = open.map(|check| format!("{}: {:?}", check.id, check.reason)).collect();
            if (failing(&report), report.login.word()) != (vec![], "ok") || !open.is_empty() {
                wrong.push(format!("{name}, look {number}: {:?} {} {open:?}", failing(&report), report.login.word()));
            }
        }
        stage.close(&name).await;
        wrong
    });
    let wrong: Vec<Vec<String>> = stream::iter(looks).buffer_unordered(SIDE_BY_SIDE).collect().await;
    let wrong = wrong.concat();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
