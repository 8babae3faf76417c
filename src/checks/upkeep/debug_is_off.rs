//! Kasm's OpenID debug switch is off.

use super::{Check, SeverityRule, needs_kasm_key};
use crate::model::Credential;

pub(super) const CHECK: Check = Check {
    id: "debug_is_off",
    severity: SeverityRule::RISK,
    title: "Debug is off in Kasm's OpenID config",
    why: "Debug writes tokens into Kasm's log and leaves out certificate checks in some calls.",
    mend: "Kasm: Access Management > Authentication > OpenID > your config > Debug: switch it off.",
    needs: &[Credential::KasmKey],
    since: "",
    source: "Kasm documentation, OpenID: Debug",
    fields: &[],
    run: needs_kasm_key,
};
