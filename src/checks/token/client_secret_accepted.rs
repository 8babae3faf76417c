//! The provider takes the client secret.

use super::{Check, SeverityRule, needs_client_secret};
use crate::model::Credential;

pub(super) const CHECK: Check = Check {
    id: "client_secret_accepted",
    severity: SeverityRule::OUTAGE,
    title: "The provider takes the client secret",
    why: "With a secret that the provider refuses, every sign-in fails after the passkey, in Kasm's Internal Error; \
           what is tried is our copy of the secret.",
    mend: "Pocket ID: Administration > OIDC Clients > Kasm's client > Client secrets: add one and enter it in Kasm: \
           Access Management > Authentication > OpenID > your config > Client Secret; or, if Kasm's is right, correct \
           our copy in provider.client_secret_file.",
    needs: &[Credential::ClientSecret],
    since: "",
    source: "RFC 6749, section 2.3.1; RFC 7662",
    fields: &[],
    run: needs_client_secret,
};
