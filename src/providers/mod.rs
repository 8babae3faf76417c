//! What is known of the kinds of OpenID providers.

pub mod pocket_id;
