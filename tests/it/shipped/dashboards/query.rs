//! Queries, and which series they choose.

use serde_json::{Value, json};
use ssowatch::metrics::Family;

/// One query of a panel.
pub struct Query {
    pub expr: String,
    pub legend: &'static str,
    pub form: Form,
    pub gives: Gives,
}

/// What a query is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Series over the time range.
    Lines,
    /// Buckets over the time range.
    Heatmap,
    /// Values at the end of the time range.
    Now,
    /// The same with its labels as columns.
    Table,
}

/// When a query must give rows, held against a real Prometheus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gives {
    /// In every scenario.
    Always,
    /// Where all is well.
    WhenHealthy,
    /// Where something is broken; where all is well it must give none.
    WhenBroken,
    /// In none that a test can play, because ...
    Perhaps(&'static str),
}

impl Query {
    /// Series over time.
    pub fn lines(expr: impl Into<String>, legend: &'static str) -> Self {
        Self { expr: expr.into(), legend, form: Form::Lines, gives: Gives::Always }
    }

    /// Values now.
    pub fn now(expr: impl Into<String>, legend: &'static str) -> Self {
        Self { form: Form::Now, ..Self::lines(expr, legend) }
    }

    /// Values now, with their labels as columns.
    pub fn table(expr: impl Into<String>) -> Self {
        Self { form: Form::Table, ..Self::lines(expr, "") }
    }

    /// Buckets over time.
    pub fn heatmap(expr: impl Into<String>) -> Self {
        Self { form: Form::Heatmap, ..Self::lines(expr, "{{le}}") }
    }

    /// The same, with when it must give rows.
    pub fn gives(mut self, gives: Gives) -> Self {
        self.gives = gives;
        self
    }

    /// The query as Grafana's data source for Prometheus stores it.
    ///
    /// Over time it asks for at most one value a minute: nothing changes faster than rounds do, and `$__rate_interval`
    /// becomes four minutes, which hold enough scrapes also where Prometheus scrapes once a minute, its default.
    pub fn json(&self, index: usize) -> Value {
        let over_time = matches!(self.form, Form::Lines | Form::Heatmap);
        let mut query = json!({
            "datasource": super::board::datasource(),
            "editorMode": "code",
            "expr": self.expr,
            "format": match self.form {
                Form::Lines | Form::Now => "time_series",
                Form::Table => "table",
                Form::Heatmap => "heatmap",
            },
            "instant": !over_time,
            "legendFormat": self.legend,
            "range": over_time,
            "refId": ref_id(index),
        });
        if over_time {
            query["interval"] = json!("1m");
        }
        query
    }
}

/// The letter of a query.
pub fn ref_id(index: usize) -> String {
    char::from(b'A' + u8::try_from(index).unwrap()).to_string()
}

/// The choice that a board's variables make.
#[derive(Clone, Copy)]
pub struct Scope {
    target: &'static str,
}

/// Of every target that is chosen, and all of them can be.
pub const MANY: Scope = Scope { target: r#"target=~"$target""# };
/// Of one target. Exact: a name may hold what means something in a pattern.
pub const ONE: Scope = Scope { target: r#"target="$target""# };

/// The matchers that every selector has.
pub const OF_THE_JOB: &str = r#"job=~"$job",instance=~"$instance""#;

impl Scope {
    /// Every series of a family.
    pub fn all(self, family: Family) -> String {
        self.which(family, "")
    }

    /// The series of a family that match.
    pub fn which(self, family: Family, matchers: &str) -> String {
        let about = family.about();
        self.named(about.name, about.labels.contains(&"target"), matchers)
    }

    /// The buckets of a histogram.
    pub fn buckets(self, family: Family) -> String {
        let about = family.about();
        self.named(&format!("{}_bucket", about.name), about.labels.contains(&"target"), "")
    }

    fn named(self, name: &str, by_target: bool, matchers: &str) -> String {
        let target = if by_target { self.target } else { "" };
        let all: Vec<&str> = [OF_THE_JOB, target, matchers].into_iter().filter(|part| !part.is_empty()).collect();
        format!("{name}{{{}}}", all.join(","))
    }
}

/// What Prometheus itself says of what it scrapes and of its alerts: known names that are in no catalogue of ours, with
/// their labels. Of an alert only those are left that its rule groups by: ours have neither `job` nor `instance`, so
/// they are on the time axis, and in no panel, whose queries all go by both.
pub const OF_PROMETHEUS: [(&str, &[&str]); 3] =
    [("up", &[]), ("scrape_samples_scraped", &[]), ("ALERTS", &["alertname", "alertstate", "target"])];

/// Series of Prometheus about this job.
pub fn of_prometheus(name: &str) -> String {
    assert!(OF_PROMETHEUS.iter().any(|(known, _)| *known == name), "{name}");
    format!("{name}{{{OF_THE_JOB}}}")
}

/// What a job that is not ours may have too (`up`, `process_*`), of our daemons only: of those that said within the
/// last hour that they are ours.
pub fn of_our_daemons(series: &str) -> String {
    let ours = MANY.all(Family::BuildInfo);
    format!("{series} and on (job, instance) last_over_time({ours}[1h])")
}
