//! HTTP service discovery for Prometheus: the targets, for a job that asks `/probe`.

use axum::{Json, extract};
use serde_json::{Value, json};

use super::Shared;
use crate::config::Config;

pub(super) async fn targets(extract::State(app): Shared) -> Json<Value> {
    let config = app.config.borrow().clone();
    Json(groups(&config))
}

/// One group for each target, as `http_sd_configs` wants them.
fn groups(config: &Config) -> Value {
    let group = |target: &crate::config::Target| {
        json!({
            "targets": [target.name],
            "labels": {
                "__meta_ssowatch_provider": target.provider.url.host_str().unwrap_or_default(),
                "__meta_ssowatch_kasm": target.kasm.url.host_str().unwrap_or_default(),
            },
        })
    };
    config.targets.iter().map(group).collect()
}
