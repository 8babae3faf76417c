//! The claim that Kasm takes as groups exists at the provider.

use super::{Check, SeverityRule, needs_kasm_key};
use crate::model::Credential;

pub(super) const CHECK: Check = Check {
    id: "groups_claim",
    severity: SeverityRule::DEGRADED,
    title: "The provider gives the claim that Kasm takes as groups",
    why: "At every sign-in Kasm likely takes people out of the mapped groups that are not in the claim: with a wrong \
           claim name they silently lose all of them.",
    mend: "Kasm: Access Management > Authentication > OpenID > your config > Groups Attribute: groups.",
    needs: &[Credential::KasmKey],
    since: "",
    source: "Pocket ID, claims; Pocket ID's guide for Kasm",
    fields: &[],
    run: needs_kasm_key,
};
