//! The configuration: as written, then valid; every error names file, line, field, and what was meant.

mod secret;
mod valid;

pub use secret::{Secret, SecretError, SecretSource};
pub use valid::{ApiAuth, Config, HttpSettings, Kasm, NamedHeader, Provider, ProxySettings, Target, TlsSettings};
