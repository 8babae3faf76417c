//! The daemon: its scheduler under simulated time, and `serve` as a whole.

mod binary;
mod fake;
mod scheduler;
mod serve;
