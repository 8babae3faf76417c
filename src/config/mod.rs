//! The configuration: as written, then valid; every error names file, line, field, and what was meant.
//!
//! A single target also comes from flags and environment variables alone: [`Flags`].
//!
//! A text goes through three stages: `yaml` (a tree in which everything knows its place), `reader` with `file`,
//! `target`, `http` and `secrets` (read field by field, telling every problem), `valid` (what the program works with).
//! Prometheus' web-config file is read the same way, by `web`.

pub mod address;
mod app;
mod canary;
mod defaults;
mod demand;
mod file;
mod flags;
mod http;
mod interpolate;
mod load;
mod name;
mod notify;
mod page;
mod problems;
mod reader;
mod redacted;
mod secret;
mod secrets;
mod shown;
mod target;
mod valid;
mod web;
mod yaml;

pub use canary::{Canary, CanarySettings};
pub use demand::Demand;
pub use flags::{Flags, Named};
pub use http::{HttpSettings, NamedHeader, ProxySettings, TlsSettings};
pub use notify::{
    Alertmanager, Heartbeat, MailTls, Maintenance, Ntfy, Placeholder, Push, PushService, Receiver, ReceiverKind, Smtp,
    Template, Topic, Webhook,
};
pub use page::{WebSettings, host_name};
pub use problems::{ConfigError, Mark, Problem};
pub use secret::{Secret, SecretError, SecretSource};
pub use valid::{ApiAuth, App, Config, Provider, REQUESTS_PER_MINUTE, Target};
pub use web::{ClientAuth, Files, Rate, WebConfig, WebTls};
