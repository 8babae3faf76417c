//! The registered callbacks of any client are addresses of one host, over https.

use super::{Case, Check, SeverityRule, all_clients, own_client};
use crate::{
    model::{CallbackMark, Credential, Finding, Missing, Outcome, ProviderClient},
    providers::pocket_id::{Registered, registered},
};

/// The most other clients that are named.
const MOST: usize = 10;

pub(super) const CHECK: Check = Check {
    id: "callbacks_exact",
    severity: SeverityRule::RISK,
    title: "No registered callback takes any address on the web, and none goes over plain HTTP",
    why: "The provider sends codes to every address that a callback takes: a pattern that takes any host gives them to \
           whoever makes up a link, and over plain HTTP whoever is on the way reads them.",
    fix: "Pocket ID: Administration > OIDC Clients > the named client > Callback URLs: enter the app's own https redirect \
           URL in place of the pattern or the http address.",
    needs: &[Credential::ProviderAdminKey],
    since: "",
    source: "RFC 9700, section 4.1.3; Pocket ID, callback patterns",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let registration = case.registration();
    let all = all_clients(case);
    // Either shows our own client; what failed of it is reported first.
    if let (Err(missing), Err(_)) = (&registration, &all) {
        return Err(missing.clone());
    }
    let own = own_client(case);
    let is_own = |client: &&ProviderClient| own == Some(client.id.as_str());
    let mut findings = Vec::new();
    if let Ok(seen) = registration {
        // That it goes over plain HTTP is said by another check.
        findings.extend(seen.client.callback_urls.iter().filter_map(|url| of_pattern(case, "Kasm's client", url)));
    }
    let Ok(all) = all else { return Ok(Outcome::from_findings(findings)) };
    let others = all.clients.iter().filter(|client| registration.is_err() || !is_own(client));
    findings.extend(others.filter_map(|client| of_another(case, client)).take(MOST));
    if !findings.is_empty() {
        return Ok(Outcome::Fail(findings));
    }
    let patterns = all.clients.iter().filter(|client| client.callbacks.iter().any(|url| url.contains('*'))).count();
    if patterns == 0 {
        return Ok(Outcome::OK);
    }
    let has = if patterns == 1 { "has" } else { "have" };
    Ok(Outcome::noting(format!("{patterns} of {} clients {has} patterns, each of one host", all.total)))
}

/// What is wrong with the callbacks of another client: one finding at most.
fn of_another(case: &Case<'_>, client: &ProviderClient) -> Option<Finding> {
    if let Some(finding) = client.callbacks.iter().find_map(|url| of_pattern(case, &client.name, url)) {
        return Some(finding);
    }
    let plain = client.callbacks.iter().find(|url| CallbackMark::of(url) == Some(CallbackMark::PlainHttp))?;
    Some(Finding::new("plain_http", format!("{}: its callback {plain} goes over plain HTTP", client.name)))
}

/// What is wrong with a pattern, if it is one that takes more than one host.
fn of_pattern(case: &Case<'_>, whose: &str, url: &String) -> Option<Finding> {
    if is_open_to_all(case, url) {
        let message = format!("{whose}: its callback {url} takes any address on the web");
        return Some(Finding::new("any_address", message));
    }
    (CallbackMark::of(url) == Some(CallbackMark::AnyHost)).then(|| {
        let message = format!("{whose}: its callback {url} takes any host of that domain, also one that is given up");
        Finding::new("wildcard_host", message)
    })
}

/// Whether a registered callback takes an address that nobody here has ever heard of.
fn is_open_to_all(case: &Case<'_>, pattern: &String) -> bool {
    const NOBODYS: &str = "https://nobody.invalid/callback";
    case.version.is_some_and(|version| {
        pattern.contains('*') && registered(version, std::slice::from_ref(pattern), NOBODYS) == Registered::Yes
    })
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{generic, lose, table, table_with_credentials},
        model::{Reason, Snapshot, SourceId},
    };

    fn register(now: &mut Snapshot, callback: &str) {
        let client = &mut now.client_registration.value.as_mut().unwrap().client;
        client.callback_urls = vec![callback.to_owned()];
    }

    fn another(now: &mut Snapshot, callback: &str) {
        let clients = &mut now.clients.value.as_mut().unwrap().clients;
        let mut client = clients[0].clone();
        client.id = "another".to_owned();
        client.callbacks = vec![callback.to_owned()];
        clients.push(client);
    }

    #[test]
    fn a_pattern_that_takes_any_address_is_a_risk() {
        table(&CHECK, &[("no key", |_| {}, "unverified"), ("another provider", generic, "not_applicable")]);
        table_with_credentials(
            &CHECK,
            &[
                ("an address", |_| {}, "ok"),
                // The very pattern that RFC 9700, section 4.1.1, warns of.
                (
                    "any host below one domain",
                    |now| register(now, "https://*.example.test/api/oidc_callback"),
                    "fail wildcard_host",
                ),
                ("a pattern of one host", |now| register(now, "https://kasm.example.test/*"), "ok"),
                ("anything", |now| register(now, "*"), "fail any_address"),
                (
                    "our key is refused",
                    |now| {
                        lose(&mut now.client_registration, SourceId::ClientRegistration, Reason::Unauthorized);
                        lose(&mut now.clients, SourceId::Clients, Reason::Unauthorized);
                    },
                    "unknown",
                ),
                ("another client's", |now| another(now, "https://grafana.example.test/login/generic_oauth"), "ok"),
                ("another client's pattern of one host", |now| another(now, "https://grafana.example.test/*"), "ok"),
                ("another client takes anything", |now| another(now, "https://**"), "fail any_address"),
                (
                    "another client's over plain HTTP",
                    |now| another(now, "http://wiki.example.test/cb"),
                    "fail plain_http",
                ),
                ("another client's on loopback", |now| another(now, "http://127.0.0.1:8000/cb"), "ok"),
                ("another client's app scheme", |now| another(now, "app.immich:///oauth-callback"), "ok"),
            ],
        );
    }
}
