//! What is Kasm's own, pure: its login settings, the start of a login, and the answers of its developer API.

mod callback;
mod developer_api;
mod login_settings;
mod oidc_config;
mod start;

pub use callback::{CallbackAnswer, is_session};
pub use developer_api::{
    Group, GroupMapping, KasmUser, KasmVersion, UserAnswer, build_of, groups_of, mappings_of, refusal,
};
pub use login_settings::{LoginConfig, LoginSettings};
pub use oidc_config::{Field, OidcConfig, OidcConfigs};
pub use start::{Chosen, KasmStart, Start, StartOutcome, Wanted};
