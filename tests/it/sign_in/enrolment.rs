//! Enrolment: what it refuses, and what it leaves.

use ssowatch::lab::BrokenSignIn;

use super::{Played, RELEASES};

#[tokio::test]
async fn a_code_serves_once_and_only_for_the_user_that_is_named() {
    for release in RELEASES {
        let played = Played::new(release, false).await;
        let code = played.lab.one_time_code();
        let refused = played.enroll_with("WRONG1", "canary").await.unwrap_err();
        assert!(refused.contains("the code is not taken: HTTP 401"), "{refused}");
        let refused = played.enroll_with("no/code", "canary").await.unwrap_err();
        assert!(refused.contains("the code is none"), "{refused}");
        let refused = played.enroll_with(&code, "alice").await.unwrap_err();
        assert!(refused.contains("another user than --user names"), "{refused}");
        assert!(!played.file().exists(), "nothing is kept of what was refused");
        assert_eq!(played.lab.sign_in_traces().audit, ["TOKEN_SIGN_IN"]);
        played.enroll().await.unwrap();
        assert!(played.file().exists());
        played.close().await;
    }
}

#[tokio::test]
async fn an_admin_is_refused_before_anything_is_registered() {
    for release in RELEASES {
        let played = Played::new(release, false).await;
        played.lab.break_sign_in(BrokenSignIn::UserIsAdmin);
        let refused = played.enroll().await.unwrap_err();
        assert!(refused.contains("never an admin"), "{refused}");
        assert_eq!(played.lab.sign_in_traces().audit, ["TOKEN_SIGN_IN"], "{release:?}");
        played.close().await;
    }
}

#[tokio::test]
async fn where_the_passkey_cannot_be_kept_none_is_made() {
    let mut played = Played::new((2, 14), false).await;
    let code = played.lab.one_time_code();
    let nowhere = played.folder.path().join("none").join("canary.json");
    played.canary().passkey_file = nowhere.clone();
    let collector = ssowatch::collect::Collector::new(ssowatch::clock::Clock::System);
    let snapshot = collector.observe(&played.target, None, ssowatch::collect::CollectMode::Full).await;
    let enrolment = ssowatch::collect::sign_in::Enrolment {
        target: &played.target,
        snapshot: &snapshot,
        user: "canary",
        code: ssowatch::config::Secret::new(code),
        passkey_file: &nowhere,
    };
    let refused = ssowatch::collect::sign_in::enroll(&collector, &enrolment).await.unwrap_err();
    assert!(refused.contains("cannot be kept"), "{refused}");
    assert_eq!(played.lab.sign_in_traces().audit, [""; 0], "not even the code is spent");
    played.close().await;
}
