//! Answers in an exposition format: `/metrics`, and what `/probe` tells.

use std::io::Write as _;

use axum::{
    extract,
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use flate2::{Compression, write::GzEncoder};
use prometheus::proto::MetricFamily;

use super::Shared;
use crate::metrics::{self, negotiate};

pub(super) async fn metrics(extract::State(app): Shared, headers: HeaderMap) -> Response {
    let families = metrics::gather(&app.results.entries(), app.clock.now(), &app.daemon);
    respond(&families, &headers)
}

/// Families in the format, and compressed as, the request's headers ask.
pub(super) fn respond(families: &[MetricFamily], request: &HeaderMap) -> Response {
    let format = negotiate::format(joined(request, &header::ACCEPT).as_deref());
    let body = match metrics::encode(families, format) {
        Ok(body) => body,
        Err(error) => {
            return super::text(StatusCode::INTERNAL_SERVER_ERROR, format!("the metrics cannot be written: {error}"));
        }
    };
    let head = [(header::CONTENT_TYPE, format.content_type()), (header::VARY, "Accept, Accept-Encoding")];
    if negotiate::takes_gzip(joined(request, &header::ACCEPT_ENCODING).as_deref())
        && let Ok(packed) = gzip(&body)
    {
        return (head, [(header::CONTENT_ENCODING, "gzip")], packed).into_response();
    }
    (head, body).into_response()
}

fn gzip(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut packer = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    packer.write_all(body)?;
    packer.finish()
}

/// A header that may stand several times, as one list (RFC 9110, section 5.3).
fn joined(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let values: Vec<&str> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    (!values.is_empty()).then(|| values.join(","))
}
