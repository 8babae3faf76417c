//! Our own settings lead to the two systems that they name.
//!
//! A slip in an address of ours looks like an outage of theirs. What shows it is said first and alone: while it fails,
//! nothing else is evaluated.

use url::{Host, Url};

use super::{Case, Check, SeverityRule};
use crate::{
    model::{Drift, DryRun, Finding, Missing, Observed, Outcome, Reason, Side, Suspicion},
    oidc::{is_internal, is_loopback},
};

pub(in crate::checks) const CHECK: Check = Check {
    id: "own_settings",
    severity: SeverityRule::INFO,
    title: "ssowatch's own settings lead to this provider and to this Kasm",
    why: "With a wrong address in them nothing that follows is about the sign-in of your users.",
    fix: "Correct the address in ssowatch's config (or --provider and --kasm), and load it again.",
    needs: &[],
    since: "",
    source: "ssowatch's configuration; OpenID Connect Discovery 1.0, section 4.3",
    fields: &["provider_url"],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let mistake = unusable(case)
        .or_else(|| swapped(case))
        .or_else(|| no_such_host(case))
        .or_else(|| http_for_https(case))
        .or_else(|| other_address(case))
        .or_else(|| other_realm(case));
    Ok(mistake.map_or(Outcome::OK, Outcome::fail))
}

/// What the settings call the address of a side, and the address.
fn address<'a>(case: &Case<'a>, side: Side) -> (&'static str, &'a str) {
    match side {
        Side::Provider => ("provider.url", &case.target().provider.url),
        Side::App => ("kasm.url", &case.target().app.url),
    }
}

/// A file of ours that cannot be read, or a setting that cannot be used: nothing was asked with it.
fn unusable(case: &Case<'_>) -> Option<Finding> {
    let failures = [case.now.provider_connection().failure(), case.now.app_connection().failure()];
    let detail =
        failures.into_iter().flatten().find_map(|(reason, detail)| (reason == Reason::Blocked).then_some(detail))?;
    Some(Finding::new("unusable", format!("ssowatch cannot use its own settings: {detail}")))
}

fn swapped(case: &Case<'_>) -> Option<Finding> {
    case.now.suspicions.contains(&Suspicion::Swapped).then(|| {
        let (provider, kasm) = (&case.target().provider.url, &case.target().app.url);
        let message = format!("An OpenID provider answers at kasm.url ({kasm}), and none at provider.url ({provider})");
        Finding::new("swapped", message)
            .fix("Swap the two addresses in ssowatch's config: provider.url and kasm.url, or --provider and --kasm.")
    })
}

/// A name that never resolved since we look at it is likelier a slip of ours than an outage of theirs. Where neither does,
/// it is this host that has no DNS, which is said elsewhere.
fn no_such_host(case: &Case<'_>) -> Option<Finding> {
    let unknown = |side: Side| case.now.suspicions.contains(&Suspicion::NoSuchHost { side });
    let side = match (unknown(Side::Provider), unknown(Side::App)) {
        (true, false) => Side::Provider,
        (false, true) => Side::App,
        _ => return None,
    };
    let (key, url) = address(case, side);
    let message = format!("The host of {key} ({url}) does not resolve, and never did since it is watched");
    Some(Finding::new("no_such_host", message).fix(format!(
        "See {key} in ssowatch's config for a slip. If it is right, let its name resolve on this host too (DNS, or \
         connect_to)."
    )))
}

fn http_for_https(case: &Case<'_>) -> Option<Finding> {
    let leads_on = |side: Side, is_redirect: bool| {
        let (key, url) = address(case, side);
        let parsed = Url::parse(url).ok()?;
        let meant = url.strip_prefix("http://").filter(|_| is_redirect && !is_loopback(&parsed))?;
        let message = format!("{key} is {url}, and that server redirects from http");
        let fix = format!("Write https in ssowatch's config: {key}: https://{meant}");
        Some(Finding::new("http_for_https", message).fix(fix))
    };
    leads_on(Side::Provider, redirects(case.now.discovery()))
        .or_else(|| leads_on(Side::App, redirects(case.now.kasm_login_settings())))
}

fn redirects<T>(seen: &Observed<T>) -> bool {
    matches!(&seen.value, Err(Missing::Failed { status: Some(301 | 302 | 307 | 308), .. }))
}

/// The provider calls itself by one address, Kasm sends people there, and provider.url alone is another. A bare name is not
/// meant here: whoever asks the provider inside its own network means to.
fn other_address(case: &Case<'_>) -> Option<Finding> {
    let document = case.discovery().ok()?;
    let ours = Url::parse(&case.target().provider.url).ok()?;
    let issuer = Url::parse(document.issuer.as_deref()?).ok()?;
    let endpoint = Url::parse(document.authorization_endpoint.as_deref()?).ok()?;
    let sent = Url::parse(&case.authorize_url().ok()?.endpoint).ok()?;
    let is_meant = matches!(ours.host(), Some(Host::Domain(_))) && is_internal(&ours);
    let others_agree = issuer.origin() == sent.origin() && issuer.origin() == endpoint.origin();
    if is_meant || !others_agree || ours.origin() == issuer.origin() {
        return None;
    }
    let issuer = issuer.as_str().trim_end_matches('/');
    let drift = Drift::of(
        "provider_url",
        ("The provider calls itself", issuer),
        ("ssowatch's config has", &case.target().provider.url),
    )?;
    Some(
        Finding::new("other_address", "provider.url is not the address that the provider and Kasm go by")
            .drift(drift)
            .fix(format!("Change provider.url in ssowatch's config (or --provider) to {issuer}.")),
    )
}

/// The app signs people in at another realm of the same server, which takes its request: there they get in, and what is
/// watched is a realm that this app does not use. Where that realm refuses, the app's address is the one that is wrong.
fn other_realm(case: &Case<'_>) -> Option<Finding> {
    let document = case.discovery().ok()?;
    let issuer = document.issuer.as_deref()?.trim_end_matches('/');
    let below =
        document.authorization_endpoint.as_deref()?.strip_prefix(issuer).filter(|path| path.starts_with('/'))?;
    let sent = case.authorize_url().ok()?.endpoint.strip_suffix(below)?;
    let (ours, theirs) = (Url::parse(issuer).ok()?, Url::parse(sent).ok()?);
    let is_realm = |url: &Url| !url.path().trim_matches('/').is_empty();
    let is_another = ours.origin() == theirs.origin() && ours.path() != theirs.path().trim_end_matches('/');
    let is_taken = matches!(case.now.authorize_dry_run().ok()?, DryRun::Accepted(_) | DryRun::StateChanged { .. });
    if !(is_realm(&ours) && is_realm(&theirs) && is_another && is_taken && !case.is_assumed) {
        return None;
    }
    let drift = Drift::of("provider_url", ("Kasm uses", sent), ("ssowatch's config has", &case.target().provider.url))?;
    let message =
        format!("Kasm signs people in at another realm than provider.url names: {sent}, which takes its request");
    let fix = format!(
        "Change provider.url in ssowatch's config (or --provider) to {sent}. If Kasm is the one that is wrong: Kasm: Access \
         Management > Authentication > OpenID > your config > Authorization URL: enter that of {issuer}."
    );
    Some(Finding::new("other_realm", message).drift(drift).fix(fix))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::CHECK;
    use crate::{
        checks::{
            evaluate,
            testing::{document, evaluated, keycloak, lose, table, url},
        },
        model::{DryRun, Login, Missing, Reason, Side, Snapshot, SourceId, Suspicion},
    };

    fn provider_url(now: &mut Snapshot, address: &str) {
        now.target.provider.url = address.to_owned();
    }

    fn suspect(now: &mut Snapshot, suspicion: Suspicion) {
        now.suspicions.push(suspicion);
    }

    fn redirected(now: &mut Snapshot) {
        now.discovery.value = Err(Missing::status(SourceId::Discovery, 301, "redirects to https"));
    }

    #[test]
    fn a_slip_of_our_own_is_told_from_a_fault_of_theirs() {
        table(
            &CHECK,
            &[
                ("all agree", |_| {}, "ok"),
                ("an IP address for the name", |now| provider_url(now, "https://192.0.2.7"), "fail other_address"),
                ("another port", |now| provider_url(now, "https://id.example.test:8443"), "fail other_address"),
                (
                    "http for https, both served",
                    |now| provider_url(now, "http://id.example.test"),
                    "fail other_address",
                ),
                ("the provider's name in its own network", |now| provider_url(now, "http://pocket-id:1411"), "ok"),
                (
                    "Kasm follows neither",
                    |now| {
                        provider_url(now, "https://login.example.test");
                        url(now).endpoint = "https://old.example.test/authorize".to_owned();
                    },
                    "ok",
                ),
                (
                    "the issuer alone differs",
                    |now| document(now, &json!({"issuer": "https://login.example.test"})),
                    "ok",
                ),
                (
                    "http for https, redirected",
                    |now| {
                        provider_url(now, "http://id.example.test");
                        redirected(now);
                    },
                    "fail http_for_https",
                ),
                ("https that is redirected", redirected, "ok"),
                (
                    "http for https at Kasm",
                    |now| {
                        now.target.app.url = "http://kasm.example.test".to_owned();
                        let missing = Missing::status(SourceId::KasmLoginSettings, 308, "redirects to https");
                        now.kasm_login_settings.value = Err(missing);
                    },
                    "fail http_for_https",
                ),
                (
                    "a file of ours that cannot be read",
                    |now| lose(&mut now.app_connection, SourceId::AppConnection, Reason::Blocked),
                    "fail unusable",
                ),
                ("swapped", |now| suspect(now, Suspicion::Swapped), "fail swapped"),
                (
                    "the provider's host never resolved",
                    |now| suspect(now, Suspicion::NoSuchHost { side: Side::Provider }),
                    "fail no_such_host",
                ),
                (
                    "no host ever resolved: told as this host's fault",
                    |now| {
                        suspect(now, Suspicion::NoSuchHost { side: Side::Provider });
                        suspect(now, Suspicion::NoSuchHost { side: Side::App });
                    },
                    "ok",
                ),
            ],
        );
    }

    #[test]
    fn it_stands_alone_as_the_cause_and_nothing_is_said_of_sign_in() {
        let mut now = Snapshot::healthy();
        provider_url(&mut now, "https://192.0.2.7");
        url(&mut now).redirect_uri = Some("https://old.example.test/cb".to_owned());
        let report = evaluate(&now, None);
        assert_eq!((report.login, report.cause.as_ref().unwrap().check.as_str()), (Login::Unknown, "own_settings"));
        let failing: Vec<&str> = report.failing().map(|check| check.id.as_str()).collect();
        assert_eq!(failing, ["own_settings"]);
        assert_eq!(report.coverage.proven, 1);
        now.target.off.insert("own_settings".to_owned());
        assert_eq!(evaluate(&now, None).login, Login::Broken, "switched off, it holds nothing back");
    }

    #[test]
    fn the_key_and_the_value_to_write_are_told() {
        let report = evaluated(&CHECK, |now| provider_url(now, "https://192.0.2.7"));
        let finding = &report.findings[0];
        assert_eq!(finding.drift.as_ref().unwrap().field, "provider_url");
        let fix = finding.fix.as_deref().unwrap();
        assert!(fix.contains("provider.url") && fix.ends_with("to https://id.example.test."), "{fix}");
        let lost = evaluated(&CHECK, |now| lose(&mut now.discovery, SourceId::Discovery, Reason::Dns));
        assert_eq!(lost.verdict, crate::model::Verdict::Ok, "a name that resolved before");
    }

    const OTHER: &str = "https://id.example.test/realms/other/protocol/openid-connect/auth";

    #[test]
    fn another_realm_that_takes_the_apps_request_is_told_from_one_that_does_not() {
        table(
            &CHECK,
            &[
                ("one realm", keycloak, "ok"),
                (
                    "another realm, which takes the request",
                    |now| {
                        keycloak(now);
                        url(now).endpoint = OTHER.to_owned();
                    },
                    "fail other_realm",
                ),
                (
                    "another realm, which does not know the client",
                    |now| {
                        keycloak(now);
                        url(now).endpoint = OTHER.to_owned();
                        let message = "Client not found.".to_owned();
                        now.authorize_dry_run.value = Ok(DryRun::ErrorPage { status: 400, message });
                    },
                    "ok",
                ),
                (
                    "another endpoint of the same realm",
                    |now| {
                        keycloak(now);
                        url(now).endpoint = OTHER.replace("/other/", "/home/").replace("/auth", "/token");
                    },
                    "ok",
                ),
                (
                    "a slash more",
                    |now| {
                        keycloak(now);
                        url(now).endpoint = OTHER.replace("/other/", "/home//");
                    },
                    "ok",
                ),
            ],
        );
        let report = evaluated(&CHECK, |now| {
            keycloak(now);
            url(now).endpoint = OTHER.to_owned();
        });
        let finding = &report.findings[0];
        assert!(finding.message.contains("another realm") && finding.message.contains("/realms/other"), "{finding:?}");
        let fix = finding.fix.as_deref().unwrap();
        assert!(fix.contains("to https://id.example.test/realms/other.") && fix.contains("/realms/home."), "{fix}");
    }
}
