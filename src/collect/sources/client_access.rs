//! What a request as Kasm's client goes by: which client, which endpoints, and whether a refusal says anything.

use url::Url;

use super::addresses;
use crate::{
    collect::{
        credentialed::Credentialed,
        transport::{fetch_error::FetchError, side_client::SideClient},
    },
    model::{Missing, Snapshot, SourceId, TargetFacts},
    oidc::Discovery,
    providers::{ProviderKind, Recognised, pocket_id::VersionSpan},
};

/// What a request as Kasm's client goes by.
pub(in crate::collect) struct Access<'a> {
    /// The provider's side.
    pub side: &'a SideClient,
    /// The discovery document of this collection.
    pub document: &'a Discovery,
    /// Whose provider it is.
    pub kind: ProviderKind,
    /// Which releases of Pocket ID it can be.
    pub version: Option<VersionSpan>,
    /// The client id that Kasm sends, else the one that it stores.
    pub client_id: String,
    /// The redirect URI that Kasm sends; never another.
    pub redirect_uri: Option<String>,
}

impl<'a> Access<'a> {
    /// What is known of the client and the endpoints in this collection.
    ///
    /// # Errors
    /// What stands in the way.
    pub(in crate::collect) fn of(asked: &'a Credentialed<'_>, source: SourceId) -> Result<Self, Missing> {
        let side = asked.provider_side(source)?;
        let blocked = |by| Missing::Blocked { by };
        let document = asked.provider.discovery.ok().ok_or_else(|| blocked(SourceId::Discovery))?;
        let recognised = asked.provider.recognised.ok_or_else(|| blocked(SourceId::Discovery))?;
        let Recognised { kind, version, .. } = recognised;
        let client_id = asked.client_id.clone().ok_or_else(|| blocked(SourceId::LoginStart))?;
        let redirect_uri =
            asked.kasm.start.ok().and_then(|start| start.our_url(asked.facts.wanted())?.redirect_uri.clone());
        Ok(Self { side, document: &document.fact, kind, version, client_id, redirect_uri })
    }

    /// Where tokens are asked for.
    ///
    /// # Errors
    /// The document names none, or one at an origin that the config does not name.
    pub(in crate::collect) fn token_endpoint(&self) -> Result<Url, FetchError> {
        let written = self.document.token_endpoint.as_deref().ok_or(FetchError::Blocked(SourceId::Discovery))?;
        addresses::reachable(self.side, written, self.kind).ok_or_else(|| addresses::foreign("token_endpoint", written))
    }

    /// Whether the client, or where it is asked about, is another than in the collection before.
    pub(in crate::collect) fn changed(&self, asked: &Credentialed<'_>) -> bool {
        let Some(before) = asked.before else { return true };
        let endpoints = |document: &Discovery| {
            let introspection = document.document.get("introspection_endpoint").cloned();
            (document.token_endpoint.clone(), introspection)
        };
        let document_changed =
            before.discovery.ok().is_some_and(|answer| endpoints(&answer.fact) != endpoints(self.document));
        let client_changed = id_before(before, asked.facts).is_some_and(|id| id != self.client_id);
        // A client that is gone or back, or a database that answers again: what was said of its secret is over.
        let entry_changed = asked.client_meta.ok().is_some_and(|entry| before.client_meta.ok() != Some(entry));
        document_changed || client_changed || entry_changed
    }
}

/// A failing database looks like a wrong secret and like a client that is gone (measured on every release): a refusal
/// says something only where the database answered in the same collection.
///
/// # Errors
/// It did not.
pub(in crate::collect) fn database_of(asked: &Credentialed<'_>) -> Result<(), FetchError> {
    if asked.database_answers() { Ok(()) } else { Err(FetchError::Blocked(SourceId::ClientMeta)) }
}

/// The client id of the collection before, by the same rule.
fn id_before(before: &Snapshot, facts: &TargetFacts) -> Option<String> {
    let stored = || before.kasm_config.ok()?.ours(facts.wanted(), before.login_start.ok()).ok()?.client_id.clone();
    before.login_start.ok().and_then(|start| start.our_url(facts.wanted())?.client_id.clone()).or_else(stored)
}
