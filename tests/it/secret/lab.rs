//! Right, wrong, gone, and what hides it, on every release.

use std::time::Duration;

use ssowatch::{
    collect::CollectMode,
    config::SecretSource,
    lab::{Fault, LabOptions},
    model::{Missing, Reason, SecretAnswer, SecretMethod, Side, SourceId},
    providers::{
        ProviderKind,
        pocket_id::{Version, VersionSpan},
    },
};

use super::{INTROSPECT, RELEASES, TOKEN, Watched, cause, check, inline, later, simulated, verdict};

const CHECK: &str = "client_secret_accepted";

#[tokio::test]
async fn a_right_secret_is_accepted_by_every_release_and_nothing_is_minted() {
    for version in RELEASES {
        let watched = Watched::version(version).await;
        let round = watched.look().await;
        assert_eq!(verdict(&round, CHECK), "ok", "{version:?}: {:?}", check(&round, CHECK));
        let proof = round.snapshot.client_secret.get().unwrap();
        assert_eq!((proof.method, proof.origin.as_str()), (SecretMethod::Introspection, "provider.client_secret"));
        assert_eq!(watched.lab.count(Side::Provider, INTROSPECT), 1, "{version:?}");
        assert_eq!(watched.lab.count(Side::Provider, TOKEN), 1, "{version:?}: without a secret");
        assert_eq!(watched.lab.minted(), 0, "{version:?}");
        watched.ends_well().await;
    }
}

#[tokio::test]
async fn a_secret_that_was_made_anew_is_the_cause_on_every_release_and_names_our_copy() {
    for version in RELEASES {
        let watched = Watched::broken(version, Fault::SecretRegenerated).await;
        let round = watched.look().await;
        assert_eq!(cause(&round), Some(CHECK), "{version:?}: {:?}", check(&round, CHECK));
        let message = &check(&round, CHECK).findings[0].message;
        assert!(message.starts_with("provider.client_secret is refused (HTTP 40"), "{message}");
        assert!(message.contains("If Kasm's was changed, change provider.client_secret"), "{message}");
        assert_eq!(watched.lab.minted(), 0);
        watched.ends_well().await;
    }
}

#[tokio::test]
async fn a_client_that_is_gone_is_not_told_as_a_wrong_secret() {
    for version in RELEASES {
        let watched = Watched::broken(version, Fault::ClientDeleted).await;
        let round = watched.look().await;
        assert_eq!(cause(&round), Some("client_known"), "{version:?}");
        assert_eq!(verdict(&round, CHECK), "unknown", "{version:?}: {:?}", check(&round, CHECK));
        watched.ends_well().await;
    }
}

#[tokio::test]
async fn a_failing_database_is_the_one_cause_and_no_word_is_said_about_the_secret() {
    for version in RELEASES {
        let watched = Watched::broken(version, Fault::DatabaseGone).await;
        let round = watched.look().await;
        assert_eq!(cause(&round), Some("provider_database"), "{version:?}");
        assert_eq!(verdict(&round, CHECK), "unknown", "{version:?}: {:?}", check(&round, CHECK));
        let value = &round.snapshot.client_secret.value;
        assert!(!matches!(value, Ok(proof) if matches!(proof.answer, SecretAnswer::Refused { .. })), "{value:?}");
        watched.ends_well().await;
    }
}

#[tokio::test]
async fn a_refusal_that_stands_is_not_told_once_the_database_fails() {
    let watched = Watched::broken((2, 14), Fault::SecretRegenerated).await;
    let first = watched.look().await;
    assert_eq!(verdict(&first, CHECK), "fail");
    watched.lab.break_with(Fault::DatabaseGone);
    let due = CollectMode::Due { settings_every: Duration::from_mins(5), share_for: Duration::ZERO };
    let second = watched.look_again(Some(&first.snapshot), due).await;
    assert_eq!((cause(&second), verdict(&second, CHECK)), (Some("provider_database"), "unknown"));
    watched.lab.fix_all();
    let third = watched.look_again(Some(&second.snapshot), due).await;
    assert_eq!((cause(&third), verdict(&third, CHECK)), (None, "ok"), "asked again as soon as the entry is back");
    watched.ends_well().await;
}

#[tokio::test]
async fn a_lock_on_the_database_does_not_hide_the_secret() {
    for version in RELEASES {
        let watched = Watched::broken(version, Fault::DatabaseLocked).await;
        assert_eq!(verdict(&watched.look().await, CHECK), "ok", "{version:?}");
        watched.ends_well().await;
    }
}

#[tokio::test]
async fn throttling_is_told_as_throttling() {
    let watched = Watched::version((2, 14)).await;
    let first = watched.look().await;
    watched.lab.break_with(Fault::ProviderThrottles);
    let second = watched.look_again(Some(&first.snapshot), CollectMode::Full).await;
    assert_eq!(verdict(&second, CHECK), "unknown");
    watched.ends_well().await;
}

#[tokio::test]
async fn a_secret_of_special_characters_is_sent_so_that_every_release_reads_it() {
    for version in [(2, 3), (2, 9), (2, 10), (2, 14)] {
        let (major, minor) = version;
        let secret = "a+b%41 c:d&e=f/g?h#ü%ZZ".to_owned();
        let watched =
            Watched::of(LabOptions { client_secret: secret, ..LabOptions::version(major, minor) }).await.with_token();
        let round = watched.look().await;
        assert_eq!(verdict(&round, CHECK), "ok", "{version:?}: {:?}", check(&round, CHECK));
        assert_eq!(verdict(&round, "token_verifies"), "ok", "{version:?}");
        watched.ends_well().await;
    }
}

#[tokio::test]
async fn each_of_several_active_secrets_is_accepted() {
    let mut watched = Watched::of(LabOptions { more_secrets: 3, ..LabOptions::default() }).await;
    for secret in ["OtherClientSecretPlaceholder0001", "OtherClientSecretPlaceholder0003", ssowatch::lab::CLIENT_SECRET]
    {
        watched.target.provider.client_secret = inline(secret);
        assert_eq!(verdict(&watched.look().await, CHECK), "ok", "{secret}");
    }
    watched.target.provider.client_secret = inline("OtherClientSecretPlaceholder0004");
    assert_eq!(verdict(&watched.look().await, CHECK), "fail");
    watched.ends_well().await;
}

#[tokio::test]
async fn a_public_client_is_not_told_as_a_wrong_secret_up_to_2_9() {
    for version in [(1, 16), (2, 9)] {
        let watched = Watched::broken(version, Fault::ClientPublic).await.with_token();
        let round = watched.look().await;
        assert_eq!(verdict(&round, CHECK), "unknown", "{version:?}: {:?}", check(&round, CHECK));
        let token = &round.snapshot.client_token.value;
        assert!(matches!(token, Err(Missing::OutOfReach(why)) if why.contains("public")), "{token:?}");
        watched.ends_well().await;
    }
    let watched = Watched::broken((2, 14), Fault::ClientPublic).await;
    assert_eq!(cause(&watched.look().await), Some("pkce_not_required"), "from 2.10 the dry run says so first");
    watched.ends_well().await;
}

#[tokio::test]
async fn the_file_is_read_at_each_use_and_named_when_it_is_wrong_or_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("oidc_client_secret");
    let mut watched = Watched::version((2, 14)).await;
    watched.target.provider.client_secret = Some(SecretSource::File(path.clone()));
    let none = watched.look().await;
    let missing = none.snapshot.client_secret.failure().unwrap();
    assert!(missing.0 == Reason::Blocked && missing.1.contains("oidc_client_secret"), "{missing:?}");
    assert_eq!((verdict(&none, CHECK), cause(&none)), ("unknown", None));
    std::fs::write(&path, "WrongSecret000000000000000000000\n").unwrap();
    let wrong = watched.look().await;
    let named = format!("provider.client_secret_file ({})", path.display());
    assert!(check(&wrong, CHECK).findings[0].message.starts_with(&format!("{named} is refused")));
    std::fs::write(&path, format!("{}\n", ssowatch::lab::CLIENT_SECRET)).unwrap();
    assert_eq!(verdict(&watched.look().await, CHECK), "ok");
    watched.ends_well().await;
}

#[tokio::test]
async fn another_provider_is_asked_at_its_token_endpoint_also_with_a_secret_that_is_wrong_on_purpose() {
    let options = LabOptions { kind: ProviderKind::Openid, ..LabOptions::default() };
    let watched = Watched::of(options).await;
    let right = watched.look().await;
    assert_eq!(verdict(&right, CHECK), "ok");
    assert_eq!(right.snapshot.client_secret.get().unwrap().method, SecretMethod::BogusCode);
    assert_eq!(watched.lab.count(Side::Provider, "/oauth2/token"), 3, "without a secret, with ours, with a wrong one");
    watched.lab.break_with(Fault::SecretRegenerated);
    let wrong = watched.look().await;
    assert_eq!(cause(&wrong), Some(CHECK));
    assert_eq!(wrong.snapshot.client_secret.get().unwrap().method, SecretMethod::BogusCode);
    assert_eq!(watched.lab.count(Side::Provider, "/oauth2/token"), 5, "a refusal needs no second secret");
    assert_eq!(watched.lab.count(Side::Provider, "/oauth2/introspect"), 0, "the token endpoint tells");
    assert_eq!(watched.lab.minted(), 0);
    watched.ends_well().await;
}

#[tokio::test]
async fn a_secret_never_goes_to_an_address_that_only_a_document_names() {
    for kind in [ProviderKind::Openid, ProviderKind::PocketId] {
        let watched = Watched::of(LabOptions { kind, ..LabOptions::default() }).await;
        watched.lab.break_with(Fault::EndpointsElsewhere);
        let round = watched.look().await;
        // Pocket ID serves the same paths on its public base.
        let expected = if kind == ProviderKind::PocketId { "ok" } else { "unverified" };
        assert_eq!(verdict(&round, CHECK), expected, "{kind:?}: {:?}", check(&round, CHECK));
        watched.ends_well().await;
    }
}

#[tokio::test]
async fn the_secret_is_asked_about_with_the_settings_and_at_once_when_the_client_is_another() {
    let watched = Watched::of(LabOptions { clock: simulated(), ..LabOptions::default() }).await;
    let due = CollectMode::Due { settings_every: Duration::from_mins(5), share_for: Duration::ZERO };
    let mut last = watched.look().await;
    for _ in 0..60 {
        later(60).await;
        last = watched.look_again(Some(&last.snapshot), due).await;
        assert_eq!(verdict(&last, CHECK), "ok");
    }
    assert_eq!(watched.lab.count(Side::Provider, INTROSPECT), 13, "at the start, and each five minutes of an hour");
    watched.lab.break_with(Fault::SecretRegenerated);
    for _ in 0..5 {
        later(60).await;
        last = watched.look_again(Some(&last.snapshot), due).await;
    }
    assert_eq!(verdict(&last, CHECK), "fail");
    watched.lab.fix_all();
    let asked = watched.lab.count(Side::Provider, INTROSPECT);
    for _ in 0..5 {
        later(60).await;
        last = watched.look_again(Some(&last.snapshot), due).await;
    }
    assert_eq!(verdict(&last, CHECK), "ok", "a refusal is asked about again with the settings");
    assert_eq!(watched.lab.count(Side::Provider, INTROSPECT), asked + 1, "and not each minute");
    watched.lab.break_with(Fault::ClientDeleted);
    let asked = watched.lab.count(Side::Provider, INTROSPECT);
    // Long enough for the budget of requests, too.
    later(60).await;
    watched.look_again(Some(&last.snapshot), due).await;
    assert_eq!(watched.lab.count(Side::Provider, INTROSPECT), asked + 1, "the entry changed");
    assert_eq!(watched.lab.minted(), 0);
    watched.ends_well().await;
}

#[tokio::test]
async fn the_plan_lists_what_the_lab_counted() {
    for (kind, version) in [
        (ProviderKind::PocketId, Version::new(1, 16)),
        (ProviderKind::PocketId, Version::new(2, 9)),
        (ProviderKind::PocketId, Version::new(2, 14)),
    ] {
        let watched = Watched::of(LabOptions { kind, version, ..LabOptions::default() }).await.with_token();
        let round = watched.look().await;
        let dialect = round.snapshot.recognised().unwrap().dialect;
        for (sources, path) in [
            (&[SourceId::ClientSecret][..], INTROSPECT),
            (&[SourceId::ClientSecret, SourceId::ClientToken, SourceId::TokenEndpoint][..], TOKEN),
        ] {
            let planned = sources.iter().flat_map(|source| source.row().requests);
            let planned = planned
                .filter(|request| request.path == path && request.of.includes(dialect, Some(VersionSpan::of(version))));
            let most: u32 = planned.map(|request| request.most).sum();
            assert_eq!(watched.lab.count(Side::Provider, path), most as usize, "{version} {path}");
        }
        watched.ends_well().await;
    }
}
