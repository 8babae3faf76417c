//! What the client secret shows: whether our copy is right, with nothing minted; on demand, a token of the client's own.

use super::credentialed::Credentialed;
use crate::{
    collect::sources::{client_secret, client_token},
    model::{ClientSecrets, ClientToken, Observed, SecretProof},
};

/// What the client secret shows.
#[derive(Debug)]
pub(super) struct SecretCollection {
    /// Whether our copy is right.
    pub secret: Observed<SecretProof>,
    /// A token of the client's own.
    pub token: Observed<ClientToken>,
}

/// Looks with the client secret. `listed` are the client's secrets, as a key of an admin shows them.
pub(super) async fn collect(asked: &Credentialed<'_>, listed: &Observed<ClientSecrets>) -> SecretCollection {
    let (secret, token) =
        tokio::join!(Box::pin(client_secret::collect(asked, listed)), Box::pin(client_token::collect(asked)));
    SecretCollection { secret, token }
}
