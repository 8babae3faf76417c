//! Real OpenID providers that we did not write, with the lab's Kasm, and real relying parties.

mod keycloak;
pub mod provider;
mod relying_parties;
mod relying_party;
mod rounds;
