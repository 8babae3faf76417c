//! Kasm asks the provider's userinfo endpoint.

use super::{Case, Check, SeverityRule, endpoint};
use crate::model::{Credential, Missing, Outcome};

pub(super) const CHECK: Check = Check {
    id: "userinfo_url_matches",
    severity: SeverityRule::OUTAGE,
    title: "Kasm asks the provider's userinfo endpoint",
    why: "Kasm reads user name and groups there: a wrong address ends every sign-in in an Internal Error, after the \
           passkey.",
    fix: "Kasm: Access Management > Authentication > OpenID > your config > User Info URL: enter the provider's \
           userinfo_endpoint (https://<id>/api/oidc/userinfo, or the same path at INTERNAL_APP_URL).",
    needs: &[Credential::AppKey],
    since: "",
    source: "OpenID Connect Core 1.0, section 5.3; Pocket ID's guide for Kasm",
    fields: &["user_info_url"],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let stored = case.stored_field("user_info_url", |stored| stored.user_info_url.as_deref())?;
    endpoint::compare(case, "user_info_url", stored, case.discovery()?.userinfo_endpoint.as_deref())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::CHECK;
    use crate::{
        checks::testing::{document, evaluated_with_credentials, stored, table, table_with_credentials},
        model::Snapshot,
    };

    fn store(now: &mut Snapshot, url: &str) {
        stored(now).user_info_url = Some(url.to_owned());
    }

    #[test]
    fn it_must_be_the_announced_one_on_either_base() {
        table(&CHECK, &[("no key", |_| {}, "unverified")]);
        table_with_credentials(
            &CHECK,
            &[
                ("the announced one", |_| {}, "ok"),
                (
                    "announced on the internal base",
                    |now| document(now, &json!({"userinfo_endpoint": "http://pocket-id:1411/api/oidc/userinfo"})),
                    "ok",
                ),
                ("another host", |now| store(now, "https://old.example.test/api/oidc/userinfo"), "fail differs"),
                ("the token endpoint", |now| store(now, "https://id.example.test/api/oidc/token"), "fail differs"),
                ("nothing stored", |now| stored(now).user_info_url = None, "unknown"),
            ],
        );
        let report = evaluated_with_credentials(&CHECK, |now| store(now, "https://old.example.test/api/oidc/userinfo"));
        assert_eq!(report.findings[0].drift.as_ref().unwrap().field, "user_info_url");
        assert!(report.findings[0].message.starts_with("Kasm's user info URL has the wrong host"), "{report:?}");
    }
}
