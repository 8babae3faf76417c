//! ntfy, by its JSON form (<https://docs.ntfy.sh/publish/#publish-as-json>).

use serde_json::json;

use super::secret;
use crate::{
    collect::webhook_client::{SendError, WebhookRequest},
    config::{Ntfy, Topic},
    notify::{
        message::Message,
        words::{self, Site},
    },
};

/// What a message may hold: ntfy makes an attachment of what is longer than 4,096 bytes.
const LONGEST: usize = 4096;

/// The request for a message.
pub(super) async fn outgoing<'a>(
    ntfy: &'a Ntfy,
    message: &Message,
    site: Site<'_>,
) -> Result<WebhookRequest<'a>, SendError> {
    let topic = secret(&ntfy.topic).await?;
    let bearer = match &ntfy.token {
        Some(token) => Some(secret(token).await?),
        None => None,
    };
    let mut tags = vec![tag(message)];
    tags.extend(ntfy.tags.iter().map(String::as_str));
    let mut body = json!({
        "topic": topic.expose(),
        "title": words::title(message),
        "message": cut(&words::text(message, site)),
        "priority": priority(message),
        "tags": tags,
    });
    if let Some(link) = words::link(message, site) {
        body["click"] = link.into();
    }
    Ok(WebhookRequest {
        url: ntfy.url.clone(),
        http: &ntfy.http,
        bearer,
        json: Some(body.to_string()),
        is_put: false,
        secrets: vec![topic],
    })
}

/// From 1 (least) to 5 (most); 3 is ntfy's default.
fn priority(message: &Message) -> u8 {
    match message.gravest() {
        Some(Topic::Broken) => 5,
        Some(Topic::Degraded) => 4,
        Some(Topic::Unknown) | None => 3,
        Some(Topic::Risk) => 2,
    }
}

/// An emoji by its short code.
fn tag(message: &Message) -> &'static str {
    match message.gravest() {
        Some(Topic::Broken) => "rotating_light",
        Some(Topic::Degraded | Topic::Risk) => "warning",
        Some(Topic::Unknown) => "question",
        None => "white_check_mark",
    }
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST)]
}
