//! What changed since the look before: the first journal, in memory.
//!
//! Each source's watched values ([`watched`]) are kept from the last look that saw them, so that a change over an outage is
//! seen and an outage is none. A change is news, never a fault: only changes of keys have checks of their own.

#[cfg(test)]
mod tests;
mod watched;

use serde::{Deserialize, Serialize};

pub use watched::{Known, Watched};

use super::{Side, Snapshot};
use crate::{
    clock::{Time, span},
    oidc::one_line,
};

/// How many changes are kept at most, the newest.
const MOST: usize = 200;

/// One change, kept in the snapshot until it is older than `change_hold`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// When it was first seen.
    pub at: Time,
    /// What changed.
    pub subject: ChangeSubject,
    /// Which field of it, where it has several.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub field: Option<String>,
    /// What it was; empty where it was not there.
    pub from: String,
    /// What it is; empty where it is no longer there.
    pub to: String,
}

/// What can change: a closed list, the `subject` label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeSubject {
    /// The set of signing keys.
    SigningKey,
    /// The key under a key ID that stayed the same.
    KeyUnderSameId,
    /// The issuer in the discovery document.
    Issuer,
    /// The endpoints in the discovery document.
    Endpoints,
    /// The provider's certificate.
    ProviderCertificate,
    /// The provider's release.
    ProviderVersion,
    /// The client's registration at Pocket ID.
    Registration,
    /// The client's secrets at Pocket ID, by what the admin page shows of them.
    ClientSecrets,
    /// Kasm's certificate.
    KasmCertificate,
    /// Kasm's release.
    KasmVersion,
    /// Kasm's login settings.
    LoginSettings,
    /// What Kasm really sends browsers to the provider with.
    LoginStart,
    /// Kasm's stored OpenID config.
    KasmConfig,
}

impl ChangeSubject {
    /// Every subject, by side.
    pub const ALL: [Self; 13] = [
        Self::SigningKey,
        Self::KeyUnderSameId,
        Self::Issuer,
        Self::Endpoints,
        Self::ProviderCertificate,
        Self::ProviderVersion,
        Self::Registration,
        Self::ClientSecrets,
        Self::KasmCertificate,
        Self::KasmVersion,
        Self::LoginSettings,
        Self::LoginStart,
        Self::KasmConfig,
    ];

    /// The label value.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::SigningKey => "signing_key",
            Self::KeyUnderSameId => "key_under_same_id",
            Self::Issuer => "issuer",
            Self::Endpoints => "endpoints",
            Self::ProviderCertificate | Self::KasmCertificate => "certificate",
            Self::ProviderVersion | Self::KasmVersion => "version",
            Self::Registration => "registration",
            Self::ClientSecrets => "client_secrets",
            Self::LoginSettings => "login_settings",
            Self::LoginStart => "login_start",
            Self::KasmConfig => "config",
        }
    }

    /// Where it changed.
    #[must_use]
    pub fn side(self) -> Side {
        match self {
            Self::SigningKey
            | Self::KeyUnderSameId
            | Self::Issuer
            | Self::Endpoints
            | Self::ProviderCertificate
            | Self::ProviderVersion
            | Self::Registration
            | Self::ClientSecrets => Side::Provider,
            Self::KasmCertificate | Self::KasmVersion | Self::LoginSettings | Self::LoginStart | Self::KasmConfig => {
                Side::App
            }
        }
    }
}

/// The changes that `now` shows against `before`, after the older ones that are still held; and what is known by now.
#[must_use]
pub fn changes(before: Option<&Snapshot>, now: &Snapshot) -> (Vec<Change>, Vec<Known>) {
    let seen = watched::of(now);
    let Some(before) = before else { return (Vec::new(), seen) };
    let hold = span(std::time::Duration::from_secs(now.target.change_hold_seconds));
    let mut held: Vec<Change> =
        before.changes.iter().filter(|change| now.taken_at - change.at < hold).cloned().collect();
    held.extend(key_changes(before, now));
    for group in &seen {
        if let Some(old) = before.known.iter().find(|known| known.source == group.source) {
            held.extend(changed(&old.values, group));
        }
    }
    let unseen = before.known.iter().filter(|old| !seen.iter().any(|group| group.source == old.source)).cloned();
    let known = unseen.collect::<Vec<_>>().into_iter().chain(seen).collect();
    held.drain(..held.len().saturating_sub(MOST));
    (held, known)
}

/// What differs between the watched values then and now, of the sources that are known at both times.
#[must_use]
pub fn differences(then: &[Known], now: &[Known]) -> Vec<Change> {
    let old = |group: &Known| then.iter().find(|known| known.source == group.source);
    now.iter().filter_map(|group| Some(changed(&old(group)?.values, group))).flatten().collect()
}

/// What differs between two looks at one source.
fn changed(old: &[Watched], new: &Known) -> Vec<Change> {
    let find = |list: &[Watched], of: &Watched| {
        list.iter()
            .find(|other| (other.subject, &other.field) == (of.subject, &of.field))
            .map(|other| other.value.clone())
    };
    let change = |of: &Watched, from: Option<String>, to: Option<String>| Change {
        at: new.at,
        subject: of.subject,
        field: of.field.clone(),
        from: one_line(&from.unwrap_or_default()),
        to: one_line(&to.unwrap_or_default()),
    };
    let gone = old.iter().filter(|was| find(&new.values, was).is_none());
    let gone = gone.map(|was| change(was, Some(was.value.clone()), None));
    let other = new.values.iter().filter_map(|is| {
        let was = find(old, is);
        (was.as_ref() != Some(&is.value)).then(|| change(is, was, Some(is.value.clone())))
    });
    gone.chain(other).collect()
}

fn key_changes(before: &Snapshot, now: &Snapshot) -> Vec<Change> {
    let new = now.jwks.ok().filter(|set| !set.keys.is_empty());
    let (Some(old), Some(new)) = (before.last_keys(), new) else { return Vec::new() };
    let mut found = Vec::new();
    let change = |subject, from: String, to: String| Change { at: now.jwks.at, subject, field: None, from, to };
    for key in &new.keys {
        let twin = old.keys.iter().find(|known| known.kid.is_some() && known.kid == key.kid);
        // A key that cannot be read has no thumbprint: that is no other key, it is evaluated by itself.
        if let Some(twin) = twin
            && twin.thumbprint != key.thumbprint
            && !twin.thumbprint.is_empty()
            && !key.thumbprint.is_empty()
        {
            found.push(change(ChangeSubject::KeyUnderSameId, twin.thumbprint.clone(), key.thumbprint.clone()));
        }
    }
    // A key that is added beside the old ones is a good rotation (OpenID Connect Core, 10.1.1); one that goes is a change.
    let gone = old.keys.iter().any(|key| !new.keys.iter().any(|other| other.thumbprint == key.thumbprint));
    if gone {
        found.push(change(ChangeSubject::SigningKey, old.names(), new.names()));
    }
    found
}
