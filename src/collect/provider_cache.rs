//! What the targets of one provider share: looked at once, by whoever comes first, while the others wait for it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::CollectMode;
use crate::{
    collect::transport::{
        certificate::hex_sha256,
        fetch_error::FetchError,
        foreign::{self, Mask},
        side_client::SideClient,
    },
    config::{HttpSettings, Secret, SecretSource, Target},
    model::{Answered, Connection, EndpointAnswers, Observed, Page},
    oidc::{Discovery, Jwks},
    providers::Recognised,
};

/// What was seen of a provider, and the way to it.
#[derive(Debug, Clone)]
pub(super) struct ProviderCollection {
    /// The way to it; why there is none, where its settings are wrong or it does not connect.
    pub side: Result<Arc<SideClient>, FetchError>,
    /// What it was recognised as, now or before; `None` before a discovery document was seen, if no kind is configured.
    pub recognised: Option<Recognised>,
    /// The connection.
    pub connection: Observed<Connection>,
    /// The discovery document.
    pub discovery: Observed<Answered<Discovery>>,
    /// The key set.
    pub jwks: Observed<Jwks>,
    /// The key set as served, to verify by: in memory only.
    pub key_set: Option<Arc<[u8]>>,
    /// The endpoints.
    pub endpoints: Observed<EndpointAnswers>,
    /// The sign-in page.
    pub page: Observed<Page>,
}

/// What is known of one provider.
#[derive(Debug, Default)]
pub(super) struct Slot {
    /// The last collection. The lock is held during a collection.
    pub kept: tokio::sync::Mutex<Option<ProviderEntry>>,
    /// The credentials of each of its targets: a provider may repeat those of one to another.
    secrets: Mutex<HashMap<String, Vec<Secret>>>,
}

impl Slot {
    /// Notes the credentials of a target, which are read.
    pub(super) fn note(&self, target: &Target) {
        self.secrets().insert(target.name.clone(), foreign::secrets(target));
    }

    /// What no answer to a collection at this provider may repeat: the credentials of all its targets.
    pub(super) fn mask(&self, target: &Target) -> Mask {
        Mask::new(self.secrets().values().flatten(), foreign::public(target))
    }

    fn secrets(&self) -> MutexGuard<'_, HashMap<String, Vec<Secret>>> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last collection at a provider.
#[derive(Debug)]
pub(super) struct ProviderEntry {
    /// When it began.
    pub begun: Instant,
    /// Whether every source was asked.
    pub is_full: bool,
    /// The targets that took it.
    pub takers: Vec<String>,
    /// What was seen.
    pub collect: ProviderCollection,
}

impl ProviderEntry {
    /// Whether this target may take this collection when it asks at `asked`: one that is young enough, and that another target
    /// has had. So many targets of one provider cost it one collection, and who asks twice (as for a second collection) is never
    /// answered from what was seen before. A full collection takes full ones only, of the last minute.
    pub(super) fn is_fresh(&self, target: &Target, asked: Instant, mode: CollectMode) -> bool {
        const A_MINUTE: Duration = Duration::from_mins(1);
        let is_young = match mode {
            CollectMode::Full => self.is_full && self.begun + A_MINUTE > asked,
            CollectMode::Due { share_for, .. } => self.begun + share_for > asked,
        };
        is_young && !self.takers.contains(&target.name)
    }
}

/// The places of all providers.
#[derive(Debug, Default)]
pub(super) struct ProviderCache {
    places: Mutex<HashMap<String, Arc<Slot>>>,
}

impl ProviderCache {
    /// The place of this target's provider.
    pub(super) fn place(&self, target: &Target) -> Arc<Slot> {
        Arc::clone(self.places().entry(key(target)).or_default())
    }

    /// Forgets the providers of no target.
    pub(super) fn retain(&self, targets: &[Target]) {
        let keys: Vec<String> = targets.iter().map(key).collect();
        let mut places = self.places();
        places.retain(|key, _| keys.contains(key));
        for place in places.values() {
            place.secrets().retain(|name, _| targets.iter().any(|target| target.name == *name));
        }
    }

    fn places(&self) -> MutexGuard<'_, HashMap<String, Arc<Slot>>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Providers are the same if all is the same that decides what is asked, and how. A digest, since secrets are part of it.
fn key(target: &Target) -> String {
    let provider = &target.provider;
    let settings = &provider.http;
    let mut parts = vec![format!("{} {:?} {:?} {settings:?}", provider.url, provider.internal_url, provider.kind)];
    parts.extend(secrets(settings).filter_map(|source| match source {
        SecretSource::Inline(secret) => Some(secret.expose().to_owned()),
        // Its path is in the settings' text.
        SecretSource::File(_) | SecretSource::Read(..) => None,
    }));
    hex_sha256(parts.join("\n").as_bytes())
}

fn secrets(settings: &HttpSettings) -> impl Iterator<Item = &SecretSource> {
    let proxy = settings.proxy.iter().filter_map(|proxy| proxy.auth.as_ref());
    let headers = settings.headers.iter().map(|header| &header.value);
    proxy.chain(&settings.basic_auth).map(|(_, password)| password).chain(headers)
}
