//! What the sources go by that need a credential: what both sides showed without one.

use std::collections::BTreeSet;

use super::{context::RoundContext, from_app::AppCollection, provider_cache::ProviderCollection};
use crate::{
    apps::kasm::OidcConfigs,
    collect::transport::side_client::{Counts, SideClient},
    config::{SecretSource, Target},
    model::{ClientMeta, Credential, Missing, Observed, Reason, Snapshot, SourceId, TargetFacts},
};

/// What the sources go by that need a credential.
pub(super) struct Credentialed<'a> {
    /// Time, budget and interval.
    pub round: &'a RoundContext<'a>,
    /// The target, with its credentials.
    pub target: &'a Target,
    /// The target, as a snapshot has it.
    pub facts: &'a TargetFacts,
    /// What Kasm showed.
    pub kasm: &'a AppCollection,
    /// What the provider showed.
    pub provider: &'a ProviderCollection,
    /// Whether the client is known and the database answers: seen in this collection, before any credential is sent.
    pub client_meta: &'a Observed<ClientMeta>,
    /// The client id that Kasm sends; else the one that it stores, once that was read.
    pub client_id: Option<String>,
    /// The snapshot before.
    pub before: Option<&'a Snapshot>,
    /// The credentials whose facts a check fails by.
    pub recheck: &'a BTreeSet<Credential>,
    /// The requests of this collection.
    pub counts: &'a Counts,
}

impl Credentialed<'_> {
    /// A fact that is missing.
    pub(super) fn missing<T>(&self, why: Missing) -> Observed<T> {
        Observed::missing(self.round.clock.now(), why)
    }

    /// A fact that is missing for want of a credential.
    pub(super) fn without<T>(&self, credential: Credential) -> Observed<T> {
        self.missing(Missing::NotConfigured(credential))
    }

    /// The secret as it is now, or why a source cannot be asked.
    ///
    /// # Errors
    /// The file cannot be read: our own fault, told as such.
    pub(super) fn secret(source: SourceId, secret: &SecretSource) -> Result<crate::config::Secret, Missing> {
        secret.read().map_err(|error| {
            Missing::failed(
                source,
                Reason::Blocked,
                crate::collect::transport::fetch_error::bounded(&format!("our own credential cannot be read: {error}")),
            )
        })
    }

    /// The provider's side, where it can be asked.
    pub(super) fn provider_side(&self, source: SourceId) -> Result<&SideClient, Missing> {
        self.provider.side.as_deref().map_err(|stop| stop.clone().missing(source))
    }

    /// Kasm's side, where it can be asked.
    pub(super) fn kasm_side(&self, source: SourceId) -> Result<&SideClient, Missing> {
        self.kasm.side.as_ref().map_err(|stop| stop.clone().missing(source))
    }

    /// Whether the database answered in this collection: without that, a refused credential or an unknown client says nothing
    /// (measured on every release). Other providers have no such probe.
    pub(super) fn database_answers(&self) -> bool {
        match &self.client_meta.value {
            Ok(_) | Err(Missing::NotApplicable(_)) => true,
            Err(_) => false,
        }
    }
}

/// The token URL that the target's stored config holds.
pub(super) fn stored_token_url(
    config: &Observed<OidcConfigs>,
    facts: &TargetFacts,
    kasm: &AppCollection,
) -> Option<String> {
    config.ok()?.ours(facts.wanted(), kasm.start.ok()).ok()?.token_url.clone()
}

/// The client id that the target's stored config holds.
pub(super) fn stored_client_id(
    config: &Observed<OidcConfigs>,
    facts: &TargetFacts,
    kasm: &AppCollection,
) -> Option<String> {
    config.ok()?.ours(facts.wanted(), kasm.start.ok()).ok()?.client_id.clone()
}
