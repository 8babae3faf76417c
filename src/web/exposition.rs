//! Answers in an exposition format: `/metrics`, and what `/probe` tells.

use std::{convert::Infallible, io::Write as _, sync::Arc};

use axum::{
    body::{Body, Bytes},
    extract,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use flate2::{Compression, write::GzEncoder};
use futures_util::stream;
use prometheus::proto::MetricFamily;
use tokio::task::spawn_blocking;

use super::Shared;
use crate::metrics::{self, Format, Scrape, negotiate};

pub(super) async fn metrics(extract::State(app): Shared, headers: HeaderMap) -> Response {
    let format = negotiate::format(joined(&headers, &header::ACCEPT).as_deref());
    let is_packed = takes_gzip(&headers);
    let (entries, now, daemon) = (app.results.entries(), app.clock.now(), Arc::clone(&app.daemon));
    // Of many targets, rendering and packing take long: others are not to wait for it.
    let scraped = spawn_blocking(move || {
        let scrape = daemon.scrape(&entries, format, now);
        if is_packed { packed(scrape) } else { Ok(streamed(scrape)) }
    });
    match scraped.await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => unwritable(&error),
        Err(error) => unwritable(&error),
    }
}

/// Block by block, so that no scrape stands in memory as a whole.
fn streamed(scrape: Scrape) -> Response {
    let (format, length) = (scrape.format(), scrape.length());
    let blocks = scrape.blocks().map(|block| Ok::<_, Infallible>(Bytes::from(block)));
    let mut response = (head(format), Body::from_stream(stream::iter(blocks))).into_response();
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    response
}

fn packed(scrape: Scrape) -> std::io::Result<Response> {
    let format = scrape.format();
    let mut packer = GzEncoder::new(Vec::with_capacity(scrape.length() / 16), Compression::fast());
    scrape.write(&mut packer)?;
    Ok((head(format), [(header::CONTENT_ENCODING, "gzip")], packer.finish()?).into_response())
}

fn head(format: Format) -> [(HeaderName, &'static str); 2] {
    [(header::CONTENT_TYPE, format.content_type()), (header::VARY, "Accept, Accept-Encoding")]
}

fn unwritable(error: &dyn std::fmt::Display) -> Response {
    super::text(StatusCode::INTERNAL_SERVER_ERROR, format!("the metrics cannot be written: {error}"))
}

/// Families in the format, and compressed as, the request's headers ask.
pub(super) fn respond(families: &[MetricFamily], request: &HeaderMap) -> Response {
    let format = negotiate::format(joined(request, &header::ACCEPT).as_deref());
    let body = match metrics::encode(families, format) {
        Ok(body) => body,
        Err(error) => return unwritable(&error),
    };
    let head = head(format);
    if takes_gzip(request)
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

/// Whether the client takes gzip.
pub(super) fn takes_gzip(request: &HeaderMap) -> bool {
    negotiate::takes_gzip(joined(request, &header::ACCEPT_ENCODING).as_deref())
}

/// A header that may stand several times, as one list (RFC 9110, section 5.3).
fn joined(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let values: Vec<&str> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    (!values.is_empty()).then(|| values.join(","))
}
