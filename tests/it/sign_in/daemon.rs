//! A daemon with a canary: what its page and its metrics say, and that it stays at home in maintenance.

use std::time::Duration;

use ssowatch::{
    app::{self, Options, Running},
    config::Config,
    lab::BrokenSignIn,
};
use tokio::net::TcpListener;

use super::Played;
use crate::end_to_end::http;

/// A daemon that has had its first rounds, and what it answers.
struct Daemon(Running);

impl Daemon {
    async fn start(played: &Played, more: &str) -> Self {
        let canary = "canary: {user: canary, passkey_file: canary.json, complete: true}\n";
        let text = format!("{}{canary}schedule: {{round: every 10s}}\n{more}", played.lab.config_yaml());
        let config = Config::parse(&text, "f", played.folder.path(), &|_| None).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self(app::start(config, vec![listener], Options::default()).await.unwrap())
    }

    async fn get(&self, path: &str) -> String {
        http::get(self.0.addresses[0], path).await.unwrap()
    }

    /// Waits until its metrics say that, as long as rounds need.
    async fn says(&self, series: &str) -> String {
        let said = async {
            loop {
                let metrics = self.get("/metrics").await;
                if metrics.contains(series) {
                    return metrics;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), said).await.unwrap_or_else(|_| panic!("{series} did not come"))
    }
}

#[tokio::test]
async fn page_metrics_and_api_tell_of_the_last_sign_in_and_hold_no_secret_of_it() {
    let played = Played::enrolled((2, 14), true).await;
    let daemon = Daemon::start(&played, "").await;
    let metrics = daemon.says("ssowatch_canary_success{target=\"lab\",step=\"landing\"} 1").await;
    for series in [
        "ssowatch_canary_last_success_timestamp_seconds{target=\"lab\"}",
        "ssowatch_canary_duration_seconds{target=\"lab\",step=\"passkey\"}",
        "ssowatch_check_success{target=\"lab\",check=\"back_channel\",stage=\"token\",severity=\"outage\"} 1",
    ] {
        assert!(metrics.contains(series), "{series} in\n{metrics}");
    }
    let page = daemon.get("/").await;
    assert!(page.contains("Last real sign-in by the canary: less than a minute ago"), "{page}");
    let outputs = [
        metrics,
        page,
        daemon.get("/targets/lab").await,
        daemon.get("/api/v1/targets/lab").await,
        daemon.get("/api/v1/changes").await,
        daemon.get("/config").await,
        daemon.get("/checks/canary_signs_in").await,
    ];
    for secret in played.lab.sign_in_secrets() {
        assert!(outputs.iter().all(|output| !output.contains(&secret)), "{secret}");
    }
    daemon.0.stop().await;
    played.close().await;
}

#[tokio::test]
async fn a_step_that_fails_is_told_by_its_name() {
    let played = Played::enrolled((2, 9), true).await;
    played.lab.break_sign_in(BrokenSignIn::AppSecretWrong);
    let daemon = Daemon::start(&played, "").await;
    let metrics = daemon.says("ssowatch_canary_success{target=\"lab\",step=\"landing\"} 0").await;
    assert!(metrics.contains("ssowatch_canary_success{target=\"lab\",step=\"code\"} 1"), "{metrics}");
    assert!(
        metrics.contains("ssowatch_login_cause{target=\"lab\",check=\"canary_lands\",stage=\"landing\"} 1"),
        "{metrics}"
    );
    assert!(
        daemon.get("/").await.contains("The canary&#39;s sign-in failed")
            || daemon.get("/").await.contains("The canary's sign-in failed")
    );
    daemon.0.stop().await;
    played.close().await;
}

#[tokio::test]
async fn in_a_maintenance_window_it_stays_at_home() {
    let played = Played::enrolled((2, 14), true).await;
    // Every minute, for two: there is always one open.
    let window = "maintenance: [{schedule: \"* * * * *\", duration: 2m}]\n";
    let daemon = Daemon::start(&played, window).await;
    let metrics = daemon.says("ssowatch_login_success{target=\"lab\"} 1").await;
    assert!(!metrics.contains("ssowatch_canary_success{"), "{metrics}");
    assert!(!played.lab.sign_in_traces().audit.contains(&"SIGN_IN"));
    daemon.0.stop().await;
    played.close().await;
}
