//! What the client secret shows: whether our copy is right, with nothing minted; on demand, a token of the client's own.

use super::{client_secret, client_token, credentialed::Credentialed};
use crate::model::{ClientSecrets, ClientToken, Observed, SecretProof};

/// What the client secret shows.
#[derive(Debug)]
pub(super) struct SecretLook {
    /// Whether our copy is right.
    pub secret: Observed<SecretProof>,
    /// A token of the client's own.
    pub token: Observed<ClientToken>,
}

/// Looks with the client secret. `listed` are the client's secrets, as a key of an admin shows them.
pub(super) async fn look(asked: &Credentialed<'_>, listed: &Observed<ClientSecrets>) -> SecretLook {
    let (secret, token) =
        tokio::join!(Box::pin(client_secret::look(asked, listed)), Box::pin(client_token::look(asked)));
    SecretLook { secret, token }
}
