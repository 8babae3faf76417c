//! The registered callbacks are addresses, not patterns that take any address on the web.

use super::{Case, Check, SeverityRule};
use crate::{
    model::{Credential, Finding, Missing, Outcome},
    providers::pocket_id::{Registered, registered},
};

pub(super) const CHECK: Check = Check {
    id: "callbacks_exact",
    severity: SeverityRule::RISK,
    title: "No registered callback takes any address on the web",
    why: "The provider sends codes to every address that a callback takes: a pattern that takes any address gives them \
           to whoever makes up a link.",
    fix: "Pocket ID: Administration > OIDC Clients > Kasm's client > Callback URLs: enter Kasm's redirect URL in place \
           of the pattern.",
    needs: &[Credential::ProviderAdminKey],
    since: "",
    source: "RFC 9700, section 4.1.3; Pocket ID, callback patterns",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let registration = case.registration()?;
    let open = registration.client.callback_urls.iter().filter(|url| is_open_to_all(case, url));
    let finding = |pattern: &String| {
        Finding::new(
            "any_address",
            format!("Pocket ID's Callback URLs hold {pattern}, which takes any address on the web"),
        )
    };
    Ok(Outcome::from_findings(open.map(finding).collect()))
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

    #[test]
    fn a_pattern_that_takes_any_address_is_a_risk() {
        table(&CHECK, &[("no key", |_| {}, "unverified"), ("another provider", generic, "not_applicable")]);
        table_with_credentials(
            &CHECK,
            &[
                ("an address", |_| {}, "ok"),
                ("a pattern below one domain", |now| register(now, "https://*.example.test/api/oidc_callback"), "ok"),
                ("anything", |now| register(now, "*"), "fail any_address"),
                (
                    "our key is refused",
                    |now| {
                        lose(&mut now.client_registration, SourceId::ClientRegistration, Reason::Unauthorized);
                    },
                    "unknown",
                ),
            ],
        );
    }
}
