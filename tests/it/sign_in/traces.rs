//! What a sign-in leaves, counted at the lab and compared with what `plan` says.

use ssowatch::providers::pocket_id::{SignInTraces, Version};

use super::{Played, RELEASES};

#[tokio::test]
async fn a_run_leaves_what_the_plan_says_and_no_more() {
    for release in RELEASES {
        let planned = SignInTraces::of(Version::new(release.0, release.1));
        let played = Played::enrolled(release, false).await;
        let enrolled = played.lab.sign_in_traces();
        assert_eq!(enrolled.audit, planned.enrolment_audit, "{release:?}");
        for run in 1..=3 {
            played.round().await;
            let now = played.lab.sign_in_traces();
            assert_eq!(now.audit[enrolled.audit.len()..].len(), run * planned.run_audit.len(), "{release:?}");
            assert!(now.audit.ends_with(planned.run_audit), "{release:?}: {:?}", now.audit);
            assert_eq!(now.rows - enrolled.rows, run * planned.run_rows, "{release:?}");
            assert_eq!((now.challenges, now.consents, now.interactions), (0, 1, 0), "{release:?}");
            assert_eq!((now.redeemed, now.app_users), (0, 0), "{release:?}");
        }
        played.close().await;
        let played = Played::enrolled(release, true).await;
        for _ in 0..2 {
            played.round().await;
        }
        let now = played.lab.sign_in_traces();
        assert_eq!((now.redeemed, now.app_users, now.app_sessions), (2, 1, 2), "{release:?}");
        played.close().await;
    }
}
