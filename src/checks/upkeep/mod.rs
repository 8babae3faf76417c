//! The checks of this stage, in cause order.

use super::Check;

/// In cause order.
pub(super) const CHECKS: &[&Check] = &[];
