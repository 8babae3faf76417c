//! `GET /api/oidc/clients/{id}/preview/{user}`: the claims that a user would bring, for scopes with blanks between them.

use serde_json::{Map, Value, json};

use super::{
    Answer, Client, Provider,
    errors::ACCESS_DENIED,
    people::{User, text},
    registered::may_use,
};
use crate::{clock::Time, lab::random, providers::pocket_id::Version};

const SCOPES: [&str; 4] = ["openid", "profile", "email", "groups"];

/// Answers; that a user is disabled makes no difference (measured).
pub(super) fn answer(provider: &Provider, client: &Client, user: &User, scopes: &str, now: Time) -> Answer {
    let version = provider.version;
    if !may_use(client, user, version) {
        return ACCESS_DENIED.answer(version);
    }
    // With commas the whole is one unknown scope: no error, and only the protocol's own claims.
    let granted: Vec<&str> = scopes.split_whitespace().filter(|scope| SCOPES.contains(scope)).collect();
    let claims = claims(provider, user, &granted);
    let mut user_info = claims.clone();
    if version >= Version::new(2, 10) {
        user_info.insert("type".to_owned(), json!("id-token"));
    }
    let id_token = claims.into_iter().chain(of_id_token(provider, client, now)).collect::<Map<_, _>>();
    Answer::json(
        200,
        &json!({
            "idToken": id_token,
            "accessToken": access_token(provider, client, user, &granted, now),
            "userInfo": user_info,
        }),
    )
}

fn claims(provider: &Provider, user: &User, granted: &[&str]) -> Map<String, Value> {
    let mut claims = Map::new();
    let mut set = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    set("sub", json!(user.id));
    if granted.contains(&"profile") {
        set("preferred_username", json!(user.username));
        set("name", json!(user.display_name()));
        set("given_name", json!(user.first));
        set("family_name", json!(user.last));
        set("display_name", json!(user.display_name()));
        set("picture", json!(format!("{}/api/users/{}/profile-picture.png", provider.app_url, user.id)));
        for (name, value) in &user.custom_claims {
            set(name, json!(value));
        }
    }
    if granted.contains(&"email") {
        set("email", json!(user.email));
        // Up to 2.1 one setting for all, which is off.
        set("email_verified", json!(user.email_verified && provider.version >= Version::new(2, 2)));
    }
    if granted.contains(&"groups") {
        set("groups", json!(user.groups));
    }
    claims
}

fn of_id_token(provider: &Provider, client: &Client, now: Time) -> Map<String, Value> {
    let mut claims = protocol(provider, now);
    claims.insert("aud".to_owned(), json!([client.id]));
    claims.insert("type".to_owned(), json!("id-token"));
    if provider.version >= Version::new(2, 10) {
        claims.insert("auth_time".to_owned(), json!(now.timestamp()));
        claims.insert("rat".to_owned(), json!(now.timestamp()));
    }
    claims
}

fn access_token(provider: &Provider, client: &Client, user: &User, granted: &[&str], now: Time) -> Map<String, Value> {
    let mut claims = protocol(provider, now);
    let mut set = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    set("sub", json!(user.id));
    let is_for_userinfo = provider.version >= Version::new(2, 10) && granted.contains(&"openid");
    let audience = [client.id.as_str(), provider.app_url.as_str()];
    set("aud", json!(if is_for_userinfo { &audience[..] } else { &audience[..1] }));
    if provider.version < Version::new(2, 10) {
        set("type", json!("oauth-access-token"));
    } else {
        set("scope", json!(granted.join(" ")));
        set("scp", json!(granted));
    }
    if provider.version >= Version::new(2, 13) {
        set("client_id", json!(client.id));
    }
    claims
}

/// What every token holds; times are texts here.
fn protocol(provider: &Provider, now: Time) -> Map<String, Value> {
    let mut claims = Map::new();
    claims.insert("iss".to_owned(), json!(provider.app_url));
    claims.insert("iat".to_owned(), json!(text(now)));
    claims.insert("exp".to_owned(), json!(text(now + chrono::TimeDelta::hours(1))));
    if provider.version >= Version::new(2, 3) {
        claims.insert("jti".to_owned(), json!(random::uuid()));
    }
    claims
}
