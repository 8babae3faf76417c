//! Pocket ID's public entry of a client, `GET /api/oidc/clients/{id}/meta`: whether the client exists, and whether the
//! database answers, which health, discovery and keys do not show (measured: 500 while it is away, 404 without a client).

use serde_json::Value;

use crate::{
    collect::transport::{
        answer::Answer,
        fetch_error::{self, FetchError},
        http::Request,
        side_client::{Counts, SideClient},
    },
    model::ClientMeta,
    oidc::{parse_json, short},
};

/// Asked where Kasm's client id is not known: the 404 proves the database.
const NIL_UUID: &str = "00000000-0000-0000-0000-000000000000";

/// Asks for the entry of Kasm's client, or of none.
pub(in crate::collect) async fn collect(
    provider: &SideClient,
    client_id: Option<&str>,
    counts: &Counts,
) -> Result<ClientMeta, FetchError> {
    let mut url = provider.at("/api/oidc/clients");
    let asked = client_id.unwrap_or(NIL_UUID);
    if let Ok(mut path) = url.path_segments_mut() {
        path.extend([asked, "meta"]);
    }
    let answer = provider.ask(&Request::json(url), counts).await?;
    read(&answer, asked, client_id.is_some())
}

fn read(answer: &Answer, asked: &str, is_app_client: bool) -> Result<ClientMeta, FetchError> {
    let entry = |name: Option<String>, requires_reauthentication| ClientMeta {
        asked: asked.to_owned(),
        is_app_client,
        name,
        requires_reauthentication,
    };
    match answer.status {
        404 if is_no_such_client(answer) => Ok(entry(None, None)),
        200 => {
            let json = parse_json(&answer.body).map_err(|problem| fetch_error::of_body(&problem))?.value;
            let name = json.get("name").and_then(Value::as_str);
            let name = name.ok_or_else(|| fetch_error::of_body(&"JSON that is not a client's public entry"))?;
            let reauthentication = json.get("requiresReauthentication").and_then(Value::as_bool);
            Ok(entry(Some(short(name)), reauthentication))
        }
        _ => Err(fetch_error::of_status(answer)),
    }
}

/// The database's own 404 (`Record not found`, `OIDC client not found`), not that of a path which this server lacks.
fn is_no_such_client(answer: &Answer) -> bool {
    answer.said().is_some_and(|text| !text.contains("API endpoint not found"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        collect::recorded::{html, json, recorded},
        model::Reason,
    };

    #[test]
    fn what_real_releases_answer_is_read() {
        let known = recorded(include_str!("../../../tests/fixtures/observe/client_meta_2_14.json"));
        let entry = read(&known, "c1", true).unwrap();
        assert_eq!((entry.name.as_deref(), entry.requires_reauthentication), (Some("Kasm Workspaces"), Some(false)));
        for unknown in [
            include_str!("../../../tests/fixtures/observe/client_meta_unknown_2_9.json"),
            include_str!("../../../tests/fixtures/observe/client_meta_unknown_2_14.json"),
        ] {
            assert_eq!(read(&recorded(unknown), "c1", true).unwrap().name, None);
        }
        let away = recorded(include_str!("../../../tests/fixtures/observe/dbfail_client_meta_2_14.json"));
        assert_eq!(read(&away, "c1", true), Err(FetchError::status(500, "HTTP 500: Something went wrong")));
    }

    #[test]
    fn what_is_not_pocket_ids_answer_is_no_fact() {
        for (answer, reason) in [
            (json(404, r#"{"error":"API endpoint not found"}"#), Reason::Status),
            (html(404, "<h1>Not Found</h1>"), Reason::Status),
            (html(200, "<html></html>"), Reason::Body),
            (json(200, "{}"), Reason::Body),
        ] {
            assert!(
                matches!(read(&answer, "c1", true), Err(FetchError::Failed { reason: found, .. }) if found == reason)
            );
        }
    }
}
