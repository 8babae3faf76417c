//! The app's own word on its health: Kasm's `GET /api/__healthcheck`, another app's by its kind. Says nothing about sign-in
//! with OpenID.

use crate::{
    apps::AppKind,
    collect::transport::{
        answer::Answer,
        fetch_error::{self, FetchError, bounded},
        http::Request,
        side_client::{Counts, SideClient},
    },
    model::{Answered, AppHealth, HealthState},
    oidc::parse_json,
};

/// Asks the app how it is, at the health path of its kind.
pub(in crate::collect) async fn collect(
    app: &SideClient,
    kind: AppKind,
    path: &str,
    counts: &Counts,
) -> Result<Answered<AppHealth>, FetchError> {
    let any = Request { accept: "application/json, */*;q=0.8", ..Request::json(app.at(path)) };
    match kind {
        AppKind::Kasm => {
            let answer = app.ask(&Request::json(app.at(path)), counts).await?;
            read(&answer).map(|health| answer.with(health))
        }
        _ => {
            let answer = app.ask(&any, counts).await?;
            read_by_status(&answer).map(|health| answer.with(health))
        }
    }
}

/// Another app's answer, of which only the status is known to mean something. What is not there, or hides it, says nothing.
fn read_by_status(answer: &Answer) -> Result<AppHealth, FetchError> {
    let state = match answer.status {
        500.. => HealthState::Unhealthy(ill(answer)),
        200..=299 => HealthState::Healthy,
        401 | 403 | 300..=399 => match fetch_error::login_wall(answer) {
            Some(wall) => return Err(wall),
            None => HealthState::Hidden(format!("HTTP {} on the path of the health check", answer.status)),
        },
        _ => HealthState::Hidden(format!("HTTP {} on the path of the health check", answer.status)),
    };
    Ok(AppHealth { status: answer.status, state })
}

fn read(answer: &Answer) -> Result<AppHealth, FetchError> {
    let state = match answer.status {
        500.. => HealthState::Unhealthy(ill(answer)),
        200 if answer.is_web_page() => {
            HealthState::Hidden("a web page answers on the path of the health check".to_owned())
        }
        200 => {
            let json = parse_json(&answer.body).map_err(|problem| fetch_error::of_json(&problem))?.value;
            match json.get("ok").and_then(serde_json::Value::as_bool) {
                Some(true) => HealthState::Healthy,
                Some(false) => {
                    HealthState::Unhealthy(answer.said().unwrap_or_else(|| "it says that it is not".to_owned()))
                }
                None => return Err(fetch_error::of_body(&"JSON without `ok`")),
            }
        }
        404 | 405 => HealthState::Hidden(format!("HTTP {} on the path of the health check", answer.status)),
        _ => return Err(fetch_error::login_wall(answer).unwrap_or_else(|| fetch_error::of_status(answer))),
    };
    Ok(AppHealth { status: answer.status, state })
}

fn ill(answer: &Answer) -> String {
    bounded(&match answer.said() {
        Some(text) => format!("HTTP {}: {text}", answer.status),
        None if answer.is_html() => format!("HTTP {} with a web page", answer.status),
        None => format!("HTTP {}", answer.status),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        collect::recorded::{answer, html, json, redirect},
        model::Reason,
    };

    #[test]
    fn health_is_read_by_status_and_body() {
        let unhealthy = |text: &str| HealthState::Unhealthy(text.to_owned());
        for (answer, expected) in [
            (json(200, r#"{"ok": true}"#), HealthState::Healthy),
            (html(200, r#"{"ok": true}"#), HealthState::Healthy),
            (json(200, r#"{"ok": false, "error_message": "database"}"#), unhealthy("database")),
            (json(200, r#"{"ok": false}"#), unhealthy("it says that it is not")),
            (html(500, "<H1>Internal Error</H1>"), unhealthy("HTTP 500 with a web page")),
            (answer(504, &[], ""), unhealthy("HTTP 504")),
        ] {
            assert_eq!(read(&answer).unwrap().state, expected);
        }
        for hidden in [html(404, "<h1>"), html(200, "<html>"), answer(405, &[], "")] {
            assert!(matches!(read(&hidden).unwrap().state, HealthState::Hidden(_)), "{}", hidden.status);
        }
    }

    #[test]
    fn another_apps_health_is_read_by_its_status_alone() {
        for (answer, is_well) in [
            (answer(200, &[("content-type", "text/plain")], "OK"), true),
            (json(200, r#"{"database": "ok"}"#), true),
            (answer(204, &[], ""), true),
            (html(503, "<h1>"), false),
        ] {
            assert_eq!(read_by_status(&answer).unwrap().state == HealthState::Healthy, is_well);
        }
        for hidden in [html(404, "<h1>"), redirect(302, "/login"), json(403, "{}")] {
            assert!(matches!(read_by_status(&hidden).unwrap().state, HealthState::Hidden(_)), "{}", hidden.status);
        }
        assert!(read_by_status(&redirect(302, "https://wall.example.test/")).is_err());
    }

    #[test]
    fn what_no_reference_knows_is_unknown_and_a_wall_is_out_of_reach() {
        assert!(matches!(read(&json(200, "{}")), Err(FetchError::Failed { reason: Reason::Body, .. })));
        assert!(matches!(read(&json(403, "{}")), Err(FetchError::Failed { reason: Reason::Status, .. })));
        assert!(
            matches!(
                read(&redirect(301, "https://id.example.test/x")),
                Err(FetchError::Failed { reason: Reason::Status, .. })
            ),
            "the same host"
        );
        assert!(matches!(read(&redirect(302, "https://login.example.test/x")), Err(FetchError::OutOfReach(_))));
        assert!(matches!(read(&html(401, "<form>")), Err(FetchError::OutOfReach(_))));
    }
}
