//! Tests of `lab`.

mod apps;
pub mod client;
mod contract;
mod faults;
mod kasm;
mod options;
mod recordings;
mod transport;
mod violations;
