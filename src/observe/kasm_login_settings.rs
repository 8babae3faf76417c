//! What Kasm's login page offers: `POST /api/login_settings` with an empty object.

use super::{
    answer::Answer,
    http::Request,
    reasons::{self, Stop},
    side::{Counts, Side},
};
use crate::kasm::LoginSettings;

/// Asks for the login settings.
pub(super) async fn look(kasm: &Side, counts: &Counts) -> Result<LoginSettings, Stop> {
    let request = Request::post(kasm.at("/api/login_settings"), &serde_json::json!({}));
    read(&kasm.ask(&request, counts).await?)
}

fn read(answer: &Answer) -> Result<LoginSettings, Stop> {
    if let Some(wall) = reasons::login_wall(answer) {
        return Err(wall);
    }
    if answer.status != 200 {
        return Err(reasons::of_status(answer));
    }
    LoginSettings::parse(&answer.body).map_err(|problem| reasons::of_body(&problem))
}
