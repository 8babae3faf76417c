//! The endpoints that users need and that can be asked without one: userinfo without a token, and end-session without
//! parameters. (A junk token is a 500 with an ERROR line up to Pocket ID 2.9, so none is sent, nor the
//! password of a login wall, which goes in the same header.)

use url::Url;

use super::addresses;
use crate::{
    collect::transport::{
        answer::Answer,
        fetch_error::{FetchError, bounded},
        http::Request,
        side_client::{Counts, SideClient},
    },
    model::{EndpointAnswer, EndpointAnswers, EndpointState},
    oidc::{Discovery, parse_json},
    providers::ProviderKind,
};

/// Asks both endpoints, side by side.
pub(in crate::collect) async fn collect(
    provider: &SideClient,
    discovery: &Discovery,
    kind: ProviderKind,
    counts: &Counts,
) -> Result<EndpointAnswers, FetchError> {
    let userinfo = discovery
        .userinfo_endpoint
        .as_deref()
        .ok_or_else(|| FetchError::OutOfReach("the discovery document names no userinfo_endpoint".to_owned()))?;
    let end_session = discovery.end_session_endpoint.as_deref();
    let (userinfo, end_session) =
        tokio::join!(ask(provider, userinfo, kind, counts, Request::tokenless, userinfo_state), async {
            match end_session {
                Some(written) => Some(ask(provider, written, kind, counts, Request::page, end_session_state).await),
                None => None,
            }
        });
    Ok(EndpointAnswers { userinfo, end_session })
}

async fn ask(
    provider: &SideClient,
    written: &str,
    kind: ProviderKind,
    counts: &Counts,
    request: fn(Url) -> Request,
    read: fn(&Answer) -> EndpointState,
) -> EndpointAnswer {
    let Some(url) = addresses::reachable(provider, written, kind) else {
        return EndpointAnswer { url: bounded(written), state: EndpointState::Foreign };
    };
    let asked = url.to_string();
    let state = match provider.ask(&request(url), counts).await {
        Ok(answer) => read(&answer),
        Err(stop) => {
            let (reason, detail) = stop.into_failure();
            EndpointState::NoAnswer { reason, detail }
        }
    };
    EndpointAnswer { url: asked, state }
}

/// Refused: 401 as RFC 6750, section 3, has it, or 400 or 403 in whatever form but a web page. A few refuse with 200 and an
/// error in JSON.
fn userinfo_state(answer: &Answer) -> EndpointState {
    let is_challenged = answer.headers.contains_key("www-authenticate");
    match answer.status {
        // What the config gives for a wall was kept back, and the wall says so.
        401 if answer.withheld && demands_basic(answer) => EndpointState::Walled,
        401 => EndpointState::Answers,
        400 | 403 if is_challenged || !answer.is_web_page() => EndpointState::Answers,
        200..=299 if refuses_in_json(answer) => EndpointState::Answers,
        _ => wrong(answer, "without a token it must refuse (401)"),
    }
}

/// Whether a body says an error and gives no claim.
pub(in crate::collect) fn refuses_in_json(answer: &Answer) -> bool {
    parse_json(&answer.body).is_ok_and(|json| {
        let has = |name: &str| json.value.get(name).is_some_and(|value| !value.is_null());
        has("error") && !has("sub")
    })
}

/// Whether the scheme that is asked for is HTTP Basic: userinfo asks for a bearer token, if for anything.
pub(in crate::collect) fn demands_basic(answer: &Answer) -> bool {
    let challenges = answer.headers.get_all("www-authenticate");
    challenges.iter().any(|value| value.as_bytes().get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"basic")))
}

/// A redirect, a page, or a complaint about the missing parameters (OpenID Connect RP-Initiated Logout 1.0).
fn end_session_state(answer: &Answer) -> EndpointState {
    match answer.status {
        200..=299 if answer.is_html() || answer.body.is_empty() => EndpointState::Answers,
        300..=400 => EndpointState::Answers,
        _ => wrong(answer, "it must redirect or show a page"),
    }
}

pub(in crate::collect) fn wrong(answer: &Answer, expected: &str) -> EndpointState {
    let kind = if answer.is_html() { " with a web page" } else { "" };
    EndpointState::Wrong { status: answer.status, seen: format!("HTTP {}{kind}: {expected}", answer.status) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::recorded::{answer, html, json, recorded, redirect};

    #[test]
    fn what_real_releases_answer_is_good() {
        for text in [
            include_str!("../../../tests/fixtures/observe/userinfo_none_2_9.json"),
            include_str!("../../../tests/fixtures/observe/userinfo_none_2_14.json"),
        ] {
            assert_eq!(userinfo_state(&recorded(text)), EndpointState::Answers);
        }
        for text in [
            include_str!("../../../tests/fixtures/observe/end_session_2_9.json"),
            include_str!("../../../tests/fixtures/observe/end_session_2_14.json"),
        ] {
            assert_eq!(end_session_state(&recorded(text)), EndpointState::Answers);
        }
    }

    #[test]
    fn userinfo_must_refuse_whom_it_does_not_know() {
        let challenge = [("www-authenticate", "Bearer")];
        for good in [json(401, "{}"), answer(400, &challenge, ""), answer(403, &challenge, ""), json(403, "{}")] {
            assert_eq!(userinfo_state(&good), EndpointState::Answers);
        }
        for bad in [
            json(200, "{}"),
            html(200, "<html>"),
            json(404, "{}"),
            json(500, "{}"),
            html(403, "<html>"),
            redirect(302, "/login"),
        ] {
            let state = userinfo_state(&bad);
            assert!(matches!(&state, EndpointState::Wrong { status, .. } if *status == bad.status), "{state:?}");
        }
    }

    #[test]
    fn a_wall_that_wants_its_password_is_no_answer_of_userinfo() {
        let asked = |challenge, withheld| {
            userinfo_state(&Answer { withheld, ..answer(401, &[("www-authenticate", challenge)], "") })
        };
        assert_eq!(asked("Basic realm=\"wall\"", true), EndpointState::Walled);
        assert_eq!(asked("basic", true), EndpointState::Walled);
        assert_eq!(asked("Bearer", true), EndpointState::Answers, "the wall lets this path through");
        assert_eq!(asked("Basic realm=\"id\"", false), EndpointState::Answers, "no wall is known of");
    }

    #[test]
    fn end_session_must_redirect_show_a_page_or_complain() {
        for good in [redirect(303, "/logout"), html(200, "<p>Log out?</p>"), answer(204, &[], ""), json(400, "{}")] {
            assert_eq!(end_session_state(&good), EndpointState::Answers);
        }
        for bad in [json(200, "{}"), json(404, "{}"), answer(405, &[], ""), html(502, "")] {
            assert!(matches!(end_session_state(&bad), EndpointState::Wrong { .. }), "{}", bad.status);
        }
    }
}
