//! Chat and push services, each by the form that its documentation gives ([`PushService`]). Texts go as plain text: what a
//! server said can neither format a message nor mention anybody.

use serde_json::{Value, json};

use super::secret;
use crate::{
    clock::Time,
    collect::webhook_client::{SendError, WebhookClient, WebhookRequest},
    config::{Push, PushService, Secret, Topic},
    notify::{
        message::Message,
        words::{self, Site},
    },
};

/// Telegram refuses a text of more than 4,096 characters, Pushover one of more than 1,024 and a title of more than 250.
const TELEGRAM_TEXT: usize = 4096;
const PUSHOVER_TEXT: usize = 1024;
const PUSHOVER_TITLE: usize = 250;
/// An event of Matrix holds at most 65,536 bytes.
const MATRIX_TEXT: usize = 30_000;

/// Sends a message.
pub(super) async fn send(
    client: &WebhookClient,
    push: &Push,
    message: &Message,
    site: Site<'_>,
    now: Time,
) -> Result<(), SendError> {
    let token = secret(&push.token).await?;
    let to = match &push.to {
        Some(to) => secret(to).await?.expose().trim().to_owned(),
        None => String::new(),
    };
    let status = client.tell(&outgoing(push, &token, &to, message, site, now)?).await?;
    // Documented: nothing is stored under this key, so nobody was told.
    if push.service == PushService::Apprise && status == 204 {
        return Err(SendError::from("HTTP 204: Apprise has nothing stored under this key".to_owned()));
    }
    Ok(())
}

fn outgoing<'a>(
    push: &'a Push,
    token: &Secret,
    to: &str,
    message: &Message,
    site: Site<'_>,
    now: Time,
) -> Result<WebhookRequest<'a>, SendError> {
    let (title, text) = (words::title(message), words::text(message, site));
    let link = words::link(message, site);
    let whole = format!("{title}\n\n{text}");
    let exposed = token.expose().trim();
    let mut bearer = None;
    let bot = format!("bot{exposed}");
    // A server takes a transaction once, so each message has one of its own.
    let transaction = format!("ssowatch-{}", now.timestamp_micros());
    let (path, body): (Vec<&str>, Value) = match push.service {
        PushService::Telegram => {
            let text = cut(&whole, TELEGRAM_TEXT);
            let body = json!({"chat_id": to, "text": text, "link_preview_options": {"is_disabled": true}});
            (vec![&bot, "sendMessage"], body)
        }
        PushService::Pushover => {
            let mut body = json!({
                "token": exposed,
                "user": to,
                "title": cut(&title, PUSHOVER_TITLE),
                "message": cut(&text, PUSHOVER_TEXT),
                // 1 passes quiet hours, -1 makes no sound.
                "priority": by_gravity(message, [1, 0, 0, -1, 0]),
            });
            if let Some(link) = &link {
                body["url"] = link.as_str().into();
            }
            (vec!["1", "messages.json"], body)
        }
        PushService::Gotify => {
            bearer = Some(token.clone());
            // From 8 on, Gotify's app makes a sound and shows the message over others.
            let mut body = json!({"title": title, "message": text, "priority": by_gravity(message, [8, 6, 5, 3, 4])});
            if let Some(link) = &link {
                body["extras"] = json!({"client::notification": {"click": {"url": link}}});
            }
            (vec!["message"], body)
        }
        PushService::Matrix => {
            bearer = Some(token.clone());
            let body = json!({"msgtype": "m.text", "body": cut(&whole, MATRIX_TEXT)});
            (vec!["_matrix", "client", "v3", "rooms", to, "send", "m.room.message", &transaction], body)
        }
        PushService::Apprise => {
            let kind = by_gravity(message, ["failure", "warning", "warning", "warning", "success"]);
            let kind = if message.items.is_empty() { "info" } else { kind };
            (vec!["notify", exposed], json!({"title": title, "body": text, "type": kind, "format": "text"}))
        }
    };
    let mut url = push.url.clone();
    url.path_segments_mut()
        .map_err(|()| SendError::from("the address has no path".to_owned()))?
        .pop_if_empty()
        .extend(path);
    let secrets = vec![token.clone(), Secret::new(bot), Secret::new(to.to_owned())];
    Ok(WebhookRequest {
        url,
        http: &push.http,
        bearer,
        json: Some(body.to_string()),
        is_put: push.service == PushService::Matrix,
        secrets,
    })
}

/// What stands for broken, degraded, unknown, at risk, and all over.
fn by_gravity<T: Copy>(message: &Message, [broken, degraded, unknown, risk, over]: [T; 5]) -> T {
    match message.gravest() {
        Some(Topic::Broken) => broken,
        Some(Topic::Degraded) => degraded,
        Some(Topic::Unknown) => unknown,
        Some(Topic::Risk) => risk,
        None => over,
    }
}

/// The beginning of a text, by characters; a cut text says so.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}
