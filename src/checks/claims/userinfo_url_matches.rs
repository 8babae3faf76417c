//! Kasm asks the provider's userinfo endpoint.

use super::{Check, SeverityRule, needs_kasm_key};
use crate::model::Credential;

pub(super) const CHECK: Check = Check {
    id: "userinfo_url_matches",
    severity: SeverityRule::OUTAGE,
    title: "Kasm asks the provider's userinfo endpoint",
    why: "Kasm reads user name and groups there: a wrong address ends every sign-in in an Internal Error, after the \
           passkey.",
    mend: "Kasm: Access Management > Authentication > OpenID > your config > User Info URL: enter the provider's \
           userinfo_endpoint (https://<id>/api/oidc/userinfo, or the same path at INTERNAL_APP_URL).",
    needs: &[Credential::KasmKey],
    since: "",
    source: "OpenID Connect Core 1.0, section 5.3; Pocket ID's guide for Kasm",
    fields: &[],
    run: needs_kasm_key,
};
