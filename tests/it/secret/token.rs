//! A token of the client's own: minted by its schedule alone, and verified.

use std::{path::Path, time::Duration};

use ssowatch::{
    collect::CollectMode,
    config::Config,
    lab::{Fault, LabOptions},
    model::{Missing, Side},
    providers::ProviderKind,
    schedule::{Schedule, Zone},
};

use super::{RELEASES, TOKEN, Watched, check, later, simulated, verdict};

const CHECK: &str = "token_verifies";
const DUE: CollectMode = CollectMode::Due { settings_every: Duration::from_mins(5), share_for: Duration::ZERO };

#[tokio::test]
async fn no_token_is_minted_unless_the_config_says_so() {
    let watched = Watched::version((2, 14)).await;
    let round = watched.look().await;
    assert_eq!((verdict(&round, CHECK), watched.lab.minted()), ("unverified", 0));
    assert!(check(&round, CHECK).reason.as_ref().unwrap().contains("token.enabled"));
    watched.ends_well().await;
}

#[tokio::test]
async fn one_token_an_hour_is_minted_and_none_more_whatever_breaks_and_fixes() {
    let options = LabOptions { clock: simulated(), ..LabOptions::default() };
    let watched = Watched::of(options).await.with_token();
    let mut last = watched.look().await;
    assert_eq!(watched.lab.minted(), 1);
    for turn in 1..=60 {
        later(180).await;
        match turn {
            10 => watched.lab.break_with(Fault::SigningKeyDiffers),
            20 => watched.lab.break_with(Fault::ProviderServerError),
            30 => watched.lab.fix_all(),
            _ => {}
        }
        last = watched.look_again(Some(&last.snapshot), DUE).await;
    }
    assert_eq!(verdict(&last, CHECK), "ok");
    // Three hours have three marks; one of them may fall into the outage of half an hour, and is made up for after it.
    assert_eq!(watched.lab.minted(), 4);
    watched.ends_well().await;
}

#[tokio::test]
async fn a_token_of_every_release_verifies_by_either_kind_of_key() {
    for (major, minor) in RELEASES {
        for es256 in [false, true] {
            let options = LabOptions { es256, ..LabOptions::version(major, minor) };
            let watched = Watched::of(options).await.with_token();
            let round = watched.look().await;
            assert_eq!(verdict(&round, CHECK), "ok", "{major}.{minor}: {:?}", check(&round, CHECK));
            assert_eq!(watched.lab.minted(), 1);
            watched.ends_well().await;
        }
    }
}

#[tokio::test]
async fn each_fault_of_a_token_is_found_and_named() {
    for version in [(1, 16), (2, 9), (2, 14)] {
        for (fault, code) in [
            (Fault::SigningKeyDiffers, "key_not_published"),
            (Fault::TokenIssuerDiffers, "issuer"),
            (Fault::TokenAudienceDiffers, "audience"),
            (Fault::TokenEnded, "times"),
        ] {
            let watched = Watched::broken(version, fault).await.with_token();
            let round = watched.look().await;
            let found = check(&round, CHECK);
            let codes: Vec<&str> = found.findings.iter().map(|finding| finding.code.as_str()).collect();
            assert_eq!(codes, [code], "{version:?} {fault}: {found:?}");
            let failing: Vec<&str> = round.report.failing().map(|check| check.id.as_str()).collect();
            assert_eq!(failing, [CHECK], "{version:?} {fault}");
            watched.ends_well().await;
        }
    }
}

#[tokio::test]
async fn a_rotation_of_keys_is_no_fault_of_the_token_before_it() {
    let watched = Watched::version((2, 14)).await.with_token();
    let first = watched.look().await;
    watched.lab.break_with(Fault::KeysRotated);
    let second = watched.look_again(Some(&first.snapshot), DUE).await;
    assert_eq!(verdict(&second, CHECK), "unknown", "{:?}", check(&second, CHECK));
    assert_eq!(watched.lab.minted(), 1);
    watched.ends_well().await;
}

#[tokio::test]
async fn a_refused_secret_gives_no_token_and_is_told_as_our_own_credentials_fault() {
    for version in [(2, 3), (2, 9), (2, 14)] {
        let watched = Watched::broken(version, Fault::SecretRegenerated).await.with_token();
        let round = watched.look().await;
        let (reason, _) = round.snapshot.client_token.failure().unwrap();
        assert_eq!((reason.id(), verdict(&round, CHECK)), ("unauthorized", "unknown"), "{version:?}");
        assert_eq!(watched.lab.minted(), 0);
        watched.ends_well().await;
        let watched = Watched::broken(version, Fault::DatabaseGone).await.with_token();
        let round = watched.look().await;
        let token = &round.snapshot.client_token.value;
        assert!(!format!("{token:?}").contains("Unauthorized"), "{version:?}: {token:?}");
        watched.ends_well().await;
    }
}

#[tokio::test]
async fn a_provider_without_that_grant_is_not_asked_for_a_token() {
    let options = LabOptions { kind: ProviderKind::Openid, ..LabOptions::default() };
    let watched = Watched::of(options).await.with_token();
    let round = watched.look().await;
    assert!(matches!(round.snapshot.client_token.value, Err(Missing::OutOfReach(_))));
    assert_eq!((verdict(&round, CHECK), watched.lab.count(Side::Provider, TOKEN)), ("unverified", 0));
    watched.ends_well().await;
}

#[test]
fn every_target_of_a_file_goes_by_its_schedule_of_tokens() {
    let text = "targets:
  - {name: home, provider: {url: https://id.example.test}, kasm: {url: https://kasm.example.test}}
  - {name: work, provider: {url: https://id.example.test}, kasm: {url: https://notifier.example.test}}
schedule: {token: \"30 4 * * *\"}
token: {enabled: true}
";
    let config = Config::parse(text, "ssowatch.yml", Path::new(""), &|_| None).unwrap();
    for target in &config.targets {
        assert!(target.token_enabled);
        assert_eq!(target.token_schedule, Schedule::parse("30 4 * * *", &Zone::utc()).unwrap());
    }
}
