//! Helpers for the faults that change what a side holds.

use serde_json::{Value, json};
use url::Url;

use crate::lab::state::{LabState, OidcConfig};

/// Sets a member of the discovery document.
pub(super) fn set(state: &mut LabState, name: &str, value: Value) {
    state.provider.discovery[name] = value;
}

/// Takes a member out of the discovery document.
pub(super) fn unset(state: &mut LabState, name: &str) {
    if let Some(document) = state.provider.discovery.as_object_mut() {
        document.remove(name);
    }
}

/// Takes a value out of a list of the discovery document.
pub(super) fn unlist(state: &mut LabState, name: &str, value: &str) {
    if let Some(list) = state.provider.discovery[name].as_array_mut() {
        list.retain(|item| item != value);
    }
}

/// Moves an endpoint of the discovery document to another base.
pub(super) fn rebase(state: &mut LabState, name: &str, base: &str) {
    let moved = state.provider.discovery[name].as_str().map(|url| on_base(url, base));
    state.provider.discovery[name] = json!(moved);
}

/// The same path on another base.
pub(super) fn on_base(url: &str, base: &str) -> String {
    let path = Url::parse(url).map(|url| url.path().to_owned()).unwrap_or_default();
    format!("{base}{path}")
}

/// The same URL at another host, without a port.
pub(super) fn at_host(url: &str, host: &str) -> String {
    let scheme = url.split("://").next().unwrap_or("https");
    on_base(url, &format!("{scheme}://{host}"))
}

/// Renames the provider, as a changed APP_URL does.
pub(super) fn rename_provider(state: &mut LabState) {
    let renamed = at_host(&state.urls.provider, "login.example.test").trim_end_matches('/').to_owned();
    for name in ["authorization_endpoint", "end_session_endpoint", "device_authorization_endpoint"] {
        if state.provider.discovery.get(name).is_some() {
            rebase(state, name, &renamed);
        }
    }
    set(state, "issuer", json!(renamed));
    state.provider.app_url = renamed;
}

/// Publishes and signs with the key of `key-rotate`.
pub(super) fn rotate_keys(state: &mut LabState) {
    state.provider.signing_key = state.provider.next_key;
    state.provider.jwks = json!({"keys": [state.provider.next_key.jwk()]});
}

/// Changes the published key.
pub(super) fn change_key(state: &mut LabState, name: &str, value: Value) {
    state.provider.jwks["keys"][0][name] = value;
}

/// A modulus of 1024 bits: the upper half of the real one (nobody can sign with it, but it reads as a key).
pub(super) fn weaken_key(state: &mut LabState) {
    let modulus = state.provider.jwks["keys"][0]["n"].as_str().unwrap_or_default();
    // Four characters of base64url hold three bytes; 128 bytes need 171 characters, and the last must end in zero bits.
    let half: String = modulus.chars().take(170).chain(['Q']).collect();
    change_key(state, "n", json!(half));
}

/// Registers this redirect URI alone.
pub(super) fn register(state: &mut LabState, callback: String) {
    state.client().callback_urls = vec![callback];
}

/// A second config for the same provider.
pub(super) fn add_config(state: &mut LabState, change: fn(&mut OidcConfig)) {
    let mut second = state.config().clone();
    second.oidc_id = "5ca1ab1e-0000-4000-8000-000000000002".to_owned();
    second.display_name = "Pocket ID (old)".to_owned();
    change(&mut second);
    state.kasm.configs.push(second);
}

/// Sets the scopes, one entry each.
pub(super) fn scopes(state: &mut LabState, entries: &[&str]) {
    state.config().scope = entries.iter().map(|entry| (*entry).to_owned()).collect();
}
