//! Kasm sends the browser to the provider.

use super::{Case, Check, SeverityRule};

mod authorization_url_matches;

/// In cause order.
pub(super) const CHECKS: &[&Check] = &[&authorization_url_matches::CHECK];
