//! What is known of the kinds of OpenID providers.

pub mod pocket_id;

mod keycloak;
mod openid;
mod profile;

pub use profile::{Forms, ProviderProfile, profile};
