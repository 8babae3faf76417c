//! The release of Pocket ID has no fault that is known to hit a Kasm.
//!
//! Discovery tells a release to the minor number at best, so it fails only where every release that it can be has the
//! fault; where only some have it, the note says so.

use url::Url;

use super::{Case, Check, SeverityRule};
use crate::{
    model::{Finding, Missing, Outcome, SourceId},
    oidc::{AuthorizeUrl, is_loopback},
    providers::pocket_id::{Version, VersionSpan},
};

pub(super) const CHECK: Check = Check {
    id: "provider_version_sound",
    severity: SeverityRule::RISK,
    title: "The release of Pocket ID has no known fault that hits a Kasm",
    why: "Some releases refuse callback addresses or answers that the ones before and after take.",
    fix: "Update Pocket ID; before 2.0, read its migration guide first (the signing key changes, and ENCRYPTION_KEY \
           becomes a must).",
    needs: &[],
    since: "",
    source: "Pocket ID's release notes; pocket-id issues 700 and 1191",
    fields: &[],
    run,
};

/// A fault of some releases.
struct Fault {
    code: &'static str,
    from: Version,
    below: Version,
    what: &'static str,
    /// Whether this Kasm can meet it.
    hits: fn(&Case<'_>) -> bool,
    /// Whether all releases of that span have it; else only some, and it is no more than a note.
    is_certain: bool,
}

const FAULTS: [Fault; 3] = [
    Fault {
        code: "introspection",
        from: Version::new(0, 1),
        below: Version::new(1, 6),
        what: "introspection is missing or refuses right secrets, so the client secret cannot be proven (issue 700)",
        hits: |_| true,
        is_certain: true,
    },
    Fault {
        code: "localhost_port",
        from: Version::new(2, 0),
        below: Version::new(2, 1),
        what: "callbacks on localhost with a port are refused (2.0.0 and 2.0.1, issue 1191), and Kasm's is one",
        hits: |case| redirects(case, |url| is_loopback(url) && url.port().is_some()),
        is_certain: false,
    },
    Fault {
        code: "first_callback",
        from: Version::new(1, 2),
        below: Version::new(2, 10),
        what: "a client without callback addresses takes over the first one that it is sent: enter Kasm's callback in \
               its form",
        hits: |_| true,
        is_certain: false,
    },
];

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    case.pocket_id_only()?;
    let span = case.version.ok_or(Missing::Blocked { by: SourceId::Discovery })?;
    let met: Vec<&Fault> = FAULTS.iter().filter(|fault| overlaps(fault, span) && (fault.hits)(case)).collect();
    let findings: Vec<Finding> = met
        .iter()
        .filter(|fault| fault.is_certain && covers(fault, span))
        .map(|fault| Finding::new(fault.code, format!("Pocket ID {span}: {}", fault.what)))
        .collect();
    if !findings.is_empty() {
        return Ok(Outcome::Fail(findings));
    }
    let notes: Vec<&str> = met.iter().map(|fault| fault.what).collect();
    let note = if notes.is_empty() { String::new() } else { format!("; to know: {}", notes.join("; ")) };
    Ok(Outcome::noting(format!("Pocket ID {span}{note}")))
}

/// Whether the release may be one of the faulty ones.
fn overlaps(fault: &Fault, span: VersionSpan) -> bool {
    span.at_least < fault.below && span.below.is_none_or(|below| fault.from < below)
}

/// Whether the release must be one of the faulty ones.
fn covers(fault: &Fault, span: VersionSpan) -> bool {
    fault.from <= span.at_least && span.below.is_some_and(|below| below <= fault.below)
}

fn redirects(case: &Case<'_>, is_meant: impl Fn(&Url) -> bool) -> bool {
    let uri = case.authorize_url().ok().and_then(|AuthorizeUrl { redirect_uri, .. }| redirect_uri.as_deref());
    uri.and_then(|uri| Url::parse(uri).ok()).is_some_and(|url| is_meant(&url))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        apps::kasm::StartOutcome,
        checks::provider::table::{edit, failed, healthy_but, report, said},
        model::{Reason, Snapshot},
        oidc::Discovery,
        providers::ProviderKind,
    };

    const V1_16: &str = include_str!("../../../tests/fixtures/pocket-id/1.16.0/discovery.json");
    const V2_9: &str = include_str!("../../../tests/fixtures/pocket-id/2.9.0/discovery.json");
    const V2_10: &str = include_str!("../../../tests/fixtures/pocket-id/2.10.0/discovery.json");

    fn serving(text: &str, change: impl FnOnce(&mut Value), redirect_uri: &str) -> Snapshot {
        let mut body = serde_json::from_str::<Value>(text).unwrap()["response"]["body"].take();
        change(&mut body);
        healthy_but(|now| {
            edit(&mut now.discovery, |answer| {
                answer.fact = Discovery::parse(200, None, body.to_string().as_bytes()).unwrap();
            });
            edit(&mut now.login_start, |start| {
                let StartOutcome::Url(url) = &mut start.starts[0].outcome else { panic!("an authorize URL") };
                url.redirect_uri = Some(redirect_uri.to_owned());
            });
        })
    }

    fn note(snapshot: &Snapshot) -> String {
        assert_eq!(said(CHECK.id, snapshot), "ok");
        report(CHECK.id, snapshot).reason.unwrap()
    }

    const HTTPS: &str = "https://kasm.example.test/api/oidc_callback";

    #[test]
    fn a_sound_release_is_told_with_its_span() {
        assert_eq!(note(&Snapshot::healthy()), "Pocket ID 2.14 or later");
        assert_eq!(note(&serving(V2_10, |_| {}, HTTPS)), "Pocket ID 2.10 to 2.12");
    }

    #[test]
    fn what_only_some_of_the_span_has_is_a_note_and_only_where_it_can_hit() {
        let local = note(&serving(V1_16, |_| {}, "https://localhost:8443/api/oidc_callback"));
        assert!(local.contains("callbacks on localhost with a port"), "{local}");
        let legacy = note(&serving(V2_9, |_| {}, HTTPS));
        assert!(legacy.starts_with("Pocket ID 2.9; to know: a client without callback addresses"), "{legacy}");
    }

    #[test]
    fn a_span_that_is_faulty_as_a_whole_fails() {
        let old = serving(
            V1_16,
            |body| {
                let members = body.as_object_mut().unwrap();
                members.remove("authorization_response_iss_parameter_supported");
                members.remove("code_challenge_methods_supported");
                members["grant_types_supported"] = json!(["authorization_code", "refresh_token"]);
            },
            HTTPS,
        );
        assert_eq!(said(CHECK.id, &old), "fail introspection");
        let from = |at_least, below| VersionSpan { at_least, below: Some(below) };
        let faulty = &FAULTS[1];
        assert!(covers(faulty, from(Version::new(2, 0), Version::new(2, 1))));
        assert!(!covers(faulty, from(Version::new(2, 0), Version::new(2, 3))));
        assert!(!covers(faulty, VersionSpan { at_least: Version::new(2, 0), below: None }));
        assert!(!overlaps(faulty, from(Version::new(2, 1), Version::new(2, 3))));
    }

    #[test]
    fn other_providers_and_a_missing_document_are_no_release() {
        let mut other = Snapshot::healthy();
        other.target.provider.kind = Some(ProviderKind::Openid);
        assert_eq!(said(CHECK.id, &other), "not_applicable");
        let down = healthy_but(|now| {
            now.discovery = failed(SourceId::Discovery, Reason::Timeout, "");
            now.target.provider.kind = Some(ProviderKind::PocketId);
        });
        assert_eq!(said(CHECK.id, &down), "unknown");
    }
}
