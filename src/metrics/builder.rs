//! Collects samples by family; the catalogue gives names, labels and help.

use prometheus::proto::{Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType};

use super::catalogue::{ALL, Family, Kind};

/// The upper bounds of the buckets of a [`Distribution`], in seconds. None is a whole number: those are written
/// differently (`1`, `1.0`) by the formats, and rules that name a bound would match in one of them only.
pub const BOUNDS: [f64; 9] = [0.05, 0.1, 0.25, 0.5, 1.5, 2.5, 5.5, 10.5, 30.5];

/// How many values fell into each bucket.
#[derive(Debug, Clone, Copy, Default)]
pub struct Distribution {
    counts: [u64; BOUNDS.len()],
    count: u64,
    sum: f64,
}

impl Distribution {
    /// Counts one value.
    pub fn observe(&mut self, value: f64) {
        if let Some(index) = BOUNDS.iter().position(|bound| value <= *bound) {
            self.counts[index] += 1;
        }
        self.count += 1;
        self.sum += value;
    }
}

/// Samples by family.
#[derive(Debug)]
pub struct MetricsBuilder {
    samples: Vec<Vec<Metric>>,
    /// A label that is left out: `target`, where the scraper names the target itself.
    without: Option<&'static str>,
}

impl MetricsBuilder {
    /// An empty builder.
    #[must_use]
    pub fn new() -> Self {
        Self { samples: vec![Vec::new(); ALL.len()], without: None }
    }

    /// An empty builder about one target that its reader names itself: samples have no label `target`.
    #[must_use]
    pub fn of_one_target() -> Self {
        Self { without: Some("target"), ..Self::new() }
    }

    /// Notes the value of a gauge or a counter. Labels are the values of the family's keys, in their order.
    pub fn set(&mut self, family: Family, labels: &[&str], value: f64) {
        let mut metric = self.labelled(family, labels);
        if family.about().kind == Kind::Counter {
            let mut counter = Counter::default();
            counter.set_value(value);
            metric.set_counter(counter);
        } else {
            let mut gauge = Gauge::default();
            gauge.set_value(value);
            metric.set_gauge(gauge);
        }
        self.samples[family as usize].push(metric);
    }

    /// Notes a yes or no as 1 or 0.
    pub fn set_flag(&mut self, family: Family, labels: &[&str], value: bool) {
        self.set(family, labels, if value { 1.0 } else { 0.0 });
    }

    /// Notes a distribution.
    pub fn set_distribution(&mut self, family: Family, labels: &[&str], values: &Distribution) {
        let mut cumulative = 0;
        let buckets = BOUNDS.iter().zip(values.counts).map(|(bound, count)| {
            cumulative += count;
            let mut bucket = Bucket::default();
            bucket.set_upper_bound(*bound);
            bucket.set_cumulative_count(cumulative);
            bucket
        });
        let mut histogram = Histogram::default();
        histogram.set_bucket(buckets.collect());
        histogram.set_sample_count(values.count);
        histogram.set_sample_sum(values.sum);
        let mut metric = self.labelled(family, labels);
        metric.set_histogram(histogram);
        self.samples[family as usize].push(metric);
    }

    fn labelled(&self, family: Family, labels: &[&str]) -> Metric {
        let keys = family.about().labels;
        debug_assert_eq!(keys.len(), labels.len(), "{}", family.about().name);
        let pairs = keys.iter().zip(labels).filter(|(key, _)| Some(**key) != self.without).map(|(key, value)| {
            let mut pair = LabelPair::default();
            pair.set_name((*key).to_owned());
            pair.set_value((*value).to_owned());
            pair
        });
        Metric::from_label(pairs.collect())
    }

    /// The families that have a sample, in the order of the catalogue.
    #[must_use]
    pub fn finish(self) -> Vec<MetricFamily> {
        let filled = ALL.iter().zip(self.samples).filter(|(_, samples)| !samples.is_empty());
        filled
            .map(|(about, samples)| {
                let mut family = MetricFamily::default();
                family.set_name(about.name.to_owned());
                family.set_help(about.help.to_owned());
                family.set_field_type(match about.kind {
                    Kind::Gauge => MetricType::GAUGE,
                    Kind::Counter => MetricType::COUNTER,
                    Kind::Histogram => MetricType::HISTOGRAM,
                });
                family.set_metric(samples);
                family
            })
            .collect()
    }
}

impl Default for MetricsBuilder {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_cumulative_and_a_value_above_all_bounds_is_only_counted() {
        let mut values = Distribution::default();
        for value in [0.05, 0.2, 0.2, 100.0] {
            values.observe(value);
        }
        let mut builder = MetricsBuilder::new();
        builder.set_distribution(Family::RoundDuration, &["home"], &values);
        let families = builder.finish();
        let histogram = families[0].get_metric()[0].get_histogram();
        let cumulative: Vec<u64> = histogram.get_bucket().iter().map(Bucket::cumulative_count).collect();
        assert_eq!(cumulative, [1, 1, 3, 3, 3, 3, 3, 3, 3]);
        assert_eq!(histogram.get_sample_count(), 4);
        assert!((histogram.get_sample_sum() - 100.45).abs() < 1e-9);
    }

    #[test]
    fn a_sheet_of_one_target_has_no_target_label() {
        let mut builder = MetricsBuilder::of_one_target();
        builder.set(Family::SourceSuccess, &["home", "jwks"], 1.0);
        let families = builder.finish();
        let labels = families[0].get_metric()[0].get_label();
        assert_eq!(labels.len(), 1);
        assert_eq!((labels[0].name(), labels[0].value()), ("source", "jwks"));
    }

    #[test]
    fn families_without_a_sample_are_left_out() {
        assert!(MetricsBuilder::new().finish().is_empty());
    }
}
