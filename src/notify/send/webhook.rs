//! JSON by POST.

use serde_json::{Value, json};

use super::secret_url;
use crate::{
    collect::webhook_client::{self, SendError, WebhookRequest},
    config::{Secret, Template, Webhook},
    notify::{
        message::{Item, Message},
        words::{self, Site},
    },
};

/// The request for a message.
pub(super) async fn outgoing<'a>(
    webhook: &'a Webhook,
    message: &Message,
    site: Site<'_>,
) -> Result<WebhookRequest<'a>, SendError> {
    let url = secret_url(&webhook.url).await?;
    let literals = webhook.body.iter().flat_map(Template::literals).map(Secret::new);
    let secrets = webhook_client::parts(&url).into_iter().chain(literals).collect();
    let body = match &webhook.body {
        Some(template) => template.fill(&|placeholder| words::value(placeholder, message, site)),
        None => body(message, site),
    };
    Ok(WebhookRequest { url, http: &webhook.http, bearer: None, json: Some(body.to_string()), is_put: false, secrets })
}

/// The body where the config gives none. More fields may follow, these stay.
fn body(message: &Message, site: Site<'_>) -> Value {
    json!({
        "format": 1,
        "event": words::event(message),
        "resolved": message.is_resolved(),
        "title": words::title(message),
        "text": words::text(message, site),
        "url": words::link(message, site),
        "targets": message.items.iter().map(|item| one(item, site)).collect::<Vec<_>>(),
    })
}

fn one(item: &Item, site: Site<'_>) -> Value {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    json!({
        "target": item.target,
        "topic": item.matter.topic.word(),
        "resolved": item.phase.until().is_some(),
        "login": item.now.as_ref().map_or("unknown", |now| now.login.word()),
        "cause": some(&item.notice.check),
        "title": some(&item.notice.title),
        "what": some(&item.notice.what),
        "fix": some(&item.notice.fix),
        "since": words::rfc3339(item.since),
        "until": item.phase.until().map(words::rfc3339),
        "url": words::page(&item.target, site),
    })
}
