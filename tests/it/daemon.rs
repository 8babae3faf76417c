//! The daemon: its scheduler under simulated time, and `serve` as a whole.

mod binary;
pub mod fake;
mod hangs;
mod scheduler;
mod serve;
mod truth;
