//! What survives a restart, with storage and without, and a disk that does not do its part.

use std::{os::unix::fs::PermissionsExt as _, path::PathBuf};

use ssowatch::notify::maintenance::Window;

use super::fake::{Bench, start};

const CONFIG: &str = "
notify: [{name: phone, webhook: {url: 'https://a.example.test'}}]
targets: [{name: home, provider: {url: 'https://id.example.test'}, kasm: {url: 'https://kasm.example.test'}}]
";

/// Runs for ten minutes with home as it stands; the titles that were told.
async fn ten_minutes(file: Option<PathBuf>, says: &'static str) -> Vec<String> {
    let bench = Bench::with_memory(CONFIG, file, move |_, _| says, |_, _| Ok(())).await;
    bench.until(600).await;
    bench.stop().await.told().into_iter().map(|(_, _, title)| title).collect()
}

const BROKEN: &str = "home: people cannot sign in";

#[tokio::test(start_paused = true)]
async fn an_outage_is_told_once_through_restarts_where_there_is_storage() {
    let folder = tempfile::tempdir().unwrap();
    let file = || Some(folder.path().join("told.json"));
    assert_eq!(ten_minutes(file(), "broken").await, [BROKEN]);
    assert_eq!(ten_minutes(file(), "broken").await, Vec::<String>::new());
    assert_eq!(ten_minutes(file(), "ok").await, ["home: people can sign in again"]);
    assert_eq!(ten_minutes(file(), "ok").await, Vec::<String>::new());
    assert_eq!(ten_minutes(file(), "broken").await, [BROKEN]);
    assert_eq!(ten_minutes(None, "broken").await, [BROKEN], "without storage it is told again");
    let text = std::fs::read_to_string(file().unwrap()).unwrap();
    assert!(!text.contains("a.example.test"), "no address of a receiver: {text}");
    let mode = std::fs::metadata(file().unwrap()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "only its owner may read what checks found");
}

#[tokio::test(start_paused = true)]
async fn a_window_by_command_survives() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("told.json");
    let of = async || Bench::with_memory(CONFIG, Some(file.clone()), |_, _| "broken", |_, _| Ok(())).await;
    let bench = of().await;
    let until = start() + chrono::TimeDelta::hours(1);
    bench.windows.begin(Window { from: start(), until, targets: None, reason: None }, start()).unwrap();
    bench.until(60).await;
    bench.stop().await;
    let bench = of().await;
    bench.until(3500).await;
    assert!(bench.post.told().is_empty() && bench.windows.active(start(), "home").is_some());
    bench.until(3700).await;
    assert_eq!(bench.post.told().len(), 1);
    bench.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_file_that_cannot_be_read_or_written_stops_no_message() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("told.json");
    for text in ["", "not json", "{\"format\": 99, \"told\": [], \"windows\": []}", "[]"] {
        std::fs::write(&file, text).unwrap();
        assert_eq!(ten_minutes(Some(file.clone()), "broken").await, [BROKEN], "{text}");
    }
    let nowhere = folder.path().join("no/such/folder/told.json");
    assert_eq!(ten_minutes(Some(nowhere), "broken").await, [BROKEN]);
    assert_eq!(ten_minutes(Some(folder.path().to_owned()), "broken").await, [BROKEN], "a folder in its place");
}
