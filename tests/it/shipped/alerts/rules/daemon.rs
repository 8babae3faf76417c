//! ssowatch itself: the monitor must be monitored.

use super::{HEALTHY, LATEST, LOG, METRICS, PROCESS, VALID, login::fresh_rounds};
use crate::shipped::alerts::rule::{Fix, Group, Page, Rule, Step, Urgency, mins, secs};

pub fn group() -> Group {
    Group {
        name: "ssowatch-daemon",
        rules: vec![
            absent(),
            down(),
            instance_down(),
            restarting(),
            reload_failed(),
            no_targets(),
            rounds_stale(),
            rounds_missed(),
            self_test(),
            clock(),
            notifications(),
            journal(),
        ],
    }
}

const BLIND: &str = "Nothing watches sign-in: an outage would go unnoticed.";

fn absent() -> Rule {
    Rule {
        name: "SsowatchAbsent",
        urgency: Urgency::Critical,
        why: "The scrape job is gone, so `up` has no series, not even 0.",
        expr: |params| format!("absent(up{{job=\"{}\"}})", params.job),
        wait: mins(10),
        keep: secs(0),
        summary: "Prometheus no longer scrapes ssowatch.",
        description: || "No target of the scrape job {{ $labels.job }} is left: nothing watches sign-in.".to_owned(),
        anchor: super::whole_page,
        page: Page {
            meaning: "Prometheus has no target in the scrape job of ssowatch: the job was removed or renamed, or service \
                      discovery finds nothing.",
            impact: BLIND,
            diagnosis: &[
                Step {
                    shows: "What Prometheus scrapes (at its own address)",
                    command: "curl --silent http://127.0.0.1:9090/api/v1/targets",
                },
                PROCESS,
                HEALTHY,
            ],
            fix: Fix::Text(
                "Restore the scrape job (README, Prometheus) with the `job_name` that the rules use. Neither web form is \
                 involved.",
            ),
        },
    }
}

fn down() -> Rule {
    Rule {
        name: "SsowatchDown",
        urgency: Urgency::Critical,
        why: "No replica answers. One page, however many there are.",
        expr: |params| {
            format!("max by (job) (max_over_time(up{{job=\"{}\"}}[{}])) == 0", params.job, params.span(mins(2)))
        },
        wait: mins(2),
        keep: secs(0),
        summary: "ssowatch does not answer.",
        description: || "No instance of {{ $labels.job }} answers Prometheus: nothing watches sign-in.".to_owned(),
        anchor: super::whole_page,
        page: Page {
            meaning: "The daemon has stopped, hangs, or cannot be reached from Prometheus.",
            impact: BLIND,
            diagnosis: &[PROCESS, LOG, HEALTHY, VALID],
            fix: Fix::Text(
                "Start it again; if it does not start, its log names the line of the configuration that it refuses. Until then \
                 `ssowatch check` on any host shows whether people can sign in. Neither web form is involved.",
            ),
        },
    }
}

fn instance_down() -> Rule {
    Rule {
        name: "SsowatchInstanceDown",
        urgency: Urgency::Warning,
        why: "One replica of several; if none is left, SsowatchDown pages instead.",
        expr: |params| {
            let (job, window) = (&params.job, params.span(mins(2)));
            format!(
                "max by (job, instance) (max_over_time(up{{job=\"{job}\"}}[{window}])) == 0\n\
                 and on (job) max by (job) (max_over_time(up{{job=\"{job}\"}}[{window}])) == 1"
            )
        },
        wait: mins(5),
        keep: secs(0),
        summary: "One instance of ssowatch does not answer.",
        description: || "{{ $labels.instance }} of {{ $labels.job }} does not answer Prometheus; others do.".to_owned(),
        anchor: super::whole_page,
        page: Page {
            meaning: "One of several daemons has stopped, hangs, or cannot be reached from Prometheus.",
            impact: "What this instance alone watches is not watched.",
            diagnosis: &[PROCESS, LOG, HEALTHY],
            fix: Fix::Text(
                "Start it again, or take it out of the scrape job if it is gone for good. Neither web form is involved.",
            ),
        },
    }
}

fn restarting() -> Rule {
    Rule {
        name: "SsowatchRestarting",
        urgency: Urgency::Warning,
        why: "Three restarts within half an hour are no upgrade.",
        expr: |params| {
            format!("changes(process_start_time_seconds{{job=\"{}\"}}[{}]) > 2", params.job, params.span(mins(30)))
        },
        wait: secs(0),
        keep: mins(5),
        summary: "ssowatch restarts again and again.",
        description: || "{{ $labels.instance }} restarted at least three times within half an hour.".to_owned(),
        anchor: super::whole_page,
        page: Page {
            meaning: "The process keeps ending and being restarted: a crash, too little memory, or a health check that is too strict.",
            impact: "Gaps in what is watched; pending alerts start over.",
            diagnosis: &[PROCESS, LOG],
            fix: Fix::Text(
                "Find out from the log why it ends; if it is a panic, please report it. Neither web form is involved.",
            ),
        },
    }
}

fn reload_failed() -> Rule {
    Rule {
        name: "SsowatchReloadFailed",
        urgency: Urgency::Warning,
        why: "max_over_time: a failed scrape does not resolve it.",
        expr: |params| format!("max_over_time(ssowatch_config_last_reload_successful[{}]) == 0", params.span(mins(3))),
        wait: mins(2),
        keep: secs(0),
        summary: "ssowatch refused its new configuration.",
        description: || {
            "{{ $labels.instance }} refused a new configuration and keeps running with the old one.".to_owned()
        },
        anchor: super::whole_page,
        page: Page {
            meaning: "The configuration file was changed and is not valid; the daemon keeps the previous one.",
            impact: "None on sign-in. The change is not in force, and the daemon would not start with this file.",
            diagnosis: &[VALID, LOG],
            fix: Fix::Text("Fix the line that is named and reload (SIGHUP). Neither web form is involved."),
        },
    }
}

fn no_targets() -> Rule {
    Rule {
        name: "SsowatchNoTargets",
        urgency: Urgency::Warning,
        why: "A configuration that lost its targets is valid, and watches nothing.",
        expr: |params| format!("max_over_time(ssowatch_targets[{}]) == 0", params.span(mins(3))),
        wait: mins(10),
        keep: secs(0),
        summary: "ssowatch has no targets.",
        description: || "{{ $labels.instance }} has no targets in its configuration: it watches nothing.".to_owned(),
        anchor: super::whole_page,
        page: Page {
            meaning: "The configuration in force names no target.",
            impact: BLIND,
            diagnosis: &[VALID, METRICS],
            fix: Fix::Text(
                "Put the targets in the configuration (`ssowatch config init` writes one from two addresses) and reload. \
                 Neither web form is involved.",
            ),
        },
    }
}

fn rounds_stale() -> Rule {
    Rule {
        name: "SsowatchRoundsStale",
        urgency: Urgency::Warning,
        why: "By each target's own interval, so that rare rounds are fine where they are configured; also covers a target that never had\n\
              a round. Verdicts older than that are not exported, so login alerts would be silent.",
        expr: |params| {
            format!("max by (target) (ssowatch_round_interval_seconds)\nunless on (target) {}", fresh_rounds(params))
        },
        wait: mins(2),
        keep: secs(0),
        summary: "ssowatch is running, but it no longer checks a target.",
        description: || {
            "No round of {{ $labels.target }} ended within two of its intervals: nothing watches sign-in there."
                .to_owned()
        },
        anchor: super::whole_page,
        page: Page {
            meaning: "The daemon answers Prometheus, but rounds of this target hang, panic or do not start; or its clock is behind.",
            impact: BLIND,
            diagnosis: &[LATEST, METRICS, LOG],
            fix: Fix::Text(
                "Restart the daemon, keep its log and report it: a round that hangs is a bug. Neither web form is involved.",
            ),
        },
    }
}

fn rounds_missed() -> Rule {
    Rule {
        name: "SsowatchRoundsMissed",
        urgency: Urgency::Warning,
        why: "As a share of the rounds that were due, so that it means the same at any interval. Both counters start at 0 when a target is\n\
              loaded, so increase() sees the first miss.",
        expr: |params| {
            let window = params.span(mins(30));
            let missed = format!("sum by (target) (increase(ssowatch_rounds_missed_total[{window}]))");
            format!(
                "{missed}\n/\n(\n  {missed}\n  + sum by (target) (increase(ssowatch_rounds_total[{window}]))\n) > 0.1"
            )
        },
        wait: mins(5),
        keep: secs(0),
        summary: "Rounds of ssowatch take too long or fail.",
        description: || {
            "More than a tenth of the rounds of {{ $labels.target }} that were due in the last half hour did not happen.".to_owned()
        },
        anchor: super::whole_page,
        page: Page {
            meaning: "Rounds are due faster than they end, or they hang or panic.",
            impact: "An outage is reported later than it could be.",
            diagnosis: &[METRICS, LOG, LATEST],
            fix: Fix::Text(
                "Find the slow source (`ssowatch_source_duration_seconds`) and fix its connection, or give `schedule.round` a longer \
                 interval; also check whether the host is short of CPU. Neither web form is involved.",
            ),
        },
    }
}

fn self_test() -> Rule {
    Rule {
        name: "SsowatchSelfTestFailed",
        urgency: Urgency::Critical,
        why: "Its verdicts cannot be trusted, which is as bad as having none.",
        expr: |params| format!("max_over_time(ssowatch_self_test_success[{}]) == 0", params.span(mins(3))),
        wait: mins(1),
        keep: secs(0),
        summary: "ssowatch's verdicts cannot be trusted.",
        description: || {
            "{{ $labels.instance }} judged its broken sample good, or its good sample broken: do not trust its verdicts."
                .to_owned()
        },
        anchor: super::whole_page,
        page: Page {
            meaning: "In each round the daemon evaluates a built-in broken snapshot and a built-in good one. One of the two came out wrong.",
            impact: "Its verdicts about sign-in may be wrong either way.",
            diagnosis: &[LOG, METRICS],
            fix: Fix::Text(
                "Go back to the previous release and report it: this is a bug or faulty memory. Until then, test sign-in by hand. \
                 Neither web form is involved.",
            ),
        },
    }
}

fn clock() -> Rule {
    Rule {
        name: "SsowatchClockWrong",
        urgency: Urgency::Warning,
        why: "Both sides differ from our clock in the same direction: ours is wrong. One side alone is a risk of that side (SsoRisk).",
        expr: |_| {
            "count by (job, instance) (\n  (\n    \
             min by (job, instance, target) (ssowatch_clock_skew_seconds) > 30\n    or\n    \
             max by (job, instance, target) (ssowatch_clock_skew_seconds) < -30\n  )\n  \
             and count by (job, instance, target) (ssowatch_clock_skew_seconds) == 2\n)"
                .to_owned()
        },
        wait: mins(15),
        keep: secs(0),
        summary: "The clock of ssowatch's host is wrong.",
        description: || {
            "The clocks of the app and of the provider both differ from the clock of {{ $labels.instance }} by more than half a minute, \
             in the same direction."
                .to_owned()
        },
        anchor: super::whole_page,
        page: Page {
            meaning: "The app's clock and the provider's agree with each other and not with ours.",
            impact: "None on sign-in. Ages and expiry dates that ssowatch reports are off, and verdicts may be hidden as too old.",
            diagnosis: &[Step { shows: "Whether the host synchronises its clock", command: "timedatectl" }, METRICS],
            fix: Fix::Text(
                "Synchronise the clock of ssowatch's host (`timedatectl set-ntp true`). Neither web form is involved.",
            ),
        },
    }
}

fn notifications() -> Rule {
    Rule {
        name: "SsowatchNotificationsFailing",
        urgency: Urgency::Warning,
        why: "Of ssowatch's own messages: one that failed is one that somebody did not get.",
        expr: |params| {
            format!("sum by (receiver) (increase(ssowatch_notifications_failed_total[{}])) > 0", params.span(mins(15)))
        },
        wait: secs(0),
        keep: secs(0),
        summary: "Messages of ssowatch do not arrive.",
        description: || "Messages to {{ $labels.receiver }} failed within the last quarter of an hour.".to_owned(),
        anchor: super::whole_page,
        page: Page {
            meaning: "A message that ssowatch sends by itself, without Alertmanager, was refused or could not be delivered.",
            impact: "Whoever relies on that receiver is not told of an outage.",
            diagnosis: &[LOG, VALID],
            fix: Fix::Text(
                "The log says what the receiver answered: fix its address, its credential or its server. Neither web form is \
                 involved.",
            ),
        },
    }
}

fn journal() -> Rule {
    Rule {
        name: "SsowatchJournalFailing",
        urgency: Urgency::Warning,
        why: "Watching continues without the journal.",
        expr: |params| format!("max_over_time(ssowatch_journal_success[{}]) == 0", params.span(mins(3))),
        wait: mins(2),
        keep: secs(0),
        summary: "ssowatch cannot write its journal.",
        description: || "{{ $labels.instance }} cannot write its journal: changes from now on may be lost.".to_owned(),
        anchor: super::whole_page,
        page: Page {
            meaning: "The journal's file cannot be written: the disk is full or read-only, or its folder belongs to another user.",
            impact: "None on sign-in and none on alerts. History and `ssowatch changes` have a gap.",
            diagnosis: &[
                LOG,
                Step {
                    shows: "Whether the disk is full (the folder of --storage.path)",
                    command: "df -h /var/lib/ssowatch",
                },
            ],
            fix: Fix::Text(
                "Free some space, or give the folder back to the daemon's user. Neither web form is involved.",
            ),
        },
    }
}
