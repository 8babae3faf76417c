//! What the client secret shows: whether our copy is right, with nothing minted; on demand, a token of the client's own.

use super::credentialed::Credentialed;
use crate::model::{ClientToken, Credential, Observed, SecretProof};

/// What the client secret shows.
#[derive(Debug)]
pub(super) struct SecretLook {
    /// Whether our copy is right.
    pub secret: Observed<SecretProof>,
    /// A token of the client's own.
    pub token: Observed<ClientToken>,
}

/// Looks with the client secret.
pub(super) async fn look(asked: &Credentialed<'_>) -> SecretLook {
    std::future::ready(()).await;
    SecretLook { secret: asked.without(Credential::ClientSecret), token: asked.without(Credential::ClientSecret) }
}
