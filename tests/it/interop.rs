//! Real OpenID providers that we did not write, with the lab's Kasm.

mod keycloak;
pub mod provider;
mod rounds;
