//! The one place that sorts what goes wrong on the way to an answer into the closed list of [`Reason`].
//!
//! Details are sentences for a person: at most 200 characters, without a query string and without a secret.

use std::{error::Error, io, iter, net::SocketAddr, sync::Arc};

use hyper::{HeaderMap, header};
use rustls::{CertificateError, OtherError};
use url::Url;

use super::{
    answer::Answer,
    connection,
    http::{Failure, HEAD_BYTES, HEAD_LINES, TooManyInterimAnswers},
};
pub(in crate::collect) use crate::oidc::one_line as bounded;
use crate::{
    model::{Missing, Reason, SourceId},
    oidc::{AuthorizeUrl, JsonProblem},
};

/// IntoMissing a source gives no fact this time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::collect) enum FetchError {
    /// It was asked and did not answer as it must.
    Failed {
        /// The closed code.
        reason: Reason,
        /// The HTTP status, where that is the reason.
        status: Option<u16>,
        /// For a person.
        detail: String,
    },
    /// Not asked: this source had failed first.
    Blocked(SourceId),
    /// Cannot be known from here.
    OutOfReach(String),
}

impl FetchError {
    /// A failure with its detail, bounded.
    pub(in crate::collect) fn failed(reason: Reason, detail: impl AsRef<str>) -> Self {
        Self::Failed { reason, status: None, detail: bounded(detail.as_ref()) }
    }

    /// An answer with a status that the source never has when it is well; the detail is bounded.
    pub(in crate::collect) fn status(status: u16, detail: impl AsRef<str>) -> Self {
        Self::Failed { reason: Reason::Status, status: Some(status), detail: bounded(detail.as_ref()) }
    }

    /// Not asked in this round, since our own budget of requests is used up.
    pub(in crate::collect) fn put_off() -> Self {
        Self::failed(Reason::Deferred, "put off to a later round by our own limit of requests")
    }

    /// The same, as the model has it.
    pub(in crate::collect) fn missing(self, source: SourceId) -> Missing {
        match self {
            Self::Failed { reason, status, detail } => Missing::Failed { source, reason, status, detail },
            Self::Blocked(by) => Missing::Blocked { by },
            Self::OutOfReach(why) => Missing::OutOfReach(why),
        }
    }

    /// Reason and detail, for a fact that keeps failures inside (an endpoint, one start of several).
    pub(in crate::collect) fn into_failure(self) -> (Reason, String) {
        match self {
            Self::Failed { reason, detail, .. } => (reason, detail),
            Self::Blocked(by) => (Reason::Blocked, format!("waits for {}", by.title())),
            Self::OutOfReach(why) => (Reason::Blocked, why),
        }
    }
}

/// IntoMissing a source gives no fact: some know only what stopped them, others the whole.
pub(in crate::collect) trait IntoMissing {
    /// As the model has it, of the source that was asked.
    fn of(self, source: SourceId) -> Missing;
}

impl IntoMissing for FetchError {
    fn of(self, source: SourceId) -> Missing {
        self.missing(source)
    }
}

impl IntoMissing for Missing {
    fn of(self, _: SourceId) -> Missing {
        self
    }
}

/// The address without user, query and fragment, for a sentence.
pub(in crate::collect) fn place(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

/// What a TCP connection failed with.
pub(in crate::collect) fn of_connecting(error: &io::Error) -> (Reason, String) {
    match error.kind() {
        io::ErrorKind::TimedOut => (Reason::Timeout, "no answer in time".to_owned()),
        io::ErrorKind::ConnectionRefused => (Reason::Connect, "connection refused".to_owned()),
        io::ErrorKind::ConnectionReset => (Reason::Connect, "connection reset".to_owned()),
        io::ErrorKind::HostUnreachable => (Reason::Connect, "host unreachable".to_owned()),
        io::ErrorKind::NetworkUnreachable => (Reason::Connect, "network unreachable".to_owned()),
        _ => (Reason::Connect, error.to_string()),
    }
}

/// Whether connecting failed since this host has no way to IPv6 addresses: not their fault.
pub(in crate::collect) fn is_no_route(error: &io::Error, address: std::net::IpAddr) -> bool {
    /// "Address family not supported by protocol" on Linux, for which `ErrorKind` has no name.
    const EAFNOSUPPORT: i32 = 97;
    address.is_ipv6()
        && (matches!(error.kind(), io::ErrorKind::NetworkUnreachable | io::ErrorKind::AddrNotAvailable)
            || error.raw_os_error() == Some(EAFNOSUPPORT))
}

/// What a TLS handshake of our own failed with.
pub(in crate::collect) fn of_handshake(error: &io::Error) -> FetchError {
    match find(error) {
        Some(problem) => of_tls(problem),
        None => of_broken_handshake(error),
    }
}

fn of_broken_handshake(error: &io::Error) -> FetchError {
    let detail = if error.kind() == io::ErrorKind::UnexpectedEof {
        "the server closed the connection in the TLS handshake".to_owned()
    } else {
        format!("the TLS handshake failed: {}", of_connecting(error).1)
    };
    FetchError::failed(Reason::Tls, detail)
}

fn of_tls(problem: &rustls::Error) -> FetchError {
    use rustls::InvalidMessage::{CertificatePayloadTooLarge, HandshakePayloadTooLarge};
    // Sixteen thousand names, say. Clients differ in how much they take; all are near this.
    if let rustls::Error::InvalidMessage(CertificatePayloadTooLarge | HandshakePayloadTooLarge) = problem {
        return FetchError::failed(Reason::TooLarge, "certificates of more than 64 kB, which few TLS clients take");
    }
    let detail = match (problem, refusal(problem)) {
        (_, Some(refused)) => refused.to_string(),
        (rustls::Error::InvalidMessage(_), _) => "the server does not speak TLS on this port".to_owned(),
        (rustls::Error::AlertReceived(alert), _) => format!("the server refused the TLS handshake ({alert:?})"),
        _ => format!("the TLS handshake failed: {problem}"),
    };
    FetchError::failed(Reason::Tls, detail)
}

/// Whose chain our own verifier refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::collect) enum Refused {
    /// That of the server, where secrets were to be sent.
    #[error("the certificate is not trusted, so nothing that is secret is sent")]
    Server,
    /// That of the proxy.
    #[error("the proxy's certificate is not trusted")]
    Proxy,
}

impl From<Refused> for rustls::Error {
    fn from(refused: Refused) -> Self {
        CertificateError::Other(OtherError(Arc::new(refused))).into()
    }
}

fn refusal(problem: &rustls::Error) -> Option<Refused> {
    match problem {
        rustls::Error::InvalidCertificate(CertificateError::Other(other)) => other.0.downcast_ref().copied(),
        _ => None,
    }
}

/// Whether our own verifier refused the server's chain.
pub(in crate::collect) fn is_refusal(error: &(dyn Error + 'static)) -> bool {
    find(error).and_then(refusal) == Some(Refused::Server)
}

/// Whether the connection went away before anything of the answer came.
pub(in crate::collect) fn is_unanswered(error: &hyper::Error) -> bool {
    !error.is_parse() && find::<TooManyInterimAnswers>(error).is_none()
}

/// What an exchange failed with; `to` is the address that it went to, where no handshake had begun.
pub(in crate::collect) fn of_failure(failure: Failure, to: Option<SocketAddr>) -> FetchError {
    match (failure, to) {
        (Failure::Tcp(error), Some(address)) => connection::does_not_answer(address, &error),
        (Failure::Tcp(error), None) => {
            let (reason, detail) = of_connecting(&error);
            FetchError::failed(reason, detail)
        }
        (Failure::Handshake(error), _) => of_handshake(&error),
        (Failure::ProxyTcp(error), _) => {
            let (reason, detail) = of_connecting(&error);
            FetchError::failed(reason, format!("the proxy: {detail}"))
        }
        (Failure::ProxyRefused(text), _) => of_proxy(&text),
        (Failure::Earlier(stop), _) => stop,
        (Failure::Late, Some(address)) => {
            FetchError::failed(Reason::Timeout, format!("no address takes a connection ({address}: no answer in time)"))
        }
        (Failure::Late, None) => FetchError::failed(Reason::Timeout, "no connection in time"),
        (Failure::Exchange(error), _) => of_exchange(&error),
    }
}

/// What HTTP failed with. An answer that breaks off is a matter of the connection.
pub(in crate::collect) fn of_exchange(error: &hyper::Error) -> FetchError {
    // A server may refuse our certificate, or its absence, only after its side of a TLS 1.3 handshake.
    if let Some(problem) = find(error) {
        return of_tls(problem);
    }
    if let Some(flood) = find::<TooManyInterimAnswers>(error) {
        return FetchError::failed(Reason::TooLarge, flood.to_string());
    }
    if error.is_parse_too_large() {
        return FetchError::failed(
            Reason::TooLarge,
            format!("a head of more than {HEAD_BYTES} bytes or {HEAD_LINES} lines"),
        );
    }
    if error.is_parse() {
        return FetchError::failed(Reason::Body, "what answers does not speak HTTP/1.1");
    }
    let cause: Option<&io::Error> = innermost(error);
    let ended = cause.is_some_and(|cause| cause.kind() == io::ErrorKind::UnexpectedEof);
    if ended || error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        return FetchError::failed(Reason::Connect, "the server closed the connection before the answer was whole");
    }
    match cause {
        // What hyper says of chunks and of the fields behind them.
        Some(cause) if cause.kind() == io::ErrorKind::InvalidData => {
            FetchError::failed(Reason::Body, format!("a body that is not sent as HTTP/1.1 has it: {cause}"))
        }
        Some(cause) => {
            let (reason, detail) = of_connecting(cause);
            FetchError::failed(reason, format!("the connection broke off before the answer was whole: {detail}"))
        }
        None => FetchError::failed(Reason::Connect, format!("the HTTP exchange failed: {}", last(error))),
    }
}

/// What a proxy refused. The types of these errors are private to hyper-util, so their text is read.
fn of_proxy(text: &str) -> FetchError {
    let wants_password = ["proxy authorization required", "credentials not accepted", "user/pass authentication"];
    if wants_password.iter().any(|words| text.contains(words)) {
        return FetchError::failed(Reason::Unauthorized, "the proxy refuses its user and password");
    }
    match text {
        "tunnel error: unsuccessful" => FetchError::failed(Reason::Connect, "the proxy does not connect us"),
        _ => FetchError::failed(Reason::Connect, format!("the proxy does not connect us ({text})")),
    }
}

/// No whole answer within the limit.
pub(in crate::collect) fn out_of_time(limit: std::time::Duration) -> FetchError {
    FetchError::failed(Reason::Timeout, format!("no whole answer within {} s", limit.as_secs_f64()))
}

/// An error and what caused it, the cause last. What an I/O error wraps is its cause too.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    })
}

fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

fn innermost<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    causes(error).filter_map(|cause| cause.downcast_ref()).last()
}

/// What is behind an error.
pub(in crate::collect) fn last<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    causes(error).last().unwrap_or(error)
}

/// What an answer's head says before its body is of interest: throttled, or a challenge in the server's place.
///
/// # Errors
/// The reason, where the answer is one of these.
pub(in crate::collect) fn check_answerer(answer: &Answer) -> Result<(), FetchError> {
    if answer.status == 429 {
        let wait = answer.text("retry-after").map(|wait| format!(" (Retry-After: {wait})")).unwrap_or_default();
        return Err(FetchError::failed(Reason::Throttled, format!("HTTP 429: too many requests{wait}")));
    }
    if is_challenge(answer) {
        let detail = format!("HTTP {}: a bot challenge answers in the server's place", answer.status);
        return Err(FetchError::failed(Reason::Challenged, detail));
    }
    Ok(())
}

/// Cloudflare marks its challenges by `cf-mitigated`, AWS WAF by `x-amzn-waf-action`; older ones are pages with 403 or
/// 503. Cloudflare puts its name on every answer that it passes on, so a 503 needs the words of a challenge too.
fn is_challenge(answer: &Answer) -> bool {
    if answer.headers.contains_key("cf-mitigated") || answer.headers.contains_key("x-amzn-waf-action") {
        return true;
    }
    let by_cloudflare = answer.text("server").is_some_and(|server| server.eq_ignore_ascii_case("cloudflare"));
    let words = ["just a moment", "challenge-platform", "cf-chl", "cf_chl", "attention required"];
    let says_so = || {
        let body = String::from_utf8_lossy(&answer.body).to_lowercase();
        words.iter().any(|word| body.contains(word))
    };
    by_cloudflare && answer.is_html() && (answer.status == 403 || (answer.status == 503 && says_so()))
}

/// A status that the source never answers with when it is well.
pub(in crate::collect) fn of_status(answer: &Answer) -> FetchError {
    let detail = match (answer.status, answer.location_url()) {
        (300..=399, Some(target)) => {
            format!("HTTP {}: redirects to {}, which is not followed", answer.status, place(&target))
        }
        (300..=399, None) => format!("HTTP {}: redirects without saying where to", answer.status),
        (status, _) if answer.is_html() => format!("HTTP {status} with a web page"),
        (status, _) => match answer.said() {
            Some(text) => format!("HTTP {status}: {text}"),
            None => format!("HTTP {status}"),
        },
    };
    FetchError::status(answer.status, detail)
}

/// A 200 whose body is not what it must be.
pub(in crate::collect) fn of_body(problem: &impl std::fmt::Display) -> FetchError {
    FetchError::failed(Reason::Body, problem.to_string())
}

/// An authorize URL that is longer than any that is read; none where it is not.
pub(in crate::collect) fn of_long_url(url: &str) -> Option<FetchError> {
    let most = AuthorizeUrl::MOST_BYTES;
    (url.len() > most)
        .then(|| FetchError::failed(Reason::TooLarge, format!("an authorize URL of more than {} kB", most / 1000)))
}

/// A 200 whose body is not the JSON that it must be, or more of it than is read.
pub(in crate::collect) fn of_json(problem: &JsonProblem) -> FetchError {
    let reason = if matches!(problem, JsonProblem::TooLarge { .. }) { Reason::TooLarge } else { Reason::Body };
    FetchError::failed(reason, problem.to_string())
}

/// A login wall before Kasm: what a person can do about it.
///
/// Such walls redirect to another host, or refuse with a web page or `WWW-Authenticate`. A redirect on the same host is
/// Kasm's own proxy.
pub(in crate::collect) fn login_wall(answer: &Answer) -> Option<FetchError> {
    let place = match answer.status {
        300..=399 => {
            let target = answer.location_url()?;
            (target.host_str() != answer.url.host_str()).then(|| format!("a redirect to {}", place(&target)))?
        }
        401 | 403 if answer.is_html() => format!("a login page (HTTP {})", answer.status),
        401 | 403 if answer.headers.contains_key(header::WWW_AUTHENTICATE) => {
            format!("a demand to log in (HTTP {})", answer.status)
        }
        200 if answer.is_web_page() && !answer.mentions("kasm") => "a web page that is not Kasm's".to_owned(),
        _ => return None,
    };
    let hint = if answer.withheld {
        "http_headers and basic_auth are withheld, since the certificate is not trusted or the address is plain HTTP"
    } else {
        "give http_headers or basic_auth for the login wall, or fix kasm.url"
    };
    Some(FetchError::OutOfReach(bounded(&format!("{place} answers in Kasm's place: {hint}"))))
}

/// Until when an origin asked us to wait, in seconds from now: `Retry-After` in seconds or as a date, at most 10 minutes.
pub(in crate::collect) fn retry_after(headers: &HeaderMap, now: crate::clock::Time) -> Option<chrono::TimeDelta> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse::<u32>() {
        Ok(seconds) => chrono::TimeDelta::seconds(seconds.into()),
        Err(_) => super::answer::http_date(text)? - now,
    };
    (wait > chrono::TimeDelta::zero()).then(|| wait.min(chrono::TimeDelta::minutes(10)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        collect::recorded::{answer, html, json, recorded, redirect},
        model::Snapshot,
    };

    #[test]
    fn throttling_and_challenges_are_told_before_anything_else() {
        let limited = recorded(include_str!("../../../tests/fixtures/observe/rate_limited_2_9.json"));
        assert_eq!(check_answerer(&limited), Err(FetchError::failed(Reason::Throttled, "HTTP 429: too many requests")));
        for challenge in [
            answer(403, &[("cf-mitigated", "challenge")], ""),
            answer(202, &[("x-amzn-waf-action", "challenge")], ""),
            answer(403, &[("server", "cloudflare"), ("content-type", "text/html")], ""),
        ] {
            assert!(matches!(check_answerer(&challenge), Err(FetchError::Failed { reason: Reason::Challenged, .. })));
        }
        for other in [
            json(403, "{}"),
            html(403, ""),
            answer(502, &[("server", "cloudflare"), ("content-type", "text/html")], ""),
        ] {
            assert_eq!(check_answerer(&other), Ok(()));
        }
    }

    #[test]
    fn a_status_is_told_without_what_stands_in_a_query() {
        for (answer, detail) in [
            (
                redirect(302, "https://u:p@x.test/a?state=1#c"),
                "HTTP 302: redirects to https://x.test/a, which is not followed",
            ),
            (redirect(302, "/b?code=1"), "HTTP 302: redirects to https://id.example.test/b, which is not followed"),
            (answer(302, &[], ""), "HTTP 302: redirects without saying where to"),
            (html(404, "<h1>secret</h1>"), "HTTP 404 with a web page"),
            (json(400, r#"{"message":"no"}"#), "HTTP 400: no"),
            (answer(418, &[], ""), "HTTP 418"),
        ] {
            assert_eq!(of_status(&answer), FetchError::status(answer.status, detail));
        }
    }

    #[test]
    fn certificates_that_are_too_large_are_no_other_protocol() {
        use rustls::{Error, InvalidMessage};
        for (problem, reason) in [
            (InvalidMessage::HandshakePayloadTooLarge, Reason::TooLarge),
            (InvalidMessage::CertificatePayloadTooLarge, Reason::TooLarge),
            (InvalidMessage::InvalidContentType, Reason::Tls),
        ] {
            let found = of_tls(&Error::InvalidMessage(problem));
            assert!(matches!(&found, FetchError::Failed { reason: of, .. } if *of == reason), "{found:?}");
        }
    }

    #[test]
    fn what_is_too_large_is_told_from_what_is_no_json() {
        let too_large = JsonProblem::TooLarge { what: "keys in the set", most: 100 };
        assert_eq!(of_json(&too_large), FetchError::failed(Reason::TooLarge, "more than 100 keys in the set"));
        assert_eq!(of_json(&JsonProblem::WebPage), FetchError::failed(Reason::Body, "a web page instead of JSON"));
    }

    #[test]
    fn a_wait_is_read_in_seconds_or_as_a_date_and_is_never_longer_than_ten_minutes() {
        let now = Snapshot::healthy().taken_at;
        let wait = |text: &str| {
            retry_after(&answer(429, &[("retry-after", text)], "").headers, now).map(|wait| wait.num_seconds())
        };
        assert_eq!(wait("30"), Some(30));
        assert_eq!(wait("86400"), Some(600));
        assert_eq!(wait("Tue, 24 Nov 2026 12:00:45 GMT"), Some(45));
        for nothing in ["0", "-5", "soon", "Tue, 24 Nov 2026 11:00:00 GMT"] {
            assert_eq!(wait(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn having_no_way_to_ipv6_is_not_their_fault() {
        let (four, six) = ([127, 0, 0, 1].into(), std::net::Ipv6Addr::LOCALHOST.into());
        for kind in [io::ErrorKind::NetworkUnreachable, io::ErrorKind::AddrNotAvailable] {
            assert!(is_no_route(&kind.into(), six) && !is_no_route(&kind.into(), four), "{kind}");
        }
        assert!(is_no_route(&io::Error::from_raw_os_error(97), six));
        assert!(!is_no_route(&io::ErrorKind::ConnectionRefused.into(), six));
    }

    #[test]
    fn what_connecting_failed_with_is_told() {
        for (kind, reason, detail) in [
            (io::ErrorKind::TimedOut, Reason::Timeout, "no answer in time"),
            (io::ErrorKind::ConnectionRefused, Reason::Connect, "connection refused"),
            (io::ErrorKind::HostUnreachable, Reason::Connect, "host unreachable"),
        ] {
            assert_eq!(of_connecting(&kind.into()), (reason, detail.to_owned()));
        }
    }
}
