//! A client's registration as the REST API shows it, release by release.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{
    Client, Provider,
    people::{User, text},
};
use crate::{clock::Time, providers::pocket_id::Version};

/// What everybody sees of a client.
pub(super) fn meta(client: &Client, version: Version) -> Value {
    let mut body = json!({
        "id": client.id,
        "name": client.name,
        "hasLogo": false,
        "hasDarkLogo": false,
        "launchURL": null,
        "requiresReauthentication": client.requires_reauthentication,
    });
    if version >= Version::new(2, 10) {
        body["description"] = json!("");
    }
    if version >= Version::new(2, 13) {
        body["clientType"] = json!("standard");
    }
    body
}

/// What an admin sees of a client; the list of clients counts the groups, and does not name them.
pub(super) fn whole(provider: &Provider, client: &Client, is_listed: bool, now: Time) -> Value {
    let version = provider.version;
    let mut body = meta(client, version);
    let mut set = |name: &str, value: Value| body[name] = value;
    set("callbackURLs", json!(client.callback_urls));
    set("logoutCallbackURLs", json!(client.logout_callback_urls));
    set("isPublic", json!(client.is_public));
    set("pkceEnabled", json!(client.pkce_required || client.is_public));
    set("credentials", json!({}));
    if version >= Version::new(2, 0) {
        set("isGroupRestricted", json!(client.allowed_groups.is_some()));
    }
    if version >= Version::new(2, 9) {
        set("requiresPushedAuthorizationRequests", json!(client.par_required));
    }
    if version >= Version::new(2, 10) {
        set("skipConsent", json!(false));
    }
    if version >= Version::new(2, 13) {
        set("accessTokenDurationMinutes", json!(60));
        set("refreshTokenDurationMinutes", json!(43200));
    }
    if version >= Version::new(2, 14) {
        set("credentials", json!({"secrets": secrets(client, now)}));
    }
    let names = client.allowed_groups.as_deref().unwrap_or_default();
    let groups = provider.groups.iter().filter(|group| names.contains(&group.name));
    // The count of members is always 0 here (measured).
    let groups: Vec<Value> = groups.map(|group| group.json(0)).collect();
    if is_listed {
        set("allowedUserGroupsCount", json!(groups.len()));
    } else {
        set("allowedUserGroups", json!(groups));
    }
    body
}

/// The secrets of a client: active ones, then those that have ended, which stay listed.
pub(super) fn secrets(client: &Client, now: Time) -> Vec<Value> {
    let entry = |number: usize, secret: &String, ends: Option<i64>, is_active: bool| {
        json!({
            "id": format!("00000000-0000-4000-8000-00000000f{number:03}"),
            "prefix": secret.chars().take(4).collect::<String>(),
            "createdAt": text(now - TimeDelta::days(client.secret_days_old)),
            "expiresAt": ends.map(|days| text(now + TimeDelta::days(days))),
            "isActive": is_active,
        })
    };
    let active = client.secrets.iter().map(|secret| (secret, client.secret_days_left, true));
    let ended = client.ended_secrets.iter().map(|secret| (secret, Some(-2), false));
    active
        .chain(ended)
        .enumerate()
        .map(|(number, (secret, ends, is_active))| entry(number, secret, ends, is_active))
        .collect()
}

/// Whether a user may sign in to a client. Before 2.0 a list without a group let everybody in.
pub(super) fn may_use(client: &Client, user: &User, version: Version) -> bool {
    match &client.allowed_groups {
        None => true,
        Some(groups) if groups.is_empty() => version < Version::new(2, 0),
        Some(groups) => user.groups.iter().any(|group| groups.contains(group)),
    }
}

/// Whether a client stands in the list of those that a user may use: up to 2.11 it does even where its last group is
/// gone, so that nobody may (measured).
pub(super) fn is_listed_for(client: &Client, user: &User, version: Version) -> bool {
    let is_closed = client.allowed_groups.as_ref().is_some_and(Vec::is_empty);
    may_use(client, user, version) || (is_closed && version < Version::new(2, 12))
}
