//! The claims that the named test user would bring, for the scopes that Kasm asks for. Changes nothing there.
//!
//! Of the answer only names and types are kept, the user name, the groups, and whether the e-mail address is verified.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::provider_key::{ProviderKey, client_segment, is_no_endpoint};
use crate::{
    model::{ClaimsPreview, Missing, Reason},
    providers::pocket_id::Paged,
};

/// A user of the list: of the person nothing but this is read.
#[derive(Deserialize)]
struct UserEntry {
    id: String,
    username: String,
}

/// The claims as userinfo would give them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Preview {
    user_info: Map<String, Value>,
}

/// Asks for the claims of a user, found by the user name.
pub(in crate::collect) async fn collect(
    key: &ProviderKey<'_>,
    client_id: &str,
    user: &str,
    scope: &str,
) -> Result<ClaimsPreview, Missing> {
    let query = [("search", user), ("pagination[page]", "1"), ("pagination[limit]", "100")];
    let users: Paged<UserEntry> = key.get(&["users"], &query).await?;
    let Some(found) = users.data.iter().find(|entry| entry.username == user) else {
        if users.pagination.total_pages > 1 {
            return Err(key.failed(Reason::Body, "more than 100 users fit expect.user, and it is not among the first"));
        }
        return Ok(ClaimsPreview::NoSuchUser);
    };
    let path = ["oidc", "clients", &client_segment(client_id), "preview", &found.id];
    let answer = key.ask(&path, &[("scopes", scope)]).await?;
    match answer.status {
        403 => Ok(ClaimsPreview::NotAllowed),
        404 if is_no_endpoint(&answer) => {
            Err(Missing::OutOfReach("Pocket ID before 1.3 does not show what a user's claims would be".to_owned()))
        }
        _ => Ok(kept(&key.read::<Preview>(&answer)?.user_info)),
    }
}

/// What is kept of the claims.
fn kept(claims: &Map<String, Value>) -> ClaimsPreview {
    let user_name = claims.get("preferred_username").and_then(Value::as_str);
    let groups = claims.get("groups").and_then(Value::as_array);
    ClaimsPreview::Claims {
        types: claims.iter().map(|(name, value)| (name.clone(), kind(value).to_owned())).collect(),
        user_names: user_name
            .map(|name| BTreeMap::from([("preferred_username".to_owned(), name.to_owned())]))
            .unwrap_or_default(),
        groups: groups.map(|names| names.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
        email_verified: claims.get("email_verified").and_then(Value::as_bool),
    }
}

/// The type of a claim's value, as JSON names it. A text that is empty is none.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(text) if text.is_empty() => "empty",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_types_user_name_and_groups_are_kept_and_nothing_else_of_the_person() {
        let claims = serde_json::json!({
            "sub": "b1", "preferred_username": "alice", "email": "alice@example.test", "email_verified": true,
            "name": "Alice Canary", "family_name": "", "picture": null, "groups": ["kasm-users"], "notifier": {"floor": 2},
        });
        let kept = kept(claims.as_object().unwrap());
        let ClaimsPreview::Claims { types, user_names, groups, email_verified } = &kept else { panic!("{kept:?}") };
        assert_eq!(types["email"], "string");
        assert_eq!((types["family_name"].as_str(), types["picture"].as_str()), ("empty", "null"));
        assert_eq!((types["groups"].as_str(), types["notifier"].as_str()), ("array", "object"));
        assert_eq!(user_names["preferred_username"], "alice");
        assert_eq!(groups.as_deref(), Some(["kasm-users".to_owned()].as_slice()));
        assert_eq!(*email_verified, Some(true));
        let text = format!("{kept:?}");
        assert!(!text.contains('@') && !text.contains("Canary"), "{text}");
    }
}
