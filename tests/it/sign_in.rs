//! The canary signs in at the lab, in both of Pocket ID's dialects: to the code, to the landing, and not at all where
//! something is wrong, whose it is told.

mod broken;
mod command;
mod daemon;
mod enrolment;
mod recordings;
mod secrets;
mod traces;

use std::{path::PathBuf, sync::Arc};

use ssowatch::{
    canary::runs,
    clock::Clock,
    collect::{
        CollectMode, Collector,
        sign_in::{Enrolment, Placed, enroll},
    },
    config::{Canary, Secret, SecretSource, Target},
    lab::{CANARY_API_KEY, Lab, LabOptions},
    model::Report,
    round::{Round, round},
};
use tempfile::TempDir;

/// The releases of both dialects that the recordings are of.
const RELEASES: [(u32, u32); 4] = [(2, 3), (2, 9), (2, 10), (2, 14)];

/// A lab, and a canary that may sign in there.
struct Played {
    lab: Lab,
    target: Target,
    folder: TempDir,
}

impl Played {
    /// Not enrolled yet.
    async fn new(release: (u32, u32), complete: bool) -> Self {
        Self::with(LabOptions { signs_in: true, ..LabOptions::version(release.0, release.1) }, complete).await
    }

    async fn with(options: LabOptions, complete: bool) -> Self {
        let lab = Lab::start(options).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut target = lab.target();
        target.canary = Some(Canary {
            user: "canary".to_owned(),
            passkey_file: folder.path().join("canary.json"),
            every: std::time::Duration::from_hours(1),
            complete,
            api_key: None,
        });
        Self { lab, target, folder }
    }

    /// Enrolled.
    async fn enrolled(release: (u32, u32), complete: bool) -> Self {
        let played = Self::new(release, complete).await;
        let placed = played.enroll().await.unwrap();
        assert_eq!(placed.without_consent, None, "{release:?}");
        played
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("canary.json")
    }

    fn canary(&mut self) -> &mut Canary {
        self.target.canary.as_mut().unwrap()
    }

    fn give_key(&mut self) {
        self.canary().api_key = Some(SecretSource::Inline(Secret::new(CANARY_API_KEY.to_owned())));
    }

    async fn enroll(&self) -> Result<Placed, String> {
        self.enroll_with(&self.lab.one_time_code(), "canary").await
    }

    async fn enroll_with(&self, code: &str, user: &str) -> Result<Placed, String> {
        let collector = Collector::new(Clock::System);
        let snapshot = collector.observe(&self.target, None, CollectMode::Full).await;
        let file = self.file();
        let code = Secret::new(code.to_owned());
        enroll(&collector, &Enrolment { target: &self.target, snapshot: &snapshot, user, code, passkey_file: &file })
            .await
    }

    /// A round of a daemon that has just started, an hour after the last sign-in.
    async fn round(&self) -> Round {
        let _ = std::fs::remove_file(runs::place(&self.file()));
        self.next_round(false).await
    }

    /// A round of a daemon that has just started.
    async fn next_round(&self, in_maintenance: bool) -> Round {
        let collector = Collector::new(Clock::System);
        collector.let_the_canary_sign_in(Arc::new(move |_, _| in_maintenance));
        round(&collector, &self.target, None, CollectMode::Full).await
    }

    async fn close(self) {
        assert_eq!(self.lab.stop().await, [""; 0]);
    }
}

/// The verdict of a check, and the codes of its findings.
fn said(report: &Report, check: &str) -> String {
    let check = report.check(check).unwrap();
    let codes = check.findings.iter().map(|finding| finding.code.as_str());
    std::iter::once(check.verdict.id()).chain(codes).collect::<Vec<_>>().join(" ")
}

fn cause(report: &Report) -> &str {
    report.cause.as_ref().map_or("", |cause| cause.check.as_str())
}

#[tokio::test]
async fn it_signs_in_up_to_the_code_and_leaves_the_callback_alone() {
    for release in RELEASES {
        let played = Played::enrolled(release, false).await;
        let report = played.round().await.report;
        for (check, expected) in [
            ("canary_signs_in", "ok"),
            ("passkeys_still_valid", "ok"),
            ("canary_enrolled", "ok"),
            ("canary_lands", "not_applicable"),
            ("back_channel", "unverified"),
            ("app_secret_accepted", "unverified"),
            ("landing_after_sign_in", "unverified"),
        ] {
            assert_eq!(said(&report, check), expected, "{release:?}: {check}: {:?}", report.check(check));
        }
        assert_eq!((cause(&report), played.lab.sign_in_traces().redeemed), ("", 0), "{release:?}");
        played.close().await;
    }
}

#[tokio::test]
async fn where_it_is_complete_the_app_opens_a_session_and_what_only_that_shows_is_verified() {
    for release in RELEASES {
        let played = Played::enrolled(release, true).await;
        let Round { report, snapshot } = played.round().await;
        for check in [
            "canary_signs_in",
            "canary_lands",
            "back_channel",
            "app_secret_accepted",
            "landing_after_sign_in",
            "username_claim",
        ] {
            assert_eq!(said(&report, check), "ok", "{release:?}: {check}: {:?}", report.check(check));
        }
        let run = snapshot.canary_sign_in.ok().unwrap();
        let steps: Vec<&str> = run.steps.iter().map(|step| step.step.id()).collect();
        assert_eq!(steps, ["start", "challenge", "passkey", "authorize", "code", "landing"]);
        let seen = report.check("back_channel").unwrap().seen_at;
        assert_eq!(seen, snapshot.canary_sign_in.at, "a verdict has the time of the run");
        assert_eq!(played.lab.sign_in_traces().app_sessions, 1);
        played.close().await;
    }
}

#[tokio::test]
async fn it_runs_once_in_its_interval_also_after_a_restart_and_never_in_maintenance_or_for_somebody_who_only_looks() {
    let played = Played::enrolled((2, 14), true).await;
    let signed_in = || played.lab.sign_in_traces().audit.iter().filter(|entry| **entry == "SIGN_IN").count();
    let quiet = played.next_round(true).await.report;
    assert_eq!((signed_in(), said(&quiet, "canary_signs_in").as_str()), (0, "unverified"));
    let only_looks = round(&Collector::new(Clock::System), &played.target, None, CollectMode::Full).await.report;
    assert_eq!((signed_in(), said(&only_looks, "canary_signs_in").as_str()), (0, "unverified"));
    for _ in 0..3 {
        let report = played.next_round(false).await.report;
        assert_eq!((signed_in(), said(&report, "canary_lands").as_str()), (1, "ok"));
    }
    let only_looks = round(&Collector::new(Clock::System), &played.target, None, CollectMode::Full).await.report;
    assert_eq!((signed_in(), said(&only_looks, "canary_lands").as_str()), (1, "ok"), "what the last run showed");
    played.close().await;
}

#[tokio::test]
async fn over_tls_cookies_have_their_other_names_and_all_is_the_same() {
    for release in RELEASES {
        let options = LabOptions { signs_in: true, tls: true, ..LabOptions::version(release.0, release.1) };
        let played = Played::with(options, true).await;
        played.enroll().await.unwrap();
        let report = played.round().await.report;
        assert_eq!(said(&report, "canary_lands"), "ok", "{release:?}: {:?}", report.check("canary_signs_in"));
        played.close().await;
    }
}
