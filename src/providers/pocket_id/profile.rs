//! Pocket ID's own words.

use crate::providers::{Forms, ProviderProfile};

/// Pocket ID.
pub static PROFILE: ProviderProfile = ProviderProfile {
    name: "Pocket ID",
    forms: Forms {
        secret: "Pocket ID: Administration > OIDC Clients > Kasm's client > Client secrets",
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
