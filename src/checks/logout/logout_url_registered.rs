//! The address to which people return after logout is registered.
//!
//! Which path Kasm names is not known, so what must agree is the host: an address of Kasm's, or a pattern.

use url::Url;

use super::{Case, Check, SeverityRule};
use crate::{
    checks::likeness::nearest,
    model::{Credential, Drift, Finding, Missing, Outcome, Reason, SourceId},
};

pub(super) const CHECK: Check = Check {
    id: "logout_url_registered",
    severity: SeverityRule::RISK,
    title: "Kasm's address after logout is registered with the provider",
    why: "Without it people who log out end on Pocket ID's own page in place of Kasm's.",
    fix: "Pocket ID: Administration > OIDC Clients > Kasm's client > Logout Callback URLs: add Kasm's address after \
           logout.",
    needs: &[Credential::ProviderAdminKey, Credential::AppKey],
    since: "",
    source: "OpenID Connect RP-Initiated Logout 1.0, section 3",
    fields: &["logout_url"],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let registration = case.registration()?;
    if !is_wanted(case)? {
        return Ok(Outcome::NotApplicable("Logout with OIDC Provider is off in Kasm".to_owned()));
    }
    let registered = &registration.client.logout_callback_urls;
    let kasm = &case.target().app.url;
    if registered.iter().any(|url| url.contains('*') || is_of_host(url, kasm)) {
        return Ok(Outcome::OK);
    }
    let Some(nearest) = nearest(kasm, registered) else {
        let message = "Pocket ID has no address to send people back to after logout";
        return Ok(Outcome::fail(Finding::new("none", message)));
    };
    let drift = Drift::of("logout_url", ("Kasm is", kasm), ("Pocket ID has", nearest));
    Ok(drift.map_or(Outcome::OK, Outcome::drifted))
}

/// Whether Kasm logs out at the provider too.
fn is_wanted(case: &Case<'_>) -> Result<bool, Missing> {
    let configs = case.now.kasm_config.get()?;
    let ours = configs.ours(case.target().wanted(), case.now.login_start.ok());
    let ours = ours.map_err(|detail| Missing::failed(SourceId::KasmConfig, Reason::Body, detail))?;
    ours.logout_with_oidc_provider.ok_or_else(|| {
        Missing::OutOfReach("this Kasm does not show whether Logout with OIDC Provider is on".to_owned())
    })
}

fn is_of_host(url: &str, kasm: &str) -> bool {
    let origin = |text: &str| Url::parse(text).ok().map(|url| url.origin());
    origin(url).is_some() && origin(url) == origin(kasm)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{generic, table},
        model::{Credential, Missing, Snapshot},
    };

    fn with(now: &mut Snapshot, urls: &[&str], wanted: Option<bool>) {
        *now = Snapshot::healthy_with_credentials();
        let client = &mut now.client_registration.value.as_mut().unwrap().client;
        client.logout_callback_urls = urls.iter().map(|url| (*url).to_owned()).collect();
        now.kasm_config.value.as_mut().unwrap().configs[0].logout_with_oidc_provider = wanted;
    }

    #[test]
    fn an_address_of_kasms_must_be_registered_where_kasm_logs_out_at_the_provider() {
        const KASM: &str = "https://kasm.example.test";
        table(
            &CHECK,
            &[
                ("no key", |_| {}, "unverified"),
                ("registered", |now| with(now, &[KASM], Some(true)), "ok"),
                ("a path of Kasm's", |now| with(now, &["https://kasm.example.test/#/login"], Some(true)), "ok"),
                ("a pattern", |now| with(now, &["https://*.example.test/*"], Some(true)), "ok"),
                ("none", |now| with(now, &[], Some(true)), "fail none"),
                ("of the old host", |now| with(now, &["https://old.example.test"], Some(true)), "fail differs"),
                ("not wanted", |now| with(now, &[], Some(false)), "not_applicable"),
                ("an older Kasm", |now| with(now, &[], None), "unverified"),
                (
                    "without a Kasm key it may not be wanted",
                    |now| {
                        with(now, &[], Some(true));
                        now.kasm_config.value = Err(Missing::NotConfigured(Credential::AppKey));
                    },
                    "unverified",
                ),
                ("another provider", generic, "not_applicable"),
            ],
        );
    }
}
