//! What expires, and what the next change will break.

use super::{
    Case, Check, SeverityRule,
    authorize::{insecure, unsupported},
    needs_admin_key,
    start::too_short,
    token::has_one_secret_without_an_end,
};

mod api_keys_last;
mod auto_login_is_safe;
mod certificates_last;
mod client_secret_lasts;
mod debug_is_off;
mod next_version_safe;
mod settings_as_declared;

/// In cause order.
pub(super) const CHECKS: &[&Check] = &[
    &certificates_last::CHECK,
    &client_secret_lasts::CHECK,
    &api_keys_last::CHECK,
    &debug_is_off::CHECK,
    &auto_login_is_safe::CHECK,
    &next_version_safe::CHECK,
    &settings_as_declared::CHECK,
];
