//! Answers of Kasm's developer API besides the OpenID configs: release, groups, mappings, one user. Forms are unconfirmed
//! where nothing else is said, so they are read tolerantly, and another form is no answer.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::login_settings::error_message;
use crate::oidc::{JsonProblem, parse_json, short};

/// Kasm's release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KasmVersion {
    /// `build_id`, for example `1.19.0.abcdef`.
    pub build: String,
}

/// A group mapping of Kasm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupMapping {
    /// Kasm's group.
    pub group: String,
    /// The config that it belongs to, lower case without dashes.
    pub config_id: Option<String>,
    /// The provider's group names, as entered.
    pub sso_groups: Vec<String>,
    /// Whether everybody of that config gets the group.
    pub applies_to_all: bool,
}

/// The named test user, as Kasm has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KasmUser {
    /// Kasm has no such user: the first sign-in makes it.
    Absent,
    /// Kasm has it.
    Present {
        /// `local`, `ldap`, `saml` or `oidc`.
        realm: Option<String>,
        /// Whether it is locked or disabled.
        is_barred: bool,
        /// Its Kasm groups.
        groups: Vec<String>,
    },
}

/// Kasm's own error text, whatever the status, where the body is an error object and nothing else.
#[must_use]
pub fn refusal(body: &[u8]) -> Option<String> {
    let json = parse_json(body).ok()?.value;
    let has_facts = ["oidc_configs", "system_info", "groups", "group_mappings", "user"];
    if has_facts.iter().any(|name| json.get(*name).is_some_and(|value| !value.is_null())) {
        return None;
    }
    error_message(&json)
}

/// The build of `system_info`: `system_info.api.build_id`.
///
/// # Errors
/// What the body is instead.
pub fn build_of(body: &[u8]) -> Result<String, JsonProblem> {
    let json = parse_json(body)?.value;
    let build = json.pointer("/system_info/api/build_id").and_then(Value::as_str).map(str::trim);
    let build = build.filter(|build| !build.is_empty() && *build != "None");
    build.map(short).ok_or_else(|| JsonProblem::Invalid("no `system_info.api.build_id`".to_owned()))
}

/// One of Kasm's groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupName {
    /// `group_id`, as written.
    pub id: String,
    /// `name`.
    pub name: String,
}

/// The groups of `get_groups`, in the order of the answer; an entry without an id is left out.
///
/// # Errors
/// What the body is instead.
pub fn groups_of(body: &[u8]) -> Result<Vec<GroupName>, JsonProblem> {
    let json = parse_json(body)?.value;
    let groups = list(&json, "groups")?;
    let name = |entry: &Value| {
        let id = text(entry, "group_id")?.to_owned();
        Some(GroupName { name: short(text(entry, "name").unwrap_or(&id)), id })
    };
    Ok(groups.iter().filter_map(name).collect())
}

/// The mappings of one group that belong to an OpenID config.
///
/// # Errors
/// What the body is instead.
pub fn mappings_of(body: &[u8], group: &str) -> Result<Vec<GroupMapping>, JsonProblem> {
    let json = parse_json(body)?.value;
    let mapping = |entry: &Value| {
        let config = text(entry, "oidc_id")?;
        Some(GroupMapping {
            group: group.to_owned(),
            config_id: Some(config.replace('-', "").to_lowercase()),
            sso_groups: names(entry.get("sso_group_attributes")),
            applies_to_all: entry.get("apply_to_all_users").and_then(Value::as_bool) == Some(true),
        })
    };
    Ok(list(&json, "group_mappings")?.iter().filter_map(mapping).collect())
}

/// The user of `get_user`; nothing of the person is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserAnswer(pub KasmUser);

impl UserAnswer {
    /// Reads an answer.
    ///
    /// # Errors
    /// What the body is instead.
    pub fn parse(body: &[u8]) -> Result<Self, JsonProblem> {
        let json = parse_json(body)?.value;
        let user = json.get("user").filter(|user| user.get("username").is_some() || user.get("user_id").is_some());
        let user = user.ok_or_else(|| JsonProblem::Invalid("no `user`".to_owned()))?;
        let is_set = |name: &str| user.get(name).and_then(Value::as_bool) == Some(true);
        let groups = user.get("groups").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        Ok(Self(KasmUser::Present {
            realm: text(user, "realm").map(|realm| short(&realm.to_lowercase())),
            is_barred: is_set("locked") || is_set("disabled"),
            groups: groups.iter().filter_map(|group| text(group, "name")).map(short).collect(),
        }))
    }
}

fn list<'a>(json: &'a Value, name: &str) -> Result<&'a [Value], JsonProblem> {
    let found = json.get(name).and_then(Value::as_array);
    found.map(Vec::as_slice).ok_or_else(|| JsonProblem::Invalid(format!("no list `{name}`")))
}

/// A text; a null may be the text "None" (reported).
fn text<'a>(json: &'a Value, name: &str) -> Option<&'a str> {
    json.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty() && *text != "None")
}

/// The provider's group of a mapping: one text, or a list of them.
fn names(value: Option<&Value>) -> Vec<String> {
    let name = |value: &Value| value.as_str().filter(|text| !text.trim().is_empty() && *text != "None").map(short);
    match value {
        Some(Value::Array(items)) => items.iter().filter_map(name).collect(),
        Some(one) => name(one).into_iter().collect(),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_body_makes_a_reader_panic(body in prop_oneof![
            "\\PC{0,60}",
            r#"\{"(user|groups|group_mappings|system_info|error_message)":(null|1|"x"|\[1,\{\}\]|\{"api":\[\]\})\}"#,
        ]) {
            let body = body.as_bytes();
            let _ = (refusal(body), build_of(body), groups_of(body), mappings_of(body, "x"), UserAnswer::parse(body));
        }
    }

    #[test]
    fn an_error_object_is_a_refusal_and_facts_are_none() {
        assert_eq!(refusal(br#"{"error_message":"Access Denied"}"#).as_deref(), Some("Access Denied"));
        assert_eq!(refusal(br#"{"error_message":"no","oidc_configs":[]}"#), None);
        assert_eq!(refusal(br#"{"oidc_configs":[],"error_message":null}"#), None);
        assert_eq!(refusal(b"<H1>Internal Error</H1>"), None);
    }

    #[test]
    fn the_release_is_that_of_the_api() {
        let build = |body: &str| build_of(body.as_bytes());
        assert_eq!(build(r#"{"system_info":{"api":{"build_id":"1.19.0.00c9b2"}}}"#).unwrap(), "1.19.0.00c9b2");
        for other in ["{}", r#"{"system_info":{"api":{"build_id":"None"}}}"#, r#"{"system_info":[]}"#, "<html>"] {
            assert!(build(other).is_err(), "{other}");
        }
    }

    #[test]
    fn mappings_of_other_kinds_of_sign_in_are_left_out() {
        let body = br#"{"group_mappings":[
            {"oidc_id":"5CA1AB1E-0000-4000-8000-000000000001","sso_group_attributes":"kasm-users","apply_to_all_users":false},
            {"oidc_id":null,"saml_id":"x","sso_group_attributes":"staff"},
            {"oidc_id":"None","ldap_id":"x","sso_group_attributes":"CN=a,DC=b"},
            {"oidc_id":"a1","sso_group_attributes":null,"apply_to_all_users":true}]}"#;
        let found = mappings_of(body, "Kasm Users").unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].config_id.as_deref(), Some("5ca1ab1e000040008000000000000001"));
        assert_eq!((found[0].group.as_str(), &found[0].sso_groups[..]), ("Kasm Users", &["kasm-users".to_owned()][..]));
        assert!(found[1].applies_to_all && found[1].sso_groups.is_empty());
        assert!(mappings_of(b"{}", "x").is_err());
    }

    #[test]
    fn groups_have_an_id_and_a_name() {
        let body =
            br#"{"groups":[{"group_id":"a1","name":"Kasm Users","priority":5},{"name":"no id"},{"group_id":"b2"}]}"#;
        let found: Vec<(String, String)> =
            groups_of(body).unwrap().into_iter().map(|group| (group.id, group.name)).collect();
        assert_eq!(found, [("a1".to_owned(), "Kasm Users".to_owned()), ("b2".to_owned(), "b2".to_owned())]);
        assert!(groups_of(br#"{"groups":{}}"#).is_err());
    }

    #[test]
    fn of_a_user_only_realm_state_and_groups_are_kept() {
        let body = br#"{"user":{"user_id":"u1","username":"canary","first_name":"Alice","phone":"1","realm":"Local",
            "locked":true,"disabled":false,"groups":[{"name":"All Users","group_id":"g1"}],"created":"None"}}"#;
        let UserAnswer(user) = UserAnswer::parse(body).unwrap();
        let groups = vec!["All Users".to_owned()];
        assert_eq!(user, KasmUser::Present { realm: Some("local".to_owned()), is_barred: true, groups });
        for other in ["{}", r#"{"user":null}"#, r#"{"user":{}}"#, r#"{"user":"None"}"#] {
            assert!(UserAnswer::parse(other.as_bytes()).is_err(), "{other}");
        }
    }
}
