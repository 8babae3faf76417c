//! Kasm sends the browser to the provider.

use super::{Case, Check, SeverityRule, app::error_of_its_own, endpoint};

mod authorization_url_matches;
mod login_starts;
mod pkce_as_profile;
mod redirect_uri_is_own;
mod start_agrees_with_config;
mod state_length;

pub(super) use login_starts::is_provider_well;
pub(super) use redirect_uri_is_own::part_that_differs;
pub(super) use state_length::too_short;

/// In cause order.
pub(super) const CHECKS: &[&Check] = &[
    &login_starts::CHECK,
    &authorization_url_matches::CHECK,
    &redirect_uri_is_own::CHECK,
    &pkce_as_profile::CHECK,
    &state_length::CHECK,
    &start_agrees_with_config::CHECK,
];
