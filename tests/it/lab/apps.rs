//! The apps beside Kasm, played on HTTPS with every credential: what breaks each, and what is said then.

use ssowatch::{
    clock::Clock,
    collect::{CollectMode, Collector},
    config::Target,
    lab::{AppFault, Lab, LabOptions},
    model::{Login, Report},
    round::round,
};

async fn look(target: &Target) -> Report {
    round(&Collector::new(Clock::System), target, None, CollectMode::Full).await.report
}

fn failing(report: &Report) -> Vec<&str> {
    // The lab has clients of nobody, which no target watches.
    report.failing().map(|check| check.id.as_str()).filter(|id| *id != "clients_watched").collect()
}

/// Each fault: the target whose cause it is, and that cause.
const FOUND: &[(AppFault, &str, &str)] = &[
    (AppFault::GrafanaBehindProxy, "grafana", "redirect_uri_is_own"),
    (AppFault::GrafanaWithoutPkce, "grafana", "pkce_not_required"),
    (AppFault::GrafanaClientGone, "grafana", "client_known"),
    (AppFault::GrafanaDown, "grafana", "app_healthy"),
    (AppFault::ImmichCallbackGone, "immich", "redirect_uri_registered"),
    (AppFault::ImmichWithoutOpenid, "immich", "scope_has_openid"),
    (AppFault::PaperlessCutOff, "paperless", "back_channel"),
    (AppFault::PaperlessAtOldProvider, "paperless", "authorization_url_matches"),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_of_an_app_is_found_in_that_app_alone() {
    let lab = Lab::start(LabOptions { tls: true, other_apps: true, ..LabOptions::default() }).await.unwrap();
    let targets = lab.targets_with_everything();
    assert_eq!(
        targets.iter().map(|target| &*target.name).collect::<Vec<_>>(),
        ["kasm", "grafana", "immich", "paperless"]
    );
    for target in &targets {
        let report = look(target).await;
        assert_eq!((report.login, failing(&report)), (Login::Ok, Vec::new()), "{}", target.name);
    }
    for (fault, name, cause) in FOUND {
        lab.break_app(*fault);
        for target in &targets {
            let report = look(target).await;
            let found = report.cause.as_ref().map(|cause| cause.check.as_str());
            assert_eq!(
                found,
                (target.name == *name).then_some(*cause),
                "{} at {}: {:?}",
                fault.id(),
                target.name,
                failing(&report)
            );
        }
        lab.fix_app(*fault);
    }
    let named: Vec<AppFault> = FOUND.iter().map(|(fault, ..)| *fault).collect();
    assert_eq!(named, AppFault::ALL, "every fault is played");
    assert_eq!(lab.stop().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_lab_of_kasm_alone_has_no_other_app_and_none_of_their_faults() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    assert_eq!(lab.targets_with_everything().len(), 1);
    lab.break_app(AppFault::GrafanaDown);
    assert_eq!(lab.broken_apps(), []);
    let report = look(&lab.targets_with_everything()[0]).await;
    assert_eq!(failing(&report), Vec::<&str>::new());
}
