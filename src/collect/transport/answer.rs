//! An answer over HTTP: status, headers and body, and what its head tells of the server.

use chrono::DateTime;
use hyper::{HeaderMap, header};
use url::Url;

use super::{
    fetch_error::bounded,
    foreign::{ForeignHeaders, ForeignText},
};
use crate::{
    clock::Time,
    collect::off_worker,
    model::{Answered, ClockReading, HttpTiming},
    oidc::parse_json,
};

/// An answer of so many bytes is large.
const LARGE: usize = 64 * 1024;

/// An answer, whole.
#[derive(Debug, Clone)]
pub(in crate::collect) struct Answer {
    /// What was asked for.
    pub url: Url,
    /// The HTTP status.
    pub status: u16,
    /// The headers, without credentials.
    pub headers: ForeignHeaders,
    /// The body, decompressed, without credentials.
    pub body: ForeignText,
    /// How long it took.
    pub timing: HttpTiming,
    /// Our clock between the request and the head of the answer.
    pub middle: Time,
    /// Whether headers that the config gives were not sent, since the connection may not carry them.
    pub withheld: bool,
}

impl Answer {
    /// Reads it, away from the runtime's threads where it is large.
    pub(in crate::collect) async fn read<T: Send + 'static>(
        self,
        read: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> (Self, T) {
        if self.body.len() < LARGE {
            let found = read(&self);
            return (self, found);
        }
        off_worker(move || {
            let found = read(&self);
            (self, found)
        })
        .await
    }

    /// A header as text; bytes that are not UTF-8 are replaced.
    pub(in crate::collect) fn text(&self, name: impl header::AsHeaderName) -> Option<String> {
        self.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).trim().to_owned())
    }

    /// `Content-Type`.
    pub(in crate::collect) fn content_type(&self) -> Option<String> {
        self.text(header::CONTENT_TYPE)
    }

    /// Whether it is a web page, by its type, or by its collection where it names none.
    pub(in crate::collect) fn is_html(&self) -> bool {
        match self.content_type() {
            Some(kind) => kind.to_ascii_lowercase().contains("html"),
            None => self.body.trim_ascii_start().starts_with(b"<"),
        }
    }

    /// Whether the body is a web page, whatever its type says: servers that set no type send JSON as `text/html`.
    pub(in crate::collect) fn is_web_page(&self) -> bool {
        match self.body.trim_ascii_start().first() {
            Some(byte) => *byte == b'<',
            None => self.is_html(),
        }
    }

    /// `Location` as it stands: it may hold raw blanks and quotes, and be relative.
    pub(in crate::collect) fn location(&self) -> Option<String> {
        self.text(header::LOCATION)
    }

    /// `Location`, resolved, where it is an address.
    pub(in crate::collect) fn location_url(&self) -> Option<Url> {
        self.url.join(&self.location()?).ok()
    }

    /// Whether the body holds the word, in whatever case.
    pub(in crate::collect) fn mentions(&self, word: &str) -> bool {
        String::from_utf8_lossy(&self.body).to_lowercase().contains(word)
    }

    /// What a JSON body says in its error fields, bounded.
    pub(in crate::collect) fn said(&self) -> Option<String> {
        /// Where servers that know no OAuth say what is wrong.
        const OTHER_NAMES: [&str; 6] = ["error_message", "message", "msg", "detail", "reason", "error_description"];
        let json = parse_json(&self.body).ok()?.value;
        let field = |name: &str| json.get(name).and_then(serde_json::Value::as_str).filter(|text| !text.is_empty());
        let text = match (field("error"), field("error_description")) {
            (Some(error), Some(description)) => format!("{error}: {description}"),
            (Some(error), None) => error.to_owned(),
            (None, _) => OTHER_NAMES.iter().find_map(|name| field(name))?.to_owned(),
        };
        Some(bounded(&text))
    }

    /// A fact with what the head of this answer tells of the server.
    pub(in crate::collect) fn with<T>(&self, fact: T) -> Answered<T> {
        Answered { fact, clock: self.clock(), timing: self.timing }
    }

    fn clock(&self) -> Option<ClockReading> {
        let theirs = http_date(&self.text(header::DATE)?)?;
        Some(ClockReading { skew_seconds: (theirs - self.middle).as_seconds_f64(), through: cdn(&self.headers) })
    }
}

/// A date as HTTP writes it (RFC 9110, section 5.6.7).
pub(in crate::collect) fn http_date(text: &str) -> Option<Time> {
    DateTime::parse_from_rfc2822(text).ok().map(|time| time.to_utc())
}

/// The CDN that answered, by the headers that it adds.
fn cdn(headers: &HeaderMap) -> Option<String> {
    let via = headers.get(header::VIA).map(|via| String::from_utf8_lossy(via.as_bytes()).to_lowercase());
    let is_varnish = headers.contains_key("x-served-by") && via.is_some_and(|via| via.contains("varnish"));
    let marks = [
        (headers.contains_key("cf-ray"), "Cloudflare"),
        (headers.contains_key("x-amz-cf-id"), "CloudFront"),
        (headers.contains_key("x-vercel-id"), "Vercel"),
        (headers.contains_key("x-azure-ref"), "Azure Front Door"),
        (headers.contains_key("x-akamai-request-id"), "Akamai"),
        (is_varnish, "Fastly"),
    ];
    marks.iter().find(|(seen, _)| *seen).map(|(_, name)| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use crate::collect::recorded::answer;

    #[test]
    fn the_cdn_whose_clock_is_read_is_named() {
        for (header, cdn) in [
            (("cf-ray", "1"), Some("Cloudflare")),
            (("x-amz-cf-id", "1"), Some("CloudFront")),
            (("x-vercel-id", "1"), Some("Vercel")),
            (("via", "1.1 caddy"), None),
        ] {
            let seen = answer(200, &[("date", "Tue, 24 Nov 2026 12:00:10 GMT"), header], "").clock().unwrap();
            assert_eq!((seen.skew_seconds, seen.through.as_deref()), (10.0, cdn));
        }
        let varnish = [("date", "Tue, 24 Nov 2026 12:00:10 GMT"), ("via", "1.1 varnish"), ("x-served-by", "cache-1")];
        assert_eq!(answer(200, &varnish, "").clock().unwrap().through.as_deref(), Some("Fastly"));
        assert_eq!(answer(200, &[("date", "yesterday")], "").clock(), None);
    }
}
