//! Pocket ID's own words.

use crate::providers::{Answers, Evidence, Forms, Look, Mark, ProviderProfile};

/// Pocket ID.
pub static PROFILE: ProviderProfile = ProviderProfile {
    name: "Pocket ID",
    // These paths have not moved since v0.1; no other provider known to us has all three.
    marks: &[&[
        Mark::Ends("token_endpoint", "/api/oidc/token"),
        Mark::Ends("userinfo_endpoint", "/api/oidc/userinfo"),
        Mark::Ends("authorization_endpoint", "/authorize"),
    ]],
    answers: Answers {
        no_session: Look::Back("login_required"),
        wrong_client: Look::Page("oauth 2.0 client does not exist"),
        wrong_redirect: Look::Page("does not match any of the oauth 2.0 client's pre-registered redirect urls"),
        disabled_client: Look::None,
        pkce_missing: Look::Back("invalid_request"),
        wrong_secret: Look::Token("invalid_client"),
    },
    evidence: Evidence::Measured("Pocket ID 1.16, 2.3, 2.9, 2.10 and 2.14 (the answers here: from 2.10)"),
    forms: Forms {
        secret: "Pocket ID: Administration > OIDC Clients > Kasm's client > Client secrets",
        redirects: "Pocket ID: Administration > OIDC Clients > Kasm's client > Callback URLs",
        code_flow: "Pocket ID gives every client the authorization code flow: see that Kasm's Client ID is that of \
                    its client.",
        client_on: "Pocket ID: Administration > OIDC Clients > Kasm's client: see that it is there.",
        scopes: "Pocket ID takes only openid, profile, email and groups",
        authentication: "Pocket ID: Administration > OIDC Clients > Kasm's client: Public Client off, with a client \
                         secret.",
        provider_on: "See Pocket ID's log.",
        https: "Reverse proxy before Pocket ID: pass X-Forwarded-Proto on, and set TRUST_PROXY=true.",
    },
    fixes: None,
};
