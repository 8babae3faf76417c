//! The lab answers as real releases did: every recording in `tests/fixtures/pocket-id` is sent again and compared.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use ssowatch::{
    lab::{CLIENT_SECRET, Fault, Lab, LabOptions},
    model::Side,
    providers::pocket_id::Version,
};
use url::form_urlencoded::Serializer;

use super::{
    client::{Got, send},
    recordings::{self, Recording, VERSIONS},
};

/// Headers that say something to a client; `Date`, the nonce of the policy and the request id are made anew each time.
const HEADERS: [&str; 8] = [
    "Content-Type",
    "Cache-Control",
    "Pragma",
    "Retry-After",
    "Www-Authenticate",
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers",
];

#[tokio::test]
async fn the_lab_answers_as_real_releases_did() {
    let mut differences = Vec::new();
    for version in VERSIONS {
        let recordings = recordings::of(version);
        assert!(recordings.len() >= 30, "only {} recordings of {version}", recordings.len());
        differences.extend(differences_of(version, &recordings).await);
    }
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
}

async fn differences_of(version: &str, recordings: &[Recording]) -> Vec<String> {
    let mut numbers = version.split('.').map(|number| number.parse().unwrap());
    let version = Version::new(numbers.next().unwrap(), numbers.next().unwrap());
    // With TLS the lab has the very names of the recordings.
    let lab = Lab::start(LabOptions { version, tls: true, ..LabOptions::default() }).await.unwrap();
    let token = access_token(&lab).await;
    let mut found = Vec::new();
    for recording in recordings.iter().filter(|recording| !of_other_settings(&recording.name)) {
        lab.fix_all();
        if let Some(fault) = fault_of(&recording.name) {
            lab.break_with(fault);
        }
        let got = replay(&lab, &with_token(&recording.request, &token)).await;
        found.extend(differences(recording, &got).into_iter().map(|line| format!("{}: {line}", recording.name)));
    }
    found
}

/// Recorded on an instance of other settings or with another key: read by the tests of documents and key sets.
fn of_other_settings(name: &str) -> bool {
    name.contains("discovery_internal_url") || name.ends_with("jwks_after_key_rotate")
}

/// What was broken at the real server when it was recorded.
fn fault_of(name: &str) -> Option<Fault> {
    let name = name.split('/').next_back().unwrap();
    match name {
        "rate_limited" => Some(Fault::ProviderThrottles),
        name if name.starts_with("dbfail_") => Some(Fault::DatabaseGone),
        "api_keys_disabled_user" => Some(Fault::ProviderKeyOwnerDisabled),
        // Of the user in the group, once the group was taken away (to 2.9).
        "preview_not_allowed" => Some(Fault::AllowedGroupEmpty),
        _ => None,
    }
}

/// A token of Kasm's client, in the place of those that the recordings leave out.
async fn access_token(lab: &Lab) -> String {
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    let id = "00000000-0000-4000-8000-0000000000c1";
    let body = format!("grant_type=client_credentials&client_id={id}&client_secret={CLIENT_SECRET}");
    let got = send(lab, Side::Provider, "POST", "/api/oidc/token", &headers, &body).await.unwrap();
    got.json()["access_token"].as_str().unwrap().to_owned()
}

fn with_token(request: &Value, token: &str) -> Value {
    let mut text = request.to_string();
    for placeholder in [
        "<client_credentials access token>",
        "<client_credentials access token of the other client>",
        "<session or access token>",
    ] {
        text = text.replace(placeholder, token);
    }
    serde_json::from_str(&text).unwrap()
}

async fn replay(lab: &Lab, request: &Value) -> Got {
    let mut headers = Vec::new();
    for (name, value) in request["headers"].as_object().unwrap() {
        headers.push((name.as_str(), encoded_basic(value.as_str().unwrap())));
    }
    let is_form = request["headers"]["Content-Type"].as_str().is_some_and(|kind| kind.contains("form-urlencoded"));
    let body = match &request["body"] {
        Value::Null => String::new(),
        Value::Object(fields) if is_form => Serializer::new(String::new())
            .extend_pairs(fields.iter().map(|(name, value)| (name, value.as_str().unwrap())))
            .finish(),
        body => body.to_string(),
    };
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let (method, path) = (request["method"].as_str().unwrap(), request["path"].as_str().unwrap());
    send(lab, Side::Provider, method, path, &headers, &body).await.unwrap()
}

/// Recordings show Basic as `Basic base64(id:secret)`.
fn encoded_basic(value: &str) -> String {
    match value.strip_prefix("Basic base64(").and_then(|rest| rest.strip_suffix(')')) {
        Some(pair) => format!("Basic {}", STANDARD.encode(pair)),
        None => value.to_owned(),
    }
}

fn differences(recording: &Recording, got: &Got) -> Vec<String> {
    let wanted = &recording.response;
    let mut found = Vec::new();
    if wanted["status"] != got.status {
        found.push(format!("status {} instead of {}", got.status, wanted["status"]));
    }
    for name in HEADERS {
        let (wanted, got) = (wanted["headers"][name].as_str(), got.header(&name.to_lowercase()));
        if wanted != got {
            found.push(format!("{name}: {got:?} instead of {wanted:?}"));
        }
    }
    let locations = (wanted["headers"]["Location"].as_str(), got.header("location"));
    if locations.0.map(without_id) != locations.1.map(without_id) {
        found.push(format!("Location: {:?} instead of {:?}", locations.1, locations.0));
    }
    let has_request_id = wanted["headers"].get("X-Request-Id").is_some();
    if has_request_id != got.header("x-request-id").is_some() {
        found.push("X-Request-Id".to_owned());
    }
    if !same_body(&wanted["body"], got) {
        found.push(format!("body {:?} instead of {}", got.text(), wanted["body"]));
    }
    found
}

/// The id of an interaction is another each time.
fn without_id(location: &str) -> &str {
    location.split("interaction=").next().unwrap()
}

fn same_body(wanted: &Value, got: &Got) -> bool {
    match wanted {
        Value::Null => got.body.is_empty(),
        // Web pages are stand-ins in the recordings.
        Value::String(text) if text.starts_with("<!doctype html><html><head><title>Pocket ID") => {
            got.text().contains("<title>Pocket ID</title>")
        }
        Value::String(text) => without_id(text) == without_id(&got.text()),
        wanted => serde_json::from_slice(&got.body).is_ok_and(|got: Value| same(&listed(wanted), &listed(&got), "")),
    }
}

/// A list of clients without the clients that some releases were not recorded with, in the order of their ids.
fn listed(body: &Value) -> Value {
    let mut body = body.clone();
    let id = |item: &Value| item["id"].as_str().unwrap_or_default().to_owned();
    let is_of_clients = |data: &Vec<Value>| data.iter().any(|item| id(item).contains("-0000000000c"));
    let data = body.get_mut("data").and_then(Value::as_array_mut);
    let Some(data) = data.filter(|data| is_of_clients(data)) else { return body };
    data.retain(|item| ["c1", "c2", "c3", "c5"].iter().any(|end| id(item).ends_with(end)));
    data.sort_by_key(id);
    let count = data.len();
    body["pagination"]["totalItems"] = count.into();
    body
}

/// Whether two JSON values agree: all values, but of tokens, keys, ids and times only the presence and the type.
fn same(wanted: &Value, got: &Value, key: &str) -> bool {
    match (wanted, got) {
        (Value::Object(wanted), Value::Object(got)) if key != "access_token" => {
            wanted.len() == got.len()
                && wanted.iter().all(|(key, value)| got.get(key).is_some_and(|other| same(value, other, key)))
        }
        (Value::Array(wanted), Value::Array(got)) => {
            wanted.len() == got.len() && wanted.iter().zip(got).all(|(one, other)| same(one, other, key))
        }
        _ if key == "access_token" => got.as_str().is_some_and(|token| claims_agree(wanted, token)),
        _ => match key {
            "kid" | "n" | "jti" | "request_id" | "challenge" | "request_uri" => got.is_string(),
            "exp" | "iat" | "expires_in" | "auth_time" | "rat" => got.is_number() == wanted.is_number(),
            "createdAt" | "expiresAt" | "lastUsedAt" => got.is_string() == wanted.is_string(),
            "prefix" => got.as_str().is_some_and(|prefix| prefix.len() == 4),
            // Made up by whoever recorded it.
            "id" if wanted.as_str().is_some_and(|id| id.contains("-00000000d")) => got.is_string(),
            // The lab's group has one member more: the test user.
            "userCount" if *wanted == 1 => *got == 2,
            _ => wanted == got,
        },
    }
}

/// A token is recorded as its header and its claims.
fn claims_agree(wanted: &Value, token: &str) -> bool {
    let part = |number: usize| -> Value {
        let part = token.split('.').nth(number).unwrap();
        serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    let (header, claims) = (part(0), part(1));
    let id = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    same(&wanted["jwt_header"], &header, "")
        && id(&wanted["jwt_claims"]) == id(&claims)
        && ["aud", "iss", "sub", "scope", "scp", "type", "client_id"]
            .iter()
            .all(|name| wanted["jwt_claims"].get(name) == claims.get(name))
}
