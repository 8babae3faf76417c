//! The redirect URI that Kasm sends is Kasm's own callback at the address that users type.
//!
//! Kasm sends `redirect_url` as stored, not the host of the request; up to 1.15 every save rewrote it to the address by
//! which the admin had come (workspaces-issues 481, 552).

use url::Url;

use super::{Case, Check, SeverityRule};
use crate::{
    apps::is_path_of,
    model::{Drift, Finding, Missing, Outcome, SourceId},
};

pub(super) const CHECK: Check = Check {
    id: "redirect_uri_is_own",
    severity: SeverityRule::OUTAGE,
    title: "Kasm's redirect URL is its own callback at its public address",
    why: "After the passkey, the provider sends people to this address: at another host, port or path nobody finishes \
           signing in.",
    fix: "Kasm: Access Management > Authentication > OpenID > your config > Redirect URL: enter the expected value, \
           and the same text in Pocket ID: Administration > OIDC Clients > Kasm's client > Callback URLs. Where Kasm \
           (up to 1.15) does not let you edit it, save the config once from Kasm's public address.",
    needs: &[],
    since: "",
    source: "Pocket ID's guide for Kasm; kasmtech/workspaces-issues 481 and 552",
    fields: &["redirect_url"],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let sent = case.authorize_url()?.redirect_uri.as_deref().unwrap_or_default();
    let app = &case.target().app;
    let base = Url::parse(&app.url).map_err(|_| Missing::Blocked { by: SourceId::AppConnection })?;
    let expected = expected(case, sent);
    if sent.is_empty() {
        let finding = Finding::new("missing", format!("Kasm sends no redirect URL; expected is {expected}"));
        return Ok(Outcome::fail(fixed(case, "path", finding)));
    }
    if !case.is_kasm() && is_http_for_https(&base, sent) {
        return Ok(Outcome::fail(plain_http(&expected, sent)));
    }
    let drift = Drift::of("redirect_url", ("Expected is", &expected), ("Kasm sends", sent));
    // A parser of addresses drops blanks at the ends; the provider compares them.
    if let (true, Some(drift)) = (sent.trim() == expected, &drift) {
        let message = format!("Kasm's redirect URL has {}", blanks(sent));
        return Ok(Outcome::fail(fixed(case, "path", Finding::new("blank", message).drift(drift.clone()))));
    }
    Ok(match (part_that_differs(&expected, sent), drift) {
        (Some("path"), _) if case.is_guess() => Outcome::Unverified(format!(
            "it sends {sent}; that its callback is {expected} is unconfirmed: app.callback says it better"
        )),
        (Some(part), Some(drift)) => {
            let message = format!("Kasm's redirect URL has the wrong {part}: {sent}, where {expected} is expected");
            Outcome::fail(fixed(case, part, Finding::new("differs", message).drift(drift)))
        }
        _ => Outcome::OK,
    })
}

/// With the fix for an app other than Kasm: where its callback is a setting, the setting; else, and where the address alone
/// differs, what tells it its own address. Then the form of the provider.
fn fixed(case: &Case<'_>, part: &str, finding: Finding) -> Finding {
    if case.is_kasm() {
        return finding;
    }
    let profile = case.app.profile();
    let is_of_address = matches!(part, "scheme" | "host" | "port");
    let at_the_app = if is_of_address || !profile.callbacks.is_empty() {
        profile.forms.address.to_owned()
    } else {
        format!("{} > Redirect URL: enter the expected value.", profile.forms.settings)
    };
    let redirects = case.profile().forms.redirects;
    finding.fix(format!(
        "{at_the_app} Register the same text in {redirects}. If what Kasm sends is right, correct app.url or app.callback \
         in ssowatch's config."
    ))
}

/// The callback at the app's public address: the one of its kind that is nearest to what is sent; where neither kind nor
/// configuration says one, the path that is sent.
fn expected(case: &Case<'_>, sent: &str) -> String {
    let app = &case.target().app;
    let profile = case.app.profile();
    let origin = |url: &Url| url.origin().ascii_serialization();
    let base = match Url::parse(&app.url) {
        // Kasm's callback is below its origin.
        Ok(url) if case.is_kasm() => origin(&url),
        Ok(url) => format!("{}{}", origin(&url), url.path().trim_end_matches('/')),
        Err(_) => app.url.clone(),
    };
    if let Some(path) = &app.callback {
        return format!("{base}{path}");
    }
    let path = Url::parse(sent).map(|url| url.path().to_owned()).unwrap_or_default();
    let base_path = Url::parse(&base).map(|url| url.path().trim_end_matches('/').to_owned()).unwrap_or_default();
    let below = path.strip_prefix(base_path.as_str()).unwrap_or(&path).to_owned();
    let known = profile.callback_paths(app.provider.as_deref());
    let is_known = known.is_empty() || known.iter().any(|pattern| is_path_of(pattern, &below));
    match known.first() {
        Some(first) if !is_known => format!("{base}{first}"),
        _ => format!("{base}{below}"),
    }
}

/// Whether the callback is of plain HTTP where people use https, and nothing else: the app does not know of the proxy
/// before it. The commonest breakage (jellyfin-plugin-sso 270, Mealie's request.base_url).
fn is_http_for_https(base: &Url, sent: &str) -> bool {
    let Ok(sent) = Url::parse(sent) else { return false };
    base.scheme() == "https" && sent.scheme() == "http" && base.host() == sent.host()
}

fn plain_http(expected: &str, sent: &str) -> Finding {
    let message = format!(
        "Kasm does not know that a proxy serves it over https: its redirect URL is {sent}, where {expected} is expected"
    );
    let finding = Finding::new("plain_http", message);
    match Drift::of("redirect_url", ("Expected is", expected), ("Kasm sends", sent)) {
        Some(drift) => finding.drift(drift),
        None => finding,
    }
}

/// Where the white space around a text stands.
fn blanks(text: &str) -> &'static str {
    match (text.starts_with(char::is_whitespace), text.ends_with(char::is_whitespace)) {
        (true, true) => "blanks before and behind it",
        (true, false) => "a blank before it",
        _ => "a blank at its end",
    }
}

/// The first part of the address that is not as expected; host in any case and a default port are the same.
pub(in crate::checks) fn part_that_differs(expected: &str, sent: &str) -> Option<&'static str> {
    let Ok(sent) = Url::parse(sent) else { return Some("form (it is not an address)") };
    let expected = Url::parse(expected).ok()?;
    if sent.scheme() != expected.scheme() {
        Some("scheme")
    } else if sent.host() != expected.host() {
        Some("host")
    } else if sent.port_or_known_default() != expected.port_or_known_default() {
        Some("port")
    } else if sent.path() != expected.path() {
        Some("path")
    } else if sent.query() != expected.query() {
        Some("query")
    } else if sent.fragment().is_some() {
        Some("fragment")
    } else {
        (!sent.username().is_empty()).then_some("user name")
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        apps::AppKind,
        checks::testing::{evaluated, keycloak, table, url},
        model::Snapshot,
    };

    fn send(now: &mut Snapshot, redirect: &str) {
        url(now).redirect_uri = Some(redirect.to_owned());
    }

    #[test]
    fn scheme_host_port_and_path_must_be_those_of_kasm() {
        table(
            &CHECK,
            &[
                ("its own", |_| {}, "ok"),
                ("a slash too many", |now| send(now, "https://kasm.example.test/api/oidc_callback/"), "fail differs"),
                ("a blank at its end", |now| send(now, "https://kasm.example.test/api/oidc_callback "), "fail blank"),
                ("a blank before it", |now| send(now, " https://kasm.example.test/api/oidc_callback"), "fail blank"),
                ("the admin's address", |now| send(now, "https://192.0.2.7/api/oidc_callback"), "fail differs"),
                ("the inner port", |now| send(now, "https://kasm.example.test:8443/api/oidc_callback"), "fail differs"),
                ("plain HTTP", |now| send(now, "http://kasm.example.test/api/oidc_callback"), "fail differs"),
                (
                    "another case of the path",
                    |now| send(now, "https://kasm.example.test/API/oidc_callback"),
                    "fail differs",
                ),
                ("a query", |now| send(now, "https://kasm.example.test/api/oidc_callback?a=b"), "fail differs"),
                (
                    "host in capitals, port written",
                    |now| {
                        send(now, "https://KASM.example.test:443/api/oidc_callback");
                    },
                    "ok",
                ),
                (
                    "Kasm at another port",
                    |now| {
                        now.target.app.url = "https://kasm.example.test:8443".to_owned();
                        send(now, "https://kasm.example.test:8443/api/oidc_callback");
                    },
                    "ok",
                ),
                ("not an address", |now| send(now, "kasm/api/oidc_callback"), "fail differs"),
                ("none", |now| url(now).redirect_uri = None, "fail missing"),
            ],
        );
    }

    #[test]
    fn the_part_and_both_values_are_told() {
        let report = evaluated(&CHECK, |now| send(now, "https://kasm.example.test/api/oidc_callback/"));
        let finding = &report.findings[0];
        assert!(finding.message.starts_with("Kasm's redirect URL has the wrong path"), "{finding:?}");
        assert_eq!(finding.drift.as_ref().unwrap().first_difference(), 43);
        let report = evaluated(&CHECK, |now| send(now, "https://kasm.example.test/api/oidc_callback "));
        assert_eq!(report.findings[0].message, "Kasm's redirect URL has a blank at its end");
    }

    #[test]
    fn an_app_gets_its_own_place_and_the_providers_form() {
        let fix = |kind: AppKind, redirect: &str| {
            let report = evaluated(&CHECK, |now| {
                keycloak(now);
                now.target.app.kind = Some(kind);
                now.target.app.callback = (kind == AppKind::Generic).then(|| "/cb".to_owned());
                now.target.name = "wiki".to_owned();
                send(now, redirect);
            });
            report.findings[0].fix.clone().unwrap()
        };
        let path = fix(AppKind::Generic, "https://kasm.example.test/cb/");
        assert!(
            path.starts_with("wiki: settings for OpenID Connect > Redirect URL: enter the expected value."),
            "{path}"
        );
        let host = fix(AppKind::Generic, "https://inside.example.test/cb");
        assert!(host.starts_with("Reverse proxy before the app: pass Host"), "{host}");
        let known = fix(AppKind::Grafana, "https://kasm.example.test/login/generic_oauth/");
        assert!(known.starts_with("Grafana: grafana.ini, section [server]: set root_url"), "{known}");
        for fix in [path, host, known] {
            let form = "Register the same text in Keycloak: Clients > ";
            assert!(fix.contains(form) && fix.contains("> Settings > Valid redirect URIs."), "{fix}");
        }
    }
}
