//! With a Kasm key alone: what Kasm stores is held against what it sends and what the provider says.

mod credential;
mod interval;

use ssowatch::{
    checks::evaluate,
    clock::Clock,
    collect::{CollectMode, Collector},
    config::Target,
    lab::{Fault, InternalUrl, Lab, LabOptions},
    model::{Credential, Report, Side, Snapshot, Verdict},
    providers::{ProviderKind, pocket_id::Version},
};

/// The lab as a target with the Kasm key, and the test user named.
pub fn target(lab: &Lab) -> Target {
    let mut target = lab.target_with(&[Credential::AppKey]);
    target.expect.user = Some("canary".to_owned());
    target
}

pub async fn look(target: &Target) -> Snapshot {
    Collector::new(Clock::System).observe(target, None, CollectMode::Full).await
}

pub fn with_verdict(report: &Report, verdict: Verdict) -> Vec<String> {
    report.checks.iter().filter(|check| check.verdict == verdict).map(|check| check.id.clone()).collect()
}

fn cause(report: &Report) -> &str {
    report.cause.as_ref().map_or("", |cause| cause.check.as_str())
}

/// What is proven by a Kasm key on a healthy lab.
const PROVEN: [&str; 13] = [
    "kasm_licensed",
    "start_agrees_with_config",
    "scope_list_shape",
    "token_url_matches",
    "userinfo_url_matches",
    "scopes_cover_username",
    "username_claim",
    "scopes_cover_groups",
    "groups_claim",
    "local_user_in_the_way",
    "logout_configured",
    "issuer_field_matches",
    "debug_is_off",
];

fn version(major: u32, minor: u32) -> LabOptions {
    LabOptions::version(major, minor)
}

#[tokio::test]
async fn a_healthy_pair_gives_no_failing_check_and_proves_what_the_key_shows() {
    for options in [
        version(2, 14),
        version(2, 10),
        version(2, 9),
        version(1, 16),
        LabOptions { internal_url: InternalUrl::Reachable, ..version(2, 14) },
        LabOptions { internal_url: InternalUrl::Unreachable, ..version(2, 9) },
        LabOptions { other_configs: 2, tls: true, ..version(2, 14) },
        LabOptions { tls: true, kasm_port: Some(8443), display_name: "Passkey".to_owned(), ..version(2, 14) },
        LabOptions { ipv6: true, saml: true, ..version(2, 14) },
    ] {
        let lab = Lab::start(options.clone()).await.unwrap();
        let snapshot = look(&target(&lab)).await;
        let report = evaluate(&snapshot, None);
        assert_eq!(with_verdict(&report, Verdict::Fail), Vec::<String>::new(), "{options:?}");
        assert_eq!(with_verdict(&report, Verdict::Unknown), Vec::<String>::new(), "{options:?}");
        for id in PROVEN {
            let said = report.check(id).unwrap();
            assert_eq!(said.verdict, Verdict::Ok, "{id}: {said:?} {options:?}");
        }
        assert_eq!(snapshot.kasm_version.get().unwrap().build, "1.19.0.00c9b2");
        assert_eq!(snapshot.kasm_mappings.get().unwrap()[0].sso_groups, ["kasm-users"]);
        assert_eq!(lab.stop().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn another_provider_gives_no_failing_check_either() {
    let lab = Lab::start(LabOptions { kind: ProviderKind::Openid, ..LabOptions::default() }).await.unwrap();
    let report = evaluate(&look(&target(&lab)).await, None);
    assert_eq!(with_verdict(&report, Verdict::Fail), Vec::<String>::new());
    assert_eq!(report.check("scopes_cover_groups").unwrap().verdict, Verdict::Unverified, "its own affair");
    assert_eq!(lab.stop().await, Vec::<String>::new());
}

/// A fault that a Kasm key shows, what fails, and the cause; what stays unverified for want of another key has none.
const FAULTS: &[(Fault, &[&str], &str)] = &[
    (Fault::ScopesInOneEntry, &["scope_list_shape"], "scope_list_shape"),
    (Fault::ScopeWithoutProfile, &["scopes_cover_username"], "scopes_cover_username"),
    (Fault::ScopeWithoutGroups, &["scopes_cover_groups"], ""),
    (Fault::TokenUrlStale, &["token_url_matches"], "token_url_matches"),
    (Fault::TokenUrlPath, &["token_url_matches"], "token_url_matches"),
    (Fault::UserinfoUrlStale, &["userinfo_url_matches"], "userinfo_url_matches"),
    (Fault::UserinfoUrlPath, &["userinfo_url_matches"], "userinfo_url_matches"),
    // Both may be custom claims, which an admin's key shows; so are the provider's groups.
    (Fault::UsernameAttributeUnknown, &[], ""),
    (Fault::GroupsAttributeUnknown, &[], ""),
    (Fault::GroupMappingUnknown, &[], ""),
    (Fault::GroupsAttributeMissing, &["groups_claim"], ""),
    (Fault::IssuerFieldStale, &["issuer_field_matches"], ""),
    (Fault::IssuerFieldEmpty, &["logout_configured"], ""),
    (Fault::KasmHoldsOldConfig, &["start_agrees_with_config"], ""),
    // A choice, and told as such.
    (Fault::LogoutOff, &[], ""),
    (Fault::DebugOn, &["debug_is_off"], ""),
    (Fault::LocalUserInTheWay, &["local_user_in_the_way"], ""),
    (Fault::DeveloperApiUnlicensed, &["kasm_licensed"], ""),
    (Fault::KasmKeyWrong, &[], ""),
    (Fault::KasmKeyWithoutPermission, &[], ""),
    (Fault::KasmKeyReadsConfigsOnly, &[], ""),
    (Fault::KasmKeyExpired, &[], ""),
    (Fault::DeveloperApiErrorInside, &[], ""),
    (Fault::DeveloperApiWebPage, &[], ""),
];

#[tokio::test]
async fn each_fault_that_a_kasm_key_shows_has_its_failing_checks_and_its_cause() {
    for fault in Fault::ALL.iter().filter(|fault| fault.needs() == Some(Credential::AppKey)) {
        assert!(FAULTS.iter().any(|(listed, ..)| listed == fault), "{fault} is not listed here");
    }
    for options in [version(2, 14), version(2, 9)] {
        let is_new = options.version >= Version::new(2, 10);
        let lab = Lab::start(options).await.unwrap();
        let target = target(&lab);
        for (fault, expected, caused_by) in FAULTS {
            lab.break_with(*fault);
            let report = evaluate(&look(&target).await, None);
            assert_eq!(with_verdict(&report, Verdict::Fail), *expected, "{fault}");
            let is_risk_before = *fault == Fault::ScopesInOneEntry && !is_new;
            assert_eq!(cause(&report), if is_risk_before { "" } else { caused_by }, "{fault}");
            lab.fix(*fault);
        }
        assert_eq!(lab.stop().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_fault_that_shows_from_outside_has_the_same_cause_with_the_key() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    let (plain, with_key) = (lab.target(), lab.target_with(&[Credential::AppKey]));
    for fault in [
        Fault::AuthorizationUrlStale,
        Fault::AuthorizationUrlPath,
        Fault::ClientIdDiffers,
        Fault::ClientIdTrailingBlank,
        Fault::RedirectUrlOldHost,
        Fault::RedirectUrlTrailingSlash,
        Fault::ScopesWithCommas,
        Fault::ScopeTrailingBlank,
        Fault::ScopeUnknown,
        Fault::ScopeWithoutOpenid,
        Fault::StateShort,
        Fault::PkceRequired,
        Fault::ConfigDisabled,
        Fault::ConfigHostWithPort,
        Fault::TwoConfigs,
        Fault::DatabaseGone,
    ] {
        lab.break_with(fault);
        let (outside, inside) = (evaluate(&look(&plain).await, None), evaluate(&look(&with_key).await, None));
        assert_eq!(cause(&inside), cause(&outside), "{fault}");
        assert_eq!(with_verdict(&inside, Verdict::Fail), with_verdict(&outside, Verdict::Fail), "{fault}");
        lab.fix(fault);
    }
    assert_eq!(lab.stop().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_renamed_provider_is_told_once_however_much_kasm_stores_of_it() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    lab.break_with(Fault::ProviderRenamed);
    let report = evaluate(&look(&target(&lab)).await, None);
    assert!(!with_verdict(&report, Verdict::Fail).is_empty());
    for id in ["token_url_matches", "userinfo_url_matches", "issuer_field_matches"] {
        assert_eq!(report.check(id).unwrap().verdict, Verdict::Ok, "{id}: Kasm holds provider.url");
    }
}

#[tokio::test]
async fn why_the_button_is_missing_is_told_by_what_kasm_stores() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    let target = target(&lab);
    for (fault, code) in [(Fault::ConfigDisabled, "disabled"), (Fault::ConfigForOtherHost, "other_host")] {
        lab.break_with(fault);
        let report = evaluate(&look(&target).await, None);
        assert_eq!(report.check("login_offered").unwrap().findings[0].code, code, "{fault}");
        lab.fix(fault);
    }
}

#[tokio::test]
async fn what_kasm_sends_stores_and_the_provider_has_are_three_views() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    let target = target(&lab);
    let agreed = look(&target).await;
    // One change each to what was seen: what is stored, what is sent, what the provider says.
    let drift = |snapshot: &Snapshot, id: &str| {
        let report = evaluate(snapshot, None);
        let found = report.check(id).unwrap().findings.first().and_then(|finding| finding.drift.clone());
        found.map(|drift| (drift.field, drift.expected_by, drift.actual_by))
    };
    let mut stored = agreed.clone();
    stored.kasm_config.value.as_mut().unwrap().configs[0].client_id = Some("another".to_owned());
    let told = drift(&stored, "start_agrees_with_config").unwrap();
    assert_eq!(told, ("sent_client_id".to_owned(), "Kasm stores".to_owned(), "Kasm sends".to_owned()));

    lab.break_with(Fault::AuthorizationUrlStale);
    let sent = look(&target).await;
    let told = drift(&sent, "authorization_url_matches").unwrap();
    assert_eq!(told, ("authorization_url".to_owned(), "The provider has".to_owned(), "Kasm sends".to_owned()));
    assert_eq!(drift(&sent, "start_agrees_with_config"), None, "Kasm stores what it sends");
    lab.fix_all();

    lab.break_with(Fault::TokenUrlStale);
    let told = drift(&look(&target).await, "token_url_matches").unwrap();
    assert_eq!(told, ("token_url".to_owned(), "The provider has".to_owned(), "Kasm stores".to_owned()));
    assert_eq!(lab.count(Side::App, "/api/oidc_callback"), 0);
    assert_eq!(lab.stop().await, Vec::<String>::new());
}
