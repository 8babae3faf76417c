//! Kasm's licence has the Developer API.

use super::{Check, SeverityRule, needs_kasm_key};
use crate::model::Credential;

pub(super) const CHECK: Check = Check {
    id: "kasm_licensed",
    severity: SeverityRule::RISK,
    title: "Kasm's licence has the Developer API",
    why: "Without it Kasm refuses every key, so its stored OpenID config cannot be compared; sign-in itself goes on.",
    mend: "See in Kasm's settings which licence is in force; if it lacks the Developer API, leave out \
           kasm.api_key_file.",
    needs: &[Credential::KasmKey],
    since: "",
    source: "Kasm documentation, Developer API; the refusal's text is unconfirmed",
    fields: &[],
    run: needs_kasm_key,
};
