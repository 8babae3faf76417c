//! The browser lands in Kasm.

use super::{Case, Check, SeverityRule};

mod canary_lands;
mod canary_signs_in;
mod kasm_public_port;
mod landing_after_sign_in;

/// In cause order: the canary is the symptom, so it comes last.
pub(super) const CHECKS: &[&Check] =
    &[&landing_after_sign_in::CHECK, &kasm_public_port::CHECK, &canary_signs_in::CHECK, &canary_lands::CHECK];
