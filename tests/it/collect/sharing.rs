//! What is asked how often: interval, sharing, budget, and a single fresh document.

use std::time::Duration;

use chrono::{TimeDelta, TimeZone, Utc};
use futures_util::future::join_all;
use ssowatch::{
    clock::Clock,
    collect::{CollectMode, Collector},
    config::Target,
    model::{DryRun, Missing, Reason, Snapshot, SourceId},
};

use super::{
    pair::{Pair, failure, reason},
    server::{Act, answer, bytes, html, json, redirect},
};

const DISCOVERY: &str = "/.well-known/openid-configuration";
const DUE: CollectMode =
    CollectMode::Due { settings_every: Duration::from_mins(5), share_for: Duration::from_secs(30) };

/// A pair under a clock that the test moves.
async fn pair() -> Pair {
    let mut pair = Pair::well().await;
    pair.clock = Clock::simulated(Utc.with_ymd_and_hms(2026, 11, 24, 12, 0, 0).unwrap());
    pair.collector = Collector::new(pair.clock);
    pair
}

async fn later(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn settings_are_asked_once_in_their_interval_and_stand_with_their_time_between() {
    let pair = pair().await;
    let mut last = pair.look().await;
    let first = last.provider_page.at;
    let mut ages = Vec::new();
    for _ in 0..10 {
        later(60).await;
        last = pair.collector.observe(&pair.target, Some(&last), DUE).await;
        assert!(last.discovery.at > first, "round sources are asked each time");
        ages.push((last.taken_at - last.provider_page.at).num_seconds());
    }
    assert!(ages.iter().all(|age| *age <= 300), "{ages:?}");
    assert_eq!(pair.provider.count("/"), 3, "at the start and twice in ten minutes");
    assert_eq!(pair.provider.count("/authorize"), 3);
    assert_eq!(pair.provider.count("/api/oidc/userinfo"), 3);
    assert_eq!(pair.kasm.count("/"), 3);
    assert_eq!(pair.provider.count(DISCOVERY), 11);
}

#[tokio::test]
async fn a_second_look_is_a_look_and_targets_of_one_provider_share_it() {
    let pair = pair().await;
    let first = pair.look().await;
    let mut other = pair.target.clone();
    other.name = "other".to_owned();
    let due = async |target, before| pair.collector.observe(target, before, DUE).await;
    later(60).await;
    let second = due(&pair.target, Some(&first)).await;
    let of_other = due(&other, None).await;
    assert_eq!(of_other.discovery.at, second.discovery.at, "shared");
    let count = pair.provider.count(DISCOVERY);
    later(10).await;
    let again = due(&pair.target, Some(&second)).await;
    assert!(again.discovery.at > second.discovery.at, "looked at anew");
    let of_other = due(&other, Some(&of_other)).await;
    assert_eq!(of_other.discovery.at, again.discovery.at, "and shared again");
    assert_eq!(pair.provider.count(DISCOVERY), count + 1);
}

#[tokio::test]
async fn the_requests_of_an_hour_stay_under_twelve_a_minute_on_average() {
    let pair = pair().await;
    let mut last = pair.look().await;
    for _ in 0..60 {
        later(60).await;
        last = pair.collector.observe(&pair.target, Some(&last), DUE).await;
    }
    let (provider, kasm) = (pair.provider.seen().len(), pair.kasm.seen().len());
    assert!(provider + kasm <= 12 * 60, "{provider} and {kasm}");
    assert!(provider >= 3 * 61 + 5 * 13, "nothing is put off: {provider}");
}

#[tokio::test]
async fn what_was_not_good_is_asked_again_in_the_next_round() {
    let pair = pair().await;
    pair.provider_but("/authorize", |_| json(500, "{}"));
    let first = pair.look().await;
    assert_eq!(reason(&first.authorize_dry_run), Reason::Status);
    pair.provider_but("/nothing", |_| json(404, "{}"));
    later(60).await;
    let second = pair.collector.observe(&pair.target, Some(&first), DUE).await;
    assert!(second.authorize_dry_run.get().unwrap().is_accepted());
}

#[tokio::test]
async fn what_is_refused_is_asked_again_with_the_settings_since_each_question_leaves_its_lines() {
    let pair = pair().await;
    pair.provider_but("/authorize", |_| redirect(302, "/interaction/error?error=No+such+redirect"));
    let mut last = pair.look().await;
    assert!(matches!(last.authorize_dry_run.get().unwrap(), DryRun::ErrorPage { .. }));
    let mode = CollectMode::Due { settings_every: Duration::from_hours(5), share_for: Duration::ZERO };
    for _ in 0..10 {
        later(60).await;
        last = pair.collector.observe(&pair.target, Some(&last), mode).await;
    }
    let asked = pair.provider.count("/authorize");
    assert!(asked <= 2, "at the start, and once if its time has come: {asked}");
}

#[tokio::test]
async fn the_dry_run_is_asked_at_once_when_what_it_depends_on_changed() {
    let mut pair = pair().await;
    // Which other sources are due in the last look hangs on the provider's port; they must not use up the budget.
    pair.target.requests_per_minute = 600;
    let first = pair.look().await;
    let asked = pair.provider.count("/authorize");
    later(1).await;
    let same = pair.collector.observe(&pair.target, Some(&first), DUE).await;
    assert_eq!(pair.provider.count("/authorize"), asked);
    let other =
        super::pair::authorize_url(&pair.provider_url(), &pair.kasm_url()).replace("scope=openid", "scope=email");
    pair.kasm_but("/api/sso", move |_| json(200, serde_json::json!({"url": other}).to_string()));
    later(31).await;
    pair.collector.observe(&pair.target, Some(&same), DUE).await;
    assert_eq!(pair.provider.count("/authorize"), asked + 1);
}

#[tokio::test]
async fn targets_of_one_provider_share_one_look_at_it_also_when_they_come_at_once() {
    let pair = pair().await;
    let targets: Vec<Target> =
        (0..5).map(|index| Target { name: format!("t{index}"), ..pair.target.clone() }).collect();
    let seen = join_all(targets.iter().map(|target| pair.collector.observe(target, None, DUE))).await;
    assert!(seen.iter().all(|seen| seen.discovery.ok().is_some() && seen.client_meta.ok().is_some()));
    assert_eq!(pair.provider.count(DISCOVERY), 1);
    assert_eq!(pair.provider.count("/.well-known/jwks.json"), 1);
    assert_eq!(pair.kasm.count("/api/login_settings"), 5);
    let counted: u64 = seen.iter().flat_map(|seen| &seen.requests).map(|one| one.count).sum();
    assert_eq!(counted, (pair.provider.seen().len() + pair.kasm.seen().len()) as u64);
    later(31).await;
    pair.collector.observe(&targets[0], Some(&seen[0]), DUE).await;
    assert_eq!(pair.provider.count(DISCOVERY), 2);
}

#[tokio::test]
async fn never_more_than_ten_requests_to_a_provider_are_under_way() {
    let pair = pair().await;
    let path: &'static str = Box::leak(format!("/api/oidc/clients/{}/meta", super::pair::CLIENT).into_boxed_str());
    pair.provider_but(path, |_| Act::SendLater(bytes(404, &[], r#"{"error":"Record not found"}"#)));
    let targets: Vec<Target> =
        (0..25).map(|index| Target { name: format!("t{index}"), ..pair.target.clone() }).collect();
    let seen = join_all(targets.iter().map(|target| pair.collector.observe(target, None, DUE))).await;
    assert!(seen.iter().all(|seen| seen.client_meta.ok().is_some()));
    let most = pair.provider.most_at_once();
    assert!((2..=10).contains(&most), "{most}");
}

#[tokio::test]
async fn a_full_look_is_never_answered_from_what_was_seen_before() {
    let pair = pair().await;
    pair.look().await;
    pair.provider_but(DISCOVERY, |_| json(500, "{}"));
    assert_eq!(reason(&pair.look().await.discovery), Reason::Status);
}

#[tokio::test]
async fn the_first_rounds_of_many_targets_keep_to_the_budget_and_miss_nothing() {
    let pair = pair().await;
    for index in 0..5 {
        let target = Target { name: format!("t{index}"), ..pair.target.clone() };
        let seen = pair.collector.observe(&target, None, CollectMode::Full).await;
        for (source, _, _, missing) in seen.observations().into_iter().filter(|(source, ..)| source.needs().is_empty())
        {
            assert!(missing.is_none() || source == SourceId::PasskeyDomain, "target {index}: {source:?}: {missing:?}");
        }
        later(3).await;
    }
    assert_eq!(pair.provider.count(DISCOVERY), 1);
    assert_eq!(
        pair.provider.seen().len(),
        6 + 5 * 3,
        "what is shared, and each target's client, dry run and token endpoint"
    );
}

#[tokio::test]
async fn other_settings_are_another_provider() {
    let pair = pair().await;
    let mut other = pair.target.clone();
    other.provider.http.timeout = Some(Duration::from_secs(31));
    pair.collector.observe(&pair.target, None, DUE).await;
    pair.collector.observe(&other, None, DUE).await;
    assert_eq!(pair.provider.count(DISCOVERY), 2);
}

#[tokio::test]
async fn when_the_budget_is_used_up_settings_wait_and_round_sources_do_not() {
    let pair = pair().await;
    let first = pair.look().await;
    // Many rounds in no time.
    let mut last = first.clone();
    for _ in 0..10 {
        last = pair
            .collector
            .observe(
                &pair.target,
                Some(&last),
                CollectMode::Due { settings_every: Duration::from_millis(1), share_for: Duration::ZERO },
            )
            .await;
    }
    assert_eq!(pair.provider.count(DISCOVERY), 11);
    let pages = pair.provider.count("/");
    assert!(pages < 6, "{pages}");
    assert!(last.provider_page.at < last.discovery.at);
    let fresh = Collector::new(pair.clock);
    for _ in 0..5 {
        fresh
            .observe(
                &pair.target,
                Some(&last),
                CollectMode::Due { settings_every: Duration::from_mins(5), share_for: Duration::ZERO },
            )
            .await;
    }
    let mut without = last.clone();
    without.authorize_dry_run.value = Err(Missing::Blocked { by: SourceId::LoginStart });
    later(300).await;
    let fixed = pair.collector.observe(&pair.target, Some(&without), DUE).await;
    assert!(fixed.authorize_dry_run.ok().is_some(), "the budget comes back with time");
}

#[tokio::test]
async fn a_settings_source_without_a_look_before_and_without_budget_says_whose_limit_it_is() {
    let pair = pair().await;
    let pace = CollectMode::Due { settings_every: Duration::from_mins(5), share_for: Duration::ZERO };
    let mut last: Option<Snapshot> = None;
    for _ in 0..8 {
        last = Some(pair.collector.observe(&pair.target, last.as_ref(), pace).await);
    }
    let seen = pair.collector.observe(&pair.target, None, pace).await;
    let (reason, detail) = failure(&seen.authorize_dry_run);
    assert_eq!((reason, detail.as_str()), (Reason::Deferred, "put off to a later round by our own limit of requests"));
}

#[tokio::test]
async fn a_snapshot_of_other_addresses_does_not_count_as_the_one_before() {
    let (pair, other) = (pair().await, pair().await);
    let foreign = other.look().await;
    let seen = pair.collector.observe(&pair.target, Some(&foreign), DUE).await;
    assert_eq!(pair.provider.count("/"), 1);
    assert_eq!(pair.kasm.count("/"), 1);
    assert!(seen.provider_page.get().unwrap().url.starts_with(&pair.provider_url()));
}

#[tokio::test]
async fn connections_are_kept_within_a_look_and_closed_after_it() {
    let pair = pair().await;
    pair.look().await;
    let (connections, requests) = (pair.provider.connections(), pair.provider.seen().len());
    assert!(connections < requests, "{connections} connections for {requests} requests");
    later(31).await;
    pair.look().await;
    assert!(pair.provider.connections() > connections, "a look opens its own");
}

#[tokio::test]
async fn the_passkey_domain_is_asked_only_where_that_is_switched_on_and_once_a_day() {
    let mut pair = pair().await;
    pair.look().await;
    assert_eq!(pair.provider.count("/api/webauthn/login/start"), 0);
    pair.target.passkey_enabled = true;
    let mut last = pair.look().await;
    assert_eq!(last.passkey_domain.get().unwrap().rp_id, "127.0.0.1");
    for _ in 0..23 {
        later(3600).await;
        last = pair.collector.observe(&pair.target, Some(&last), DUE).await;
    }
    assert!(pair.provider.count("/api/webauthn/login/start") <= 2);
    assert!(last.taken_at - last.passkey_domain.at < TimeDelta::hours(24));
}

#[tokio::test]
async fn a_fresh_document_is_one_request_on_a_connection_of_its_own() {
    let pair = pair().await;
    for _ in 0..3 {
        let fresh = pair.collector.discovery_anew(&pair.target).await;
        assert!(fresh.discovery.ok().is_some());
        assert!(fresh.connection.get().unwrap().connect_seconds > 0.0);
    }
    assert_eq!((pair.provider.seen().len(), pair.provider.connections()), (3, 3));
    assert_eq!(pair.kasm.connections(), 0);
    let mut gone = pair.target.clone();
    gone.provider.url = super::pair::url(&format!("http://{}", super::server::nobody()));
    let fresh = pair.collector.discovery_anew(&gone).await;
    assert_eq!(reason(&fresh.connection), Reason::Connect);
    assert_eq!(fresh.discovery.get().unwrap_err(), Missing::Blocked { by: SourceId::ProviderConnection });
}

#[tokio::test]
async fn a_page_whose_script_is_gone_is_seen_and_asked_again_soon() {
    let pair = pair().await;
    pair.kasm_but("/app.js", |_| html(200, "<html>fallback</html>"));
    let first = pair.look().await;
    let script = first.app_page.get().unwrap().script.clone().unwrap();
    assert_eq!((script.path.as_str(), script.status, script.is_script), ("/app.js", Some(200), false));
    pair.kasm_but("/app.js", |_| answer(200, &[("Content-Type", "text/javascript")], "1"));
    later(60).await;
    let second = pair.collector.observe(&pair.target, Some(&first), DUE).await;
    assert!(second.app_page.get().unwrap().script.as_ref().unwrap().is_script);
}

#[tokio::test]
async fn what_belongs_to_no_target_is_forgotten() {
    let pair = pair().await;
    pair.provider_but(DISCOVERY, |_| answer(429, &[("Retry-After", "600")], ""));
    pair.look().await;
    pair.collector.retain(std::slice::from_ref(&pair.target));
    let asked = pair.provider.count(DISCOVERY);
    pair.look().await;
    assert_eq!(pair.provider.count(DISCOVERY), asked, "the wait of a kept target is kept");
    pair.collector.retain(&[]);
    pair.look().await;
    assert_eq!(pair.provider.count(DISCOVERY), asked + 1);
}

/// What ten apps cost one provider: each further one at most two requests a round more, over ten rounds.
#[tokio::test]
async fn ten_apps_at_one_provider_ask_once_for_what_is_its_own() {
    const SHARED: [&str; 5] = [DISCOVERY, "/.well-known/jwks.json", "/api/oidc/userinfo", "/api/oidc/end-session", "/"];
    const ROUNDS: usize = 10;
    let cost = async |apps: usize| {
        let pair = pair().await;
        let targets: Vec<Target> = (0..apps)
            .map(|index| Target { name: format!("t{index}"), requests_per_minute: 600, ..pair.target.clone() })
            .collect();
        let mut last: Vec<Option<Snapshot>> = vec![None; apps];
        let mut of_a_round = Vec::new();
        for _ in 0..=ROUNDS {
            let before = pair.provider.seen().len();
            for (target, last) in targets.iter().zip(&mut last) {
                *last = Some(pair.collector.observe(target, last.as_ref(), DUE).await);
            }
            of_a_round.push(pair.provider.seen().len() - before);
            later(60).await;
        }
        (of_a_round, SHARED.map(|path| pair.provider.count(path)))
    };
    let ((one, shared_by_one), (ten, shared_by_ten)) = (cost(1).await, cost(10).await);
    assert_eq!(shared_by_ten[..2], [ROUNDS + 1; 2], "discovery and keys once a round");
    for (path, (by_ten, by_one)) in SHARED.iter().zip(shared_by_ten.iter().zip(shared_by_one)) {
        // The marks of the settings interval hang on the provider's port, which is another one.
        assert!(by_ten.abs_diff(by_one) <= 1, "{path}: {by_ten} for ten apps, {by_one} for one");
    }
    let after_the_first = |rounds: &[usize]| rounds[1..].iter().sum::<usize>();
    let more = (after_the_first(&ten) as f64 - after_the_first(&one) as f64) / (9 * ROUNDS) as f64;
    assert!(more <= 2.0, "each further app adds {more:.2} requests a round: {ten:?} and {one:?}");
}
