//! A round by hand: who may ask, how often, what is answered.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use ssowatch::{
    app::{self, Running},
    clock::Clock,
    collect::{CollectMode, Collector},
    lab::LabOptions,
    model::{Credential, Side},
    web::Options,
};
use tokio::net::TcpListener;

use super::support::Description;
use crate::{
    daemon::fake::{Act, Fake, config},
    faults::stage::Stage,
    web::support::{Answer, Setup, ask},
};

const CHECK: &str = "/api/v1/targets/home/check";
const JSON: (&str, &str) = ("Content-Type", "application/json");

/// A daemon whose rounds do as the script says, and that takes orders.
async fn daemon(script: fn(&str, usize) -> Act) -> (Running, Arc<Fake>) {
    let clock = Clock::System;
    let fake = Fake::new(clock, script);
    let web = Options { enable_lifecycle: true, ..Options::default() };
    let options = app::Options { web, clock, ..app::Options::default() };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let running = app::start_with(
        Arc::clone(&fake),
        Arc::new(Collector::new(clock)),
        config(&["home", "office"]),
        vec![listener],
        options,
    )
    .await
    .unwrap();
    while fake.ran("home").first().is_none_or(|first| first.ended.is_none()) {
        tokio::task::yield_now().await;
    }
    (running, fake)
}

fn quick(_: &str, _: usize) -> Act {
    Act::Take(Duration::ZERO)
}

async fn post(running: &Running, path: &str, headers: &[(&str, &str)]) -> Answer {
    ask(running.addresses[0], "POST", path, headers).await
}

#[tokio::test]
async fn a_round_by_hand_is_a_full_one_and_its_report_is_the_answer() {
    let (running, fake) = daemon(quick).await;
    let surface = Setup::healthy().serve().await;
    let description = Description::of(&surface).await;
    let before = running.results.entry("home").unwrap().latest.clone().unwrap().report.at;
    let answer = post(&running, CHECK, &[JSON, ("If-None-Match", "*")]).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    description.holds("/targets/{name}/check", "post", 200, &answer.json());
    let report = &answer.json()["targets"][0];
    assert_eq!((&report["name"], &report["login"]), (&json!("home"), &json!("ok")));
    assert!(report["at"].as_str().unwrap().parse::<ssowatch::clock::Time>().unwrap() > before);
    let ran = fake.ran("home");
    assert_eq!(ran.len(), 2);
    assert_eq!(ran[1].pace, CollectMode::Full, "every source anew");
    assert!(fake.ran("office").len() <= 1, "the others wait for their own");
}

#[tokio::test]
async fn who_does_not_wait_is_told_where_the_report_will_be() {
    let (running, fake) = daemon(|_, number| if number == 0 { Act::Take(Duration::ZERO) } else { Act::Hang }).await;
    let surface = Setup::healthy().serve().await;
    let description = Description::of(&surface).await;
    let answer = post(&running, &format!("{CHECK}?wait=false"), &[JSON]).await;
    assert_eq!((answer.status, answer.header("location")), (202, "/api/v1/targets/home"));
    description.holds("/targets/{name}/check", "post", 202, &answer.json());
    while fake.ran("home").len() < 2 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_target_that_was_asked_for_has_to_rest_and_another_has_not() {
    let (running, fake) = daemon(quick).await;
    let surface = Setup::healthy().serve().await;
    let description = Description::of(&surface).await;
    assert_eq!(post(&running, CHECK, &[JSON]).await.status, 200);
    let refused = post(&running, CHECK, &[JSON]).await;
    assert_eq!((refused.status, refused.header("content-type")), (429, "application/problem+json"));
    description.holds("/targets/{name}/check", "post", 429, &refused.json());
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=30).contains(&wait), "{wait}");
    assert_eq!(fake.ran("home").len(), 2, "no round more");
    assert_eq!(post(&running, "/api/v1/targets/office/check", &[JSON]).await.status, 200);
}

#[tokio::test]
async fn a_round_that_gives_nothing_is_told_as_such() {
    let (running, _) = daemon(|_, number| if number == 0 { Act::Take(Duration::ZERO) } else { Act::Panic }).await;
    let answer = post(&running, CHECK, &[JSON]).await;
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert!(answer.json()["detail"].as_str().unwrap().contains("gave no verdict"), "{}", answer.text());
}

#[tokio::test]
async fn only_who_may_can_ask() {
    let (running, fake) = daemon(quick).await;
    let origin = ("Origin", "https://evil.example.test");
    for (headers, path, status, words) in [
        (&[][..], CHECK, 415, "Content-Type: application/json"),
        (&[("Content-Type", "text/plain")], CHECK, 415, "Content-Type: application/json"),
        (&[JSON, origin], CHECK, 403, "another origin"),
        (&[JSON], "/api/v1/targets/nobody/check", 404, "nobody"),
        (&[JSON], "/api/v1/targets/home/check?wait=perhaps", 400, "true or false"),
        (&[JSON], "/api/v1/targets/home/check?now=true", 400, "not known"),
    ] {
        let answer = post(&running, path, headers).await;
        assert_eq!((answer.status, answer.header("content-type")), (status, "application/problem+json"), "{path}");
        assert!(answer.json()["detail"].as_str().unwrap().contains(words), "{path}: {}", answer.text());
    }
    assert_eq!(fake.ran("home").len(), 1, "none of them had a round");
    assert_eq!(post(&running, CHECK, &[JSON]).await.status, 200, "nor a turn");

    let without = Setup::healthy().serve().await;
    let answer = without.ask("POST", CHECK, &[JSON]).await;
    assert_eq!(answer.status, 403);
    assert!(answer.text().contains("--web.enable-lifecycle"), "{}", answer.text());
}

#[tokio::test]
async fn rounds_by_hand_as_often_as_they_are_allowed_keep_to_the_budget_of_requests() {
    const MINUTES: usize = 10;
    let all = [Credential::ClientSecret, Credential::AppKey, Credential::ProviderAdminKey];
    let mut stage = Stage::new(LabOptions { tls: true, ..LabOptions::default() }).await;
    stage.target = stage.lab.target_with(&all);
    for turn in 0..2 * MINUTES {
        // By hand every half minute, each fourth time in full; the schedule's own once a minute.
        if turn % 4 == 0 {
            stage.look().await
        } else {
            stage.next_round_after(0).await
        };
        if turn % 2 == 0 {
            stage.next_round_after(0).await;
        }
        stage.pass(30);
    }
    let asked = stage.lab.seen().iter().filter(|seen| seen.side == Side::Provider).count();
    // A full look may use 25 at once; then twelve come in a minute.
    let most = 25 + 12 * MINUTES;
    assert!(asked <= most, "{asked} requests to the provider in {MINUTES} minutes, allowed are {most}");
    assert!(asked > 2 * MINUTES, "{asked}: the rounds looked");
    stage.close("rounds by hand").await;
}
