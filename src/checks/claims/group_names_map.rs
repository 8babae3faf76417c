//! Kasm's group mappings name groups that the provider has.

use super::{Check, SeverityRule, needs_kasm_key};
use crate::model::Credential;

pub(super) const CHECK: Check = Check {
    id: "group_names_map",
    severity: SeverityRule::DEGRADED,
    title: "Kasm's group mappings name groups that exist at the provider",
    why: "Kasm compares the group's name, not its friendly name: a mapping that names no group gives nobody that \
           group.",
    mend: "Kasm: Access Management > Groups > a group > SSO Group Mappings: enter the group's Name as Pocket ID has \
           it (Administration > User Groups).",
    needs: &[Credential::KasmKey, Credential::ProviderAdminKey],
    since: "",
    source: "Kasm documentation, SSO group mappings; Pocket ID, claims",
    fields: &[],
    run: needs_kasm_key,
};
