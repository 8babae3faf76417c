//! The provider's issuer is the address that it is watched at.
//!
//! The config's address is kept normalised and without a slash at its end, so what only spells it otherwise is no
//! difference. Pocket ID's own issuer never ends in a slash unless APP_URL does, up to 1.14.0. Of another provider,
//! `provider.url` may be one address of several: where Kasm follows the document, nobody notices.

use super::{Case, Check, SeverityRule};
use crate::{
    model::{Drift, Finding, Missing, Outcome, SourceId},
    oidc::{is_issuer_of, is_template, short},
    providers::ProviderKind,
};

pub(super) const CHECK: Check = Check {
    id: "issuer_matches",
    severity: SeverityRule::DEGRADED,
    title: "The provider's issuer is the address that people use",
    why: "The issuer stands in every ID token and every announced address is made from it. Where it is another \
          address, people are sent there, and passkeys made at one address do not work at the other.",
    fix: "Pocket ID: set APP_URL to the address that people use and restart it. If the issuer is right, correct \
           `provider.url` in ssowatch's config, and the addresses in Kasm's OpenID form.",
    needs: &[],
    since: "",
    source: "OpenID Connect Discovery 1.0, section 4.3; RFC 8414, section 3.3",
    fields: &["issuer"],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let issuer = case.discovery()?.issuer.as_deref().ok_or(Missing::Blocked { by: SourceId::Discovery })?;
    let expected = case.target().provider.url.as_str();
    let is_pocket_id = case.kind == ProviderKind::PocketId;
    let has_slash = issuer.ends_with('/') && !expected.ends_with('/');
    if is_issuer_of(issuer, expected) {
        return Ok(match (has_slash, is_template(issuer)) {
            (true, _) if is_pocket_id => trailing_slash(expected, issuer),
            (true, _) => Outcome::noting("its issuer ends in a slash"),
            (_, true) => Outcome::noting(format!("its issuer is a template for its tenants, {}", short(issuer))),
            _ => Outcome::OK,
        });
    }
    if !is_pocket_id && follows_the_document(case) {
        return Ok(Outcome::noting(format!("its issuer is {}: provider.url is another address of it", short(issuer))));
    }
    let Some(drift) = Drift::of("issuer", ("The config has", expected), ("The provider says", &short(issuer))) else {
        return Ok(Outcome::OK);
    };
    let is_only_plain =
        issuer.strip_prefix("http://").is_some_and(|rest| is_issuer_of(&format!("https://{rest}"), expected));
    if is_only_plain && !is_pocket_id {
        return Ok(Outcome::fail(Finding::new("plain_http", drift.sentence()).drift(drift).fix(
            "Reverse proxy before the provider: tell it how people came (X-Forwarded-Proto: https and X-Forwarded-Host), and \
             let the provider believe this proxy. Leave the https addresses in Kasm as they are.",
        )));
    }
    Ok(Outcome::drifted(drift))
}

fn trailing_slash(expected: &str, issuer: &str) -> Outcome {
    let Some(drift) = Drift::of("issuer", ("The config has", expected), ("The provider says", &short(issuer))) else {
        return Outcome::OK;
    };
    Outcome::fail(
        Finding::new("trailing_slash", drift.sentence())
            .fix("Pocket ID: take the slash off the end of APP_URL and restart it (1.14.1 and later do so alone).")
            .drift(drift),
    )
}

/// Whether Kasm sends browsers where the document says: then the config's address is the one that differs.
fn follows_the_document(case: &Case<'_>) -> bool {
    let announced = case.discovery().ok().and_then(|document| document.authorization_endpoint.as_deref());
    matches!((case.authorize_url(), announced), (Ok(sent), Some(announced)) if sent.leads_to(announced))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        checks::provider::table::{edit, healthy_but, report, said},
        model::Snapshot,
    };

    fn with(issuer: Option<&str>) -> Snapshot {
        healthy_but(|now| edit(&mut now.discovery, |answer| answer.fact.issuer = issuer.map(str::to_owned)))
    }

    #[test]
    fn the_issuer_is_compared_as_an_address() {
        let cases = [
            (Some("https://id.example.test"), "ok"),
            (Some("https://id.example.test/"), "fail trailing_slash"),
            (Some("https://id.example.test//"), "fail trailing_slash"),
            (Some("https://ID.example.test"), "ok"),
            (Some("http://id.example.test"), "fail differs"),
            (Some("https://id.example.test:443"), "ok"),
            (Some("https://login.example.test"), "fail differs"),
            (None, "unknown"),
        ];
        for (issuer, expected) in cases {
            assert_eq!(said(CHECK.id, &with(issuer)), expected, "{issuer:?}");
        }
    }

    #[test]
    fn a_slash_at_the_end_is_no_fault_of_another_provider() {
        let mut other = with(Some("https://id.example.test/"));
        other.target.provider.kind = Some(ProviderKind::Openid);
        assert_eq!(said(CHECK.id, &other), "ok");
    }

    #[test]
    fn another_provider_may_be_asked_at_another_address_as_long_as_kasm_follows_its_document() {
        let other = |issuer: &str, endpoint: &str| {
            let mut now = with(Some(issuer));
            now.target.provider.kind = Some(ProviderKind::Openid);
            edit(&mut now.discovery, |answer| answer.fact.authorization_endpoint = Some(endpoint.to_owned()));
            now
        };
        let followed = "https://id.example.test/authorize";
        for (issuer, endpoint, expected) in [
            ("https://sts.example.test/t", followed, "ok"),
            ("https://sts.example.test/t", "https://sts.example.test/authorize", "fail differs"),
            ("http://id.example.test", "http://id.example.test/authorize", "fail plain_http"),
        ] {
            assert_eq!(said(CHECK.id, &other(issuer, endpoint)), expected, "{issuer} {endpoint}");
        }
        let mut tenants = other("https://id.example.test/{tenantid}/v2.0", followed);
        tenants.target.provider.url = "https://id.example.test/common/v2.0".to_owned();
        assert_eq!(said(CHECK.id, &tenants), "ok");
    }

    #[test]
    fn both_addresses_are_told() {
        let report = report(CHECK.id, &with(Some("https://login.example.test")));
        let drift = report.findings[0].drift.as_ref().unwrap();
        assert_eq!(
            (drift.expected.as_str(), drift.actual.as_str()),
            ("https://id.example.test", "https://login.example.test")
        );
        assert_eq!(drift.field, "issuer");
    }
}
