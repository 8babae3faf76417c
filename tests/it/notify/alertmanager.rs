//! Alertmanager, Debian's own: an alert appears, lasts, and resolves.

use std::{net::TcpListener, process::Stdio, time::Duration};

use serde_json::Value;
use ssowatch::{
    clock::Clock,
    collect::webhook_client::{WebhookClient, WebhookRequest},
    config::{HttpSettings, Receiver},
    notify::{
        Message, Phase,
        send::{Sender, Transport as _},
    },
};
use tokio::{
    process::{Child, Command},
    time::{sleep, timeout},
};

use super::fake::{item, receiver};

/// Longer than anything here takes, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

const CONFIG: &str = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n";

struct Alertmanager {
    url: String,
    _child: Child,
    _folder: tempfile::TempDir,
}

impl Alertmanager {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("alertmanager.yml");
        std::fs::write(&config, CONFIG).unwrap();
        // Free a moment ago: Alertmanager does not tell which port it took.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let child = Command::new("prometheus-alertmanager")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .args(["--cluster.listen-address=", "--log.level=error"])
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("prometheus-alertmanager is a Debian package: apt-get install prometheus-alertmanager");
        let alertmanager = Self { url: format!("http://{address}"), _child: child, _folder: folder };
        timeout(PATIENCE, async {
            while alertmanager.get("/-/ready").await.is_none() {
                sleep(Duration::from_millis(20)).await;
            }
        })
        .await
        .expect("Alertmanager does not start");
        alertmanager
    }

    async fn get(&self, path: &str) -> Option<String> {
        let url = format!("{}{path}", self.url).parse().unwrap();
        let http = HttpSettings::default();
        let outgoing =
            WebhookRequest { url, http: &http, bearer: None, json: None, is_put: false, secrets: Vec::new() };
        let said = WebhookClient::new(Clock::System).ask(&outgoing).await.ok()?;
        (said.status == 200).then_some(said.body)
    }

    /// The alerts that are active.
    async fn alerts(&self) -> Vec<Value> {
        serde_json::from_str(&self.get("/api/v2/alerts").await.unwrap()).unwrap()
    }

    fn receiver(&self) -> Receiver {
        receiver(&format!("alertmanager: {{urls: ['http://127.0.0.1:1', '{}']}}", self.url))
    }
}

#[tokio::test]
async fn an_alert_appears_lasts_and_resolves() {
    let alertmanager = Alertmanager::start().await;
    let sender = Sender::new(Clock::System, Some("https://sso.example.test".to_owned()));
    let receiver = alertmanager.receiver();
    let begun = Clock::System.now() - chrono::TimeDelta::minutes(2);
    let told = |phase| {
        let mut item = item("home", phase);
        item.since = begun;
        Message { items: vec![item], held_until: None }
    };
    sender.deliver(&receiver, &told(Phase::Begun)).await.unwrap();
    let alerts = alertmanager.alerts().await;
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    let alert = &alerts[0];
    let labels = serde_json::json!({"alertname": "SsoLoginBroken", "severity": "critical", "target": "home"});
    assert_eq!(alert["labels"], labels);
    assert_eq!(alert["annotations"]["summary"], "home: people cannot sign in");
    assert_eq!(alert["annotations"]["cause"], "redirect_uri_registered");
    assert_eq!(alert["annotations"]["fix"], "Enter the other one");
    assert_eq!(alert["generatorURL"], "https://sso.example.test/targets/home");
    assert_eq!(alert["status"]["state"], "active");

    // It lasts: another cause now, the same alert.
    let mut lasts = told(Phase::Lasts);
    lasts.items[0].notice.check = "pkce_not_required".to_owned();
    sender.deliver(&receiver, &lasts).await.unwrap();
    let alerts = alertmanager.alerts().await;
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    assert_eq!(alerts[0]["fingerprint"], alert["fingerprint"]);
    assert_eq!(alerts[0]["startsAt"], alert["startsAt"]);
    assert_eq!(alerts[0]["annotations"]["cause"], "pkce_not_required");

    let until = Clock::System.now() - chrono::TimeDelta::seconds(1);
    sender.deliver(&receiver, &told(Phase::Ended { until })).await.unwrap();
    assert_eq!(alertmanager.alerts().await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_test_arrives_and_what_it_refuses_is_told() {
    let alertmanager = Alertmanager::start().await;
    let sender = Sender::new(Clock::System, None);
    sender.deliver(&alertmanager.receiver(), &Message::test()).await.unwrap();
    assert_eq!(alertmanager.alerts().await[0]["labels"]["alertname"], "SsowatchTest");
    let wrong = receiver(&format!("alertmanager: {{url: '{}/elsewhere'}}", alertmanager.url));
    let untold = sender.deliver(&wrong, &Message::test()).await.unwrap_err();
    assert!(untold.detail.contains("HTTP 404 (check the address)"), "{untold:?}");
    let nobody = receiver("alertmanager: {url: 'http://127.0.0.1:1'}");
    let untold = sender.deliver(&nobody, &Message::test()).await.unwrap_err();
    assert!(untold.detail.contains("refused"), "{untold:?}");
}
