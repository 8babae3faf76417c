//! What Pocket ID keeps of a client (`GET /api/oidc/clients/{id}`, admin key), its secrets, groups and API keys.
//!
//! Fields came and went between 1.0 and 2.14: all but the first three are optional, unknown ones are ignored.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    clock::Time,
    oidc::{JsonProblem, parse_json},
};

/// A client's registration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientRegistration {
    /// The client ID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// *Callback URLs*: patterns (see [`super::registered`]). Null reads as empty.
    #[serde(rename = "callbackURLs", default, deserialize_with = "null_as_default")]
    pub callback_urls: Vec<String>,
    /// *Logout Callback URLs*.
    #[serde(rename = "logoutCallbackURLs", default, deserialize_with = "null_as_default")]
    pub logout_callback_urls: Vec<String>,
    /// *Public Client*.
    pub is_public: Option<bool>,
    /// *PKCE*.
    pub pkce_enabled: Option<bool>,
    /// *Require Pushed Authorization Requests* (2.9 and later).
    pub requires_pushed_authorization_requests: Option<bool>,
    /// *Requires Re-Authentication* (1.8 and later).
    pub requires_reauthentication: Option<bool>,
    /// Whether only the allowed groups may sign in (2.0 and later; before, an empty list of groups means everybody).
    pub is_group_restricted: Option<bool>,
    /// *Allowed User Groups*.
    #[serde(default, deserialize_with = "null_as_default")]
    pub allowed_user_groups: Vec<AllowedGroup>,
}

/// A group that may sign in to a client. Its `userCount` is always 0 here, so it is not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllowedGroup {
    /// The group's id.
    pub id: String,
    /// The name that the `groups` claim holds.
    pub name: String,
}

/// A client of the list (`GET /api/oidc/clients`), which counts the groups and does not name them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedClient {
    /// The client ID.
    pub id: String,
    /// Its name.
    pub name: String,
    /// *Callback URLs*: patterns. Null reads as empty.
    #[serde(rename = "callbackURLs", default, deserialize_with = "null_as_default")]
    pub callback_urls: Vec<String>,
    /// *Public Client*.
    pub is_public: Option<bool>,
    /// *PKCE*.
    pub pkce_enabled: Option<bool>,
    /// Whether only the allowed groups may sign in (2.0 and later).
    pub is_group_restricted: Option<bool>,
    /// How many groups may sign in.
    pub allowed_user_groups_count: Option<u64>,
    /// Its secrets (2.14 and later), beside other credentials.
    #[serde(default, deserialize_with = "null_as_default")]
    pub credentials: ListedCredentials,
    /// When it was used last, where a release says so.
    pub last_used_at: Option<Time>,
}

/// The credentials of a listed client.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct ListedCredentials {
    /// Its secrets; none before 2.14, which has one of which nothing is listed.
    pub secrets: Option<Vec<SecretEntry>>,
}

impl ListedClient {
    /// Whether only some groups may sign in. Before 2.0 an empty list of groups let everybody in.
    #[must_use]
    pub fn is_restricted(&self) -> Option<bool> {
        self.is_group_restricted.or(self.allowed_user_groups_count.map(|count| count > 0))
    }
}

/// One of a client's secrets (2.14 and later). Never the secret itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretEntry {
    /// Its id.
    pub id: String,
    /// Its first four characters, as the admin page shows them; empty for one from before 2.14.
    #[serde(default)]
    pub prefix: String,
    /// When it was made.
    #[serde(default)]
    pub created_at: Option<Time>,
    /// Until when it is accepted; null for ever.
    pub expires_at: Option<Time>,
    /// Whether it is accepted now.
    #[serde(default = "yes")]
    pub is_active: bool,
}

/// One API key of the key's own user (`GET /api/api-keys`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiKeyEntry {
    /// Its name.
    pub name: String,
    /// Until when it is accepted.
    pub expires_at: Time,
    /// When it was used last: ours has just been.
    pub last_used_at: Option<Time>,
}

/// One user group of the list (`GET /api/user-groups`), whose count of members is right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupEntry {
    /// Its id.
    pub id: String,
    /// The name that the `groups` claim holds.
    pub name: String,
    /// How many users it has.
    pub user_count: Option<u64>,
    /// How many of them are not disabled, where its members were asked for.
    #[serde(default)]
    pub enabled_count: Option<u64>,
}

/// What is read of one group (`GET /api/user-groups/{id}`): of its members nothing but whether each is disabled.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct GroupMembers {
    /// Its members.
    pub users: Vec<Member>,
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Member {
    /// Whether the user cannot sign in.
    #[serde(default)]
    pub disabled: bool,
}

impl GroupEntry {
    /// How many of its users can sign in, as far as is known.
    #[must_use]
    pub fn able(&self) -> Option<u64> {
        self.enabled_count.or(self.user_count)
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Paged<T> {
    /// Its items.
    pub data: Vec<T>,
    /// Which page it is.
    pub pagination: Pagination,
}

/// Which page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    /// How many pages there are.
    pub total_pages: u64,
    /// How many items there are in all.
    pub total_items: u64,
}

/// Reads an answer of the REST API.
///
/// # Errors
/// What the body is instead: another shape is said with its field, never with its content.
pub fn parse_answer<T: DeserializeOwned>(body: &[u8]) -> Result<T, JsonProblem> {
    let value = parse_json(body)?.value;
    serde_json::from_value(value).map_err(|error| {
        // serde names the missing field or the wrong type, and may quote the value: only the first half is kept.
        let text = error.to_string();
        let safe =
            if text.starts_with("missing field") { text } else { "another shape than any known release's".to_owned() };
        JsonProblem::Invalid(safe)
    })
}

fn yes() -> bool {
    true
}

fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_of_any_release_is_read() {
        let new =
            br#"{"id":"c1","name":"Kasm","callbackURLs":["https://k/cb"],"logoutCallbackURLs":null,"isPublic":false,
            "pkceEnabled":true,"requiresPushedAuthorizationRequests":false,"isGroupRestricted":true,
            "allowedUserGroups":[{"id":"a1","name":"kasm-users","userCount":0}],"credentials":{"secrets":[]}}"#;
        let client: ClientRegistration = parse_answer(new).unwrap();
        assert_eq!(client.pkce_enabled, Some(true));
        assert_eq!(client.allowed_user_groups[0].name, "kasm-users");
        assert!(client.logout_callback_urls.is_empty());
        let old: ClientRegistration = parse_answer(br#"{"id":"c1","name":"Kasm"}"#).unwrap();
        assert_eq!(old.is_group_restricted, None);
    }

    #[test]
    fn another_shape_is_told_without_its_content() {
        let error = parse_answer::<ClientRegistration>(br#"{"id":["alice@example.test"],"name":"x"}"#).unwrap_err();
        assert!(!error.to_string().contains("alice"), "{error}");
        let error = parse_answer::<Vec<SecretEntry>>(br#"[{"prefix":"abcd"}]"#).unwrap_err();
        assert_eq!(error.to_string(), "not JSON: missing field `id`");
    }
}
