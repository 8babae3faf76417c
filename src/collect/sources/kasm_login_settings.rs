//! What Kasm's login page offers: `POST /api/login_settings` with an empty object.

use crate::{
    apps::kasm::LoginSettings,
    collect::transport::{
        answer::Answer,
        fetch_error::{self, FetchError},
        http::Request,
        side_client::{Counts, SideClient},
    },
};

/// Asks for the login settings.
pub(in crate::collect) async fn collect(kasm: &SideClient, counts: &Counts) -> Result<LoginSettings, FetchError> {
    let request = Request::post(kasm.at("/api/login_settings"), &serde_json::json!({}));
    read(&kasm.ask(&request, counts).await?)
}

fn read(answer: &Answer) -> Result<LoginSettings, FetchError> {
    if let Some(wall) = fetch_error::login_wall(answer) {
        return Err(wall);
    }
    if answer.status != 200 {
        return Err(fetch_error::of_status(answer));
    }
    LoginSettings::parse(&answer.body).map_err(|problem| fetch_error::of_body(&problem))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        collect::recorded::{html, json},
        model::Reason,
    };

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
                matches!(read(&answer), Err(FetchError::Failed { reason: found, .. }) if found == reason),
                "{}",
                answer.status
            );
        }
        for wall in [html(200, "<title>Log in</title>"), html(403, "<title>Kasm</title>")] {
            assert!(matches!(read(&wall), Err(FetchError::OutOfReach(_))), "{}", wall.status);
        }
    }
}
