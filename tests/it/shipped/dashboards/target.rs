//! One target: the login path, the cause, what differs, what ends next.

use ssowatch::{
    metrics::Family,
    model::{Side, Stage},
};

use super::{
    board::{Board, Targets, headed, row},
    login,
    panel::Panel,
    query::{Gives, ONE, Query},
    table::Column,
    words::{
        CHECK, DRIFT, GREEN, GREY, NEVER, ON_OFF, RED, SIGN_IN, SOURCE, STAGE, YES_NO, share, thresholds, time_left,
    },
};

pub fn board() -> Board {
    Board {
        uid: "ssowatch-target",
        title: "SSO / Target",
        description: "One app at one provider: where on the login path it breaks and since when, what both \
                      sides do not agree on, and what ends next.",
        targets: Targets::One,
        jobs_of: Family::LoginCoverage,
        from: "now-24h",
        rows: vec![
            row(4, vec![sign_in(), cause(), broken_for(), proven(), worked(), auto_login(), maintenance(), versions()]),
            headed("The login path", 10, vec![path()]),
            headed("Why", 9, vec![checks(), drift()]),
            row(7, vec![sources_failing(), ends_next(), changes()]),
            headed("How the two sides answer", 8, vec![phases(Side::Provider), phases(Side::App), sources()]),
            row(7, vec![clock_skew(), keys(), verified()]),
            row(12, vec![sources_over_time()]),
            headed("The canary: a real sign-in by a test user", 7, vec![canary_last(), canary_steps(), canary_time()]),
        ],
    }
}

fn sign_in() -> Panel {
    Panel::stat(
        "Can users sign in?",
        "\"Yes\" means: as far as it was verified. \"Partly\": for some users, or without a part of it. \"Cannot tell\" \
         is no outage, and no proof either.",
        "not watched",
    )
    .wide(3)
    .words(SIGN_IN)
    .filled()
    .ask(Query::now(login::state(ONE), ""))
}

fn cause() -> Panel {
    Panel::stat(
        "What broke first",
        "The one check that is the cause, and its stage of the login path; what fails after it follows from it. \
         `ssowatch explain CHECK` says how to fix it.",
        "not watched",
    )
    .wide(5)
    .colored(thresholds(RED, &[(0.5, GREY), (2.5, GREEN)]))
    .named()
    .ask(Query::now(login::cause(ONE), "{{check}} ({{stage}})"))
}

fn broken_for() -> Panel {
    Panel::stat(
        "Not good for",
        "How long ago the check that is the cause was last good. Empty too where it was never good since ssowatch \
         started.",
        "no cause, or never good",
    )
    .wide(3)
    .unit("dtdurations")
    .ask(Query::now(login::broken_for(ONE), "").gives(Gives::WhenBroken))
}

fn proven() -> Panel {
    Panel::stat(
        "Proven",
        "Checks proven good or bad, of all that apply. What is missing needs credentials that ssowatch was not given, or \
         cannot be seen from outside: `ssowatch check` lists it.",
        "nothing proven",
    )
    .wide(2)
    .unit("percentunit")
    .ask(Query::now(login::proven(ONE), ""))
}

fn worked() -> Panel {
    Panel::stat("Sign-in worked", "The share of the time with an answer in which users could sign in.", "not known")
        .wide(3)
        .unit("percentunit")
        .colored(share())
        .ask(Query::now(login::worked(ONE, "24h"), "24 h"))
        .ask(Query::now(login::worked(ONE, "30d"), "30 d"))
}

fn auto_login() -> Panel {
    Panel::stat(
        "Auto login",
        "On: the app sends every visitor to the provider at once, so a fault locks everybody out, local users too.",
        "not known",
    )
    .wide(2)
    .words(ON_OFF)
    .ask(Query::now(format!("max({})", ONE.all(Family::AutoLogin)), ""))
}

fn maintenance() -> Panel {
    Panel::stat(
        "Maintenance",
        "On: the target is in a maintenance window, which mutes ssowatch's own messages. It is watched as ever.",
        "not known",
    )
    .wide(2)
    .words(ON_OFF)
    .ask(Query::now(format!("max({})", ONE.all(Family::Maintenance)), ""))
}

fn versions() -> Panel {
    let [provider, kasm] = [Family::ProviderInfo, Family::AppInfo].map(|family| ONE.all(family));
    Panel::stat(
        "Versions",
        "Pocket ID's as its discovery document shows it; Kasm's build where ssowatch has a Kasm key with System View.",
        "not known",
    )
    .wide(4)
    .named()
    .ask(Query::now(format!("max by (version) ({provider})"), "Pocket ID {{version}}"))
    .ask(Query::now(format!("max by (version) ({kasm})"), "Kasm {{version}}").gives(Gives::WhenHealthy))
}

fn path() -> Panel {
    let panel = Panel::timeline(
        "The login path, by stage",
        "From top to bottom the way of a sign-in; each stage is as good as the worst of its checks. The first stage that \
         fails is where to look. Grey: nothing of this stage was proven then, good or bad.",
        STAGE,
        "not watched",
    );
    Stage::ALL.into_iter().fold(panel, |panel, stage| panel.ask(Query::lines(login::stage(ONE, stage), stage.title())))
}

fn checks() -> Panel {
    let [success, unknown, good] =
        [Family::CheckSuccess, Family::CheckUnknown, Family::CheckLastSuccess].map(|family| ONE.all(family));
    let result =
        format!("min by (check, stage, severity) ({success}) or on (check) (0 * max by (check) ({unknown}) - 1)");
    Panel::table(
        "Checks",
        "Every check that was proven good or bad, or could not be evaluated this time. Unverified checks have no row. When \
         a check that is not good now was last good is kept for outages and for what is degraded.",
        "no check was evaluated",
    )
    .wide(14)
    .ask(Query::table(result))
    // While all is well no check has a series.
    .ask(Query::table(format!("1000 * max by (check) ({good})")).gives(Gives::WhenBroken))
    .joined_by("check")
    .columns(&[
        Column::label("check", "Check"),
        Column::label("stage", "Stage").wide(110),
        Column::label("severity", "Severity").wide(110),
        Column::value(0, "Result").words(CHECK).wide(160),
        Column::value(1, "Last good").unit("dateTimeFromNow").absent("now, or not known").wide(160),
    ])
    .sorted_by("Result", false)
}

fn drift() -> Panel {
    let fields = ONE.all(Family::ConfigDrift);
    Panel::table(
        "What the app and the provider agree on",
        "Each field that could be compared; breaking: whether a difference breaks sign-in for some or all. Both values \
         stand on the status page of ssowatch (/targets/NAME): they are no metrics.",
        "no field could be compared",
    )
    .wide(10)
    .ask(Query::table(format!("max by (field, breaking) ({fields})")))
    .columns(&[
        Column::label("field", "Field"),
        Column::label("breaking", "Breaking").wide(110),
        Column::value(0, "Both sides").words(DRIFT).wide(130),
    ])
    .sorted_by("Both sides", true)
}

fn sources_failing() -> Panel {
    let [failing, good] = [Family::SourceFailing, Family::SourceLastSuccess].map(|family| ONE.all(family));
    let last_good =
        format!("1000 * max by (source, reason) ({failing} * on (job, instance, target, source) group_left () {good})");
    let never = format!("0 * max by (source, reason) ({failing})");
    Panel::table(
        "Sources that fail",
        "Where facts could not be had, and why. `unauthorized` is our own credential's fault; `challenged`: a bot \
         guard holds us off; `throttled`: their limit of requests does, or our own. Neither means that they are down.",
        "no source fails of those that were asked",
    )
    .wide(8)
    .ask(Query::table(format!("{last_good} or {never}")).gives(Gives::WhenBroken))
    .columns(&[
        Column::label("source", "Source"),
        Column::label("reason", "Reason").wide(130),
        Column::value(0, "Last good").unit("dateTimeFromNow").wording(NEVER).wide(130),
    ])
}

fn ends_next() -> Panel {
    let ends = ONE.all(Family::Expiry);
    Panel::table(
        "What ends next",
        "Certificates, client secrets and API keys, the soonest first. Red below 3 days, orange below 21.",
        "no end is known",
    )
    .wide(8)
    .ask(Query::table(format!("min by (item) ({ends}) - time()")))
    .columns(&[Column::label("item", "Item"), Column::value(0, "In").unit("dtdurations").colored(time_left())])
    .sorted_by("In", false)
}

fn changes() -> Panel {
    let changes = ONE.all(Family::ConfigChanges);
    Panel::lines(
        "What changed",
        "Changes that ssowatch saw, by side and subject. A fault that begins with a change was made by it.",
        "short",
        "no change was seen, as far as counted",
    )
    .wide(8)
    .bars()
    .ask(
        Query::lines(
            format!("sum by (side, subject) (increase({changes}[$__rate_interval])) > 0"),
            "{{side}}: {{subject}}",
        )
        .gives(Gives::WhenBroken),
    )
}

fn phases(side: Side) -> Panel {
    let (title, matcher) = match side {
        Side::Provider => ("Provider: time of an answer", r#"side="provider""#),
        Side::App => ("App: time of an answer", r#"side="app""#),
    };
    let series = ONE.which(Family::HttpDuration, matcher);
    Panel::lines(
        title,
        "Where the time of one exchange goes: finding the address, connecting, TLS, the server's own work, and the \
         transfer of the answer.",
        "s",
        "no answer was timed",
    )
    .wide(8)
    .stacked()
    .ask(Query::lines(format!("max by (phase) ({series})"), "{{phase}}"))
}

fn sources() -> Panel {
    let series = ONE.all(Family::SourceDuration);
    Panel::lines(
        "Time of each source",
        "How long asking each source took: the slowest ten.",
        "s",
        "no source was asked",
    )
    .wide(8)
    .ask(Query::lines(format!("topk(10, max by (source) ({series}))"), "{{source}}"))
}

fn sources_over_time() -> Panel {
    let series = ONE.all(Family::SourceSuccess);
    Panel::timeline(
        "Sources over time",
        "Whether each source gave its fact when it was last asked. Blank: it was not asked.",
        SOURCE,
        "no source was asked",
    )
    .ask(Query::lines(format!("min by (source) ({series})"), "{{source}}"))
}

/// The tests of the dashboards play targets without a canary.
const NO_CANARY: Gives = Gives::Perhaps("a canary signs in only where one is configured");

fn canary_last() -> Panel {
    let at = ONE.all(Family::CanaryLastSuccess);
    Panel::stat("Last real sign-in", "How long ago the canary last signed in.", "no canary, or not yet")
        .wide(4)
        .unit("dtdurations")
        .ask(Query::now(format!("time() - max({at})"), "").gives(NO_CANARY))
}

fn canary_steps() -> Panel {
    let steps = ONE.all(Family::CanarySuccess);
    Panel::timeline(
        "Its steps over time",
        "Whether each step of the canary's last sign-in was good. Blank: the step was not taken, or the last run is too \
         old.",
        CHECK,
        "no canary, or not yet",
    )
    .wide(10)
    .ask(Query::lines(format!("min by (step) ({steps})"), "{{step}}").gives(NO_CANARY))
}

fn canary_time() -> Panel {
    let seconds = ONE.all(Family::CanaryDuration);
    Panel::lines(
        "Time of its steps",
        "How long each step of the canary's last sign-in took.",
        "s",
        "no canary, or not yet",
    )
    .wide(10)
    .stacked()
    .ask(Query::lines(format!("max by (step) ({seconds})"), "{{step}}").gives(NO_CANARY))
}

fn clock_skew() -> Panel {
    let series = ONE.all(Family::ClockSkew);
    Panel::lines(
        "Clock skew",
        "Each side's clock minus that of ssowatch. Tokens are refused where the app and the provider are minutes apart. Read \
         from the Date header, so whole seconds.",
        "s",
        "no clock was seen",
    )
    .wide(8)
    .signed()
    .ask(Query::lines(format!("max by (side) ({series})"), "{{side}}"))
}

fn keys() -> Panel {
    let keys = ONE.all(Family::JwksKeys);
    Panel::lines(
        "Signing keys",
        "How many keys the provider publishes. None: no token can be verified. More for a while: a rotation.",
        "short",
        "the key set was not seen",
    )
    .wide(8)
    .ask(Query::lines(format!("max({keys})"), "keys").gives(Gives::WhenHealthy))
}

fn verified() -> Panel {
    let verified = ONE.all(Family::TlsVerified);
    Panel::timeline(
        "Is the certificate trusted?",
        "Whether each side's certificate chain was verified or is pinned. Blank: plain HTTP, or no connection.",
        YES_NO,
        "plain HTTP, or not seen",
    )
    .wide(8)
    .ask(Query::lines(format!("min by (side) ({verified})"), "{{side}}"))
}
