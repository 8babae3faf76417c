//! Slips in our own settings, against servers: what the first look of a target says of them.

use ssowatch::{
    checks::evaluate,
    clock::Clock,
    collect::{CollectMode, Collector},
    config::Target,
    lab::{Lab, LabOptions},
    model::{Login, Report, Snapshot},
};

async fn look(target: &Target, before: Option<&Snapshot>) -> Snapshot {
    Collector::new(Clock::System).observe(target, before, CollectMode::Full).await
}

/// The code of what our own settings have against them; none where nothing.
fn mistake(report: &Report) -> Option<&str> {
    let check = report.check("own_settings").unwrap();
    let code = check.findings.first().map(|finding| finding.code.as_str());
    if code.is_some() {
        assert_eq!((report.login, report.failing().count()), (Login::Unknown, 1), "first and alone");
        assert_eq!(report.cause.as_ref().unwrap().check, "own_settings");
    }
    code
}

#[tokio::test]
async fn addresses_that_are_swapped_are_said_so() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    let mut target = lab.target_with(&[]);
    assert_eq!(mistake(&evaluate(&look(&target, None).await, None)), None);
    std::mem::swap(&mut target.provider.url, &mut target.app.url);
    std::mem::swap(&mut target.provider.http, &mut target.app.http);
    let seen = look(&target, None).await;
    assert_eq!(mistake(&evaluate(&seen, None)), Some("swapped"));
    let again = look(&target, Some(&seen)).await;
    assert_eq!(mistake(&evaluate(&again, None)), Some("swapped"), "until it is corrected");
}

#[tokio::test]
async fn a_host_that_never_resolved_is_a_slip_and_one_that_did_is_an_outage() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    let good = lab.target_with(&[]);
    let mut target = good.clone();
    // A label of 64 letters: no resolver needs to be asked.
    target.provider.url = format!("http://{}.invalid", "a".repeat(64)).parse().unwrap();
    let seen = look(&target, None).await;
    assert_eq!(mistake(&evaluate(&seen, None)), Some("no_such_host"));
    let mut resolved_before = seen.clone();
    resolved_before.suspicions.clear();
    let report = evaluate(&look(&target, Some(&resolved_before)).await, None);
    assert_eq!((mistake(&report), report.login), (None, Login::Broken));
    assert_eq!(report.check("provider_reachable").unwrap().findings[0].code, "dns");
}
