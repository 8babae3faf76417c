//! What is known of the kinds of apps (relying parties).

pub mod callbacks;
pub mod kasm;
