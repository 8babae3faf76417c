//! The browser lands in Kasm.

use super::{Case, Check, SeverityRule};

mod kasm_public_port;
mod landing_after_sign_in;

/// In cause order.
pub(super) const CHECKS: &[&Check] = &[&landing_after_sign_in::CHECK, &kasm_public_port::CHECK];
