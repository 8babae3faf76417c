//! What is told outward, to where the operator says: the same client with the same limits as looks have, and no budget.
//!
//! The address itself may be a secret, and so is what is told: nothing is sent to a server whose certificate is not
//! trusted, nor over plain HTTP to another host, unless the settings say so.

use std::{fmt, sync::Arc, time::Duration};

use hyper::{Method, header};
use url::Url;

use super::{
    answer::Answer,
    fetch_error::{FetchError, bounded, retry_after},
    foreign::{self, Mask},
    http::{BEGINNING_WITHIN, Limit, Request},
    origin_client::OriginClient,
    request_auth::{RequestAuth, sensitive},
    tls::TlsStore,
};
use crate::{
    clock::Clock,
    config::{HttpSettings, Secret},
};

/// How much of an answer is read: enough for why something was refused.
const ANSWER: usize = 16 * 1024;

/// Tells outward.
#[derive(Debug)]
pub struct WebhookClient {
    tls: Arc<TlsStore>,
    clock: Clock,
}

/// One request.
pub struct WebhookRequest<'a> {
    /// Where to.
    pub url: Url,
    /// How to connect.
    pub http: &'a HttpSettings,
    /// A token for `Authorization: Bearer`.
    pub bearer: Option<Secret>,
    /// A JSON body, which makes it a POST; else it is a GET.
    pub json: Option<String>,
    /// Whether the body is sent by PUT.
    pub is_put: bool,
    /// What else no answer may repeat, beside the token: [`parts`] of an address that is a secret.
    pub secrets: Vec<Secret>,
}

/// Nothing of it is shown.
impl fmt::Debug for WebhookRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookRequest(..)")
    }
}

/// What a server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookResponse {
    /// The HTTP status.
    pub status: u16,
    /// The body, as far as it was read; it may repeat what was sent.
    pub body: String,
}

/// IntoMissing something could not be told. The text is for a person, and repeats no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendError {
    /// What went wrong, and what to do about it where that is known.
    pub detail: String,
    /// How long the server wants us to wait.
    pub retry_after: Option<Duration>,
}

impl From<String> for SendError {
    fn from(detail: String) -> Self {
        Self { detail, retry_after: None }
    }
}

impl WebhookClient {
    /// With no connection yet.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { tls: Arc::default(), clock }
    }

    /// Sends a request and gives the answer, whatever its status.
    ///
    /// # Errors
    /// No answer came.
    pub async fn ask(&self, outgoing: &WebhookRequest<'_>) -> Result<WebhookResponse, SendError> {
        let answer = self.exchange(outgoing).await.map_err(|stop| SendError::from(detail(stop)))?;
        Ok(WebhookResponse { status: answer.status, body: String::from_utf8_lossy(&answer.body).into_owned() })
    }

    /// Sends a request that is to be taken, and gives the status: every one but 2xx is an error.
    ///
    /// # Errors
    /// No answer came, or one that says no.
    pub async fn tell(&self, outgoing: &WebhookRequest<'_>) -> Result<u16, SendError> {
        let answer = self.exchange(outgoing).await.map_err(|stop| SendError::from(detail(stop)))?;
        match answer.status {
            200..=299 => Ok(answer.status),
            status => Err(SendError {
                detail: format!("HTTP {status}{}{}", why(status), said(&answer)),
                retry_after: retry_after(&answer.headers, self.clock.now()).and_then(|wait| wait.to_std().ok()),
            }),
        }
    }

    async fn exchange(&self, outgoing: &WebhookRequest<'_>) -> Result<Answer, FetchError> {
        let http = &outgoing.http.with_secrets().await;
        let mask = Arc::new(mask(outgoing, http));
        let mut headers = Vec::new();
        if let Some(bearer) = &outgoing.bearer {
            headers.push((header::AUTHORIZATION, sensitive(format!("Bearer {}", bearer.expose()))?));
        }
        let body = outgoing.json.clone().map(|json| ("application/json", json));
        let request = Request {
            method: outgoing.is_put.then_some(Method::PUT),
            limit: Limit::Beginning(ANSWER),
            carried: Some(RequestAuth { headers, body }),
            ..Request::json(outgoing.url.clone())
        };
        let connect_to = http.connect_to.as_ref();
        let mut peer = OriginClient::new(&outgoing.url, http, connect_to, &self.tls, self.clock, mask).await?;
        // What was taken is not sent again because of how the answer goes on.
        peer.limit += BEGINNING_WITHIN;
        peer.send(&request).await
    }
}

fn detail(stop: FetchError) -> String {
    if stop == RequestAuth::withheld() {
        return "nothing is sent: the server's certificate is not trusted here, or it speaks plain HTTP; pin the \
                certificate (tls_config.ca_file or fingerprint_sha256), or set allow_http"
            .to_owned();
    }
    stop.into_failure().1
}

/// What a status means here, and what to do.
fn why(status: u16) -> &'static str {
    match status {
        300..=399 => " (a redirect, which is not followed: write the address that it leads to)",
        401 | 403 => " (check the token or the password)",
        404 => " (check the address)",
        413 => " (the message is too large for it)",
        429 => " (too many requests)",
        _ => "",
    }
}

/// The server's own words.
fn said(answer: &Answer) -> String {
    let text = answer.said().unwrap_or_else(|| if answer.is_web_page() { String::new() } else { first_line(answer) });
    if text.is_empty() { text } else { format!(": {text}") }
}

/// All that the request holds and nobody else may read. `http` has its secrets read.
fn mask(outgoing: &WebhookRequest<'_>, http: &HttpSettings) -> Mask {
    let mut all: Vec<Secret> = outgoing.bearer.iter().chain(&outgoing.secrets).cloned().collect();
    all.extend(foreign::secrets_of(http));
    Mask::new(&all, outgoing.url.host_str())
}

/// What an address that is a secret holds behind its host.
#[must_use]
pub fn parts(url: &Url) -> Vec<Secret> {
    let pairs = url.query_pairs().flat_map(|(key, value)| [key.into_owned(), value.into_owned()]);
    url.path_segments().into_iter().flatten().map(str::to_owned).chain(pairs).map(Secret::new).collect()
}

/// What a server said, without these credentials.
#[must_use]
pub fn without(secrets: &[Secret], said: &str) -> String {
    Mask::new(secrets, None).sentence(said).into_owned()
}

fn first_line(answer: &Answer) -> String {
    let text = String::from_utf8_lossy(&answer.body);
    bounded(text.trim().lines().next().unwrap_or_default())
}
