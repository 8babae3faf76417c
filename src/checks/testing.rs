//! For the checks' own tests: a healthy snapshot with one fact changed, and what one check says about it.

use super::{Check, evaluate};
use crate::{
    apps::kasm::{LoginConfig, OidcConfig, Start, StartOutcome},
    model::{CheckReport, Connection, Missing, Observed, Reason, Snapshot, SourceId, Tls},
    oidc::{AuthorizeUrl, Discovery},
};

/// A case: what it shows, what is changed in the healthy snapshot, and the verdict with the codes of its findings.
pub(super) type Row = (&'static str, fn(&mut Snapshot), &'static str);

/// Asserts a table of cases.
#[track_caller]
pub(super) fn table(check: &Check, rows: &[Row]) {
    for (name, change, expected) in rows {
        let report = evaluated(check, *change);
        assert_eq!(said(&report), *expected, "{}: {name}: {report:?}", check.id);
    }
}

/// The same over the healthy snapshot with every credential.
#[track_caller]
pub(super) fn table_with_credentials(check: &Check, rows: &[Row]) {
    for (name, change, expected) in rows {
        let report = evaluated_with_credentials(check, *change);
        assert_eq!(said(&report), *expected, "{}: {name}: {report:?}", check.id);
    }
}

/// The verdict and the codes of its findings.
fn said(report: &CheckReport) -> String {
    let codes = report.findings.iter().map(|finding| finding.code.as_str());
    std::iter::once(report.verdict.id()).chain(codes).collect::<Vec<_>>().join(" ")
}

/// What one check says about the healthy snapshot with a change.
pub(super) fn evaluated(check: &Check, change: impl FnOnce(&mut Snapshot)) -> CheckReport {
    evaluated_of(check, Snapshot::healthy(), change)
}

/// The same over the healthy snapshot with every credential.
pub(super) fn evaluated_with_credentials(check: &Check, change: impl FnOnce(&mut Snapshot)) -> CheckReport {
    evaluated_of(check, Snapshot::healthy_with_credentials(), change)
}

fn evaluated_of(check: &Check, mut now: Snapshot, change: impl FnOnce(&mut Snapshot)) -> CheckReport {
    change(&mut now);
    evaluate(&now, None).check(check.id).unwrap().clone()
}

/// Kasm's stored config.
pub(super) fn stored(now: &mut Snapshot) -> &mut OidcConfig {
    &mut now.kasm_config.value.as_mut().unwrap().configs[0]
}

/// The observation was tried and failed.
pub(super) fn lose<T>(seen: &mut Observed<T>, source: SourceId, reason: Reason) {
    seen.value = Err(Missing::failed(source, reason, "made for a test"));
}

/// The authorize URL that Kasm sends.
pub(super) fn url(now: &mut Snapshot) -> &mut AuthorizeUrl {
    match &mut now.login_start.value.as_mut().unwrap().starts[0].outcome {
        StartOutcome::Url(url) => url,
        other => panic!("no URL but {other:?}"),
    }
}

/// A second OpenID config on Kasm's login page that leads to `endpoint`.
pub(super) fn add_config(now: &mut Snapshot, name: &str, endpoint: &str) {
    let id = "5ca1ab1e000040008000000000000002".to_owned();
    let mut sent = url(now).clone();
    sent.endpoint = endpoint.to_owned();
    let start = Start { config_id: id.clone(), display_name: name.to_owned(), outcome: StartOutcome::Url(sent) };
    now.login_start.value.as_mut().unwrap().starts.push(start);
    let configs = configs(now);
    configs.push(LoginConfig {
        id: id.clone(),
        id_as_written: id,
        display_name: name.to_owned(),
        ..configs[0].clone()
    });
}

/// The OpenID configs on Kasm's login page.
pub(super) fn configs(now: &mut Snapshot) -> &mut Vec<LoginConfig> {
    &mut now.kasm_login_settings.value.as_mut().unwrap().configs
}

/// What TLS showed of Kasm.
pub(super) fn kasm_tls(now: &mut Snapshot) -> &mut Tls {
    connection(&mut now.app_connection).tls.as_mut().unwrap()
}

/// The connection that was seen.
pub(super) fn connection(seen: &mut Observed<Connection>) -> &mut Connection {
    seen.value.as_mut().unwrap()
}

/// Changes the discovery document by its members; null removes one.
pub(super) fn document(now: &mut Snapshot, changes: &serde_json::Value) {
    let answer = now.discovery.value.as_mut().unwrap();
    let mut document = serde_json::Value::clone(&answer.fact.document);
    let members = document.as_object_mut().unwrap();
    for (key, value) in changes.as_object().unwrap() {
        if value.is_null() {
            members.remove(key);
        } else {
            members.insert(key.clone(), value.clone());
        }
    }
    answer.fact = Discovery::parse(200, Some("application/json"), document.to_string().as_bytes()).unwrap();
}

/// Makes the provider a Pocket ID of before 2.10 (2.9: PAR, no `offline_access`).
pub(super) fn legacy(now: &mut Snapshot) {
    document(
        now,
        &serde_json::json!({
            "response_modes_supported": null,
            "client_id_metadata_document_supported": null,
            "scopes_supported": ["openid", "profile", "email", "groups"],
        }),
    );
}

/// Makes the provider one that is not Pocket ID.
pub(super) fn generic(now: &mut Snapshot) {
    document(
        now,
        &serde_json::json!({
            "token_endpoint": "https://id.example.test/token",
            "userinfo_endpoint": "https://id.example.test/userinfo",
        }),
    );
    now.client_meta.value = Err(Missing::NotApplicable("the provider is not Pocket ID".to_owned()));
}

/// Makes the provider a realm of Keycloak, to which Kasm leads.
pub(super) fn keycloak(now: &mut Snapshot) {
    const RECORDED: &str = include_str!("../../tests/fixtures/keycloak/26.7.3/discovery.json");
    let recorded: serde_json::Value = serde_json::from_str(RECORDED).unwrap();
    let body = recorded["response"]["body"].to_string();
    now.discovery.value.as_mut().unwrap().fact =
        Discovery::parse(200, Some("application/json"), body.as_bytes()).unwrap();
    now.target.provider.url = "https://id.example.test/realms/home".to_owned();
    url(now).endpoint = "https://id.example.test/realms/home/protocol/openid-connect/auth".to_owned();
    now.client_meta.value = Err(Missing::NotApplicable("the provider is not Pocket ID".to_owned()));
}
