//! The token endpoint, asked as the app asks it but without a secret: a made-up code with the client's id.
//!
//! Discovery, keys, introspection and health stay green while the route to this endpoint or the database behind it is broken,
//! and every sign-in fails (measured at Keycloak). Where it is well it refuses the client or the code.

use url::Url;

use super::{
    addresses,
    client_secret::JUNK,
    provider_endpoints::{demands_basic, refuses_in_json, wrong},
};
use crate::{
    collect::{
        credentialed::Credentialed,
        transport::{
            answer::Answer,
            fetch_error::{FetchError, bounded},
            http::Request,
        },
    },
    model::{EndpointAnswer, EndpointState, Missing, Observed, SourceId, TokenEndpoint},
    oidc::parse_json,
};

const SOURCE: SourceId = SourceId::TokenEndpoint;
/// The client where the app's is not known: refused like any other.
const NOBODY: &str = "ssowatch";

/// Asks the endpoint that the document names; without a document, the one that the app stores.
pub(in crate::collect) async fn collect(asked: &Credentialed<'_>, stored: Option<&str>) -> Observed<TokenEndpoint> {
    let side = match asked.provider_side(SOURCE) {
        Ok(side) => side,
        Err(why) => return asked.missing(why),
    };
    let document = asked.provider.discovery.ok().map(|answer| &answer.fact);
    let announced = document.and_then(|document| document.token_endpoint.as_deref());
    let Some(written) = announced.or(stored) else {
        let why = "no discovery document names it, and what Kasm stores is not known";
        return asked.missing(Missing::OutOfReach(why.to_owned()));
    };
    let old = asked.before.map(|before| &before.token_endpoint);
    let kind = asked.provider.recognised.unwrap_or_default().kind;
    let Some(url) = addresses::reachable(side, written, kind) else {
        return Observed::seen(
            asked.round.clock.now(),
            0.0,
            TokenEndpoint {
                endpoint: EndpointAnswer { url: bounded(written), state: EndpointState::Foreign },
                said: None,
            },
        );
    };
    let is_moved = old.and_then(Observed::ok).is_none_or(|old| old.endpoint.url != url.as_str());
    let is_due = is_moved || asked.round.is_due(SOURCE, old, answers);
    asked.round.refresh(SOURCE, old, is_due, Ok(side), ask(asked, url)).await
}

fn answers(seen: &TokenEndpoint) -> bool {
    matches!(seen.endpoint.state, EndpointState::Answers | EndpointState::Foreign | EndpointState::Walled)
}

async fn ask(asked: &Credentialed<'_>, url: Url) -> Result<TokenEndpoint, FetchError> {
    let side = asked.provider_side(SOURCE).map_err(|_| FetchError::Blocked(SourceId::ProviderConnection))?;
    let client_id = asked.client_id.as_deref().unwrap_or(NOBODY);
    let fields = [("grant_type", "authorization_code"), ("code", JUNK), ("client_id", client_id)];
    let written = url.to_string();
    let (state, said) = match side.ask(&Request::form(url, &fields), asked.counts).await {
        Ok(answer) => read(&answer),
        Err(stop) => {
            let (reason, detail) = stop.into_failure();
            (EndpointState::NoAnswer { reason, detail }, None)
        }
    };
    Ok(TokenEndpoint { endpoint: EndpointAnswer { url: written, state }, said })
}

/// Any refusal in JSON is an answer. 404 and 405 are no route, unless they speak of the client, as Pocket ID up to 2.9 does;
/// a redirect turns a POST into a GET, but for 307 and 308.
fn read(answer: &Answer) -> (EndpointState, Option<String>) {
    let is_json = parse_json(&answer.body).is_ok_and(|json| json.value.is_object());
    let said = answer.said();
    let is_of_the_client = said.as_deref().is_some_and(|said| {
        let said = said.to_lowercase();
        !said.contains("endpoint") && (said.contains("client") || said.contains("record not found"))
    });
    let state = match answer.status {
        401 if answer.withheld && demands_basic(answer) => EndpointState::Walled,
        404 if is_of_the_client => EndpointState::Answers,
        404 | 405 => wrong(answer, "a made-up code must be refused (400 or 401)"),
        401 | 403 if answer.is_web_page() => EndpointState::Walled,
        307 | 308 => EndpointState::Walled,
        400 | 401 | 403 if !answer.is_web_page() => EndpointState::Answers,
        400..=499 if is_json => EndpointState::Answers,
        200..=299 if refuses_in_json(answer) => EndpointState::Answers,
        _ => wrong(answer, "a made-up code must be refused (400 or 401)"),
    };
    (state, said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::recorded::{html, json, recorded, redirect};

    #[test]
    fn a_refusal_is_an_answer_and_a_page_an_error_or_no_route_is_not() {
        for (what, answer, is_well) in [
            ("RFC 6749", json(401, r#"{"error":"invalid_client"}"#), true),
            ("Keycloak", json(401, r#"{"error":"unauthorized_client","error_description":"Invalid client"}"#), true),
            ("Auth0", json(403, r#"{"error":"invalid_grant"}"#), true),
            ("GitHub", json(200, r#"{"error":"bad_verification_code"}"#), true),
            ("a validation of its own", json(422, r#"{"detail":"field required"}"#), true),
            ("a client that is gone", json(404, r#"{"error":"Client not found"}"#), true),
            ("its own 404", json(404, r#"{"error":"API endpoint not found"}"#), false),
            ("no route", html(404, "<h1>Not Found</h1>"), false),
            ("no POST", json(405, r#"{"error":"Method not allowed"}"#), false),
            ("its database", json(500, r#"{"error":"unknown_error"}"#), false),
            ("a proxy without it", html(503, "<h1>Service Unavailable</h1>"), false),
            ("a page for whatever is asked", html(200, "<div id=root>"), false),
            ("a move", redirect(301, "/token/"), false),
        ] {
            let (state, _) = read(&answer);
            assert_eq!(state == EndpointState::Answers, is_well, "{what}: {state:?}");
            assert_eq!(matches!(state, EndpointState::Wrong { .. }), !is_well, "{what}: {state:?}");
        }
        let walled = read(&html(401, "<h1>Log in</h1>")).0;
        assert_eq!(walled, EndpointState::Walled);
    }

    #[test]
    fn every_release_of_pocket_id_answers() {
        macro_rules! releases {
            ($($release:literal)*) => {
                [$((
                    $release,
                    include_str!(concat!("../../../tests/fixtures/pocket-id/", $release, "/bogus_code_no_secret.json")),
                    include_str!(concat!("../../../tests/fixtures/pocket-id/", $release, "/bogus_code_unknown.json")),
                )),*]
            };
        }
        for (release, no_secret, unknown) in releases!("1.16.0" "2.3.0" "2.9.0" "2.10.0" "2.14.0") {
            for text in [no_secret, unknown] {
                assert_eq!(read(&recorded(text)).0, EndpointState::Answers, "{release}: {text}");
            }
        }
    }

    #[test]
    fn keycloak_answers_a_made_up_code_whatever_the_client() {
        macro_rules! recordings {
            ($($name:literal)*) => {
                [$(($name, include_str!(concat!("../../../tests/fixtures/keycloak/26.7.3/token_", $name, ".json")))),*]
            };
        }
        for (name, text) in recordings!("no_secret" "unknown_client" "client_disabled" "public" "realm_disabled") {
            assert_eq!(read(&recorded(text)).0, EndpointState::Answers, "{name}");
        }
    }
}
