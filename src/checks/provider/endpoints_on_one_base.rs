//! Pocket ID announces browsers' addresses on its APP_URL and servers' addresses there or on one INTERNAL_APP_URL.
//!
//! An internal base is no fault, also where it cannot be reached from here: Kasm must reach it. Other providers may
//! spread their endpoints over hosts as they like.

use url::{Origin, Url};

use super::{Case, Check, SeverityRule};
use crate::{
    model::{Finding, Missing, Outcome, SourceId},
    oidc::{is_issuer_of, is_loopback, short},
    providers::pocket_id::Bases,
};

pub(super) const CHECK: Check = Check {
    id: "endpoints_on_one_base",
    severity: SeverityRule::RISK,
    title: "Pocket ID announces all its addresses on its own base, or servers' addresses on one internal base",
    why: "Pocket ID makes every address from APP_URL and INTERNAL_APP_URL. Where a document names others, something \
          between rewrites it, or two instances answer in turn; a plain http address sends tokens and the client \
          secret readably.",
    fix: "Pocket ID: APP_URL is the https address that people use, INTERNAL_APP_URL (if any) one base that Kasm \
           reaches. Reverse proxy: do not rewrite the discovery document.",
    needs: &[],
    since: "INTERNAL_APP_URL: Pocket ID 1.11",
    source: "Pocket ID's environment variables; well_known_controller.go",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    case.pocket_id_only()?;
    let discovery = case.discovery()?;
    let issuer = discovery.issuer.as_deref().unwrap_or_default();
    let bases = Bases::of(discovery).ok_or(Missing::Blocked { by: SourceId::Discovery })?;
    if !is_issuer_of(issuer, &case.target().provider.url) {
        return Ok(Outcome::Unknown("waits until the issuer is the provider's address".to_owned()));
    }
    let findings = findings(&bases);
    if findings.is_empty() { Ok(note(case, &bases)) } else { Ok(Outcome::Fail(findings)) }
}

fn findings(bases: &Bases) -> Vec<Finding> {
    let issuer = &bases.issuer;
    let mut found = Vec::new();
    let plain = members(bases.front.iter().chain(&bases.back), |url| is_plain_beside(url, issuer));
    if !plain.is_empty() {
        found.push(Finding::new("plain_http", format!("Plain http beside an https issuer: {plain}")));
    }
    let elsewhere = members(bases.front.iter(), |url| url.origin() != issuer.origin() && !is_plain_beside(url, issuer));
    if !elsewhere.is_empty() {
        let message = format!("Browsers are sent to another origin than the issuer's: {elsewhere}");
        found.push(Finding::new("browser_address_elsewhere", message));
    }
    let internal = bases.internal();
    if internal.len() > 1 {
        let message = format!("Servers are sent to several bases: {}", names(&internal));
        found.push(Finding::new("several_bases", message));
    }
    found
}

/// Plain http on the issuer's own host, while the issuer is https.
fn is_plain_beside(url: &Url, issuer: &Url) -> bool {
    issuer.scheme() == "https" && url.scheme() == "http" && url.host() == issuer.host() && !is_loopback(url)
}

fn members<'a>(endpoints: impl Iterator<Item = &'a (&'static str, Url)>, is_meant: impl Fn(&Url) -> bool) -> String {
    let names: Vec<String> = endpoints
        .filter(|(_, url)| is_meant(url))
        .map(|(name, url)| format!("{name} {}", short(url.as_str())))
        .collect();
    names.join(", ")
}

fn names(origins: &[Origin]) -> String {
    origins.iter().map(Origin::ascii_serialization).collect::<Vec<_>>().join(", ")
}

/// What is worth knowing about an internal base.
fn note(case: &Case<'_>, bases: &Bases) -> Outcome {
    let internal = bases.internal();
    let configured = case.target().provider.internal_url.as_deref().and_then(|url| Url::parse(url).ok());
    match (&internal[..], configured) {
        ([], None) => Outcome::OK,
        ([], Some(_)) => Outcome::noting("`provider.internal_url` is configured, and the document does not use it"),
        ([origin], Some(url)) if *origin == url.origin() => {
            Outcome::noting(format!("internal base {}", names(&internal)))
        }
        ([_], Some(_)) => Outcome::noting(format!(
            "internal base {}, which is not the configured `provider.internal_url`",
            names(&internal)
        )),
        _ => Outcome::noting(format!("internal base {}: Kasm must reach it; not asked from here", names(&internal))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        checks::provider::table::{edit, healthy_but, report, said},
        model::Snapshot,
        oidc::Discovery,
        providers::ProviderKind,
    };

    fn with(changes: &[(&str, &str)]) -> Snapshot {
        healthy_but(|now| {
            edit(&mut now.discovery, |answer| {
                let mut document = serde_json::Value::clone(&answer.fact.document);
                for (name, value) in changes {
                    document[*name] = json!(value);
                }
                let body = document.to_string();
                answer.fact = Discovery::parse(200, Some("application/json"), body.as_bytes()).unwrap();
            });
        })
    }

    const INTERNAL: [(&str, &str); 5] = [
        ("token_endpoint", "http://pocket-id:1411/api/oidc/token"),
        ("userinfo_endpoint", "http://pocket-id:1411/api/oidc/userinfo"),
        ("jwks_uri", "http://pocket-id:1411/.well-known/jwks.json"),
        ("introspection_endpoint", "http://pocket-id:1411/api/oidc/introspect"),
        ("pushed_authorization_request_endpoint", "http://pocket-id:1411/api/oidc/par"),
    ];

    #[test]
    fn browsers_stay_on_the_issuer_and_servers_on_one_base() {
        let cases: [(&[(&str, &str)], &str); 9] = [
            (&[], "ok"),
            (&INTERNAL, "ok"),
            (&[("authorization_endpoint", "https://other.example.test/authorize")], "fail browser_address_elsewhere"),
            (&[("authorization_endpoint", "http://id.example.test/authorize")], "fail plain_http"),
            (&[("token_endpoint", "http://id.example.test:1411/api/oidc/token")], "fail plain_http"),
            (&[INTERNAL[0], ("userinfo_endpoint", "http://pocket-id-2:1411/api/oidc/userinfo")], "fail several_bases"),
            (&[("issuer", "nonsense")], "unknown"),
            (&[("issuer", "https://old.example.test")], "unknown"),
            (&[("issuer", "https://id.example.test/")], "ok"),
        ];
        for (changes, expected) in cases {
            assert_eq!(said(CHECK.id, &with(changes)), expected, "{changes:?}");
        }
    }

    #[test]
    fn all_of_it_on_loopback_is_good() {
        let local = healthy_but(|now| {
            now.target.provider.url = "http://localhost:1411".to_owned();
            edit(&mut now.discovery, |answer| {
                let body = answer.fact.document.to_string().replace("https://id.example.test", "http://localhost:1411");
                answer.fact = Discovery::parse(200, None, body.as_bytes()).unwrap();
            });
        });
        assert_eq!(said(CHECK.id, &local), "ok");
    }

    #[test]
    fn an_internal_base_is_told_as_information() {
        let mut snapshot = with(&INTERNAL);
        let note = |snapshot: &Snapshot| report(CHECK.id, snapshot).reason.unwrap_or_default();
        assert_eq!(note(&snapshot), "internal base http://pocket-id:1411: Kasm must reach it; not asked from here");
        snapshot.target.provider.internal_url = Some("http://pocket-id:1411".to_owned());
        assert_eq!(note(&snapshot), "internal base http://pocket-id:1411");
        snapshot.target.provider.internal_url = Some("https://inside.example.test".to_owned());
        assert!(note(&snapshot).ends_with("is not the configured `provider.internal_url`"));
    }

    #[test]
    fn other_providers_may_spread_their_endpoints() {
        let mut other = with(&[("authorization_endpoint", "https://other.example.test/authorize")]);
        other.target.provider.kind = Some(ProviderKind::Openid);
        assert_eq!(said(CHECK.id, &other), "not_applicable");
    }
}
