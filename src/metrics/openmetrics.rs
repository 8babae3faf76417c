//! OpenMetrics 1.0.0 text, which the `prometheus` crate cannot write.
//!
//! Against text 0.0.4: the names in `# TYPE`, `# UNIT` and `# HELP` are without `_total`; numbers are written as floats
//! (`1.0`); quotes in help texts are escaped; `# EOF` ends it.

use prometheus::proto::{Metric, MetricFamily, MetricType};

use super::catalogue::unit_of;

/// The content type of [`encode`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Writes families of gauges, counters and histograms; other types do not occur here and are left out.
#[must_use]
pub fn encode(families: &[MetricFamily]) -> String {
    let mut text = String::with_capacity(families.len() * 1024);
    for family in families {
        let Some(kind) = word(family.get_field_type()) else { continue };
        head(&mut text, family, kind);
        for metric in family.get_metric() {
            samples(&mut text, family, metric);
        }
    }
    text.push_str("# EOF\n");
    text
}

fn word(kind: MetricType) -> Option<&'static str> {
    match kind {
        MetricType::GAUGE => Some("gauge"),
        MetricType::COUNTER => Some("counter"),
        MetricType::HISTOGRAM => Some("histogram"),
        MetricType::SUMMARY | MetricType::UNTYPED => None,
    }
}

fn head(text: &mut String, family: &MetricFamily, kind: &str) {
    let base = match family.get_field_type() {
        MetricType::COUNTER => family.name().strip_suffix("_total").unwrap_or(family.name()),
        _ => family.name(),
    };
    let mut line = |keyword: &str, value: &str| {
        for part in ["# ", keyword, " ", base, " ", value, "\n"] {
            text.push_str(part);
        }
    };
    line("TYPE", kind);
    if let Some(unit) = unit_of(base) {
        line("UNIT", unit);
    }
    line("HELP", &escaped(family.help()));
}

fn samples(text: &mut String, family: &MetricFamily, metric: &Metric) {
    let name = family.name();
    match family.get_field_type() {
        MetricType::GAUGE => sample(text, name, "", metric, None, &number(metric.get_gauge().value())),
        MetricType::COUNTER => {
            // A counter's sample has `_total`, whatever its family was called.
            let suffix = if name.ends_with("_total") { "" } else { "_total" };
            sample(text, name, suffix, metric, None, &number(metric.get_counter().value()));
        }
        MetricType::HISTOGRAM => {
            let histogram = metric.get_histogram();
            let count = histogram.get_sample_count().to_string();
            for bucket in histogram.get_bucket().iter().filter(|bucket| bucket.upper_bound().is_finite()) {
                let bound = number(bucket.upper_bound());
                sample(text, name, "_bucket", metric, Some(&bound), &bucket.cumulative_count().to_string());
            }
            sample(text, name, "_bucket", metric, Some("+Inf"), &count);
            sample(text, name, "_count", metric, None, &count);
            sample(text, name, "_sum", metric, None, &number(histogram.get_sample_sum()));
        }
        MetricType::SUMMARY | MetricType::UNTYPED => {}
    }
}

fn sample(text: &mut String, name: &str, suffix: &str, metric: &Metric, bound: Option<&str>, value: &str) {
    text.push_str(name);
    text.push_str(suffix);
    let labels = metric.get_label().iter().map(|pair| (pair.name(), escaped(pair.value())));
    let mut before = '{';
    for (key, value) in labels.chain(bound.map(|bound| ("le", bound.to_owned()))) {
        text.push(before);
        for part in [key, "=\"", &value, "\""] {
            text.push_str(part);
        }
        before = ',';
    }
    if before == ',' {
        text.push('}');
    }
    text.push(' ');
    text.push_str(value);
    text.push('\n');
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('\n', "\\n").replace('"', "\\\"")
}

/// A number as OpenMetrics has it: always recognisable as a float.
fn number(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf".to_owned() } else { "-Inf".to_owned() }
    } else {
        format!("{value:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Family, MetricsBuilder, builder::Distribution};

    #[test]
    fn gauges_counters_and_histograms_are_written_as_the_specification_says() {
        let mut builder = MetricsBuilder::new();
        builder.set(Family::LoginSuccess, &["ho\"me\\\n"], 1.0);
        builder.set(Family::RoundLast, &["a"], 1_795_521_600.5);
        builder.set(Family::Rounds, &["a"], 3.0);
        let mut values = Distribution::default();
        values.observe(0.2);
        builder.set_distribution(Family::RoundDuration, &["a"], &values);
        let text = encode(&builder.finish());
        for line in [
            r#"ssowatch_login_success{target="ho\"me\\\n"} 1.0"#,
            r#"ssowatch_round_last_timestamp_seconds{target="a"} 1795521600.5"#,
            "# TYPE ssowatch_rounds counter",
            r#"ssowatch_rounds_total{target="a"} 3.0"#,
            "# UNIT ssowatch_round_duration_seconds seconds",
            r#"ssowatch_round_duration_seconds_bucket{target="a",le="0.1"} 0"#,
            r#"ssowatch_round_duration_seconds_bucket{target="a",le="0.25"} 1"#,
            r#"ssowatch_round_duration_seconds_bucket{target="a",le="+Inf"} 1"#,
            r#"ssowatch_round_duration_seconds_count{target="a"} 1"#,
            r#"ssowatch_round_duration_seconds_sum{target="a"} 0.2"#,
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is missing in\n{text}");
        }
        assert!(text.ends_with("\n# EOF\n"));
    }

    #[test]
    fn nothing_to_tell_is_still_a_whole_exposition() {
        assert_eq!(encode(&[]), "# EOF\n");
    }

    #[test]
    fn numbers_are_floats() {
        for (value, text) in
            [(0.0, "0.0"), (-1.5, "-1.5"), (f64::INFINITY, "+Inf"), (f64::NEG_INFINITY, "-Inf"), (f64::NAN, "NaN")]
        {
            assert_eq!(number(value), text);
        }
    }
}
