use std::collections::BTreeSet;

use super::*;
use crate::{
    apps::kasm::StartOutcome,
    model::{Credential, Reason, SourceId},
    oidc::AuthorizeUrl,
};

fn told_of(now: &Snapshot, field: &str) -> FieldRow {
    let rows = fields(now, &checks::evaluate(now, None));
    rows.into_iter().find(|row| row.field == field).unwrap_or_else(|| panic!("no row {field}"))
}

fn url(now: &mut Snapshot) -> &mut AuthorizeUrl {
    match &mut now.login_start.value.as_mut().unwrap().starts[0].outcome {
        StartOutcome::Url(url) => url,
        other => panic!("{other:?}"),
    }
}

fn is(value: &str) -> Held {
    Held::Is { values: vec![value.to_owned()] }
}

#[test]
fn every_field_that_a_check_compares_has_its_row_and_every_row_names_checks_that_exist() {
    let compared: BTreeSet<(&str, &str)> =
        checks::all().flat_map(|(_, check)| check.fields.iter().map(|field| (check.id, *field))).collect();
    let told: Vec<(&str, &str)> = ROWS.iter().flat_map(|row| row.compared_by).copied().collect();
    for both in &compared {
        assert!(told.contains(both), "no row tells of {both:?}");
    }
    for (check, field) in &told {
        assert!(checks::find(check).is_some(), "there is no check {check}");
        assert!(field.is_empty() || compared.contains(&(*check, *field)), "{check} does not compare {field}");
    }
    let ids: BTreeSet<&str> = ROWS.iter().map(|row| row.field).collect();
    assert_eq!(ids.len(), ROWS.len(), "a field stands twice");
}

#[test]
fn with_every_credential_all_that_is_compared_agrees() {
    let now = Snapshot::healthy_with_credentials();
    for row in fields(&now, &checks::evaluate(&now, None)) {
        let expected = match row.field {
            // What Kasm holds is never seen; nothing is declared; passkeys are off.
            "client_secret" | "passkey_domain" => Agreement::Unproven,
            "display_name" | "auto_login" | "allowed_groups" => Agreement::NotApplicable,
            _ => Agreement::Agrees,
        };
        assert_eq!(row.agreement, expected, "{row:?}");
    }
    let row = told_of(&now, "token_url");
    assert_eq!(row.app_stores, is("https://id.example.test/api/oidc/token"));
    assert_eq!(row.provider_has, is("https://id.example.test/api/oidc/token"));
    assert_eq!(row.app_sends, Held::None);
}

#[test]
fn without_a_credential_a_field_says_what_it_needs_and_is_proven_only_by_the_dry_run() {
    let now = Snapshot::healthy();
    let redirect = told_of(&now, "redirect_url");
    assert_eq!(redirect.app_stores, Held::Unseen { why: "needs a Kasm key".to_owned() });
    assert_eq!(redirect.provider_has, Held::Unseen { why: "needs a Pocket ID key of an admin".to_owned() });
    assert_eq!(redirect.agreement, Agreement::Agrees, "the provider took it");
    assert_eq!(told_of(&now, "token_url").agreement, Agreement::Unproven);
    assert_eq!(told_of(&now, "client_id").provider_has, told_of(&now, "client_id").app_sends);
}

#[test]
fn a_field_differs_where_a_check_of_it_fails_and_only_there() {
    let mut now = Snapshot::healthy_with_credentials();
    url(&mut now).client_id = Some("another".to_owned());
    let differing: Vec<&str> = fields(&now, &checks::evaluate(&now, None))
        .into_iter()
        .filter(|row| row.agreement == Agreement::Differs)
        .map(|row| row.field)
        .collect();
    assert_eq!(differing, ["client_id"]);
    assert_eq!(told_of(&now, "client_id").app_sends, is("another"));
    assert_eq!(told_of(&now, "config_id").agreement, Agreement::Agrees, "the check fails for another field");

    let mut now = Snapshot::healthy();
    now.target.expect.auto_login = Some(true);
    let row = told_of(&now, "auto_login");
    assert_eq!((row.config_has, row.app_sends, row.agreement), (is("on"), is("off"), Agreement::Differs));
}

#[test]
fn a_list_is_told_entry_by_entry_as_it_stands() {
    let mut now = Snapshot::healthy_with_credentials();
    now.kasm_config.value.as_mut().unwrap().configs[0].scope =
        Some(vec!["openid profile".to_owned(), "email".to_owned()]);
    let row = told_of(&now, "scope");
    assert_eq!(row.app_stores, Held::Is { values: vec!["openid profile".to_owned(), "email".to_owned()] });
    assert!(matches!(&row.app_sends, Held::Is { values } if values.len() == 4), "{row:?}");
}

#[test]
fn a_value_and_a_list_are_not_as_long_as_a_server_pleases() {
    let mut now = Snapshot::healthy_with_credentials();
    let document = &mut now.discovery.value.as_mut().unwrap().fact;
    document.token_endpoint = Some("A".repeat(10_000));
    document.scopes_supported = Some((0..10_000).map(|number| format!("scope{number}")).collect());
    let values = |held: Held| match held {
        Held::Is { values } => values,
        other => panic!("{other:?}"),
    };
    assert_eq!(values(told_of(&now, "token_url").provider_has)[0].chars().count(), 800);
    let scopes = values(told_of(&now, "scope").provider_has);
    assert_eq!((scopes.len(), scopes[100].as_str()), (101, "… and 9900 more"));
}

#[test]
fn what_failed_this_time_is_told_with_its_reason_and_no_secret_is_told() {
    let mut now = Snapshot::healthy_with_credentials();
    now.discovery.value = Err(Missing::failed(SourceId::Discovery, Reason::Timeout, "no answer in 10 s"));
    assert!(
        matches!(told_of(&now, "token_url").provider_has, Held::Unseen { why } if why.ends_with("no answer in 10 s"))
    );
    let secret = told_of(&now, "client_secret");
    assert_eq!((secret.app_stores, secret.provider_has), (is("one is set"), is("one is active")));
    now.client_secrets.value = Err(Missing::NotConfigured(Credential::ProviderAdminKey));
    assert!(matches!(told_of(&now, "client_secret").provider_has, Held::Unseen { .. }));
}

#[test]
fn the_form_is_the_same_for_every_side() {
    let row = told_of(&Snapshot::healthy(), "token_url");
    let json = serde_json::to_value(row).unwrap();
    assert_eq!(json["app_stores"], serde_json::json!({"state": "unseen", "why": "needs a Kasm key"}));
    assert_eq!(json["app_sends"], serde_json::json!({"state": "none"}));
    assert_eq!(json["agreement"], "unproven");
}
