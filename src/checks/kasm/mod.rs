//! Kasm itself: can it be reached, is it well, do people see its page.

use super::{Case, Check, SeverityRule};
use crate::model::{HealthState, Missing};

mod kasm_addresses_answer;
mod kasm_certificate_trusted;
mod kasm_certificate_valid;
mod kasm_clock;
mod kasm_healthy;
mod kasm_licensed;
mod kasm_page_served;
mod kasm_reachable;
pub(super) mod own_settings;

/// In cause order.
pub(super) const CHECKS: &[&Check] = &[
    &own_settings::CHECK,
    &kasm_reachable::CHECK,
    &kasm_certificate_valid::CHECK,
    &kasm_certificate_trusted::CHECK,
    &kasm_healthy::CHECK,
    &kasm_addresses_answer::CHECK,
    &kasm_page_served::CHECK,
    &kasm_clock::CHECK,
    &kasm_licensed::CHECK,
];

/// The server error (5xx) by which an answer is missing, where Kasm says that it is well: then it is a fault of that
/// step, and not of Kasm as a whole.
pub(super) fn error_of_its_own<'a>(case: &Case<'_>, missing: &'a Missing) -> Option<&'a str> {
    let is_well = case.now.kasm_health.ok().is_some_and(|health| health.fact.state == HealthState::Healthy);
    missing.server_error().filter(|_| is_well)
}
