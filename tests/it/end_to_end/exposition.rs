//! What `promtool check metrics` says of the real endpoint.

use std::process::Stdio;

use ssowatch::lab::Fault;
use tokio::{io::AsyncWriteExt as _, process::Command};

use super::{daemon::Daemon, http};

#[tokio::test]
async fn promtool_finds_nothing_to_say() {
    let well: &[Fault] = &[];
    let broken: &[Fault] = &[Fault::RedirectUriNotRegistered, Fault::JwksServerError, Fault::KasmUnhealthy];
    for (state, targets) in
        [("healthy", vec![("well", well)]), ("broken", vec![("broken", broken)]), ("empty", Vec::new())]
    {
        let daemon = Daemon::over(&targets).await;
        let metrics = http::get(daemon.address(), "/metrics").await.unwrap();
        assert_eq!(metrics.contains("ssowatch_login_success{"), state != "empty", "{state}");
        assert_eq!(promtool(&metrics).await, "", "{state}:\n{metrics}");
        daemon.ends_well().await;
    }
}

async fn promtool(metrics: &str) -> String {
    let mut command = Command::new("promtool");
    command.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("promtool ({error}): run tests/run once"));
    child.stdin.take().unwrap().write_all(metrics.as_bytes()).await.unwrap();
    let said = child.wait_with_output().await.unwrap();
    format!("{}{}", String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr))
}
