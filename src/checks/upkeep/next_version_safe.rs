//! The next releases of Pocket ID take what Kasm sends.

use super::{Case, Check, SeverityRule, insecure, too_short, unsupported};
use crate::{
    model::{Finding, Missing, Verdict},
    oidc::AuthorizeUrl,
    providers::pocket_id::{ClientRegistration, Dialect, Registered, Version, VersionSpan, registered},
};

pub(super) const CHECK: Check = Check {
    id: "next_version_safe",
    severity: SeverityRule::RISK,
    title: "The next releases of Pocket ID take what Kasm sends",
    why: "What this release lets pass, a later one refuses: 2.10 wants a state of 8 characters, the scope openid and \
           only scopes that it knows; v3 is planned to refuse plain-HTTP callbacks.",
    fix: "Fix it before the upgrade. Kasm: Access Management > Authentication > OpenID > your config > Scope and \
           Redirect URL; a short state needs another Kasm release.",
    needs: &[],
    since: "",
    source: "Pocket ID 2.10 and later (measured); pocket-id/pocket-id 1439 and 1585; kasmtech/workspaces-issues 894",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    case.pocket_id_only()?;
    let discovery = case.discovery()?;
    let sent = case.authorize_url()?;
    let mut findings = Vec::new();
    if case.dialect == Dialect::Legacy {
        findings.extend(too_short(sent));
        let scope = sent.scope.as_deref().unwrap_or_default();
        findings.extend(scope_findings(scope, discovery.scopes_supported.as_deref().unwrap_or_default()));
    }
    match insecure(case) {
        // From 2.10 a fragment is refused by this release already, which is no matter of the next.
        Ok(more) => findings
            .extend(more.into_iter().filter(|finding| case.dialect == Dialect::Legacy || finding.code != "fragment")),
        Err(missing) if findings.is_empty() => return Err(missing),
        Err(_) => {}
    }
    findings.extend(case.registration().ok().and_then(|seen| callbacks(case, &seen.client, sent)));
    let next = if case.dialect == Dialect::Legacy { "2.10" } else { "v3" };
    Ok(Verdict::from_findings(findings.into_iter().map(|finding| looking_ahead(finding, next)).collect()))
}

/// What a later release makes of the registered callbacks, where this one takes what Kasm sends.
fn callbacks(case: &Case<'_>, client: &ClientRegistration, sent: &AuthorizeUrl) -> Option<Finding> {
    /// The first releases of each later way of matching.
    const LATER: [Version; 3] = [Version::new(2, 0), Version::new(2, 4), Version::new(2, 10)];
    let (now, sent) = (case.version?, sent.redirect_uri.as_deref()?);
    let takes = |span| registered(span, &client.callback_urls, sent);
    if client.callback_urls.is_empty() && now.is_before(Version::new(2, 10)) {
        let message = "Kasm's client has no Callback URLs, and only releases before 2.10 take over the first they see";
        return Some(Finding::new("no_callback", message));
    }
    let refuses = |release: &&Version| now.is_before(**release) && takes(VersionSpan::of(**release)) == Registered::No;
    let release = LATER.iter().find(refuses).filter(|_| takes(now) == Registered::Yes)?;
    Some(Finding::new("callback_pattern", format!("no entry of Callback URLs takes {sent} from {release} on")))
}

/// What 2.10 no longer takes in a scope.
fn scope_findings(scope: &str, supported: &[String]) -> Vec<Finding> {
    if scope.contains([',', ';']) {
        return vec![Finding::new("scope_commas", format!("Kasm sends scopes joined by commas: {scope}"))];
    }
    let mut findings = Vec::new();
    if !scope.split_whitespace().any(|one| one == "openid") {
        findings.push(Finding::new("no_openid", "Kasm does not ask for the scope openid"));
    }
    // A list that is not there evaluates nothing.
    let dropped = if supported.is_empty() { Vec::new() } else { unsupported(scope, supported) };
    if !dropped.is_empty() {
        let message = format!("Kasm asks for {}, which the provider does not support", dropped.join(", "));
        findings.push(Finding::new("scope_unsupported", message));
    }
    findings
}

fn looking_ahead(mut finding: Finding, next: &str) -> Finding {
    finding.message = format!("{}: sign-in breaks with the upgrade to {next}", finding.message);
    finding
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{evaluated, generic, legacy, table, url},
        model::Snapshot,
    };

    fn old(now: &mut Snapshot, scope: &str) {
        legacy(now);
        url(now).scope = Some(scope.to_owned());
    }

    fn fragment(now: &mut Snapshot) {
        url(now).redirect_uri = Some("https://kasm.example.test/api/oidc_callback#/".to_owned());
    }

    /// 2.9, with these callbacks in the registration.
    fn callbacks(now: &mut Snapshot, urls: &[&str]) {
        *now = Snapshot::healthy_with_credentials();
        legacy(now);
        now.key_owner.value.as_mut().unwrap().version = Some("2.9.0".to_owned());
        let client = &mut now.client_registration.value.as_mut().unwrap().client;
        client.callback_urls = urls.iter().map(|url| (*url).to_owned()).collect();
    }

    fn plain_http(now: &mut Snapshot) {
        now.target.app.url = "http://kasm.example.test".to_owned();
        url(now).redirect_uri = Some("http://kasm.example.test/api/oidc_callback".to_owned());
    }

    #[test]
    fn what_a_later_release_refuses_is_told_before_the_upgrade() {
        table(
            &CHECK,
            &[
                ("2.14", |_| {}, "ok"),
                ("2.9", legacy, "ok"),
                ("2.14, a fragment: refused today", fragment, "ok"),
                (
                    "2.9, a fragment",
                    |now| {
                        legacy(now);
                        fragment(now);
                    },
                    "fail fragment",
                ),
                (
                    "2.9, short state",
                    |now| {
                        legacy(now);
                        url(now).state.as_mut().unwrap().length = 5;
                    },
                    "fail state_short",
                ),
                (
                    "2.14, short state: told by state_length",
                    |now| {
                        url(now).state.as_mut().unwrap().length = 5;
                    },
                    "ok",
                ),
                ("2.9, without openid", |now| old(now, "profile email"), "fail no_openid"),
                ("2.9, unknown scope", |now| old(now, "openid phone"), "fail scope_unsupported"),
                ("2.9, commas", |now| old(now, "openid,profile"), "fail scope_commas"),
                ("2.9, no callback registered", |now| callbacks(now, &[]), "fail no_callback"),
                (
                    "2.9, a fragment that 2.10 refuses",
                    |now| {
                        callbacks(now, &["https://kasm.example.test/cb#f"]);
                        url(now).redirect_uri = Some("https://kasm.example.test/cb#f".to_owned());
                    },
                    "fail fragment callback_pattern",
                ),
                ("2.9, registered", |now| callbacks(now, &["https://kasm.example.test/api/oidc_callback"]), "ok"),
                ("2.14, plain HTTP", plain_http, "fail plain_http"),
                (
                    "2.9, plain HTTP",
                    |now| {
                        legacy(now);
                        plain_http(now);
                    },
                    "fail plain_http",
                ),
                (
                    "another provider",
                    |now| {
                        generic(now);
                        plain_http(now);
                    },
                    "not_applicable",
                ),
            ],
        );
    }

    #[test]
    fn the_release_that_refuses_it_is_named() {
        let report = evaluated(&CHECK, |now| old(now, "profile"));
        assert!(report.findings[0].message.ends_with("sign-in breaks with the upgrade to 2.10"), "{report:?}");
    }
}
