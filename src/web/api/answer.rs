//! A good answer: JSON with a tag by its content (RFC 9110, section 8.8.3).

use std::io::Write as _;

use axum::{
    body::{Body, HttpBody as _, to_bytes},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use flate2::{Compression, write::GzEncoder};
use serde::Serialize;
use tokio::task::spawn_blocking;

use super::Problem;
use crate::oidc::escaped_json;

/// Answers from this length on are compressed, in bytes.
const PACKED_FROM: u64 = 1024;
/// How much of the digest is told, in bytes.
const TAG_BYTES: usize = 16;

/// A good answer.
#[derive(Debug)]
pub(super) struct Answer {
    status: StatusCode,
    body: Vec<u8>,
    location: Option<HeaderValue>,
}

impl Answer {
    /// This value, with status 200.
    pub(super) fn of(value: &impl Serialize) -> Result<Self, Problem> {
        // Every field is a text, a number or a list of them.
        let body = serde_json::to_string(value).map_err(|_| Problem::internal("the answer could not be written"))?;
        Ok(Self { status: StatusCode::OK, body: escaped_json(body).into_bytes(), location: None })
    }

    /// The same, as something that is there from now on.
    pub(super) fn created(self) -> Self {
        Self { status: StatusCode::CREATED, ..self }
    }

    /// The same, as something that is under way and will be found at this path.
    pub(super) fn accepted(self, location: &str) -> Self {
        Self { status: StatusCode::ACCEPTED, location: HeaderValue::from_str(location).ok(), ..self }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let tag = tag(&self.body);
        let mut response = (self.status, self.body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if self.status == StatusCode::OK
            && let Ok(tag) = HeaderValue::from_str(&tag)
        {
            headers.insert(header::ETAG, tag);
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        }
        if let Some(location) = self.location {
            headers.insert(header::LOCATION, location);
        }
        response
    }
}

fn tag(body: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, body);
    let digest = digest.as_ref();
    format!("\"{}\"", URL_SAFE_NO_PAD.encode(&digest[..TAG_BYTES.min(digest.len())]))
}

/// The answer, or 304 where the client says that it has this very one (RFC 9110, section 13.1.2).
pub(super) fn unless_known(response: Response, known: Option<&HeaderValue>) -> Response {
    let is_known = match (response.headers().get(header::ETAG), known) {
        (Some(tag), Some(known)) => names(known, tag),
        _ => false,
    };
    if !is_known || response.status() != StatusCode::OK {
        return response;
    }
    let kept = |name: HeaderName| response.headers().get(&name).cloned().map(|value| (name, value));
    let headers: HeaderMap = [header::ETAG, header::CACHE_CONTROL].into_iter().filter_map(kept).collect();
    (StatusCode::NOT_MODIFIED, headers, Body::empty()).into_response()
}

/// The answer, compressed where that pays. Its tag becomes a weak one: it is that of the bytes within.
pub(super) async fn packed(response: Response) -> Response {
    let (mut head, body) = response.into_parts();
    let is_small = body.size_hint().exact().is_some_and(|length| length < PACKED_FROM);
    if head.status != StatusCode::OK || is_small {
        return Response::from_parts(head, body);
    }
    // It is whole already: reading it takes no time.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return Problem::internal("the answer could not be read").into_response();
    };
    let packing = spawn_blocking(move || {
        let mut packer = GzEncoder::new(Vec::with_capacity(bytes.len() / 8), Compression::fast());
        packer.write_all(&bytes).and_then(|()| packer.finish())
    });
    let Ok(Ok(packed)) = packing.await else {
        return Problem::internal("the answer could not be compressed").into_response();
    };
    if let Some(tag) = head.headers.get(header::ETAG).and_then(|tag| tag.to_str().ok())
        && let Ok(weak) = HeaderValue::from_str(&format!("W/{tag}"))
    {
        head.headers.insert(header::ETAG, weak);
    }
    head.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    head.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(head, Body::from(packed))
}

/// Whether an `If-None-Match` names a tag; a weak one counts (RFC 9110, section 13.1.2).
fn names(known: &HeaderValue, tag: &HeaderValue) -> bool {
    let (Ok(known), Ok(tag)) = (known.to_str(), tag.to_str()) else { return false };
    known.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_known_strong_or_weak_alone_or_in_a_list() {
        let names = |known: &str| names(&HeaderValue::from_str(known).unwrap(), &HeaderValue::from_static("\"a\""));
        for (known, is_named) in [
            ("\"a\"", true),
            ("W/\"a\"", true),
            ("\"b\", \"a\"", true),
            ("*", true),
            ("\"b\"", false),
            ("a", false),
            ("", false),
        ] {
            assert_eq!(names(known), is_named, "{known}");
        }
    }

    #[test]
    fn the_tag_goes_by_the_content() {
        assert_eq!(tag(b"{}"), tag(b"{}"));
        assert_ne!(tag(b"{}"), tag(b"[]"));
        assert_eq!(tag(b"{}").len(), 24, "22 characters of base64 in quotes");
    }
}
