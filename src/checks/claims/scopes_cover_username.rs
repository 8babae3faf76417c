//! The scopes that Kasm asks for bring the claim that it takes as user name.

use super::{Check, SeverityRule, needs_kasm_key};
use crate::model::Credential;

pub(super) const CHECK: Check = Check {
    id: "scopes_cover_username",
    severity: SeverityRule::OUTAGE,
    title: "Kasm asks for the scope that brings the user name",
    why: "A claim comes only with its scope: without it Kasm finds no user name and says \"Unable to processes OIDC \
           login\".",
    mend: "Kasm: Access Management > Authentication > OpenID > your config > Scope: add profile for \
           preferred_username, or email for email.",
    needs: &[Credential::KasmKey],
    since: "",
    source: "OpenID Connect Core 1.0, section 5.4",
    fields: &[],
    run: needs_kasm_key,
};
