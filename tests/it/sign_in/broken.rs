//! Every way in which a sign-in breaks at the lab: its root cause, or that it is the canary's own.

use ssowatch::{
    lab::{BrokenSignIn, Lab},
    model::Login,
};

use super::{Played, RELEASES, cause, said};

/// What breaks, whether the canary has an API key, the root cause with the code of its finding (empty where it is no
/// outage), and what `canary_enrolled` says.
type Row = (BrokenSignIn, bool, &'static str, &'static str, &'static str);

const EVERYWHERE: &[Row] = &[
    (BrokenSignIn::TakesNoPasskey, true, "canary_signs_in", "sign_in_refused", "unknown"),
    (BrokenSignIn::TakesNoPasskey, false, "", "", "fail passkey_refused"),
    (BrokenSignIn::UserDisabled, false, "", "", "fail user_disabled"),
    (BrokenSignIn::UserIsAdmin, false, "", "", "fail admin"),
    (BrokenSignIn::RateLimited, false, "", "", "unknown"),
    (BrokenSignIn::Moved, false, "passkeys_still_valid", "moved", "unknown"),
    (BrokenSignIn::ChallengesFail, false, "canary_signs_in", "server_error", "unknown"),
    (BrokenSignIn::SentElsewhere, false, "canary_signs_in", "other_callback", "unknown"),
    (BrokenSignIn::OtherIssuer, false, "canary_signs_in", "other_callback", "unknown"),
    (BrokenSignIn::AppSecretWrong, false, "canary_lands", "app_error", "ok"),
    (BrokenSignIn::AppUnreached, false, "back_channel", "app_timeout", "ok"),
    (BrokenSignIn::ClaimMissing, false, "username_claim", "no_user_name", "ok"),
    (BrokenSignIn::LocalUser, false, "canary_lands", "user_refused", "ok"),
    (BrokenSignIn::InnerHost, false, "landing_after_sign_in", "other_host", "ok"),
    (BrokenSignIn::NoSession, false, "canary_lands", "no_session", "ok"),
];

async fn holds(played: &mut Played, row: &Row, release: (u32, u32)) {
    let (broken, has_key, root, code, enrolled) = row;
    if *has_key {
        played.give_key();
    } else {
        played.canary().api_key = None;
    }
    played.lab.break_sign_in(*broken);
    let report = played.round().await.report;
    let signs_in = report.check("canary_signs_in").unwrap();
    assert_eq!(cause(&report), *root, "{release:?}: {broken:?}: {signs_in:?}");
    assert_eq!(said(&report, "canary_enrolled"), *enrolled, "{release:?}: {broken:?}: {signs_in:?}");
    if root.is_empty() {
        assert_eq!(report.login, Login::Ok, "{release:?}: {broken:?}");
    } else {
        assert!(said(&report, root).ends_with(code), "{release:?}: {broken:?}: {:?}", report.check(root));
    }
    played.lab.fix_sign_in(*broken);
    // The rate limit asks for a pause, by header, which a collector of its own does not know of.
    let report = played.round().await.report;
    assert_eq!((cause(&report), said(&report, "canary_lands").as_str()), ("", "ok"), "{release:?}: {broken:?} fixed");
}

#[tokio::test]
async fn each_fault_has_its_root_cause_or_is_the_canarys_own_in_both_dialects() {
    for release in RELEASES {
        let mut played = Played::enrolled(release, true).await;
        for row in EVERYWHERE {
            holds(&mut played, row, release).await;
        }
        played.close().await;
    }
}

#[tokio::test]
async fn what_only_one_dialect_has_is_told_too() {
    for (release, row) in [
        ((2, 9), (BrokenSignIn::UserGone, false, "", "", "fail user_gone")),
        ((2, 14), (BrokenSignIn::UserGone, false, "", "", "fail passkey_refused")),
        ((2, 9), (BrokenSignIn::NotInGroup, false, "", "", "fail not_allowed")),
        ((2, 10), (BrokenSignIn::NotInGroup, false, "", "", "fail not_allowed")),
        ((2, 14), (BrokenSignIn::NotInGroup, false, "canary_signs_in", "request_refused", "unknown")),
        ((2, 10), (BrokenSignIn::StateChanged, false, "canary_signs_in", "state_changed", "unknown")),
        ((2, 14), (BrokenSignIn::AsksForAnotherClient, false, "canary_signs_in", "other_consent", "unknown")),
    ] {
        let mut played = Played::enrolled(release, true).await;
        holds(&mut played, &row, release).await;
        played.close().await;
    }
}

#[tokio::test]
async fn a_deleted_passkey_is_told_apart_by_the_canarys_key_and_else_said_to_be_one_of_several() {
    for release in RELEASES {
        let mut played = Played::enrolled(release, false).await;
        played.lab.delete_passkeys();
        let report = played.round().await.report;
        assert_eq!(said(&report, "canary_enrolled"), "fail passkey_refused", "{release:?}");
        let message = &report.check("canary_enrolled").unwrap().findings[0].message;
        assert!(message.contains("does not say why: the passkey was deleted, or its user is gone"), "{message}");
        played.give_key();
        let report = played.round().await.report;
        assert_eq!(said(&report, "canary_enrolled"), "fail passkey_deleted", "{release:?}");
        assert_eq!((cause(&report), said(&report, "canary_signs_in").as_str()), ("", "unknown"));
        // Enrolled again, it signs in.
        played.enroll().await.unwrap();
        assert_eq!(said(&played.round().await.report, "canary_signs_in"), "ok", "{release:?}");
        played.close().await;
    }
}

#[tokio::test]
async fn a_client_that_wants_a_fresh_passkey_gets_one() {
    for release in RELEASES {
        let played = Played::enrolled(release, true).await;
        played.lab.break_sign_in(BrokenSignIn::WantsFreshPasskey);
        let report = played.round().await.report;
        assert_eq!(said(&report, "canary_lands"), "ok", "{release:?}: {:?}", report.check("canary_signs_in"));
        played.close().await;
    }
}

#[tokio::test]
async fn an_app_that_starts_another_login_than_before_gets_nothing_signed() {
    for release in RELEASES {
        let played = Played::enrolled(release, true).await;
        played.lab.break_sign_in(BrokenSignIn::StartChanges);
        let before = played.lab.sign_in_traces();
        // The start of every second round is the canary's own.
        let report = played.round().await.report;
        let told = said(&report, "canary_signs_in");
        if told != "fail other_start" {
            assert_eq!(
                said(&played.round().await.report, "canary_signs_in"),
                "fail other_start",
                "{release:?}: {told}"
            );
        }
        assert!(played.lab.sign_in_traces().app_sessions <= before.app_sessions + 1);
        played.close().await;
    }
}

#[tokio::test]
async fn an_address_that_the_config_moves_is_seen_before_anything_is_sent() {
    let played = Played::enrolled((2, 14), true).await;
    let text = std::fs::read_to_string(played.file()).unwrap();
    let origin = played.target.provider.url.origin().ascii_serialization();
    ssowatch::atomic_file::replace(&played.file(), text.replace(&origin, "https://old.example.test").as_bytes(), 0o600)
        .unwrap();
    let report = played.round().await.report;
    assert_eq!(cause(&report), "passkeys_still_valid");
    assert_eq!(played.lab.count(ssowatch::model::Side::Provider, "/api/webauthn/login/start"), 0);
    played.close().await;
}

#[tokio::test]
async fn a_fault_that_is_seen_without_signing_in_keeps_the_canary_at_home() {
    let played = Played::enrolled((2, 14), true).await;
    let signed_in = |lab: &Lab| lab.sign_in_traces().audit.iter().filter(|entry| **entry == "SIGN_IN").count();
    played.lab.break_with(ssowatch::lab::Fault::parse("provider_refused").unwrap());
    let report = played.round().await.report;
    assert_eq!((cause(&report), signed_in(&played.lab)), ("provider_reachable", 0));
    played.lab.fix_all();
    assert_eq!(said(&played.next_round(false).await.report, "canary_lands"), "ok", "its turn was not used up");
    played.close().await;
}
