//! Keycloak (26.7 measured): the names of its admin console, as its message files have them.

use super::{Answers, Evidence, Forms, Look, Mark, ProviderProfile};

/// Keycloak.
pub(super) static PROFILE: ProviderProfile = ProviderProfile {
    name: "Keycloak",
    marks: &[&[Mark::Ends("authorization_endpoint", "/protocol/openid-connect/auth")]],
    answers: Answers {
        no_session: Look::Back("login_required"),
        wrong_client: Look::Page("client not found"),
        wrong_redirect: Look::Page("invalid parameter: redirect_uri"),
        disabled_client: Look::Page("client disabled"),
        pkce_missing: Look::Back("invalid_request"),
        wrong_secret: Look::Token("unauthorized_client"),
    },
    evidence: Evidence::Tested("Keycloak 26.7.3"),
    forms: Forms {
        secret: "Keycloak: Clients > Kasm's client > Credentials > Client Secret",
        redirects: "Keycloak: Clients > Kasm's client > Settings > Valid redirect URIs",
        code_flow: "Keycloak: Clients > Kasm's client > Settings > Capability config: switch Standard flow on.",
        client_on: "Keycloak: Clients > Kasm's client: switch Enabled on.",
        scopes: "Keycloak: Clients > Kasm's client > Client scopes > Add client scope",
        authentication: "Keycloak: Clients > Kasm's client > Credentials > Client Authenticator: choose Client Id and \
                         Secret.",
        provider_on: "Keycloak: Realm settings: switch Enabled on.",
        https: "Reverse proxy before Keycloak: pass X-Forwarded-Proto on, and start Keycloak with --proxy-headers \
                xforwarded; or Realm settings > General > Require SSL: external requests.",
    },
    fixes: Some(&[
        (
            "client_id_agrees",
            "Kasm: Access Management > Authentication > OpenID > your config > Client ID: copy it from Keycloak: \
             Clients > Kasm's client > Settings > Client ID.",
        ),
        (
            "client_known",
            "Kasm: Access Management > Authentication > OpenID > your config > Client ID: enter the Client ID of \
             Keycloak: Clients > Kasm's client, in the realm that provider.url names. If that client is gone, create \
             it again there, and enter its Client ID and Client Secret in Kasm, in place.",
        ),
        (
            "redirect_uri_registered",
            "Keycloak: Clients > Kasm's client > Settings > Valid redirect URIs: enter exactly what Kasm sends; or \
             change Kasm: Access Management > Authentication > OpenID > your config > Redirect URL, if that is the \
             wrong one. Where the form has no such field, switch Standard flow on first (Capability config).",
        ),
        (
            "pkce_not_required",
            "Keycloak: Clients > Kasm's client > Settings > Capability config > Require PKCE: off (in older releases \
             Advanced > Proof Key for Code Exchange Code Challenge Method: none). Client authentication must be on.",
        ),
        (
            "par_not_required",
            "Keycloak: Clients > Kasm's client > Advanced > Pushed authorization request required: off.",
        ),
        (
            "response_type_supported",
            "Keycloak: Clients > Kasm's client > Settings > Capability config: switch Standard flow on; see that \
             Kasm's Authorization URL (Access Management > Authentication > OpenID > your config) is the realm's, \
             without parameters of its own.",
        ),
        (
            "redirect_uri_is_own",
            "Kasm: Access Management > Authentication > OpenID > your config > Redirect URL: enter the expected \
             value, and the same text in Keycloak: Clients > Kasm's client > Settings > Valid redirect URIs. Where \
             Kasm (up to 1.15) does not let you edit it, save the config once from Kasm's public address.",
        ),
        (
            "client_secret_accepted",
            "Keycloak: Clients > Kasm's client > Credentials > Client Secret: enter it in Kasm: Access Management > \
             Authentication > OpenID > your config > Client Secret; or, if Kasm's is right, correct our copy in \
             provider.client_secret_file.",
        ),
        (
            "app_secret_accepted",
            "Kasm: Access Management > Authentication > OpenID > your config > Client Secret: enter it again, in \
             place; it stands in Keycloak: Clients > Kasm's client > Credentials > Client Secret.",
        ),
        (
            "token_auth_supported",
            "Keycloak: Clients > Kasm's client > Credentials > Client Authenticator: Client Id and Secret; Settings > \
             Capability config: Client authentication on.",
        ),
        (
            "discovery_served",
            "Open `/.well-known/openid-configuration` below `provider.url` in a browser. `provider.url` must name the \
             realm, in its own upper and lower case (https://HOST/realms/REALM; before Keycloak 17 with /auth before \
             /realms), and the reverse proxy must pass this path on. If the realm was renamed or removed, Kasm's \
             addresses need the same change.",
        ),
        (
            "issuer_matches",
            "Keycloak: set the hostname (KC_HOSTNAME), or the realm's Frontend URL (Realm settings > General), to the \
             address that people use. If the issuer is right, correct `provider.url` in ssowatch's config, and the \
             addresses in Kasm's OpenID form.",
        ),
        (
            "jwks_usable",
            "Keycloak: Realm settings > Keys > Add providers: have an active RSA or EC signing key. After a private \
             key was public, replace it at once and end all sessions.",
        ),
        (
            "jwks_matches_algorithms",
            "Keycloak: Realm settings > Keys > Add providers: have an active key for the realm's default signature \
             algorithm (Realm settings > Tokens).",
        ),
        (
            "token_endpoint_answers",
            "Keycloak: see its log and its database (KC_DB_URL): with the database away, everything else stays green. \
             Status 404, 405 or 503, or a web page: let the reverse proxy pass POST requests for this path to \
             Keycloak.",
        ),
        (
            "logout_url_registered",
            "Keycloak: Clients > Kasm's client > Settings > Valid post logout redirect URIs: add Kasm's address after \
             logout.",
        ),
    ]),
};
