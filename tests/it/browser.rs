//! The pages in a real Chromium: nothing that axe-core finds wrong, nothing in the console, nothing that does not fit.

mod states;

use std::{collections::BTreeMap, path::PathBuf, process::Stdio, time::Duration};

use serde_json::json;
use tokio::{io::AsyncWriteExt as _, process::Command, time::timeout};

use states::State;

/// Longer than the browser takes for all pages on a busy machine.
const PATIENCE: Duration = Duration::from_secs(400);

/// What is wrong with each page, by name. With `SSOWATCH_SHOTS` set to a folder, a picture of each is left there.
async fn look_at(pages: &[serde_json::Value]) -> BTreeMap<String, Vec<String>> {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/tools/pages.mjs");
    let wanted = json!({"pages": pages, "shots": std::env::var_os("SSOWATCH_SHOTS").map(PathBuf::from)});
    let mut child = Command::new("node")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .expect("node, from Debian's package nodejs");
    child.stdin.take().unwrap().write_all(wanted.to_string().as_bytes()).await.unwrap();
    let output = timeout(PATIENCE, child.wait_with_output()).await.expect("the browser ends in time").unwrap();
    assert!(output.status.success(), "{}", output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The largest page, in bytes.
const LARGEST: usize = 40_000;

#[tokio::test]
async fn every_page_in_every_state_is_at_most_forty_kilobytes() {
    for state in State::all() {
        let served = state.serve().await;
        for (name, path) in served.paths() {
            let size = served.surface.get(path).await.body.len();
            assert!(size <= LARGEST, "{name}: {size} bytes");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_in_every_state_is_accessible_fits_and_asks_for_nothing() {
    let states = State::all();
    let mut served = Vec::new();
    for state in states {
        served.push(state.serve().await);
    }
    let pages: Vec<_> = served.iter().flat_map(|served| served.pages()).collect();
    let found = look_at(&pages).await;
    assert_eq!(found.len(), pages.len());
    let wrong: Vec<String> =
        found.iter().flat_map(|(name, problems)| problems.iter().map(move |what| format!("{name}: {what}"))).collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}
