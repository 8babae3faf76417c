//! Kasm's login page offers a sign-in with this provider.

use super::{Case, Check, SeverityRule, app::error_of_its_own};

mod login_offered;
mod one_config_per_host;

/// In cause order.
pub(super) const CHECKS: &[&Check] = &[&login_offered::CHECK, &one_config_per_host::CHECK];
