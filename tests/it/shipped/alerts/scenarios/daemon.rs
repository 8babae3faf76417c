//! ssowatch itself.

use super::{case, edge, of, plain};
use crate::shipped::alerts::{
    rule::Rule,
    unit::{Case, STEP, Sample, Scenario, Shape, always, level, only_good},
};

const LAST: &str = r#"ssowatch_round_last_timestamp_seconds{target="home", job="ssowatch", instance="a:10059"}"#;
const INTERVAL: &str = r#"ssowatch_round_interval_seconds{target="home", job="ssowatch", instance="a:10059"}"#;
const OTHER_LAST: &str = r#"ssowatch_round_last_timestamp_seconds{target="home", job="ssowatch", instance="b:10059"}"#;
const OTHER_INTERVAL: &str = r#"ssowatch_round_interval_seconds{target="home", job="ssowatch", instance="b:10059"}"#;

pub fn scenarios() -> Vec<Scenario> {
    vec![
        absent(),
        down(),
        instance_down(),
        gauge(
            "SsowatchReloadFailed",
            "ssowatch_config_last_reload_successful",
            "a:10059 refused a new configuration and keeps running with the old one.",
        ),
        gauge(
            "SsowatchNoTargets",
            "ssowatch_targets",
            "a:10059 has no targets in its configuration: it watches nothing.",
        ),
        gauge(
            "SsowatchSelfTestFailed",
            "ssowatch_self_test_success",
            "a:10059 judged its broken sample good, or its good sample broken: do not trust its verdicts.",
        ),
        gauge(
            "SsowatchJournalFailing",
            "ssowatch_journal_success",
            "a:10059 cannot write its journal: changes from now on may be lost.",
        ),
        rounds_stale(),
        clock(),
    ]
}

fn absent() -> Scenario {
    Scenario {
        twin: None,
        labels: vec![("job", "ssowatch")],
        is_absence: true,
        decoys: vec![(r#"up{job="other", instance="a:9100"}"#, 1.0)],
        edges: vec![edge("a scrape that fails is there", &[(r#"up{job="ssowatch", instance="a:10059"}"#, 0.0)], false)],
        ..plain("SsowatchAbsent", &[(r#"up{job="ssowatch", instance="a:10059"}"#, only_good(1.0))], |_| {
            "No target of the scrape job ssowatch is left: nothing watches sign-in.".to_owned()
        })
    }
}

fn down() -> Scenario {
    Scenario {
        twin: None,
        labels: vec![("job", "ssowatch")],
        decoys: vec![(r#"up{job="other", instance="a:9100"}"#, 0.0)],
        rise: 120,
        linger: 120,
        edges: vec![edge(
            "another instance answers",
            &[(r#"up{job="ssowatch", instance="a:10059"}"#, 0.0), (r#"up{job="ssowatch", instance="b:10059"}"#, 1.0)],
            false,
        )],
        ..plain("SsowatchDown", &[(r#"up{job="ssowatch", instance="a:10059"}"#, level(1.0, 0.0))], |_| {
            "No instance of ssowatch answers Prometheus: nothing watches sign-in.".to_owned()
        })
    }
}

fn instance_down() -> Scenario {
    Scenario {
        labels: vec![("job", "ssowatch"), ("instance", "a:10059")],
        twin: Some(("a:10059", "b:10059")),
        decoys: vec![(r#"up{job="other", instance="a:9100"}"#, 0.0), (r#"up{job="other", instance="b:9100"}"#, 1.0)],
        rise: 120,
        linger: 120,
        edges: vec![
            edge("no other instance", &[(r#"up{job="ssowatch", instance="a:10059"}"#, 0.0)], false),
            edge(
                "the same instance under another label answers",
                &[
                    (r#"up{job="ssowatch", instance="a:10059", pod="old"}"#, 0.0),
                    (r#"up{job="ssowatch", instance="a:10059", pod="new"}"#, 1.0),
                ],
                false,
            ),
        ],
        ..plain("SsowatchInstanceDown", &[(r#"up{job="ssowatch", instance="a:10059"}"#, level(1.0, 0.0))], |_| {
            "a:10059 of ssowatch does not answer Prometheus; others do.".to_owned()
        })
    }
}

/// While one is down, the other fails a few scrapes, and then more.
pub fn instance_down_by_hand(rule: &Rule) -> Vec<Case> {
    let says = "a:10059 of ssowatch does not answer Prometheus; others do.";
    let other = [of(1.0, 60), of(0.0, 6), of(1.0, 34), of(0.0, 12), of(1.0, 8)].concat();
    vec![case(
        rule,
        STEP,
        "the other one fails for 90 s, which is nothing, and for 180 s, which is too much",
        vec![
            (r#"up{job="ssowatch", instance="a:10059"}"#, of(0.0, 120)),
            (r#"up{job="ssowatch", instance="b:10059"}"#, other),
        ],
        &[(885, Some((ONE, says))), (975, Some((ONE, says))), (1_590, Some((ONE, says))), (1_650, None)],
    )]
}

/// A gauge of the daemon that is 0 while something is wrong, for three minutes.
fn gauge(alert: &'static str, metric: &str, says: &'static str) -> Scenario {
    let series = format!(r#"{metric}{{job="ssowatch", instance="a:10059"}}"#);
    let scenario = plain(alert, &[(&series, level(1.0, 0.0))], |_| String::new());
    Scenario {
        twin: Some(("a:10059", "b:10059")),
        labels: vec![("job", "ssowatch"), ("instance", "a:10059")],
        rise: 180,
        linger: 180,
        said: says,
        ..scenario
    }
}

fn rounds_stale() -> Scenario {
    // Two intervals of 60 s and two minutes after the last round, which is the last good sample.
    const WAITS: u64 = 2 * 60 + 120;
    Scenario {
        rise: WAITS,
        edges: vec![
            edge("never a round", &[(INTERVAL, 60.0)], true),
            // Asked at 600 + 240 + 120 + 15 s; the wait of two minutes begins 720 s after the round.
            edge("a rare round that is late, in time", &[(LAST, 0.0), (INTERVAL, 430.0)], false),
            edge("a rare round that is too late", &[(LAST, 0.0), (INTERVAL, 360.0)], true),
            edge(
                "of two replicas the latest round counts",
                &[(LAST, 0.0), (OTHER_LAST, 900.0), (INTERVAL, 60.0)],
                false,
            ),
            edge(
                "of two replicas the rarer rounds count",
                &[(LAST, 0.0), (INTERVAL, 430.0), (OTHER_INTERVAL, 60.0)],
                false,
            ),
        ],
        ..plain("SsowatchRoundsStale", &[(LAST, Shape::Clock), (INTERVAL, always(60.0))], |_| {
            "No round of home ended within two of its intervals: nothing watches sign-in there.".to_owned()
        })
    }
}

fn clock() -> Scenario {
    let skew = |side: &str| {
        format!(r#"ssowatch_clock_skew_seconds{{target="home", side="{side}", job="ssowatch", instance="a:10059"}}"#)
    };
    let (kasm, provider) = (skew("app"), skew("provider"));
    let both = |name, value, fires| edge(name, &[(&kasm, value), (&provider, value)], fires);
    Scenario {
        twin: Some(("a:10059", "b:10059")),
        labels: vec![("job", "ssowatch"), ("instance", "a:10059")],
        edges: vec![
            both("ahead by the threshold", 30.0, false),
            both("ahead by more", 31.0, true),
            both("behind by the threshold", -30.0, false),
            both("behind by more", -31.0, true),
            edge("one side only is known", &[(&kasm, 300.0)], false),
            edge("one side is right", &[(&kasm, 300.0), (&provider, 0.0)], false),
            edge("one side is right, the other behind", &[(&kasm, -300.0), (&provider, 0.0)], false),
        ],
        ..plain("SsowatchClockWrong", &[(&kasm, level(0.0, -40.0)), (&provider, level(1.0, -40.0))], |_| {
            "The clocks of the app and of the provider both differ from the clock of a:10059 by more than half a minute, \
             in the same direction."
                .to_owned()
        })
    }
}

/// Seconds between two samples of tests that take hours.
const MINUTE: u64 = 60;

const ONE: &[(&str, &str)] = &[("job", "ssowatch"), ("instance", "a:10059")];

/// Starts at 10, 14 and 18 minutes.
pub fn restarting(rule: &Rule) -> Vec<Case> {
    let says = "a:10059 restarted at least three times within half an hour.";
    let per_minute = 60 / MINUTE;
    let starts: Vec<Sample> = [(0.0, 10), (600.0, 4), (840.0, 4), (1_080.0, 60)]
        .iter()
        .flat_map(|(start, minutes)| of(*start, minutes * per_minute))
        .collect();
    let series =
        |job: &str, instance: &str| format!(r#"process_start_time_seconds{{job="{job}", instance="{instance}"}}"#);
    let rare: Vec<Sample> = [(0.0, 10), (600.0, 11), (1_260.0, 20), (2_460.0, 40)]
        .iter()
        .flat_map(|(start, minutes)| of(*start, minutes * per_minute))
        .collect();
    let (ours, other, calm) = (series("ssowatch", "a:10059"), series("other", "a:9100"), series("ssowatch", "b:10059"));
    // The first start leaves the window 30 minutes after it, at 40 minutes; kept for five more.
    let asked =
        [(9, None), (17, None), (19, Some((ONE, says))), (39, Some((ONE, says))), (44, Some((ONE, says))), (47, None)]
            .map(|(minutes, fires)| (minutes * 60, fires));
    vec![
        case(
            rule,
            MINUTE,
            "comes and goes",
            vec![(&ours, starts.clone()), (&other, starts.clone()), (&calm, of(0.0, 300))],
            &asked,
        ),
        case(
            rule,
            MINUTE,
            "three starts that are apart",
            vec![(&ours, rare)],
            &[(22 * 60, None), (42 * 60, None), (60 * 60, None)],
        ),
    ]
}

fn counter(per_minute: &[(f64, u64)]) -> Vec<Sample> {
    let mut count = 0.0;
    let mut made = Vec::new();
    for (each, minutes) in per_minute {
        for _ in 0..*minutes {
            count += each;
            made.extend(of(count, 60 / MINUTE));
        }
    }
    made
}

pub fn rounds_missed(rule: &Rule) -> Vec<Case> {
    let says = "More than a tenth of the rounds of home that were due in the last half hour did not happen.";
    let home: &[(&str, &str)] = &[("target", "home")];
    let done = r#"ssowatch_rounds_total{target="home", instance="a:10059"}"#;
    let missed = r#"ssowatch_rounds_missed_total{target="home", instance="a:10059"}"#;
    let other = [
        r#"ssowatch_rounds_total{target="work", instance="a:10059"}"#,
        r#"ssowatch_rounds_missed_total{target="work", instance="a:10059"}"#,
    ];
    let with = |name: &str, course: &[(f64, u64)], asked: &[(u64, bool)]| {
        let total: u64 = course.iter().map(|(_, minutes)| minutes).sum();
        let rest: Vec<(f64, u64)> = course.iter().map(|(each, minutes)| (1.0 - each, *minutes)).collect();
        let series = vec![
            (done, counter(&rest)),
            (missed, counter(course)),
            (other[0], counter(&[(1.0, total)])),
            (other[1], counter(&[(0.0, total)])),
        ];
        let asked: Vec<_> = asked.iter().map(|(minute, fires)| (minute * 60, fires.then_some((home, says)))).collect();
        case(rule, MINUTE, name, series, &asked)
    };
    let of_two = |name: &str, share: f64, fires: bool| {
        let (others_done, others_missed) = (done.replace("a:", "b:"), missed.replace("a:", "b:"));
        let course = |share: f64| counter(&[(share, 120)]);
        let series = vec![
            (done, course(1.0 - share)),
            (missed, course(share)),
            (&*others_done, course(1.0 - share)),
            (&*others_missed, course(share)),
        ];
        case(rule, MINUTE, name, series, &[(119 * 60, fires.then_some((home, says)))])
    };
    vec![
        // Half of the rounds for 20 minutes: above a tenth of 30 minutes after six or seven minutes, and pending five more.
        with(
            "comes and goes",
            &[(0.0, 60), (0.5, 20), (0.0, 60)],
            // Three of the thirty are left at 103.
            &[(59, false), (69, false), (73, true), (79, true), (100, true), (104, false), (112, false)],
        ),
        with("a blip of two misses", &[(0.0, 60), (1.0, 2), (0.0, 60)], &[(61, false), (67, false), (90, false)]),
        with("a share below a tenth", &[(0.08, 120)], &[(60, false), (119, false)]),
        with("a share above a tenth", &[(0.125, 120)], &[(60, true), (119, true)]),
        // A miss that lies back by more than half an hour does not count.
        with("an old time of misses", &[(0.5, 10), (0.0, 60)], &[(48, false)]),
        with("an old time of misses, and a share above a tenth", &[(0.5, 30), (0.108, 40)], &[(60, true)]),
        // 2.9 of 30 for 25 minutes, of which the last ten are without a miss in the last quarter of an hour.
        with("a share below a tenth that lies back", &[(0.0, 60), (0.58, 5), (0.0, 60)], &[(66, false), (88, false)]),
        of_two("two replicas, a share below a tenth", 0.0975, false),
        of_two("two replicas, a share above a tenth", 0.125, true),
    ]
}

pub fn notifications(rule: &Rule) -> Vec<Case> {
    let says = "Messages to mail failed within the last quarter of an hour.";
    let mail: &[(&str, &str)] = &[("receiver", "mail")];
    let failed =
        |receiver: &str| format!(r#"ssowatch_notifications_failed_total{{receiver="{receiver}", instance="a:10059"}}"#);
    let (ours, other) = (failed("mail"), failed("chat"));
    let series = |course: Vec<Sample>| vec![(&*ours, course), (&*other, of(3.0, 300))];
    vec![
        case(
            rule,
            MINUTE,
            "comes and goes",
            series(counter(&[(0.0, 20), (1.0, 1), (0.0, 40)])),
            &[
                (1_170, None),
                (1_215, Some((mail, says))),
                (1_230, Some((mail, says))),
                (2_040, Some((mail, says))),
                (2_160, None),
            ],
        ),
        case(
            rule,
            MINUTE,
            "a gap in the scrapes, and a count that begins anew",
            vec![(&*ours, [counter(&[(0.0, 20), (1.0, 1)]), vec![Sample::Missing; 8], counter(&[(0.0, 40)])].concat())],
            &[(1_350, Some((mail, says))), (2_700, None)],
        ),
    ]
}

pub fn watchdog(rule: &Rule) -> Case {
    let says = "This alert always fires: while it arrives, Prometheus evaluates rules and Alertmanager sends.";
    case(rule, MINUTE, "always", vec![], &[(0, Some((&[], says))), (3_600, Some((&[], says)))])
}
