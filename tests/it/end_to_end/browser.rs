//! The status page in a real browser.

use std::{path::Path, process::Stdio, time::Duration};

use serde_json::Value;
use ssowatch::lab::Fault;
use tokio::{process::Command, time::timeout};

use super::daemon::Daemon;

/// Longer than a browser takes to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a browser makes of a page.
pub struct Seen {
    /// The document once it is loaded.
    pub dom: String,
    /// What the console said.
    console: Vec<String>,
    /// What the page itself asked for, beside its own address.
    asked: Vec<String>,
}

/// Opens an address.
pub async fn open(url: &str) -> Seen {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("net.json");
    let mut command = Command::new("chromium");
    command
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"])
        .args(["--disable-component-update", "--disable-sync", "--enable-logging=stderr"])
        // What the browser wants for itself must not leave this machine.
        .arg("--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1")
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg(format!("--log-net-log={}", log.display()))
        .args(["--dump-dom", url])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let child = command.spawn().unwrap_or_else(|error| panic!("chromium does not start ({error}): run tests/run once"));
    let output = timeout(PATIENCE, child.wait_with_output()).await.expect("the browser ends in time").unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    Seen {
        dom: String::from_utf8(output.stdout).unwrap(),
        console: said.lines().filter(|line| line.contains(":CONSOLE")).map(str::to_owned).collect(),
        asked: asked_by_the_page(&log),
    }
}

/// The addresses that were asked for by a page. Of what the browser asks for by itself the log names no page.
fn asked_by_the_page(log: &Path) -> Vec<String> {
    let log: Value = serde_json::from_slice(&std::fs::read(log).unwrap()).unwrap();
    let events = log["events"].as_array().expect("a log of events");
    let by_a_page = |parameters: &Value| parameters["initiator"].as_str().is_some_and(|who| who.starts_with("http"));
    let parameters = events.iter().map(|event| &event["params"]).filter(|parameters| by_a_page(parameters));
    parameters.filter_map(|parameters| parameters["url"].as_str()).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_browser_shows_headline_and_cause_and_loads_nothing_else() {
    let faults = [Fault::RedirectUriNotRegistered];
    for (faults, headline, cause) in [
        (&faults[..0], "Yes, people can sign in", None),
        (&faults[..], "No, people cannot sign in", Some("redirect_uri_registered")),
    ] {
        let daemon = Daemon::over(&[("home", faults)]).await;
        for path in ["/", "/targets/home"] {
            let seen = open(&format!("http://{}{path}", daemon.address())).await;
            assert!(seen.dom.contains(headline), "{path}: {}", seen.dom);
            assert_eq!(seen.dom.contains("What to change:"), cause.is_some(), "{path}: {}", seen.dom);
            assert!(
                cause.is_none_or(|cause| seen.dom.contains(&format!("<code>{cause}</code>"))),
                "{path}: {}",
                seen.dom
            );
            assert_eq!((seen.console, seen.asked), (Vec::new(), Vec::new()), "{path}");
        }
        daemon.ends_well().await;
    }
}
