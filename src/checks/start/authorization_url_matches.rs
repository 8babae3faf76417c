//! Kasm sends browsers to the authorization endpoint that the provider announces.
//!
//! Kasm stores the address by hand (`auth_url`), so a renamed host or a changed APP_URL leaves it behind. Where the
//! issuer is not `provider.url`, the document speaks of another base: then Kasm is held against `provider.url`, and the
//! drift from the document waits until the issuer is fixed.

use url::Url;

use super::{Case, Check, SeverityRule, endpoint::has_a_slash_more};
use crate::{
    model::{Drift, DryRun, Finding, Missing, Outcome, SourceId},
    providers::pocket_id::Dialect,
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
    let sent = &case.authorize_url()?.endpoint;
    let provider = &case.target().provider.url;
    match case.discovery() {
        Ok(discovery) => {
            let announced =
                discovery.authorization_endpoint.as_deref().ok_or(Missing::Blocked { by: SourceId::Discovery })?;
            let is_our_issuer =
                discovery.issuer.as_deref().is_some_and(|issuer| issuer.trim_end_matches('/') == provider);
            let rebased = if is_our_issuer { None } else { on_base(announced, provider) };
            Ok(compare(case, rebased.as_deref().unwrap_or(announced), sent))
        }
        // Without a document the path cannot be evaluated, but another server can be told.
        Err(missing) => match on_base(sent, provider) {
            Some(expected) if !is_same(&expected, sent) => Ok(elsewhere(&expected, sent, provider)),
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

fn compare(case: &Case<'_>, expected: &str, sent: &str) -> Outcome {
    if is_same(expected, sent) {
        return Outcome::OK;
    }
    if has_a_slash_more(expected, sent) && follows_slashes(case) {
        return Outcome::noting(format!("{sent} has a \"/\" at its end, which the provider redirects"));
    }
    Drift::between("authorization_url", expected, sent).map_or(Outcome::OK, Outcome::drifted)
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

/// The same address: host in any case, default port written or not.
pub(in crate::checks) fn is_same(one: &str, other: &str) -> bool {
    matches!((Url::parse(one), Url::parse(other)), (Ok(one), Ok(other)) if one == other)
}

/// The path of `endpoint` at the server of `base`.
pub(in crate::checks) fn on_base(endpoint: &str, base: &str) -> Option<String> {
    let (endpoint, base) = (Url::parse(endpoint).ok()?, Url::parse(base).ok()?);
    Some(format!("{}{}", base.origin().ascii_serialization(), endpoint.path()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::CHECK;
    use crate::{
        checks::testing::{document, evaluated, generic, legacy, lose, table, url},
        model::{Reason, SourceId},
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
                    "the document is of another base, Kasm follows it: told by own_settings",
                    |now| {
                        document(now, &json!({"issuer": "https://auth.example.test", "authorization_endpoint": OLD}));
                        url(now).endpoint = OLD.to_owned();
                    },
                    "unknown",
                ),
                (
                    "no endpoint in the document",
                    |now| document(now, &json!({"authorization_endpoint": null})),
                    "unknown",
                ),
                ("no document", |now| lose(&mut now.discovery, SourceId::Discovery, Reason::Connect), "unknown"),
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
