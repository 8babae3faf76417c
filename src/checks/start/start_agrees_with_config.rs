//! What Kasm sends is what it stores.

use std::collections::BTreeSet;

use super::{Case, Check, SeverityRule, endpoint::is_same};
use crate::{
    apps::kasm::OidcConfig,
    model::{Credential, Drift, Finding, Missing, Outcome},
    oidc::AuthorizeUrl,
};

pub(super) const CHECK: Check = Check {
    id: "start_agrees_with_config",
    severity: SeverityRule::DEGRADED,
    title: "Kasm sends what its OpenID config holds",
    why: "Where the two differ, a cache, another zone or another host answers: people get old settings, some of them \
           at least.",
    fix: "Kasm: restart the API container of the host that answers, and see that all hosts and zones of this address \
           share one database.",
    needs: &[Credential::AppKey],
    since: "",
    source: "Kasm documentation, Developer API and deployment zones",
    fields: &["sent_authorization_url", "sent_client_id", "sent_redirect_url", "sent_scope", "sent_config_id"],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let stored = case.stored()?;
    let sent = case.authorize_url()?;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let differing = [
        differs("sent_authorization_url", stored.auth_url.as_deref(), &sent.endpoint, is_same_endpoint),
        differs("sent_client_id", stored.client_id.as_deref(), &text(&sent.client_id), str::eq),
        differs("sent_redirect_url", stored.redirect_url.as_deref(), &text(&sent.redirect_uri), str::eq),
        differs("sent_scope", scope(stored).as_deref(), &text(&sent.scope), asks_for_the_same),
        config_id(stored, sent),
    ];
    Ok(Outcome::from_findings(differing.into_iter().flatten().collect()))
}

/// A finding where what is sent is not what is stored; none where nothing is known to be stored.
fn differs(
    field: &'static str,
    stored: Option<&str>,
    sent: &str,
    is_same: impl Fn(&str, &str) -> bool,
) -> Option<Finding> {
    let stored = stored.filter(|stored| !is_same(stored, sent))?;
    let drift = Drift::of(field, ("Kasm stores", stored), ("Kasm sends", sent))?;
    Some(Finding::new(field.trim_start_matches("sent_"), drift.sentence()).drift(drift))
}

/// The same address; what stands behind a question mark goes along and is no part of the endpoint.
fn is_same_endpoint(stored: &str, sent: &str) -> bool {
    let stored = stored.split(['?', '#']).next().unwrap_or_default().trim();
    stored == sent || is_same(stored, sent)
}

/// The stored entries as they are sent.
fn scope(stored: &OidcConfig) -> Option<String> {
    stored.scope.as_ref().map(|entries| entries.join(" "))
}

/// The same words in any order, each however often.
fn asks_for_the_same(stored: &str, sent: &str) -> bool {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<BTreeSet<String>>();
    words(stored) == words(sent)
}

/// The id that stands in `state`, where there is one: the callback goes by it (unconfirmed).
fn config_id(stored: &OidcConfig, sent: &AuthorizeUrl) -> Option<Finding> {
    let in_state = sent.state.as_ref()?.config_id.as_deref()?;
    differs("sent_config_id", stored.id.as_deref(), &in_state.replace('-', "").to_lowercase(), str::eq)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{evaluated_with_credentials, lose, stored, table, table_with_credentials, url},
        model::{Reason, SourceId},
    };

    #[test]
    fn each_part_of_what_is_sent_must_be_as_stored() {
        table(&CHECK, &[("no key", |_| {}, "unverified")]);
        table_with_credentials(
            &CHECK,
            &[
                ("all as stored", |_| {}, "ok"),
                ("another client", |now| stored(now).client_id = Some("c2".to_owned()), "fail client_id"),
                (
                    "another redirect URL",
                    |now| stored(now).redirect_url = Some("https://k".to_owned()),
                    "fail redirect_url",
                ),
                ("fewer scopes", |now| stored(now).scope = Some(vec!["openid".to_owned()]), "fail scope"),
                (
                    "the same scopes in one entry and another order",
                    |now| stored(now).scope = Some(vec!["groups profile email openid".to_owned()]),
                    "ok",
                ),
                (
                    "another endpoint",
                    |now| stored(now).auth_url = Some("https://old.example.test/authorize".to_owned()),
                    "fail authorization_url",
                ),
                (
                    "the endpoint with a query",
                    |now| stored(now).auth_url = Some("https://id.example.test/authorize?kc_idp=x".to_owned()),
                    "ok",
                ),
                (
                    "another id in state",
                    |now| url(now).state.as_mut().unwrap().config_id = Some("0".repeat(32)),
                    "fail config_id",
                ),
                (
                    "the id with dashes and in capitals",
                    |now| {
                        let id = "5CA1AB1E-0000-4000-8000-000000000001".to_owned();
                        url(now).state.as_mut().unwrap().config_id = Some(id);
                    },
                    "ok",
                ),
                ("no state", |now| url(now).state = None, "ok"),
                ("nothing is known of it", |now| stored(now).client_id = None, "ok"),
                (
                    "two parts",
                    |now| {
                        stored(now).client_id = Some("c2".to_owned());
                        url(now).redirect_uri = None;
                    },
                    "fail client_id redirect_url",
                ),
                ("no start", |now| lose(&mut now.login_start, SourceId::LoginStart, Reason::Timeout), "unknown"),
                (
                    "the key is refused",
                    |now| lose(&mut now.kasm_config, SourceId::KasmConfig, Reason::Unauthorized),
                    "unknown",
                ),
                ("Kasm stores nothing", |now| now.kasm_config.value.as_mut().unwrap().configs.clear(), "unknown"),
            ],
        );
    }

    #[test]
    fn both_sayings_of_kasm_are_told() {
        let report = evaluated_with_credentials(&CHECK, |now| stored(now).client_id = Some("c2".to_owned()));
        let drift = report.findings[0].drift.as_ref().unwrap();
        assert_eq!((drift.field.as_str(), drift.expected.as_str()), ("sent_client_id", "c2"));
        assert_eq!((drift.expected_by.as_str(), drift.actual_by.as_str()), ("Kasm stores", "Kasm sends"));
    }

    #[test]
    fn several_configs_of_which_none_is_known_to_be_ours_are_listed() {
        let report = evaluated_with_credentials(&CHECK, |now| {
            lose(&mut now.login_start, SourceId::LoginStart, Reason::Timeout);
            let mut second = stored(now).clone();
            second.display_name = Some("Old".to_owned());
            now.kasm_config.value.as_mut().unwrap().configs.push(second);
        });
        assert!(report.reason.unwrap().contains("several OpenID configs: Pocket ID, Old"));
    }
}
