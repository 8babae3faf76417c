//! One HTTP/1.1 exchange: a request on a connection, and its answer within limits.
//!
//! There is one client, and it is this: hyper on a connection that [`super::peer`] opened. It follows no redirect,
//! keeps no cookie, sends no referer, asks for gzip only, and knows GET and POST. A ready-made client hides the
//! connection; a prober wants the phases of the very connection that answered, and must know that connection's own
//! chain before it lets a secret out.

use std::{future::poll_fn, io::Read, pin::Pin};

use hyper::{
    HeaderMap, Method, Uri,
    body::{Body, Incoming},
    client::conn::http1::SendRequest,
    header::{self, HeaderName, HeaderValue},
};
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;
use url::{Position, Url};

use super::{
    answer::Answer,
    carried::Carried,
    reasons::{self, Stop},
};
use crate::{
    clock::{Clock, span},
    model::{HttpTiming, Reason},
};

/// The largest JSON body, in bytes, also when it was compressed.
pub(super) const JSON_LIMIT: usize = 1_000_000;
/// The largest web page.
pub(super) const PAGE_LIMIT: usize = 2_000_000;

const USER_AGENT: &str = concat!("ssowatch/", env!("CARGO_PKG_VERSION"), " (+https://github.com/ssowatch/ssowatch)");

/// A request to one side. What the config gives for every request is added by the connection that may carry it.
#[derive(Debug, Clone)]
pub(super) struct Request {
    /// Where to; a fragment is not sent.
    pub url: Url,
    /// What is wanted.
    pub accept: &'static str,
    /// A JSON body makes it a POST, else it is a GET.
    pub json: Option<String>,
    /// How much of the answer is read.
    pub limit: Limit,
    /// A credential that goes along.
    pub carried: Option<Carried>,
}

/// How much of an answer is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// A body of at most so many bytes; a larger one is an error.
    Bytes(usize),
    /// Status and headers: the connection is closed on the body.
    HeadOnly,
}

impl Request {
    /// A GET for JSON.
    pub(super) fn json(url: Url) -> Self {
        Self { url, accept: "application/json", json: None, limit: Limit::Bytes(JSON_LIMIT), carried: None }
    }

    /// A POST of JSON, for JSON.
    pub(super) fn post(url: Url, body: &serde_json::Value) -> Self {
        Self { json: Some(body.to_string()), ..Self::json(url) }
    }

    /// A GET for a web page.
    pub(super) fn page(url: Url) -> Self {
        Self { url, accept: "text/html", json: None, limit: Limit::Bytes(PAGE_LIMIT), carried: None }
    }
}

/// A connection that speaks HTTP/1.1, one exchange after the other.
#[derive(Debug)]
pub(super) struct Link {
    /// Where requests go in.
    pub sender: SendRequest<String>,
    /// The task that moves the bytes; stops with the link.
    pub _driver: AbortOnDropHandle<()>,
    /// Whether what is secret may go over it.
    pub may_carry_secrets: bool,
    /// For plain HTTP through a proxy: the header that opens it, and whole addresses in requests.
    pub proxied: Option<Proxied>,
}

/// What each plain HTTP request through a proxy carries.
#[derive(Debug, Clone)]
pub(super) struct Proxied {
    /// `Proxy-Authorization`.
    pub authorization: Option<HeaderValue>,
}

/// An exchange that failed.
#[derive(Debug)]
pub(super) struct Broken {
    /// Why.
    pub stop: Stop,
    /// Whether the connection went away before anything of the answer came: on a connection that had been used before,
    /// the server may just have closed it.
    pub may_be_stale: bool,
}

impl From<Stop> for Broken {
    fn from(stop: Stop) -> Self {
        Self { stop, may_be_stale: false }
    }
}

/// Sends a request and reads the answer. Headers that the config gives go along if the link may carry secrets.
pub(super) async fn exchange(
    link: &mut Link,
    request: &Request,
    secrets: &[(HeaderName, HeaderValue)],
    clock: &Clock,
) -> Result<Answer, Broken> {
    if request.carried.is_some() && !link.may_carry_secrets {
        return Err(Carried::withheld().into());
    }
    let withheld = !secrets.is_empty() && !link.may_carry_secrets;
    let secrets = if withheld { &[] } else { secrets };
    let message = message(request, secrets, link.proxied.as_ref())?;
    let (sent_at, begun) = (clock.now(), Instant::now());
    let response = link
        .sender
        .send_request(message)
        .await
        .map_err(|error| Broken { stop: reasons::of_exchange(&error), may_be_stale: !error.is_parse() })?;
    let processing = begun.elapsed();
    let (head, body) = response.into_parts();
    let begun = Instant::now();
    let body = match request.limit {
        Limit::HeadOnly => Vec::new(),
        Limit::Bytes(limit) => decoded(&head.headers, read(body, limit).await?, limit)?,
    };
    Ok(Answer {
        url: request.url.clone(),
        status: head.status.as_u16(),
        headers: head.headers,
        body,
        timing: HttpTiming {
            processing_seconds: processing.as_secs_f64(),
            transfer_seconds: begun.elapsed().as_secs_f64(),
        },
        middle: sent_at + span(processing / 2),
        withheld,
    })
}

fn message(
    request: &Request,
    secrets: &[(HeaderName, HeaderValue)],
    proxied: Option<&Proxied>,
) -> Result<hyper::Request<String>, Stop> {
    let url = &request.url;
    let target =
        if proxied.is_some() { &url[..Position::AfterQuery] } else { &url[Position::BeforePath..Position::AfterQuery] };
    let cannot = |_| Stop::failed(Reason::Body, "the address holds characters that HTTP cannot carry");
    let uri: Uri = target.parse().map_err(|_| cannot(()))?;
    let host = HeaderValue::from_str(&url[Position::BeforeHost..Position::AfterPort]).map_err(|_| cannot(()))?;
    let carried_body = request.carried.as_ref().and_then(|carried| carried.body.clone());
    let body = request.json.clone().map(|json| ("application/json", json)).or(carried_body);
    let content_type = body.as_ref().map(|(content_type, _)| *content_type);
    let mut message = hyper::Request::new(body.map(|(_, text)| text).unwrap_or_default());
    *message.method_mut() = if content_type.is_some() { Method::POST } else { Method::GET };
    *message.uri_mut() = uri;
    let headers = message.headers_mut();
    headers.insert(header::HOST, host);
    headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    headers.insert(header::ACCEPT, HeaderValue::from_static(request.accept));
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    if let Some(content_type) = content_type {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    for (name, value) in request.carried.iter().flat_map(|carried| &carried.headers) {
        headers.insert(name.clone(), value.clone());
    }
    for (name, value) in secrets {
        headers.append(name.clone(), value.clone());
    }
    if let Some(authorization) = proxied.and_then(|proxied| proxied.authorization.clone()) {
        headers.insert(header::PROXY_AUTHORIZATION, authorization);
    }
    Ok(message)
}

async fn read(mut body: Incoming, limit: usize) -> Result<Vec<u8>, Stop> {
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large(limit));
    }
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|error| reasons::of_exchange(&error))?;
        let Ok(data) = frame.into_data() else { continue };
        if bytes.len() + data.len() > limit {
            return Err(too_large(limit));
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

fn decoded(headers: &HeaderMap, body: Vec<u8>, limit: usize) -> Result<Vec<u8>, Stop> {
    let encoding = headers.get(header::CONTENT_ENCODING).map(|value| String::from_utf8_lossy(value.as_bytes()));
    match encoding.as_deref().map(str::trim) {
        None | Some("" | "identity") => Ok(body),
        Some(name) if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") => {
            let mut decoded = Vec::new();
            let reader = flate2::read::MultiGzDecoder::new(&body[..]);
            reader
                .take(limit as u64 + 1)
                .read_to_end(&mut decoded)
                .map_err(|_| Stop::failed(Reason::Body, "the body is not the gzip that its headers announce"))?;
            if decoded.len() > limit { Err(too_large(limit)) } else { Ok(decoded) }
        }
        Some(other) => Err(Stop::failed(Reason::Body, format!("the encoding {other}, which was not asked for"))),
    }
}

fn too_large(limit: usize) -> Stop {
    Stop::failed(Reason::TooLarge, format!("a body of more than {limit} bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_names_its_host_with_a_port_only_where_the_url_has_one() {
        for (url, host, target) in [
            ("https://x.test/a?b=c#d", "x.test", "/a?b=c"),
            ("https://x.test:443/", "x.test", "/"),
            ("http://x.test:8080", "x.test:8080", "/"),
            ("http://[::1]:80/a", "[::1]", "/a"),
            ("https://x.test/a?b=\"c d\"|{}", "x.test", "/a?b=%22c%20d%22|{}"),
        ] {
            let message = message(&Request::json(url.parse().unwrap()), &[], None).unwrap();
            assert_eq!(message.headers()["host"], host);
            assert_eq!(message.uri().to_string(), target);
            assert_eq!(message.method(), Method::GET);
        }
    }
}
