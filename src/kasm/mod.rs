//! What is Kasm's own, pure: its login settings and the start of a login.

mod login_settings;
mod oidc_config;
mod start;

pub use login_settings::{LoginConfig, LoginSettings};
pub use oidc_config::{Field, OidcConfig, OidcConfigs};
pub use start::{Chosen, KasmStart, Start, StartOutcome};
