//! What the sources give that need a credential. No secret, no token; of persons only the named test user's.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    clock::Time,
    oidc::TokenFacts,
    providers::pocket_id::{ClientRegistration, GroupEntry, SecretEntry},
};

/// What the provider says to our copy of the client secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretProof {
    /// How it was asked.
    pub method: SecretMethod,
    /// What it said.
    pub answer: SecretAnswer,
    /// Where our copy comes from: a config key, and the file's path where it is a file.
    pub origin: String,
    /// The first four characters, as the provider's form shows them, of the client's secret that our copy is
    /// (Pocket ID 2.14); none where that is not known.
    pub entry: Option<String>,
    /// What a deliberately wrong secret got from the same endpoints, where it is not known that they authenticate the
    /// client.
    #[serde(default)]
    pub controls: Vec<Control>,
    /// When the file with our copy was written; none where it is in the config.
    #[serde(default)]
    pub copied_at: Option<Time>,
}

/// What a deliberately wrong secret got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    /// How it was asked.
    pub method: SecretMethod,
    /// When it was asked.
    pub at: Time,
    /// The HTTP status.
    pub status: u16,
    /// The error's code.
    pub error: Option<String>,
}

/// How a client secret is asked about without minting anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretMethod {
    /// Introspection of a made-up token (RFC 7662).
    Introspection,
    /// A made-up authorization code at the token endpoint (RFC 6749, section 4.1.3).
    BogusCode,
}

/// What a provider says to a client secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretAnswer {
    /// It is right.
    Accepted,
    /// It is refused, or the client is not known: a failing database looks the same.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The error code and its description, bounded.
        error: String,
        /// Whether the provider wants the client to authenticate in another way than by HTTP Basic.
        #[serde(default)]
        other_method: bool,
    },
    /// A made-up secret gets the same answer from the same endpoint: nothing is proven.
    SameForAny {
        /// The HTTP status.
        status: u16,
        /// The error's code.
        error: Option<String>,
    },
    /// Neither: an answer that no reference knows, or one that says nothing about the secret.
    CannotTell {
        /// The HTTP status.
        status: u16,
        /// What was seen, bounded.
        seen: String,
    },
}

/// A client_credentials token, looked at and dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientToken {
    /// The token's facts.
    pub token: TokenFacts,
    /// `expires_in` of the answer, in seconds.
    pub expires_in: Option<i64>,
    /// Our clock when the answer came.
    pub received_at: Time,
}

/// The client's registration at Pocket ID, and the groups that may use it with their counts of members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// The registration.
    pub client: ClientRegistration,
    /// The list of groups, read where the client is restricted to some: its counts of members are right, those of the
    /// registration are not. None where it was not read.
    pub groups: Option<Vec<GroupEntry>>,
}

/// The client's secrets (Pocket ID 2.14 and later).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientSecrets {
    /// Active, expired and deleted ones as listed.
    pub secrets: Vec<SecretEntry>,
}

/// The names of custom claims that some user or group has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomClaims {
    /// The names.
    pub names: Vec<String>,
}

/// The claims that the named test user would bring, for Kasm's own scopes: names and types, and the two values that Kasm
/// uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimsPreview {
    /// The claims.
    Claims {
        /// The type of each claim (`string`, `array`, `boolean`, ...), by name, as userinfo would give them.
        types: BTreeMap<String, String>,
        /// Text claims that can serve as a user name (`preferred_username`, `email`, `name`, `sub` and custom ones), of
        /// the test user alone.
        user_names: BTreeMap<String, String>,
        /// The `groups` claim.
        groups: Option<Vec<String>>,
        /// `email_verified`.
        email_verified: Option<bool>,
    },
    /// The provider has no such user.
    NoSuchUser,
    /// The user may not use this client.
    NotAllowed,
    /// The user is disabled, and its claims would be shown all the same (measured).
    Disabled,
}

/// The last real sign-in to this client, by the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastSignIn {
    /// When; none where the log holds none.
    pub at: Option<Time>,
}

/// What a provider key tells of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyOwner {
    /// Whether its user is an admin.
    pub is_admin: Option<bool>,
    /// The release of the provider, for example `2.14.0`; none before 2.3.
    pub version: Option<String>,
    /// Until when the key is accepted; none for a static key.
    pub key_expires_at: Option<Time>,
    /// Whether Kasm's client is among those that the key's user may use. Never a proof that users may sign in.
    pub may_use_client: Option<bool>,
}
