//! Kasm takes connections and answers by HTTP.
//!
//! Any HTTP answer counts, good or bad, and over TLS that nobody vouches for: whether Kasm is well and its certificate
//! good are questions of their own.

use super::{Case, Check, SeverityRule};
use crate::model::{Finding, Missing, Observed, Outcome, Reason};

pub(super) const CHECK: Check = Check {
    id: "app_reachable",
    severity: SeverityRule::OUTAGE,
    title: "Kasm takes connections and answers",
    why: "Without Kasm there is no login page: nobody can sign in, whatever the provider does.",
    fix: "See that the name resolves, that the port is open from here, and that Kasm's proxy container runs (on its \
           host: docker ps, service kasm_proxy).",
    needs: &[],
    since: "",
    source: "RFC 9110; Kasm documentation, troubleshooting",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let now = &case.now;
    if let Some(neither) = case.neither_is_reached() {
        return Ok(neither);
    }
    if let Some((reason, detail)) = transport_failure(now.app_connection()) {
        return Ok(Outcome::fail(finding(case, reason, detail)));
    }
    let answered = has_answered(now.app_health()) || has_answered(now.kasm_login_settings());
    // Where a health check is not known, what else was asked tells.
    let answered = answered || (!case.is_kasm() && (has_answered(now.login_start()) || has_answered(now.app_page())));
    match transport_failure(now.app_health()) {
        _ if answered => Ok(Outcome::OK),
        Some((reason, detail)) => Ok(Outcome::fail(finding(case, reason, detail))),
        None if is_behind_a_wall(case) => Ok(Outcome::noting("something before Kasm answers in its place")),
        // Seen and failed are dealt with: what is left says why nothing was asked.
        None if case.is_kasm() => now.app_health().get().map(|_| Outcome::OK),
        None => match transport_failure(now.login_start()) {
            Some((reason, detail)) => Ok(Outcome::fail(finding(case, reason, detail))),
            None => now.login_start().get().map(|_| Outcome::OK),
        },
    }
}

/// Why no answer came: by name, connection, TLS or time. A refusal by HTTP is an answer.
fn transport_failure<T>(seen: &Observed<T>) -> Option<(Reason, &str)> {
    seen.failure().filter(|(reason, _)| reason.is_transport())
}

/// Whether an HTTP answer came, good or bad.
fn has_answered<T>(seen: &Observed<T>) -> bool {
    match seen.failure() {
        Some((reason, _)) => !reason.is_transport() && reason != Reason::Blocked,
        None => seen.ok().is_some(),
    }
}

/// Whether something takes connections and answers in Kasm's place, such as a login wall.
fn is_behind_a_wall(case: &Case<'_>) -> bool {
    case.now.app_connection().ok().is_some() && matches!(case.now.app_health().value, Err(Missing::OutOfReach(_)))
}

fn finding(case: &Case<'_>, reason: Reason, detail: &str) -> Finding {
    Finding::new(reason.id(), format!("{} does not answer: {detail}", case.target().app.url))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{evaluated, lose, table},
        model::{Credential, Missing, Reason, SourceId, Verdict},
    };

    #[test]
    fn any_answer_is_an_answer_and_no_answer_names_what_failed() {
        table(
            &CHECK,
            &[
                ("all is well", |_| {}, "ok"),
                (
                    "the name does not resolve",
                    |now| lose(&mut now.app_connection, SourceId::AppConnection, Reason::Dns),
                    "fail dns",
                ),
                (
                    "TLS breaks off",
                    |now| lose(&mut now.app_connection, SourceId::AppConnection, Reason::Tls),
                    "fail tls",
                ),
                (
                    "health is refused, which is an answer",
                    |now| lose(&mut now.app_health, SourceId::AppHealth, Reason::Status),
                    "ok",
                ),
                (
                    "a challenge is an answer",
                    |now| lose(&mut now.app_health, SourceId::AppHealth, Reason::Challenged),
                    "ok",
                ),
                ("only health hangs", |now| lose(&mut now.app_health, SourceId::AppHealth, Reason::Timeout), "ok"),
                (
                    "all hangs after the connection",
                    |now| {
                        lose(&mut now.app_health, SourceId::AppHealth, Reason::Timeout);
                        lose(&mut now.kasm_login_settings, SourceId::KasmLoginSettings, Reason::Timeout);
                    },
                    "fail timeout",
                ),
                (
                    "a proxy hides the connection, health answers",
                    |now| {
                        now.app_connection.value = Err(Missing::OutOfReach("by proxy".to_owned()));
                    },
                    "ok",
                ),
                (
                    "a login wall answers",
                    |now| {
                        let wall = || Missing::OutOfReach("a login page".to_owned());
                        now.app_health.value = Err(wall());
                        now.kasm_login_settings.value = Err(wall());
                    },
                    "ok",
                ),
                (
                    "nothing was asked",
                    |now| {
                        now.app_connection.value = Err(Missing::OutOfReach("by proxy".to_owned()));
                        now.app_health.value = Err(Missing::NotConfigured(Credential::AppKey));
                        now.kasm_login_settings.value = Err(Missing::Blocked { by: SourceId::AppHealth });
                    },
                    "unverified",
                ),
            ],
        );
    }

    #[test]
    fn when_neither_side_is_reachable_nothing_is_said_of_them_and_this_host_is_named_first() {
        let report = evaluated(&CHECK, |now| {
            lose(&mut now.app_connection, SourceId::AppConnection, Reason::Connect);
            lose(&mut now.provider_connection, SourceId::ProviderConnection, Reason::Dns);
        });
        assert_eq!(report.verdict, Verdict::Unknown);
        assert!(report.reason.as_ref().unwrap().contains("look at this host first"), "{report:?}");
    }
}
