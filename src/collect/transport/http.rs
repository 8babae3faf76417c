//! One HTTP/1.1 exchange: a request by a client, and its answer within limits.
//!
//! The clients are made here alone. They follow no redirect, keep no cookie, send a referer only where a form is posted, take no proxy from the
//! environment, ask for gzip and deflate, and know GET and POST. Everything that an answer is made of is limited: its head
//! by bytes and lines, the interim answers before it, its body by bytes and by pieces, as sent and as decompressed. Where
//! the time of a connection is told, it is by [`super::connect_trace`].

use std::{
    io::{self, Read as _},
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use flate2::read::{MultiGzDecoder, ZlibDecoder};
use hyper::{
    HeaderMap, Method,
    body::{Body as _, Bytes, Incoming},
    client::conn::http1::{self, SendRequest},
    header::{self, HeaderValue},
    http::Uri,
};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, timeout},
};
use tokio_rustls::TlsConnector;
use tokio_util::task::AbortOnDropHandle;
use url::{Position, Url, form_urlencoded};

use super::{
    answer::Answer,
    connect_trace::{self, ConnectTrace},
    connection,
    fetch_error::{self, FetchError},
    foreign::Mask,
    proxy::Proxy,
    request_auth::RequestAuth,
};
use crate::{
    clock::{Clock, span},
    collect::off_worker,
    model::{HttpTiming, Reason},
};

/// The largest JSON body, in bytes, also when it was compressed.
pub(in crate::collect) const JSON_LIMIT: usize = 1_000_000;
/// The largest web page.
pub(in crate::collect) const PAGE_LIMIT: usize = 2_000_000;

/// How long [`Limit::Beginning`] waits for the body.
pub(in crate::collect) const BEGINNING_WITHIN: Duration = Duration::from_secs(1);

/// The longest head of an answer, in bytes and in lines.
pub(in crate::collect) const HEAD_BYTES: usize = 64 * 1024;
pub(in crate::collect) const HEAD_LINES: usize = 100;
/// Interim answers (1xx) before the answer itself.
const INTERIM_ANSWERS: usize = 20;
/// The pieces that a body comes in: of a kilobyte each in the largest page there would be 2,000.
const BODY_PIECES: usize = 10_000;

/// For a proxy's name, TCP and TLS together.
const CONNECT_LIMIT: Duration = Duration::from_secs(8);

/// A compressed body of more bytes is inflated away from the runtime's threads.
const INFLATED_AT_ONCE: usize = 16 * 1024;

/// What is decompressed here.
const CODINGS: &str = "gzip, deflate";
const USER_AGENT: &str = concat!("ssowatch/", env!("CARGO_PKG_VERSION"), " (+https://github.com/ssowatch/ssowatch)");
/// Without a version: Pocket ID mails its users about each user agent that is new, and an upgrade of ours is none.
pub(in crate::collect) const CANARY_AGENT: &str = "ssowatch-canary (+https://github.com/ssowatch/ssowatch)";

/// A request to one side. What the config gives for every request is added where it may go.
#[derive(Debug, Clone)]
pub(in crate::collect) struct Request {
    /// Where to; a fragment is not sent.
    pub url: Url,
    /// What is wanted.
    pub accept: &'static str,
    /// Where there is none: POST with a body, else GET.
    pub method: Option<Method>,
    /// A body with its content type.
    pub body: Option<(&'static str, String)>,
    /// A cookie of this collection: what the same server has just set.
    pub cookie: Option<HeaderValue>,
    /// The page of the same origin whose form this is.
    pub form_of: Option<Url>,
    /// How much of the answer is read.
    pub limit: Limit,
    /// A credential that goes along.
    pub carried: Option<RequestAuth>,
    /// Whether an `Authorization` that the config gives stays behind: the server would read it as a token of its own.
    pub is_tokenless: bool,
    /// How we call ourselves.
    pub agent: &'static str,
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
        Self {
            url,
            accept: "application/json",
            method: None,
            body: None,
            cookie: None,
            form_of: None,
            limit,
            carried: None,
            is_tokenless: false,
            agent: USER_AGENT,
        }
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
    /// To this address.
    Direct(SocketAddr),
    /// Through a proxy.
    Proxy(Proxy),
}

/// A client for one origin, one way and one TLS configuration. Its connections close with it.
#[derive(Clone)]
pub(in crate::collect) struct HttpClient(Arc<Client>);

struct Client {
    /// Shakes hands: with the server, and with a proxy that is spoken to over TLS.
    tls: TlsConnector,
    /// The name that TLS verifies; none where the origin is of plain HTTP.
    name: Option<ServerName<'static>>,
    way: Route,
    /// Connections that wait for their next request.
    idle: Mutex<Vec<Connected>>,
}

/// A connection that takes requests, one after the other.
struct Connected {
    sender: SendRequest<String>,
    /// Interim answers to the request under way.
    interim: Arc<AtomicUsize>,
    _driver: AbortOnDropHandle<()>,
}

/// A connection below HTTP.
pub(in crate::collect) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A connection that is cut at the first interim answer too many: hyper itself would read them for ever.
struct Counted {
    stream: Box<dyn Stream>,
    interim: Arc<AtomicUsize>,
}

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.interim.load(Ordering::Relaxed) > INTERIM_ANSWERS {
            return Poll::Ready(Err(io::Error::other(TooManyInterimAnswers)));
        }
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The server sends one interim answer after the other.
#[derive(Debug, thiserror::Error)]
#[error("more than {INTERIM_ANSWERS} interim answers")]
pub(in crate::collect) struct TooManyInterimAnswers;

impl HttpClient {
    /// A line without connections yet. `name` is what TLS verifies; none means plain HTTP.
    pub(in crate::collect) fn new(tls: ClientConfig, name: Option<ServerName<'static>>, way: Route) -> Self {
        Self(Arc::new(Client { tls: TlsConnector::from(Arc::new(tls)), name, way, idle: Mutex::default() }))
    }
}

impl Client {
    fn idle(&self) -> MutexGuard<'_, Vec<Connected>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection that is kept and still takes requests, else a new one.
    async fn connection(&self, url: &Url) -> Result<Connected, Failure> {
        loop {
            let Some(mut kept) = self.idle().pop() else { break };
            if kept.sender.ready().await.is_ok() {
                return Ok(kept);
            }
        }
        connect_trace::note(ConnectTrace::begin);
        let connected = timeout(CONNECT_LIMIT, self.connect(url)).await.unwrap_or(Err(Failure::Late));
        connect_trace::note(|notes| notes.end(connected.is_ok()));
        connected
    }

    async fn connect(&self, url: &Url) -> Result<Connected, Failure> {
        let stream: Box<dyn Stream> = match &self.way {
            Route::Direct(address) => Box::new(connection::connect(*address).await.map_err(Failure::Tcp)?),
            Route::Proxy(proxy) => proxy.connect(url, &self.tls).await?,
        };
        let stream: Box<dyn Stream> = match &self.name {
            None => stream,
            Some(name) => Box::new(self.tls.connect(name.clone(), stream).await.map_err(Failure::Handshake)?),
        };
        let interim = Arc::new(AtomicUsize::new(0));
        let stream = TokioIo::new(Counted { stream, interim: Arc::clone(&interim) });
        let (sender, driver) = builder().handshake(stream).await.map_err(Failure::Exchange)?;
        // What it fails with is reported by the request that it fails.
        let driver = AbortOnDropHandle::new(tokio::spawn(async move { driver.await.unwrap_or_default() }));
        Ok(Connected { sender, interim, _driver: driver })
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that makes HTTP clients")]
fn builder() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.max_buf_size(HEAD_BYTES).max_headers(HEAD_LINES);
    builder
}

/// What an exchange failed with, before it is sorted.
#[derive(Debug)]
pub(in crate::collect) enum Failure {
    /// No TCP connection to the address.
    Tcp(io::Error),
    /// No TLS handshake: with the server, or with the proxy.
    Handshake(io::Error),
    /// No TCP connection to the proxy.
    ProxyTcp(io::Error),
    /// The proxy does not connect us; in its words.
    ProxyRefused(String),
    /// What came before failed: a name that does not resolve.
    Earlier(FetchError),
    /// No connection in time.
    Late,
    /// HTTP itself.
    Exchange(hyper::Error),
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

/// Sends a request and reads the answer, of which everything passes the mask. `headers` are those that the config gives,
/// if they may go along.
pub(in crate::collect) async fn exchange(
    line: &HttpClient,
    request: &Request,
    headers: &HeaderMap,
    clock: &Clock,
    mask: &Mask,
) -> (Result<Answer, Broken>, ConnectTrace) {
    let Some(message) = message(&line.0, request, headers) else {
        let stop = FetchError::failed(Reason::Body, "the address holds characters that HTTP cannot carry");
        return (Err(Broken { stop, at: At::Answering }), ConnectTrace::default());
    };
    let begun = Instant::now();
    let (sent, notes) = connect_trace::watch(line.0.send(&request.url, message)).await;
    let processing = begun.elapsed().saturating_sub(notes.waited());
    let middle = clock.now() - span(processing / 2);
    let (connected, response) = match sent {
        Ok(sent) => sent,
        Err(failure) => return (Err(line.0.broken(failure, &notes)), notes),
    };
    let begun = Instant::now();
    let (head, mut body) = response.into_parts();
    let read = match request.limit {
        Limit::HeadOnly => Ok(Vec::new()),
        Limit::Bytes(limit) => whole(&head.headers, &mut body, limit).await,
        Limit::Beginning(limit) => Ok(beginning(&head.headers, &mut body, limit).await),
    };
    // A connection whose answer was not read to its end takes no further request.
    if matches!(request.limit, Limit::Bytes(_)) && read.is_ok() {
        line.0.idle().push(connected);
    }
    let answer = read.map(|body| Answer {
        url: request.url.clone(),
        status: head.status.as_u16(),
        headers: mask.headers(head.headers),
        body: mask.text(body),
        timing: HttpTiming {
            processing_seconds: processing.as_secs_f64(),
            transfer_seconds: begun.elapsed().as_secs_f64(),
        },
        middle,
        withheld: false,
    });
    (answer.map_err(|stop| Broken { stop, at: At::Answering }), notes)
}

impl Client {
    async fn send(
        &self,
        url: &Url,
        mut message: hyper::Request<String>,
    ) -> Result<(Connected, hyper::Response<Incoming>), Failure> {
        let mut connected = self.connection(url).await?;
        let interim = Arc::clone(&connected.interim);
        interim.store(0, Ordering::Relaxed);
        hyper::ext::on_informational(&mut message, move |_| {
            interim.fetch_add(1, Ordering::Relaxed);
        });
        let response = connected.sender.send_request(message).await.map_err(Failure::Exchange)?;
        Ok((connected, response))
    }

    fn broken(&self, failure: Failure, notes: &ConnectTrace) -> Broken {
        let at = match &failure {
            Failure::Handshake(error) if fetch_error::is_refusal(error) => At::Refused,
            Failure::Exchange(error) if fetch_error::is_refusal(error) => At::Refused,
            Failure::Exchange(error) if fetch_error::is_unanswered(error) => At::Unanswered,
            Failure::Exchange(_) => At::Answering,
            _ => At::Connecting,
        };
        let to = match &self.way {
            Route::Direct(address) if !notes.shook_hands() => Some(*address),
            _ => None,
        };
        Broken { stop: fetch_error::of_failure(failure, to), at }
    }
}

/// The request as it is sent. The host is the request's own, whatever way leads to it.
fn message(client: &Client, request: &Request, headers: &HeaderMap) -> Option<hyper::Request<String>> {
    let host = HeaderValue::from_str(&request.url[Position::BeforeHost..Position::AfterPort]).ok()?;
    let carried = request.carried.as_ref().and_then(|carried| carried.body.as_ref());
    let body = request.body.as_ref().or(carried);
    let by_body = if body.is_some() { Method::POST } else { Method::GET };
    let method = request.method.clone().unwrap_or(by_body);
    let path = &request.url[Position::BeforePath..Position::AfterQuery];
    // A proxy that does not tunnel wants the whole address.
    let (target, password) = match &client.way {
        Route::Proxy(proxy) if client.name.is_none() && !proxy.tunnels() => {
            (format!("http://{}{path}", host.to_str().ok()?), proxy.basic())
        }
        _ => (path.to_owned(), None),
    };
    let mut message = hyper::Request::new(body.map(|(_, text)| text.clone()).unwrap_or_default());
    *message.method_mut() = method;
    *message.uri_mut() = target.parse::<Uri>().ok()?;
    let all = message.headers_mut();
    all.insert(header::HOST, host);
    all.insert(header::USER_AGENT, HeaderValue::from_static(request.agent));
    all.insert(header::ACCEPT, HeaderValue::from_static(request.accept));
    // Error pages come in the language that is asked for, and are read.
    all.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static("en"));
    // Without it, any coding may come (RFC 9110, section 12.5.3).
    all.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(CODINGS));
    all.extend(password.map(|password| (header::PROXY_AUTHORIZATION, password)));
    for (name, value) in headers {
        all.append(name, value.clone());
    }
    if let Some(page) = &request.form_of {
        let origin = HeaderValue::from_str(&page.origin().ascii_serialization()).ok()?;
        all.insert(header::ORIGIN, origin);
        all.insert(header::REFERER, HeaderValue::from_str(&page[..Position::AfterPath]).ok()?);
    }
    if let Some(cookie) = &request.cookie {
        all.append(header::COOKIE, cookie.clone());
    }
    if let Some((content_type, _)) = body {
        all.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    Some(message)
}

/// The next piece of a body; none at its end.
async fn piece(body: &mut Incoming) -> Option<Result<Bytes, hyper::Error>> {
    loop {
        let frame = std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await?;
        // What is no data is the fields behind it (RFC 9110, section 6.5), which say nothing here.
        match frame.map(hyper::body::Frame::into_data) {
            Ok(Ok(data)) => return Some(Ok(data)),
            Ok(Err(_)) => {}
            Err(error) => return Some(Err(error)),
        }
    }
}

/// The first bytes of the body, as many as come in time.
async fn beginning(headers: &HeaderMap, body: &mut Incoming, limit: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let reading = async {
        for _ in 0..BODY_PIECES {
            let Some(Ok(piece)) = piece(body).await else { break };
            let left = limit - bytes.len();
            bytes.extend_from_slice(&piece[..piece.len().min(left)]);
            if bytes.len() == limit {
                break;
            }
        }
    };
    // What did not come in time is not waited for.
    let _ = timeout(BEGINNING_WITHIN, reading).await;
    match Coding::of(headers) {
        Some(coding) if coding != Coding::Identity => {
            let mut plain = Vec::new();
            // As far as it goes: the end is missing.
            let _ = coding.reader(&bytes).take(limit as u64).read_to_end(&mut plain);
            plain
        }
        _ => bytes,
    }
}

/// How a body is coded (RFC 9110, section 8.4.1), of what is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Identity,
    Gzip,
    Deflate,
}

impl Coding {
    /// The coding that the headers announce; none where it was not asked for.
    fn of(headers: &HeaderMap) -> Option<Self> {
        let Some(value) = headers.get(header::CONTENT_ENCODING) else { return Some(Self::Identity) };
        let is = |name: &str| value.as_bytes().trim_ascii().eq_ignore_ascii_case(name.as_bytes());
        let known =
            [("", Self::Identity), ("identity", Self::Identity), ("gzip", Self::Gzip), ("deflate", Self::Deflate)];
        known.into_iter().find(|(name, _)| is(name)).map(|(_, coding)| coding)
    }

    fn reader<'b>(self, bytes: &'b [u8]) -> Box<dyn io::Read + Send + 'b> {
        match self {
            Self::Identity => Box::new(bytes),
            Self::Gzip => Box::new(MultiGzDecoder::new(bytes)),
            Self::Deflate => Box::new(ZlibDecoder::new(bytes)),
        }
    }
}

/// The whole body, decompressed.
async fn whole(headers: &HeaderMap, body: &mut Incoming, limit: usize) -> Result<Vec<u8>, FetchError> {
    let too_large = || FetchError::failed(Reason::TooLarge, format!("a body of more than {limit} bytes"));
    let Some(coding) = Coding::of(headers) else {
        let other = headers.get(header::CONTENT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("?");
        return Err(FetchError::failed(Reason::Body, format!("the encoding {other}, which was not asked for")));
    };
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    let mut pieces = 0;
    while let Some(piece) = piece(body).await {
        let piece = piece.map_err(|error| fetch_error::of_exchange(&error))?;
        pieces += 1;
        if pieces > BODY_PIECES {
            return Err(FetchError::failed(Reason::TooLarge, format!("a body in more than {BODY_PIECES} pieces")));
        }
        if bytes.len() + piece.len() > limit {
            return Err(too_large());
        }
        bytes.extend_from_slice(&piece);
    }
    if coding == Coding::Identity || bytes.is_empty() {
        return Ok(bytes);
    }
    let inflated = if bytes.len() < INFLATED_AT_ONCE {
        inflated(coding, &bytes, limit)
    } else {
        off_worker(move || inflated(coding, &bytes, limit)).await
    };
    let plain = inflated.map_err(|_| {
        let name = if coding == Coding::Gzip { "gzip" } else { "deflate" };
        FetchError::failed(Reason::Body, format!("the body is not the {name} that its headers announce"))
    })?;
    if plain.len() > limit { Err(too_large()) } else { Ok(plain) }
}

/// A compressed body as plain bytes: at most one more than the limit.
fn inflated(coding: Coding, bytes: &[u8], limit: usize) -> io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    coding.reader(bytes).take(limit as u64 + 1).read_to_end(&mut plain)?;
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::{
        super::tls::{TlsStore, VerifierOptions},
        *,
    };
    use crate::config::{ProxySettings, TlsSettings};

    async fn line(url: &Url, way: Route) -> HttpClient {
        let side = TlsStore::default().load(&TlsSettings::default()).await.unwrap();
        let name: ServerName<'static> = "name.test".try_into().unwrap();
        let hands = VerifierOptions { name: name.clone(), refuses: true, proxy: None, clock: Clock::System };
        HttpClient::new(side.client(hands), (url.scheme() == "https").then_some(name), way)
    }

    fn proxy(url: &Url) -> Route {
        let settings = ProxySettings { url: Url::parse("http://proxy.invalid").unwrap(), auth: None, no_proxy: None };
        Route::Proxy(Proxy::between(Some(&settings), url).unwrap().unwrap())
    }

    #[tokio::test]
    async fn a_request_names_its_own_host_and_gives_a_proxy_the_whole_address() {
        for (url, host, path) in [
            ("https://x.test/a?b=c#d", "x.test", "/a?b=c"),
            ("https://x.test:443/", "x.test", "/"),
            ("http://x.test:8080", "x.test:8080", "/"),
            ("http://u:p@[::1]:80/a", "[::1]", "/a"),
            ("https://x.test/a?b=\"c d\"|{}", "x.test", "/a?b=%22c%20d%22|{}"),
        ] {
            let request = Request::json(url.parse().unwrap());
            let sent = async |way| message(&line(&request.url, way).await.0, &request, &HeaderMap::new()).unwrap();
            let direct = sent(Route::Direct("127.0.0.1:9".parse().unwrap())).await;
            assert_eq!((direct.headers()["host"].to_str().unwrap(), direct.method()), (host, &Method::GET));
            assert_eq!(direct.uri().to_string(), path);
            let whole = if url.starts_with("https") { path.to_owned() } else { format!("http://{host}{path}") };
            assert_eq!(sent(proxy(&request.url)).await.uri().to_string(), whole);
        }
    }
}
