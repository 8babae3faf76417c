//! Kasm itself: can it be reached, is it well, do people see its page.

use super::{Case, Check, SeverityRule, needs_kasm_key};

mod kasm_addresses_answer;
mod kasm_certificate_trusted;
mod kasm_certificate_valid;
mod kasm_clock;
mod kasm_healthy;
mod kasm_licensed;
mod kasm_page_served;
mod kasm_reachable;

/// In cause order.
pub(super) const CHECKS: &[&Check] = &[
    &kasm_reachable::CHECK,
    &kasm_certificate_valid::CHECK,
    &kasm_certificate_trusted::CHECK,
    &kasm_healthy::CHECK,
    &kasm_addresses_answer::CHECK,
    &kasm_page_served::CHECK,
    &kasm_clock::CHECK,
    &kasm_licensed::CHECK,
];
