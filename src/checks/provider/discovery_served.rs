//! The provider serves a discovery document with the addresses that a sign-in needs.
//!
//! An app with addresses of its own does not read it: where something else is served in its place, sign-in is evaluated at
//! the app's addresses, and it is an outage only where these fail as well.
//!
//! A wrong content type or further faults are reported by `discovery_conforms`.

use super::{Case, Check, SeverityRule};
use crate::{
    model::{DryRun, Finding, Missing, Outcome, Reason, Severity},
    oidc::Discovery,
    providers::{ProviderKind, profile},
};

pub(super) const CHECK: Check = Check {
    id: "discovery_served",
    severity: SeverityRule::BySnapshot(Severity::Outage, severity),
    title: "The provider serves its discovery document with every address that a sign-in needs",
    why: "An error or a web page in its place means that something else answers at the provider's address: a proxy \
          without its Pocket ID, a login wall, another site. Sign-ins meet the same.",
    fix: "Open `/.well-known/openid-configuration` below `provider.url` in a browser. Reverse proxy: pass all paths \
           to Pocket ID, without a login wall before it. `provider.url` must be the very address in APP_URL, without a \
           redirect.",
    needs: &[],
    since: "",
    source: "OpenID Connect Discovery 1.0, sections 3 and 4",
    fields: &[],
    run,
};

fn severity(case: &Case<'_>) -> Severity {
    if fails_elsewhere(case) { Severity::Outage } else { Severity::Degraded }
}

/// Whether what people meet fails too: the authorization endpoint that Kasm sends them to, or what needs Pocket ID itself.
fn fails_elsewhere(case: &Case<'_>) -> bool {
    let now = &case.now;
    let entry_fails = matches!(
        now.client_meta().failure(),
        Some((Reason::Status | Reason::Body | Reason::TooLarge | Reason::Timeout | Reason::Connect, _))
    );
    match &now.authorize_dry_run().value {
        Ok(answer) if answer.is_of_the_endpoint() => false,
        Ok(DryRun::ErrorPage { status, .. }) => matches!(status, 404 | 405 | 410),
        // A page of whatever kind, or a login wall that answers to everything.
        Ok(_) => entry_fails || !is_only_not_there(case),
        Err(Missing::Failed { .. }) => true,
        Err(_) => entry_fails,
    }
}

/// Whether the document's address alone is not there, as where a web server keeps `/.well-known/` for itself.
fn is_only_not_there(case: &Case<'_>) -> bool {
    matches!(&case.now.discovery().value, Err(Missing::Failed { status: Some(301..=308 | 404 | 410), .. }))
}

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    match &case.now.discovery().value {
        Ok(answer) => Ok(Outcome::from_findings(incomplete(&lacking(case, &answer.fact)).into_iter().collect())),
        Err(Missing::Failed { reason: reason @ (Reason::Status | Reason::Body), detail, .. }) => {
            let url = &case.target().provider.url;
            let message = format!("{url}/.well-known/openid-configuration: {detail}");
            let finding = Finding::new(reason.id(), message);
            Ok(Outcome::fail(match other_address(case) {
                Some(hint) => finding.fix(hint),
                None => finding,
            }))
        }
        Err(missing) => Err(missing.clone()),
    }
}

/// The address that was probably meant: a provider of realms is its realm, not its host; a page of the provider is not it.
fn other_address(case: &Case<'_>) -> Option<String> {
    const REALM: &str = "/protocol/openid-connect/auth";
    /// Pages and endpoints of Pocket ID, which stand at its root.
    const PAGES: [&str; 5] = ["/authorize", "/login", "/settings", "/interaction", "/api/oidc"];
    let url = &case.target().provider.url;
    let says = |base: &str| format!("provider.url is probably meant to be {base}: nothing is served below {url}.");
    if let Ok(sent) = case.authorize_url()
        && let Some(realm) = sent.endpoint.strip_suffix(REALM)
    {
        // Both name it, and no document says whose server it is.
        let of_realms = || profile(ProviderKind::Keycloak).fix(CHECK.id, CHECK.fix).to_owned();
        return Some(if realm == url.trim_end_matches('/') { of_realms() } else { says(realm) });
    }
    let origin = url::Url::parse(url).ok()?.origin().ascii_serialization();
    let path = url.strip_prefix(&origin)?;
    let is_page =
        PAGES.iter().any(|page| path.strip_prefix(page).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    is_page.then(|| says(&origin))
}

/// The addresses that a sign-in needs and the document does not hold.
fn lacking(case: &Case<'_>, discovery: &Discovery) -> Vec<&'static str> {
    let fields = [
        ("issuer", &discovery.issuer),
        ("authorization_endpoint", &discovery.authorization_endpoint),
        ("token_endpoint", &discovery.token_endpoint),
        ("userinfo_endpoint", &discovery.userinfo_endpoint),
        ("jwks_uri", &discovery.jwks_uri),
    ];
    fields
        .iter()
        .filter(|(_, value)| value.as_deref().is_none_or(str::is_empty))
        .map(|(name, _)| *name)
        .filter(|name| *name != "jwks_uri" || !case.signs_by_secret())
        .collect()
}

fn incomplete(lacking: &[&str]) -> Option<Finding> {
    (!lacking.is_empty())
        .then(|| Finding::new("incomplete", format!("The discovery document lacks {}", lacking.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        checks::provider::table::{answered, blocked, edit, failed, healthy_but, report, said},
        checks::testing::keycloak,
        model::{Snapshot, SourceId},
    };

    fn with(reason: Reason) -> Snapshot {
        healthy_but(|now| now.discovery = failed(SourceId::Discovery, reason, "status 404"))
    }

    fn edited(change: impl FnOnce(&mut Discovery)) -> Snapshot {
        healthy_but(|now| edit(&mut now.discovery, |answer| change(&mut answer.fact)))
    }

    #[test]
    fn an_answer_in_its_place_fails_and_no_answer_is_unknown() {
        let cases = [
            (Snapshot::healthy(), "ok"),
            (with(Reason::Status), "fail status"),
            (with(Reason::Body), "fail body"),
            (with(Reason::TooLarge), "unknown"),
            (with(Reason::Timeout), "unknown"),
            (with(Reason::Connect), "unknown"),
            (with(Reason::Throttled), "unknown"),
            (with(Reason::Challenged), "unknown"),
            (healthy_but(|now| now.discovery = blocked(SourceId::ProviderConnection)), "unknown"),
            (edited(|discovery| discovery.content_type = Some("text/plain".to_owned())), "ok"),
            (edited(|discovery| discovery.end_session_endpoint = None), "ok"),
            (edited(|discovery| discovery.jwks_uri = None), "fail incomplete"),
            (edited(|discovery| discovery.userinfo_endpoint = Some(String::new())), "fail incomplete"),
        ];
        for (snapshot, expected) in cases {
            assert_eq!(said(CHECK.id, &snapshot), expected, "{:?}", snapshot.discovery.value.as_ref().err());
        }
    }

    #[test]
    fn a_redirect_of_everything_is_an_outage_once_what_only_the_provider_has_is_redirected_too() {
        let mut walled = healthy_but(|now| {
            now.discovery = answered(SourceId::Discovery, 302);
            now.authorize_dry_run.value = Ok(DryRun::AsksForLogin("a redirect to a login".to_owned()));
        });
        assert_eq!(report(CHECK.id, &walled).severity, Severity::Degraded);
        walled.client_meta = answered(SourceId::ClientMeta, 302);
        assert_eq!(report(CHECK.id, &walled).severity, Severity::Outage);
    }

    #[test]
    fn every_lacking_address_is_named() {
        let bare = edited(|discovery| {
            *discovery = Discovery::parse(200, None, br#"{"issuer":"https://id.example.test"}"#).unwrap();
        });
        assert_eq!(
            report(CHECK.id, &bare).findings[0].message,
            "The discovery document lacks authorization_endpoint, token_endpoint, userinfo_endpoint, jwks_uri"
        );
    }

    #[test]
    fn a_realm_that_both_sides_name_and_that_is_gone_is_told_in_keycloaks_words() {
        let fix = |provider: &str| {
            let gone = healthy_but(|now| {
                keycloak(now);
                now.target.provider.url = format!("https://id.example.test{provider}");
                now.discovery = answered(SourceId::Discovery, 404);
            });
            report(CHECK.id, &gone).findings[0].fix.clone().unwrap()
        };
        assert!(fix("/realms/home").contains("must name the realm"));
        assert!(fix("").starts_with("provider.url is probably meant to be https://id.example.test/realms/home:"));
    }
}
