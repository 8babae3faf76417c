//! One HTTP/1.1 exchange: a request by a client, and its answer within limits.
//!
//! The clients are reqwest's, and made here alone: they follow no redirect, keep no cookie, send no referer, take no
//! proxy from the environment, ask for gzip and deflate, and know GET and POST. Where the time of a connection is told, it is
//! by [`super::watch`].

use std::{future::ready, iter, net::SocketAddr, time::Duration};

use reqwest::{
    Client, Method, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{self, HeaderMap, HeaderValue},
};
use rustls::ClientConfig;
use tokio::time::Instant;
use url::{Position, Url, form_urlencoded};

use super::{
    answer::Answer,
    connect_trace::{self, ConnectTrace, Watching},
    fetch_error::{self, FetchError},
    request_auth::RequestAuth,
};
use crate::{
    clock::{Clock, span},
    model::{HttpTiming, Reason},
};

/// The largest JSON body, in bytes, also when it was compressed.
pub(in crate::collect) const JSON_LIMIT: usize = 1_000_000;
/// The largest web page.
pub(in crate::collect) const PAGE_LIMIT: usize = 2_000_000;

/// How long [`Limit::Beginning`] waits for the body.
pub(in crate::collect) const BEGINNING_WITHIN: Duration = Duration::from_secs(1);

/// What is decompressed here.
const CODINGS: &str = "gzip, deflate";
const USER_AGENT: &str = concat!("ssowatch/", env!("CARGO_PKG_VERSION"), " (+https://github.com/ssowatch/ssowatch)");

/// A request to one side. What the config gives for every request is added where it may go.
#[derive(Debug, Clone)]
pub(in crate::collect) struct Request {
    /// Where to; a fragment is not sent.
    pub url: Url,
    /// What is wanted.
    pub accept: &'static str,
    /// A body with its content type makes it a POST, else it is a GET.
    pub body: Option<(&'static str, String)>,
    /// A cookie of this collection: what the same server has just set.
    pub cookie: Option<HeaderValue>,
    /// How much of the answer is read.
    pub limit: Limit,
    /// A credential that goes along.
    pub carried: Option<RequestAuth>,
    /// Whether an `Authorization` that the config gives stays behind: the server would read it as a token of its own.
    pub is_tokenless: bool,
}

/// How much of an answer is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::collect) enum Limit {
    /// A body of at most so many bytes; a larger one is an error.
    Bytes(usize),
    /// So many bytes of the body, if they come within [`BEGINNING_WITHIN`]: the answer counts without them.
    Beginning(usize),
    /// Status and headers: the connection is closed on the body.
    HeadOnly,
}

impl Request {
    /// A GET for JSON.
    pub(in crate::collect) fn json(url: Url) -> Self {
        let limit = Limit::Bytes(JSON_LIMIT);
        Self { url, accept: "application/json", body: None, cookie: None, limit, carried: None, is_tokenless: false }
    }

    /// A GET for JSON without any `Authorization`, also where a login wall wants one.
    pub(in crate::collect) fn tokenless(url: Url) -> Self {
        Self { is_tokenless: true, ..Self::json(url) }
    }

    /// A POST of JSON, for JSON.
    pub(in crate::collect) fn post(url: Url, body: &serde_json::Value) -> Self {
        Self { body: Some(("application/json", body.to_string())), ..Self::json(url) }
    }

    /// A POST of form fields, none of them secret, for JSON.
    pub(in crate::collect) fn form(url: Url, fields: &[(&str, &str)]) -> Self {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        Self { body: Some(("application/x-www-form-urlencoded", body)), ..Self::json(url) }
    }

    /// A GET for a web page.
    pub(in crate::collect) fn page(url: Url) -> Self {
        Self { accept: "text/html", limit: Limit::Bytes(PAGE_LIMIT), ..Self::json(url) }
    }
}

/// Where a client's connections go.
#[derive(Debug)]
pub(in crate::collect) enum Route {
    /// To this address. The name is what TLS greets with.
    Direct(String, SocketAddr),
    /// Through a proxy.
    Proxy(reqwest::Proxy),
}

/// Every name leads to this address.
struct To(SocketAddr);

impl Resolve for To {
    fn resolve(&self, _: Name) -> Resolving {
        let addresses: Addrs = Box::new(iter::once(self.0));
        Box::pin(ready(Ok(addresses)))
    }
}

/// A client for one way and one TLS configuration. Its connections close with it.
#[derive(Clone)]
pub(in crate::collect) struct HttpClient {
    client: Client,
    direct: Option<(String, SocketAddr)>,
}

impl HttpClient {
    /// A line without connections yet.
    ///
    /// # Errors
    /// None is known that the config lets through.
    #[expect(clippy::disallowed_methods, reason = "the one place that makes clients")]
    pub(in crate::collect) fn new(tls: ClientConfig, way: Route) -> Result<Self, FetchError> {
        /// For a proxy's name, TCP and TLS together.
        const CONNECT_LIMIT: Duration = Duration::from_secs(8);
        let builder = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .http1_only()
            .tcp_nodelay(true)
            .connect_timeout(CONNECT_LIMIT)
            .pool_idle_timeout(None)
            .connector_layer(Watching)
            .tls_backend_preconfigured(tls);
        let (builder, direct) = match way {
            Route::Direct(name, address) => (builder.dns_resolver(To(address)), Some((name, address))),
            Route::Proxy(proxy) => (builder.proxy(proxy), None),
        };
        let wrong =
            |error: reqwest::Error| FetchError::failed(Reason::Blocked, format!("no client: {}", error.without_url()));
        Ok(Self { client: builder.build().map_err(wrong)?, direct })
    }

    /// A request's address as the client is to see it: it takes the port of where it goes only if the address names none,
    /// and resolves no host that is an address itself.
    fn wire(&self, url: &Url) -> Option<Url> {
        let mut wire = url.clone();
        wire.set_username("").ok()?;
        wire.set_password(None).ok()?;
        if let Some((name, _)) = &self.direct {
            wire.set_host(Some(name)).ok()?;
            wire.set_port(None).ok()?;
        }
        Some(wire)
    }
}

/// An exchange that failed.
#[derive(Debug)]
pub(in crate::collect) struct Broken {
    /// IntoMissing.
    pub stop: FetchError,
    /// How far it came.
    pub at: At,
}

/// How far an exchange came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::collect) enum At {
    /// The server's chain was refused.
    Refused,
    /// No connection was made.
    Connecting,
    /// The connection went away before anything of the answer came: on a connection that had been used before, the
    /// server may just have closed it.
    Unanswered,
    /// Beyond that.
    Answering,
}

/// Sends a request and reads the answer. `headers` are those that the config gives, if they may go along.
pub(in crate::collect) async fn exchange(
    line: &HttpClient,
    request: &Request,
    headers: &HeaderMap,
    clock: &Clock,
) -> (Result<Answer, Broken>, ConnectTrace) {
    let Some(message) = message(line, request, headers) else {
        let stop = FetchError::failed(Reason::Body, "the address holds characters that HTTP cannot carry");
        return (Err(Broken { stop, at: At::Answering }), ConnectTrace::default());
    };
    let begun = Instant::now();
    let (response, notes) = connect_trace::watch(line.client.execute(message)).await;
    let processing = begun.elapsed().saturating_sub(notes.waited());
    let middle = clock.now() - span(processing / 2);
    let mut response = match response {
        Ok(response) => response,
        Err(error) => return (Err(broken(line, error, &notes)), notes),
    };
    let begun = Instant::now();
    let body = match request.limit {
        Limit::HeadOnly => Ok(Vec::new()),
        Limit::Bytes(limit) => read(&mut response, limit).await,
        Limit::Beginning(limit) => Ok(beginning(&mut response, limit).await),
    };
    let answer = body.map(|body| Answer {
        url: request.url.clone(),
        status: response.status().as_u16(),
        headers: std::mem::take(response.headers_mut()),
        body,
        timing: HttpTiming {
            processing_seconds: processing.as_secs_f64(),
            transfer_seconds: begun.elapsed().as_secs_f64(),
        },
        middle,
        withheld: false,
    });
    (answer.map_err(|stop| Broken { stop, at: At::Answering }), notes)
}

fn broken(line: &HttpClient, error: reqwest::Error, notes: &ConnectTrace) -> Broken {
    let error = error.without_url();
    let at = if fetch_error::is_refusal(&error) {
        At::Refused
    } else if error.is_connect() {
        At::Connecting
    } else if fetch_error::is_unanswered(&error) {
        At::Unanswered
    } else {
        At::Answering
    };
    let to = line.direct.as_ref().map(|(_, address)| *address).filter(|_| !notes.shook_hands());
    let stop = match (at, to) {
        (At::Connecting, Some(to)) => fetch_error::of_address(&error, to),
        _ => fetch_error::of_exchange(&error, notes.shook_hands()),
    };
    Broken { stop, at }
}

/// The host is the request's own, whatever name leads to it.
fn message(line: &HttpClient, request: &Request, headers: &HeaderMap) -> Option<reqwest::Request> {
    let host = HeaderValue::from_str(&request.url[Position::BeforeHost..Position::AfterPort]).ok()?;
    let carried = request.carried.as_ref().and_then(|carried| carried.body.as_ref());
    let body = request.body.as_ref().or(carried);
    let method = if body.is_some() { Method::POST } else { Method::GET };
    let mut message = reqwest::Request::new(method, line.wire(&request.url)?);
    let all = message.headers_mut();
    all.insert(header::HOST, host);
    all.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    all.insert(header::ACCEPT, HeaderValue::from_static(request.accept));
    // Error pages come in the language that is asked for, and are read.
    all.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static("en"));
    // Without it, any coding may come (RFC 9110, section 12.5.3).
    all.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(CODINGS));
    for (name, value) in headers {
        all.append(name, value.clone());
    }
    if let Some(cookie) = &request.cookie {
        all.append(header::COOKIE, cookie.clone());
    }
    if let Some((content_type, text)) = body {
        all.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        *message.body_mut() = Some(text.clone().into());
    }
    Some(message)
}

/// The first bytes of the body, as many as come in time.
async fn beginning(response: &mut Response, limit: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let reading = async {
        while let Ok(Some(chunk)) = response.chunk().await {
            let left = limit - bytes.len();
            bytes.extend_from_slice(&chunk[..chunk.len().min(left)]);
            if bytes.len() == limit {
                break;
            }
        }
    };
    // What did not come in time is not waited for.
    let _ = tokio::time::timeout(BEGINNING_WITHIN, reading).await;
    bytes
}

/// The body, decompressed.
async fn read(response: &mut Response, limit: usize) -> Result<Vec<u8>, FetchError> {
    let too_large = || FetchError::failed(Reason::TooLarge, format!("a body of more than {limit} bytes"));
    // What was gzip has lost this header.
    let encoding = response.headers().get(header::CONTENT_ENCODING).map(|value| value.to_str().unwrap_or("?").trim());
    if let Some(other) = encoding.filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("identity")) {
        return Err(FetchError::failed(Reason::Body, format!("the encoding {other}, which was not asked for")));
    }
    if response.content_length().is_some_and(|length| length > limit as u64) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    while let Some(chunk) =
        response.chunk().await.map_err(|error| fetch_error::of_exchange(&error.without_url(), false))?
    {
        if bytes.len() + chunk.len() > limit {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::{
        super::tls::{TlsStore, VerifierOptions},
        *,
    };
    use crate::config::TlsSettings;

    fn line(way: Route) -> HttpClient {
        let side = TlsStore::default().load(&TlsSettings::default()).unwrap();
        let name = "name.test".try_into().unwrap();
        let hands = VerifierOptions { name, refuses: true, proxy: None, clock: Clock::System };
        HttpClient::new(side.client(hands), way).unwrap()
    }

    #[test]
    fn a_request_names_its_own_host_and_goes_where_the_line_leads() {
        let direct = line(Route::Direct("name.test".to_owned(), "127.0.0.1:9".parse().unwrap()));
        let proxied = line(Route::Proxy(reqwest::Proxy::all("http://proxy.invalid").unwrap()));
        for (url, host, path) in [
            ("https://x.test/a?b=c#d", "x.test", "/a?b=c"),
            ("https://x.test:443/", "x.test", "/"),
            ("http://x.test:8080", "x.test:8080", "/"),
            ("http://u:p@[::1]:80/a", "[::1]", "/a"),
            ("https://x.test/a?b=\"c d\"|{}", "x.test", "/a?b=%22c%20d%22|{}"),
        ] {
            let request = Request::json(url.parse().unwrap());
            let scheme = request.url.scheme();
            let sent = |line| message(line, &request, &HeaderMap::new()).unwrap();
            assert_eq!(sent(&direct).headers()["host"], host);
            assert_eq!(sent(&direct).method(), Method::GET);
            let text = |line| sent(line).url()[..Position::AfterQuery].to_owned();
            assert_eq!(text(&direct), format!("{scheme}://name.test{path}"));
            assert_eq!(text(&proxied), format!("{scheme}://{host}{path}"));
        }
    }
}
