//! Passkeys work at the provider's address. Pocket ID takes their domain and origin from APP_URL alone (measured), which
//! the discovery document shows. The domain itself is asked only where `passkey.enabled` is set: each question leaves a
//! short-lived row in Pocket ID's database.

use url::{Host, Url};

use super::{Case, Check, SeverityRule};
use crate::{
    model::{Drift, Finding, Missing, Outcome},
    oidc::{is_loopback, short},
};

pub(super) const CHECK: Check = Check {
    id: "passkey_domain",
    severity: SeverityRule::OUTAGE,
    title: "Passkeys work at the address that people use",
    why: "Browsers offer a passkey only over https, on the domain that it was made for or below it, and Pocket ID takes it \
          only from the origin in APP_URL: elsewhere nobody can sign in, while every endpoint answers well.",
    fix: "Pocket ID: set APP_URL to the https address that people open, and restart it. Passkeys made for another \
           domain are lost with it: sign in by a one-time code (`pocket-id one-time-access-token`) and add new ones.",
    needs: &[],
    since: "",
    source: "Web Authentication Level 2, section 5.1.3; pocket-id issues 86, 126 and 1298",
    fields: &["passkey_domain", "issuer"],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    case.pocket_id_only()?;
    if let Some(finding) = by_the_issuer(case) {
        return Ok(Outcome::fail(finding));
    }
    if !case.target().passkey_enabled {
        return Err(Missing::OutOfReach(
            "not asked unless `passkey.enabled` is set: it leaves a row at Pocket ID".to_owned(),
        ));
    }
    let rp_id = &case.now.passkey_domain().get()?.rp_id;
    let address = &case.target().provider.url;
    let url = Url::parse(address).map_err(|error| Missing::OutOfReach(format!("{address}: {error}")))?;
    Ok(finding(rp_id, &url).map_or(Outcome::OK, Outcome::fail))
}

/// What the issuer shows by itself, without a further request.
fn by_the_issuer(case: &Case<'_>) -> Option<Finding> {
    let issuer = Url::parse(case.discovery().ok()?.issuer.as_deref()?).ok()?;
    let origin = issuer.origin().ascii_serialization();
    let is_loopback = is_loopback(&issuer);
    if issuer.scheme() == "http" && !is_loopback {
        let message =
            format!("Pocket ID calls itself {origin} (APP_URL), and browsers offer no passkeys over plain http");
        return Some(Finding::new("plain_http", message));
    }
    if !matches!(issuer.host(), Some(Host::Domain(_))) && !is_loopback {
        let message = format!("Pocket ID calls itself {origin} (APP_URL), and passkeys need a domain name");
        return Some(Finding::new("no_domain", message));
    }
    let used = Url::parse(&case.authorize_url().ok()?.endpoint).ok()?.origin().ascii_serialization();
    // Where Kasm alone differs, authorization_url_matches tells the fault.
    let provider = Url::parse(&case.target().provider.url).ok()?.origin().ascii_serialization();
    if provider != used {
        return None;
    }
    let drift = Drift::of("issuer", ("People are sent to", &used), ("Pocket ID calls itself", &origin))?;
    let message = format!("Pocket ID takes passkeys at {origin} alone (APP_URL), and people are sent to {used}");
    Some(Finding::new("other_address", message).drift(drift).fix(format!(
        "Pocket ID: set APP_URL to {used}, and restart it; or, if {origin} is right, enter that address in Kasm: Access \
         Management > Authentication > OpenID > your config > Authorization URL."
    )))
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
        apps::kasm::StartOutcome,
        checks::provider::table::{edit, failed, healthy_but, said},
        model::{Observed, PasskeyDomain, Reason, Snapshot, SourceId},
        providers::ProviderKind,
    };

    fn with(url: &str, rp_id: &str) -> Snapshot {
        let mut now = calls_itself(url, url);
        now.target.passkey_enabled = true;
        now.passkey_domain = Observed::seen(now.taken_at, 0.0, PasskeyDomain { rp_id: rp_id.to_owned() });
        now
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

    /// A document of this issuer, and Kasm sends people there; nothing asked of passkeys.
    fn calls_itself(issuer: &str, people_use: &str) -> Snapshot {
        healthy_but(|now| {
            edit(&mut now.discovery, |answer| answer.fact.issuer = Some(issuer.to_owned()));
            edit(&mut now.login_start, |start| {
                let StartOutcome::Url(url) = &mut start.starts[0].outcome else { panic!("an authorize URL") };
                url.endpoint = format!("{people_use}/authorize");
            });
            now.target.provider.url = people_use.to_lowercase().replace(":443", "");
        })
    }

    #[test]
    fn the_issuer_alone_shows_where_passkeys_cannot_work() {
        let cases = [
            ("https://id.example.test", "https://id.example.test", "unverified"),
            ("https://id.example.test", "https://ID.example.test:443", "unverified"),
            ("http://localhost:1411", "http://localhost:1411", "unverified"),
            ("http://127.0.0.1:1411", "http://127.0.0.1:1411", "unverified"),
            ("http://id.example.test", "http://id.example.test", "fail plain_http"),
            ("https://192.0.2.1", "https://192.0.2.1", "fail no_domain"),
            ("https://[2001:db8::1]", "https://[2001:db8::1]", "fail no_domain"),
            ("http://localhost:1411", "https://id.example.test", "fail other_address"),
            ("https://id.example.test:8443", "https://id.example.test", "fail other_address"),
            ("https://login.example.test", "https://id.example.test", "fail other_address"),
        ];
        for (issuer, used, expected) in cases {
            let snapshot = calls_itself(issuer, used);
            assert_eq!(said(CHECK.id, &snapshot), expected, "{issuer}, used as {used}");
            let mut other = snapshot;
            other.target.provider.kind = Some(ProviderKind::Openid);
            assert_eq!(
                said(CHECK.id, &other),
                "not_applicable",
                "{issuer}: another provider has other ways to sign in"
            );
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
