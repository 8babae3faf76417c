//! The Grafana dashboards.
