//! Kasm fetches tokens at the provider's token endpoint.

use super::{Case, Check, SeverityRule, endpoint};
use crate::model::{Credential, Missing, Outcome};

pub(super) const CHECK: Check = Check {
    id: "token_url_matches",
    severity: SeverityRule::OUTAGE,
    title: "Kasm asks the provider's token endpoint",
    why: "Kasm calls this address itself, after the passkey: a wrong one ends in Kasm's Internal Error, and nothing \
           at the provider says why.",
    fix: "Kasm: Access Management > Authentication > OpenID > your config > Token URL: enter the provider's \
           token_endpoint (https://<id>/api/oidc/token, or the same path at INTERNAL_APP_URL).",
    needs: &[Credential::AppKey],
    since: "",
    source: "OpenID Connect Discovery 1.0, section 3; Pocket ID's guide for Kasm",
    fields: &["token_url"],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let stored = case.stored_field("token_url", |stored| stored.token_url.as_deref())?;
    endpoint::compare(case, "token_url", stored, case.discovery()?.token_endpoint.as_deref())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::CHECK;
    use crate::{
        checks::testing::{document, evaluated_with_credentials, generic, lose, stored, table, table_with_credentials},
        model::{Reason, Snapshot, SourceId, Verdict},
    };

    fn store(now: &mut Snapshot, url: &str) {
        stored(now).token_url = Some(url.to_owned());
    }

    /// Pocket ID with INTERNAL_APP_URL.
    fn internal(now: &mut Snapshot) {
        document(now, &json!({"token_endpoint": "http://pocket-id:1411/api/oidc/token"}));
    }

    #[test]
    fn either_base_is_good_and_the_path_is_strict() {
        table(&CHECK, &[("no key", |_| {}, "unverified")]);
        table_with_credentials(
            &CHECK,
            &[
                ("the announced one", |_| {}, "ok"),
                (
                    "host in capitals, port written",
                    |now| store(now, "https://ID.example.test:443/api/oidc/token"),
                    "ok",
                ),
                ("another host", |now| store(now, "https://old.example.test/api/oidc/token"), "fail differs"),
                ("another path", |now| store(now, "https://id.example.test/token"), "fail differs"),
                (
                    "a slash too many, which Pocket ID redirects",
                    |now| store(now, "https://id.example.test/api/oidc/token/"),
                    "ok",
                ),
                (
                    "a slash too many at another provider",
                    |now| {
                        generic(now);
                        store(now, "https://id.example.test/token/");
                    },
                    "fail differs",
                ),
                ("a container's name", |now| store(now, "http://pocket-id:1411/api/oidc/token"), "unverified"),
                ("a private address", |now| store(now, "http://10.0.0.7:1411/api/oidc/token"), "unverified"),
                ("a container's name, another path", |now| store(now, "http://pocket-id:1411/token"), "fail differs"),
                ("this machine", |now| store(now, "http://localhost:1411/api/oidc/token"), "fail differs"),
                ("another scheme", |now| store(now, "http://id.example.test/api/oidc/token"), "fail differs"),
                ("a blank at the end", |now| store(now, "https://id.example.test/api/oidc/token "), "fail differs"),
                ("not an address", |now| store(now, "id.example.test/api/oidc/token"), "fail differs"),
                ("internal base announced, public stored", internal, "ok"),
                (
                    "internal base announced and stored",
                    |now| {
                        internal(now);
                        store(now, "http://pocket-id:1411/api/oidc/token");
                    },
                    "ok",
                ),
                (
                    "internal base announced, its path is wrong",
                    |now| {
                        internal(now);
                        store(now, "http://pocket-id:1411/oidc/token");
                    },
                    "fail differs",
                ),
                (
                    "internal base of the config",
                    |now| {
                        now.target.provider.internal_url = Some("http://10.0.0.7:1411".to_owned());
                        store(now, "http://10.0.0.7:1411/api/oidc/token");
                    },
                    "ok",
                ),
                (
                    "another provider has one base",
                    |now| {
                        generic(now);
                        store(now, "https://id.example.test/token");
                    },
                    "ok",
                ),
                (
                    "another provider's token endpoint is elsewhere",
                    |now| {
                        generic(now);
                        document(now, &json!({"token_endpoint": "https://api.example.test/token"}));
                        store(now, "https://id.example.test/token");
                    },
                    "fail differs",
                ),
                ("nothing stored", |now| stored(now).token_url = None, "unknown"),
                ("none announced", |now| document(now, &json!({"token_endpoint": null})), "unknown"),
                ("no document", |now| lose(&mut now.discovery, SourceId::Discovery, Reason::Connect), "unknown"),
                (
                    "our key is refused",
                    |now| lose(&mut now.kasm_config, SourceId::KasmConfig, Reason::Unauthorized),
                    "unknown",
                ),
            ],
        );
    }

    #[test]
    fn every_base_of_the_provider_that_is_known_is_good() {
        let other = |now: &mut Snapshot| {
            let token = "https://login.example.test/api/oidc/token";
            document(now, &json!({"issuer": "https://login.example.test", "token_endpoint": token}));
        };
        assert_eq!(evaluate_other(other, None), Verdict::Ok, "Kasm at provider.url, the document elsewhere");
        assert_eq!(
            evaluate_other(other, Some("https://login.example.test/api/oidc/token")),
            Verdict::Ok,
            "Kasm follows it"
        );
        let back_channel = |now: &mut Snapshot| {
            generic(now);
            now.target.provider.url = "http://keycloak:8080".to_owned();
            document(now, &json!({"token_endpoint": "http://keycloak:8080/token"}));
        };
        for (stored, verdict) in [
            ("http://keycloak:8080/token", Verdict::Ok),
            ("https://id.example.test/token", Verdict::Ok),
            ("https://other.example.test/token", Verdict::Fail),
        ] {
            assert_eq!(evaluate_other(back_channel, Some(stored)), verdict, "{stored}");
        }
        let behind_a_proxy = |now: &mut Snapshot| {
            generic(now);
            document(now, &json!({"token_endpoint": "http://id.example.test/token"}));
        };
        assert_eq!(evaluate_other(behind_a_proxy, Some("https://id.example.test/token")), Verdict::Ok);
        let wrong = evaluated_with_credentials(&CHECK, |now| {
            behind_a_proxy(now);
            store(now, "https://id.example.test/tokens");
        });
        let drift = wrong.findings[0].drift.as_ref().unwrap();
        assert_eq!((&*drift.expected_by, &*drift.expected), ("Expected is", "https://id.example.test/token"));
    }

    fn evaluate_other(change: fn(&mut Snapshot), stored: Option<&str>) -> Verdict {
        let report = evaluated_with_credentials(&CHECK, |now| {
            change(now);
            if let Some(stored) = stored {
                store(now, stored);
            }
        });
        report.verdict
    }

    #[test]
    fn what_differs_is_told_with_both_values() {
        let report = evaluated_with_credentials(&CHECK, |now| store(now, "https://id.example.test/api/oidc/tokens"));
        let finding = &report.findings[0];
        assert!(finding.message.starts_with("Kasm's token URL has the wrong path"), "{finding:?}");
        assert_eq!(finding.drift.as_ref().unwrap().first_difference(), 38);
        assert_eq!(finding.fix.as_deref(), Some(CHECK.fix));
        let elsewhere =
            evaluated_with_credentials(&CHECK, |now| store(now, "https://back.example.test/api/oidc/token"));
        assert!(elsewhere.findings[0].fix.as_ref().unwrap().contains("provider.internal_url"), "{elsewhere:?}");
    }
}
