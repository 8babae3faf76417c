//! Break, be told once, fix, be told once: over every stage.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use ssowatch::{
    apps::AppName,
    checks,
    clock::Clock,
    lab::{Fault, Lab, LabOptions},
    model::Credential,
};

use super::{
    SCALE, prometheus_yml,
    receiver::{Alert, Notice, Receiver},
    routes, rules,
    stack::{Daemon, Watchers, target_yaml},
};
use crate::end_to_end::prometheus::{Question, until};

const LOGIN: &str = "SsoLoginBroken";
const ALL: [Credential; 3] = [Credential::ClientSecret, Credential::ProviderAdminKey, Credential::AppKey];

/// Faults that keep people out, and the check that the page names, stage by stage.
const PAGED: &[(&str, &str)] = &[
    ("kasm_refused", "app_reachable"),
    ("kasm_certificate_expired", "app_certificate_valid"),
    ("kasm_unhealthy", "app_healthy"),
    ("config_disabled", "login_offered"),
    ("config_for_other_host", "login_offered"),
    ("start_refused", "login_starts"),
    ("authorization_url_stale", "authorization_url_matches"),
    ("redirect_url_trailing_slash", "redirect_uri_is_own"),
    ("state_short", "state_length"),
    ("provider_refused", "provider_reachable"),
    ("provider_certificate_expired", "provider_certificate_valid"),
    ("provider_bad_gateway", "discovery_served"),
    ("database_gone", "provider_database"),
    ("userinfo_gone", "endpoints_answer"),
    ("client_deleted", "client_known"),
    ("redirect_uri_registered_with_slash", "redirect_uri_registered"),
    ("pkce_required", "pkce_not_required"),
    ("scope_without_openid", "scope_has_openid"),
    ("code_not_supported", "response_type_supported"),
    ("token_url_stale", "token_url_matches"),
    ("secret_regenerated", "client_secret_accepted"),
    ("userinfo_url_stale", "userinfo_url_matches"),
    ("username_attribute_unknown", "username_claim"),
    ("allowed_groups_gone", "users_allowed"),
];

/// Faults that are told to somebody, but wake nobody: the alert, and what its description names.
const TOLD: &[(&str, &str, &str)] = &[
    ("discovery_invalid_json", "SsoLoginDegraded", "discovery_served"),
    ("issuer_missing", "SsoLoginDegraded", "discovery_served"),
    ("provider_page_blank", "SsoLoginDegraded", "provider_page_served"),
    ("groups_attribute_unknown", "SsoLoginDegraded", "groups_claim"),
    ("kasm_key_wrong", "SsoCredentialRefused", "kasm_config"),
    ("provider_throttles_long", "SsoProviderThrottling", "429"),
];

fn fault(id: &str) -> Fault {
    Fault::parse(id).unwrap_or_else(|| panic!("no fault is named {id}"))
}

/// One target of the daemon and the fault of its lab.
struct Case {
    name: String,
    fault: Fault,
    lab: Lab,
}

impl Case {
    async fn new(name: &str, fault: Fault) -> Self {
        let lab = Lab::start(LabOptions { tls: fault.needs_tls(), ..LabOptions::default() }).await.unwrap();
        Self { name: name.to_owned(), fault, lab }
    }

    fn is(&self) -> impl Fn(&Alert) -> bool + use<'_> {
        |alert| alert.target() == Some(&self.name)
    }
}

/// What was told to a receiver of one alert of one target, by status.
fn told(receiver: &Receiver, whom: &str, alert: &str, target: &str, status: &str) -> Vec<Notice> {
    let fits = |of: &Alert| of.name() == alert && of.target() == Some(target) && of.status == status;
    receiver.told(whom, fits)
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "how long each took is a figure to read (--nocapture), not to be evaluated")]
async fn each_fault_is_told_once_with_its_cause_and_once_more_when_it_is_fixed() {
    let mut cases = BTreeMap::new();
    let ids = PAGED.iter().map(|row| row.0).chain(TOLD.iter().map(|row| row.0));
    for id in ids {
        cases.insert(id.replace('_', "-"), Case::new(&id.replace('_', "-"), fault(id)).await);
    }
    for name in ["flapping", "other-cause"] {
        cases.insert(name.to_owned(), Case::new(name, fault("config_disabled")).await);
    }
    let targets: String = cases.values().map(|case| target_yaml(&case.name, &case.lab, &ALL)).collect();
    let daemon =
        Daemon::start("{round: every 10s, settings: every 50s, requests_per_minute: 120}", &targets, &[], "").await;
    let watchers = Watchers::beside(&[daemon.address], &prometheus_yml(), &rules(), &routes()).await;
    let prometheus = Question::to(watchers.prometheus);
    let receiver = &watchers.receiver;
    let is = async |query: String, value: f64| {
        until(&format!("{query} {value}"), async || {
            let found = prometheus.values(&query).await;
            (found.len() == 1 && found[0].1 == value).then_some(())
        })
        .await;
    };
    is("count(ssowatch_login_success == 1)".to_owned(), cases.len() as f64).await;
    assert!(receiver.first("pager", |alert| alert.target().is_some()).is_none(), "nobody is paged while all is well");

    let mut broken_at: BTreeMap<&str, DateTime<Utc>> = BTreeMap::new();
    for case in cases.values() {
        broken_at.insert(&case.name, Clock::System.now());
        case.lab.break_with(case.fault);
    }
    let paged = |name: &str| {
        let fits = |alert: &Alert| alert.name() == LOGIN && alert.target() == Some(name);
        receiver.first("pager", fits)
    };
    let page_of = async |name: &str| until(&format!("a page about {name}"), async || paged(name)).await;
    for (id, check) in PAGED {
        let name = id.replace('_', "-");
        let page = page_of(&name).await;
        let (_, known) = checks::find(check).unwrap();
        let words = page.annotations.values().cloned().collect::<Vec<_>>().join("\n");
        let title = AppName::unknown().text(known.title);
        assert!(words.contains(check) && words.contains(&title), "{id}: {words}");
        assert!(words.contains(&name), "{id}: {words}");
        let took = (page.starts_at - broken_at[name.as_str()]).as_seconds_f64() * SCALE;
        println!("{id}: fires {took:.0} s after the fault, at the examples' times");
    }
    for (id, alert, names) in TOLD {
        let name = id.replace('_', "-");
        let fits = |of: &Alert| of.name() == *alert && of.target() == Some(&name);
        let told = until(&format!("{alert} of {name}"), async || receiver.first("mail", fits)).await;
        let words = told.annotations.values().cloned().collect::<Vec<_>>().join("\n");
        assert!(words.contains(names), "{id}: {words}");
        assert!(receiver.first("pager", cases[&name].is()).is_none(), "{id} wakes nobody");
    }

    // A fault that comes and goes.
    let flapping = &cases["flapping"];
    page_of("flapping").await;
    for _ in 0..3 {
        flapping.lab.fix(flapping.fault);
        is("ssowatch_login_success{target=\"flapping\"}".to_owned(), 1.0).await;
        flapping.lab.break_with(flapping.fault);
        is("ssowatch_login_success{target=\"flapping\"}".to_owned(), 0.0).await;
    }
    // A fault that another one follows.
    let other = &cases["other-cause"];
    page_of("other-cause").await;
    other.lab.break_with(fault("provider_bad_gateway"));
    other.lab.fix(other.fault);
    is("ssowatch_login_cause{target=\"other-cause\", check=\"discovery_served\"}".to_owned(), 1.0).await;

    for case in cases.values() {
        case.lab.fix_all();
    }
    for name in cases.keys().filter(|name| paged(name).is_some()) {
        until(&format!("the end of the page about {name}"), async || {
            told(receiver, "pager", LOGIN, name, "resolved").pop()
        })
        .await;
        let (firing, resolved) = (
            told(receiver, "pager", LOGIN, name, "firing").len(),
            told(receiver, "pager", LOGIN, name, "resolved").len(),
        );
        assert_eq!((firing, resolved), (1, 1), "{name}: one page and its end");
    }
    assert_eq!(cases.keys().filter(|name| paged(name).is_some()).count(), PAGED.len() + 2);
    for (id, alert, _) in TOLD {
        let name = id.replace('_', "-");
        until(&format!("the end of {alert} of {name}"), async || {
            told(receiver, "mail", alert, &name, "resolved").pop()
        })
        .await;
    }
    for (name, case) in cases {
        assert_eq!(case.lab.stop().await, Vec::<String>::new(), "{name}");
    }
}

/// The times in the examples' own files: seconds, as `30s`, `1m15s` or `5m` say them.
fn seconds(text: &str) -> u64 {
    let mut total = 0;
    let mut number = 0;
    for character in text.trim().chars() {
        match character {
            's' => (total, number) = (total + number, 0),
            'm' => (total, number) = (total + number * 60, 0),
            digit => number = number * 10 + u64::from(digit.to_digit(10).unwrap()),
        }
    }
    total
}

#[test]
fn by_the_examples_own_times_a_page_comes_within_three_minutes_or_eight_for_settings() {
    let after = |file: &str, place: &str, key: &str| {
        let text = crate::shipped::text(file);
        let (_, rest) = text.split_once(place).unwrap_or_else(|| panic!("{place} in {file}"));
        let (_, rest) = rest.split_once(key).unwrap_or_else(|| panic!("{key} in {file}"));
        seconds(rest.lines().next().unwrap())
    };
    let prometheus = |key| after("deploy/prometheus/prometheus.yml", "global:", key);
    let (scrape, evaluation) = (prometheus("scrape_interval:"), prometheus("evaluation_interval:"));
    let waits = after("alerts/ssowatch.alerts.yml", "alert: SsoLoginBroken", "for:");
    let groups = after("deploy/alertmanager/alertmanager.yml", "severity=\"critical\"", "group_wait:");
    // A round takes at most the time limit of one request, beside what it waits for in turn.
    let round_takes = 5;
    let defaults = ssowatch::config::Config::of_targets(Vec::new());
    let round = defaults.round.period_hint(Clock::System.now()).as_secs();
    let path = |seen_every: u64| seen_every + round_takes + scrape + evaluation + waits + groups;
    assert!(path(round) <= 3 * 60, "{} s for what a round sees", path(round));
    let settings = path(defaults.settings_every.as_secs());
    assert!(settings <= 8 * 60, "{settings} s for settings");
}
