//! Properties over all checks.

use proptest::prelude::*;
use ssowatch::{
    apps::kasm::StartOutcome,
    checks::{self, evaluate},
    model::{
        ClientMeta, Credential, DryRun, Login, Missing, Reason, Report, Severity, Snapshot, SourceId, Stage, Trust,
        Verdict,
    },
    oidc::{AuthorizeUrl, Discovery, State},
};

/// Discovery documents of real releases, recorded.
const V1_16: &str = include_str!("../fixtures/checks/discovery-1.16.0.json");
const V2_9: &str = include_str!("../fixtures/checks/discovery-2.9.0.json");
const V2_10: &str = include_str!("../fixtures/checks/discovery-2.10.0.json");

/// What stays unverified without credentials, on the newest release.
const UNVERIFIED: [&str; 28] = [
    "kasm_licensed",
    "start_agrees_with_config",
    "scope_list_shape",
    "token_url_matches",
    "client_secret_active",
    "client_secret_accepted",
    "superseded_secret",
    "token_verifies",
    "back_channel",
    "app_secret_accepted",
    "userinfo_url_matches",
    "scopes_cover_username",
    "username_claim",
    "scopes_cover_groups",
    "groups_claim",
    "users_allowed",
    "test_user_claims",
    "group_names_map",
    "local_user_in_the_way",
    "landing_after_sign_in",
    "logout_configured",
    "issuer_field_matches",
    "logout_url_registered",
    "client_secret_lasts",
    "client_secrets_last",
    "debug_is_off",
    "callbacks_exact",
    "clients_watched",
];

fn with_document(document: &str, dry_run: Result<DryRun, Missing>) -> Snapshot {
    let mut now = Snapshot::healthy();
    let parsed = Discovery::parse(200, Some("application/json; charset=utf-8"), document.as_bytes()).unwrap();
    now.discovery.value.as_mut().unwrap().fact = parsed;
    now.authorize_dry_run.value = dry_run;
    now
}

/// Pocket ID 2.9: `/authorize` is a web page, and the redirect URI alone can be asked for.
fn v2_9() -> Snapshot {
    with_document(V2_9, Ok(DryRun::RedirectAccepted))
}

/// Pocket ID 1.16: nothing can be tried without a user.
fn v1_16() -> Snapshot {
    with_document(V1_16, Err(Missing::OutOfReach("before 2.9 /authorize is a web page".to_owned())))
}

/// A provider that is not Pocket ID.
fn generic() -> Snapshot {
    let mut document: serde_json::Value = serde_json::from_str(V2_10).unwrap();
    let members = document.as_object_mut().unwrap();
    members.retain(|key, _| !key.starts_with("pushed") && !key.starts_with("require_pushed"));
    for (key, path) in [("authorization_endpoint", "auth"), ("token_endpoint", "token"), ("userinfo_endpoint", "me")] {
        members.insert(key.to_owned(), format!("https://id.example.test/{path}").into());
    }
    let mut now = with_document(&document.to_string(), Ok(DryRun::Accepted("login_required".to_owned())));
    now.client_meta.value = Err(Missing::NotApplicable("the provider is not Pocket ID".to_owned()));
    sent(&mut now).endpoint = "https://id.example.test/auth".to_owned();
    now
}

fn sent(now: &mut Snapshot) -> &mut AuthorizeUrl {
    match &mut now.login_start.value.as_mut().unwrap().starts[0].outcome {
        StartOutcome::Url(url) => url,
        other => panic!("no URL but {other:?}"),
    }
}

/// The ids of the checks with that verdict.
fn with_verdict(report: &Report, verdict: Verdict) -> Vec<String> {
    report.checks.iter().filter(|check| check.verdict == verdict).map(|check| check.id.clone()).collect()
}

fn failing(report: &Report) -> Vec<String> {
    with_verdict(report, Verdict::Fail)
}

fn failed(source: SourceId, reason: Reason) -> Missing {
    Missing::failed(source, reason, "made for a test")
}

fn refused(source: SourceId) -> Missing {
    failed(source, Reason::Connect)
}

#[test]
fn a_healthy_snapshot_is_good_and_its_unverified_checks_are_known() {
    let report = evaluate(&Snapshot::healthy(), None);
    assert_eq!(failing(&report), Vec::<String>::new());
    assert_eq!(with_verdict(&report, Verdict::Unknown), Vec::<String>::new());
    assert_eq!((report.login, report.cause.clone()), (Login::Ok, None));
    let unverified: Vec<&str> = report
        .checks
        .iter()
        .filter(|check| check.verdict == Verdict::Unverified && check.stage != Stage::Provider)
        .map(|check| check.id.as_str())
        .collect();
    assert_eq!(unverified, known(&UNVERIFIED));
}

/// The list in cause order.
fn known(ids: &[&'static str]) -> Vec<&'static str> {
    checks::all().map(|(_, check)| check.id).filter(|id| ids.contains(id)).collect()
}

#[test]
fn the_self_test_passes() {
    assert!(checks::self_test());
}

#[test]
fn every_generation_of_provider_is_good_when_healthy() {
    for (name, now) in [("1.16", v1_16()), ("2.9", v2_9()), ("another provider", generic())] {
        let report = evaluate(&now, None);
        assert_eq!(failing(&report), Vec::<String>::new(), "{name}");
        assert_eq!(with_verdict(&report, Verdict::Unknown), Vec::<String>::new(), "{name}");
        assert_eq!(report.login, Login::Ok, "{name}");
    }
}

#[test]
fn what_an_older_release_cannot_show_is_unverified_and_what_it_lacks_does_not_apply() {
    let verdict = |now: &Snapshot, id: &str| evaluate(now, None).check(id).unwrap().verdict.id();
    for (id, on_1_16, on_2_9, on_another) in [
        ("authorize_accepted", "unverified", "ok", "ok"),
        ("redirect_uri_registered", "unverified", "ok", "ok"),
        ("pkce_not_required", "unverified", "unverified", "ok"),
        ("par_not_required", "not_applicable", "unverified", "not_applicable"),
        ("client_known", "ok", "ok", "ok"),
        ("state_length", "not_applicable", "not_applicable", "not_applicable"),
        ("client_secret_active", "not_applicable", "not_applicable", "not_applicable"),
        ("users_allowed", "unverified", "unverified", "not_applicable"),
        ("next_version_safe", "ok", "ok", "not_applicable"),
    ] {
        let found = [verdict(&v1_16(), id), verdict(&v2_9(), id), verdict(&generic(), id)];
        assert_eq!(found, [on_1_16, on_2_9, on_another], "{id}");
    }
}

#[test]
fn one_observation_that_fails_makes_at_most_the_check_of_that_source_fail() {
    for source in SourceId::ALL {
        let mut now = Snapshot::healthy();
        now.lose(source, refused(source));
        let report = evaluate(&now, None);
        let failing = failing(&report);
        match source {
            SourceId::AppConnection => assert_eq!(failing, ["app_reachable"]),
            // A check of the provider's stage may say so; no other.
            SourceId::ProviderConnection | SourceId::Discovery | SourceId::Jwks | SourceId::ClientMeta => {
                assert!(failing.len() <= 1, "{source:?}: {failing:?}");
                assert!(report.failing().all(|check| check.stage == Stage::Provider), "{source:?}: {failing:?}");
            }
            _ => assert_eq!(failing, Vec::<String>::new(), "{source:?}"),
        }
    }
}

#[test]
fn when_kasm_is_down_one_check_fails_and_is_the_cause() {
    for later in [refused(SourceId::AppHealth), Missing::Blocked { by: SourceId::AppConnection }] {
        let mut now = Snapshot::healthy();
        for source in [
            SourceId::AppHealth,
            SourceId::KasmLoginSettings,
            SourceId::LoginStart,
            SourceId::AppPage,
            SourceId::AuthorizeDryRun,
        ] {
            now.lose(source, later.clone());
        }
        now.lose(SourceId::AppConnection, refused(SourceId::AppConnection));
        let report = evaluate(&now, None);
        assert_eq!(failing(&report), ["app_reachable"]);
        assert_eq!(report.cause.unwrap().check, "app_reachable");
    }
}

/// All that the provider is asked for.
const PROVIDERS: [SourceId; 7] = [
    SourceId::ProviderConnection,
    SourceId::Discovery,
    SourceId::Jwks,
    SourceId::ClientMeta,
    SourceId::AuthorizeDryRun,
    SourceId::ProviderEndpoints,
    SourceId::ProviderPage,
];

#[test]
fn when_the_provider_is_down_only_its_own_stage_fails() {
    for later in [refused(SourceId::Discovery), Missing::Blocked { by: SourceId::ProviderConnection }] {
        let mut now = Snapshot::healthy();
        PROVIDERS.iter().for_each(|source| now.lose(*source, later.clone()));
        now.lose(SourceId::ProviderConnection, refused(SourceId::ProviderConnection));
        let report = evaluate(&now, None);
        assert_eq!(failing(&report), known(&["provider_reachable"]));
        for check in report.checks.iter().filter(|check| check.stage < Stage::Provider) {
            assert_ne!(check.verdict, Verdict::Fail, "{}", check.id);
        }
        assert_ne!(report.login, Login::Ok, "never good without having seen it");
    }
}

#[test]
fn a_refusal_of_the_start_is_not_believed_while_the_provider_is_down() {
    let mut now = Snapshot::healthy();
    now.login_start.value.as_mut().unwrap().starts[0].outcome = StartOutcome::Refused("Internal Error".to_owned());
    PROVIDERS.iter().for_each(|source| now.lose(*source, refused(*source)));
    assert_eq!(failing(&evaluate(&now, None)), known(&["provider_reachable"]));
}

#[test]
fn a_failing_database_is_not_taken_for_a_deleted_client() {
    let mut now = Snapshot::healthy();
    let error = Missing::status(SourceId::ClientMeta, 500, "HTTP 500: Something went wrong");
    now.lose(SourceId::ClientMeta, error);
    let message = "The requested OAuth 2.0 Client does not exist.".to_owned();
    now.authorize_dry_run.value = Ok(DryRun::ErrorPage { status: 302, message });
    let report = evaluate(&now, None);
    assert_eq!(failing(&report), known(&["provider_database"]));
    assert_ne!(report.login, Login::Ok);
}

#[test]
fn with_nothing_seen_nothing_fails_but_what_was_tried() {
    let kinds: [fn(SourceId) -> Missing; 4] = [
        |_| Missing::NotConfigured(Credential::AppKey),
        |source| Missing::Blocked { by: source },
        |_| Missing::OutOfReach("from here".to_owned()),
        |_| Missing::NotApplicable("here".to_owned()),
    ];
    for kind in kinds {
        let mut now = Snapshot::healthy();
        SourceId::ALL.iter().for_each(|source| now.lose(*source, kind(*source)));
        let report = evaluate(&now, None);
        assert_eq!(failing(&report), Vec::<String>::new(), "{:?}", kind(SourceId::Jwks));
    }
    for reason in Reason::ALL {
        let mut now = Snapshot::healthy();
        SourceId::ALL.iter().for_each(|source| now.lose(*source, failed(*source, reason)));
        let report = evaluate(&now, None);
        assert_eq!(report.checks.len(), checks::all().count());
        assert_ne!(report.login, Login::Ok, "{reason:?}");
    }
}

#[test]
fn a_check_that_needs_a_credential_names_it() {
    let report = evaluate(&Snapshot::healthy(), None);
    for (_, check) in checks::all() {
        let said = report.check(check.id).unwrap();
        if said.verdict == Verdict::Unverified && !check.needs.is_empty() {
            let reason = said.reason.as_deref().unwrap();
            assert!(check.needs.iter().any(|key| reason.contains(&key.to_string())), "{}: {reason}", check.id);
        }
    }
}

#[test]
fn the_report_lists_the_checks_in_cause_order_and_the_first_failing_outage_is_the_cause() {
    let mut now = Snapshot::healthy();
    sent(&mut now).scope = Some("profile phone".to_owned());
    sent(&mut now).state = None;
    let (error, description) = ("invalid_state".to_owned(), "too weak".to_owned());
    now.authorize_dry_run.value = Ok(DryRun::SentBack { error, description });
    let report = evaluate(&now, None);
    let listed: Vec<&str> = report.checks.iter().map(|check| check.id.as_str()).collect();
    let in_order: Vec<&str> = checks::all().map(|(_, check)| check.id).collect();
    assert_eq!(listed, in_order);
    assert!(report.checks.is_sorted_by_key(|check| check.stage));
    assert_eq!(failing(&report), ["state_length", "scope_has_openid", "scopes_supported", "authorize_accepted"]);
    assert_eq!(report.cause.unwrap().check, "state_length");
}

/// What is wrong, the change to the healthy snapshot, and the checks that fail.
type Fault = (&'static str, fn(&mut Snapshot), &'static [&'static str]);

#[test]
fn a_fault_of_one_setting_has_one_cause_and_the_symptom_beside_it_at_most() {
    let cases: [Fault; 12] = [
        (
            "Kasm's Authorization URL is old",
            |now| {
                sent(now).endpoint = "https://old.example.test/authorize".to_owned();
            },
            &["authorization_url_matches"],
        ),
        (
            "a slash too many in Redirect URL",
            |now| {
                sent(now).redirect_uri = Some("https://kasm.example.test/api/oidc_callback/".to_owned());
                let message = "The 'redirect_uri' parameter does not match".to_owned();
                now.authorize_dry_run.value = Ok(DryRun::ErrorPage { status: 302, message });
            },
            &["redirect_uri_is_own", "redirect_uri_registered", "authorize_accepted"],
        ),
        (
            "the callback was changed at the provider",
            |now| {
                let message = "The 'redirect_uri' parameter does not match".to_owned();
                now.authorize_dry_run.value = Ok(DryRun::ErrorPage { status: 302, message });
            },
            &["redirect_uri_registered", "authorize_accepted"],
        ),
        (
            "the client was deleted",
            |now| {
                now.client_meta.value.as_mut().unwrap().name = None;
                let message = "The requested OAuth 2.0 Client does not exist.".to_owned();
                now.authorize_dry_run.value = Ok(DryRun::ErrorPage { status: 302, message });
            },
            &["client_known", "authorize_accepted"],
        ),
        (
            "PKCE was turned on",
            |now| {
                let (error, description) = ("invalid_request".to_owned(), "This client requires PKCE".to_owned());
                now.authorize_dry_run.value = Ok(DryRun::SentBack { error, description });
            },
            &["pkce_not_required", "authorize_accepted"],
        ),
        (
            "PAR was turned on",
            |now| {
                let (error, description) = ("error".to_owned(), "The error is unrecognizable".to_owned());
                now.authorize_dry_run.value = Ok(DryRun::SentBack { error, description });
            },
            &["authorize_accepted"],
        ),
        (
            "scopes joined by commas",
            |now| {
                sent(now).scope = Some("openid,profile,email,groups".to_owned());
            },
            &["scope_list_shape"],
        ),
        (
            "a scope that does not exist",
            |now| {
                sent(now).scope = Some("openid profile phone".to_owned());
            },
            &["scopes_supported"],
        ),
        (
            "Redirect URL is plain HTTP",
            |now| {
                sent(now).redirect_uri = Some("http://kasm.example.test/api/oidc_callback".to_owned());
            },
            &["redirect_uri_is_own"],
        ),
        (
            "no Client ID",
            |now| {
                sent(now).client_id = None;
                now.client_meta.value = Ok(ClientMeta {
                    asked: "00000000-0000-0000-0000-000000000000".to_owned(),
                    is_app_client: false,
                    name: None,
                    requires_reauthentication: None,
                });
                let message = "The requested OAuth 2.0 Client does not exist.".to_owned();
                now.authorize_dry_run.value = Ok(DryRun::ErrorPage { status: 302, message });
            },
            &["client_id_agrees", "authorize_accepted"],
        ),
        (
            "the config was disabled",
            |now| {
                now.kasm_login_settings.value.as_mut().unwrap().configs.clear();
                now.login_start.value.as_mut().unwrap().starts.clear();
                now.lose(SourceId::AuthorizeDryRun, Missing::Blocked { by: SourceId::LoginStart });
            },
            &["login_offered"],
        ),
        (
            "Kasm's default certificate",
            |now| {
                let tls = now.app_connection.value.as_mut().unwrap().tls.as_mut().unwrap();
                (tls.trust, tls.name_matches) = (Trust::SelfSigned, false);
            },
            &["app_certificate_trusted"],
        ),
    ];
    for (name, change, expected) in cases {
        let mut now = Snapshot::healthy();
        change(&mut now);
        assert_eq!(failing(&evaluate(&now, None)), expected, "{name}");
    }
}

#[test]
fn no_text_advises_to_delete_kasms_config_and_none_is_spread_over_lines() {
    for (_, check) in checks::all() {
        for text in [check.title, check.why, check.fix, check.source, check.since] {
            assert!(!text.contains('\n') && !text.contains("  "), "{}: {text}", check.id);
        }
        let fix = check.fix.to_lowercase();
        assert!(!fix.contains("delete the config") && !fix.contains("recreate"), "{}: {fix}", check.id);
    }
}

#[test]
fn a_check_without_credentials_is_never_left_to_one() {
    // Whoever gives no credential must be able to get a whole answer for these.
    let report = evaluate(&Snapshot::healthy(), None);
    let always_unverified = ["back_channel", "app_secret_accepted", "landing_after_sign_in"];
    for (stage, check) in checks::all() {
        let said = report.check(check.id).unwrap();
        if check.needs.is_empty() && stage != Stage::Provider && said.verdict == Verdict::Unverified {
            assert!(always_unverified.contains(&check.id), "{}: {:?}", check.id, said.reason);
        }
    }
}

/// What must hold of any report: drifts of declared fields, codes of one form, a cause that is an outage.
fn holds(report: &Report) {
    for check in &report.checks {
        let (_, of) = checks::find(&check.id).unwrap();
        assert_eq!(check.verdict == Verdict::Fail, !check.findings.is_empty(), "{check:?}");
        for finding in &check.findings {
            assert!(finding.code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{finding:?}");
            assert!(!finding.message.is_empty(), "{finding:?}");
            if let Some(drift) = &finding.drift {
                assert!(of.fields.contains(&drift.field.as_str()), "{} does not declare {}", check.id, drift.field);
                assert_ne!(drift.expected, drift.actual, "{}", check.id);
            }
        }
    }
    let cause = report.cause_check();
    // Our own settings are a cause without an outage: nothing else is evaluated.
    let is_own = cause.is_some_and(|check| check.id == "own_settings");
    assert!(is_own || cause.is_none_or(|check| check.severity == Severity::Outage), "{cause:?}");
    assert_eq!(cause.is_some() && !is_own, report.login == Login::Broken);
}

fn dry_run() -> impl Strategy<Value = Result<DryRun, Missing>> {
    let word = "[a-zA-Z_' ]{0,20}";
    prop_oneof![
        Just(Ok(DryRun::Accepted("login_required".to_owned()))),
        Just(Ok(DryRun::RedirectAccepted)),
        (word, word).prop_map(|(error, description)| Ok(DryRun::SentBack { error, description })),
        (300u16..599, word).prop_map(|(status, message)| Ok(DryRun::ErrorPage { status, message })),
        (100u16..599, word).prop_map(|(status, seen)| Ok(DryRun::Unrecognised { status, seen })),
        Just(Err(Missing::OutOfReach("older".to_owned()))),
        Just(Err(refused(SourceId::AuthorizeDryRun))),
    ]
}

fn snapshot() -> impl Strategy<Value = Snapshot> {
    let base = prop_oneof![Just(0), Just(1), Just(2), Just(3)];
    let address = || {
        prop_oneof![
            Just(None),
            "(https?://)?[a-z.:0-9\\[\\]]{0,20}(/[a-z_/#?]{0,20})?".prop_map(Some),
            Just(Some("https://kasm.example.test/api/oidc_callback".to_owned())),
        ]
    };
    let scope = prop_oneof![Just(None), "[a-z, ;]{0,30}".prop_map(Some), Just(Some("openid profile".to_owned()))];
    let lost = proptest::collection::vec((0..SourceId::ALL.len(), 0..Reason::ALL.len()), 0..3);
    (base, address(), address(), scope, 0usize..40, dry_run(), lost).prop_map(
        |(base, endpoint, redirect, scope, state, dry_run, lost)| {
            let mut now = [Snapshot::healthy(), v2_9(), v1_16(), generic()][base].clone();
            let url = sent(&mut now);
            url.endpoint = endpoint.unwrap_or_else(|| url.endpoint.clone());
            url.redirect_uri = redirect;
            url.scope = scope;
            url.state = Some(State { length: state, config_id: None });
            now.authorize_dry_run.value = dry_run;
            for (source, reason) in lost {
                now.lose(SourceId::ALL[source], failed(SourceId::ALL[source], Reason::ALL[reason]));
            }
            now
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_snapshot_is_evaluated_the_same_twice_and_after_saving(now in snapshot()) {
        let report = evaluate(&now, None);
        holds(&report);
        prop_assert_eq!(&evaluate(&now, None), &report);
        let saved: Snapshot = serde_json::from_str(&serde_json::to_string(&now).unwrap()).unwrap();
        prop_assert_eq!(&evaluate(&saved, None), &report);
    }
}
