//! One event, one line: `ts=… level=info msg="…" target=home`, or the same as JSON.

use std::{
    fmt::{self, Write as _},
    io::IsTerminal as _,
    sync::Arc,
};

use chrono::SecondsFormat;
use serde_json::Value;
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context};

use crate::{
    clock::{Clock, Time},
    metrics::Daemon,
};

/// The form of a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// `key=value` pairs.
    #[default]
    Logfmt,
    /// One JSON object a line.
    Json,
}

/// Writes events as lines, and counts them by level.
pub struct Lines<W> {
    format: Format,
    clock: Clock,
    daemon: Arc<Daemon>,
    coloured: bool,
    write: W,
}

impl<W: Fn(&str)> Lines<W> {
    /// Lines that go to `write`, each with its line break; coloured if standard error is a terminal.
    pub fn new(format: Format, clock: Clock, daemon: Arc<Daemon>, write: W) -> Self {
        let coloured = format == Format::Logfmt && std::io::stderr().is_terminal();
        Self { format, clock, daemon, coloured, write }
    }

    /// The same, without colour.
    #[must_use]
    pub fn plain(mut self) -> Self {
        self.coloured = false;
        self
    }
}

impl<S: Subscriber, W: Fn(&str) + 'static> Layer<S> for Lines<W> {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let level = word(*event.metadata().level());
        self.daemon.log_message(level);
        let mut fields = Fields::default();
        event.record(&mut fields);
        let line = match self.format {
            Format::Logfmt => logfmt(self.clock.now(), level, &fields, self.coloured),
            Format::Json => json(self.clock.now(), level, fields),
        };
        (self.write)(&line);
    }
}

fn word(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

/// The fields of one event, in the order in which they were written.
#[derive(Debug, Default)]
struct Fields {
    message: String,
    others: Vec<(&'static str, Value)>,
}

impl Fields {
    fn add(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::String(message)) => self.message = message,
            (name, value) => self.others.push((name, value)),
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value.into());
    }
}

fn timestamp(at: Time) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn logfmt(at: Time, level: &str, fields: &Fields, coloured: bool) -> String {
    let colour = match level {
        "error" => "31",
        "warn" => "33",
        "info" => "32",
        _ => "2",
    };
    let level = if coloured { format!("\x1b[{colour}m{level}\x1b[0m") } else { level.to_owned() };
    let mut line = format!("ts={} level={level} msg={}", timestamp(at), quoted(&fields.message));
    for (name, value) in &fields.others {
        let text = match value {
            Value::String(text) => quoted(text),
            other => other.to_string(),
        };
        // Writing to a String does not fail.
        let _ = write!(line, " {name}={text}");
    }
    line.push('\n');
    line
}

/// A value as it stands: bare where that is not ambiguous, else in quotes, with line breaks and other control
/// characters escaped, so that nothing that a server says can make up a line or colour a terminal.
fn quoted(text: &str) -> String {
    let is_bare = |letter: char| !is_unshown(letter) && !letter.is_whitespace() && !matches!(letter, '"' | '=' | '\\');
    if !text.is_empty() && text.chars().all(is_bare) {
        return text.to_owned();
    }
    let mut quoted = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if is_unshown(letter) => quoted.extend(letter.escape_default()),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// Control characters, and those that turn the direction of what follows.
fn is_unshown(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn json(at: Time, level: &str, fields: Fields) -> String {
    let fixed = [("ts", timestamp(at)), ("level", level.to_owned()), ("msg", fields.message)];
    let fixed = fixed.map(|(name, text)| (name.to_owned(), Value::String(text)));
    let others = fields.others.into_iter().map(|(name, value)| (name.to_owned(), value));
    let mut line = Value::Object(fixed.into_iter().chain(others).collect()).to_string();
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use chrono::{TimeZone as _, Utc};
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    /// The lines that `log` gives.
    fn lines(format: Format, log: impl FnOnce()) -> String {
        let written = Arc::new(Mutex::new(String::new()));
        let out = Arc::clone(&written);
        let _runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let clock = Clock::Simulated {
            start: Utc.with_ymd_and_hms(2026, 11, 24, 6, 0, 0).unwrap(),
            origin: tokio::time::Instant::now() + std::time::Duration::from_hours(1),
        };
        let layer =
            Lines::new(format, clock, Arc::new(Daemon::default()), move |line| out.lock().unwrap().push_str(line));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer.plain()), log);
        written.lock().unwrap().clone()
    }

    #[test]
    fn an_event_is_one_line_of_pairs() {
        let told = lines(Format::Logfmt, || {
            tracing::info!(target = "home", from = "ok", missed = 3_u64, lag = 0.5, ready = true, "it came late");
        });
        assert_eq!(
            told,
            "ts=2026-11-24T06:00:00.000Z level=info msg=\"it came late\" target=home from=ok missed=3 lag=0.5 ready=true\n"
        );
    }

    #[test]
    fn what_a_server_says_cannot_make_up_a_line() {
        let told = lines(Format::Logfmt, || {
            tracing::warn!(reason = "a\nts=1 level=error msg=\"forged\" \x1b[31m", "b\\c");
        });
        assert_eq!(
            told,
            "ts=2026-11-24T06:00:00.000Z level=warn msg=\"b\\\\c\" reason=\"a\\nts=1 level=error msg=\\\"forged\\\" \\u{1b}[31m\"\n"
        );
    }

    #[test]
    fn json_lines_hold_the_same_fields_and_keep_numbers() {
        let told = lines(Format::Json, || tracing::error!(target = "home", missed = 3_u64, "broken\n"));
        let object: Value = serde_json::from_str(&told).unwrap();
        assert_eq!(
            object,
            serde_json::json!({
                "ts": "2026-11-24T06:00:00.000Z", "level": "error", "msg": "broken\n", "target": "home", "missed": 3
            })
        );
        assert_eq!(told.matches('\n').count(), 1);
    }

    #[test]
    fn empty_values_are_quoted() {
        assert_eq!(quoted(""), "\"\"");
        assert_eq!(quoted("id.example.test:443"), "id.example.test:443");
    }
}
