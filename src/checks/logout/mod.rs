//! Logout at Kasm logs out at the provider.

use super::{Case, Check, SeverityRule};
use crate::model::Missing;

mod issuer_field_matches;
mod logout_configured;
mod logout_url_registered;

/// In cause order.
pub(super) const CHECKS: &[&Check] =
    &[&logout_configured::CHECK, &issuer_field_matches::CHECK, &logout_url_registered::CHECK];

/// Whether Kasm logs out at the provider; none where its answer does not say (an older release).
pub(super) fn logout_is_on(case: &Case<'_>) -> Result<Option<bool>, Missing> {
    Ok(case.stored()?.logout_with_oidc_provider)
}
