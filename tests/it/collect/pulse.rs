//! The pulse between rounds: what it feels, what it asks, and what it leaves alone.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{TimeZone as _, Utc};
use ssowatch::{
    clock::Clock,
    collect::{CollectMode, Collector},
    lab::{Fault, Lab, LabOptions},
    model::Side,
};

const DISCOVERY: &str = "/.well-known/openid-configuration";
const HEALTH: &str = "/api/__healthcheck";

#[tokio::test]
async fn a_break_and_a_fix_of_either_side_are_felt_with_two_requests_and_settings_are_left_alone() {
    static STEP: AtomicI64 = AtomicI64::new(0);
    let clock = Clock::stepped(Utc.with_ymd_and_hms(2026, 11, 24, 12, 0, 0).unwrap(), &STEP);
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    let collector = Collector::new(clock);
    let target = lab.target_with(&[]);
    let good = collector.observe(&target, None, CollectMode::Full).await;
    assert!(!collector.has_changed(&target, &good).await);
    // The first round used up what a minute gives: a pulse waits until there is enough for another round.
    STEP.fetch_add(60_000, Ordering::Relaxed);
    lab.forget_seen();
    assert!(!collector.has_changed(&target, &good).await);
    assert_eq!((lab.count(Side::Provider, DISCOVERY), lab.count(Side::App, HEALTH)), (1, 1));
    for fault in [Fault::ProviderBadGateway, Fault::ProviderRefused, Fault::KasmRefused, Fault::KasmDatabaseGone] {
        lab.break_with(fault);
        STEP.fetch_add(60_000, Ordering::Relaxed);
        assert!(collector.has_changed(&target, &good).await, "{fault}");
        let broken = collector.observe(&target, None, CollectMode::Full).await;
        STEP.fetch_add(60_000, Ordering::Relaxed);
        assert!(!collector.has_changed(&target, &broken).await, "{fault}: known by now");
        lab.fix(fault);
        STEP.fetch_add(60_000, Ordering::Relaxed);
        assert!(collector.has_changed(&target, &broken).await, "{fault}: over");
    }
    for fault in [Fault::RedirectUriNotRegistered, Fault::ProviderThrottles, Fault::KasmHealthHidden] {
        lab.break_with(fault);
        STEP.fetch_add(60_000, Ordering::Relaxed);
        assert!(!collector.has_changed(&target, &good).await, "{fault}: not for a pulse to say");
        lab.fix(fault);
        STEP.fetch_add(60_000, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn targets_of_one_provider_share_its_pulse() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    let collector = Collector::new(Clock::System);
    let mut target = lab.target_with(&[]);
    let snapshot = Collector::new(Clock::System).observe(&target, None, CollectMode::Full).await;
    lab.forget_seen();
    for name in ["one", "two", "three"] {
        target.name = name.to_owned();
        assert!(!collector.has_changed(&target, &snapshot).await);
    }
    assert_eq!((lab.count(Side::Provider, DISCOVERY), lab.count(Side::App, HEALTH)), (1, 3));
}
