//! Kasm exchanges the code for tokens.

use super::{Case, Check, SeverityRule, endpoint, needs_admin_key};
use crate::pocket_id::Version;

mod back_channel_from_kasm;
mod client_secret_accepted;
mod client_secret_active;
mod secret_held_by_kasm;
mod token_auth_supported;
mod token_url_matches;
mod token_verifies;

/// In cause order.
pub(super) const CHECKS: &[&Check] = &[
    &token_url_matches::CHECK,
    &token_auth_supported::CHECK,
    &client_secret_active::CHECK,
    &client_secret_accepted::CHECK,
    &token_verifies::CHECK,
    &back_channel_from_kasm::CHECK,
    &secret_held_by_kasm::CHECK,
];

/// Whether this is a Pocket ID of before 2.14, whose clients have one secret that never ends.
pub(super) fn has_one_secret_without_an_end(case: &Case<'_>) -> bool {
    case.version.and_then(|version| version.below).is_some_and(|below| below <= Version::new(2, 14))
}
