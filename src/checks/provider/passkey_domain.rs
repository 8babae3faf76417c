//! The domain that passkeys are bound to is that of the provider's address. Asked only where `passkey.enabled` is set:
//! each question leaves a short-lived row in Pocket ID's database.

use url::{Host, Url};

use super::{Case, Check, SeverityRule};
use crate::{
    model::{Drift, Finding, Missing, Verdict},
    oidc::{is_loopback, short},
};

pub(super) const CHECK: Check = Check {
    id: "passkey_domain",
    severity: SeverityRule::OUTAGE,
    title: "Passkeys are bound to the provider's own domain",
    why: "Browsers offer a passkey only on the domain that it was made for, or below it: elsewhere nobody can sign in, \
          while every endpoint answers well.",
    fix: "Pocket ID: set APP_URL to the https address that people open, and restart it. Passkeys made for another \
           domain are lost with it: sign in by a one-time code (`pocket-id one-time-access-token`) and add new ones.",
    needs: &[],
    since: "",
    source: "Web Authentication Level 2, section 5.1.3; pocket-id issues 86, 126 and 1298",
    fields: &["passkey_domain"],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    case.pocket_id_only()?;
    if !case.target().passkey_enabled {
        return Err(Missing::OutOfReach(
            "not asked unless `passkey.enabled` is set: it leaves a row at Pocket ID".to_owned(),
        ));
    }
    let rp_id = &case.now.passkey_domain.get()?.rp_id;
    let address = &case.target().provider.url;
    let url = Url::parse(address).map_err(|error| Missing::OutOfReach(format!("{address}: {error}")))?;
    Ok(finding(rp_id, &url).map_or(Verdict::OK, Verdict::fail))
}

fn finding(rp_id: &str, url: &Url) -> Option<Finding> {
    if url.scheme() != "https" && !is_loopback(url) {
        let message = format!("Browsers offer no passkeys over plain http ({url})");
        return Some(Finding::new("plain_http", message));
    }
    let Some(Host::Domain(host)) = url.host() else {
        return Some(Finding::new("no_domain", format!("Passkeys need a domain name, and {url} has none")));
    };
    if is_host_or_parent(&rp_id.to_ascii_lowercase(), host) {
        return None;
    }
    let bound = short(rp_id);
    let message = format!("Passkeys are bound to {bound}, which is not the domain {host} or one above it");
    let drift = Drift::of("passkey_domain", ("The address has", host), ("Passkeys are bound to", &bound));
    Some(Finding { drift, ..Finding::new("other_domain", message) })
}

/// Whether `rp_id` is the host itself or a registrable domain above it. Without the list of public suffixes, a parent
/// without a dot counts as one.
fn is_host_or_parent(rp_id: &str, host: &str) -> bool {
    rp_id == host || (rp_id.contains('.') && host.strip_suffix(rp_id).is_some_and(|below| below.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        checks::provider::table::{failed, healthy_but, said},
        model::{Observed, PasskeyDomain, Reason, Snapshot, SourceId},
        providers::pocket_id::ProviderKind,
    };

    fn with(url: &str, rp_id: &str) -> Snapshot {
        healthy_but(|now| {
            now.target.passkey_enabled = true;
            now.target.provider.url = url.to_owned();
            now.passkey_domain = Observed::seen(now.taken_at, 0.0, PasskeyDomain { rp_id: rp_id.to_owned() });
        })
    }

    #[test]
    fn the_domain_is_the_host_or_one_above_it() {
        let cases = [
            ("https://id.example.test", "id.example.test", "ok"),
            ("https://id.example.test:8443", "ID.Example.test", "ok"),
            ("https://id.example.test", "example.test", "ok"),
            ("https://id.example.test", "test", "fail other_domain"),
            ("https://id.example.test", "d.example.test", "fail other_domain"),
            ("https://id.example.test", "login.example.test", "fail other_domain"),
            ("https://id.example.test", "", "fail other_domain"),
            ("https://example.test", "id.example.test", "fail other_domain"),
            ("http://localhost:1411", "localhost", "ok"),
            ("http://id.example.test", "id.example.test", "fail plain_http"),
            ("https://192.0.2.1", "192.0.2.1", "fail no_domain"),
        ];
        for (url, rp_id, expected) in cases {
            assert_eq!(said(CHECK.id, &with(url, rp_id)), expected, "{url} and {rp_id}");
        }
    }

    #[test]
    fn it_is_unverified_unless_it_is_asked_for() {
        assert_eq!(said(CHECK.id, &Snapshot::healthy()), "unverified");
        let mut off = with("https://id.example.test", "login.example.test");
        off.target.passkey_enabled = false;
        assert_eq!(said(CHECK.id, &off), "unverified");
    }

    #[test]
    fn a_failed_question_is_unknown_and_other_providers_are_left_alone() {
        let mut snapshot = with("https://id.example.test", "id.example.test");
        snapshot.passkey_domain = failed(SourceId::PasskeyDomain, Reason::Status, "status 500");
        assert_eq!(said(CHECK.id, &snapshot), "unknown");
        snapshot.target.provider.kind = Some(ProviderKind::Openid);
        assert_eq!(said(CHECK.id, &snapshot), "not_applicable");
    }
}
