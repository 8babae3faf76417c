//! The secrets of Kasm's client with their first characters and ends; from 2.14 on there can be several.

use super::provider_key::{ProviderKey, client_segment};
use crate::{
    model::{ClientSecrets, Missing},
    providers::pocket_id::{Version, VersionSpan},
};

/// Asks for the secrets of a client. Never for the secrets themselves, which nobody can read.
pub(in crate::collect) async fn collect(
    key: &ProviderKey<'_>,
    version: Option<VersionSpan>,
    client_id: &str,
) -> Result<ClientSecrets, Missing> {
    if version.is_some_and(|span| span.is_before(Version::new(2, 14))) {
        return Err(Missing::NotApplicable("before 2.14 a client has one secret, which does not expire".to_owned()));
    }
    let secrets = key.get(&["oidc", "clients", &client_segment(client_id), "secrets"], &[]).await?;
    Ok(ClientSecrets { secrets })
}
