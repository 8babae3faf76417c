//! The scopes that Kasm asks for bring the groups.

use super::{Check, SeverityRule, needs_kasm_key};
use crate::model::Credential;

pub(super) const CHECK: Check = Check {
    id: "scopes_cover_groups",
    severity: SeverityRule::DEGRADED,
    title: "Kasm asks for the scope that brings the groups",
    why: "At every sign-in Kasm likely takes people out of the mapped groups that are not in the claim: without the \
           scope they silently lose all of them.",
    mend: "Kasm: Access Management > Authentication > OpenID > your config > Scope: add groups on a line of its own.",
    needs: &[Credential::KasmKey],
    since: "",
    source: "OpenID Connect Core 1.0, section 5.4; Pocket ID, claims",
    fields: &[],
    run: needs_kasm_key,
};
