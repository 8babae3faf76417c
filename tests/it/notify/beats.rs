//! The heartbeat: silent as soon as something is not watched.

use super::{
    fake::{Bench, hours, refuse},
    metric,
};

const TARGETS: &str = "
targets:
  - {name: home, provider: {url: 'https://id.example.test'}, kasm: {url: 'https://a.example.test'}}
  - {name: work, provider: {url: 'https://id.example.test'}, kasm: {url: 'https://b.example.test'}}
";
const HEARTBEAT: &str = "heartbeat: {url: 'https://hc.example.test/ping/uuid', every: 30s}";

fn config() -> String {
    format!("{HEARTBEAT}\n{TARGETS}")
}

/// Beats between two times, in seconds.
fn between(beats: &[i64], from: i64, until: i64) -> usize {
    beats.iter().filter(|at| (from..until).contains(at)).count()
}

#[tokio::test(start_paused = true)]
async fn it_beats_while_rounds_are_current_and_stops_when_one_targets_go_stale() {
    let hanging = hours(1, 0)..hours(2, 0);
    let script = move |target: &str, at| match target {
        "work" if hanging.contains(&at) => "hangs",
        // A broken target is watched all the same.
        "home" => "broken",
        _ => "ok",
    };
    let bench = Bench::new(&config(), script, |_, _| Ok(())).await;
    bench.until(3 * 3600).await;
    let beats = bench.post.beats();
    assert!(between(&beats, 0, 3600) >= 118, "{beats:?}");
    // The last round before was current for four minutes.
    assert_eq!(between(&beats, 3600 + 241, 7200), 0, "{beats:?}");
    assert!(between(&beats, 7200 + 300, 3 * 3600) >= 105, "{beats:?}");
    bench.stop().await;
}

#[tokio::test(start_paused = true)]
async fn it_stops_when_the_self_test_fails() {
    let bench = Bench::new(&config(), |_, _| "ok", |_, _| Ok(())).await;
    bench.until(600).await;
    bench.daemon.self_test(false);
    bench.until(1200).await;
    let beats = bench.post.beats();
    assert!(between(&beats, 0, 600) >= 18 && between(&beats, 630, 1200) == 0, "{beats:?}");
    bench.stop().await;
}

#[tokio::test(start_paused = true)]
async fn calls_that_fail_are_counted_and_go_on() {
    let away = hours(0, 10)..hours(0, 20);
    let takes = move |_: &str, at| if away.contains(&at) { refuse("away") } else { Ok(()) };
    let bench = Bench::new(&config(), |_, _| "ok", takes).await;
    bench.until(1800).await;
    let (all, failed) = ("ssowatch_heartbeats_total", "ssowatch_heartbeats_failed_total");
    let (all, failed) = (metric(&bench.daemon, all), metric(&bench.daemon, failed));
    assert!((18.0..=21.0).contains(&failed) && all >= 55.0, "{failed} of {all}");
    assert_eq!(bench.post.beats().len() as f64, all - failed);
    bench.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_reload_brings_it_and_takes_it_away() {
    let mut bench = Bench::new(TARGETS, |_, _| "ok", |_, _| Ok(())).await;
    bench.until(600).await;
    assert!(bench.post.beats().is_empty());
    bench.reload(&config()).await;
    // Between two beats.
    bench.until(1215).await;
    let count = bench.post.beats().len();
    assert!(count >= 19, "{count}");
    bench.reload(TARGETS).await;
    bench.until(1800).await;
    assert_eq!(bench.post.beats().len(), count);
    bench.stop().await;
}

#[tokio::test(start_paused = true)]
async fn who_watches_nothing_does_not_beat() {
    let bench = Bench::new(&format!("{HEARTBEAT}\ntargets: []"), |_, _| "ok", |_, _| Ok(())).await;
    bench.until(600).await;
    assert!(bench.post.beats().is_empty());
    bench.stop().await;
}
