//! Kasm finds user name and groups in the claims, and lets the user in.

use super::{Case, Check, SeverityRule, needs_kasm_key};

mod group_names_map;
mod groups_claim;
mod local_user_in_the_way;
mod scopes_cover_groups;
mod scopes_cover_username;
mod test_user_claims;
mod userinfo_url_matches;
mod username_claim;
mod users_allowed;

/// In cause order.
pub(super) const CHECKS: &[&Check] = &[
    &userinfo_url_matches::CHECK,
    &scopes_cover_username::CHECK,
    &username_claim::CHECK,
    &scopes_cover_groups::CHECK,
    &groups_claim::CHECK,
    &users_allowed::CHECK,
    &test_user_claims::CHECK,
    &group_names_map::CHECK,
    &local_user_in_the_way::CHECK,
];
