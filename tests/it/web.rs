//! The HTTP surface, driven over real connections on loopback.

mod endpoints;
mod metrics;
mod openmetrics;
mod pages;
mod probes;
mod public;
mod serving;
pub mod support;
