//! The apps that a lab can have beside Kasm: one for each form of an answer (`Location`, JSON, a form with a CSRF token).
//!
//! Paths and answers are those of the catalogue's kinds (`src/apps/catalogue.rs`), which were read in the apps' sources.

use serde_json::json;
use url::form_urlencoded::Serializer;

use super::{
    message::{Answer, Request, first},
    pocket_id::Client,
    random,
    state::{LabState, Urls},
};
use crate::apps::AppKind;

const SCRIPT: &str = "/static/app.js";
/// A challenge of the right form (RFC 7636, appendix B).
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// An app beside Kasm, as it is set up, and the host, the client and the secret of each.
#[derive(Debug, Clone)]
pub(super) struct OtherApp {
    pub seat: &'static Seat,
    /// Its address, as users type it.
    pub url: String,
    /// Where it sends browsers.
    pub authorization_endpoint: String,
    /// The redirect URI that it sends.
    pub callback: String,
    /// The scopes that it asks for.
    pub scope: &'static str,
    /// Whether it sends a PKCE challenge.
    pub has_challenge: bool,
    /// Whether it reaches the provider, as its start of a login needs (django-allauth).
    pub reaches_provider: bool,
    /// Whether a proxy in front finds it.
    pub is_up: bool,
}

/// What is fixed about an app.
#[derive(Debug)]
pub(super) struct Seat {
    pub kind: AppKind,
    /// The name of its target.
    pub name: &'static str,
    pub host: &'static str,
    /// The name under which it knows the provider, where that is a part of its addresses.
    pub provider: Option<&'static str>,
    pub client_id: &'static str,
    pub client_name: &'static str,
    pub client_secret: &'static str,
    callback: &'static str,
}

/// The apps of a lab that has more than Kasm.
pub(super) const SEATS: [Seat; 3] = [
    Seat {
        kind: AppKind::Grafana,
        name: "grafana",
        host: "grafana.example.test",
        provider: None,
        client_id: "00000000-0000-4000-8000-0000000000e1",
        client_name: "Grafana",
        client_secret: "GrafanaClientSecretPlaceholder01",
        callback: "/login/generic_oauth",
    },
    Seat {
        kind: AppKind::Immich,
        name: "immich",
        host: "photos.example.test",
        provider: None,
        client_id: "00000000-0000-4000-8000-0000000000e2",
        client_name: "Immich",
        client_secret: "ImmichClientSecretPlaceholder002",
        callback: "/auth/login",
    },
    Seat {
        kind: AppKind::Paperless,
        name: "paperless",
        host: "papers.example.test",
        provider: Some("pocket-id"),
        client_id: "00000000-0000-4000-8000-0000000000e3",
        client_name: "Paperless-ngx",
        client_secret: "PaperlessClientSecretPlaceholder",
        callback: "/accounts/oidc/pocket-id/login/callback/",
    },
];

/// What can break in an app beside Kasm, or in its client. The list is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AppFault {
    /// Grafana sends an `http` redirect URL.
    GrafanaBehindProxy,
    /// The provider demands PKCE of Grafana, which sends none.
    GrafanaWithoutPkce,
    /// Grafana's client is gone.
    GrafanaClientGone,
    /// Grafana does not answer.
    GrafanaDown,
    /// Immich's callback is not registered.
    ImmichCallbackGone,
    /// Immich does not ask for `openid`.
    ImmichWithoutOpenid,
    /// Paperless-ngx does not reach the provider.
    PaperlessCutOff,
    /// Paperless-ngx still sends browsers to the provider's old address.
    PaperlessAtOldProvider,
}

impl AppFault {
    /// Every fault.
    pub const ALL: &[Self] = &[
        Self::GrafanaBehindProxy,
        Self::GrafanaWithoutPkce,
        Self::GrafanaClientGone,
        Self::GrafanaDown,
        Self::ImmichCallbackGone,
        Self::ImmichWithoutOpenid,
        Self::PaperlessCutOff,
        Self::PaperlessAtOldProvider,
    ];

    /// The fault of that id.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|fault| fault.id() == id)
    }

    /// Its id, in snake case.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::GrafanaBehindProxy => "grafana_behind_proxy",
            Self::GrafanaWithoutPkce => "grafana_without_pkce",
            Self::GrafanaClientGone => "grafana_client_gone",
            Self::GrafanaDown => "grafana_down",
            Self::ImmichCallbackGone => "immich_callback_gone",
            Self::ImmichWithoutOpenid => "immich_without_openid",
            Self::PaperlessCutOff => "paperless_cut_off",
            Self::PaperlessAtOldProvider => "paperless_at_old_provider",
        }
    }

    /// What it looks like, as a sentence.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::GrafanaBehindProxy => {
                "Grafana takes its proxy's plain HTTP for its address, and sends an http redirect URL."
            }
            Self::GrafanaWithoutPkce => "Pocket ID demands PKCE of Grafana, and Grafana sends none.",
            Self::GrafanaClientGone => "Grafana's client is deleted at Pocket ID.",
            Self::GrafanaDown => "The proxy in front of Grafana does not reach it.",
            Self::ImmichCallbackGone => "Immich's callback URL is taken out of its client at Pocket ID.",
            Self::ImmichWithoutOpenid => "Immich does not ask for the scope openid.",
            Self::PaperlessCutOff => "Paperless-ngx does not reach Pocket ID, so that no sign-in starts.",
            Self::PaperlessAtOldProvider => "Paperless-ngx sends people to Pocket ID's old address.",
        }
    }

    /// Changes what the app or the provider holds.
    pub(super) fn change(self, state: &mut LabState) {
        match self {
            Self::GrafanaBehindProxy => {
                let grafana = state.app(AppKind::Grafana);
                grafana.callback = grafana.callback.replacen("https:", "http:", 1);
            }
            Self::GrafanaWithoutPkce => {
                state.app(AppKind::Grafana).has_challenge = false;
                state.client_of(AppKind::Grafana).pkce_required = true;
            }
            Self::GrafanaClientGone => state.client_of(AppKind::Grafana).is_deleted = true,
            Self::GrafanaDown => state.app(AppKind::Grafana).is_up = false,
            Self::ImmichCallbackGone => {
                state.client_of(AppKind::Immich).callback_urls = vec!["app.immich:///oauth-callback".to_owned()];
            }
            Self::ImmichWithoutOpenid => state.app(AppKind::Immich).scope = "email profile",
            Self::PaperlessCutOff => state.app(AppKind::Paperless).reaches_provider = false,
            Self::PaperlessAtOldProvider => {
                state.app(AppKind::Paperless).authorization_endpoint = "https://old.example.test/authorize".to_owned();
            }
        }
    }
}

impl OtherApp {
    /// The apps as they are when all is well.
    pub(super) fn healthy(urls: &Urls, authorize: &str) -> Vec<Self> {
        SEATS
            .iter()
            .zip(&urls.others)
            .map(|(seat, url)| Self {
                seat,
                url: url.clone(),
                authorization_endpoint: format!("{}{authorize}", urls.provider),
                callback: format!("{url}{}", seat.callback),
                scope: "openid email profile",
                has_challenge: true,
                reaches_provider: true,
                is_up: true,
            })
            .collect()
    }

    /// Its client at the provider.
    pub(super) fn client(&self) -> Client {
        let Seat { client_id, client_name, client_secret, .. } = self.seat;
        Client::of_app((client_id, client_name, client_secret), &self.callback, &self.url)
    }

    /// Answers a request.
    pub(super) fn answer(&self, request: &Request) -> Answer {
        if !self.is_up {
            return Answer::html(502, "<html><head><title>502 Bad Gateway</title></head><body></body></html>");
        }
        match (self.seat.kind, request.method.as_str(), request.path.as_str()) {
            (AppKind::Grafana, "GET", "/login/generic_oauth") => self.redirect("oauth_state"),
            (AppKind::Immich, "POST", "/api/oauth/authorize")
                if request.json()["redirectUri"] == format!("{}/auth/login", self.url) =>
            {
                Answer::json(201, &json!({"url": self.authorize_url()}))
                    .with("Set-Cookie", cookie("immich_oauth_state"))
            }
            (AppKind::Paperless, "GET", "/accounts/oidc/pocket-id/login/") => Answer::html(
                200,
                "<!doctype html><title>Sign In Via Pocket ID</title><form method=\"post\"><input type=\"hidden\" \
                 name=\"csrfmiddlewaretoken\" value=\"of-the-form\"><button>Continue</button></form>",
            )
            .with("Set-Cookie", "csrftoken=of-the-cookie; Path=/; SameSite=Lax"),
            (AppKind::Paperless, "POST", "/accounts/oidc/pocket-id/login/") => self.csrf_start(request),
            (_, "GET", "/") => page(self.seat.client_name),
            (_, "GET", SCRIPT) => Answer::of(200, "text/javascript; charset=utf-8", "0;\n"),
            (AppKind::Grafana, "GET", "/api/health") => Answer::json(200, &json!({"database": "ok"})),
            (AppKind::Immich, "GET", "/api/server/ping") => Answer::json(200, &json!({"res": "pong"})),
            _ => Answer::html(404, "<html><head><title>404 Not Found</title></head><body>404 Not Found</body></html>"),
        }
    }

    /// Whether a request is one that somebody who watches may make.
    pub(super) fn allows(&self, request: &Request) -> bool {
        // Grafana's start and callback share a path; what comes from the provider has a code or an error.
        let is_callback = request.path == self.seat.callback
            && (self.seat.kind != AppKind::Grafana || first(&request.query, "state").is_some());
        let starts = match self.seat.kind {
            AppKind::Immich => "/api/oauth/authorize",
            _ => "/accounts/oidc/pocket-id/login/",
        };
        !is_callback && (request.method == "GET" || (request.method == "POST" && request.path == starts))
    }

    fn csrf_start(&self, request: &Request) -> Answer {
        let has_cookie = request.header("cookie").contains("csrftoken=of-the-cookie");
        let has_field = first(&request.form(), "csrfmiddlewaretoken") == Some("of-the-form");
        if !has_cookie || !has_field || request.header("referer").is_empty() {
            return Answer::html(403, "<h1>Forbidden</h1><p>CSRF verification failed. Request aborted.</p>");
        }
        if !self.reaches_provider {
            return Answer::html(500, "<!doctype html><title>Server Error (500)</title><h1>Server Error (500)</h1>");
        }
        self.redirect("sessionid")
    }

    fn redirect(&self, name: &str) -> Answer {
        Answer::empty(302).with("Location", self.authorize_url()).with("Set-Cookie", cookie(name))
    }

    fn authorize_url(&self) -> String {
        let mut query = Serializer::new(String::new());
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", self.seat.client_id)
            .append_pair("redirect_uri", &self.callback)
            .append_pair("scope", self.scope)
            .append_pair("state", &random::letters(32));
        if self.has_challenge {
            query.append_pair("code_challenge", CHALLENGE).append_pair("code_challenge_method", "S256");
        }
        format!("{}?{}", self.authorization_endpoint, query.finish())
    }
}

fn cookie(name: &str) -> String {
    format!("{name}={}; Path=/; HttpOnly; SameSite=Lax", random::letters(32))
}

fn page(title: &str) -> Answer {
    Answer::html(
        200,
        &format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
             <script defer src=\"{SCRIPT}\"></script></head>\n<body><div id=\"root\"></div></body></html>\n"
        ),
    )
}
