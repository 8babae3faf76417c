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
    LoginSettings::parse(&answer.body).map_err(|problem| reasons::of_json(&problem))
}

#[cfg(test)]
mod tests {
    use super::{
        super::recorded::{html, json},
        *,
    };
    use crate::model::Reason;

    #[test]
    fn the_settings_are_read_and_what_is_none_is_sorted() {
        let settings = read(&json(200, r#"{"sso_enabled":true,"oidc":{"oidc_configs":[]}}"#)).unwrap();
        assert_eq!((settings.sso_enabled, settings.configs.len()), (Some(true), 0));
        for (answer, reason) in [
            (json(200, "[]"), Reason::Body),
            (html(200, "<title>Kasm</title>"), Reason::Body),
            (html(500, "<H1>Internal Error</H1>"), Reason::Status),
            (json(403, r#"{"error_message":"Access Denied"}"#), Reason::Status),
        ] {
            assert!(
                matches!(read(&answer), Err(Stop::Failed { reason: found, .. }) if found == reason),
                "{}",
                answer.status
            );
        }
        for wall in [html(200, "<title>Log in</title>"), html(403, "<title>Kasm</title>")] {
            assert!(matches!(read(&wall), Err(Stop::OutOfReach(_))), "{}", wall.status);
        }
    }
}
