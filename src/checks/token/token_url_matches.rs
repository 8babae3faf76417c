//! Kasm fetches tokens at the provider's token endpoint.

use super::{Check, SeverityRule, needs_kasm_key};
use crate::model::Credential;

pub(super) const CHECK: Check = Check {
    id: "token_url_matches",
    severity: SeverityRule::OUTAGE,
    title: "Kasm asks the provider's token endpoint",
    why: "Kasm calls this address itself, after the passkey: a wrong one ends in Kasm's Internal Error, and nothing \
           at the provider says why.",
    mend: "Kasm: Access Management > Authentication > OpenID > your config > Token URL: enter the provider's \
           token_endpoint (https://<id>/api/oidc/token, or the same path at INTERNAL_APP_URL).",
    needs: &[Credential::KasmKey],
    since: "",
    source: "OpenID Connect Discovery 1.0, section 3; Pocket ID's guide for Kasm",
    fields: &[],
    run: needs_kasm_key,
};
