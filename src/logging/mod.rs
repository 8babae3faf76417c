//! Logs: one line when a verdict changes, none when nothing does.
//!
//! A message can be read alone; its values are fields. A failure is logged once, where it is handled. Nothing from
//! requests or answers is logged but closed codes and the findings' messages, and never a secret.

mod events;
mod lines;
mod panics;
mod writer;

use std::sync::Arc;

use tracing_subscriber::{Layer as _, filter::Targets, layer::SubscriberExt as _};

pub use events::{LogEvent, events};
pub use lines::{Format, Lines};
pub use panics::noting_panics;
pub use writer::flush;

use crate::{clock::Clock, metrics::Daemon};

/// The least level that is logged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Level {
    Debug,
    #[default]
    Info,
    Warn,
    Error,
}

impl From<Level> for tracing::Level {
    fn from(level: Level) -> Self {
        match level {
            Level::Debug => Self::DEBUG,
            Level::Info => Self::INFO,
            Level::Warn => Self::WARN,
            Level::Error => Self::ERROR,
        }
    }
}

/// Logs to standard error from here on, and counts the lines.
///
/// Only this program's own events are logged: libraries tell of requests and headers at their lower levels.
///
/// # Errors
/// Logging was set up before.
pub fn init(level: Level, format: Format, daemon: Arc<Daemon>) -> Result<(), String> {
    let writer = writer::LogWriter::of_process()?;
    let lines = Lines::new(format, Clock::System, daemon, |line| writer.write(line));
    let ours = Targets::new().with_target(env!("CARGO_CRATE_NAME"), tracing::Level::from(level));
    let subscriber = tracing_subscriber::registry().with(lines.with_filter(ours));
    tracing::subscriber::set_global_default(subscriber).map_err(|error| format!("logging does not start: {error}"))?;
    std::panic::set_hook(Box::new(panics::tell));
    Ok(())
}
