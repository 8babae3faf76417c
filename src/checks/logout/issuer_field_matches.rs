//! The issuer that Kasm holds is the provider's.

use super::{Check, SeverityRule, needs_kasm_key};
use crate::model::Credential;

pub(super) const CHECK: Check = Check {
    id: "issuer_field_matches",
    severity: SeverityRule::DEGRADED,
    title: "Kasm's OpenID Connect Issuer is the provider's issuer",
    why: "Kasm presumably finds the logout address by its issuer: a wrong one breaks logout.",
    mend: "Kasm: Access Management > Authentication > OpenID > your config > OpenID Connect Issuer: enter the issuer \
           of the discovery document, to the letter.",
    needs: &[Credential::KasmKey],
    since: "Kasm 1.17 or 1.18 (unconfirmed)",
    source: "OpenID Connect Discovery 1.0, section 4.3; Pocket ID's guide for Kasm",
    fields: &[],
    run: needs_kasm_key,
};
