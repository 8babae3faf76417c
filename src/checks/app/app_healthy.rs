//! Kasm says that its API and its database are well.

use super::{Case, Check, SeverityRule};
use crate::model::{Finding, HealthState, Missing, Verdict};

pub(super) const CHECK: Check = Check {
    id: "app_healthy",
    severity: SeverityRule::OUTAGE,
    title: "Kasm's API says that it is well",
    why: "The API starts each login and takes the way back; behind a proxy that still answers, it can be gone.",
    fix: "On Kasm's host, look at the containers kasm_api, kasm_manager and kasm_db and at their logs (docker ps, \
           docker logs), and restart what is down.",
    needs: &[],
    since: "",
    source: "Kasm documentation, health check (GET /api/__healthcheck)",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    let health = &case.now.app_health.get()?.fact;
    Ok(match &health.state {
        HealthState::Healthy => Verdict::OK,
        HealthState::Unhealthy(what) => {
            Verdict::fail(Finding::new("unhealthy", format!("/api/__healthcheck answers {}: {what}", health.status)))
        }
        HealthState::Hidden(what) => Verdict::Unverified(format!(
            "something before Kasm hides /api/__healthcheck ({}: {what}); if a login wall stands there, \
             kasm.http_headers or kasm.basic_auth lets this daemon through",
            health.status
        )),
    })
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{lose, table},
        model::{AppHealth, HealthState, Reason, Snapshot, SourceId},
    };

    fn set(now: &mut Snapshot, status: u16, state: HealthState) {
        now.app_health.value.as_mut().unwrap().fact = AppHealth { status, state };
    }

    #[test]
    fn only_kasms_own_word_counts() {
        table(
            &CHECK,
            &[
                ("well", |_| {}, "ok"),
                (
                    "the API is gone",
                    |now| set(now, 502, HealthState::Unhealthy("Bad Gateway".to_owned())),
                    "fail unhealthy",
                ),
                ("a proxy hides it", |now| set(now, 404, HealthState::Hidden("a web page".to_owned())), "unverified"),
                ("challenged", |now| lose(&mut now.app_health, SourceId::AppHealth, Reason::Challenged), "unknown"),
                ("throttled", |now| lose(&mut now.app_health, SourceId::AppHealth, Reason::Throttled), "unknown"),
            ],
        );
    }
}
