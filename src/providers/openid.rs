//! Any OpenID provider: the words of the specifications.

use super::{Answers, Evidence, Forms, ProviderProfile};

/// Any OpenID provider.
pub(super) static PROFILE: ProviderProfile = ProviderProfile {
    name: "the provider",
    marks: &[],
    answers: Answers::SPECIFIED,
    evidence: Evidence::Specified,
    forms: Forms {
        secret: "the registration of Kasm's client at the provider",
        redirects: "the registration of Kasm's client at the provider, redirect URIs",
        code_flow: "At the provider, allow the authorization code flow for Kasm's client.",
        client_on: "At the provider, switch Kasm's client on.",
        scopes: "allow it for Kasm's client at the provider",
        authentication: "At the provider, let Kasm's client authenticate by client ID and secret in HTTP Basic.",
        provider_on: "Switch the provider, or the realm or tenant of it, on; its log names the reason.",
        https: "Reverse proxy before the provider: tell it how people came (X-Forwarded-Proto: https), and let the \
                provider believe this proxy.",
    },
    fixes: Some(&[
        (
            "authorize_accepted",
            "Compare Kasm: Access Management > Authentication > OpenID > your config with the registration of Kasm's \
             client at the provider, field by field (ssowatch guide lists them); the provider's log names the reason.",
        ),
        (
            "client_id_agrees",
            "Kasm: Access Management > Authentication > OpenID > your config > Client ID: copy it from the \
             registration of Kasm's client at the provider.",
        ),
        (
            "client_known",
            "Kasm: Access Management > Authentication > OpenID > your config > Client ID: enter the ID of Kasm's \
             client at the provider. If that client is gone, register it again and enter its client ID and secret in \
             Kasm, in place.",
        ),
        (
            "redirect_uri_registered",
            "At the provider, register exactly what Kasm sends as a redirect URI of Kasm's client; or change Kasm: \
             Access Management > Authentication > OpenID > your config > Redirect URL, if that is the wrong one.",
        ),
        (
            "redirect_uri_secure",
            "Serve Kasm over https, and change both Kasm: Access Management > Authentication > OpenID > your config > \
             Redirect URL and the redirect URI that is registered for its client at the provider.",
        ),
        (
            "pkce_not_required",
            "At the provider, do not require PKCE of Kasm's client; it must be a confidential client, with a secret.",
        ),
        ("par_not_required", "At the provider, do not require pushed authorization requests of Kasm's client."),
        (
            "scopes_supported",
            "Kasm: Access Management > Authentication > OpenID > your config > Scope: one per line, only scopes that \
             the provider announces.",
        ),
        (
            "response_type_supported",
            "At the provider, allow the authorization code flow for Kasm's client; see that Kasm's Authorization URL \
             (Access Management > Authentication > OpenID > your config) is the provider's, without parameters of its \
             own.",
        ),
        (
            "redirect_uri_is_own",
            "Kasm: Access Management > Authentication > OpenID > your config > Redirect URL: enter the expected \
             value, and register the same text for Kasm's client at the provider. Where Kasm (up to 1.15) does not \
             let you edit it, save the config once from Kasm's public address.",
        ),
        (
            "token_url_matches",
            "Kasm: Access Management > Authentication > OpenID > your config > Token URL: enter the token_endpoint of \
             the provider's discovery document.",
        ),
        (
            "userinfo_url_matches",
            "Kasm: Access Management > Authentication > OpenID > your config > User Info URL: enter the \
             userinfo_endpoint of the provider's discovery document.",
        ),
        (
            "groups_claim",
            "Kasm: Access Management > Authentication > OpenID > your config > Groups Attribute: the claim in which \
             the provider gives the groups.",
        ),
        (
            "group_names_map",
            "Kasm: Access Management > Groups > a group > SSO Group Mappings: enter the group's name as the provider \
             has it.",
        ),
        (
            "username_claim",
            "Kasm: Access Management > Authentication > OpenID > your config > Username Attribute: a claim that the \
             provider gives, for example preferred_username, in place; who has another name in that claim becomes a \
             new Kasm user.",
        ),
        (
            "client_secret_accepted",
            "Enter the secret of Kasm's client at the provider in Kasm: Access Management > Authentication > OpenID > \
             your config > Client Secret; or, if Kasm's is right, correct our copy in provider.client_secret_file.",
        ),
        (
            "app_secret_accepted",
            "Kasm: Access Management > Authentication > OpenID > your config > Client Secret: enter it again, in \
             place; a new one comes from the registration of Kasm's client at the provider.",
        ),
        (
            "token_auth_supported",
            "At the provider, let Kasm's client authenticate by client ID and secret in HTTP Basic \
             (client_secret_basic).",
        ),
        (
            "token_verifies",
            "See that all instances of the provider share one database and one set of keys, and that nothing caches \
             the key set.",
        ),
        ("provider_reachable", "Start the provider and the reverse proxy before it, and look at their logs."),
        (
            "provider_certificate_valid",
            "Reverse proxy before the provider, or the provider itself: renew the certificate for its host name and \
             reload it.",
        ),
        (
            "provider_not_throttling",
            "At the provider, its reverse proxy or CDN: let Kasm's and this host's address pass the limits, and let \
             the provider see the addresses of people, not the proxy's (X-Forwarded-For).",
        ),
        (
            "discovery_served",
            "Open `/.well-known/openid-configuration` below `provider.url` in a browser. Reverse proxy: pass this \
             path on to the provider, without a login wall. `provider.url` must be the issuer itself, with the path \
             of its realm or tenant.",
        ),
        (
            "discovery_conforms",
            "Correct the named member in the provider's settings, or look for a proxy or cache that changes the \
             document.",
        ),
        (
            "issuer_matches",
            "Set the provider's public address (its issuer) to the one that people use. If the issuer is right, \
             correct `provider.url` in ssowatch's config, and the addresses in Kasm's OpenID form.",
        ),
        (
            "endpoints_answer",
            "Reverse proxy: pass the userinfo endpoint on to the provider, without a login wall, a cache or a bot \
             check. Without a token the provider answers 401 there.",
        ),
        ("provider_page_served", "Reverse proxy or CDN: pass the end-session endpoint on to the provider."),
        (
            "jwks_usable",
            "At the provider, publish an active signing key (RSA or EC) in the key set, and let the proxy pass \
             `jwks_uri` on. After a private key was public, replace it at once and end all sessions.",
        ),
        (
            "jwks_matches_algorithms",
            "At the provider, make an active signing key for the algorithm that it announces. Is more than one \
             instance running, or does a proxy cache discovery or the key set?",
        ),
        (
            "signing_key_id_unique",
            "Give each key an ID of its own, and find out whether something else answers in the provider's place.",
        ),
        (
            "signing_key_kept",
            "If it was meant (a rotation, an upgrade), there is nothing to do; if sign-in fails since, restart Kasm's \
             API container, which may hold the old keys. If it was not: keep the provider's keys on storage that \
             outlives a restart.",
        ),
        (
            "logout_url_registered",
            "At the provider, register Kasm's address after logout for Kasm's client (post_logout_redirect_uris).",
        ),
        (
            "api_keys_last",
            "Kasm: Settings > Developers > Add API Key: make a new one for kasm.api_key_file and \
             kasm.api_key_secret_file.",
        ),
    ]),
};
