//! What a Pocket ID key shows: of an admin the client's registration and what hangs on it; of any user the key's own facts.

use super::credentialed::Credentialed;
use crate::model::{
    ClaimsPreview, ClientSecrets, Credential, CustomClaims, KeyOwner, LastSignIn, Observed, Registration,
};

/// What a Pocket ID key shows.
#[derive(Debug)]
pub(super) struct ProviderKeyLook {
    /// The registration.
    pub registration: Observed<Registration>,
    /// The client's secrets.
    pub secrets: Observed<ClientSecrets>,
    /// The custom claims.
    pub custom_claims: Observed<CustomClaims>,
    /// The claims of the test user.
    pub preview: Observed<ClaimsPreview>,
    /// The last real sign-in.
    pub last_sign_in: Observed<LastSignIn>,
    /// The key's own facts.
    pub owner: Observed<KeyOwner>,
}

/// Looks with the Pocket ID key.
pub(super) async fn look(asked: &Credentialed<'_>) -> ProviderKeyLook {
    std::future::ready(()).await;
    ProviderKeyLook {
        registration: asked.without(Credential::ProviderAdminKey),
        secrets: asked.without(Credential::ProviderAdminKey),
        custom_claims: asked.without(Credential::ProviderAdminKey),
        preview: asked.without(Credential::ProviderAdminKey),
        last_sign_in: asked.without(Credential::ProviderAdminKey),
        owner: asked.without(Credential::ProviderKey),
    }
}
