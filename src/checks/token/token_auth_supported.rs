//! The provider takes the client secret by HTTP Basic, as Kasm sends it.

use super::{Case, Check, SeverityRule};
use crate::{
    model::{Finding, Missing, Outcome},
    oidc::demands_assertion,
};

/// How Kasm sends the secret (Authelia's guide for Kasm).
const BASIC: &str = "client_secret_basic";

pub(super) const CHECK: Check = Check {
    id: "token_auth_supported",
    severity: SeverityRule::DEGRADED,
    title: "The provider takes the client secret by HTTP Basic",
    why: "Kasm sends the secret by HTTP Basic and has no setting for it: a provider that takes only another method \
           refuses it at the token step.",
    fix: "Allow client_secret_basic for Kasm's client at the provider (Pocket ID always does: see what rewrites its \
           discovery document).",
    needs: &[],
    since: "",
    source: "OpenID Connect Discovery 1.0, section 3; RFC 6749, section 2.3.1",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    if let Some(said) = wants_assertion(case) {
        let message = format!("Kasm uses {BASIC}; the provider wants another method of this client: {said}");
        return Ok(Outcome::fail(Finding::new("other_method", message)));
    }
    Ok(match case.discovery()?.token_endpoint_auth_methods_supported.as_deref() {
        // RFC 8414, section 3.2: an empty list is one that should have been left out.
        None | Some([]) => Outcome::noting("the document does not say, which means client_secret_basic"),
        Some(methods) if methods.iter().any(|method| method == BASIC) => Outcome::OK,
        Some(methods) => {
            let message = format!("Kasm uses {BASIC}; the provider announces {}", methods.join(", "));
            Outcome::fail(Finding::new("no_basic", message))
        }
    })
}

/// What the token endpoint said, where it asks this client for an assertion in place of a secret (RFC 7523).
fn wants_assertion<'a>(case: &Case<'a>) -> Option<&'a str> {
    case.now.token_endpoint().ok()?.said.as_deref().filter(|said| demands_assertion(said))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::CHECK;
    use crate::{
        checks::testing::{document, lose, table},
        model::{Reason, Snapshot, SourceId},
    };

    #[test]
    fn only_a_demand_for_an_assertion_alone_is_another_method() {
        fn says(now: &mut Snapshot, said: &str) {
            now.token_endpoint.value.as_mut().unwrap().said = Some(said.to_owned());
        }
        table(
            &CHECK,
            &[
                (
                    "Keycloak",
                    |now| says(now, "invalid_client: Parameter client_assertion_type is missing"),
                    "fail other_method",
                ),
                (
                    "Canaille lists what it tried",
                    |now| {
                        says(
                            now,
                            "invalid_client: The client cannot authenticate with methods: ['client_secret_basic', \
                             'client_secret_post', 'client_assertion_jwt', 'none']",
                        );
                    },
                    "ok",
                ),
            ],
        );
    }

    #[test]
    fn basic_must_be_announced_or_implied() {
        table(
            &CHECK,
            &[
                ("announced", |_| {}, "ok"),
                ("implied", |now| document(now, &json!({"token_endpoint_auth_methods_supported": null})), "ok"),
                (
                    "not announced",
                    |now| {
                        document(
                            now,
                            &json!({"token_endpoint_auth_methods_supported": ["client_secret_post", "none"]}),
                        );
                    },
                    "fail no_basic",
                ),
                ("no document", |now| lose(&mut now.discovery, SourceId::Discovery, Reason::Timeout), "unknown"),
            ],
        );
    }
}
