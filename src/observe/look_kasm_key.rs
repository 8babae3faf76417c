//! What a Kasm key shows: the stored OpenID configs; by the key's further rights the version, the group mappings and one
//! named user.

use super::credentialed::Credentialed;
use crate::{
    kasm::OidcConfigs,
    model::{Credential, GroupMapping, KasmUser, KasmVersion, Observed},
};

/// What a Kasm key shows.
#[derive(Debug)]
pub(super) struct KasmKeyLook {
    /// The stored configs.
    pub config: Observed<OidcConfigs>,
    /// The version.
    pub version: Observed<KasmVersion>,
    /// The group mappings.
    pub mappings: Observed<Vec<GroupMapping>>,
    /// The test user.
    pub user: Observed<KasmUser>,
}

/// Looks with the Kasm key.
pub(super) async fn look(asked: &Credentialed<'_>) -> KasmKeyLook {
    std::future::ready(()).await;
    KasmKeyLook {
        config: asked.without(Credential::KasmKey),
        version: asked.without(Credential::KasmKey),
        mappings: asked.without(Credential::KasmKey),
        user: asked.without(Credential::KasmKey),
    }
}
