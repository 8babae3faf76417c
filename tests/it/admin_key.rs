//! What a Pocket ID key shows, end to end against the lab: with an admin's key alone, or with another user's.

use std::{collections::BTreeSet, process::Command, time::Duration};

use ssowatch::{
    clock::Clock,
    collect::{CollectMode, Collector},
    config::Target,
    lab::{ADMIN_API_KEY, Fault, Lab, LabOptions, USER_API_KEY},
    model::{ClaimsPreview, Credential, Missing, Reason, Side, Snapshot, SourceId, Verdict},
    render::{json, junit, style::Style, text::text},
    round::{Round, round},
};

const VERSIONS: [(u32, u32); 5] = [(1, 16), (2, 3), (2, 9), (2, 10), (2, 14)];
const CLIENT: &str = "/api/oidc/clients/00000000-0000-4000-8000-0000000000c1";

async fn lab(version: (u32, u32)) -> Lab {
    Lab::start(LabOptions::version(version.0, version.1)).await.unwrap()
}

/// The lab with one key, and a test user.
fn target(lab: &Lab, key: Credential) -> Target {
    let mut target = lab.target_with(&[key]);
    target.expect.user = Some("canary".to_owned());
    target
}

async fn look(target: &Target) -> Round {
    round(&Collector::new(Clock::System), target, None, CollectMode::Full).await
}

fn failing(round: &Round) -> Vec<&str> {
    round.report.checks.iter().filter(|check| check.verdict == Verdict::Fail).map(|check| check.id.as_str()).collect()
}

fn cause(round: &Round) -> &str {
    round.report.cause.as_ref().map_or("", |cause| cause.check.as_str())
}

fn verdict(round: &Round, id: &str) -> &'static str {
    round.report.check(id).unwrap().verdict.id()
}

/// The checks that an admin's key proves.
const PROVEN: [&str; 7] = [
    "redirect_uri_registered",
    "pkce_not_required",
    "par_not_required",
    "users_allowed",
    "test_user_claims",
    "api_keys_last",
    "settings_as_declared",
];

#[tokio::test]
async fn with_an_admins_key_a_healthy_pair_of_any_release_is_good_and_more_of_it_is_proven() {
    for version in VERSIONS {
        let lab = lab(version).await;
        let mut target = target(&lab, Credential::ProviderAdminKey);
        target.expect.groups = Some(vec!["kasm-users".to_owned()]);
        target.last_sign_in_enabled = true;
        let round = look(&target).await;
        assert_eq!(failing(&round), [""; 0], "{version:?}");
        for id in PROVEN {
            let expected = if id == "par_not_required" && version < (2, 9) { "not_applicable" } else { "ok" };
            assert_eq!(verdict(&round, id), expected, "{version:?}: {id}: {:?}", round.report.check(id));
        }
        let of_2_14 = if version >= (2, 14) { "ok" } else { "not_applicable" };
        assert_eq!(verdict(&round, "client_secret_active"), of_2_14, "{version:?}");
        let seen = &round.snapshot;
        assert!(seen.last_sign_in.ok().unwrap().at.is_some(), "{version:?}");
        assert!(matches!(seen.claims_preview.ok(), Some(ClaimsPreview::Claims { .. })), "{version:?}");
        let owner = seen.key_owner.ok().unwrap();
        let release = (version >= (2, 3)).then(|| format!("{}.{}.0", version.0, version.1));
        assert_eq!((owner.is_admin, owner.version.clone()), (Some(true), release));
        assert!(round.report.expiries.iter().any(|expiry| expiry.item == "provider_key"));
        assert_eq!(lab.stop().await, [""; 0]);
    }
}

#[tokio::test]
async fn with_another_users_key_a_healthy_pair_is_good_and_no_admins_endpoint_is_asked() {
    for version in VERSIONS {
        let lab = lab(version).await;
        let round = look(&target(&lab, Credential::ProviderKey)).await;
        assert_eq!(failing(&round), [""; 0], "{version:?}");
        let seen = &round.snapshot;
        let owner = seen.key_owner.ok().unwrap();
        assert_eq!((owner.is_admin, owner.may_use_client), (Some(false), Some(true)), "{version:?}");
        let needs_admin = Missing::NotConfigured(Credential::ProviderAdminKey);
        assert_eq!(seen.client_registration.value, Err(needs_admin.clone()));
        assert_eq!(seen.claims_preview.value, Err(needs_admin));
        assert_eq!(verdict(&round, "users_allowed"), "unverified", "{version:?}");
        assert_eq!(verdict(&round, "api_keys_last"), "ok", "{version:?}");
        for path in [CLIENT, "/api/users", "/api/user-groups", "/api/custom-claims/suggestions"] {
            assert_eq!(lab.count(Side::Provider, path), 0, "{version:?}: {path}");
        }
        assert_eq!(lab.stop().await, [""; 0]);
    }
}

/// A fault, the releases that it is tried on, and the checks that fail there, the cause first where one is an outage.
type Row = (Fault, &'static [(u32, u32)], &'static [&'static str], &'static str);

const OLD: &[(u32, u32)] = &[(1, 16), (2, 3)];
const NEW: &[(u32, u32)] = &[(2, 10), (2, 14)];

const FAULTS: &[Row] = &[
    (Fault::AllowedGroupsGone, &[(2, 3), (2, 9), (2, 10), (2, 14)], &["users_allowed"], "users_allowed"),
    (Fault::AllowedGroupsGone, &[(1, 16)], &[], ""),
    (Fault::AllowedGroupEmpty, &VERSIONS, &["users_allowed"], "users_allowed"),
    (Fault::TestUserNotAllowed, &VERSIONS, &["test_user_claims"], ""),
    (Fault::TestUserGone, &VERSIONS, &["test_user_claims"], ""),
    (Fault::TestUserDisabled, &VERSIONS, &["test_user_claims"], ""),
    (Fault::AllowedMembersDisabled, &VERSIONS, &["users_allowed"], "users_allowed"),
    (Fault::CallbackAnything, &VERSIONS, &["callbacks_exact"], ""),
    (Fault::SecretExpired, &[(2, 14)], &["client_secret_active"], "client_secret_active"),
    (Fault::SecretEndsSoon, &[(2, 14)], &["client_secret_lasts"], ""),
    (Fault::SecondSecret, &[(2, 14)], &["superseded_secret"], ""),
    (Fault::AnotherSecretEndsSoon, &[(2, 14)], &["client_secrets_last"], ""),
    (Fault::AnotherCallbackPlain, &VERSIONS, &["callbacks_exact"], ""),
    (Fault::ClientNotWatched, &VERSIONS, &["clients_watched"], ""),
    (Fault::ProviderKeyEndsSoon, &VERSIONS, &["api_keys_last"], ""),
    (Fault::RedirectUriNotRegistered, OLD, &["redirect_uri_registered"], "redirect_uri_registered"),
    (Fault::RedirectUriRegisteredWithSlash, OLD, &["redirect_uri_registered"], "redirect_uri_registered"),
    (
        Fault::RedirectUriRegisteredWithSlash,
        &[(2, 9), (2, 10), (2, 14)],
        &["redirect_uri_registered", "authorize_accepted"],
        "redirect_uri_registered",
    ),
    // These releases take over the first that they see; the next ones do not.
    (Fault::NoRedirectUriRegistered, OLD, &["next_version_safe"], ""),
    (Fault::PkceRequired, &[(1, 16), (2, 3), (2, 9)], &["pkce_not_required"], "pkce_not_required"),
    (Fault::PkceRequired, NEW, &["pkce_not_required", "authorize_accepted"], "pkce_not_required"),
    (Fault::ParRequired, &[(2, 9), (2, 10), (2, 14)], &["par_not_required", "authorize_accepted"], "par_not_required"),
    (Fault::ClientDeleted, OLD, &["client_known"], "client_known"),
    (Fault::ClientDeleted, NEW, &["client_known", "authorize_accepted"], "client_known"),
    (Fault::ProviderKeyWrong, &VERSIONS, &[], ""),
    (Fault::ProviderKeyExpired, &VERSIONS, &[], ""),
    (Fault::ProviderKeyOwnerDisabled, &VERSIONS, &[], ""),
    (Fault::ProviderKeyOwnerDemoted, &VERSIONS, &[], ""),
];

#[tokio::test]
async fn each_fault_that_an_admins_key_shows_fails_its_own_checks_and_its_fix_shows_at_once() {
    for version in VERSIONS {
        let lab = lab(version).await;
        let target = target(&lab, Credential::ProviderAdminKey);
        for (fault, _, checks, of) in FAULTS.iter().filter(|(_, versions, ..)| versions.contains(&version)) {
            lab.break_with(*fault);
            let broken = look(&target).await;
            assert_eq!(failing(&broken), *checks, "{fault} on {version:?}");
            assert_eq!(cause(&broken), *of, "{fault} on {version:?}");
            lab.fix(*fault);
            let after = round(&Collector::new(Clock::System), &target, Some(&broken.snapshot), CollectMode::Full).await;
            assert_eq!(failing(&after), [""; 0], "{fault} on {version:?}, fixed");
        }
        assert_eq!(lab.stop().await, [""; 0]);
    }
}

#[tokio::test]
async fn a_key_that_is_refused_is_told_once_as_our_own_and_as_no_fault_of_sign_in() {
    for fault in [Fault::ProviderKeyWrong, Fault::ProviderKeyExpired, Fault::ProviderKeyOwnerDisabled] {
        for key in [Credential::ProviderAdminKey, Credential::ProviderKey] {
            let lab = lab((2, 14)).await;
            lab.break_with(fault);
            let round = look(&target(&lab, key)).await;
            let refused: Vec<SourceId> = round
                .report
                .sources
                .iter()
                .filter(|source| source.reason == Some(Reason::Unauthorized))
                .map(|source| source.id)
                .collect();
            assert_eq!(refused, [SourceId::KeyOwner], "{fault}");
            assert_eq!(round.report.login.word(), "ok", "{fault}");
            assert_eq!((verdict(&round, "users_allowed"), verdict(&round, "api_keys_last")), ("unknown", "unknown"));
            assert_eq!(lab.count(Side::Provider, "/api/users/me"), 1, "{fault}");
            assert_eq!(lab.count(Side::Provider, CLIENT), 0, "{fault}");
        }
    }
}

#[tokio::test]
async fn a_failing_database_is_the_one_cause_and_says_nothing_of_keys_and_clients() {
    for version in VERSIONS {
        let lab = lab(version).await;
        lab.break_with(Fault::DatabaseGone);
        let round = look(&target(&lab, Credential::ProviderAdminKey)).await;
        let failed = failing(&round);
        // Up to 2.9 the other endpoints say 500, too; from 2.10 they refuse as ever, whatever the database does.
        let may_follow = ["provider_database", "authorize_accepted", "token_endpoint_answers"];
        assert_eq!(failed[0], "provider_database", "{version:?}");
        assert!(failed.iter().all(|check| may_follow.contains(check)), "{version:?}: {failed:?}");
        assert!(version < (2, 10) || failed.len() == 1, "{version:?}: {failed:?}");
        assert_eq!(cause(&round), "provider_database");
        let blocked = Missing::Blocked { by: SourceId::ClientMeta };
        assert_eq!(round.snapshot.key_owner.value, Err(blocked.clone()), "{version:?}");
        assert_eq!(round.snapshot.client_registration.value, Err(blocked), "{version:?}");
        assert_eq!(lab.count(Side::Provider, "/api/users/me"), 0, "no key is sent where it would be refused");
        lab.fix_all();
        // In full: a round that is due asks so much again up to 2.9 that some of it waits for the budget.
        let target = target(&lab, Credential::ProviderAdminKey);
        let full = CollectMode::Full;
        let after = ssowatch::round::round(&Collector::new(Clock::System), &target, Some(&round.snapshot), full).await;
        let registration = &after.snapshot.client_registration;
        assert!(registration.ok().is_some(), "{version:?}: asked again in the next look: {:?}", registration.value);
    }
}

#[tokio::test]
async fn a_database_that_cannot_be_written_refuses_every_key_and_no_check_fails_for_it() {
    let lab = lab((2, 9)).await;
    lab.break_with(Fault::DatabaseLocked);
    let round = look(&target(&lab, Credential::ProviderAdminKey)).await;
    assert_eq!(failing(&round), [""; 0]);
    let (reason, detail) = round.snapshot.key_owner.failure().unwrap();
    assert_eq!(reason, Reason::Unauthorized);
    assert!(detail.contains("database cannot be written"), "{detail}");
}

#[tokio::test]
async fn a_look_with_an_admins_key_asks_what_is_planned_and_the_next_round_asks_nothing_of_it() {
    for version in VERSIONS {
        let lab = lab(version).await;
        let mut target = target(&lab, Credential::ProviderAdminKey);
        target.last_sign_in_enabled = true;
        let collector = Collector::new(Clock::System);
        let first = round(&collector, &target, None, CollectMode::Full).await;
        let asked: Vec<String> = lab.seen().into_iter().filter(is_by_key).map(|seen| seen.path).collect();
        let mut expected = vec![
            "/api/users/me",
            "/api/api-keys",
            "/api/oidc/clients",
            CLIENT,
            "/api/user-groups",
            "/api/custom-claims/suggestions",
            "/api/users",
            "/api/audit-logs/all",
        ];
        let preview = format!("{CLIENT}/preview/00000000-0000-4000-8000-0000000000b3");
        // The only group that may use the client has few members.
        expected.push("/api/user-groups/00000000-0000-4000-8000-0000000000a1");
        let secrets = format!("{CLIENT}/secrets");
        expected.push(&preview);
        // Discovery does not tell 1.16 from 2.3.
        expected.push("/api/version/current");
        if version >= (2, 14) {
            expected.push(&secrets);
        }
        let set = |paths: &[String]| paths.iter().cloned().collect::<BTreeSet<_>>();
        let expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
        assert_eq!(set(&asked), set(&expected), "{version:?}");
        assert_eq!(asked.len(), expected.len(), "{version:?}: each once");
        lab.forget_seen();
        let due = CollectMode::Due { settings_every: Duration::from_hours(1), share_for: Duration::ZERO };
        // A grid's mark may pass between two rounds: then one more round passes none.
        let second = round(&collector, &target, Some(&first.snapshot), due).await;
        lab.forget_seen();
        round(&collector, &target, Some(&second.snapshot), due).await;
        assert_eq!(lab.seen().into_iter().filter(is_by_key).count(), 0, "{version:?}");
        assert_eq!(lab.stop().await, [""; 0]);
    }
}

#[tokio::test]
async fn a_key_that_is_refused_in_between_is_looked_at_anew_and_then_left_alone() {
    for (fault, is_refused) in [(Fault::ProviderKeyExpired, true), (Fault::ProviderKeyOwnerDemoted, false)] {
        let lab = lab((2, 14)).await;
        let target = target(&lab, Credential::ProviderAdminKey);
        // Rounds are a minute apart, so each has a whole budget of requests: here by a collector of its own.
        let collector = || Collector::new(Clock::System);
        let due = CollectMode::Due { settings_every: Duration::from_mins(5), share_for: Duration::ZERO };
        let mut first = round(&collector(), &target, None, CollectMode::Full).await;
        lab.break_with(fault);
        // So old that it is due, unlike what the key told of itself.
        first.snapshot.client_registration.at -= chrono::TimeDelta::minutes(10);
        let second = round(&collector(), &target, Some(&first.snapshot), due).await;
        assert!(second.snapshot.client_registration.ok().is_none(), "{fault}");
        let third = round(&collector(), &target, Some(&second.snapshot), due).await;
        let owner = third.snapshot.key_owner.ok();
        assert_eq!(owner.is_none(), is_refused, "{fault}");
        assert!(owner.is_none_or(|owner| owner.is_admin == Some(false)), "{fault}");
        lab.forget_seen();
        let fourth = round(&collector(), &target, Some(&third.snapshot), due).await;
        assert_eq!(lab.count(Side::Provider, CLIENT), 0, "{fault}");
        assert_eq!(failing(&fourth), [""; 0], "{fault}");
    }
}

#[tokio::test]
async fn a_key_that_is_added_is_used_in_the_next_round() {
    let lab = lab((2, 14)).await;
    let collector = || Collector::new(Clock::System);
    let without = round(&collector(), &lab.target(), None, CollectMode::Full).await;
    let due = CollectMode::Due { settings_every: Duration::from_mins(5), share_for: Duration::ZERO };
    let with = round(&collector(), &target(&lab, Credential::ProviderAdminKey), Some(&without.snapshot), due).await;
    assert!(with.snapshot.client_registration.ok().is_some());
    assert!(with.snapshot.key_owner.ok().is_some());
}

/// What no client without a key asks.
fn is_by_key(seen: &ssowatch::lab::Seen) -> bool {
    let open = ["/api/oidc/userinfo", "/api/oidc/end-session", "/api/oidc/authorize/callback-url", "/api/oidc/token"];
    seen.side == Side::Provider
        && seen.path.starts_with("/api/")
        && !seen.path.ends_with("/meta")
        && !open.contains(&seen.path.as_str())
}

#[tokio::test]
async fn no_key_and_nothing_of_a_person_but_the_test_users_name_comes_out() {
    let private = ["@example.test", "Ada", "Builder", "alice", "bob", ADMIN_API_KEY, USER_API_KEY];
    for version in [(2, 9), (2, 14)] {
        let lab = lab(version).await;
        for key in [Credential::ProviderAdminKey, Credential::ProviderKey] {
            let mut target = target(&lab, key);
            target.last_sign_in_enabled = true;
            let faults = FAULTS.iter().map(|(fault, ..)| Some(*fault)).chain([None, Some(Fault::DatabaseGone)]);
            for fault in faults {
                fault.into_iter().for_each(|fault| lab.break_with(fault));
                let round = look(&target).await;
                lab.fix_all();
                for shown in everything(&target, &round) {
                    for text in private {
                        assert!(!shown.contains(text), "{text} with {fault:?} on {version:?} in {shown}");
                    }
                }
            }
        }
    }
}

/// All that is ever shown of a round.
fn everything(target: &Target, round: &Round) -> Vec<String> {
    let Round { report, snapshot } = round;
    vec![
        serde_json::to_string(snapshot).unwrap(),
        format!("{snapshot:?} {report:?} {target:?}"),
        text(report, snapshot, Style::PLAIN),
        json::json([report]).unwrap(),
        junit::junit([report]).unwrap(),
    ]
}

/// Runs `check --from` on a snapshot.
fn check_from(snapshot: &Snapshot, more: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("saved");
    std::fs::write(&file, serde_json::to_string(snapshot).unwrap()).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ssowatch"))
        .args(["check", "--from", file.to_str().unwrap()])
        .args(more)
        .env_clear()
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn an_upgrade_is_rehearsed_on_the_same_snapshot() {
    let lab = lab((2, 9)).await;
    lab.break_with(Fault::StateShort);
    lab.break_with(Fault::ScopeWithoutOpenid);
    let seen = look(&target(&lab, Credential::ProviderAdminKey)).await.snapshot;
    let (_, now, _) = check_from(&seen, &[]);
    assert!(!now.contains("Evaluated as if"), "{now}");
    let (code, text, _) = check_from(&seen, &["--assume-provider", "2.14"]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("Evaluated as if the provider were Pocket ID 2.14; it is Pocket ID 2.9."), "{text}");
    let broken = text.split("With Pocket ID 2.14 these would break:\n").nth(1).unwrap_or_else(|| panic!("{text}"));
    let broken: Vec<&str> = broken.lines().take_while(|line| line.starts_with("  ")).collect();
    assert_eq!(broken.len(), 2, "{text}");
    assert!(broken[0].starts_with("  state_length: ") && broken[1].starts_with("  scope_has_openid: "), "{text}");
    let (_, json, _) = check_from(&seen, &["--assume-provider", "v2.14.0", "--output", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["targets"][0]["cause"]["check"], "state_length");
}

#[test]
fn a_rehearsal_of_a_release_that_is_none_is_refused_in_words() {
    for (release, words) in [
        ("newest", "\"newest\" is no release of Pocket ID; write for example 2.14"),
        ("9.9", "write a release from 1.0 to 2.14"),
    ] {
        let (code, out, error) = check_from(&Snapshot::healthy(), &["--assume-provider", release]);
        assert!(code != 0 && out.is_empty(), "{out}");
        assert!(error.contains(words), "{error}");
    }
}
