//! The REST API that an API key opens: what an admin may read, and what any user may read of itself. Nothing here writes,
//! and what is not read by anybody who watches answers as an endpoint that does not exist.

use serde_json::{Value, json};

use super::{
    Answer, Provider, Request,
    errors::{CLIENT_UNKNOWN, DISABLED, NO_PERMISSION, NOT_FOUND, NOT_SIGNED_IN},
    people::{ApiKey, User},
    preview, registered,
};
use crate::{clock::Time, lab::state::Database, providers::pocket_id::Version};

/// Answers a path of the REST API; none where there is no such path on that release.
pub(super) fn answer(provider: &Provider, request: &Request, path: &str, now: Time) -> Option<Answer> {
    let segments: Vec<&str> = path.strip_prefix("/api/")?.split('/').collect();
    let endpoint = Endpoint::of(&segments, provider.version)?;
    Some(match signed_in(provider, request, now) {
        Err(refused) => refused,
        Ok((_, user)) if endpoint.is_admins() && !user.is_admin => NO_PERMISSION.answer(provider.version),
        Ok((key, user)) => endpoint.answer(&Asked { provider, request, key, user, now }),
    })
}

/// Whether a path is opened by a key only, on some release.
pub(super) fn is_of_keys(path: &str) -> bool {
    let segments: Vec<&str> = path.strip_prefix("/api/").unwrap_or_default().split('/').collect();
    Endpoint::of(&segments, Version::new(u32::MAX, 0)).is_some()
}

enum Endpoint<'a> {
    Client(&'a str),
    Clients,
    Secrets(&'a str),
    Preview(&'a str, &'a str),
    Users,
    User(&'a str),
    Groups,
    AuditLog,
    Group(&'a str),
    CustomClaims,
    Me,
    MyClients,
    MyKeys,
    CurrentVersion,
}

impl<'a> Endpoint<'a> {
    fn of(segments: &[&'a str], version: Version) -> Option<Self> {
        Some(match segments {
            ["oidc", "clients"] => Self::Clients,
            ["oidc", "clients", id] => Self::Client(id),
            ["oidc", "clients", id, "secrets"] if version >= Version::new(2, 14) => Self::Secrets(id),
            ["oidc", "clients", id, "preview", user] => Self::Preview(id, user),
            ["oidc", "users", "me", "clients"] => Self::MyClients,
            ["users"] => Self::Users,
            ["users", "me"] => Self::Me,
            ["users", id] => Self::User(id),
            ["user-groups"] => Self::Groups,
            ["user-groups", id] => Self::Group(id),
            ["audit-logs", "all"] => Self::AuditLog,
            ["custom-claims", "suggestions"] => Self::CustomClaims,
            ["api-keys"] => Self::MyKeys,
            ["version", "current"] if version >= Version::new(2, 3) => Self::CurrentVersion,
            _ => return None,
        })
    }

    fn is_admins(&self) -> bool {
        !matches!(self, Self::Me | Self::MyClients | Self::MyKeys | Self::CurrentVersion)
    }

    fn answer(&self, asked: &Asked<'_>) -> Answer {
        let Asked { provider, request, now, .. } = *asked;
        let version = provider.version;
        let of_client = |id: &str, answer: &dyn Fn(&super::Client) -> Answer| match provider.client(id) {
            Some(client) => answer(client),
            None => CLIENT_UNKNOWN.answer(version),
        };
        match self {
            Self::Client(id) => {
                of_client(id, &|client| Answer::json(200, &registered::whole(provider, client, false, now)))
            }
            Self::Secrets(id) => of_client(id, &|client| Answer::json(200, &json!(registered::secrets(client, now)))),
            Self::Preview(id, user) => of_client(id, &|client| match asked.user_of_id(user) {
                Some(user) => preview::answer(provider, client, user, request.query("scopes").unwrap_or_default(), now),
                None => NOT_FOUND.answer(version),
            }),
            Self::Clients => {
                let known = provider.clients.iter().filter(|client| !client.is_deleted && client.is_listed);
                asked.page(known.map(|client| registered::whole(provider, client, true, now)))
            }
            Self::Users => asked.page(asked.found_users().map(|user| user.json(version, &provider.groups))),
            Self::User(id) => match asked.user_of_id(id) {
                Some(user) => Answer::json(200, &user.json(version, &provider.groups)),
                None => NOT_FOUND.answer(version),
            },
            Self::Groups => asked.page(provider.groups.iter().map(|group| group.json(provider.members(group.name)))),
            Self::Group(id) => match provider.groups.iter().find(|group| group.id == *id) {
                Some(group) => {
                    let members = provider.users.iter().filter(|user| user.groups.contains(&group.name));
                    let mut whole = group.json(0);
                    whole["users"] = members.map(|user| user.json(version, &[])).collect();
                    Answer::json(200, &whole)
                }
                None => NOT_FOUND.answer(version),
            },
            Self::AuditLog => asked.page(asked.sign_ins().into_iter()),
            Self::CustomClaims => {
                let claims = provider.users.iter().flat_map(|user| &user.custom_claims);
                Answer::json(200, &json!(claims.map(|(name, _)| *name).collect::<Vec<_>>()))
            }
            Self::Me => Answer::json(200, &asked.user.json(version, &provider.groups)),
            Self::MyClients => {
                let mine = provider
                    .clients
                    .iter()
                    .filter(|client| !client.is_deleted && registered::is_listed_for(client, asked.user, version));
                asked.page(mine.map(|client| {
                    let mut entry = registered::meta(client, version);
                    entry["lastUsedAt"] = Value::Null;
                    entry
                }))
            }
            Self::MyKeys => {
                let mine = provider.api_keys.iter().filter(|key| key.owner == asked.key.owner);
                asked.page(mine.map(|key| key.json(now)))
            }
            Self::CurrentVersion => Answer::json(200, &json!({"currentVersion": format!("{version}.0")})),
        }
    }
}

/// A request with the key and the user that it was opened by.
struct Asked<'a> {
    provider: &'a Provider,
    request: &'a Request,
    key: &'a ApiKey,
    user: &'a User,
    now: Time,
}

impl<'a> Asked<'a> {
    fn user_of_id(&self, id: &str) -> Option<&'a User> {
        self.provider.users.iter().find(|user| user.id == id)
    }

    /// The users in whose names or e-mail address the search term stands.
    fn found_users(&self) -> impl Iterator<Item = &'a User> {
        let term = self.request.query("search").unwrap_or_default().to_lowercase();
        self.provider.users.iter().filter(move |user| {
            [user.username, user.first, user.last, user.email.as_str()]
                .iter()
                .any(|text| text.to_lowercase().contains(&term))
        })
    }

    /// The sign-ins to a client, the oldest first unless asked otherwise.
    fn sign_ins(&self) -> Vec<Value> {
        let Some(client) = self.request.query("filters[clientName]") else { return Vec::new() };
        let known = self.provider.clients.iter().any(|known| known.name == client);
        let mut entries: Vec<Value> = [("NEW_CLIENT_AUTHORIZATION", 26), ("CLIENT_AUTHORIZATION", 2)]
            .into_iter()
            .filter(|_| known)
            .map(|(event, hours)| {
                let mut entry = json!({
                    "id": "00000000-0000-4000-8000-0000000000d9",
                    "createdAt": super::people::text(self.now - chrono::TimeDelta::hours(hours)),
                    "event": event, "ipAddress": "127.0.0.1", "country": "Internal Network", "city": "LAN",
                    "device": "probe on  ", "userID": "00000000-0000-4000-8000-0000000000b1", "username": "alice",
                    "data": {"clientName": client},
                });
                if self.provider.version >= Version::new(2, 10) {
                    entry["actorUsername"] = json!("");
                }
                entry
            })
            .collect();
        if self.request.query("sort[direction]") == Some("desc") {
            entries.reverse();
        }
        entries
    }

    /// The page that is asked for.
    fn page(&self, all: impl Iterator<Item = Value>) -> Answer {
        let number = |name: &str, usual: usize| {
            self.request.query(name).and_then(|text| text.parse().ok()).filter(|number| *number > 0).unwrap_or(usual)
        };
        let (page, limit) = (number("pagination[page]", 1), number("pagination[limit]", 20).min(100));
        let all: Vec<Value> = all.collect();
        let pages = all.len().div_ceil(limit).max(1);
        let shown: Vec<&Value> = all.iter().skip((page - 1) * limit).take(limit).collect();
        Answer::json(
            200,
            &json!({
                "data": shown,
                "pagination": {
                    "totalPages": pages, "totalItems": all.len(), "currentPage": page, "itemsPerPage": limit,
                },
            }),
        )
    }
}

impl Provider {
    /// How many users a group has.
    fn members(&self, group: &str) -> usize {
        self.users.iter().filter(|user| user.groups.contains(&group)).count()
    }
}

/// The key and its user. A database that cannot be written refuses every key (each use is noted there; measured).
fn signed_in<'a>(provider: &'a Provider, request: &Request, now: Time) -> Result<(&'a ApiKey, &'a User), Answer> {
    let version = provider.version;
    let not_signed_in = || NOT_SIGNED_IN.answer(version);
    let sent = request.header("x-api-key");
    let key = provider.api_keys.iter().find(|key| key.tokens.contains(&sent) && key.ends(now) > now);
    let key = key.filter(|_| provider.database == Database::Fine).ok_or_else(not_signed_in)?;
    let user = provider.users.iter().find(|user| user.username == key.owner).ok_or_else(not_signed_in)?;
    if user.is_disabled { Err(DISABLED.answer(version)) } else { Ok((key, user)) }
}
