//! ssowatch itself: is it up, on time and in possession of its configuration.

use ssowatch::metrics::Family;

use super::{
    board::{Board, Targets, headed, row},
    panel::Panel,
    query::{Gives, MANY, Query, of_our_daemons, of_prometheus},
    table::Column,
    words::{ORANGE, RED, YES_NO, should_be_zero},
};

pub fn board() -> Board {
    Board {
        uid: "ssowatch-daemon",
        title: "SSO / Daemon",
        description: "ssowatch itself: is it up, are its rounds on time, is its configuration in force, what does it \
                      cost.",
        targets: Targets::Many,
        jobs_of: Family::BuildInfo,
        from: "now-6h",
        rows: vec![
            row(4, vec![up(), self_test(), reload(), journal(), targets(), missed(), uptime()]),
            row(5, vec![daemons()]),
            headed("Rounds", 8, vec![age(), rate(), lag()]),
            row(8, vec![durations(), slowest(), missed_over_time()]),
            headed("What it does", 8, vec![requests(), failures(), log()]),
            row(8, vec![messages(), heartbeats()]),
            headed("What it costs", 8, vec![cpu(), memory(), files(), series()]),
        ],
    }
}

fn up() -> Panel {
    let up = of_our_daemons(&of_prometheus("up"));
    Panel::stat(
        "Is it up?",
        "Whether Prometheus reaches every daemon that it reached within the last hour.",
        "no daemon is scraped",
    )
    .wide(4)
    .words(YES_NO)
    .filled()
    .ask(Query::now(format!("min({up})"), ""))
}

fn self_test() -> Panel {
    Panel::stat(
        "Does it evaluate right?",
        "In each round a built-in broken pair must be evaluated broken and a good one good. No: trust no verdict, and \
         report it.",
        "no round yet",
    )
    .wide(4)
    .words(YES_NO)
    .filled()
    .ask(Query::now(format!("min({})", MANY.all(Family::SelfTest)), ""))
}

fn reload() -> Panel {
    Panel::stat(
        "Is its configuration in force?",
        "Whether the last load of the configuration succeeded. No: the one before is in force, and the log says what is \
         wrong with the new one.",
        "not loaded yet",
    )
    .wide(4)
    .words(YES_NO)
    .filled()
    .ask(Query::now(format!("min({})", MANY.all(Family::ReloadSuccessful)), ""))
}

fn journal() -> Panel {
    Panel::stat(
        "Is its journal kept?",
        "Whether the journal reaches the disk of every daemon that has `--storage.path`. No: what happens meanwhile is \
         in memory and lost with a restart; the log says why.",
        "in memory only",
    )
    .wide(3)
    .words(YES_NO)
    .filled()
    .ask(Query::now(format!("min({})", MANY.all(Family::JournalSuccess)), ""))
}

fn targets() -> Panel {
    Panel::stat("Targets", "How many targets are configured, in all daemons together.", "not known")
        .wide(3)
        .ask(Query::now(format!("sum({})", MANY.all(Family::Targets)), ""))
}

fn missed() -> Panel {
    let missed = MANY.all(Family::RoundsMissed);
    Panel::stat(
        "Missed rounds",
        "Rounds of the chosen time that did not happen, because the one before still ran, hung or panicked.",
        "not counted",
    )
    .wide(3)
    .colored(should_be_zero(ORANGE))
    .ask(Query::now(format!("round(sum(increase({missed}[$__range])))"), ""))
}

fn uptime() -> Panel {
    let start = of_our_daemons(&MANY.all(Family::ProcessStart));
    Panel::stat("Up for", "How long the daemon that started last has been running.", "not known")
        .wide(3)
        .unit("dtdurations")
        .ask(Query::now(format!("time() - max({start})"), ""))
}

fn daemons() -> Panel {
    let of = |family| format!("max by (instance) ({})", MANY.all(family));
    let start = of_our_daemons(&MANY.all(Family::ProcessStart));
    Panel::table(
        "Daemons",
        "One row per daemon. Replicas with one configuration show one hash.",
        "no daemon is scraped",
    )
    .ask(Query::table(format!("max by (instance, version, os, arch) ({})", MANY.all(Family::BuildInfo))))
    .ask(Query::table(format!("time() - max by (instance) ({start})")))
    .ask(Query::table(of(Family::Targets)))
    .ask(Query::table(of(Family::ConfigHash)))
    .ask(Query::table(of(Family::ReloadSuccessful)))
    .ask(Query::table(format!("1000 * {}", of(Family::ReloadTimestamp))))
    .ask(Query::table(of(Family::JournalSuccess)))
    .joined_by("instance")
    .columns(&[
        Column::label("instance", "Instance"),
        Column::label("version", "Version"),
        Column::label("os", "System"),
        Column::label("arch", "Architecture"),
        Column::value(1, "Up for").unit("dtdurations"),
        Column::value(2, "Targets"),
        Column::value(3, "Hash of the configuration").unit("none"),
        Column::value(4, "Last load good").words(YES_NO).absent("not loaded yet"),
        Column::value(5, "Loaded").unit("dateTimeFromNow").absent("never"),
        Column::value(6, "Journal kept").words(YES_NO).absent("in memory only"),
    ])
    .sorted_by("Instance", false)
}

fn age() -> Panel {
    let [last, interval] = [Family::RoundLast, Family::RoundInterval].map(|family| MANY.all(family));
    Panel::lines(
        "Age of the last round, in intervals",
        "How many of a target's own intervals ago its last round ended: the oldest ten. From about three on its verdict \
         is no longer told.",
        "short",
        "no round has ended",
    )
    .wide(8)
    .ask(Query::lines(
        format!("topk(10, max by (target) ((time() - {last}) / {interval}))"),
        "{{target}}",
    ))
}

fn rate() -> Panel {
    let [rounds, interval] = [Family::Rounds, Family::RoundInterval].map(|family| MANY.all(family));
    Panel::lines(
        "Rounds per second",
        "Rounds that ended, beside those that the intervals ask for. Apart for long: rounds are missed.",
        "cps",
        "no round is counted",
    )
    .wide(8)
    .ask(Query::lines(format!("sum(rate({rounds}[$__rate_interval]))"), "done"))
    .ask(Query::lines(format!("sum(1 / ({}))", of_our_daemons(&interval)), "asked for"))
}

fn lag() -> Panel {
    let lag = MANY.all(Family::SchedulerLag);
    Panel::lines(
        "Scheduler lag",
        "How long after it was due a target's last round began: the worst ten. It grows where the host is too slow for \
         its targets.",
        "s",
        "no round has begun",
    )
    .wide(8)
    .ask(Query::lines(format!("topk(10, max by (target) ({lag}))"), "{{target}}"))
}

fn durations() -> Panel {
    let buckets = MANY.buckets(Family::RoundDuration);
    Panel::heatmap("How long rounds take", "How many rounds took how long.", "s", "no round has ended")
        .wide(8)
        .ask(Query::heatmap(format!("sum by (le) (increase({buckets}[$__rate_interval]))")))
}

fn slowest() -> Panel {
    let buckets = format!("sum by (le) (rate({}[$__rate_interval]))", MANY.buckets(Family::RoundDuration));
    Panel::lines(
        "How long rounds take, at most",
        "Half of the rounds are shorter than the lower line, 95 of 100 than the upper one.",
        "s",
        "no round has ended",
    )
    .wide(8)
    .ask(Query::lines(format!("histogram_quantile(0.5, {buckets})"), "half"))
    .ask(Query::lines(format!("histogram_quantile(0.95, {buckets})"), "95 of 100"))
}

fn missed_over_time() -> Panel {
    let missed = MANY.all(Family::RoundsMissed);
    Panel::lines(
        "Missed rounds over time",
        "Rounds that did not happen, by target.",
        "short",
        "no round was missed, as far as counted",
    )
    .wide(8)
    .bars()
    .ask(
        Query::lines(format!("sum by (target) (increase({missed}[$__rate_interval])) > 0"), "{{target}}")
            .gives(Gives::Perhaps("no round is missed while the test looks")),
    )
}

fn requests() -> Panel {
    let requests = MANY.all(Family::HttpRequests);
    Panel::lines(
        "Requests sent",
        "What ssowatch asks of both sides, by class of answer; error: none came. `ssowatch plan` lists the requests.",
        "reqps",
        "no request is counted",
    )
    .wide(8)
    .stacked()
    .ask(Query::lines(format!("sum by (side, code) (rate({requests}[$__rate_interval]))"), "{{side}} {{code}}"))
}

fn failures() -> Panel {
    let failures = MANY.all(Family::SourceFailures);
    Panel::lines(
        "Failures of sources",
        "How often each source did not give its fact, over all targets.",
        "short",
        "no source failed, as far as counted",
    )
    .wide(8)
    .bars()
    .ask(
        Query::lines(format!("sum by (source) (increase({failures}[$__rate_interval])) > 0"), "{{source}}")
            .gives(Gives::WhenBroken),
    )
}

fn log() -> Panel {
    let messages = MANY.all(Family::LogMessages);
    Panel::lines("Log messages", "Lines written to the log, by level.", "cps", "not counted")
        .wide(8)
        .stacked()
        .series_fixed("error", RED)
        .series_fixed("warn", ORANGE)
        .ask(Query::lines(format!("sum by (level) (rate({messages}[$__rate_interval]))"), "{{level}}"))
}

fn messages() -> Panel {
    let [all, failed] = [Family::Notifications, Family::NotificationsFailed].map(increase);
    Panel::lines(
        "Messages",
        "Attempts to tell a receiver of `notify` that a target broke or is fixed. What failed is tried again.",
        "short",
        "no message was sent, as far as counted",
    )
    .wide(12)
    .bars()
    .ask(
        Query::lines(format!("sum by (receiver) ({all} - {failed}) > 0"), "{{receiver}}: sent")
            .gives(Gives::WhenBroken),
    )
    .ask(Query::lines(format!("sum by (receiver) ({failed}) > 0"), "{{receiver}}: failed").gives(Gives::WhenBroken))
}

fn heartbeats() -> Panel {
    let [all, failed] = [Family::Heartbeats, Family::HeartbeatsFailed].map(increase);
    Panel::lines(
        "Heartbeats",
        "Calls of the heartbeat's address, made while every target is looked at and ssowatch evaluates right. Who waits for \
         them tells when they do not come.",
        "short",
        "no heartbeat is configured",
    )
    .wide(12)
    .bars()
    .series_fixed("failed", RED)
    .ask(Query::lines(format!("sum({all} - {failed})"), "sent"))
    .ask(Query::lines(format!("sum({failed})"), "failed"))
}

fn increase(counter: Family) -> String {
    format!("increase({}[$__rate_interval])", MANY.all(counter))
}

fn cpu() -> Panel {
    let cpu = of_our_daemons(&format!("rate({}[$__rate_interval])", MANY.all(Family::ProcessCpu)));
    Panel::lines("Processor", "Processor time used: 100 % is one core.", "percentunit", "not known")
        .wide(6)
        .ask(Query::lines(cpu, "{{instance}}"))
}

fn memory() -> Panel {
    let memory = of_our_daemons(&MANY.all(Family::ProcessResidentMemory));
    Panel::lines("Memory", "Resident memory. It does not grow from hour to hour.", "bytes", "not known")
        .wide(6)
        .ask(Query::lines(memory, "{{instance}}"))
}

fn files() -> Panel {
    let [open, most] = [Family::ProcessOpenFds, Family::ProcessMaxFds].map(|family| MANY.all(family));
    Panel::lines(
        "Open files, of those allowed",
        "File descriptors in use, connections too, of those that the system grants.",
        "percentunit",
        "not known",
    )
    .wide(6)
    .ask(Query::lines(of_our_daemons(&format!("{open} / {most}")), "{{instance}}"))
}

fn series() -> Panel {
    let series = of_our_daemons(&of_prometheus("scrape_samples_scraped"));
    Panel::lines(
        "Series scraped",
        "What each daemon costs Prometheus: at most 450 series a target, and some of its own.",
        "short",
        "no daemon is scraped",
    )
    .wide(6)
    .ask(Query::lines(series, "{{instance}}"))
}
