//! HTTP service discovery for Prometheus: the targets, for a job that asks `/probe`.

use axum::{Json, extract};
use serde_json::{Value, json};
use url::{Position, Url};

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
                "__meta_ssowatch_provider": host(&target.provider.url),
                "__meta_ssowatch_kasm": host(&target.app.url),
            },
        })
    };
    config.targets.iter().map(group).collect()
}

/// The host, with the port where the address names one: two servers on one host are told apart by it.
fn host(url: &Url) -> &str {
    &url[Position::BeforeHost..Position::AfterPort]
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn a_port_that_the_address_names_is_told() {
        for (address, told) in [
            ("https://id.example.test", "id.example.test"),
            ("https://id.example.test:443/", "id.example.test"),
            ("https://kasm.example.test:8443", "kasm.example.test:8443"),
            ("http://[::1]:80/", "[::1]"),
            ("http://[::1]:8080/", "[::1]:8080"),
        ] {
            assert_eq!(host(&address.parse().unwrap()), told, "{address}");
        }
    }
}
