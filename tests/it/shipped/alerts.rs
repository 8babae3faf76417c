//! Alert rules, recording rules, their runbooks and their unit tests: all made from the values here.
//!
//! `UPDATE_SHIPPED=1 cargo test --test it shipped::alerts` writes `alerts/`. A rule is a value of [`rule::Rule`]; what
//! makes it fire stands in [`scenarios`]; what a person does about it in the rule's own runbook page. What is said of a
//! check comes from the check.

mod coverage;
mod files;
mod mutants;
mod promtool;
mod rule;
mod rules;
mod runbook;
mod scenarios;
mod unit;
mod words;

pub use files::{alerts, recordings, watchdog};
pub use rule::Params;
pub use scenarios::sample_page;
