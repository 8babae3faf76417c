//! What a Pocket ID key tells of itself: whether its user is an admin, the release, when the key ends, and, of a user who
//! is no admin, whether that user may use Kasm's client.

use serde::Deserialize;

use super::provider_key::ProviderKey;
use crate::{
    clock::Time,
    model::{KeyOwner, Missing},
    providers::pocket_id::{ApiKeyEntry, Paged, Version, VersionSpan},
};

/// `GET /api/users/me`: of the person nothing but this is kept.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Me {
    is_admin: Option<bool>,
}

/// `GET /api/version/current` (2.3 and later).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CurrentVersion {
    current_version: String,
}

/// A client of `GET /api/oidc/users/me/clients`.
#[derive(Deserialize)]
struct ClientEntry {
    id: String,
}

/// Asks what the key tells of itself.
pub(in crate::collect) async fn collect(
    key: &ProviderKey<'_>,
    version: Option<VersionSpan>,
    client_id: Option<&str>,
) -> Result<KeyOwner, Missing> {
    let me: Me = key.get(&["users", "me"], &[]).await?;
    let (release, keys) = tokio::join!(release(key, version), keys(key));
    // An admin is no measure of who may sign in.
    let may_use_client = match client_id {
        Some(client_id) if me.is_admin == Some(false) => may_use(key, version, client_id).await,
        _ => None,
    };
    Ok(KeyOwner { is_admin: me.is_admin, version: release, key_expires_at: ends(&keys?), may_use_client })
}

/// The release; none where it has no such call, or does not say (a build of its own says `unknown`).
async fn release(key: &ProviderKey<'_>, version: Option<VersionSpan>) -> Option<String> {
    if version.is_some_and(|span| span.is_before(Version::new(2, 3))) {
        return None;
    }
    let current: CurrentVersion = key.get(&["version", "current"], &[]).await.ok()?;
    let is_release = current.current_version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    (is_release && current.current_version.len() < 20).then_some(current.current_version)
}

async fn keys(key: &ProviderKey<'_>) -> Result<Vec<ApiKeyEntry>, Missing> {
    let query = [("pagination[page]", "1"), ("pagination[limit]", "100")];
    Ok(key.get::<Paged<ApiKeyEntry>>(&["api-keys"], &query).await?.data)
}

/// When our key ends: the only one, or the one that was used last, since it has just been. None where two were used in
/// the same second, or the list has none: a static key stands in no list.
fn ends(keys: &[ApiKeyEntry]) -> Option<Time> {
    if let [only] = keys {
        return Some(only.expires_at);
    }
    let newest = keys.iter().filter_map(|key| key.last_used_at).max()?;
    let mut ours = keys.iter().filter(|key| key.last_used_at == Some(newest));
    let first = ours.next()?;
    ours.next().is_none().then_some(first.expires_at)
}

/// Whether the client is among those that the key's user may use; before 1.8 the path meant something else.
async fn may_use(key: &ProviderKey<'_>, version: Option<VersionSpan>, client_id: &str) -> Option<bool> {
    if version.is_none_or(|span| span.at_least < Version::new(1, 8)) {
        return None;
    }
    let query = [("pagination[page]", "1"), ("pagination[limit]", "100")];
    let clients: Paged<ClientEntry> = key.get(&["oidc", "users", "me", "clients"], &query).await.ok()?;
    let is_listed = clients.data.iter().any(|client| client.id == client_id);
    (is_listed || clients.pagination.total_pages <= 1).then_some(is_listed)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::model::Snapshot;

    #[test]
    fn our_key_is_the_only_one_or_the_one_that_was_just_used() {
        let at = Snapshot::healthy().taken_at;
        let key = |days, used: Option<i64>| ApiKeyEntry {
            name: "k".to_owned(),
            expires_at: at + TimeDelta::days(days),
            last_used_at: used.map(|seconds| at - TimeDelta::seconds(seconds)),
        };
        let days = |keys: &[ApiKeyEntry]| ends(keys).map(|end| (end - at).num_days());
        assert_eq!(days(&[key(7, None)]), Some(7));
        assert_eq!(days(&[key(7, Some(500)), key(90, Some(0)), key(3, None)]), Some(90));
        assert_eq!(days(&[key(7, Some(0)), key(90, Some(0))]), None, "two were used in the same second");
        assert_eq!(days(&[key(7, None), key(90, None)]), None);
        assert_eq!(days(&[]), None, "a static key");
    }
}
