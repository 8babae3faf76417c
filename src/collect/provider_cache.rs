//! What the targets of one provider share: looked at once, by whoever comes first, while the others wait for it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{CollectMode, from_provider::ProviderCollection};
use crate::{
    collect::transport::certificate::hex_sha256,
    config::{HttpSettings, SecretSource, Target},
};

/// What is known of one provider. The lock is held during a collection.
pub(super) type Slot = Arc<tokio::sync::Mutex<Option<ProviderEntry>>>;

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
    places: Mutex<HashMap<String, Slot>>,
}

impl ProviderCache {
    /// The place of this target's provider.
    pub(super) fn place(&self, target: &Target) -> Slot {
        Arc::clone(self.places().entry(key(target)).or_default())
    }

    /// Forgets the providers of no target.
    pub(super) fn retain(&self, targets: &[Target]) {
        let keys: Vec<String> = targets.iter().map(key).collect();
        self.places().retain(|key, _| keys.contains(key));
    }

    fn places(&self) -> MutexGuard<'_, HashMap<String, Slot>> {
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
        SecretSource::File(_) => None,
    }));
    hex_sha256(parts.join("\n").as_bytes())
}

fn secrets(settings: &HttpSettings) -> impl Iterator<Item = &SecretSource> {
    let proxy = settings.proxy.iter().filter_map(|proxy| proxy.auth.as_ref());
    let headers = settings.headers.iter().map(|header| &header.value);
    proxy.chain(&settings.basic_auth).map(|(_, password)| password).chain(headers)
}
