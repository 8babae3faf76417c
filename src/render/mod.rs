//! One report, many tellings: text for people, JSON, JUnit. Pure functions of (report, snapshot): nothing here looks or
//! evaluates.

pub mod canary;
pub mod changes;
pub mod clients;
#[cfg(feature = "demo")]
pub mod demo;
pub(crate) mod drift;
pub mod expiries;
pub mod explain;
pub(crate) mod facts;
pub mod fields;
pub mod guide;
pub(crate) mod headline;
mod inert;
pub mod json;
pub mod junit;
pub mod notice;
mod page;
pub mod path;
mod similar;
pub mod style;
pub mod text;
pub(crate) mod unproven;

pub use similar::similar;
