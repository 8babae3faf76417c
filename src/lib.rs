//! ssowatch finds out that single sign-on is broken before its users do, and says which setting broke it. The pair that it
//! knows best is Kasm Workspaces (the relying party) with Pocket ID (the OpenID provider).
//!
//! # Map
//!
//! ```text
//!  config ──► targets + schedules
//!                 │ due
//!  scheduler ─────┤
//!                 ▼
//!   COLLECT   collect(target) ──► Snapshot        async; the only network code
//!                                    │
//!   EVALUATE  checks::evaluate  ──► Report         pure: no I/O, no clock
//!                                    │
//!                                 Results ──► journal
//!              ┌──────────┬──────────┴──┬────────────┐
//!   RENDER  metrics   status page   JSON, text, JUnit   log, notifications     pure functions of (Results, now)
//! ```
//!
//! Read [`model`] first (target, snapshot, report), then [`round`] (what one round does), then one check, for example
//! `checks/start/state_length.rs`. `CONTRIBUTING.md` says how to add things.
//!
//! # Invariants
//!
//! Each is held by a tool (the layers test, `.clippy.toml`, the tests of secrets), not by memory: checks do no I/O and read
//! no clock; only [`collect`] talks to providers and apps, and [`notify`] to mail servers; nothing is ever changed at a
//! provider or an app, but for what [`collect::sign_in`] leaves where a canary is configured; page and metrics are functions of (Results, now); labels come from closed sets or from the config;
//! secrets have no `Display`, a masking `Debug`, and never enter a snapshot, a finding, a log line or an error; an
//! observation that is too old is not shown as current.

pub mod app;
pub mod apps;
pub mod atomic_file;
pub mod blocking;
pub mod canary;
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
