//! The redirect URI is safe to send codes to: https, and no fragment.

use url::{Host, Url};

use super::{Case, Check, SeverityRule, after};
use crate::{
    model::{Finding, Missing, Verdict},
    providers::pocket_id::{Registered, registered},
};

pub(super) const CHECK: Check = Check {
    id: "redirect_uri_secure",
    severity: SeverityRule::RISK,
    title: "Kasm's redirect URL is https and has no fragment",
    why: "Over plain HTTP anybody on the way reads the code of each login. Pocket ID 2.10.0 refuses such callbacks; \
           later releases take them by ALLOW_INSECURE_CALLBACK_URLS, which v3 is planned to turn off.",
    fix: "Serve Kasm over https and change both Kasm: Access Management > Authentication > OpenID > your config > \
           Redirect URL, and Pocket ID: Administration > OIDC Clients > Kasm's client > Callback URLs.",
    needs: &[],
    since: "",
    source: "RFC 6749, section 3.1.2; RFC 8252, section 7.3; pocket-id/pocket-id 1439, 1585, 1587",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    let mut findings = insecure(case)?;
    if let Ok(registration) = case.registration() {
        findings.extend(registration.client.callback_urls.iter().filter(|url| is_open_to_all(case, url)).map(any));
    }
    Ok(Verdict::from_findings(findings))
}

/// Whether a registered callback takes an address that nobody here has ever heard of.
fn is_open_to_all(case: &Case<'_>, pattern: &String) -> bool {
    const NOBODYS: &str = "https://nobody.invalid/callback";
    case.version.is_some_and(|version| {
        pattern.contains('*') && registered(version, std::slice::from_ref(pattern), NOBODYS) == Registered::Yes
    })
}

fn any(pattern: &String) -> Finding {
    Finding::new("any_address", format!("Pocket ID's Callback URLs hold {pattern}, which takes any address on the web")).fix(
        "Pocket ID: Administration > OIDC Clients > Kasm's client > Callback URLs: enter Kasm's redirect URL in place of \
         the pattern.",
    )
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

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{table, url},
        model::Snapshot,
    };

    fn at(now: &mut Snapshot, base: &str, redirect: &str) {
        now.target.app.url = base.to_owned();
        url(now).redirect_uri = Some(redirect.to_owned());
    }

    #[test]
    fn plain_http_is_a_risk_off_loopback() {
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
