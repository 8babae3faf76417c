//! The daemon with what people put beside it: a real Prometheus, a real browser.
//!
//! Both sides of each target are the lab's; everything listens on loopback, on free ports.

mod browser;
pub mod daemon;
mod exposition;
pub mod http;
pub mod prometheus;
mod relay;
mod scraped;
