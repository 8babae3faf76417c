//! ssowatch watches single sign-on between Kasm Workspaces (the relying party) and Pocket ID (the OpenID provider), and
//! says which setting broke it.
//!
//! # Map
//!
//! ```text
//!  config ──► targets + schedules
//!                 │ due
//!  scheduler ─────┤
//!                 ▼
//!   LOOK   observe(target) ──► Snapshot          async: the only network code
//!                                 │
//!   JUDGE  checks::evaluate       ──► Report         pure: no I/O, no clock, no await
//!                                 │
//!                               Results ──► journal
//!              ┌─────────┬───────┴────┬───────────┐
//!   TELL   metrics   status page   JSON, text, JUnit   log on change      pure projections of (Results, now)
//!                         messages                                        (Results, now) against what was told
//! ```
//!
//! Read [`model`] first (the nouns), then [`round`] (the spine on one screen), then one check, for example
//! `checks/start/authorization_url_matches.rs`.
//!
//! # Invariants
//!
//! Each is held by a tool (the layers test, `.clippy.toml`, the canary test), not by memory:
//! checks do no I/O and read no clock; only [`observe`] opens connections, and [`notify`] to mail
//! servers; nothing is ever changed in Pocket ID or Kasm;
//! page and metrics are functions of (Results, now); labels come from closed sets or from the config; secrets have no
//! `Display`, a masking `Debug`, and never enter a snapshot, a finding, a log line or an error; an observation that is
//! too old is not shown as current.

pub mod app;
pub mod apps;
pub mod atomic_file;
pub mod checks;
pub mod cli;
pub mod clock;
pub mod collect;
pub mod config;
pub mod journal;
#[cfg(feature = "demo")]
pub mod lab;
pub mod logging;
pub mod metrics;
pub mod model;
pub mod notify;
pub mod oidc;
pub mod providers;
mod rate_limiter;
pub mod render;
pub mod repeats;
pub mod results;
pub mod round;
pub mod schedule;
pub mod scheduler;
pub mod web;
