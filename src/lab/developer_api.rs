//! Kasm's developer API: keys, permissions, and what they show (`kasm.md`, sections 2 and 7).

use serde_json::{Value, json};

use super::{
    message::{Answer, Request},
    state::{DeveloperApi, Kasm},
};

/// A Kasm key that may read.
pub const API_KEY: &str = "KasmKeyPlaceholder01";
/// Its secret half.
pub const API_KEY_SECRET: &str = "KasmKeySecretPlaceholder000000001";

/// The ids of the lab's groups, with their names; the first is the system's own.
const GROUPS: [(&str, &str); 2] =
    [("68d557ac4cac42cca9f31c7c853de0f3", "All Users"), ("96d557ac4cac42cca9f31c7c853de0f4", "Kasm Users")];

/// The calls that only read, with the permission that each needs.
const CALLS: [(&str, &str); 5] = [
    ("get_oidc_configs", "Auth View"),
    ("system_info", "System View"),
    ("get_groups", "Groups View"),
    ("get_sso_mappings_group", "Groups View"),
    ("get_user", "Users View"),
];

/// The name of a known call, and whether it is below `/api/public/`, where the key stands in the body (to 1.19); below
/// `/api/` it is in HTTP Basic (the release after).
pub(super) fn call(path: &str) -> Option<(&'static str, bool)> {
    let rest = path.strip_prefix("/api/")?;
    let (name, is_public) = rest.strip_prefix("public/").map_or((rest, false), |name| (name, true));
    CALLS.iter().find(|(known, _)| *known == name).map(|(known, _)| (*known, is_public))
}

/// The keys that a request carries, with their secret halves: in HTTP Basic (after 1.19), in the body (to 1.19), in
/// headers (which win there; unconfirmed).
pub(super) fn keys_of(request: &Request) -> Vec<(String, String)> {
    let body = request.json();
    let in_body = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let in_header = |name: &str| Some(request.header(name).to_owned()).filter(|text| !text.is_empty());
    let both = |key: Option<String>, secret: Option<String>| {
        (key.is_some() || secret.is_some()).then(|| (key.unwrap_or_default(), secret.unwrap_or_default()))
    };
    // A login wall in front of Kasm has a Basic header of its own.
    let in_basic = request.basic().filter(|(user, _)| user == API_KEY || in_body("api_key").is_none());
    let ways = [
        in_basic,
        both(in_body("api_key"), in_body("api_key_secret")),
        both(in_header("api-key"), in_header("api-key-secret")),
    ];
    ways.into_iter().flatten().collect()
}

/// Answers a call.
pub(super) fn answer(kasm: &Kasm, request: &Request) -> Answer {
    let Some((name, is_public)) = call(&request.path) else { return refused(404, "Not Found") };
    let is_right_way = is_public == request.json().get("api_key").is_some();
    let (key, secret) = keys_of(request).into_iter().next().unwrap_or_default();
    let is_right = is_right_way && key == API_KEY && secret == API_KEY_SECRET;
    match kasm.developer_api {
        DeveloperApi::Unlicensed => refused(403, "Access Denied. This feature is not licensed"),
        DeveloperApi::WrongKey => refused(403, "Access Denied"),
        DeveloperApi::ErrorInside => refused(200, "An Unexpected Error occurred"),
        DeveloperApi::Answers if !is_right => refused(403, "Access Denied"),
        DeveloperApi::KeyExpired => refused(401, "Access has expired"),
        DeveloperApi::Answers if lacks_permission(kasm, name) => refused(401, "Unauthorized"),
        DeveloperApi::Answers => known(kasm, name, &request.json()),
    }
}

fn lacks_permission(kasm: &Kasm, call: &str) -> bool {
    CALLS.iter().any(|(name, permission)| *name == call && kasm.permissions_missing.contains(permission))
}

fn known(kasm: &Kasm, call: &str, body: &Value) -> Answer {
    let facts = match call {
        "get_oidc_configs" => json!({"oidc_configs": kasm.configs().collect::<Vec<_>>()}),
        "system_info" => json!({"system_info": {"api": {"build_id": "1.19.0.00c9b2"}, "db": {"alembic_version": "0"}}}),
        "get_groups" => {
            let groups =
                GROUPS.map(|(id, name)| json!({"group_id": id, "name": name, "is_system": name == "All Users"}));
            json!({"groups": groups})
        }
        "get_sso_mappings_group" => json!({"group_mappings": mappings(kasm, body)}),
        _ => return user(kasm, body),
    };
    Answer::json(200, &facts)
}

/// The mapping of the one group that has one.
fn mappings(kasm: &Kasm, body: &Value) -> Vec<Value> {
    let (id, _) = GROUPS[1];
    if body["group_id"] != id {
        return Vec::new();
    }
    let Some(config) = kasm.configs().next() else { return Vec::new() };
    let mapping = |name: &&str| {
        json!({
            "sso_group_id": "77d557ac4cac42cca9f31c7c853de0f5", "group_id": id, "ldap_id": null, "saml_id": null,
            "oidc_id": config.oidc_id.replace('-', ""), "sso_group_attributes": name, "apply_to_all_users": false,
            "sso_name": config.display_name, "sso_type": "OIDC",
        })
    };
    kasm.mapped_groups.iter().map(mapping).collect()
}

fn refused(status: u16, text: &str) -> Answer {
    Answer::json(status, &json!({"error_message": text}))
}

/// The one user that there is: `canary`, in the realm of the way that it signs in.
fn user(kasm: &Kasm, body: &Value) -> Answer {
    if body["target_user"]["username"] != "canary" {
        return refused(200, "Invalid user");
    }
    let groups = GROUPS.map(|(id, name)| json!({"name": name, "group_id": id}));
    let user = json!({
        "user_id": "ca11ab1e000040008000000000000001",
        "username": "canary",
        "first_name": "Canary",
        "realm": kasm.test_user_realm,
        "locked": false,
        "disabled": false,
        "groups": groups,
        "created": "2026-01-02 03:04:05",
        "last_session": "None",
    });
    Answer::json(200, &json!({"user": user}))
}
