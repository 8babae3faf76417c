//! Whether people can sign in.

use super::{case, edge, of, one_of_two_replicas, plain};
use crate::shipped::alerts::{
    rule::Rule,
    unit::{Case, STEP, Sample, Scenario, Shape, always, level, only_bad, only_good, says},
};

pub fn scenarios() -> Vec<Scenario> {
    vec![broken(), unknown(), unknown_for_want_of_an_answer(), degraded(), maintenance()]
}

const LAST_ROUND: &str = r#"ssowatch_round_last_timestamp_seconds{target="home"}"#;
const INTERVAL: &str = r#"ssowatch_round_interval_seconds{target="home"}"#;
const OTHER_INTERVAL: &str = r#"ssowatch_round_interval_seconds{target="home", instance="b:10059"}"#;
const CAUSE: &str = r#"ssowatch_login_cause{target="home", check="redirect_uri_registered", stage="authorize"}"#;
const LAST_GOOD: &str =
    r#"ssowatch_check_last_success_timestamp_seconds{target="home", check="redirect_uri_registered"}"#;
const LOGIN: &str = r#"ssowatch_login_success{target="home", job="ssowatch", instance="a:10059"}"#;

/// A span of seconds as Prometheus words it.
fn words(seconds: u64) -> String {
    format!("{}m {}s", seconds / 60, seconds % 60)
}

fn broken() -> Scenario {
    Scenario {
        fragment: "#redirect_uri_registered",
        linger: 120,
        edges: vec![edge(
            "two replicas agree",
            &[(LOGIN, 1.0), (r#"ssowatch_login_success{target="home", job="ssowatch", instance="b:10059"}"#, 1.0)],
            false,
        )],
        ..plain(
            "SsoLoginBroken",
            &[(LOGIN, level(1.0, 0.0)), (CAUSE, only_bad(1.0)), (LAST_GOOD, Shape::Clock)],
            |at| {
                // The last good sample is the one before the outage: 960 s in the common course, 585 s where it vanishes.
                let since = if at > 900 { at - BEGINS + 15 } else { at - 585 };
                format!(
                    "People cannot sign in at home.\n\
                     Root cause: Authorize, check redirect_uri_registered, last good {} ago.\n\
                     This should hold and does not: {}.\n\
                     How to fix it: ssowatch explain redirect_uri_registered",
                    words(since),
                    TITLE
                )
            },
        )
    }
}

/// When the outage begins in the common course: healthy 600 s, a blip of 45 s, a pause of 375 s.
const BEGINS: u64 = 600 + 45 + 375;
const TITLE: &str = "The app's redirect URL is registered with the provider";

/// The description with a cause that is good no more, and was not seen good.
fn with(stage: &str, check: &str, title: &str) -> String {
    format!(
        "People cannot sign in at home.\n\
         Root cause: {stage}, check {check}, not seen good since ssowatch started.\n\
         This should hold and does not: {title}.\n\
         How to fix it: ssowatch explain {check}"
    )
}

const NO_CAUSE: &str = "People cannot sign in at home.\nRoot cause: not known right now. Run: ssowatch check";

/// What the page says two and a half minutes into an outage.
pub fn sample() -> String {
    (broken().description)(BEGINS + 135)
}

pub fn broken_by_hand(rule: &Rule) -> Vec<Case> {
    let home: &[(&str, &str)] = &[("target", "home")];
    let cause = |check: &str, stage: &str| {
        format!(r#"ssowatch_login_cause{{target="home", check="{check}", stage="{stage}"}}"#)
    };
    let (kasm, secret) = (cause("app_reachable", "app"), cause("client_secret_accepted", "token"));
    let then = |mut first: Vec<Sample>, second: Vec<Sample>| {
        first.extend(second);
        first
    };
    let first = with("The app", "app_reachable", "The app takes connections and answers");
    let second = with("Token", "client_secret_accepted", "The provider takes the client secret");
    let mut changes = case(
        rule,
        STEP,
        "a cause that changes is one outage",
        vec![
            (LOGIN, of(0.0, 60)),
            (&kasm, then(of(1.0, 20), vec![Sample::Stale])),
            (&secret, then(vec![Sample::Missing; 20], of(1.0, 40))),
        ],
        &[(240, Some((home, &first))), (300, Some((home, &second))), (600, Some((home, &second)))],
    );
    for (asked, check) in
        changes.asked.iter_mut().zip(["app_reachable", "client_secret_accepted", "client_secret_accepted"])
    {
        let description = asked.fires.as_ref().unwrap().annotations[1].1.clone();
        asked.fires = Some(says(rule, home, &description, &format!("#{check}")));
    }
    let auto_login = format!(
        "{NO_CAUSE}\nAuto login is on, so Kasm sends everybody to the provider. Local users can still sign in at Kasm's address plus /#/staticlogin."
    );
    vec![
        changes,
        case(
            rule,
            STEP,
            "without a cause, with auto login",
            vec![(LOGIN, of(0.0, 20)), (r#"ssowatch_auto_login{target="home"}"#, of(1.0, 20))],
            &[(180, Some((home, &auto_login)))],
        ),
        case(
            rule,
            STEP,
            "one of two replicas sees the outage: one alert",
            vec![
                (LOGIN, of(0.0, 20)),
                (r#"ssowatch_login_success{target="home", job="ssowatch", instance="b:10059"}"#, of(1.0, 20)),
                (r#"ssowatch_auto_login{target="home"}"#, of(0.0, 20)),
            ],
            &[(180, Some((home, NO_CAUSE)))],
        ),
        case(
            rule,
            STEP,
            "flapping pages once",
            vec![
                (LOGIN, [of(0.0, 8), of(1.0, 8)].concat().repeat(4)),
                (r#"ssowatch_auto_login{target="home"}"#, of(0.0, 64)),
            ],
            &[(60, None), (75, Some((home, NO_CAUSE))), (225, Some((home, NO_CAUSE))), (600, Some((home, NO_CAUSE)))],
        ),
    ]
}

fn unknown() -> Scenario {
    Scenario {
        // The last verdict stands two minutes.
        rise: 120,
        // One round, at 0, and then none: it is fresh for two intervals and two minutes. Asked at 1335 s.
        edges: vec![
            edge("without a fresh round", &[(LAST_ROUND, 0.0), (INTERVAL, 60.0)], false),
            edge("fresh for 580 s", &[(LAST_ROUND, 0.0), (INTERVAL, 230.0)], false),
            // It fires at 600 s, and five minutes longer than the round is fresh.
            edge("fresh for 980 s", &[(LAST_ROUND, 0.0), (INTERVAL, 430.0)], false),
            edge("fresh for 1060 s", &[(LAST_ROUND, 0.0), (INTERVAL, 470.0)], true),
            edge(
                "of two replicas the rarer rounds count",
                &[(LAST_ROUND, 0.0), (INTERVAL, 470.0), (OTHER_INTERVAL, 60.0)],
                true,
            ),
        ],
        ..plain(
            "SsoLoginUnknown",
            &[
                (LOGIN, only_good(1.0)),
                (r#"ssowatch_round_last_timestamp_seconds{target="home"}"#, Shape::Counter { good: 15.0, bad: 15.0 }),
                (r#"ssowatch_round_interval_seconds{target="home"}"#, always(60.0)),
            ],
            |_| {
                "For ten minutes no round could tell whether people can sign in at home.\n\
                 Try to sign in yourself, and run: ssowatch check"
                    .to_owned()
            },
        )
    }
}

/// One replica ended long ago, the other goes on: its rounds are fresh.
pub fn unknown_by_hand(rule: &Rule) -> Vec<Case> {
    let clock = (0..80_u32).map(|index| Sample::Value(f64::from(index * STEP as u32))).collect();
    let says = "For ten minutes no round could tell whether people can sign in at home.\n\
                Try to sign in yourself, and run: ssowatch check";
    vec![case(
        rule,
        STEP,
        "one of two replicas makes rounds",
        vec![
            (LAST_ROUND, clock),
            (r#"ssowatch_round_last_timestamp_seconds{target="home", instance="b:10059"}"#, of(0.0, 80)),
            (INTERVAL, of(60.0, 80)),
        ],
        &[(585, None), (1_100, Some((&[("target", "home")], says)))],
    )]
}

fn unknown_for_want_of_an_answer() -> Scenario {
    let mut scenario = unknown();
    scenario.edges.clear();
    scenario.inputs.push((
        r#"ssowatch_source_failing{target="home", source="login_start", reason="challenged"}"#.to_owned(),
        only_bad(1.0),
    ));
    scenario.inputs.push((
        r#"ssowatch_source_failing{target="home", source="discovery", reason="timeout"}"#.to_owned(),
        only_bad(1.0),
    ));
    scenario.description = |_| {
        "For ten minutes no round could tell whether people can sign in at home.\n\
         No answer from: discovery (timeout), login_start (challenged).\n\
         Try to sign in yourself, and run: ssowatch check"
            .to_owned()
    };
    scenario
}

fn degraded() -> Scenario {
    let check = |check: &str, stage: &str| {
        format!(r#"ssowatch_check_success{{target="home", check="{check}", stage="{stage}", severity="degraded"}}"#)
    };
    Scenario {
        decoys: vec![
            (r#"ssowatch_check_success{target="other", check="app_clock", stage="app", severity="risk"}"#, 0.0),
            (
                r#"ssowatch_check_success{target="other", check="provider_not_throttling", stage="provider", severity="degraded"}"#,
                0.0,
            ),
        ],
        ..plain(
            "SsoLoginDegraded",
            &[
                (&check("app_page_served", "app"), level(1.0, 0.0)),
                (&check("groups_claim", "claims"), level(1.0, 0.0)),
                (&check("issuer_matches", "provider"), always(1.0)),
            ],
            |_| {
                "Sign-in at home is degraded: some people cannot sign in, or not everything works.\n\
                 This should hold and does not: The app's login page and its script are served (ssowatch explain app_page_served).\n\
                 This should hold and does not: The provider gives the claim that the app takes as groups (ssowatch explain groups_claim)."
                    .to_owned()
            },
        )
    }
}

fn maintenance() -> Scenario {
    const ACTIVE: &str = r#"ssowatch_maintenance_active{target="home"}"#;
    Scenario {
        edges: vec![one_of_two_replicas(ACTIVE, 0.0, 1.0)],
        ..plain("SsoMaintenance", &[(ACTIVE, level(0.0, 1.0))], |_| {
            "A maintenance window is open for home: its alerts are suppressed.".to_owned()
        })
    }
}
