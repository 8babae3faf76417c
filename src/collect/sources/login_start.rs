//! The start of a login at Kasm: `POST /api/sso` for each visible config gives the authorize URL.
//!
//! The URL as written, with the `state` of a login that nobody will end, stays in memory for the dry run; the snapshot
//! keeps what it asks for.

use futures_util::future::join_all;

use crate::{
    apps::kasm::{KasmStart, LoginConfig, LoginSettings, Start, StartOutcome},
    collect::transport::{
        answer::Answer,
        fetch_error::{self, FetchError, bounded},
        http::Request,
        side_client::{Counts, SideClient},
    },
    oidc::AuthorizeUrl,
};

/// More configs than this are not started.
const MOST_STARTS: usize = 5;

/// The starts, and the authorize URLs as written, in the same order.
#[derive(Debug, Clone)]
pub(in crate::collect) struct Started {
    /// What the snapshot keeps.
    pub facts: KasmStart,
    /// Each start's URL, where Kasm gave one.
    pub raw: Vec<Option<String>>,
}

/// Starts a login by each visible config, at most five, side by side.
///
/// # Errors
/// There are configs, and not one of them got an answer.
pub(in crate::collect) async fn collect(
    kasm: &SideClient,
    settings: &LoginSettings,
    counts: &Counts,
) -> Result<Started, FetchError> {
    let visible: Vec<&LoginConfig> =
        settings.configs.iter().filter(|config| config.enabled != Some(false)).take(MOST_STARTS).collect();
    let outcomes: Vec<Result<StartRead, FetchError>> =
        join_all(visible.iter().map(|config| start(kasm, config, counts))).await;
    if !outcomes.is_empty()
        && outcomes.iter().all(Result::is_err)
        && let Some(Err(first)) = outcomes.first()
    {
        return Err(first.clone());
    }
    let mut started = Started { facts: KasmStart { starts: Vec::new() }, raw: Vec::new() };
    for (config, outcome) in visible.into_iter().zip(outcomes) {
        let (outcome, raw) = match outcome {
            Ok(outcome) => (outcome.fact, outcome.raw),
            Err(stop) => (StartOutcome::NoAnswer(stop.into_failure().1), None),
        };
        let (config_id, display_name) = (config.id.clone(), config.display_name.clone());
        started.facts.starts.push(Start { config_id, display_name, outcome });
        started.raw.push(raw);
    }
    Ok(started)
}

/// What one start gave.
pub(in crate::collect) struct StartRead {
    /// What the snapshot keeps.
    pub fact: StartOutcome,
    /// The authorize URL as written.
    pub raw: Option<String>,
}

async fn start(kasm: &SideClient, config: &LoginConfig, counts: &Counts) -> Result<StartRead, FetchError> {
    read(&kasm.ask(&request(kasm, config), counts).await?)
}

/// The request that starts a login by a config.
pub(in crate::collect) fn request(kasm: &SideClient, config: &LoginConfig) -> Request {
    let body = serde_json::json!({"id": config.id_as_written, "sso_type": "oidc_id"});
    Request::post(kasm.at("/api/sso"), &body)
}

/// Evaluates by the body: which status a refusal has is not known (`kasm.md`, section 14).
pub(in crate::collect) fn read(answer: &Answer) -> Result<StartRead, FetchError> {
    if let Some(wall) = fetch_error::login_wall(answer) {
        return Err(wall);
    }
    match StartOutcome::parse(&answer.body) {
        Ok(Err(refusal)) => Ok(StartRead { fact: StartOutcome::Refused(bounded(&refusal)), raw: None }),
        Ok(Ok(url)) if answer.status == 200 => Ok(match AuthorizeUrl::parse(&url) {
            Ok(parsed) => StartRead { fact: StartOutcome::Url(parsed), raw: Some(url) },
            Err(problem) => {
                let text = format!("the authorize URL that Kasm gives is {problem}");
                StartRead { fact: StartOutcome::Refused(bounded(&text)), raw: None }
            }
        }),
        _ if answer.status != 200 => Err(fetch_error::of_status(answer)),
        Err(problem) => Err(fetch_error::of_json(&problem)),
        Ok(Ok(_)) => Err(fetch_error::of_status(answer)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        collect::recorded::{html, json},
        model::Reason,
    };

    #[test]
    fn a_start_is_read_by_its_body_whatever_the_status() {
        let good = read(&json(200, r#"{"url":"https://id.example.test/authorize?client_id=c1"}"#)).unwrap();
        assert!(matches!(&good.fact, StartOutcome::Url(url) if url.client_id.as_deref() == Some("c1")));
        assert_eq!(good.raw.as_deref(), Some("https://id.example.test/authorize?client_id=c1"));
        for status in [200, 400, 403, 500] {
            let refused = read(&json(status, r#"{"error_message":"No SSO ID"}"#)).unwrap();
            assert_eq!((refused.fact, refused.raw), (StartOutcome::Refused("No SSO ID".to_owned()), None), "{status}");
        }
    }

    #[test]
    fn a_url_that_is_none_is_refused_and_not_kept() {
        for text in ["authorize?client_id=c1", "javascript:alert(1)"] {
            let seen = read(&json(200, &serde_json::json!({"url": text}).to_string())).unwrap();
            assert!(matches!(&seen.fact, StartOutcome::Refused(why) if why.starts_with("the authorize URL")), "{text}");
            assert_eq!(seen.raw, None);
        }
    }

    #[test]
    fn what_cannot_be_read_is_no_answer() {
        for (answer, reason) in [
            (html(500, "<H1>Internal Error</H1>"), Reason::Status),
            (json(200, "{}"), Reason::Body),
            (json(200, "nonsense"), Reason::Body),
            (json(404, "{}"), Reason::Status),
            (html(200, "<title>Kasm</title>"), Reason::Body),
        ] {
            assert!(
                matches!(read(&answer), Err(FetchError::Failed { reason: found, .. }) if found == reason),
                "{}",
                answer.status
            );
        }
    }
}
