//! A real Prometheus scrapes by TLS, with a login, and later by the renewed ones.

use super::support::{Authority, Folder, hash};
use crate::end_to_end::prometheus::Prometheus;

#[tokio::test(flavor = "multi_thread")]
async fn prometheus_scrapes_by_tls_with_a_login_that_changes() {
    let authority = Authority::new("server authority");
    let users = |password: &str| {
        let hash = hash(password);
        format!(
            "tls_server_config: {{cert_file: cert.pem, key_file: key.pem}}\nbasic_auth_users: {{prometheus: {hash}}}\n"
        )
    };
    let folder = Folder::with(&users("first"));
    folder.put(&authority.server());
    folder.write("ca.pem", &authority.pem());
    folder.write("password", "first");
    let surface = folder.serve().await;
    let (ca, password) = (folder.path("ca.pem"), folder.path("password"));
    let job = |name: &str, login: &str| {
        format!(
            "- job_name: {name}\n  scheme: https\n  tls_config: {{ca_file: {}}}\n  static_configs: [{{targets: \
             ['{}']}}]\n{login}",
            ca.display(),
            surface.address
        )
    };
    let login = format!("  basic_auth: {{username: prometheus, password_file: {}}}\n", password.display());
    let jobs = format!("scrape_configs:\n{}{}", job("ssowatch", &login), job("without_login", ""));
    let prometheus = Prometheus::with(&jobs, &[], "groups: []\n").await;
    prometheus.shows("up{job=\"ssowatch\"}", 1.0).await;
    prometheus.shows("up{job=\"without_login\"}", 0.0).await;
    prometheus.shows("ssowatch_login_success{job=\"ssowatch\"}", 1.0).await;

    folder.write("web.yml", &users("second"));
    prometheus.shows("up{job=\"ssowatch\"}", 0.0).await;
    folder.write("password", "second");
    folder.put(&authority.server());
    prometheus.shows("up{job=\"ssowatch\"}", 1.0).await;
}
