//! The discovery document holds every further condition of the OpenID conformance suite's configuration test.
//!
//! The rules stand in `oidc::conformance`. What real providers do in good health is information: another algorithm than
//! RS256 (the operator chose the key), plain http on Pocket ID's internal base.

use url::Url;

use super::{Case, Check, SeverityRule};
use crate::{
    model::{Finding, Missing, Outcome},
    oidc::{
        Discovery,
        conformance::{Breach, Leniency, Weight, breaches},
    },
    providers::{ProviderKind, pocket_id::Bases},
};

/// More findings say nothing new.
const MOST_FINDINGS: usize = 12;

pub(super) const CHECK: Check = Check {
    id: "discovery_conforms",
    severity: SeverityRule::RISK,
    title: "The discovery document conforms to OpenID Connect Discovery",
    why: "Kasm's addresses are typed by hand and do not need the document; other clients, a later Kasm and the next \
          upgrade may stumble over each of these.",
    fix: "Pocket ID makes a conforming document by itself: look for a proxy or cache that changes it, set APP_URL to \
           an https address, and update. Other providers: correct the named member in the provider's settings.",
    needs: &[],
    since: "",
    source: "OpenID conformance suite, oidcc-config-certification-test-plan; OpenID Connect Discovery 1.0, section 3; \
             RFC 8414",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let discovery = case.discovery()?;
    let found = breaches(discovery, case.now.jwks().ok(), &leniency(case, discovery));
    let (faults, remarks): (Vec<Breach>, Vec<Breach>) =
        found.into_iter().partition(|breach| breach.weight == Weight::Fault);
    if faults.is_empty() {
        return Ok(note(&remarks));
    }
    let mut findings: Vec<Finding> = faults.iter().take(MOST_FINDINGS).map(finding).collect();
    if faults.len() > MOST_FINDINGS {
        findings.push(Finding::new("more", format!("and {} more", faults.len() - MOST_FINDINGS)));
    }
    Ok(Outcome::Fail(findings))
}

fn leniency(case: &Case<'_>, discovery: &Discovery) -> Leniency {
    let configured = case.target().provider.internal_url.as_deref().and_then(|url| Url::parse(url).ok());
    let mut internal: Vec<_> = configured.map(|url| url.origin()).into_iter().collect();
    let is_pocket_id = case.kind == ProviderKind::PocketId;
    if is_pocket_id {
        internal.extend(Bases::of(discovery).map(|bases| bases.internal()).unwrap_or_default());
    }
    Leniency { internal, any_algorithm: is_pocket_id }
}

fn finding(breach: &Breach) -> Finding {
    Finding::new(breach.code, format!("{} ({})", breach.message, breach.source))
}

fn note(remarks: &[Breach]) -> Outcome {
    if remarks.is_empty() {
        return Outcome::OK;
    }
    let texts: Vec<&str> = remarks.iter().take(MOST_FINDINGS).map(|breach| breach.message.as_str()).collect();
    Outcome::noting(format!("for information: {}", texts.join("; ")))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        checks::provider::table::{edit, failed, healthy_but, report, said},
        model::{Reason, Snapshot, SourceId},
    };

    fn serving(document: &Value) -> Snapshot {
        healthy_but(|now| {
            edit(&mut now.discovery, |answer| {
                let body = document.to_string();
                answer.fact = Discovery::parse(200, Some("application/json"), body.as_bytes()).unwrap();
            });
        })
    }

    fn healthy_document() -> Value {
        Value::clone(&Snapshot::healthy().discovery.ok().unwrap().fact.document)
    }

    #[test]
    fn every_recorded_release_conforms() {
        let recorded = [
            include_str!("../../../tests/fixtures/pocket-id/1.16.0/discovery.json"),
            include_str!("../../../tests/fixtures/pocket-id/1.16.0/discovery_internal_url.json"),
            include_str!("../../../tests/fixtures/pocket-id/2.3.0/discovery.json"),
            include_str!("../../../tests/fixtures/pocket-id/2.9.0/discovery.json"),
            include_str!("../../../tests/fixtures/pocket-id/2.9.0/discovery_internal_url.json"),
            include_str!("../../../tests/fixtures/pocket-id/2.10.0/discovery.json"),
            include_str!("../../../tests/fixtures/pocket-id/2.10.0/discovery_internal_url_es256.json"),
            include_str!("../../../tests/fixtures/pocket-id/2.14.0/discovery.json"),
        ];
        for text in recorded {
            let recording: Value = serde_json::from_str(text).unwrap();
            let snapshot = serving(&recording["response"]["body"]);
            assert_eq!(said(CHECK.id, &snapshot), "ok", "{} {:?}", recording["version"], report(CHECK.id, &snapshot));
        }
    }

    #[test]
    fn a_healthy_document_has_nothing_to_remark() {
        assert_eq!(report(CHECK.id, &Snapshot::healthy()).reason, None);
    }

    #[test]
    fn what_pocket_id_is_excused_is_a_fault_elsewhere() {
        let mut document = healthy_document();
        document["id_token_signing_alg_values_supported"] = json!(["ES256"]);
        document["token_endpoint"] = json!("http://pocket-id:1411/api/oidc/token");
        let mut snapshot = serving(&document);
        assert_eq!(said(CHECK.id, &snapshot), "ok");
        assert!(report(CHECK.id, &snapshot).reason.unwrap().starts_with("for information: Not https"));
        snapshot.target.provider.kind = Some(ProviderKind::Openid);
        assert_eq!(said(CHECK.id, &snapshot), "fail plain_http");
        snapshot.target.provider.internal_url = Some("http://pocket-id:1411".to_owned());
        assert_eq!(said(CHECK.id, &snapshot), "ok");
    }

    #[test]
    fn findings_carry_the_specification_and_are_counted_when_many() {
        let mut document = healthy_document();
        document["scopes_supported"] = json!(["profile"]);
        let report = report(CHECK.id, &serving(&document));
        assert_eq!(
            report.findings[0].message,
            "`scopes_supported` lacks `openid` (OpenID Connect Discovery 1.0, section 3)"
        );
        for index in 0..20 {
            document[format!("x{index}_endpoint")] = json!("nowhere");
        }
        let many = said(CHECK.id, &serving(&document));
        assert_eq!(many.split(' ').count(), 1 + MOST_FINDINGS + 1, "{many}");
        assert!(many.ends_with(" more"));
    }

    #[test]
    fn without_the_document_it_is_unknown_and_without_the_key_set_evaluated_all_the_same() {
        let gone = healthy_but(|now| now.discovery = failed(SourceId::Discovery, Reason::Body, "a web page"));
        assert_eq!(said(CHECK.id, &gone), "unknown");
        assert_eq!(said(CHECK.id, &healthy_but(|now| now.jwks = failed(SourceId::Jwks, Reason::Body, ""))), "ok");
        let html = healthy_but(|now| edit(&mut now.jwks, |keys| keys.content_type = Some("text/html".to_owned())));
        assert_eq!(said(CHECK.id, &html), "fail jwks_content_type");
    }
}
