//! Labs in which nothing is broken.

use std::net::IpAddr;

use futures_util::{StreamExt as _, stream};
use ssowatch::{
    checks,
    lab::{InternalUrl, LabOptions},
    model::{AddressAnswer, AddressState, Verdict},
    providers::{ProviderKind, pocket_id::Version},
};

use super::stage::{SIDE_BY_SIDE, Stage, failing};

fn https() -> LabOptions {
    LabOptions { tls: true, ..LabOptions::default() }
}

/// Every kind of lab that is well.
fn labs() -> Vec<(String, LabOptions)> {
    let mut labs: Vec<(String, LabOptions)> = Vec::new();
    for (major, minor) in [(1, 16), (2, 3), (2, 9), (2, 10), (2, 14)] {
        for tls in [false, true] {
            let options = LabOptions { tls, ..LabOptions::version(major, minor) };
            labs.push((format!("Pocket ID {major}.{minor}, tls {tls}"), options));
        }
    }
    let mut add = |name: &str, options: LabOptions| labs.push((name.to_owned(), options));
    for tls in [false, true] {
        add("another provider", LabOptions { kind: ProviderKind::Openid, tls, ..LabOptions::default() });
        add("ES256 keys", LabOptions { es256: true, tls, ..LabOptions::default() });
        add("IPv6 only", LabOptions { ipv6: true, tls, ..LabOptions::default() });
        add("auto login", LabOptions { auto_login: true, tls, ..LabOptions::default() });
    }
    for internal_url in [InternalUrl::Reachable, InternalUrl::Unreachable] {
        add("an internal base", LabOptions { internal_url, ..https() });
        let version = Version::new(2, 3);
        add("an internal base, 2.3", LabOptions { internal_url, version, ..https() });
    }
    add("localhost", LabOptions { localhost: true, ..LabOptions::default() });
    add("a Kasm on another port", LabOptions { kasm_port: Some(8443), ..https() });
    add("several configs", LabOptions { other_configs: 3, ..https() });
    add("a renamed button", LabOptions { display_name: "Company login".to_owned(), ..https() });
    add("a SAML config beside", LabOptions { saml: true, ..https() });
    labs
}

#[tokio::test(flavor = "multi_thread")]
async fn no_check_fails_in_a_lab_that_is_well() {
    let looks = labs().into_iter().map(|(name, options)| async move {
        let mut stage = Stage::new(options).await;
        let report = stage.look().await;
        let said = (failing(&report), report.login.word());
        let unknown: Vec<String> = report
            .checks
            .iter()
            .filter(|check| check.verdict == Verdict::Unknown)
            .map(|check| format!("{}: {:?}", check.id, check.reason))
            .collect();
        stage.close(&name).await;
        (said != (vec![], "ok") || !unknown.is_empty()).then(|| format!("{name}: {said:?} {unknown:?}"))
    });
    let wrong: Vec<Option<String>> = stream::iter(looks).buffer_unordered(SIDE_BY_SIDE).collect().await;
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_kasm_with_its_default_certificate_is_at_risk_until_it_is_pinned() {
    let mut stage = Stage::new(LabOptions { kasm_self_signed: true, ..https() }).await;
    let report = stage.look().await;
    assert_eq!((failing(&report), report.login.word()), (vec!["app_certificate_trusted".to_owned()], "ok"));
    stage.target.app.http.tls.ca = Some(stage.lab.kasm_certificate_pem());
    let report = stage.look().await;
    assert_eq!((failing(&report), report.login.word()), (vec![], "ok"));
    stage.close("a default certificate").await;
}

#[tokio::test]
async fn an_address_that_this_host_has_no_route_to_is_not_their_fault() {
    let mut stage = Stage::new(https()).await;
    stage.look().await;
    let mut snapshot = stage.snapshot().clone();
    for connection in [&mut snapshot.provider_connection, &mut snapshot.app_connection] {
        let address: IpAddr = "2001:db8::1".parse().unwrap();
        let unroutable = AddressAnswer { address, answer: AddressState::NoRoute };
        connection.value.as_mut().unwrap().addresses.insert(0, unroutable);
    }
    let report = checks::evaluate(&snapshot, None);
    assert_eq!((failing(&report), report.login.word()), (vec![], "ok"));
    stage.close("no IPv6").await;
}
