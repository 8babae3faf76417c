//! The key itself: how it is sent, what it lacks, and that nobody sees it.

use ssowatch::{
    checks::evaluate,
    config::{ApiAuth, Secret, SecretSource},
    lab::{Fault, KASM_API_KEY, KASM_API_KEY_SECRET, Lab, LabOptions},
    model::{Credential, Login, Missing, Reason, Side},
    render::{json, junit, style::Style, text::text},
};

use super::{PROVEN, look, target, with_verdict};

/// The reason of a check.
fn reason(report: &ssowatch::model::Report, id: &str) -> String {
    report.check(id).unwrap().reason.clone().unwrap_or_default()
}

#[tokio::test]
async fn a_key_that_is_refused_makes_checks_unknown_with_the_right_words_and_no_login_failed() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    let target = target(&lab);
    for (fault, expected, words) in [
        (Fault::KasmKeyWrong, Reason::Unauthorized, "Kasm refuses our key or its secret half"),
        (Fault::KasmKeyExpired, Reason::Unauthorized, "our Kasm key has expired"),
        (Fault::KasmKeyWithoutPermission, Reason::Unauthorized, "lacks the permission Auth View"),
        (Fault::DeveloperApiUnlicensed, Reason::Unlicensed, "licence lacks the Developer API"),
        (Fault::DeveloperApiErrorInside, Reason::Body, "an error of its own: HTTP 200"),
        (Fault::DeveloperApiWebPage, Reason::Status, "HTTP 500 with a web page"),
    ] {
        lab.break_with(fault);
        lab.forget_seen();
        let snapshot = look(&target).await;
        let (found, detail) = snapshot.kasm_config.failure().unwrap();
        assert_eq!(found, expected, "{fault}");
        assert!(detail.contains(words), "{fault}: {detail}");
        let report = evaluate(&snapshot, None);
        assert_eq!(report.login, Login::Ok, "{fault}");
        for id in PROVEN.iter().filter(|id| **id != "kasm_licensed") {
            assert_eq!(report.check(id).unwrap().verdict, "unknown", "{fault}: {id}");
        }
        assert!(reason(&report, "token_url_matches").contains(words), "{fault}");
        let waits = reason(&report, "local_user_in_the_way");
        assert_eq!(waits, "waits for Kasm's stored OpenID config", "{fault}: said once");
        assert_eq!(lab.count(Side::App, "/api/public/get_oidc_configs"), 1, "{fault}: no second try");
        assert_eq!(lab.count(Side::App, "/api/public/system_info"), 0, "{fault}: nor on anything else");
        lab.fix(fault);
    }
    assert_eq!(lab.stop().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_a_key_may_not_see_beside_the_configs_is_unverified_with_the_name_of_the_right() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    lab.break_with(Fault::KasmKeyReadsConfigsOnly);
    let snapshot = look(&target(&lab)).await;
    let out_of_reach = |missing: Option<&Missing>| match missing {
        Some(Missing::OutOfReach(why)) => why.clone(),
        other => panic!("{other:?}"),
    };
    assert!(out_of_reach(snapshot.kasm_version.value.as_ref().err()).contains("System View"));
    assert!(out_of_reach(snapshot.kasm_mappings.value.as_ref().err()).contains("Groups View"));
    assert!(out_of_reach(snapshot.kasm_user.value.as_ref().err()).contains("Users View"));
    let report = evaluate(&snapshot, None);
    assert_eq!(report.check("local_user_in_the_way").unwrap().verdict, "unverified");
    assert!(reason(&report, "local_user_in_the_way").contains("lacks the permission Users View"));
    assert_eq!(with_verdict(&report, "fail"), Vec::<String>::new());
    assert_eq!(with_verdict(&report, "unknown"), Vec::<String>::new());
}

#[tokio::test]
async fn nobody_is_asked_for_unless_a_test_user_is_named() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    let snapshot = look(&lab.target_with(&[Credential::AppKey])).await;
    assert!(matches!(&snapshot.kasm_user.value, Err(Missing::OutOfReach(why)) if why.contains("expect.user")));
    assert_eq!(lab.count(Side::App, "/api/public/get_user"), 0);
    let mut absent = target(&lab);
    absent.expect.user = Some("Nobody".to_owned());
    let report = evaluate(&look(&absent).await, None);
    assert!(reason(&report, "local_user_in_the_way").contains("no user Nobody yet"), "{report:?}");
    assert_eq!(lab.stop().await, Vec::<String>::new());
}

#[tokio::test]
async fn basic_goes_in_a_header_below_api_and_no_other_way_is_tried() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    let mut target = target(&lab);
    target.app.api_auth = ApiAuth::Basic;
    let report = evaluate(&look(&target).await, None);
    assert_eq!(report.check("token_url_matches").unwrap().verdict, "ok");
    assert_eq!(lab.count(Side::App, "/api/get_oidc_configs"), 1);
    lab.break_with(Fault::KasmKeyWrong);
    let _ = look(&target).await;
    assert!(lab.seen().iter().all(|seen| !seen.path.starts_with("/api/public/")), "{:?}", lab.seen());
    assert_eq!(lab.stop().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_keeps_the_key_here() {
    let options = LabOptions { tls: true, kasm_self_signed: true, ..LabOptions::default() };
    let lab = Lab::start(options).await.unwrap();
    let snapshot = look(&target(&lab)).await;
    let (found, detail) = snapshot.kasm_config.failure().unwrap();
    assert_eq!(found, Reason::Blocked);
    assert!(detail.contains("withheld"), "{detail}");
    assert!(lab.seen().iter().all(|seen| !seen.path.starts_with("/api/public/")));
    let report = evaluate(&snapshot, None);
    assert_eq!(report.check("token_url_matches").unwrap().verdict, "unknown");
    assert_eq!(report.check("login_starts").unwrap().verdict, "ok", "what needs no credential goes on");

    let mut pinned = target(&lab);
    pinned.app.http.tls.ca = Some(lab.kasm_certificate_pem());
    assert!(look(&pinned).await.kasm_config.ok().is_some());
    assert_eq!(lab.stop().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_key_is_read_at_use_and_a_file_that_is_gone_is_our_own_fault() {
    let folder = tempfile::tempdir().unwrap();
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    let mut target = target(&lab);
    let path = folder.path().join("key-secret");
    target.app.api_key_secret = Some(SecretSource::File(path.clone()));
    let snapshot = look(&target).await;
    let (found, detail) = snapshot.kasm_config.failure().unwrap();
    assert_eq!(found, Reason::Blocked);
    assert!(detail.contains("our own credential cannot be read") && detail.contains("key-secret"), "{detail}");
    std::fs::write(&path, format!("{KASM_API_KEY_SECRET}\n")).unwrap();
    assert!(look(&target).await.kasm_config.ok().is_some());
    assert_eq!(lab.stop().await, Vec::<String>::new());
}

#[tokio::test]
async fn neither_half_of_the_key_is_ever_shown() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    let mut faults: Vec<Option<Fault>> = vec![None];
    faults.extend(Fault::ALL.iter().filter(|fault| fault.needs() == Some(Credential::AppKey)).copied().map(Some));
    for (fault, auth) in faults.into_iter().flat_map(|fault| [(fault, ApiAuth::Body), (fault, ApiAuth::Basic)]) {
        lab.fix_all();
        fault.into_iter().for_each(|fault| lab.break_with(fault));
        let mut target = target(&lab);
        target.app.api_auth = auth;
        let snapshot = look(&target).await;
        let report = evaluate(&snapshot, None);
        let outputs = [
            format!("{target:?} {snapshot:?} {report:?}"),
            serde_json::to_string(&snapshot).unwrap(),
            text(&report, &snapshot, Style::PLAIN),
            json::json([&report]).unwrap(),
            junit::junit([&report]).unwrap(),
        ];
        for output in outputs {
            assert!(!output.is_empty());
            for half in [KASM_API_KEY, KASM_API_KEY_SECRET] {
                assert!(!output.contains(half), "{fault:?} shows the key:\n{output}");
            }
            assert!(!output.contains("**********"), "{fault:?}: a mask is no value");
        }
    }
    assert_eq!(lab.stop().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_key_with_characters_that_no_header_can_carry_is_told_and_not_shown() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    let mut target = target(&lab);
    target.app.api_key = Some(SecretSource::Inline(Secret::new("wrong\u{7f}key".to_owned())));
    for auth in [ApiAuth::Body, ApiAuth::Basic] {
        target.app.api_auth = auth;
        let snapshot = look(&target).await;
        assert_eq!(snapshot.kasm_config.failure().unwrap().0, Reason::Unauthorized, "base64 carries anything");
        assert!(!format!("{snapshot:?}").contains("wrong"));
    }
}
