//! Alertmanager's API: an alert for each matter, sent again while it lasts, ended at its fix.
//!
//! An alert that is no longer sent ends by itself, so that a daemon that is gone leaves nothing behind.

use chrono::TimeDelta;
use serde_json::{Value, json};
use url::Url;

use crate::{
    clock::Time,
    collect::webhook_client::{SendError, WebhookClient, WebhookRequest},
    config::{Alertmanager, Topic},
    notify::{
        message::{Item, Message},
        words::{self, Site},
    },
};

/// How long an alert lasts after it was last sent.
const LASTS: TimeDelta = TimeDelta::minutes(5);

/// The name of the alert about a topic, as in the shipped alert rules.
#[must_use]
pub fn name(topic: Topic) -> &'static str {
    match topic {
        Topic::Broken => "SsoLoginBroken",
        Topic::Unknown => "SsoLoginUnknown",
        Topic::Degraded => "SsoLoginDegraded",
        Topic::Risk => "SsoLoginAtRisk",
    }
}

fn severity(topic: Topic) -> &'static str {
    match topic {
        Topic::Broken => "critical",
        Topic::Unknown | Topic::Degraded => "warning",
        Topic::Risk => "info",
    }
}

/// Sends a message to each member of the cluster; one that takes it is enough, since they tell each other.
pub(super) async fn send(
    outward: &WebhookClient,
    alertmanager: &Alertmanager,
    message: &Message,
    site: Site<'_>,
    now: Time,
) -> Result<(), SendError> {
    let alerts = alerts(message, site, now).to_string();
    let mut failed = None;
    let mut is_taken = false;
    for root in &alertmanager.urls {
        let outgoing = WebhookRequest {
            url: address(root),
            http: &alertmanager.http,
            bearer: None,
            json: Some(alerts.clone()),
            is_put: false,
            secrets: Vec::new(),
        };
        match outward.tell(&outgoing).await {
            Ok(_) => is_taken = true,
            Err(untold) => failed = Some(untold),
        }
    }
    failed.filter(|_| !is_taken).map_or(Ok(()), Err)
}

fn address(root: &Url) -> Url {
    let mut url = root.clone();
    let path = format!("{}/api/v2/alerts", url.path().trim_end_matches('/'));
    url.set_path(&path);
    url
}

fn alerts(message: &Message, site: Site<'_>, now: Time) -> Value {
    if message.items.is_empty() {
        return json!([test(now)]);
    }
    message.items.iter().map(|item| alert(item, site, now)).collect()
}

fn alert(item: &Item, site: Site<'_>, now: Time) -> Value {
    let topic = item.matter.topic;
    let mut labels = json!({
        "alertname": name(topic),
        "severity": severity(topic),
        "target": item.target,
    });
    if let Some(check) = &item.matter.check {
        labels["check"] = check.as_str().into();
    }
    let message = Message { items: vec![item.clone()], held_until: None };
    let mut annotations = json!({
        "summary": words::title(&message),
        "description": words::text(&message, None),
    });
    for (key, value) in [("cause", &item.notice.check), ("what", &item.notice.what), ("fix", &item.notice.fix)] {
        if !value.is_empty() {
            annotations[key] = value.as_str().into();
        }
    }
    let mut alert = json!({
        "labels": labels,
        "annotations": annotations,
        "startsAt": words::rfc3339(item.since),
        "endsAt": words::rfc3339(item.phase.until().unwrap_or(now + LASTS)),
    });
    if let Some(page) = words::page(&item.target, site) {
        alert["generatorURL"] = page.into();
    }
    alert
}

/// An alert that ends within a minute.
fn test(now: Time) -> Value {
    json!({
        "labels": {"alertname": "SsowatchTest", "severity": "none"},
        "annotations": {"summary": words::title(&Message::test()), "description": words::text(&Message::test(), None)},
        "startsAt": words::rfc3339(now),
        "endsAt": words::rfc3339(now + TimeDelta::minutes(1)),
    })
}
