//! What is Kasm's own, pure: its login settings and the start of a login.

mod login_settings;
mod start;

pub use login_settings::{LoginConfig, LoginSettings};
pub use start::{Chosen, KasmStart, Start, StartOutcome};
