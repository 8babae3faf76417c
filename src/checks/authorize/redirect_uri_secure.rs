//! The redirect URI is safe to send codes to: https, and no fragment.

use url::Url;

use super::{Case, Check, SeverityRule, after};
use crate::{
    model::{Finding, Missing, Outcome, Severity},
    oidc::is_loopback,
    providers::pocket_id::Dialect,
};

pub(super) const CHECK: Check = Check {
    id: "redirect_uri_secure",
    severity: SeverityRule::By(severity),
    title: "Kasm's redirect URL is https and has no fragment",
    why: "Over plain HTTP anybody on the way reads the code of each login. From 2.10 on Pocket ID ends every login at such a \
           callback in an error, after the passkey.",
    fix: "Serve Kasm over https and change both Kasm: Access Management > Authentication > OpenID > your config > \
           Redirect URL, and Pocket ID: Administration > OIDC Clients > Kasm's client > Callback URLs.",
    needs: &[],
    since: "",
    source: "RFC 6749, section 3.1.2; RFC 8252, section 7.3; pocket-id/pocket-id 1439, 1585, 1587",
    fields: &[],
    run,
};

fn severity(dialect: Dialect) -> Severity {
    match dialect {
        Dialect::Fosite => Severity::Outage,
        Dialect::Legacy | Dialect::Openid => Severity::Risk,
    }
}

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    Ok(Outcome::from_findings(insecure(case)?))
}

/// What is insecure about the redirect URI.
///
/// Where its scheme is not that of Kasm's own address, `redirect_uri_is_own` tells the fault, and this waits.
pub(in crate::checks) fn insecure(case: &Case<'_>) -> Result<Vec<Finding>, Missing> {
    let waits = || after("redirect_uri_is_own", "its redirect URL is not Kasm's address");
    let sent = case.authorize_url()?.redirect_uri.as_deref().ok_or_else(waits)?;
    let url = Url::parse(sent).map_err(|_| waits())?;
    let mut findings = Vec::new();
    if url.fragment().is_some() {
        findings.push(Finding::new("fragment", format!("Kasm's redirect URL has a fragment: {sent}")));
    }
    if url.scheme() != "https" && !is_loopback(&url) {
        if case.target().app.url.starts_with("https:") {
            return Err(waits());
        }
        findings.push(Finding::new("plain_http", format!("Kasm's redirect URL is not https: {sent}")));
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{evaluated, generic, legacy, table, url},
        model::{Severity, Snapshot},
    };

    fn at(now: &mut Snapshot, base: &str, redirect: &str) {
        now.target.app.url = base.to_owned();
        url(now).redirect_uri = Some(redirect.to_owned());
    }

    #[test]
    fn plain_http_off_loopback_ends_in_an_error_from_2_10_on_and_is_a_risk_elsewhere() {
        let severity = |change: fn(&mut Snapshot)| evaluated(&CHECK, change).severity;
        assert_eq!(
            [severity(|_| {}), severity(legacy), severity(generic)],
            [Severity::Outage, Severity::Risk, Severity::Risk]
        );
        table(
            &CHECK,
            &[
                ("https", |_| {}, "ok"),
                (
                    "http",
                    |now| {
                        at(now, "http://kasm.example.test", "http://kasm.example.test/api/oidc_callback");
                    },
                    "fail plain_http",
                ),
                (
                    "http on loopback",
                    |now| {
                        at(now, "http://127.0.0.1:8080", "http://127.0.0.1:8080/api/oidc_callback");
                    },
                    "ok",
                ),
                ("http on localhost", |now| at(now, "http://localhost", "http://localhost/api/oidc_callback"), "ok"),
                ("http on IPv6 loopback", |now| at(now, "http://[::1]:80", "http://[::1]/api/oidc_callback"), "ok"),
                (
                    "a fragment",
                    |now| {
                        url(now).redirect_uri = Some("https://kasm.example.test/api/oidc_callback#x".to_owned());
                    },
                    "fail fragment",
                ),
                (
                    "http where Kasm is https: told by redirect_uri_is_own",
                    |now| {
                        url(now).redirect_uri = Some("http://kasm.example.test/api/oidc_callback".to_owned());
                    },
                    "unknown",
                ),
                ("none", |now| url(now).redirect_uri = None, "unknown"),
            ],
        );
    }
}
