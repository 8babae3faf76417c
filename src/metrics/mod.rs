//! What Prometheus scrapes: the target_metrics (rebuilt per scrape from the results) and the daemon (counters that live on).

mod builder;
pub mod catalogue;
mod daemon;
pub mod negotiate;
pub mod openmetrics;
mod process;
pub mod target_metrics;

use std::sync::Arc;

use prometheus::{Encoder as _, ProtobufEncoder, TextEncoder, proto::MetricFamily};

use crate::{clock::Time, results::Entry};

pub use builder::MetricsBuilder;
pub use catalogue::{Family, markdown_table};
pub use daemon::{ConfigStats, Daemon, Stats};
pub use negotiate::Format;

/// Everything that `/metrics` tells.
#[must_use]
pub fn gather(entries: &[Arc<Entry>], now: Time, daemon: &Daemon) -> Vec<MetricFamily> {
    let mut builder = MetricsBuilder::new();
    target_metrics::write(&mut builder, entries, now);
    daemon.write(&mut builder, now);
    builder.finish()
}

/// Families in a format.
///
/// # Errors
/// The encoder refuses them: a family without samples or without a name, which [`MetricsBuilder`] does not make.
pub fn encode(families: &[MetricFamily], format: Format) -> prometheus::Result<Vec<u8>> {
    match format {
        Format::Text => TextEncoder::new().encode_to_string(families).map(String::into_bytes),
        Format::OpenMetrics => Ok(openmetrics::encode(families).into_bytes()),
        Format::Protobuf => {
            let mut body = Vec::new();
            ProtobufEncoder::new().encode(families, &mut body).map(|()| body)
        }
    }
}

/// Samples as the text format names them, with their values, for tests.
#[cfg(test)]
pub(crate) fn flatten(families: &[MetricFamily]) -> Vec<(String, f64)> {
    let text = encode(families, Format::Text).unwrap();
    let lines = str::from_utf8(&text).unwrap().lines().filter(|line| !line.starts_with('#'));
    let samples = lines.map(|line| line.rsplit_once(' ').unwrap());
    samples.map(|(name, value)| (name.to_owned(), value.parse().unwrap())).collect()
}
