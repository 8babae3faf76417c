//! Sends messages: one file per kind of receiver.

mod alertmanager;
mod ntfy;
mod push;
mod smtp;
mod webhook;

use std::time::Duration;

use url::Url;

use super::message::Message;
use crate::{
    clock::Clock,
    collect::webhook_client::{self, SendError, WebhookClient, WebhookRequest},
    config::{Heartbeat, Receiver, ReceiverKind, Secret, SecretSource},
};

pub use alertmanager::name as alert_name;

/// How long one message may take, whatever a receiver does.
const LIMIT: Duration = Duration::from_mins(1);

/// What sends messages. The real one is [`Sender`]; tests have theirs.
pub trait Transport: Send + Sync + 'static {
    /// Sends a message to a receiver.
    fn deliver(&self, receiver: &Receiver, message: &Message) -> impl Future<Output = Result<(), SendError>> + Send;

    /// Calls the heartbeat's address.
    fn beat(&self, heartbeat: &Heartbeat) -> impl Future<Output = Result<(), SendError>> + Send;
}

/// Sends messages over the network.
#[derive(Debug)]
pub struct Sender {
    outward: WebhookClient,
    clock: Clock,
    /// Where pages are, for links.
    site: Option<String>,
}

impl Sender {
    /// A sender whose messages link to pages below `site`.
    #[must_use]
    pub fn new(clock: Clock, site: Option<String>) -> Self {
        Self { outward: WebhookClient::new(clock), clock, site }
    }

    async fn send(&self, receiver: &Receiver, message: &Message) -> Result<(), SendError> {
        let site = self.site.as_deref();
        match &receiver.means {
            ReceiverKind::Webhook(webhook) => {
                self.outward.tell(&webhook::outgoing(webhook, message, site).await?).await.map(drop)
            }
            ReceiverKind::Ntfy(ntfy) => self.outward.tell(&ntfy::outgoing(ntfy, message, site).await?).await.map(drop),
            ReceiverKind::Push(push) => push::send(&self.outward, push, message, site, self.clock.now()).await,
            ReceiverKind::Smtp(smtp) => smtp::send(smtp, message, site, self.clock.now()).await,
            ReceiverKind::Alertmanager(alertmanager) => {
                alertmanager::send(&self.outward, alertmanager, message, site, self.clock.now()).await
            }
        }
    }
}

impl Transport for Sender {
    async fn deliver(&self, receiver: &Receiver, message: &Message) -> Result<(), SendError> {
        within_limit(self.send(receiver, message)).await
    }

    async fn beat(&self, heartbeat: &Heartbeat) -> Result<(), SendError> {
        within_limit(async {
            let url = secret_url(&heartbeat.url).await?;
            let secrets = webhook_client::parts(&url);
            self.outward
                .tell(&WebhookRequest { url, http: &heartbeat.http, bearer: None, json: None, is_put: false, secrets })
                .await
                .map(drop)
        })
        .await
    }
}

async fn within_limit(sending: impl Future<Output = Result<(), SendError>>) -> Result<(), SendError> {
    match tokio::time::timeout(LIMIT, Box::pin(sending)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(SendError::from(format!("nothing came of it within {} s", LIMIT.as_secs()))),
    }
}

/// A secret as it is now.
async fn secret(source: &SecretSource) -> Result<Secret, SendError> {
    source.now().await.read().map_err(|error| SendError::from(error.to_string()))
}

/// An address that is a secret, as it is now.
async fn secret_url(source: &SecretSource) -> Result<Url, SendError> {
    let secret = secret(source).await?;
    // The error says what is wrong, and nothing of the address.
    Url::parse(secret.expose().trim()).map_err(|error| SendError::from(format!("url_file holds no address: {error}")))
}
