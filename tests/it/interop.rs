//! Real OpenID providers that we did not write, with the lab's Kasm.

pub mod provider;
mod rounds;
