//! What a rule is, and what may be set when rules are written.

use std::time::Duration;

/// What may be set when rules are written. The shipped files have the defaults.
#[derive(Debug, Clone)]
pub struct Params {
    /// The promised share of time in which people can sign in, between 0 and 1.
    pub objective: f64,
    /// The `job` label of the scrape job for the daemon itself.
    pub job: String,
    /// Multiplies every wait and every window: below 1 for tests that do not want to wait.
    pub scale: f64,
}

impl Default for Params {
    fn default() -> Self {
        Self { objective: 0.99, job: "ssowatch".to_owned(), scale: 1.0 }
    }
}

impl Params {
    /// A span as Prometheus writes it, scaled.
    pub fn span(&self, span: Duration) -> String {
        written(span.mul_f64(self.scale))
    }

    /// Seconds as a number of an expression, scaled.
    pub fn seconds(&self, span: Duration) -> String {
        span.mul_f64(self.scale).as_secs_f64().to_string()
    }
}

/// `75s` is `1m15s`.
fn written(span: Duration) -> String {
    let mut left = span.as_millis();
    let mut text = String::new();
    for (unit, millis) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)] {
        if left >= millis {
            text += &format!("{}{unit}", left / millis);
            left %= millis;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// How urgent an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// A person acts now: a page.
    Critical,
    /// A person acts, not at night.
    Warning,
    /// Context beside other alerts.
    Info,
    /// Not for a person.
    None,
}

impl Urgency {
    /// The `severity` label.
    pub fn id(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
            Self::Info => "info",
            Self::None => "none",
        }
    }
}

/// An alert rule.
pub struct Rule {
    /// The alert's name.
    pub name: &'static str,
    /// How urgent it is.
    pub urgency: Urgency,
    /// Why it is written as it is: the comment above it.
    pub why: &'static str,
    /// The expression.
    pub expr: fn(&Params) -> String,
    /// How long it must hold before it is an alert.
    pub wait: Duration,
    /// How long the alert stays after it no longer holds.
    pub keep: Duration,
    /// The headline: one sentence without details.
    pub summary: &'static str,
    /// The details, as a template.
    pub description: fn() -> String,
    /// The place on its runbook page, as a template; empty for the page.
    pub anchor: fn() -> String,
    /// Its runbook page.
    pub page: Page,
}

/// What the runbook page of an alert says beside what is made from the rule.
pub struct Page {
    /// What it means.
    pub meaning: &'static str,
    /// What people notice.
    pub impact: &'static str,
    /// How to find out more: each line a step, with what to look for.
    pub diagnosis: &'static [Step],
    /// What fixes it.
    pub fix: Fix,
}

/// One step of a diagnosis.
pub struct Step {
    /// What it shows.
    pub shows: &'static str,
    /// The command.
    pub command: &'static str,
}

/// What fixes it.
pub enum Fix {
    /// A text of the alert's own.
    Text(&'static str),
    /// What these checks say, in cause order, after a text.
    Checks(&'static str, fn(&ssowatch::checks::Check) -> bool),
}

/// Rules that are evaluated together.
pub struct Group {
    /// Its name.
    pub name: &'static str,
    /// Its rules.
    pub rules: Vec<Rule>,
}

/// A recording rule.
#[derive(Debug, Clone)]
pub struct Recording {
    /// The series that it makes: `level:metric:operations`.
    pub name: String,
    /// How far it looks back.
    pub window: Duration,
    /// The expression.
    pub expr: String,
}

/// So many seconds.
pub const fn secs(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// So many minutes.
pub const fn mins(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

/// So many hours.
pub const fn hours(count: u64) -> Duration {
    Duration::from_secs(count * 3_600)
}

/// So many days.
pub const fn days(count: u64) -> Duration {
    Duration::from_secs(count * 86_400)
}

#[test]
fn spans_are_written_as_prometheus_reads_them() {
    let half = Params { scale: 0.5, ..Params::default() };
    let cases =
        [(secs(0), "0s", "0s"), (secs(75), "1m15s", "37s500ms"), (mins(90), "1h30m", "45m"), (days(3), "3d", "1d12h")];
    for (span, whole, halved) in cases {
        assert_eq!((Params::default().span(span), half.span(span)), (whole.to_owned(), halved.to_owned()));
    }
    assert_eq!(half.seconds(secs(75)), "37.5");
}
