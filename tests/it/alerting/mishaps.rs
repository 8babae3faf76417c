//! What goes wrong with the daemon itself is told, whatever it is: never silence.

use ssowatch::lab::{Lab, LabOptions};

use super::{
    prometheus_yml, routes, rules,
    stack::{Daemon, Watchers, target_yaml},
};
use crate::end_to_end::prometheus::until;

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_is_killed_stopped_out_of_disk_or_misconfigured_is_told() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    let targets = target_yaml("home", &lab, &[]);
    let schedule = "{round: every 10s}";
    let storage = tempfile::tempdir().unwrap();
    let kept = [format!("--storage.path={}", storage.path().join("journal").display())];
    let mut killed = Daemon::start(schedule, &targets, &[], "").await;
    let mut stopped = Daemon::start(schedule, &targets, &[], "").await;
    let misconfigured = Daemon::start(schedule, &targets, &[], "").await;
    let full = Daemon::start(schedule, &targets, &kept, "trap '' XFSZ;").await;
    let daemons = [&killed, &stopped, &misconfigured, &full].map(|daemon| daemon.address);
    let watchers = Watchers::beside(&daemons, &prometheus_yml(), &rules(), &routes()).await;
    let told = async |whom: &str, alert: &str, instance: Option<String>| {
        until(&format!("{alert} of {instance:?}"), async || {
            let fits = |of: &super::receiver::Alert| {
                of.name() == alert
                    && instance.as_ref().is_none_or(|instance| of.labels.get("instance") == Some(instance))
            };
            watchers.receiver.first(whom, fits)
        })
        .await
    };

    killed.child.kill().await.unwrap();
    stopped.signal("STOP");
    std::fs::write(misconfigured.folder.path().join("ssowatch.yml"), "targets: [{nome: home}]\n").unwrap();
    misconfigured.signal("HUP");
    full.fills_its_disk();
    told("mail", "SsowatchInstanceDown", Some(killed.address.to_string())).await;
    told("mail", "SsowatchInstanceDown", Some(stopped.address.to_string())).await;
    told("mail", "SsowatchReloadFailed", Some(misconfigured.address.to_string())).await;
    told("mail", "SsowatchJournalFailing", Some(full.address.to_string())).await;

    // The last ones end, too: that is a page.
    for daemon in [misconfigured, full] {
        drop(daemon);
    }
    stopped.child.kill().await.unwrap();
    told("pager", "SsowatchDown", None).await;
    drop(lab);
}
