//! Whom to tell, and when not to: receivers, the heartbeat, and maintenance windows, once they are valid.

pub(super) mod read;
pub(super) mod redact;
mod sending;
pub(super) mod silence;
mod template;

use std::{collections::BTreeSet, time::Duration};

use serde::{Deserialize, Serialize};
use url::Url;

pub use template::{Placeholder, Template};

use super::{HttpSettings, SecretSource};
use crate::schedule::Schedule;

/// One receiver of messages.
#[derive(Debug, Clone, PartialEq)]
pub struct Receiver {
    /// Its name: unique, and the `receiver` label.
    pub name: String,
    /// What it is told of.
    pub send: BTreeSet<Topic>,
    /// How long it must be unknown whether people can sign in before that is told.
    pub unknown_after: Duration,
    /// The most messages within an hour.
    pub per_hour: u32,
    /// How it is told.
    pub means: ReceiverKind,
}

/// What a message is about. In the order of gravity, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// People cannot sign in.
    Broken,
    /// It cannot be told whether people can sign in.
    Unknown,
    /// Some people cannot sign in, or only partly.
    Degraded,
    /// Sign-in works, and something threatens it.
    Risk,
}

impl Topic {
    /// Every topic.
    pub const ALL: [Self; 4] = [Self::Broken, Self::Unknown, Self::Degraded, Self::Risk];
    /// What a receiver is told of where it says nothing itself.
    pub const DEFAULT: [Self; 2] = [Self::Broken, Self::Unknown];

    /// The word in the config and in messages.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Unknown => "unknown",
            Self::Degraded => "degraded",
            Self::Risk => "risk",
        }
    }
}

/// How a receiver is told.
#[derive(Debug, Clone, PartialEq)]
pub enum ReceiverKind {
    /// JSON by POST.
    Webhook(Webhook),
    /// ntfy (<https://docs.ntfy.sh/publish/#publish-as-json>).
    Ntfy(Ntfy),
    /// Mail.
    Smtp(Smtp),
    /// Alertmanager's API (version 2).
    Alertmanager(Alertmanager),
    /// A chat or push service with a form of its own.
    Push(Push),
}

impl ReceiverKind {
    /// The word in the config.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Webhook(_) => "webhook",
            Self::Ntfy(_) => "ntfy",
            Self::Smtp(_) => "smtp",
            Self::Alertmanager(_) => "alertmanager",
            Self::Push(push) => push.service.row().word,
        }
    }
}

/// A webhook.
#[derive(Debug, Clone, PartialEq)]
pub struct Webhook {
    /// Where to. Many carry a token in it, so all of it is a secret.
    pub url: SecretSource,
    /// The body; the default one where there is none.
    pub body: Option<Template>,
    /// How to connect.
    pub http: HttpSettings,
}

/// A topic of an ntfy server.
#[derive(Debug, Clone, PartialEq)]
pub struct Ntfy {
    /// The server's root.
    pub url: Url,
    /// The topic, which is as good as a password.
    pub topic: SecretSource,
    /// An access token.
    pub token: Option<SecretSource>,
    /// Tags beside the one that says what happened.
    pub tags: Vec<String>,
    /// How to connect.
    pub http: HttpSettings,
}

/// A mail server, and between whom mail goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Smtp {
    /// The server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: MailTls,
    /// Trusted certificates in PEM instead of the system's.
    pub ca_file: Option<std::path::PathBuf>,
    /// User name and password.
    pub auth: Option<(String, SecretSource)>,
    /// The sender, as in a mail's `From`.
    pub from: String,
    /// The recipients, at least one.
    pub to: Vec<String>,
}

/// How the connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// By STARTTLS, which the server must offer (port 587).
    Starttls,
    /// From the first byte (port 465).
    Tls,
    /// Not at all (port 25): to loopback, or where the config says `allow_plain`.
    None,
}

impl MailTls {
    /// The word in the config.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Starttls => "starttls",
            Self::Tls => "tls",
            Self::None => "none",
        }
    }

    /// The port where the config names none.
    #[must_use]
    pub fn port(self) -> u16 {
        match self {
            Self::Starttls => 587,
            Self::Tls => 465,
            Self::None => 25,
        }
    }
}

/// The members of one Alertmanager cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct Alertmanager {
    /// Each member's root.
    pub urls: Vec<Url>,
    /// How to connect.
    pub http: HttpSettings,
}

/// A chat or push service, and whom it tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Push {
    /// The service.
    pub service: PushService,
    /// The root of its API.
    pub url: Url,
    /// What lets us in.
    pub token: SecretSource,
    /// The chat, user or room, where the token alone does not say it.
    pub to: Option<SecretSource>,
    /// How to connect.
    pub http: HttpSettings,
}

/// A service that shows messages to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushService {
    /// A bot of Telegram (<https://core.telegram.org/bots/api#sendmessage>).
    Telegram,
    /// Pushover (<https://pushover.net/api>).
    Pushover,
    /// A Gotify server (<https://gotify.net/docs/pushmsg>).
    Gotify,
    /// A room of Matrix (client-server API 1.1, section 7.6.2: `PUT …/rooms/{roomId}/send/…`).
    Matrix,
    /// An Apprise API server, which passes messages on to more than a hundred other services
    /// (<https://github.com/caronc/apprise-api>).
    Apprise,
}

/// What the configuration of a service holds.
#[derive(Debug)]
pub struct PushRow {
    /// The key of the service.
    pub word: &'static str,
    /// The root of its API, where it is the same for everybody.
    pub url: Option<&'static str>,
    /// The key of what lets us in, and of its file.
    pub token: [&'static str; 2],
    /// The key of the recipient and of its file, and what to write there.
    pub to: Option<([&'static str; 2], &'static str)>,
}

impl PushService {
    /// Every service.
    pub const ALL: [Self; 5] = [Self::Telegram, Self::Pushover, Self::Gotify, Self::Matrix, Self::Apprise];

    /// What its configuration holds.
    #[must_use]
    pub const fn row(self) -> &'static PushRow {
        const TOKEN: [&str; 2] = ["token", "token_file"];
        match self {
            Self::Telegram => &PushRow {
                word: "telegram",
                url: Some("https://api.telegram.org"),
                token: TOKEN,
                to: Some((["chat", "chat_file"], "the chat's id, such as -1001234567890, or @channel")),
            },
            Self::Pushover => &PushRow {
                word: "pushover",
                url: Some("https://api.pushover.net"),
                token: TOKEN,
                to: Some((["user", "user_file"], "the key of a user or a group")),
            },
            Self::Gotify => &PushRow { word: "gotify", url: None, token: TOKEN, to: None },
            Self::Matrix => &PushRow {
                word: "matrix",
                url: None,
                token: TOKEN,
                to: Some((["room", "room_file"], "the room's id, such as !abc:example.com")),
            },
            Self::Apprise => &PushRow { word: "apprise", url: None, token: ["key", "key_file"], to: None },
        }
    }
}

/// The dead man's switch: an address that is called while all is watched.
#[derive(Debug, Clone, PartialEq)]
pub struct Heartbeat {
    /// What is called by GET. Whoever knows it can fake a beat, so it is a secret.
    pub url: SecretSource,
    /// How often.
    pub every: Duration,
    /// How to connect.
    pub http: HttpSettings,
}

/// A maintenance window that comes again and again.
#[derive(Debug, Clone, PartialEq)]
pub struct Maintenance {
    /// When it begins: a crontab in `schedule.timezone`.
    pub schedule: Schedule,
    /// How long it lasts.
    pub duration: Duration,
    /// The targets; none means all.
    pub targets: Option<BTreeSet<String>>,
    /// Why, for people.
    pub reason: Option<String>,
}
