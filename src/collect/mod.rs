//! All network code: looks at a target and gives a snapshot. Nothing here evaluates.
//!
//! [`Collector::observe`] goes by `collection.rs`, which holds the order of the sources; each source is one file, with a half that
//! asks and a half that reads. Below them: `side` (where requests may go, and how many), `peer` (one origin and its
//! clients), `http` (the client and one exchange), `watch` (what its connections do meanwhile), `connection` (DNS, TCP and
//! TLS of our own), `tls` and `trust` (handshakes, and what a chain is worth), and `reasons`, the one place that sorts
//! what goes wrong. `outward` is for messages: the same client, to where the operator says.

mod addresses;
mod answer;
mod authorize_dry_run;
mod budget;
mod carried;
mod certificate;
mod claims_preview;
mod client_access;
mod client_meta;
mod client_registration;
mod client_secret;
mod client_secrets;
mod client_token;
mod connection;
mod credentialed;
mod custom_claims;
mod developer_api;
mod discovery;
mod dry_run_answer;
mod html;
mod http;
mod jwks;
mod kasm_config;
mod app_health;
mod kasm_login_settings;
mod kasm_mappings;
mod login_start;
mod kasm_user;
mod kasm_version;
mod key_owner;
mod last_sign_in;
pub mod local;
mod collect;
mod look_kasm;
mod look_kasm_key;
mod look_provider;
mod look_provider_key;
mod look_secret;
pub mod outward;
mod page;
mod passkey_domain;
mod peer;
mod probed;
mod provider_endpoints;
mod provider_key;
mod proxy;
mod reasons;
#[cfg(test)]
mod recorded;
mod interval;
mod shared;
mod side;
mod tls;
mod token_endpoint;
mod trust;
mod watch;

use std::{sync::Arc, time::Duration};

use crate::{clock::Clock, config::Target, model::{Answered, Connection, Observed, Snapshot}, oidc::Discovery};

/// How much of a target is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CollectMode {
    /// Every source, with the larger budget: `check` and the first round. What belongs to the provider alone may be from
    /// the full collection that another target of it has had within the last minute.
    Full,
    /// What is due by its own interval; the rest stands from the snapshot before.
    Due {
        /// How old a settings source may get.
        settings_every: Duration,
        /// How old what targets of one provider share may get: less than a round.
        share_for: Duration,
    },
}

/// Looks at targets: keeps loaded TLS settings, what targets of one provider share, and the budgets of requests.
#[derive(Debug)]
pub struct Collector {
    deps: side::Deps,
    shared: shared::ProviderCache,
}

/// A discovery document that was asked for anew, with the connection that it came over (`/probe?module=discovery`).
#[derive(Debug, Clone, PartialEq)]
pub struct FreshDiscovery {
    /// The connection, with its phases. Missing where a proxy connects in our place.
    pub connection: Observed<Connection>,
    /// The document. Where the connection failed: blocked by it.
    pub discovery: Observed<Answered<Discovery>>,
}

impl Collector {
    /// A collector that has not looked yet.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        let deps = side::Deps { clock, tls: Arc::default(), budget: Arc::default() };
        Self { deps, shared: shared::ProviderCache::default() }
    }

    /// Looks at a target. Never fails and never panics: what could not be seen is missing, with its reason.
    pub async fn observe(&self, target: &Target, before: Option<&Snapshot>, mode: CollectMode) -> Snapshot {
        Box::pin(collect::collect(&self.deps, &self.shared, target, before, mode)).await
    }

    /// Asks for the discovery document on a connection of its own: one request, never shared and never put off, since
    /// whoever asks (Prometheus) has its own schedule. Counts against the budget all the same.
    pub async fn discovery_anew(&self, target: &Target) -> FreshDiscovery {
        Box::pin(look_provider::anew(&self.deps, target)).await
    }

    /// Forgets what belongs to no target of this list (after a reload).
    pub fn retain(&self, targets: &[Target]) {
        self.deps.tls.forget();
        self.shared.retain(targets);
        let origins: Vec<String> = targets
            .iter()
            .flat_map(|target| {
                [Some(&target.provider.url), target.provider.internal_url.as_ref(), Some(&target.kasm.url)]
            })
            .flatten()
            .map(|url| url.origin().ascii_serialization())
            .collect();
        self.deps.budget.retain(|origin| origins.iter().any(|kept| kept == origin));
    }
}
