//! Kasm's own word on its health: `GET /api/__healthcheck`. Says nothing about sign-in with OpenID.

use super::{
    http::{Answer, Request},
    reasons::{self, Stop, bounded},
    side::{Counts, Side},
};
use crate::{
    model::{Answered, HealthState, KasmHealth},
    oidc::parse_json,
};

/// Asks Kasm how it is.
pub(super) async fn look(kasm: &Side, counts: &Counts) -> Result<Answered<KasmHealth>, Stop> {
    let answer = kasm.ask(&Request::json(kasm.at("/api/__healthcheck")), counts).await?;
    read(&answer).map(|health| answer.with(health))
}

fn read(answer: &Answer) -> Result<KasmHealth, Stop> {
    let state = match answer.status {
        500.. => HealthState::Unhealthy(ill(answer)),
        200 if answer.is_html() => HealthState::Hidden("a web page answers on the path of the health check".to_owned()),
        200 => {
            let json = parse_json(&answer.body).map_err(|problem| reasons::of_body(&problem))?.value;
            match json.get("ok").and_then(serde_json::Value::as_bool) {
                Some(true) => HealthState::Healthy,
                Some(false) => {
                    HealthState::Unhealthy(answer.said().unwrap_or_else(|| "it says that it is not".to_owned()))
                }
                None => return Err(reasons::of_body(&"JSON without `ok`")),
            }
        }
        404 | 405 => HealthState::Hidden(format!("HTTP {} on the path of the health check", answer.status)),
        _ => return Err(reasons::login_wall(answer).unwrap_or_else(|| reasons::of_status(answer))),
    };
    Ok(KasmHealth { status: answer.status, state })
}

fn ill(answer: &Answer) -> String {
    bounded(&match answer.said() {
        Some(text) => format!("HTTP {}: {text}", answer.status),
        None if answer.is_html() => format!("HTTP {} with a web page", answer.status),
        None => format!("HTTP {}", answer.status),
    })
}
