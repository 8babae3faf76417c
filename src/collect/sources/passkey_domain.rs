//! The domain that passkeys are bound to: `rpId` of `GET /api/webauthn/login/start`. Leaves one short-lived row.

use serde_json::Value;

use crate::{
    collect::transport::{
        answer::Answer,
        fetch_error::{self, FetchError, bounded},
        http::Request,
        side_client::{Counts, SideClient},
    },
    model::PasskeyDomain,
    oidc::parse_json,
};

/// Asks for a passkey challenge, of which only the domain is kept.
pub(in crate::collect) async fn collect(provider: &SideClient, counts: &Counts) -> Result<PasskeyDomain, FetchError> {
    read(&provider.ask(&Request::json(provider.at("/api/webauthn/login/start")), counts).await?)
}

fn read(answer: &Answer) -> Result<PasskeyDomain, FetchError> {
    if answer.status != 200 {
        return Err(fetch_error::of_status(answer));
    }
    let json = parse_json(&answer.body).map_err(|problem| fetch_error::of_body(&problem))?.value;
    let rp_id = json.get("rpId").and_then(Value::as_str).ok_or_else(|| fetch_error::of_body(&"JSON without `rpId`"))?;
    Ok(PasskeyDomain { rp_id: bounded(rp_id) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        collect::recorded::{html, json, recorded},
        model::Reason,
    };

    #[test]
    fn the_domain_is_read_and_nothing_else_is_kept() {
        let good = recorded(include_str!("../../../tests/fixtures/observe/webauthn_login_start_2_14.json"));
        assert_eq!(read(&good), Ok(PasskeyDomain { rp_id: "id.example.test".to_owned() }));
        let away = recorded(include_str!("../../../tests/fixtures/observe/dbfail_webauthn_login_start_2_14.json"));
        assert!(matches!(read(&away), Err(FetchError::Failed { reason: Reason::Status, .. })));
        assert!(matches!(read(&html(200, "<html>")), Err(FetchError::Failed { reason: Reason::Body, .. })));
        assert!(matches!(read(&json(200, "{}")), Err(FetchError::Failed { reason: Reason::Body, .. })));
    }
}
