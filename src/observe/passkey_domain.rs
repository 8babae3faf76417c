//! The domain that passkeys are bound to: `rpId` of `GET /api/webauthn/login/start`. Leaves one short-lived row.

use serde_json::Value;

use super::{
    http::{Answer, Request},
    reasons::{self, Stop, bounded},
    side::{Counts, Side},
};
use crate::{model::PasskeyDomain, oidc::parse_json};

/// Asks for a passkey challenge, of which only the domain is kept.
pub(super) async fn look(provider: &Side, counts: &Counts) -> Result<PasskeyDomain, Stop> {
    read(&provider.ask(&Request::json(provider.at("/api/webauthn/login/start")), counts).await?)
}

fn read(answer: &Answer) -> Result<PasskeyDomain, Stop> {
    if answer.status != 200 {
        return Err(reasons::of_status(answer));
    }
    let json = parse_json(&answer.body).map_err(|problem| reasons::of_body(&problem))?.value;
    let rp_id = json.get("rpId").and_then(Value::as_str).ok_or_else(|| reasons::of_body(&"JSON without `rpId`"))?;
    Ok(PasskeyDomain { rp_id: bounded(rp_id) })
}
