//! Users, groups and API keys, as the REST API shows them.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{clock::Time, providers::pocket_id::Version};

/// A user.
#[derive(Debug, Clone)]
pub(in crate::lab) struct User {
    pub id: String,
    pub username: &'static str,
    pub first: &'static str,
    pub last: &'static str,
    pub email: String,
    /// From 2.2 a fact of the user.
    pub email_verified: bool,
    pub is_admin: bool,
    pub is_disabled: bool,
    /// Names of the groups.
    pub groups: Vec<&'static str>,
    /// Names and values.
    pub custom_claims: Vec<(&'static str, &'static str)>,
}

/// A group.
#[derive(Debug, Clone)]
pub(in crate::lab) struct Group {
    pub id: String,
    pub friendly_name: &'static str,
    pub name: &'static str,
}

/// An API key.
#[derive(Debug, Clone)]
pub(in crate::lab) struct ApiKey {
    pub id: String,
    /// Every text that is taken for it.
    pub tokens: Vec<&'static str>,
    /// The user that it acts as.
    pub owner: &'static str,
    pub name: &'static str,
    pub description: &'static str,
    /// Days until it ends.
    pub days_left: i64,
}

/// Whatever was made, was made then.
const CREATED: &str = "2026-11-24T04:56:46Z";

impl User {
    /// The user whom the operator names as the test user.
    pub(in crate::lab) const TEST: &'static str = "canary";

    /// The users of the recordings, and the test user.
    pub(in crate::lab) fn known() -> Vec<Self> {
        let user = |number: u8, username: &'static str, first: &'static str, last: &'static str| Self {
            id: format!("00000000-0000-4000-8000-0000000000b{number}"),
            username,
            first,
            last,
            email: format!("{username}@example.test"),
            email_verified: false,
            is_admin: false,
            is_disabled: false,
            groups: Vec::new(),
            custom_claims: Vec::new(),
        };
        vec![
            Self { is_admin: true, ..user(0, "admin", "Ada", "Admin") },
            Self { email_verified: true, groups: vec!["kasm-users"], ..user(1, "alice", "Alice", "Canary") },
            user(2, "bob", "Bob", "Builder"),
            Self { email_verified: true, groups: vec!["kasm-users"], ..user(3, Self::TEST, "Test", "User") },
        ]
    }

    pub(in crate::lab) fn display_name(&self) -> String {
        format!("{} {}", self.first, self.last)
    }

    pub(in crate::lab) fn json(&self, version: Version, groups: &[Group]) -> Value {
        let own = groups.iter().filter(|group| self.groups.contains(&group.name));
        let claims: Vec<Value> =
            self.custom_claims.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
        let mut body = json!({
            "id": self.id, "username": self.username, "email": self.email, "firstName": self.first,
            "lastName": self.last, "displayName": self.display_name(), "isAdmin": self.is_admin, "locale": null,
            "customClaims": claims, "userGroups": own.map(|group| group.of_user(version)).collect::<Vec<_>>(),
            "ldapId": null, "disabled": self.is_disabled,
        });
        if version >= Version::new(2, 2) {
            body["emailVerified"] = json!(self.email_verified);
        }
        body
    }
}

impl Group {
    /// The groups of the recordings.
    pub(in crate::lab) fn known() -> Vec<Self> {
        let group = |number: u8, friendly_name, name| Self {
            id: format!("00000000-0000-4000-8000-0000000000a{number}"),
            friendly_name,
            name,
        };
        vec![group(1, "Kasm Users", "kasm-users"), group(2, "Nobody", "nobody")]
    }

    /// With that count of members.
    pub(super) fn json(&self, members: usize) -> Value {
        json!({
            "id": self.id, "friendlyName": self.friendly_name, "name": self.name, "customClaims": [],
            "userCount": members, "ldapId": null, "createdAt": CREATED,
        })
    }

    /// As a user has it: without a count, or with one that is always 0.
    fn of_user(&self, version: Version) -> Value {
        let mut body = self.json(0);
        if version < Version::new(2, 0)
            && let Some(members) = body.as_object_mut()
        {
            members.remove("userCount");
        }
        body
    }
}

impl ApiKey {
    /// The keys of the recordings and those that the lab hands out.
    pub(in crate::lab) fn known() -> Vec<Self> {
        let key = |number: u8, owner, name, description, tokens: &[&'static str]| Self {
            id: format!("00000000-0000-4000-8000-0000000000e{number}"),
            tokens: tokens.to_vec(),
            owner,
            name,
            description,
            days_left: 365,
        };
        let admin = ["AdminApiKeyPlaceholder0000000001", crate::lab::ADMIN_API_KEY];
        let alice = ["NonAdminApiKeyPlaceholder0000001", crate::lab::USER_API_KEY];
        let expired = ["ExpiredApiKeyPlaceholder00000001"];
        vec![
            key(0, "admin", "ssowatch admin", "throw-away", &admin),
            key(1, "alice", "alice key", "canary", &alice),
            key(2, "bob", "bob key", "canary", &["NonAdminApiKeyPlaceholder0000002"]),
            Self { days_left: -1, ..key(3, "bob", "old key", "canary", &expired) },
        ]
    }

    pub(super) fn ends(&self, now: Time) -> Time {
        now + TimeDelta::days(self.days_left)
    }

    pub(super) fn json(&self, now: Time) -> Value {
        json!({
            "id": self.id, "name": self.name, "description": self.description, "expiresAt": text(self.ends(now)),
            "lastUsedAt": text(now), "createdAt": CREATED, "expirationEmailSent": false,
        })
    }
}

/// A time as Go writes it.
pub(super) fn text(time: Time) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
