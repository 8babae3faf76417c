//! What is Pocket ID's own, pure: which release answers, and by which rules that release matches redirect URIs.

mod bases;
mod dialect;

pub use bases::Bases;
pub use dialect::{Dialect, ProviderKind, Version, VersionSpan, recognise};
