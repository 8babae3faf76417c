//! Tests of `lab`.

mod client;
mod contract;
mod kasm;
mod recordings;
mod trespasses;
