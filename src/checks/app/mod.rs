//! Kasm itself: can it be reached, is it well, do people see its page.

use super::{Case, Check, SeverityRule};
use crate::model::{HealthState, Missing};

mod app_addresses_answer;
mod app_certificate_trusted;
mod app_certificate_valid;
mod app_clock;
mod app_healthy;
mod app_page_served;
mod app_reachable;
mod kasm_licensed;
pub(super) mod own_settings;

/// In cause order.
pub(super) const CHECKS: &[&Check] = &[
    &own_settings::CHECK,
    &app_reachable::CHECK,
    &app_certificate_valid::CHECK,
    &app_certificate_trusted::CHECK,
    &app_healthy::CHECK,
    &app_addresses_answer::CHECK,
    &app_page_served::CHECK,
    &app_clock::CHECK,
    &kasm_licensed::CHECK,
];

/// Of a kind whose health path is only believed, an answer that hides it is no illness.
fn is_not_ill(state: &HealthState) -> bool {
    !matches!(state, HealthState::Unhealthy(_))
}

/// The server error (5xx) by which an answer is missing, where Kasm says that it is well: then it is a fault of that
/// step, and not of Kasm as a whole.
pub(super) fn error_of_its_own<'a>(case: &Case<'_>, missing: &'a Missing) -> Option<&'a str> {
    let is_well = match case.now.app_health().value {
        Ok(ref health) => {
            health.fact.state == HealthState::Healthy || (!case.is_kasm() && is_not_ill(&health.fact.state))
        }
        // An app without a health check is as well as its page.
        Err(Missing::NotApplicable(_)) => case.now.app_page().ok().is_none_or(|page| page.status < 500),
        Err(_) => false,
    };
    missing.server_error().filter(|_| is_well)
}
