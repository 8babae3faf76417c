//! The claim that Kasm takes as user name exists at the provider.

use super::{Check, SeverityRule, needs_kasm_key};
use crate::model::Credential;

pub(super) const CHECK: Check = Check {
    id: "username_claim",
    severity: SeverityRule::OUTAGE,
    title: "The provider gives the claim that Kasm takes as user name",
    why: "Kasm finds no user name in the claims and says \"Unable to processes OIDC login\".",
    mend: "Kasm: Access Management > Authentication > OpenID > your config > Username Attribute: preferred_username \
           in place; who has another name in that claim becomes a new Kasm user.",
    needs: &[Credential::KasmKey],
    since: "",
    source: "OpenID Connect Core 1.0, section 5.1; Pocket ID's guide for Kasm",
    fields: &[],
    run: needs_kasm_key,
};
