//! One fact: when it was seen, how long that took, and what it is or why it is missing.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Credential, SourceId};
use crate::clock::Time;

/// One observation of one source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observed<T> {
    /// When the answer had come in (or when looking was given up).
    pub at: Time,
    /// How long looking took, in seconds.
    pub took_seconds: f64,
    /// The fact, or why it is missing.
    pub value: Result<T, Missing>,
}

impl<T> Observed<T> {
    /// A fact seen at `at`.
    pub fn seen(at: Time, took_seconds: f64, value: T) -> Self {
        Self { at, took_seconds, value: Ok(value) }
    }

    /// A fact that is missing, without any time spent on looking.
    pub fn missing(at: Time, why: Missing) -> Self {
        Self { at, took_seconds: 0.0, value: Err(why) }
    }

    /// The fact, for a check: `?` on the error makes its verdict *unknown*, *unverified* or *not applicable*.
    ///
    /// # Errors
    /// Why the fact is missing.
    pub fn get(&self) -> Result<&T, Missing> {
        self.value.as_ref().map_err(Clone::clone)
    }

    /// Without the fact: time, duration in seconds, and why it is missing.
    pub(crate) fn outline(&self) -> (Time, f64, Option<&Missing>) {
        (self.at, self.took_seconds, self.value.as_ref().err())
    }

    /// The fact, where it is there.
    pub fn ok(&self) -> Option<&T> {
        self.value.as_ref().ok()
    }

    /// Why looking failed, where it did (not where a credential or another source stood in the way).
    #[must_use]
    pub fn failure(&self) -> Option<(Reason, &str)> {
        match &self.value {
            Err(Missing::Failed { reason, detail, .. }) => Some((*reason, detail)),
            _ => None,
        }
    }
}

/// Why a fact is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// The operator gave no credential that this fact needs. *Unverified*.
    NotConfigured(Credential),
    /// The source was asked and did not answer as it must. *Unknown*.
    Failed {
        /// What was asked.
        source: SourceId,
        /// The closed code, a metric label.
        reason: Reason,
        /// The HTTP status, where that is the reason.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        /// What happened, for a person. Never holds a secret or a query string.
        detail: String,
    },
    /// Not asked, since another source had failed first. *Unknown*.
    Blocked {
        /// The source that failed.
        by: SourceId,
    },
    /// Cannot be known on this version, with these settings, or from outside at all: says what a person can do. *Unverified*.
    OutOfReach(String),
    /// The question does not arise for this target. *Not applicable*.
    NotApplicable(String),
}

impl Missing {
    /// A source that did not answer as it must.
    pub fn failed(source: SourceId, reason: Reason, detail: impl Into<String>) -> Self {
        Self::Failed { source, reason, status: None, detail: detail.into() }
    }

    /// A source that answered with an HTTP status that it never has when it is well.
    pub fn status(source: SourceId, status: u16, detail: impl Into<String>) -> Self {
        Self::Failed { source, reason: Reason::Status, status: Some(status), detail: detail.into() }
    }

    /// What happened, where the server answered with an error of its own (5xx).
    #[must_use]
    pub fn server_error(&self) -> Option<&str> {
        match self {
            Self::Failed { status: Some(500..=599), detail, .. } => Some(detail),
            _ => None,
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConfigured(credential) => write!(f, "needs {credential}"),
            Self::Failed { source, detail, .. } => write!(f, "{}: {detail}", source.title()),
            Self::Blocked { by } => write!(f, "waits for {}", by.title()),
            Self::OutOfReach(why) | Self::NotApplicable(why) => f.write_str(why),
        }
    }
}

/// Why a source failed: a closed list, used as a metric label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The name did not resolve.
    Dns,
    /// No TCP connection, or it was reset.
    Connect,
    /// The TLS handshake failed.
    Tls,
    /// No whole answer in time.
    Timeout,
    /// An HTTP status that the source never answers with when it is well.
    Status,
    /// A body of the wrong kind: not JSON, not the shape, a web page.
    Body,
    /// A body larger than the limit.
    TooLarge,
    /// Our own credential was refused.
    Unauthorized,
    /// Kasm's licence lacks the Developer API.
    Unlicensed,
    /// 429: we, or all behind the same proxy, ask too much.
    Throttled,
    /// A bot challenge (Cloudflare and the like) answered in the server's place.
    Challenged,
    /// Not asked: credentials withheld, or another source failed first.
    Blocked,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 12] = [
        Self::Dns,
        Self::Connect,
        Self::Tls,
        Self::Timeout,
        Self::Status,
        Self::Body,
        Self::TooLarge,
        Self::Unauthorized,
        Self::Unlicensed,
        Self::Throttled,
        Self::Challenged,
        Self::Blocked,
    ];

    /// The label value.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Status => "status",
            Self::Body => "body",
            Self::TooLarge => "too_large",
            Self::Unauthorized => "unauthorized",
            Self::Unlicensed => "unlicensed",
            Self::Throttled => "throttled",
            Self::Challenged => "challenged",
            Self::Blocked => "blocked",
        }
    }

    /// Whether no HTTP answer came at all (name, connection, TLS, time).
    #[must_use]
    pub fn is_transport(self) -> bool {
        matches!(self, Self::Dns | Self::Connect | Self::Tls | Self::Timeout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_error_is_told_by_its_status_and_not_by_its_words() {
        let answered = |status| Missing::status(SourceId::Jwks, status, format!("HTTP {status}"));
        assert_eq!(answered(502).server_error(), Some("HTTP 502"));
        assert_eq!(answered(404).server_error(), None);
        assert_eq!(Missing::failed(SourceId::Jwks, Reason::Body, "no JSON: HTTP 500").server_error(), None);
    }

    #[test]
    fn a_failure_that_was_saved_without_its_status_is_read() {
        let saved = r#"{"failed": {"source": "jwks", "reason": "status", "detail": "HTTP 500"}}"#;
        let read: Missing = serde_json::from_str(saved).unwrap();
        assert_eq!(read, Missing::failed(SourceId::Jwks, Reason::Status, "HTTP 500"));
        let again = Missing::status(SourceId::Jwks, 500, "HTTP 500");
        assert_eq!(serde_json::from_str::<Missing>(&serde_json::to_string(&again).unwrap()).unwrap(), again);
    }
}
