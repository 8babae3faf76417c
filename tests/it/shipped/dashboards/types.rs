//! Each metric is treated as what it is, by the types that Prometheus has from what it scraped: a counter is only shown
//! as a rate or an increase, and nothing else is.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{names, promql};
use crate::end_to_end::prometheus::{Prometheus, until};

/// The types that Prometheus knows from what it scraped.
pub async fn types(prometheus: &Prometheus) -> BTreeMap<String, String> {
    let answer = until("metadata", async || prometheus.api("/api/v1/metadata").await).await;
    let families = answer["data"].as_object().unwrap().iter();
    let of = |about: &Value| about[0]["type"].as_str().unwrap_or_default().to_owned();
    families.map(|(name, about)| (name.clone(), of(about))).collect()
}

/// What is wrong with how a query treats the types of its metrics.
pub fn mistreated(query: &str, types: &BTreeMap<String, String>) -> Vec<String> {
    let expr = promql::read(query).unwrap();
    let mut found = Vec::new();
    for selector in promql::selectors(&expr) {
        for name in selector.name.split('|') {
            let Some(family) = names::family(name) else { continue };
            // OpenMetrics tells a counter without its ending.
            let told = types.get(family.name).or_else(|| types.get(family.name.trim_end_matches("_total")));
            let is_rate = matches!(selector.function, Some("rate" | "irate" | "increase"));
            match told.map(String::as_str) {
                Some("counter" | "histogram") if !is_rate => found.push(format!("the bare counter {name}")),
                Some("gauge") if is_rate => found.push(format!("a rate of the gauge {name}")),
                Some("counter" | "histogram" | "gauge") => {}
                other => found.push(format!("{name} is a {other:?}")),
            }
        }
    }
    found
}

#[test]
fn a_gauge_as_a_rate_and_a_bare_counter_are_found() {
    let types = [("ssowatch_rounds", "counter"), ("ssowatch_targets", "gauge")];
    let types = types.map(|(name, told)| (name.to_owned(), told.to_owned())).into();
    for (query, what) in [
        ("rate(ssowatch_rounds_total[$__rate_interval]) / ssowatch_targets", vec![]),
        ("sum(ssowatch_rounds_total)", vec!["the bare counter ssowatch_rounds_total"]),
        ("increase(ssowatch_targets[$__range])", vec!["a rate of the gauge ssowatch_targets"]),
        ("ssowatch_jwks_keys", vec!["ssowatch_jwks_keys is a None"]),
    ] {
        assert_eq!(mistreated(query, &types), what, "{query}");
    }
}
