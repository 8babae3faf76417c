//! Kasm sends browsers to the authorization endpoint that the provider announces.
//!
//! Kasm stores the address by hand (`auth_url`), so a renamed host or a changed issuer leaves it behind. What counts is what
//! the document announces, wherever it was asked: at another host the provider's cookies are lost on the way, and nobody
//! gets in. Pocket ID's own address may be the mistake (APP_URL): there `provider.url` counts as well, and `issuer_matches`
//! tells of the rest.

use url::Url;

use super::{
    Case, Check, SeverityRule,
    endpoint::{self, has_a_slash_more, is_same, on_base},
    part_that_differs,
};
use crate::{
    model::{Drift, DryRun, Finding, Missing, Outcome, SourceId},
    providers::{ProviderKind, pocket_id::Dialect},
};

pub(super) const CHECK: Check = Check {
    id: "authorization_url_matches",
    severity: SeverityRule::OUTAGE,
    title: "Kasm sends browsers to the provider's authorization endpoint",
    why: "Kasm stores this address by hand; after a rename of the provider, people land on a page that is gone.",
    fix: "Kasm: Access Management > Authentication > OpenID > your config > Authorization URL: enter the provider's \
           value.",
    needs: &[],
    since: "",
    source: "OpenID Connect Discovery 1.0, section 3; Pocket ID's guide for Kasm",
    fields: &["authorization_url"],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let sent = case.authorize_url()?;
    let provider = &case.target().provider.url;
    let blocked = || Missing::Blocked { by: SourceId::Discovery };
    let announced = case.discovery().and_then(|it| it.authorization_endpoint.as_deref().ok_or_else(blocked));
    match announced {
        Ok(announced) => {
            let secure = endpoint::secure(case, announced);
            let issuer = case.discovery()?.issuer.as_deref().map(|issuer| issuer.trim_end_matches('/'));
            // With an issuer that is right, this endpoint alone is elsewhere, and nothing else would tell.
            let is_of_app_url = case.kind == ProviderKind::PocketId && issuer != Some(provider.trim_end_matches('/'));
            let rebased = if is_of_app_url { on_base(announced, provider) } else { None };
            let accepted = [Some(announced), secure.as_deref(), rebased.as_deref()].into_iter().flatten();
            if accepted.clone().any(|address| sent.leads_to(address)) {
                return Ok(Outcome::OK);
            }
            let written = sent.address();
            if accepted.clone().any(|address| has_a_slash_more(address, &written)) && follows_slashes(case) {
                return Ok(Outcome::noting(format!("{written} has a \"/\" at its end, which the provider redirects")));
            }
            Ok(differs(announced, secure.as_deref(), &written))
        }
        // Without a document the path cannot be evaluated, but another server can be told, and an answer shows the endpoint.
        Err(missing) => match on_base(&sent.endpoint, provider) {
            Some(expected) if !is_same(&expected, &sent.endpoint) => Ok(elsewhere(&expected, &sent.endpoint, provider)),
            _ if case.now.authorize_dry_run().ok().is_some_and(DryRun::is_of_the_endpoint) => {
                Ok(Outcome::noting("no document names it, and the provider answers there"))
            }
            _ => Err(missing),
        },
    }
}

/// Kasm sends to another server than the config names, which serves no document: either may be the one that is wrong.
fn elsewhere(expected: &str, sent: &str, provider: &str) -> Outcome {
    let Some(drift) = Drift::of("authorization_url", ("Expected is", expected), ("Kasm sends", sent)) else {
        return Outcome::OK;
    };
    let message =
        format!("Kasm sends people to another server than provider.url names: {sent}, where {expected} is expected");
    let fix = format!(
        "See first that provider.url is right: no discovery document is read from {provider}. If it is: {}",
        CHECK.fix
    );
    Outcome::fail(Finding::new("differs", message).drift(drift).fix(fix))
}

/// The address differs; where only a parameter of the endpoint's own is lost, that is what is told.
fn differs(announced: &str, secure: Option<&str>, sent: &str) -> Outcome {
    let (expected_by, expected) = match secure {
        Some(secure) => ("Expected is", secure),
        None => ("The provider has", announced),
    };
    let Some(drift) = Drift::of("authorization_url", (expected_by, expected), ("Kasm sends", sent)) else {
        return Outcome::OK;
    };
    let query = Url::parse(expected).ok().and_then(|url| url.query().map(str::to_owned));
    match (part_that_differs(expected, sent), query) {
        (None | Some("query"), Some(query)) => Outcome::fail(
            Finding::new(
                "query_lost",
                format!("Kasm's authorization URL lacks the parameters ?{query}: {}", drift.sentence()),
            )
            .drift(drift),
        ),
        _ => Outcome::drifted(drift),
    }
}

/// Whether the provider leads from the address with a `/` at its end to the one without: Pocket ID does from 2.10 on, and
/// before that goes in a circle (measured); of another one the dry run tells, which is sent to Kasm's own address.
fn follows_slashes(case: &Case<'_>) -> bool {
    match case.dialect {
        Dialect::Fosite => true,
        Dialect::Legacy => false,
        Dialect::Openid => case.now.authorize_dry_run().ok().is_some_and(DryRun::is_accepted),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::CHECK;
    use crate::{
        checks::testing::{document, evaluated, generic, legacy, lose, table, url},
        model::{Missing, Reason, SourceId},
    };

    const OLD: &str = "https://auth.example.test/authorize";

    #[test]
    fn the_address_must_be_the_announced_one() {
        table(
            &CHECK,
            &[
                ("the same", |_| {}, "ok"),
                ("another host", |now| url(now).endpoint = OLD.to_owned(), "fail differs"),
                (
                    "another scheme",
                    |now| url(now).endpoint = "http://id.example.test/authorize".to_owned(),
                    "fail differs",
                ),
                ("a slash too many, which 2.10 and later redirect", |now| url(now).endpoint.push('/'), "ok"),
                (
                    "a slash too many, at which 2.9 goes in a circle",
                    |now| {
                        legacy(now);
                        url(now).endpoint.push('/');
                    },
                    "fail differs",
                ),
                (
                    "a slash too many, which another provider refuses",
                    |now| {
                        generic(now);
                        url(now).endpoint.push('/');
                        lose(&mut now.authorize_dry_run, SourceId::AuthorizeDryRun, Reason::Status);
                    },
                    "fail differs",
                ),
                (
                    "another way of writing it",
                    |now| {
                        url(now).endpoint = "https://ID.example.test:443/authorize".to_owned();
                    },
                    "ok",
                ),
                (
                    "the document is of another base, Kasm is right",
                    |now| {
                        document(now, &json!({"issuer": "https://auth.example.test", "authorization_endpoint": OLD}));
                    },
                    "ok",
                ),
                (
                    "this endpoint alone is announced elsewhere",
                    |now| document(now, &json!({"authorization_endpoint": OLD})),
                    "fail differs",
                ),
                (
                    "the document is of another base, Kasm follows it: told by own_settings",
                    |now| {
                        document(now, &json!({"issuer": "https://auth.example.test", "authorization_endpoint": OLD}));
                        url(now).endpoint = OLD.to_owned();
                    },
                    "unknown",
                ),
                (
                    "the document of another provider is of another host, and Kasm stays behind: its cookies are lost",
                    |now| {
                        generic(now);
                        document(now, &json!({"issuer": "https://auth.example.test", "authorization_endpoint": OLD}));
                    },
                    "fail differs",
                ),
                (
                    "the endpoint has parameters of its own",
                    |now| {
                        document(now, &json!({"authorization_endpoint": "https://id.example.test/authorize?o=F"}));
                        url(now).query = vec![("o".to_owned(), "F".to_owned()), ("x".to_owned(), "1".to_owned())];
                    },
                    "ok",
                ),
                (
                    "Kasm lost a parameter of the endpoint",
                    |now| document(now, &json!({"authorization_endpoint": "https://id.example.test/authorize?o=F"})),
                    "fail query_lost",
                ),
                (
                    "a proxy makes the provider announce http",
                    |now| document(now, &json!({"authorization_endpoint": "http://id.example.test/authorize"})),
                    "ok",
                ),
                ("no endpoint in the document", |now| document(now, &json!({"authorization_endpoint": null})), "ok"),
                (
                    "no document",
                    |now| {
                        lose(&mut now.discovery, SourceId::Discovery, Reason::Connect);
                        lose(&mut now.authorize_dry_run, SourceId::AuthorizeDryRun, Reason::Connect);
                    },
                    "unknown",
                ),
                (
                    "something else in place of the document, and the endpoint answers",
                    |now| lose(&mut now.discovery, SourceId::Discovery, Reason::Status),
                    "ok",
                ),
                (
                    "something else in place of the document, and of the endpoint",
                    |now| {
                        lose(&mut now.discovery, SourceId::Discovery, Reason::Status);
                        now.authorize_dry_run.value = Err(Missing::status(SourceId::AuthorizeDryRun, 502, "HTTP 502"));
                    },
                    "unknown",
                ),
                (
                    "no document, another host",
                    |now| {
                        lose(&mut now.discovery, SourceId::Discovery, Reason::Connect);
                        url(now).endpoint = OLD.to_owned();
                    },
                    "fail differs",
                ),
                ("no start", |now| lose(&mut now.login_start, SourceId::LoginStart, Reason::Connect), "unknown"),
            ],
        );
    }

    #[test]
    fn what_no_document_says_is_not_put_into_the_providers_mouth() {
        let report = evaluated(&CHECK, |now| {
            lose(&mut now.discovery, SourceId::Discovery, Reason::Status);
            url(now).endpoint = OLD.to_owned();
        });
        let finding = &report.findings[0];
        let drift = finding.drift.as_ref().unwrap();
        assert_eq!((drift.expected_by.as_str(), drift.actual_by.as_str()), ("Expected is", "Kasm sends"));
        let fix = finding.fix.as_deref().unwrap();
        assert!(fix.starts_with("See first that provider.url is right"), "{fix}");
    }

    #[test]
    fn both_values_are_told() {
        let report = evaluated(&CHECK, |now| url(now).endpoint = OLD.to_owned());
        let drift = report.findings[0].drift.as_ref().unwrap();
        assert_eq!((drift.expected.as_str(), drift.actual.as_str()), ("https://id.example.test/authorize", OLD));
    }
}
