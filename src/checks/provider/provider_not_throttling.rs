//! The provider does not answer 429.
//!
//! Throttling is no outage: what could not be asked is unknown. Behind a proxy that Pocket ID does not trust, all
//! people and Kasm share one bucket, so that a 429 for us may soon be one for Kasm.

use super::{Case, Check, SeverityRule};
use crate::model::{EndpointState, Finding, Missing, Reason, Side, SourceId, Verdict};

pub(super) const CHECK: Check = Check {
    id: "provider_not_throttling",
    severity: SeverityRule::DEGRADED,
    title: "The provider does not turn requests away as too many",
    why: "Without TRUST_PROXY, Pocket ID counts everybody behind the reverse proxy as one client: a busy portal then \
          makes sign-ins fail at random, also on Kasm's back channel.",
    fix: "Pocket ID: set TRUST_PROXY=true behind a reverse proxy; update (the limit is 100 a second from 2.10, one a \
           second before). Reverse proxy or CDN: let Kasm's and this host's address pass its own limits.",
    needs: &[],
    since: "",
    source: "RFC 6585, section 4; Pocket ID's rate limits by release; pocket-id issues 1224 and 1451",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    let throttled = throttled(case);
    if throttled.is_empty() {
        return case.discovery().map(|_| Verdict::OK);
    }
    let names: Vec<&str> = throttled.into_iter().map(SourceId::title).collect();
    let message = format!("Answered with \"too many requests\": {}", names.join(", "));
    Ok(Verdict::fail(Finding::new("too_many_requests", message)))
}

/// The provider's sources that were turned away.
fn throttled(case: &Case<'_>) -> Vec<SourceId> {
    let mut found: Vec<SourceId> = case
        .now
        .observations()
        .into_iter()
        .filter(|(id, _, _, missing)| id.side() == Side::Provider && missing.is_some_and(is_turned_away))
        .map(|(id, ..)| id)
        .collect();
    if case.now.provider_endpoints.ok().is_some_and(|answers| {
        let states = [Some(&answers.userinfo), answers.end_session.as_ref()];
        states.into_iter().flatten().any(|answer| is_throttled(&answer.state))
    }) {
        found.push(SourceId::ProviderEndpoints);
    }
    found
}

/// Turned away by the server; a question that our own limit put off is nobody's fault.
fn is_turned_away(missing: &Missing) -> bool {
    matches!(missing, Missing::Failed { reason: Reason::Throttled, detail, .. } if !detail.contains("our own limit"))
}

fn is_throttled(state: &EndpointState) -> bool {
    matches!(
        state,
        EndpointState::NoAnswer { reason: Reason::Throttled, .. } | EndpointState::Wrong { status: 429, .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::provider::table::{edit, failed, healthy_but, report, said};

    #[test]
    fn any_source_of_the_provider_that_is_turned_away_is_told() {
        let throttled = Reason::Throttled;
        let cases = [
            (healthy_but(|_| {}), "ok"),
            (healthy_but(|now| now.jwks = failed(SourceId::Jwks, throttled, "")), "fail too_many_requests"),
            (
                healthy_but(|now| now.client_meta = failed(SourceId::ClientMeta, throttled, "")),
                "fail too_many_requests",
            ),
            (healthy_but(|now| now.app_health = failed(SourceId::AppHealth, throttled, "")), "ok"),
            (healthy_but(|now| now.jwks = failed(SourceId::Jwks, Reason::Status, "")), "ok"),
            (
                healthy_but(|now| {
                    let ours = "put off to a later round by our own limit of requests";
                    now.provider_page = failed(SourceId::ProviderPage, throttled, ours);
                }),
                "ok",
            ),
            (healthy_but(|now| now.discovery = failed(SourceId::Discovery, Reason::Timeout, "")), "unknown"),
            (
                healthy_but(|now| {
                    edit(&mut now.provider_endpoints, |answers| {
                        answers.userinfo.state = EndpointState::Wrong { status: 429, seen: String::new() };
                    });
                }),
                "fail too_many_requests",
            ),
        ];
        for (snapshot, expected) in cases {
            assert_eq!(said(CHECK.id, &snapshot), expected);
        }
    }

    #[test]
    fn the_sources_are_named() {
        let snapshot = healthy_but(|now| {
            now.discovery = failed(SourceId::Discovery, Reason::Throttled, "");
            now.jwks = failed(SourceId::Jwks, Reason::Throttled, "");
        });
        let message = report(CHECK.id, &snapshot).findings[0].message.clone();
        assert!(message.ends_with("the discovery document, the key set (JWKS)"), "{message}");
    }
}
