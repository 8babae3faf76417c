//! One test binary; its files mirror the source.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod admin_key;
mod alerting;
mod api;
mod browser;
mod checks;
mod cli;
mod clients;
mod collect;
mod config;
mod daemon;
mod end_to_end;
mod faults;
mod interop;
mod journal;
mod kasm_key;
mod lab;
mod layers;
mod matrix;
mod notify;
mod parsers;
mod plan;
mod planted;
mod readme;
mod render;
mod secret;
mod shipped;
mod sign_in;
mod stand_in;
mod tls_and_auth;
mod web;
