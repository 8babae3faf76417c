//! A refusal as a problem (RFC 9457).

use axum::{
    body::{Body, to_bytes},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

/// The most that is read of a refusal's own text, in bytes.
const LONGEST_TEXT: usize = 4096;
/// The most targets that a sentence names.
const MOST_NAMED: usize = 20;

/// Why something is refused.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    detail: String,
    more: Map<String, Value>,
    retry_after_seconds: Option<u64>,
}

impl Problem {
    /// A refusal with a sentence for a person.
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), more: Map::new(), retry_after_seconds: None }
    }

    /// A query parameter that is not as it must be.
    pub(super) fn parameter(name: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail).with("parameter", name)
    }

    /// No target has this name; says which there are, some of them in the sentence.
    pub(super) fn no_target(name: &str, targets: &[String]) -> Self {
        let some = targets.get(..MOST_NAMED).unwrap_or(targets).join(", ");
        let there_are = match targets.len() {
            0 => "there is none".to_owned(),
            1..=MOST_NAMED => format!("there are {some}"),
            count => format!("there are {some} and {} more", count - MOST_NAMED),
        };
        Self::new(StatusCode::NOT_FOUND, format!("No target is named \"{name}\"; {there_are}."))
            .with("targets", targets)
    }

    /// Something that only a bug can bring about.
    pub(super) fn internal(detail: &str) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
    }

    /// The same, with one more field.
    pub(super) fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.more.insert(field.to_owned(), value.into());
        self
    }

    /// The same, saying when to try again.
    pub(super) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    fn body(&self) -> Value {
        // Of the type `about:blank`, which is left out, the title is the status in words (section 4.2.1).
        let title = self.status.canonical_reason().unwrap_or("Error");
        let mut body = json!({"title": title, "status": self.status.as_u16(), "detail": self.detail});
        if let Value::Object(members) = &mut body {
            members.extend(self.more.clone());
        }
        body
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.body().to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// A refusal as a problem. One that comes from elsewhere keeps its status and headers (`Allow`, `WWW-Authenticate`), and
/// its text where it is one for people.
pub(super) async fn of(response: Response) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/problem+json") {
        return response;
    }
    let is_text = kind.starts_with("text/plain");
    let (mut head, body) = response.into_parts();
    let text = to_bytes(body, LONGEST_TEXT).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let detail = if is_text && !text.trim().is_empty() { text.trim() } else { in_words(head.status) };
    let body = Problem::new(head.status, detail).body().to_string();
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    Response::from_parts(head, Body::from(body))
}

fn in_words(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "Nothing is at this address; /api/v1/openapi.json tells what there is.",
        StatusCode::METHOD_NOT_ALLOWED => {
            "This address does not take this method; the header Allow names those it takes."
        }
        StatusCode::UNAUTHORIZED => "A login is needed.",
        _ => "The request is refused.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_names_a_target_that_is_not_there_is_told_which_are() {
        let names = |count: usize| (1..=count).map(|n| format!("t{n}")).collect::<Vec<String>>();
        for (count, sentence_ends) in
            [(0, "\"x\"; there is none."), (2, "\"x\"; there are t1, t2."), (23, "t19, t20 and 3 more.")]
        {
            let body = Problem::no_target("x", &names(count)).body();
            assert!(body["detail"].as_str().unwrap().ends_with(sentence_ends), "{body}");
            assert_eq!(body["targets"].as_array().unwrap().len(), count);
        }
    }
}
