//! The kinds of providers that need no code of their own: data, one entry each.
//!
//! LemonLDAP::NG 2.16.1 and npm `oidc-provider` 9 were asked; what stands of the others is from their documentation or their
//! source, as each entry says, and never decides alone that sign-in is broken.

use super::{
    Forms, Mark, ProviderProfile,
    profile::{Answers, Evidence, Look},
};

/// Makes a profile from where its administrator finds a client, and what the settings there are called.
macro_rules! profile {
    ($constant:ident, $name:literal {
        client: $client:literal,
        id: $id:literal,
        secret: $secret:literal,
        redirects: $redirects:literal,
        pkce: $pkce:literal,
        scopes: $scopes:literal,
        on: $on:literal,
        marks: $marks:expr,
        evidence: $evidence:expr,
        answers: $answers:expr $(,)?
    }) => {
        #[doc = $name]
        pub(super) static $constant: ProviderProfile = ProviderProfile {
            name: $name,
            marks: $marks,
            answers: $answers,
            evidence: $evidence,
            forms: Forms {
                secret: concat!($name, ": ", $client, " > ", $secret),
                redirects: concat!($name, ": ", $client, " > ", $redirects),
                code_flow: concat!($name, ": ", $client, ": allow the authorization code flow (response type code)."),
                client_on: concat!($name, ": ", $on),
                scopes: concat!($name, ": ", $scopes),
                authentication: concat!(
                    $name, ": ", $client, ": let the client authenticate by client ID and secret in HTTP Basic \
                     (client_secret_basic)."
                ),
                provider_on: concat!("Look at the state and the log of ", $name, "."),
                https: concat!(
                    "Reverse proxy before ", $name, ": tell it how people came (X-Forwarded-Proto: https), and let it \
                     believe this proxy."
                ),
            },
            fixes: Some(&[
                (
                    "client_id_agrees",
                    concat!(
                        "Kasm: Access Management > Authentication > OpenID > your config > Client ID: copy it from ",
                        $name, ": ", $client, " > ", $id, "."
                    ),
                ),
                (
                    "client_known",
                    concat!(
                        "Kasm: Access Management > Authentication > OpenID > your config > Client ID: enter that of ",
                        $name, ": ", $client, " > ", $id, ". If that client is gone, create it again there, and enter \
                         its client ID and secret in Kasm, in place."
                    ),
                ),
                (
                    "redirect_uri_registered",
                    concat!(
                        $name, ": ", $client, " > ", $redirects, ": enter exactly what Kasm sends; or change Kasm: \
                         Access Management > Authentication > OpenID > your config > Redirect URL, if that is the \
                         wrong one."
                    ),
                ),
                ("pkce_not_required", concat!($name, ": ", $pkce)),
                (
                    "client_secret_accepted",
                    concat!(
                        $name, ": ", $client, " > ", $secret, ": enter it in Kasm: Access Management > Authentication > \
                         OpenID > your config > Client Secret; or, if Kasm's is right, correct our copy in \
                         provider.client_secret_file."
                    ),
                ),
                (
                    "app_secret_accepted",
                    concat!(
                        "Kasm: Access Management > Authentication > OpenID > your config > Client Secret: enter it \
                         again, in place; it is made in ", $name, ": ", $client, " > ", $secret, "."
                    ),
                ),
            ]),
        };
    };
}

profile!(AUTHENTIK, "authentik" {
    client: "Applications > Providers > Kasm's provider > Edit",
    id: "Client ID",
    secret: "Client Secret",
    redirects: "Redirect URIs/Origins",
    pkce: "Applications > Providers > Kasm's provider > Edit > Client type: Confidential.",
    scopes: "Applications > Providers > Kasm's provider > Edit > Advanced protocol settings > Scopes",
    on: "Applications > Applications > Kasm's application: see that it is there and has Kasm's provider.",
    marks: &[&[
        Mark::Ends("authorization_endpoint", "/application/o/authorize/"),
        Mark::Ends("token_endpoint", "/application/o/token/"),
    ]],
    evidence: Evidence::Documented("authentik, docs: OAuth2 provider; source: providers/oauth2/errors.py"),
    answers: Answers {
        no_session: Look::Back("login_required"),
        wrong_client: Look::Page("client identifier (client_id) is missing or invalid"),
        wrong_redirect: Look::Page("mismatching redirection uri"),
        disabled_client: Look::None,
        pkce_missing: Look::Unknown,
        wrong_secret: Look::Token("invalid_client"),
    },
});

profile!(AUTHELIA, "Authelia" {
    client: "configuration.yml > identity_providers > oidc > clients > Kasm's entry",
    id: "client_id",
    secret: "client_secret (its digest is there, the secret itself only where it was made)",
    redirects: "redirect_uris",
    pkce: "configuration.yml > identity_providers > oidc: leave require_pkce of Kasm's client out, and set enforce_pkce \
           to public_clients_only.",
    scopes: "configuration.yml > identity_providers > oidc > clients > Kasm's entry > scopes",
    on: "configuration.yml > identity_providers > oidc > clients: see that Kasm's entry is there, and restart.",
    marks: &[&[
        Mark::Ends("authorization_endpoint", "/api/oidc/authorization"),
        Mark::Ends("token_endpoint", "/api/oidc/token"),
    ]],
    evidence: Evidence::Documented("Authelia, docs: OpenID Connect 1.0 endpoints; fosite's error texts"),
    answers: Answers {
        no_session: Look::Back("login_required"),
        wrong_client: Look::Page("oauth 2.0 client does not exist"),
        wrong_redirect: Look::Page("does not match any of the oauth 2.0 client's pre-registered redirect urls"),
        disabled_client: Look::None,
        pkce_missing: Look::Back("invalid_request"),
        wrong_secret: Look::Token("invalid_client"),
    },
});

profile!(ZITADEL, "Zitadel" {
    client: "Projects > Kasm's project > Kasm's application",
    id: "Client ID",
    secret: "Actions > Regenerate Client Secret",
    redirects: "Redirect Settings > Redirect URIs",
    pkce: "Projects > Kasm's project > Kasm's application > OIDC Configuration > Authentication Method: Basic.",
    scopes: "Projects > Kasm's project > Kasm's application > Token Settings",
    on: "Projects > Kasm's project > Kasm's application: Reactivate.",
    marks: &[&[
        Mark::Ends("authorization_endpoint", "/oauth/v2/authorize"),
        Mark::Ends("userinfo_endpoint", "/oidc/v1/userinfo"),
    ]],
    evidence: Evidence::Documented("Zitadel, docs: OpenID Connect endpoints; source: zitadel/oidc pkg/op/auth_request.go"),
    answers: Answers {
        no_session: Look::Back("login_required"),
        wrong_client: Look::Page("errors.app.notfound"),
        wrong_redirect: Look::Page("redirect_uri is missing in the client configuration"),
        disabled_client: Look::Unknown,
        pkce_missing: Look::Unknown,
        wrong_secret: Look::Token("invalid_client"),
    },
});

profile!(KANIDM, "Kanidm" {
    client: "kanidm system oauth2 get CLIENT",
    id: "name",
    secret: "kanidm system oauth2 show-basic-secret CLIENT",
    redirects: "kanidm system oauth2 add-redirect-url CLIENT URL",
    pkce: "kanidm system oauth2 warning-insecure-client-disable-pkce CLIENT: it demands PKCE of every client unless told \
           otherwise, and Kasm does not use it.",
    scopes: "kanidm system oauth2 update-scope-map CLIENT GROUP SCOPES",
    on: "kanidm system oauth2 list: see that Kasm's client is there.",
    marks: &[&[
        Mark::Ends("authorization_endpoint", "/ui/oauth2"),
        Mark::Holds("issuer", "/oauth2/openid/"),
    ]],
    evidence: Evidence::Documented("Kanidm, book: OAuth2"),
    answers: Answers {
        no_session: Look::Login,
        wrong_client: Look::Unknown,
        wrong_redirect: Look::Unknown,
        disabled_client: Look::None,
        pkce_missing: Look::Unknown,
        wrong_secret: Look::Token("invalid_client"),
    },
});

profile!(DEX, "Dex" {
    client: "its configuration > staticClients > Kasm's entry",
    id: "id",
    secret: "secret",
    redirects: "redirectURIs",
    pkce: "its configuration > staticClients > Kasm's entry: leave public out, and PKCE is not demanded of it.",
    scopes: "it takes openid, email, profile, groups and offline_access",
    on: "its configuration > staticClients: see that Kasm's entry is there, and restart.",
    marks: &[&[
        Mark::Ends("authorization_endpoint", "/auth"),
        Mark::Ends("token_endpoint", "/token"),
        Mark::Ends("jwks_uri", "/keys"),
        Mark::Ends("device_authorization_endpoint", "/device/code"),
    ]],
    evidence: Evidence::Documented("Dex, docs: OpenID Connect; source: server/oauth2.go"),
    answers: Answers {
        no_session: Look::Login,
        wrong_client: Look::Page("invalid client_id"),
        wrong_redirect: Look::Page("unregistered redirect_uri"),
        disabled_client: Look::None,
        pkce_missing: Look::None,
        wrong_secret: Look::Token("invalid_client"),
    },
});

profile!(LEMONLDAP, "LemonLDAP::NG" {
    client: "Manager > OpenID Connect Relying Parties > Kasm's entry > Options",
    id: "Basic > Client ID",
    secret: "Basic > Client secret",
    redirects: "Basic > Allowed redirection addresses for login",
    pkce: "Manager > OpenID Connect Relying Parties > Kasm's entry > Options > Security > Require PKCE: off.",
    scopes: "Manager > OpenID Connect Relying Parties > Kasm's entry > Exported attributes",
    on: "Manager > OpenID Connect Relying Parties: see that Kasm's entry is there; and General Parameters > Issuer modules \
         > OpenID Connect: on.",
    marks: &[&[
        Mark::Ends("authorization_endpoint", "/oauth2/authorize"),
        Mark::Ends("userinfo_endpoint", "/oauth2/userinfo"),
        Mark::Ends("jwks_uri", "/oauth2/jwks"),
        Mark::Ends("end_session_endpoint", "/oauth2/logout"),
    ]],
    evidence: Evidence::Measured("LemonLDAP::NG 2.16.1"),
    answers: Answers {
        no_session: Look::Login,
        wrong_client: Look::Login,
        wrong_redirect: Look::Login,
        disabled_client: Look::Login,
        pkce_missing: Look::Login,
        wrong_secret: Look::Token("invalid_client"),
    },
});

profile!(OIDC_PROVIDER, "oidc-provider" {
    client: "its configuration > clients > Kasm's entry",
    id: "client_id",
    secret: "client_secret",
    redirects: "redirect_uris",
    pkce: "its configuration > pkce.required: false for Kasm's client.",
    scopes: "its configuration > scopes, and scope of Kasm's client",
    on: "its configuration > clients: see that Kasm's entry is there.",
    marks: &[&[
        Mark::Ends("authorization_endpoint", "/auth"),
        Mark::Ends("token_endpoint", "/token"),
        Mark::Ends("jwks_uri", "/jwks"),
        Mark::Ends("userinfo_endpoint", "/me"),
    ]],
    evidence: Evidence::Tested("npm oidc-provider 9"),
    answers: Answers {
        no_session: Look::Back("login_required"),
        wrong_client: Look::Page("invalid_client"),
        wrong_redirect: Look::Page("invalid_redirect_uri"),
        disabled_client: Look::None,
        pkce_missing: Look::Back("invalid_request"),
        wrong_secret: Look::Token("invalid_client"),
    },
});

profile!(GOOGLE, "Google" {
    client: "Google Cloud console > Google Auth Platform > Clients > Kasm's client",
    id: "Client ID",
    secret: "Client secrets",
    redirects: "Authorized redirect URIs",
    pkce: "Google Cloud console > Google Auth Platform > Clients: Kasm's client must be a web application, of which PKCE is \
           not demanded.",
    scopes: "Google Cloud console > Google Auth Platform > Data Access; Google knows openid, email and profile, and no \
             groups",
    on: "Google Cloud console > Google Auth Platform > Clients > Kasm's client: restore it, or enable it.",
    marks: &[&[Mark::Is("issuer", "https://accounts.google.com")]],
    evidence: Evidence::Documented("Google, OpenID Connect and OAuth 2.0 error reference"),
    answers: Answers {
        no_session: Look::Back("interaction_required"),
        wrong_client: Look::Page("oauth client was not found"),
        wrong_redirect: Look::Page("redirect_uri_mismatch"),
        disabled_client: Look::Page("disabled_client"),
        pkce_missing: Look::None,
        wrong_secret: Look::Token("invalid_client"),
    },
});

profile!(ENTRA, "Microsoft Entra ID" {
    client: "Entra admin center > App registrations > Kasm's app",
    id: "Application (client) ID",
    secret: "Certificates & secrets > Client secrets (the value, not the ID)",
    redirects: "Authentication > Web > Redirect URIs",
    pkce: "Entra admin center > App registrations > Kasm's app > Authentication: Kasm's redirect URI must be of the \
           platform Web, not Single-page application.",
    scopes: "Entra admin center > App registrations > Kasm's app > API permissions, and Token configuration for groups",
    on: "Entra admin center > Enterprise applications > Kasm's app > Properties > Enabled for users to sign in: Yes.",
    marks: &[
        &[
            Mark::Ends("authorization_endpoint", "/oauth2/v2.0/authorize"),
            Mark::Ends("token_endpoint", "/oauth2/v2.0/token"),
        ],
        &[Mark::Holds("issuer", "https://sts.windows.net/")],
    ],
    evidence: Evidence::Documented("Microsoft, Entra authentication and authorization error codes"),
    answers: Answers {
        no_session: Look::Back("login_required"),
        wrong_client: Look::Page("aadsts700016"),
        wrong_redirect: Look::Page("aadsts50011"),
        disabled_client: Look::Page("aadsts7000112"),
        pkce_missing: Look::Token("invalid_request"),
        wrong_secret: Look::Token("invalid_client"),
    },
});

profile!(OKTA, "Okta" {
    client: "Admin Console > Applications > Applications > Kasm's app > General",
    id: "Client Credentials > Client ID",
    secret: "Client Credentials > Client Secrets",
    redirects: "Login > Sign-in redirect URIs",
    pkce: "Admin Console > Applications > Kasm's app > General > Client Credentials > Proof Key for Code Exchange (PKCE): \
           not required as additional verification.",
    scopes: "Admin Console > Security > API > Authorization Servers > the server > Scopes",
    on: "Admin Console > Applications > Kasm's app: Activate.",
    marks: &[&[
        Mark::Ends("authorization_endpoint", "/v1/authorize"),
        Mark::Holds("authorization_endpoint", "/oauth2/"),
        Mark::Ends("jwks_uri", "/v1/keys"),
        Mark::Ends("introspection_endpoint", "/v1/introspect"),
    ]],
    evidence: Evidence::Documented("Okta, OpenID Connect & OAuth 2.0 API"),
    answers: Answers {
        no_session: Look::Back("login_required"),
        wrong_client: Look::Page("invalid_client"),
        wrong_redirect: Look::Page("must be a login redirect uri in the client app settings"),
        disabled_client: Look::Page("invalid_client"),
        pkce_missing: Look::Back("invalid_request"),
        wrong_secret: Look::Token("invalid_client"),
    },
});

profile!(AUTH0, "Auth0" {
    client: "Dashboard > Applications > Applications > Kasm's application > Settings",
    id: "Client ID",
    secret: "Client Secret",
    redirects: "Allowed Callback URLs",
    pkce: "Dashboard > Applications > Kasm's application > Settings > Application Type: Regular Web Application.",
    scopes: "Dashboard > Applications > APIs, and an Action for claims of your own",
    on: "Dashboard > Applications > Applications: see that Kasm's application is there.",
    marks: &[&[
        Mark::Ends("token_endpoint", "/oauth/token"),
        Mark::Ends("authorization_endpoint", "/authorize"),
        Mark::Has("mfa_challenge_endpoint"),
    ]],
    evidence: Evidence::Documented("Auth0, Authentication API and its error pages"),
    answers: Answers {
        no_session: Look::Back("login_required"),
        wrong_client: Look::Page("unknown client"),
        wrong_redirect: Look::Page("callback url mismatch"),
        disabled_client: Look::Unknown,
        pkce_missing: Look::Unknown,
        wrong_secret: Look::Token("access_denied"),
    },
});
