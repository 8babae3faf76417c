//! What the boards ask of the login path, as queries.

use ssowatch::{
    metrics::Family,
    model::{Severity, Stage},
};

use super::query::Scope;

/// Every target that was looked at, or was to be, within the last hour: 1. A daemon that is gone leaves its targets here
/// for that long, so that they are seen as *cannot tell* and do not vanish.
pub fn known(scope: Scope) -> String {
    let [due, evaluated] = [Family::RoundInterval, Family::LoginCoverage].map(|family| scope.all(family));
    format!("(group by (target) (last_over_time({due}[1h])) or group by (target) (last_over_time({evaluated}[1h])))")
}

/// Whether people can sign in, the worst first: 0 no, 1 cannot tell, 2 partly (a check of severity `degraded` fails),
/// 3 yes.
pub fn state(scope: Scope) -> String {
    let login = format!("min by (target) ({})", scope.all(Family::LoginSuccess));
    let degraded = scope.which(Family::CheckSuccess, r#"severity="degraded""#);
    let known = known(scope);
    format!("({login} == 0) or ({login} + 1 and on (target) ({degraded} == 0)) or ({login} + 2) or {known}")
}

/// The cause, by its labels `check` and `stage`: 0 where there is one, 3 `none`, 1 `not known`.
pub fn cause(scope: Scope) -> String {
    let cause = scope.all(Family::LoginCause);
    let fine = format!("(min by (target) ({}) == 1) + 2", scope.all(Family::LoginSuccess));
    let named = |series: &str, word: &str| {
        format!(r#"label_replace(label_replace({series}, "check", "{word}", "", ""), "stage", "{word}", "", "")"#)
    };
    let (fine, unknown) = (named(&fine, "none"), named(&known(scope), "not known"));
    format!("max by (target, check, stage) ({cause}) * 0 or on (target) {fine} or on (target) {unknown}")
}

/// How long the check that is the cause has not been good, in seconds.
pub fn broken_for(scope: Scope) -> String {
    let [good, cause] = [Family::CheckLastSuccess, Family::LoginCause].map(|family| scope.all(family));
    format!("time() - max by (target) ({good} and on (target, check) {cause})")
}

/// How many checks fail.
pub fn failing(scope: Scope) -> String {
    format!("sum by (target) (1 - min by (target, check) ({}))", scope.all(Family::CheckSuccess))
}

/// Each failing check by its severity, the worst first: 0 outage, 1 degraded, 2 risk, 3 info.
pub fn failing_checks(scope: Scope) -> String {
    let failing = Severity::ALL.iter().enumerate().map(|(rank, severity)| {
        let checks = scope.which(Family::CheckSuccess, &format!(r#"severity="{}""#, severity.id()));
        format!("({checks} == 0) + {rank}")
    });
    format!("min by (target, check) ({})", failing.collect::<Vec<_>>().join(" or "))
}

/// Checks proven of checks known.
pub fn proven(scope: Scope) -> String {
    format!("min by (target) ({})", scope.all(Family::LoginCoverage))
}

/// The share of the time with an answer in which people could sign in.
pub fn worked(scope: Scope, range: &str) -> String {
    format!("avg by (target) (avg_over_time({}[{range}]))", scope.all(Family::LoginSuccess))
}

/// The share of the time for which there is an answer.
pub fn told(scope: Scope, range: &str) -> String {
    let [login, due] = [Family::LoginSuccess, Family::RoundInterval].map(|family| scope.all(family));
    let count = |series: &str| format!("max by (target) (count_over_time({series}[{range}]))");
    format!("{} / {}", count(&login), count(&due))
}

/// What is left until each item ends, in seconds, the soonest first.
pub fn time_left(scope: Scope) -> String {
    format!("sort(min by (target, item) ({}) - time())", scope.all(Family::Expiry))
}

/// A stage of one target: the worst of its checks. -1 nothing proven, 0 fails, 1 degraded, 2 at risk, 3 ok.
pub fn stage(scope: Scope, stage: Stage) -> String {
    let of = |severity: &str| {
        let matchers = format!(r#"stage="{}",severity=~"{severity}""#, stage.id());
        scope.which(Family::CheckSuccess, &matchers)
    };
    let [outage, degraded, risk] = ["outage", "degraded", "risk|info"].map(of);
    let known = known(scope);
    format!("min by (target) (3 * {outage} or 2 * {degraded} + 1 or {risk} + 2) or {known} - 2")
}
