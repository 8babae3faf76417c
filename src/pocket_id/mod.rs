//! What is Pocket ID's own, pure: which release answers, and by which rules that release matches redirect URIs.

mod dialect;

pub use dialect::{Dialect, ProviderKind, Version, VersionSpan, recognise};
