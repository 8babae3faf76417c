//! The provider's issuer is the address that it is watched at, letter by letter.
//!
//! The config's address is kept without a slash at its end, so a slash alone is no difference for a provider that is
//! not Pocket ID; Pocket ID's own issuer never ends in one unless APP_URL does, up to 1.14.0.

use super::{Case, Check, SeverityRule};
use crate::{
    model::{Drift, Finding, Missing, SourceId, Verdict},
    oidc::short,
    providers::pocket_id::ProviderKind,
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

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    let issuer = case.discovery()?.issuer.as_deref().ok_or(Missing::Blocked { by: SourceId::Discovery })?;
    let expected = case.target().provider.url.as_str();
    let Some(drift) = Drift::of("issuer", ("The config has", expected), ("The provider says", &short(issuer))) else {
        return Ok(Verdict::OK);
    };
    if issuer.strip_suffix('/') != Some(expected) {
        return Ok(Verdict::drifted(drift));
    }
    if case.kind == ProviderKind::Openid {
        return Ok(Verdict::noting("its issuer ends in a slash"));
    }
    Ok(Verdict::fail(
        Finding::new("trailing_slash", drift.sentence())
            .fix("Pocket ID: take the slash off the end of APP_URL and restart it (1.14.1 and later do so alone).")
            .drift(drift),
    ))
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
    fn the_issuer_is_compared_letter_by_letter() {
        let cases = [
            (Some("https://id.example.test"), "ok"),
            (Some("https://id.example.test/"), "fail trailing_slash"),
            (Some("https://id.example.test//"), "fail differs"),
            (Some("https://ID.example.test"), "fail differs"),
            (Some("http://id.example.test"), "fail differs"),
            (Some("https://id.example.test:443"), "fail differs"),
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
