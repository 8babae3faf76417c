//! The token endpoint answers: asked with a made-up code and the client's id, without a secret, it refuses.

use super::{Case, Check, SeverityRule, endpoint_finding};
use crate::model::{EndpointState, Finding, Missing, Outcome};

pub(super) const CHECK: Check = Check {
    id: "token_endpoint_answers",
    severity: SeverityRule::OUTAGE,
    title: "The provider's token endpoint answers",
    why: "Kasm exchanges the code there in every sign-in. With the route to it or the database behind it broken, people \
          get through their login and then land on an error, while discovery, health and introspection stay green.",
    fix: "Status 500: look at the provider's log and at its database. Status 404, 405 or 503, or a web page: let the \
           reverse proxy pass POST requests for this path to the provider.",
    needs: &[],
    since: "",
    source: "RFC 6749, sections 3.2 and 5.2; measured: Keycloak 26 with its database stopped",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let answer = &case.now.token_endpoint().get()?.endpoint;
    if let Some(finding) = endpoint_finding("token", answer) {
        return Ok(Outcome::fail(Finding { code: finding.code.replace("token_", ""), ..finding }));
    }
    Ok(match &answer.state {
        EndpointState::Foreign => Outcome::Unverified(format!(
            "{} is on another origin than the config names, so it is not asked; `provider.internal_url` would allow it",
            answer.url
        )),
        EndpointState::Walled => Outcome::Unverified(format!(
            "a login wall or a redirect answers for {}: it must let Kasm through without its password",
            answer.url
        )),
        EndpointState::NoAnswer { detail, .. } => Outcome::Unknown(detail.clone()),
        EndpointState::Wrong { .. } => Outcome::Unknown("turned away as one request too many".to_owned()),
        EndpointState::Answers => Outcome::OK,
    })
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{lose, table},
        model::{EndpointState, Reason, Snapshot, SourceId},
    };

    fn state(now: &mut Snapshot, state: EndpointState) {
        now.token_endpoint.value.as_mut().unwrap().endpoint.state = state;
    }

    fn wrong(now: &mut Snapshot, status: u16) {
        state(now, EndpointState::Wrong { status, seen: format!("HTTP {status}") });
    }

    fn no_answer(now: &mut Snapshot, reason: Reason) {
        state(now, EndpointState::NoAnswer { reason, detail: "made for a test".to_owned() });
    }

    #[test]
    fn a_broken_endpoint_is_an_outage_and_what_is_not_seen_is_not() {
        table(
            &CHECK,
            &[
                ("it refuses", |_| {}, "ok"),
                ("its database is away", |now| wrong(now, 500), "fail wrong"),
                ("a proxy has no route", |now| wrong(now, 404), "fail wrong"),
                ("no answer in time", |now| no_answer(now, Reason::Timeout), "fail no_answer"),
                ("throttled", |now| no_answer(now, Reason::Throttled), "unknown"),
                ("too many", |now| wrong(now, 429), "unknown"),
                ("another origin", |now| state(now, EndpointState::Foreign), "unverified"),
                ("a wall", |now| state(now, EndpointState::Walled), "unverified"),
                (
                    "not asked",
                    |now| lose(&mut now.token_endpoint, SourceId::TokenEndpoint, Reason::Throttled),
                    "unknown",
                ),
            ],
        );
    }
}
