//! What the network sources give: the values inside a snapshot that belong to no protocol module.

use serde::{Deserialize, Serialize};

use crate::clock::Time;

/// What a connection of our own to one side showed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Connection {
    /// The host name or address of the URL.
    pub host: String,
    /// The port of the URL (the one asked, where `connect_to` leads elsewhere).
    pub port: u16,
    /// How long resolving the name took, in seconds; 0 for an address.
    pub resolve_seconds: f64,
    /// How long the first TCP connection took, in seconds.
    pub connect_seconds: f64,
    /// How long the TLS handshake took, in seconds; none for plain HTTP.
    pub tls_seconds: Option<f64>,
    /// Every address that the name has, and whether it answered.
    pub addresses: Vec<AddressAnswer>,
    /// What TLS showed; none for plain HTTP.
    pub tls: Option<Tls>,
}

impl Connection {
    /// Whether the chain was verified or pinned; plain HTTP has nothing to verify and counts as trusted.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.tls.as_ref().is_none_or(|tls| matches!(tls.trust, Trust::Verified | Trust::Pinned))
    }
}

/// Whether one address of a name takes connections.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AddressAnswer {
    /// The IP address.
    pub address: std::net::IpAddr,
    /// Whether a TCP connection was made.
    pub answer: AddressState,
}

/// What one address did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressState {
    /// It took a connection.
    Answered,
    /// It refused, reset or did not answer in time; the text says which.
    Failed(String),
    /// This host has no route to that family of addresses: not their fault.
    NoRoute,
}

/// What a TLS handshake showed, also when the certificate is not trusted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tls {
    /// The protocol version, for example `TLSv1.3`.
    pub version: String,
    /// The chain as served, the leaf first.
    pub chain: Vec<Certificate>,
    /// What verifying it by the configured trust said.
    pub trust: Trust,
    /// Whether the leaf is for the name that was asked.
    pub name_matches: bool,
}

/// What verifying a chain said. Dates and names are evaluated apart from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// A chain to a trusted root, in date, for this name.
    Verified,
    /// This very certificate is named by `ca_file` or `fingerprint_sha256`.
    Pinned,
    /// The leaf is self-signed, and no authority vouches for it (Kasm's default).
    SelfSigned,
    /// Signed by an authority that is not trusted here, with no intermediate missing that we know of.
    UnknownIssuer,
    /// The server leaves out an intermediate certificate: browsers may fix that, back channels do not.
    Incomplete,
    /// The chain would be trusted, but a date in it is past or to come.
    OutOfDate,
    /// The chain would be trusted, but for another name.
    OtherName,
    /// A pin is configured, and this is another certificate.
    OtherThanPinned,
    /// Refused for another reason.
    Refused(String),
}

/// One certificate of a chain (RFC 5280).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// The subject, as text.
    pub subject: String,
    /// The issuer, as text.
    pub issuer: String,
    /// The DNS names and addresses that it is for.
    pub names: Vec<String>,
    /// Valid from.
    pub not_before: Time,
    /// Valid until.
    pub not_after: Time,
    /// SHA-256 of its DER form, lower-case hex.
    pub fingerprint_sha256: String,
    /// Whether it may sign others (`CA:TRUE`).
    pub is_ca: bool,
    /// Whether subject and issuer are the same.
    pub is_self_signed: bool,
}

/// The clock of a side, by the `Date` header of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClockReading {
    /// Their clock minus ours, in seconds; the header has whole seconds, so under 1 means nothing.
    pub skew_seconds: f64,
    /// The CDN whose clock this is, where one answered.
    pub through: Option<String>,
}

/// How long the two halves of an HTTP exchange took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct HttpTiming {
    /// From the request to the head of the answer, in seconds.
    pub processing_seconds: f64,
    /// From the head to the end of the body, in seconds.
    pub transfer_seconds: f64,
}

/// Something that came over HTTP, with what its head told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answered<T> {
    /// The fact.
    pub fact: T,
    /// The clock of the server, where the answer has a `Date`.
    pub clock: Option<ClockReading>,
    /// How long it took.
    pub timing: HttpTiming,
}

/// Kasm's own word on its health (`GET /api/__healthcheck`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppHealth {
    /// The HTTP status.
    pub status: u16,
    /// What happened.
    pub state: HealthState,
}

/// The states of Kasm's health.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthState {
    /// 200, JSON, `ok` is true.
    Healthy,
    /// It says that it is not well, or the API behind the proxy is gone (5xx).
    Unhealthy(String),
    /// A proxy hides the path (404, a web page with 200): says nothing about Kasm.
    Hidden(String),
}

/// Pocket ID's public entry of a client (`GET /api/oidc/clients/{id}/meta`), which needs its database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientMeta {
    /// The client id that was asked for: Kasm's, or the nil UUID where Kasm's is not known.
    pub asked: String,
    /// Whether that is the id that Kasm sends.
    pub is_app_client: bool,
    /// The client's name, where it exists. `None`: 404, the database answered that there is no such client.
    pub name: Option<String>,
    /// Whether each sign-in demands a fresh passkey (1.8 and later).
    pub requires_reauthentication: Option<bool>,
}

/// What the provider answers to Kasm's authorize URL without a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DryRun {
    /// It asked for the user: client, redirect URI, response type, PKCE and PAR rules hold. Holds the OAuth error code
    /// (`login_required`, `interaction_required`, `consent_required`, `account_selection_required`).
    Accepted(String),
    /// Pocket ID 2.9: the redirect URI is registered for the client; nothing more was asked.
    RedirectAccepted,
    /// The browser would be sent back to Kasm with an error.
    SentBack {
        /// The OAuth error code.
        error: String,
        /// Its description, bounded.
        description: String,
    },
    /// The provider showed an error page of its own: client or redirect URI are not registered (OpenID Connect Core,
    /// 3.1.2.6: no redirect then).
    ErrorPage {
        /// The HTTP status.
        status: u16,
        /// What the page says, bounded.
        message: String,
    },
    /// It goes on to a login of its own. Whether it has looked at the request before is not seen from outside; holds how
    /// it asks.
    AsksForLogin(String),
    /// It asked for the user, and `state` came back changed: who started the login refuses that.
    StateChanged {
        /// The OAuth error code, as in [`Self::Accepted`].
        error: String,
        /// Whether it did not come back at all.
        is_lost: bool,
    },
    /// An answer of no known kind.
    Unrecognised {
        /// The HTTP status.
        status: u16,
        /// What was seen, bounded.
        seen: String,
    },
}

impl DryRun {
    /// Whether the provider took the request.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted(_) | Self::RedirectAccepted)
    }

    /// Whether something was refused. An answer that says neither is no refusal.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::SentBack { .. } | Self::ErrorPage { .. } | Self::StateChanged { .. })
    }

    /// Whether the authorization endpoint is there for certain: what came is an answer to this very request.
    #[must_use]
    pub fn is_of_the_endpoint(&self) -> bool {
        match self {
            Self::Accepted(_) | Self::RedirectAccepted | Self::SentBack { .. } | Self::StateChanged { .. } => true,
            Self::ErrorPage { .. } | Self::AsksForLogin(_) | Self::Unrecognised { .. } => false,
        }
    }
}

/// The token endpoint's answer to a made-up code, with the client id and without a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenEndpoint {
    /// The endpoint and how it did: it answers where it refuses.
    pub endpoint: EndpointAnswer,
    /// What it said, where it refused in JSON: the code and its description, bounded.
    pub said: Option<String>,
}

/// The answers of the endpoints that users need and that can be asked without one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointAnswers {
    /// userinfo without a token: must be refused (401; RFC 6750, section 3).
    pub userinfo: EndpointAnswer,
    /// end-session without parameters: must redirect or show a page. None where the provider has none.
    pub end_session: Option<EndpointAnswer>,
}

/// The answer of one endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointAnswer {
    /// The endpoint's address that was asked.
    pub url: String,
    /// What happened.
    pub state: EndpointState,
}

/// The states of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndpointState {
    /// It answered as it must.
    Answers,
    /// It answered something else: not the endpoint, or broken.
    Wrong {
        /// The HTTP status.
        status: u16,
        /// What was seen.
        seen: String,
    },
    /// No answer came.
    NoAnswer {
        /// Why.
        reason: super::Reason,
        /// In words.
        detail: String,
    },
    /// Not asked: the discovery document names an origin that the config does not.
    Foreign,
    /// A login wall answered in its place: it wants the header in which an access token goes.
    Walled,
}

/// A page that people see, and its first script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The page's address.
    pub url: String,
    /// The HTTP status.
    pub status: u16,
    /// Whether it is HTML.
    pub is_html: bool,
    /// Whether it shows nothing: no words, no script, no form, no picture.
    #[serde(default)]
    pub is_blank: bool,
    /// Its title, bounded.
    pub title: Option<String>,
    /// The first script of its own origin, where it has one.
    pub script: Option<Script>,
}

/// A page's first script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// Its path.
    pub path: String,
    /// The HTTP status; none if no answer came.
    pub status: Option<u16>,
    /// Whether the content type is that of a script: a web page in its place leaves users with a blank screen.
    pub is_script: bool,
}

/// The domain that passkeys are bound to (`GET /api/webauthn/login/start`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasskeyDomain {
    /// `rpId` (Web Authentication, section 5.4.2).
    pub rp_id: String,
}
