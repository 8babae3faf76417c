//! Messages, heartbeats and maintenance windows.

mod alertmanager;
mod beats;
mod command;
mod day;
mod fake;
mod mail;
mod restarts;
mod sent;
mod settings;
mod windows;

use std::sync::Arc;

use ssowatch::metrics::{self, Daemon};

/// The value of a metric of the daemon.
pub fn metric(daemon: &Arc<Daemon>, name: &str) -> f64 {
    let families = metrics::gather(&[], fake::start(), daemon);
    let text = String::from_utf8(metrics::encode(&families, metrics::Format::Text).unwrap()).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
    line.unwrap_or_else(|| panic!("{name} is not among\n{text}")).parse().unwrap()
}
