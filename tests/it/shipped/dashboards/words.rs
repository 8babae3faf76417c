//! The words that stand for values, each beside its colour.

use serde_json::{Value, json};

pub const RED: &str = "semi-dark-red";
pub const ORANGE: &str = "semi-dark-orange";
pub const YELLOW: &str = "semi-dark-yellow";
pub const GREEN: &str = "semi-dark-green";
/// What is not known is neither good nor bad.
pub const GREY: &str = "#7b8087";
/// The colour of the text: for numbers that say nothing by themselves.
pub const PLAIN: &str = "text";

const DAY: f64 = 86_400.0;

/// A mapping of values to words.
pub type Words = &'static [(&'static str, &'static str, &'static str)];

/// Whether people can sign in (`login::state`).
pub const SIGN_IN: Words =
    &[("0", "no", RED), ("1", "cannot tell", GREY), ("2", "partly", ORANGE), ("3", "yes", GREEN)];
/// A stage of the login path (`login::stage`).
pub const STAGE: Words = &[
    ("-1", "not verified", GREY),
    ("0", "fails", RED),
    ("1", "degraded", ORANGE),
    ("2", "at risk", YELLOW),
    ("3", "ok", GREEN),
];
/// A check.
pub const CHECK: Words = &[("-1", "could not be evaluated", GREY), ("0", "fails", RED), ("1", "ok", GREEN)];
/// The severity of a check (`login::failing_checks`).
pub const SEVERITY: Words =
    &[("0", "outage", RED), ("1", "degraded", ORANGE), ("2", "risk", YELLOW), ("3", "info", GREY)];
/// A field that both sides have.
pub const DRIFT: Words = &[("0", "agree", GREEN), ("1", "differ", RED)];
/// A source.
pub const SOURCE: Words = &[("0", "failed", RED), ("1", "answered", GREEN)];
/// A time that never was.
pub const NEVER: Words = &[("0", "never", GREY)];
/// Something that should be so.
pub const YES_NO: Words = &[("0", "no", RED), ("1", "yes", GREEN)];
/// A switch; neither position is wrong.
pub const ON_OFF: Words = &[("0", "off", PLAIN), ("1", "on", ORANGE)];

/// The mappings of words, in Grafana's form.
pub fn mappings(words: Words) -> Value {
    let options: serde_json::Map<String, Value> = words
        .iter()
        .enumerate()
        .map(|(index, (value, text, color))| {
            ((*value).to_owned(), json!({"color": color, "index": index, "text": text}))
        })
        .collect();
    json!([{"options": options, "type": "value"}])
}

/// Thresholds: the first colour, then each colour from its value on.
pub fn thresholds(first: &str, steps: &[(f64, &str)]) -> Value {
    let rest = steps.iter().map(|(value, color)| json!({"color": color, "value": value}));
    let all: Vec<Value> = std::iter::once(json!({"color": first, "value": null})).chain(rest).collect();
    json!({"mode": "absolute", "steps": all})
}

/// The thresholds of what is left until something ends, in seconds: those of the alerts.
pub fn time_left() -> Value {
    thresholds(RED, &[(3.0 * DAY, ORANGE), (21.0 * DAY, GREEN)])
}

/// The thresholds of a share that should be 1.
pub fn share() -> Value {
    thresholds(RED, &[(0.95, ORANGE), (0.99, GREEN)])
}

/// The thresholds of a number that should be 0.
pub fn should_be_zero(color: &str) -> Value {
    thresholds(PLAIN, &[(0.5, color)])
}
