//! Logout at Kasm logs out at the provider.

use super::{Case, Check, SeverityRule, needs_kasm_key};

mod issuer_field_matches;
mod logout_configured;
mod logout_url_registered;

/// In cause order.
pub(super) const CHECKS: &[&Check] =
    &[&logout_configured::CHECK, &issuer_field_matches::CHECK, &logout_url_registered::CHECK];
