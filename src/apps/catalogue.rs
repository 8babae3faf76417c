//! The kinds of apps, as data: one entry each.
//!
//! Where the facts are from stands in each entry; the commits are those of the app's public repository. What was read
//! nowhere is a guess, and never the reason for a verdict that fails. To add a kind: one entry here.

use serde::{Deserialize, Serialize};

use super::{
    AppForms, AppProfile, Grade, KnownMethod, KnownStart, KnownUrlIn, Parts, Pkce, ProviderName, profile::is_path_of,
};

/// Makes the enum and the table of one entry for each kind.
macro_rules! kinds {
    ($($variant:ident $id:ident { $($column:ident: $value:expr),+ $(,)? })+) => {
        /// A kind of app. `app.kind`, and the `kind` label.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[expect(missing_docs, reason = "the title says what each is")]
        pub enum AppKind {
            $($variant),+
        }

        impl AppKind {
            /// Every kind.
            pub const ALL: [Self; [$(stringify!($variant)),+].len()] = [$(Self::$variant),+];
        }

        static PROFILES: [AppProfile; AppKind::ALL.len()] = [$(
            AppProfile {
                kind: AppKind::$variant,
                id: stringify!($id),
                $($column: $value,)+
                ..EMPTY
            }
        ),+];
    };
}

impl AppKind {
    /// What is known of it.
    #[must_use]
    pub fn profile(self) -> &'static AppProfile {
        &PROFILES[self as usize]
    }

    /// What `app.kind` says.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.profile().id
    }

    /// Its name as a sentence has it.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.profile().title
    }

    /// The kind of that id.
    #[must_use]
    pub fn of_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.id() == id)
    }

    /// The one kind whose callback has that path; none where several have it, or none.
    #[must_use]
    pub fn of_callback(path: &str) -> Option<Self> {
        let has_it = |kind: &Self| {
            let mut callbacks = kind.profile().callbacks.iter();
            // A path of the root says nothing of who is there.
            callbacks.any(|pattern| pattern.len() > 1 && is_path_of(pattern, path))
        };
        let mut found = Self::ALL.into_iter().filter(has_it);
        match (found.next(), found.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        }
    }

    /// Whether a configuration may name it: what stands for the absence of an app is no kind of one.
    #[must_use]
    pub fn may_be_named(self) -> bool {
        !matches!(self, Self::Kasm | Self::ProviderAlone)
    }
}

const fn get(path: &'static str, url_in: KnownUrlIn) -> Option<KnownStart> {
    Some(KnownStart { path, method: KnownMethod::Get, before: None, url_in, add_state: false })
}

/// A form that its own page must be loaded for: the cookies and the hidden fields of that page go along.
const fn form_after(before: &'static str, path: &'static str) -> Option<KnownStart> {
    Some(KnownStart {
        path,
        method: KnownMethod::PostForm(&[]),
        before: Some(before),
        url_in: KnownUrlIn::Location,
        add_state: false,
    })
}

const fn form(
    path: &'static str,
    fields: &'static [(&'static str, &'static str)],
    url_in: KnownUrlIn,
) -> Option<KnownStart> {
    Some(KnownStart { path, method: KnownMethod::PostForm(fields), before: None, url_in, add_state: false })
}

const fn json(path: &'static str, body: &'static str, pointer: &'static str) -> Option<KnownStart> {
    Some(KnownStart {
        path,
        method: KnownMethod::PostJson(body),
        before: None,
        url_in: KnownUrlIn::Pointer(pointer),
        add_state: false,
    })
}

/// An answer whose address lacks `state`, which the app's page adds.
const fn without_state(path: &'static str, url_in: KnownUrlIn) -> Option<KnownStart> {
    Some(KnownStart { path, method: KnownMethod::Get, before: None, url_in, add_state: true })
}

const OPENID: &[&str] = &["openid"];
/// Of apps that refuse a user without an address.
const OPENID_EMAIL: &[&str] = &["openid", "email"];
const COOKIE: &str = "a cookie, which is dropped";
const SESSION: &str = "a session that ends by itself";

/// What most proxies have to be told.
const PROXY: &str = "Reverse proxy before the app: pass Host, X-Forwarded-Proto: https and X-Forwarded-Host on, and let the \
                     app believe this proxy.";

const ANY: AppForms = AppForms {
    settings: "Kasm: settings for OpenID Connect",
    address: PROXY,
    pkce: "the switch for PKCE in its settings for OpenID Connect",
};

const EMPTY: AppProfile = AppProfile {
    kind: AppKind::Generic,
    id: "",
    title: "",
    start: None,
    provider_name: ProviderName::None,
    callbacks: &[],
    callback_is_asked: false,
    pkce: Pkce::Unknown,
    scopes: OPENID,
    claims: &["sub"],
    forms: ANY,
    leaves: COOKIE,
    leaves_row: false,
    asks_provider: false,
    health: None,
    source: "",
    grade: Grade::Guess,
};

kinds! {
    Kasm kasm {
        title: "Kasm",
        callbacks: &["/api/oidc_callback"],
        pkce: Pkce::Never,
        leaves: "nothing (later than 1.15: unconfirmed)",
        health: Some("/api/__healthcheck"),
        forms: AppForms {
            settings: "Kasm: Access Management > Authentication > OpenID > your config",
            address: "Kasm: Access Management > Authentication > OpenID > your config > Redirect URL: enter the https \
                      address.",
            pkce: "nowhere: Kasm sends none",
        },
        source: "Pocket ID's guide for Kasm; Kasm's front end",
        grade: Grade::Documented,
    }
    Grafana grafana {
        title: "Grafana",
        start: get("/login/generic_oauth", KnownUrlIn::Location),
        callbacks: &["/login/generic_oauth"],
        pkce: Pkce::Setting,
        scopes: OPENID_EMAIL,
        claims: &["sub", "email", "name"],
        forms: AppForms {
            settings: "Grafana: grafana.ini, section [auth.generic_oauth] (or GF_AUTH_GENERIC_OAUTH_*)",
            address: "Grafana: grafana.ini, section [server]: set root_url to the https address that people use \
                      (GF_SERVER_ROOT_URL), and restart it.",
            pkce: "Grafana: grafana.ini, section [auth.generic_oauth]: use_pkce",
        },
        leaves: "two cookies, which are dropped",
        health: Some("/api/health"),
        source: "pkg/api/login_oauth.go",
        grade: Grade::Source,
    }
    Immich immich {
        title: "Immich",
        start: json("/api/oauth/authorize", r#"{"redirectUri": "{app}/auth/login"}"#, "/url"),
        callbacks: &["/auth/login", "/user-settings", "/api/oauth/mobile-redirect"],
        callback_is_asked: true,
        pkce: Pkce::WhenAnnounced,
        scopes: OPENID_EMAIL,
        claims: &["sub", "email"],
        forms: AppForms {
            settings: "Immich: Administration > Settings > Authentication Settings > OAuth",
            address: "Immich sends the address that the browser came by: open it by its https address.",
            pkce: "nowhere: Immich sends a challenge where the provider announces S256",
        },
        asks_provider: true,
        health: Some("/api/server/ping"),
        source: "server/src/controllers/oauth.controller.ts, server/src/repositories/oauth.repository.ts at 00f83e7",
        grade: Grade::Source,
    }
    Nextcloud nextcloud {
        title: "Nextcloud",
        start: get("/apps/user_oidc/login/{provider}", KnownUrlIn::Location),
        provider_name: ProviderName::Default("1"),
        callbacks: &["/apps/user_oidc/code", "/index.php/apps/user_oidc/code"],
        pkce: Pkce::Setting,
        claims: &["sub", "email", "name"],
        forms: AppForms {
            settings: "Nextcloud: Administration settings > OpenID Connect > your provider",
            address: "Nextcloud: config/config.php: set overwriteprotocol to https and overwrite.cli.url to the https \
                      address, and name the proxy in trusted_proxies.",
            pkce: "Nextcloud: config/config.php: user_oidc > use_pkce",
        },
        leaves: SESSION,
        asks_provider: true,
        health: Some("/status.php"),
        source: "nextcloud/user_oidc lib/Controller/LoginController.php, appinfo/routes.php at 46ae8fd",
        grade: Grade::Source,
    }
    Gitea gitea {
        title: "Gitea",
        start: get("/user/oauth2/{provider}", KnownUrlIn::Location),
        provider_name: ProviderName::Needed("the name of the authentication source"),
        callbacks: &["/user/oauth2/{provider}/callback"],
        pkce: Pkce::Unknown,
        claims: &["sub", "email", "preferred_username"],
        forms: AppForms {
            settings: "Gitea: Site Administration > Identity & Access > Authentication Sources > your source",
            address: "Gitea: app.ini, section [server]: set ROOT_URL to the https address that people use, and restart it.",
            pkce: "nowhere: the library that it is built with decides",
        },
        leaves: SESSION,
        health: Some("/api/healthz"),
        source: "routers/web/auth/oauth.go",
        grade: Grade::Source,
    }
    Forgejo forgejo {
        title: "Forgejo",
        start: get("/user/oauth2/{provider}", KnownUrlIn::Location),
        provider_name: ProviderName::Needed("the name of the authentication source"),
        callbacks: &["/user/oauth2/{provider}/callback"],
        pkce: Pkce::Setting,
        claims: &["sub", "email", "preferred_username"],
        forms: AppForms {
            settings: "Forgejo: Site administration > Identity & access > Authentication sources > your source",
            address: "Forgejo: app.ini, section [server]: set ROOT_URL to the https address that people use, and restart \
                      it.",
            pkce: "nowhere: Forgejo decides by provider",
        },
        leaves: SESSION,
        health: Some("/api/healthz"),
        source: "routers/web/auth/oauth.go (generateCodeChallenge)",
        grade: Grade::Source,
    }
    Jellyfin jellyfin {
        title: "Jellyfin",
        // Never /sso/OID/p/: that one changes a stored setting.
        start: get("/sso/OID/start/{provider}", KnownUrlIn::Location),
        provider_name: ProviderName::Needed("the provider's name in the SSO plugin"),
        callbacks: &["/sso/OID/redirect/{provider}", "/sso/OID/r/{provider}"],
        pkce: Pkce::Always,
        claims: &["sub", "preferred_username"],
        forms: AppForms {
            settings: "Jellyfin: Dashboard > Plugins > SSO Authentication > your provider",
            address: "Jellyfin: Dashboard > Plugins > SSO Authentication > your provider: set Scheme Override to https; and \
                      Dashboard > Networking: name the proxy under Known proxies.",
            pkce: "nowhere: the plugin always sends a challenge",
        },
        leaves: "a state in memory, which ends by itself",
        asks_provider: true,
        health: Some("/health"),
        source: "9p4/jellyfin-plugin-sso SSO-Auth/Api/SSOController.cs at f1e157b",
        grade: Grade::Source,
    }
    Proxmox proxmox {
        title: "Proxmox VE",
        start: form(
            "/api2/json/access/openid/auth-url",
            &[
                ("realm", "{provider}"),
                ("redirect-url", "{app}"),
            ],
            KnownUrlIn::Pointer("/data"),
        ),
        provider_name: ProviderName::Needed("the realm"),
        callbacks: &["/"],
        callback_is_asked: true,
        pkce: Pkce::Unknown,
        claims: &["sub"],
        forms: AppForms {
            settings: "Proxmox VE: Datacenter > Permissions > Realms > your realm",
            address: "Proxmox VE sends the address that the browser came by: open it by its https address.",
            pkce: "nowhere: the library that it is built with decides",
        },
        leaves: "a state file below /var/lib/pve-manager",
        leaves_row: true,
        asks_provider: true,
        source: "proxmox/pve-access-control src/PVE/API2/OpenId.pm at 271bbc1",
        grade: Grade::Source,
    }
    Portainer portainer {
        title: "Portainer",
        start: without_state("/api/settings/public", KnownUrlIn::Pointer("/OAuthLoginURI")),
        callbacks: &["/"],
        pkce: Pkce::Never,
        claims: &["sub"],
        forms: AppForms {
            settings: "Portainer: Settings > Authentication > OAuth > Custom",
            address: "Portainer: Settings > Authentication > OAuth > Custom > Redirect URL: enter the https address that \
                      people use.",
            pkce: "nowhere: Portainer sends none",
        },
        leaves: "nothing",
        health: Some("/api/system/status"),
        source: "api/http/handler/settings/settings_public.go at cc75167 (October 2024)",
        grade: Grade::Source,
    }
    Vaultwarden vaultwarden {
        title: "Vaultwarden",
        start: get(
            "/identity/connect/authorize?client_id=web&redirect_uri={app}/sso-connector.html&response_type=code&\
             scope=api%20offline_access&state=ssowatchssowatchssowatchssowatch&\
             code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256",
            KnownUrlIn::Location,
        ),
        callbacks: &["/identity/connect/oidc-signin"],
        pkce: Pkce::Setting,
        scopes: OPENID_EMAIL,
        claims: &["sub", "email", "email_verified"],
        forms: AppForms {
            settings: "Vaultwarden: the environment (SSO_AUTHORITY, SSO_CLIENT_ID, SSO_CLIENT_SECRET, SSO_SCOPES)",
            address: "Vaultwarden: set DOMAIN to the https address that people use, and restart it.",
            pkce: "Vaultwarden: SSO_PKCE",
        },
        leaves: "a row that ends by itself",
        leaves_row: true,
        health: Some("/alive"),
        source: "src/api/identity.rs, src/sso_client.rs at 46d7110",
        grade: Grade::Source,
    }
    Paperless paperless {
        title: "Paperless-ngx",
        start: form_after("/accounts/oidc/{provider}/login/", "/accounts/oidc/{provider}/login/"),
        provider_name: ProviderName::Needed("provider_id in PAPERLESS_SOCIALACCOUNT_PROVIDERS"),
        callbacks: &["/accounts/oidc/{provider}/login/callback/"],
        pkce: Pkce::Setting,
        claims: &["sub", "email"],
        forms: AppForms {
            settings: "Paperless-ngx: PAPERLESS_SOCIALACCOUNT_PROVIDERS",
            address: "Paperless-ngx: set PAPERLESS_URL to the https address, and PAPERLESS_PROXY_SSL_HEADER to \
                      [\"HTTP_X_FORWARDED_PROTO\", \"https\"], and let the proxy pass X-Forwarded-Proto and Host on.",
            pkce: "Paperless-ngx: OAUTH_PKCE_ENABLED in PAPERLESS_SOCIALACCOUNT_PROVIDERS",
        },
        leaves: "a session row that ends by itself",
        leaves_row: true,
        asks_provider: true,
        source: "paperless-ngx src/paperless/urls.py at b0e0e8a; what it is built with is tested (allauth)",
        grade: Grade::Source,
    }
    Allauth allauth {
        title: "the app",
        start: form_after("/accounts/oidc/{provider}/login/", "/accounts/oidc/{provider}/login/"),
        provider_name: ProviderName::Needed("provider_id in SOCIALACCOUNT_PROVIDERS"),
        callbacks: &[],
        pkce: Pkce::Setting,
        claims: &["sub", "email"],
        forms: AppForms {
            settings: "django-allauth: SOCIALACCOUNT_PROVIDERS (openid_connect)",
            address: "Django: set SECURE_PROXY_SSL_HEADER to (\"HTTP_X_FORWARDED_PROTO\", \"https\"), and let the proxy \
                      pass X-Forwarded-Proto and Host on.",
            pkce: "django-allauth: OAUTH_PKCE_ENABLED in SOCIALACCOUNT_PROVIDERS",
        },
        leaves: "a session row that ends by itself",
        leaves_row: true,
        asks_provider: true,
        source: "django-allauth 65.22.1 (Tandoor, AdventureLog and InvenTree are built with it)",
        grade: Grade::Tested,
    }
    Mealie mealie {
        title: "Mealie",
        start: get("/api/auth/oauth", KnownUrlIn::Location),
        callbacks: &["/login"],
        pkce: Pkce::Always,
        scopes: OPENID_EMAIL,
        claims: &["sub", "email", "name"],
        forms: AppForms {
            settings: "Mealie: the environment (OIDC_CONFIGURATION_URL, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET)",
            address: "Mealie builds its callback from the request: let the proxy pass X-Forwarded-Proto: https and Host on, \
                      and start Mealie with a proxy that it trusts (FORWARDED_ALLOW_IPS).",
            pkce: "nowhere: Mealie always sends a challenge",
        },
        leaves: "a session cookie, which is dropped",
        health: Some("/api/app/about"),
        source: "mealie/routes/auth/auth.py at b5643a9 (October 2024)",
        grade: Grade::Source,
    }
    OpenWebui open_webui {
        title: "Open WebUI",
        start: get("/oauth/oidc/login", KnownUrlIn::Location),
        callbacks: &["/oauth/oidc/callback"],
        pkce: Pkce::Setting,
        scopes: OPENID_EMAIL,
        claims: &["sub", "email", "name"],
        forms: AppForms {
            settings: "Open WebUI: the environment (OPENID_PROVIDER_URL, OAUTH_CLIENT_ID, OAUTH_CLIENT_SECRET, OAUTH_SCOPES)",
            address: "Open WebUI: set WEBUI_URL to the https address, or OPENID_REDIRECT_URI to its callback; Admin Settings \
                      may hold an older value.",
            pkce: "Open WebUI: OAUTH_CODE_CHALLENGE_METHOD",
        },
        leaves: "a session cookie, which is dropped",
        health: Some("/health"),
        source: "backend/open_webui/main.py",
        grade: Grade::Source,
    }
    HomeAssistant home_assistant {
        title: "Home Assistant",
        start: Some(KnownStart {
            path: "/auth/oidc/redirect",
            method: KnownMethod::Get,
            before: Some("/auth/oidc/welcome"),
            url_in: KnownUrlIn::Html,
            add_state: false,
        }),
        callbacks: &["/auth/oidc/callback"],
        pkce: Pkce::Setting,
        claims: &["sub", "preferred_username", "name"],
        forms: AppForms {
            settings: "Home Assistant: configuration.yaml, section auth_oidc (hass-oidc-auth)",
            address: "Home Assistant: configuration.yaml, section http: set use_x_forwarded_for, and name the proxy in \
                      trusted_proxies; section auth_oidc, features: set force_https.",
            pkce: "Home Assistant: configuration.yaml, section auth_oidc, features: disable_rfc7636",
        },
        leaves: "a flow in memory, which ends by itself",
        asks_provider: true,
        source: "christiaangoossens/hass-oidc-auth custom_components/auth_oidc/endpoints/redirect.py at 779e995",
        grade: Grade::Source,
    }
    Audiobookshelf audiobookshelf {
        title: "Audiobookshelf",
        start: get("/auth/openid?callback={app}/login", KnownUrlIn::Location),
        callbacks: &["/auth/openid/callback", "/auth/openid/mobile-redirect", "/audiobookshelf/auth/openid/callback"],
        pkce: Pkce::Always,
        claims: &["sub", "preferred_username"],
        forms: AppForms {
            settings: "Audiobookshelf: Settings > Authentication > OpenID Connect Authentication",
            address: "Reverse proxy before Audiobookshelf: pass X-Forwarded-Proto: https and Host on.",
            pkce: "nowhere: Audiobookshelf always sends a challenge",
        },
        leaves: SESSION,
        health: Some("/healthcheck"),
        source: "server/Auth.js, server/auth/OidcAuthStrategy.js at 1b46d68",
        grade: Grade::Source,
    }
    Oauth2Proxy oauth2_proxy {
        title: "OAuth2 Proxy",
        start: get("/oauth2/start?rd=/", KnownUrlIn::Location),
        callbacks: &["/oauth2/callback"],
        pkce: Pkce::Setting,
        scopes: OPENID_EMAIL,
        claims: &["sub", "email"],
        forms: AppForms {
            settings: "OAuth2 Proxy: its flags or file (--oidc-issuer-url, --client-id, --client-secret, --scope)",
            address: "OAuth2 Proxy: set --redirect-url to its https callback; or --reverse-proxy=true, and let the proxy \
                      before it pass X-Forwarded-Proto on.",
            pkce: "OAuth2 Proxy: --code-challenge-method",
        },
        health: Some("/ping"),
        source: "oauthproxy.go at 14af295",
        grade: Grade::Source,
    }
    Pangolin pangolin {
        title: "Pangolin",
        start: json("/api/v1/auth/idp/{provider}/oidc/generate-url", r#"{"redirectUrl": "/"}"#, "/data/redirectUrl"),
        provider_name: ProviderName::Default("1"),
        callbacks: &["/auth/idp/{provider}/oidc/callback"],
        pkce: Pkce::Always,
        claims: &["sub", "email", "preferred_username"],
        forms: AppForms {
            settings: "Pangolin: Server Admin > Identity Providers > your provider",
            address: "Pangolin: config.yml, section app: set dashboard_url to the https address that people use.",
            pkce: "nowhere: Pangolin always sends a challenge",
        },
        source: "server/routers/idp/generateOidcUrl.ts at 27fbdd5; where it is mounted was not read",
        grade: Grade::Guess,
    }
    Vikunja vikunja {
        title: "Vikunja",
        start: without_state("/api/v1/info", KnownUrlIn::Parts(Parts::Vikunja)),
        provider_name: ProviderName::Only,
        callbacks: &["/auth/openid/{provider}"],
        callback_is_asked: true,
        pkce: Pkce::Never,
        claims: &["sub", "email", "preferred_username"],
        forms: AppForms {
            settings: "Vikunja: config.yml, section auth > openid > providers",
            address: "Vikunja sends the address that the browser came by: open it by its https address, and set \
                      service.publicurl to it.",
            pkce: "nowhere: Vikunja sends none",
        },
        leaves: "nothing",
        health: Some("/api/v1/info"),
        source: "pkg/modules/auth/openid/openid.go, frontend/src/helpers/redirectToProvider.ts at 762dc4e",
        grade: Grade::Source,
    }
    Beszel beszel {
        title: "Beszel",
        start: get("/api/collections/users/auth-methods", KnownUrlIn::Parts(Parts::PocketBase)),
        provider_name: ProviderName::Default("oidc"),
        callbacks: &["/api/oauth2-redirect"],
        callback_is_asked: true,
        pkce: Pkce::Setting,
        claims: &["sub", "email", "name"],
        forms: AppForms {
            settings: "Beszel: PocketBase's dashboard (/_/) > users > Options > OAuth2 > OpenID Connect",
            address: "Beszel: set APP_URL to the https address that people use.",
            pkce: "Beszel: PocketBase's dashboard (/_/) > users > Options > OAuth2 > OpenID Connect > Support PKCE",
        },
        leaves: "nothing",
        health: Some("/api/health"),
        source: "pocketbase/pocketbase apis/record_auth_methods.go at 5d217dd",
        grade: Grade::Source,
    }
    Miniflux miniflux {
        title: "Miniflux",
        start: get("/oauth2/oidc/redirect", KnownUrlIn::Location),
        callbacks: &["/oauth2/oidc/callback"],
        pkce: Pkce::Always,
        claims: &["sub", "email", "preferred_username"],
        forms: AppForms {
            settings: "Miniflux: the environment (OAUTH2_OIDC_DISCOVERY_ENDPOINT, OAUTH2_CLIENT_ID, OAUTH2_CLIENT_SECRET)",
            address: "Miniflux: set OAUTH2_REDIRECT_URL to its https callback, and BASE_URL to the https address.",
            pkce: "nowhere: Miniflux always sends a challenge",
        },
        leaves: "a session row that ends by itself",
        leaves_row: true,
        health: Some("/healthcheck"),
        source: "internal/oauth2/authorization.go at 106cdd0",
        grade: Grade::Source,
    }
    Bookstack bookstack {
        title: "BookStack",
        start: form_after("/login", "/oidc/login"),
        callbacks: &["/oidc/callback"],
        pkce: Pkce::Unknown,
        scopes: OPENID_EMAIL,
        claims: &["sub", "email", "name"],
        forms: AppForms {
            settings: "BookStack: .env (OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET)",
            address: "BookStack: .env: set APP_URL to the https address that people use, and APP_PROXIES to the proxy.",
            pkce: "nowhere: BookStack decides",
        },
        leaves: SESSION,
        health: Some("/status"),
        source: "routes/web.php, lines 337 to 339",
        grade: Grade::Source,
    }
    ModAuthOpenidc mod_auth_openidc {
        title: "mod_auth_openidc",
        start: get("/", KnownUrlIn::Location),
        pkce: Pkce::Setting,
        forms: AppForms {
            settings: "Apache: the OIDC directives of mod_auth_openidc (OIDCProviderMetadataURL, OIDCClientID, \
                       OIDCClientSecret, OIDCScope)",
            address: "Apache: set OIDCRedirectURI to the whole https address, or OIDCXForwardedHeaders to what the proxy \
                      passes on.",
            pkce: "Apache: OIDCPKCEMethod",
        },
        leaves: COOKIE,
        source: "mod_auth_openidc 2.4.12.3 of Debian 12",
        grade: Grade::Tested,
    }
    Jupyterhub jupyterhub {
        title: "JupyterHub",
        start: get("/hub/oauth_login", KnownUrlIn::Location),
        callbacks: &["/hub/oauth_callback"],
        pkce: Pkce::Setting,
        forms: AppForms {
            settings: "JupyterHub: jupyterhub_config.py (c.GenericOAuthenticator)",
            address: "JupyterHub: jupyterhub_config.py: set c.OAuthenticator.oauth_callback_url to the https callback.",
            pkce: "JupyterHub: c.OAuthenticator.enable_pkce",
        },
        health: Some("/hub/health"),
        source: "JupyterHub 6.1.1 with oauthenticator 17.4.0 run against Keycloak",
        grade: Grade::Measured,
    }
    MozillaDjangoOidc mozilla_django_oidc {
        title: "the app",
        start: get("/oidc/authenticate/", KnownUrlIn::Location),
        callbacks: &["/oidc/callback/"],
        pkce: Pkce::Setting,
        claims: &["sub", "email"],
        forms: AppForms {
            settings: "Django: the OIDC_ settings of mozilla-django-oidc",
            address: "Django: set SECURE_PROXY_SSL_HEADER to (\"HTTP_X_FORWARDED_PROTO\", \"https\"), and let the proxy \
                      pass X-Forwarded-Proto and Host on.",
            pkce: "Django: OIDC_USE_PKCE",
        },
        leaves: "a session row that ends by itself",
        leaves_row: true,
        source: "mozilla-django-oidc 5.0.2 with Django 5.2",
        grade: Grade::Tested,
    }
    Pgadmin pgadmin {
        title: "pgAdmin",
        start: form(
            "/authenticate/login",
            &[("oauth2_button", "{provider}")],
            KnownUrlIn::Location,
        ),
        provider_name: ProviderName::Needed("OAUTH2_NAME in OAUTH2_CONFIG"),
        callbacks: &["/oauth2/authorize"],
        pkce: Pkce::Setting,
        claims: &["sub", "email"],
        forms: AppForms {
            settings: "pgAdmin: config_local.py, OAUTH2_CONFIG",
            address: "pgAdmin: let the proxy pass X-Forwarded-Proto: https and Host on (PROXY_X_PROTO_COUNT).",
            pkce: "pgAdmin: OAUTH2_CHALLENGE_METHOD in OAUTH2_CONFIG",
        },
        leaves: SESSION,
        health: Some("/misc/ping"),
        source: "pgAdmin 9.18 run against Keycloak",
        grade: Grade::Measured,
    }
    Synapse synapse {
        title: "Synapse",
        start: get("/_matrix/client/v3/login/sso/redirect/oidc-{provider}?redirectUrl={app}/", KnownUrlIn::Location),
        provider_name: ProviderName::Needed("idp_id in oidc_providers"),
        callbacks: &["/_synapse/client/oidc/callback"],
        pkce: Pkce::WhenAnnounced,
        forms: AppForms {
            settings: "Synapse: homeserver.yaml, section oidc_providers",
            address: "Synapse: homeserver.yaml: set public_baseurl to the https address, and x_forwarded in its listener.",
            pkce: "Synapse: homeserver.yaml, section oidc_providers: pkce_method",
        },
        leaves: "cookies, which are dropped",
        health: Some("/health"),
        source: "Synapse 1.163.2 run against Keycloak",
        grade: Grade::Measured,
    }
    Generic generic {
        title: "the app",
        source: "OpenID Connect Core 1.0",
        grade: Grade::Documented,
    }
    ProviderAlone provider_alone {
        title: "the app",
        leaves: "nothing",
        source: "no app is watched",
        grade: Grade::Documented,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_has_its_own_entry_with_source_and_grade() {
        let mut ids = BTreeSet::new();
        for kind in AppKind::ALL {
            let profile = kind.profile();
            assert_eq!(profile.kind, kind);
            assert!(ids.insert(profile.id), "{} stands twice", profile.id);
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{}\"", profile.id));
            assert_eq!(AppKind::of_id(profile.id), Some(kind));
            assert!(profile.source.len() > 10 && !profile.title.is_empty(), "{}", profile.id);
            assert!(profile.forms.address.ends_with('.'), "{}: a sentence", profile.id);
            assert!(!profile.forms.settings.ends_with('.'), "{}: a place", profile.id);
            assert!(profile.scopes.contains(&"openid") && profile.claims.contains(&"sub"), "{}", profile.id);
            for path in profile.callbacks.iter().copied().chain(profile.health) {
                assert!(path.starts_with('/') && !path.contains('?'), "{}: {path}", profile.id);
            }
            if let Some(start) = &profile.start {
                for path in std::iter::once(&start.path).chain(&start.before) {
                    assert!(path.starts_with('/') && !path.starts_with("//"), "{}: {path}", profile.id);
                }
                let has_name = profile.provider_name != ProviderName::None;
                assert_eq!(start.request().names_provider(), has_name, "{}", profile.id);
            }
            // What stays behind and is more than memory is asked less often.
            let is_kept = ["row", "file"].iter().any(|word| profile.leaves.contains(word));
            assert_eq!(profile.leaves_row, is_kept, "{}: {}", profile.id, profile.leaves);
        }
        assert!(AppKind::ALL.into_iter().filter(|kind| kind.may_be_named()).count() > 20);
    }

    #[test]
    fn a_kind_is_recognised_by_its_callback_where_only_it_has_that_path() {
        for (path, kind) in [
            ("/login/generic_oauth", Some(AppKind::Grafana)),
            ("/apps/user_oidc/code", Some(AppKind::Nextcloud)),
            ("/accounts/oidc/pocketid/login/callback/", Some(AppKind::Paperless)),
            ("/sso/OID/redirect/pocket", Some(AppKind::Jellyfin)),
            ("/api/oidc_callback", Some(AppKind::Kasm)),
            ("/oauth2/callback", Some(AppKind::Oauth2Proxy)),
            // Gitea's and Forgejo's.
            ("/user/oauth2/pocketid/callback", None),
            ("/user/oauth2//callback", None),
            ("/", None),
            ("/login/generic_oauth/", None),
        ] {
            assert_eq!(AppKind::of_callback(path), kind, "{path}");
        }
    }

    #[test]
    fn every_start_asks_for_no_callback_and_changes_nothing() {
        for kind in AppKind::ALL {
            let Some(start) = &kind.profile().start else { continue };
            let path = start.path.split('?').next().unwrap();
            let is_same = kind.profile().callbacks.contains(&path);
            // Grafana's start and callback share a path, which a code in the query tells apart.
            assert!(!is_same || kind == AppKind::Grafana, "{}", kind.id());
            assert!(!start.path.contains("code="), "{}", kind.id());
            assert!(!start.path.contains("/sso/OID/p/"));
        }
    }
}
