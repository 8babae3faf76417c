//! A restart of ours: the last state is told at once, and what changed meanwhile is seen.

use std::{net::SocketAddr, path::Path, sync::Arc};

use chrono::{TimeDelta, Utc};
use ssowatch::{
    app::{self, Options, Running},
    clock::Clock,
    collect::Collector,
    config::{Config, Target},
    journal::{Event, What},
    lab::{Fault, Lab, LabOptions},
    model::{Login, Side},
};
use tokio::net::TcpListener;

use super::rounds::{all, open};
use crate::{
    daemon::fake::{Act, Fake},
    web::support::ask,
};

/// A daemon whose first round is done, and then stopped.
pub async fn watched_once(folder: &Path, target: Target) -> Vec<Event> {
    let options = Options { journal: Arc::new(open(folder)), ..Options::default() };
    let journal = Arc::clone(&options.journal);
    let running = app::start(Config::of_targets(vec![target]), Vec::new(), options).await.unwrap();
    while !running.is_ready() {
        tokio::task::yield_now().await;
    }
    assert!(journal.flush());
    let events = all(&journal);
    running.stop().await;
    events
}

/// A daemon whose first round does not end, so long after now.
async fn watching(folder: &Path, target: Target, later: TimeDelta) -> (Running, Arc<Fake>) {
    let clock = Clock::simulated(now() + later);
    let look = Fake::new(clock, |_, _| Act::Hang);
    let options = Options { journal: Arc::new(open(folder)), clock, ..Options::default() };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (config, collector) = (Config::of_targets(vec![target]), Arc::new(Collector::new(clock)));
    let running = app::start_with(Arc::clone(&look), collector, config, vec![listener], options).await.unwrap();
    while look.ran("lab").is_empty() {
        tokio::task::yield_now().await;
    }
    (running, look)
}

#[expect(clippy::disallowed_methods, reason = "the first daemon of each test goes by the system's clock")]
fn now() -> chrono::DateTime<Utc> {
    Utc::now()
}

async fn text(address: SocketAddr, path: &str) -> String {
    String::from_utf8(ask(address, "GET", path, &[]).await.body).unwrap()
}

#[tokio::test]
async fn the_last_state_is_told_at_once_and_marked_and_goes_by_its_age() {
    let folder = tempfile::tempdir().unwrap();
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    watched_once(folder.path(), lab.target()).await;
    for (later, is_current) in [(TimeDelta::zero(), true), (TimeDelta::hours(3), false)] {
        let (running, look) = watching(folder.path(), lab.target(), later).await;
        let latest = running.results.entry("lab").unwrap().latest.clone().expect("the last state");
        assert!(latest.restored);
        assert_eq!(latest.report.login, Login::Ok);
        assert!(latest.last_success.contains_key("issuer_matches"));
        assert!(latest.source_last_success.contains_key("discovery"));
        assert_eq!(look.ran("lab")[0].before, Some(latest.snapshot.taken_at), "rounds go on from it");
        let metrics = text(running.addresses[0], "/metrics").await;
        assert_eq!(metrics.contains("ssowatch_login_success{target=\"lab\"} 1"), is_current, "{later}");
        assert!(metrics.contains("ssowatch_journal_success 1"), "{metrics}");
        let page = text(running.addresses[0], "/").await;
        assert_eq!(page.contains("3 hours"), !is_current, "its age is told: {page}");
        running.stop().await;
    }
    assert_eq!(lab.stop().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_changed_while_nobody_watched_is_seen_and_what_stayed_is_no_event() {
    let folder = tempfile::tempdir().unwrap();
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    let first = watched_once(folder.path(), lab.target()).await;
    assert!(matches!(first.last().unwrap().what, What::Login { from: None, .. }), "{first:?}");
    assert_eq!(watched_once(folder.path(), lab.target()).await, first, "nothing changed, so nothing is told");

    lab.break_with(Fault::RedirectUrlTrailingSlash);
    let events = watched_once(folder.path(), lab.target()).await;
    let new: Vec<&Event> = events.iter().take_while(|event| event.id > first[0].id).collect();
    assert!(
        new.iter().any(|event| matches!(&event.what, What::Change { side, change }
            if side == Side::App.id() && change.to.ends_with("oidc_callback/"))),
        "{new:#?}"
    );
    let login = |event: &&&Event| matches!(event.what, What::Login { from: Some(Login::Ok), to: Login::Broken, .. });
    assert_eq!(new.iter().filter(login).count(), 1, "{new:#?}");
    assert_eq!(lab.stop().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_was_seen_at_other_addresses_is_not_told() {
    let folder = tempfile::tempdir().unwrap();
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    watched_once(folder.path(), lab.target()).await;
    let mut moved = lab.target();
    moved.app.url = "https://kasm.example.test".parse().unwrap();
    let (running, look) = watching(folder.path(), moved, TimeDelta::zero()).await;
    assert!(running.results.entry("lab").unwrap().latest.is_none());
    assert_eq!(look.ran("lab")[0].before, None);
    running.stop().await;
    assert_eq!(lab.stop().await, Vec::<String>::new());
}
