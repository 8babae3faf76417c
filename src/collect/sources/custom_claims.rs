//! The names of custom claims that some user or group has: `GET /api/custom-claims/suggestions`, on every release.

use super::provider_key::ProviderKey;
use crate::model::{CustomClaims, Missing};

/// Asks for the names.
pub(in crate::collect) async fn collect(key: &ProviderKey<'_>) -> Result<CustomClaims, Missing> {
    // Go writes a list that was never filled as null.
    let names: Option<Vec<String>> = key.get(&["custom-claims", "suggestions"], &[]).await?;
    Ok(CustomClaims { names: names.unwrap_or_default() })
}
