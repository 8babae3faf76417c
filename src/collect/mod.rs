//! All network code: looks at a target and gives a snapshot. Nothing here evaluates.
//!
//! [`Collector::observe`] goes by `collection.rs`, which holds the order of the sources; each source is one file, with a half that
//! asks and a half that reads. Below them: `side` (where requests may go, and how many), `peer` (one origin and its
//! clients), `http` (the client and one exchange), `watch` (what its connections do meanwhile), `connection` (DNS, TCP and
//! TLS of our own), `tls` and `trust` (handshakes, and what a chain is worth), and `reasons`, the one place that sorts
//! what goes wrong. `outward` is for messages: the same client, to where the operator says.

mod context;
mod credentialed;
mod due;
pub mod foreign;
mod from_app;
mod from_provider;
mod off_worker;
mod provider_cache;
mod pulse;
#[cfg(test)]
mod recorded;
pub mod sign_in;
mod sources;
mod target;
mod transport;
mod with_app_key;
mod with_client_secret;
mod with_provider_key;

pub use off_worker::off_worker;
pub(crate) use transport::resolver;
pub use transport::{local, webhook_client};

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use crate::{
    clock::Clock,
    config::Target,
    model::{Answered, Connection, Credential, Observed, Snapshot},
    oidc::Discovery,
};

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

/// What one collection asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectionPlan {
    /// How much.
    pub mode: CollectMode,
    /// What these credentials show is asked again soon, whatever its interval: a check fails by it, and a fix is to show.
    pub recheck: BTreeSet<Credential>,
}

impl From<CollectMode> for CollectionPlan {
    fn from(mode: CollectMode) -> Self {
        Self { mode, recheck: BTreeSet::new() }
    }
}

/// Looks at targets: keeps loaded TLS settings, what targets of one provider share, and the budgets of requests.
#[derive(Debug)]
pub struct Collector {
    deps: transport::side_client::Deps,
    shared: provider_cache::ProviderCache,
    pulses: pulse::Pulses,
    canary: std::sync::OnceLock<sign_in::CanaryGate>,
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
        let deps =
            transport::side_client::Deps { clock, tls: Arc::default(), budget: Arc::default(), mask: Arc::default() };
        let (shared, pulses) = (provider_cache::ProviderCache::default(), pulse::Pulses::default());
        Self { deps, shared, pulses, canary: std::sync::OnceLock::new() }
    }

    /// Lets the canary sign in from now on where it is configured and its time has come, except in maintenance. Without
    /// this, only what its last run showed is read.
    pub fn let_the_canary_sign_in(&self, in_maintenance: sign_in::InMaintenance) {
        // Told once, when the daemon starts.
        let _ = self.canary.set(sign_in::CanaryGate::Open(in_maintenance));
    }

    /// Looks at a target. Never fails and never panics: what could not be seen is missing, with its reason.
    pub async fn observe(
        &self,
        target: &Target,
        before: Option<&Snapshot>,
        plan: impl Into<CollectionPlan>,
    ) -> Snapshot {
        let gate = self.canary.get().cloned().unwrap_or_default();
        Box::pin(target::collect(&self.deps, &self.shared, target, before, &plan.into(), &gate)).await
    }

    /// Asks for the discovery document on a connection of its own: one request, never shared and never put off, since
    /// whoever asks (Prometheus) has its own schedule. Counts against the budget all the same.
    pub async fn discovery_anew(&self, target: &Target) -> FreshDiscovery {
        Box::pin(from_provider::anew(&self.deps, target)).await
    }

    /// Whether one of the two sides no longer answers as that snapshot shows: two requests at most, and no verdict.
    pub async fn has_changed(&self, target: &Target, before: &Snapshot) -> bool {
        self.pulses.show_a_change(&self.deps, target, before).await
    }

    /// Forgets what belongs to no target of this list (after a reload).
    pub fn retain(&self, targets: &[Target]) {
        self.deps.tls.forget();
        self.shared.retain(targets);
        self.pulses.retain(targets);
        let origins: Vec<String> = targets
            .iter()
            .flat_map(|target| {
                [Some(&target.provider.url), target.provider.internal_url.as_ref(), Some(&target.app.url)]
            })
            .flatten()
            .map(|url| url.origin().ascii_serialization())
            .collect();
        self.deps.budget.retain(|origin| origins.iter().any(|kept| kept == origin));
    }
}
