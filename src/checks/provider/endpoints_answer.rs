//! The userinfo endpoint, which Kasm asks for the user's name at every sign-in, answers as it must.
//!
//! Without a token it has to refuse; nothing else is sent. The end-session endpoint is a page that people see when they
//! leave: where it alone is broken, `provider_page_served` tells it, since no sign-in fails for it.

use super::{Case, Check, SeverityRule};
use crate::model::{EndpointAnswer, EndpointState, Finding, Missing, Outcome, Reason};

pub(super) const CHECK: Check = Check {
    id: "endpoints_answer",
    severity: SeverityRule::OUTAGE,
    title: "The provider's userinfo endpoint answers",
    why: "Kasm asks it for the name and the groups of the user in every sign-in: people get through their passkey and \
          then land on an error.",
    fix: "Reverse proxy: pass all paths below `/api/oidc/` to Pocket ID, without a login wall, a cache or a bot \
           check. Open the userinfo address in a browser: Pocket ID answers 401.",
    needs: &[],
    since: "",
    source: "OpenID Connect Core 1.0, section 5.3; RFC 6750, section 3",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    case.document()?;
    let answers = case.now.provider_endpoints().get()?;
    let Some(finding) = finding("userinfo", &answers.userinfo) else { return Ok(without_fault(&answers.userinfo)) };
    let other = answers.end_session.as_ref().and_then(|answer| self::finding("end_session", answer));
    Ok(Outcome::Fail(std::iter::once(finding).chain(other).collect()))
}

/// What is wrong with an endpoint, where something is.
pub(in crate::checks) fn finding(name: &str, answer: &EndpointAnswer) -> Option<Finding> {
    match &answer.state {
        EndpointState::Wrong { status: 429, .. }
        | EndpointState::NoAnswer { reason: Reason::Throttled | Reason::Challenged | Reason::Blocked, .. }
        | EndpointState::Answers
        | EndpointState::Foreign
        | EndpointState::Walled => None,
        EndpointState::Wrong { seen, .. } => {
            Some(Finding::new(&format!("{name}_wrong"), format!("{} answers with {seen}", answer.url)))
        }
        EndpointState::NoAnswer { detail, .. } => {
            Some(Finding::new(&format!("{name}_no_answer"), format!("{} does not answer: {detail}", answer.url)))
        }
    }
}

fn without_fault(answer: &EndpointAnswer) -> Outcome {
    match &answer.state {
        EndpointState::Answers => Outcome::OK,
        EndpointState::Foreign => Outcome::Unverified(format!(
            "{} is on another origin than the config names, so it is not asked; `provider.internal_url` would allow \
             it. Kasm must reach it",
            answer.url
        )),
        EndpointState::Walled => Outcome::Unverified(format!(
            "the login wall answers for {}: Kasm's access token goes in the header that the wall wants, so the wall must \
             let Kasm through there without its password",
            answer.url
        )),
        EndpointState::Wrong { .. } => Outcome::Unknown("turned away as one request too many".to_owned()),
        EndpointState::NoAnswer { detail, .. } => Outcome::Unknown(detail.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        checks::provider::table::{blocked, edit, failed, healthy_but, report, said},
        model::{Snapshot, SourceId},
    };

    fn with(userinfo: EndpointState, end_session: EndpointState) -> Snapshot {
        healthy_but(|now| {
            edit(&mut now.provider_endpoints, |answers| {
                answers.userinfo.state = userinfo;
                answers.end_session.as_mut().unwrap().state = end_session;
            });
        })
    }

    fn wrong(status: u16) -> EndpointState {
        EndpointState::Wrong { status, seen: format!("HTTP {status} with a web page") }
    }

    fn silent(reason: Reason) -> EndpointState {
        EndpointState::NoAnswer { reason, detail: "no answer".to_owned() }
    }

    #[test]
    fn userinfo_decides() {
        use EndpointState::{Answers, Foreign, Walled};
        let cases = [
            (with(Answers, Answers), "ok"),
            (with(wrong(200), Answers), "fail userinfo_wrong"),
            (with(wrong(404), wrong(404)), "fail userinfo_wrong end_session_wrong"),
            (with(silent(Reason::Timeout), silent(Reason::Timeout)), "fail userinfo_no_answer end_session_no_answer"),
            (with(Answers, wrong(500)), "ok"),
            (with(Foreign, Answers), "unverified"),
            (with(Walled, Answers), "unverified"),
            (with(silent(Reason::Throttled), Answers), "unknown"),
            (with(silent(Reason::Challenged), Answers), "unknown"),
            (with(wrong(429), Answers), "unknown"),
            (healthy_but(|now| now.provider_endpoints = blocked(SourceId::Discovery)), "unknown"),
        ];
        for (snapshot, expected) in cases {
            assert_eq!(said(CHECK.id, &snapshot), expected, "{:?}", snapshot.provider_endpoints.value);
        }
    }

    #[test]
    fn the_address_and_what_came_are_told() {
        let snapshot = with(wrong(404), EndpointState::Answers);
        assert_eq!(
            report(CHECK.id, &snapshot).findings[0].message,
            "https://id.example.test/api/oidc/userinfo answers with HTTP 404 with a web page"
        );
    }

    #[test]
    fn an_older_answer_is_not_evaluated_while_the_provider_is_gone() {
        let mut snapshot = with(silent(Reason::Timeout), EndpointState::Answers);
        snapshot.discovery = failed(SourceId::Discovery, Reason::Timeout, "no answer");
        assert_eq!(said(CHECK.id, &snapshot), "unknown");
    }
}
