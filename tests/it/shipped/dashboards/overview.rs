//! Can users sign in, everywhere, on one screen.

use serde_json::json;
use ssowatch::metrics::Family;

use super::{
    board::{Board, Targets, row},
    login,
    panel::Panel,
    query::{Gives, MANY, Query, of_our_daemons, of_prometheus},
    table::Column,
    words::{ON_OFF, ORANGE, PLAIN, SEVERITY, SIGN_IN, YES_NO, share, should_be_zero, thresholds, time_left},
};

pub fn board() -> Board {
    Board {
        uid: "ssowatch-overview",
        title: "SSO / Overview",
        description: "Can users sign in, on every target; if not, since when and \
                      why; if so, what breaks it next. Fits one screen.",
        targets: Targets::Many,
        jobs_of: Family::LoginCoverage,
        from: "now-24h",
        rows: vec![
            row(3, vec![worst(), answers(), watching(), soonest(), drifting(), failing()]),
            row(8, vec![targets()]),
            row(6, vec![timeline()]),
            row(7, vec![ends_next(), drift(), failing_checks(), sources()]),
        ],
    }
}

fn worst() -> Panel {
    Panel::stat(
        "Can users sign in?",
        "The worst answer of all targets. \"Yes\" means: as far as it was verified. \"Cannot tell\" is no outage, and no \
         proof either.",
        "no target is watched",
    )
    .wide(4)
    .words(SIGN_IN)
    .filled()
    .ask(Query::now(format!("min({})", login::state(MANY)), ""))
}

fn answers() -> Panel {
    let mut panel = Panel::stat(
        "Targets by answer",
        "How many targets have which answer. All four together are all targets that are watched.",
        "no target is watched",
    )
    .wide(8);
    for (value, word, color) in SIGN_IN.iter().rev() {
        let count = format!("sum(({}) == bool {value})", login::state(MANY));
        panel = panel.ask(Query::now(count, word));
        let color = if *word == "yes" { thresholds(PLAIN, &[]) } else { should_be_zero(color) };
        panel = panel.series_colored(word, color);
    }
    panel
}

fn watching() -> Panel {
    let up = of_our_daemons(&of_prometheus("up"));
    Panel::stat(
        "Is ssowatch up?",
        "Whether Prometheus reaches every daemon that it reached within the last hour. Where this says no, nothing else \
         on this board is news.",
        "no daemon is scraped",
    )
    .wide(3)
    .words(YES_NO)
    .ask(Query::now(format!("min({up})"), ""))
}

fn soonest() -> Panel {
    let left = format!("min({}) - time()", MANY.all(Family::Expiry));
    Panel::stat(
        "Next to end",
        "When the next certificate, client secret or API key ends. Red below 3 days, orange below 21.",
        "no end is known",
    )
    .wide(3)
    .unit("dtdurations")
    .colored(time_left())
    .ask(Query::now(left, ""))
}

fn drifting() -> Panel {
    let fields = MANY.all(Family::ConfigDrift);
    Panel::stat(
        "Fields that differ",
        "How many fields differ between the app and the provider, of those that could be compared.",
        "none compared",
    )
    .wide(3)
    .colored(should_be_zero(ORANGE))
    .ask(Query::now(format!("sum(max by (target, field) ({fields}))"), ""))
}

fn failing() -> Panel {
    Panel::stat(
        "Failing checks",
        "How many checks fail, of every severity, of those that could be evaluated.",
        "none proven",
    )
    .wide(3)
    .colored(should_be_zero(ORANGE))
    .ask(Query::now(format!("sum({})", login::failing(MANY)), ""))
}

fn targets() -> Panel {
    Panel::table(
        "Targets",
        "One row per target, the worst first: can users sign in, what broke first and for how long that check has not \
         been good, how many checks fail, how much is proven. *Worked* is the share of the time with an answer in which \
         users could sign in; *told* is the share of the time for which there is an answer. Maintenance mutes ssowatch's \
         own messages, and nothing else.",
        "no target is watched",
    )
    .ask(Query::table(login::state(MANY)))
    .ask(Query::table(login::cause(MANY)))
    .ask(Query::table(login::broken_for(MANY)).gives(Gives::WhenBroken))
    .ask(Query::table(login::failing(MANY)))
    .ask(Query::table(login::proven(MANY)))
    .ask(Query::table(login::worked(MANY, "24h")))
    .ask(Query::table(login::worked(MANY, "30d")))
    .ask(Query::table(login::told(MANY, "24h")))
    .ask(Query::table(format!("min by (target) ({}) - time()", MANY.all(Family::Expiry))))
    .ask(Query::table(format!("max by (target) ({})", MANY.all(Family::Maintenance))))
    .joined_by("target")
    .columns(&[
        Column::label("target", "Target").opening_its_board(),
        Column::value(0, "Sign-in").words(SIGN_IN).wide(110),
        Column::value(9, "Maintenance").text_words(ON_OFF).absent("not known").wide(110),
        Column::label("check", "Cause"),
        Column::label("stage", "Stage").wide(100),
        Column::value(2, "Not good for").unit("dtdurations").absent("-"),
        Column::value(3, "Failing checks").colored(should_be_zero(ORANGE)).absent("not verified").wide(110),
        Column::value(4, "Proven").unit("percentunit").decimals(0).absent("nothing").wide(80),
        Column::value(5, "Worked, 24 h").unit("percentunit").decimals(2).colored(share()).absent("not known").wide(110),
        Column::value(6, "Worked, 30 d").unit("percentunit").decimals(2).colored(share()).absent("not known").wide(110),
        Column::value(7, "Told, 24 h").unit("percentunit").decimals(1).absent("never").wide(90),
        Column::value(8, "Next to end").unit("dtdurations").colored(time_left()).absent("not known").wide(150),
    ])
    .sorted_by("Sign-in", false)
}

fn timeline() -> Panel {
    let mut panel = Panel::timeline(
        "Sign-in over time",
        "When users could not sign in, on which target. Grey is time for which nobody can tell; blank is time in which \
         nothing was watched. The marks are alerts that fire, changes, reloads and restarts.",
        SIGN_IN,
        "no target was watched",
    )
    .ask(Query::lines(login::state(MANY), "{{target}}"));
    panel.options["perPage"] = json!(12);
    panel
}

fn ends_next() -> Panel {
    Panel::table("What ends next", "Certificates, client secrets and API keys, the soonest first.", "no end is known")
        .wide(6)
        .ask(Query::table(login::time_left(MANY)))
        .columns(&[
            Column::label("target", "Target").opening_its_board(),
            Column::label("item", "Item"),
            Column::value(0, "In").unit("dtdurations").colored(time_left()),
        ])
        .sorted_by("In", false)
}

fn drift() -> Panel {
    let fields = MANY.all(Family::ConfigDrift);
    Panel::table(
        "What differs",
        "Fields that the app and the provider do not agree on; breaking: whether that breaks sign-in for some or all. Both \
         values stand on the status page of ssowatch.",
        "nothing differs in what could be compared",
    )
    .wide(6)
    .ask(Query::table(format!("max by (target, field, breaking) ({fields}) == 1")).gives(Gives::WhenBroken))
    .columns(&[
        Column::label("target", "Target").opening_its_board(),
        Column::label("field", "Field"),
        Column::label("breaking", "Breaking"),
    ])
}

fn failing_checks() -> Panel {
    Panel::table(
        "What fails",
        "Every failing check, the worst first. An outage breaks sign-in for all, what is degraded breaks it for some or \
         partly, a risk will break it. `ssowatch explain CHECK` says how to fix it.",
        "no check fails of those that could be evaluated",
    )
    .wide(6)
    .ask(Query::table(login::failing_checks(MANY)).gives(Gives::WhenBroken))
    .columns(&[
        Column::label("target", "Target").opening_its_board(),
        Column::label("check", "Check"),
        Column::value(0, "Severity").words(SEVERITY).wide(100),
    ])
    .sorted_by("Severity", false)
}

fn sources() -> Panel {
    let failing = MANY.all(Family::SourceFailing);
    Panel::table(
        "What cannot be looked at",
        "Sources that fail, and why: the reason where it cannot be told whether users can sign in. `unauthorized` is \
         our own credential's fault.",
        "no source fails of those that were asked",
    )
    .wide(6)
    .ask(Query::table(format!("max by (target, source, reason) ({failing})")).gives(Gives::WhenBroken))
    .columns(&[
        Column::label("target", "Target").opening_its_board(),
        Column::label("source", "Source"),
        Column::label("reason", "Reason"),
    ])
}
