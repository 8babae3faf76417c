//! `POST /api/oidc/authorize/callback-url`, which only 2.9 has: is this redirect URI registered? Writes nothing.

use serde_json::{Value, json};

use super::{Answer, Provider, errors::legacy};
use crate::lab::state::Database;

/// What is wrong with a redirect URI that is not registered (to 2.9).
pub(super) const INVALID_CALLBACK: &str = "Invalid callback URL, it might be necessary for an admin to fix this";

/// Answers whether a client takes a redirect URI.
pub(super) fn answer(provider: &Provider, body: &Value) -> Answer {
    if provider.database == Database::Gone {
        return legacy(500, "Something went wrong");
    }
    let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let client = text("clientID").and_then(|id| provider.client(id));
    let Some(client) = client else { return legacy(404, "Record not found") };
    if client.par_required {
        return legacy(400, "This client requires pushed authorization requests");
    }
    // Unlike the sign-in itself, this stores nothing for a client that has none.
    let Some(first) = client.callback_urls.first() else {
        return legacy(400, "Unable to detect callback url, it might be necessary for an admin to fix this");
    };
    match text("callbackURL") {
        Some(given) if !client.takes(given, provider.version) => legacy(400, INVALID_CALLBACK),
        given => Answer::json(200, &json!({"callbackURL": given.unwrap_or(first)})),
    }
}
