//! What Kasm sends is what it stores.

use super::{Check, SeverityRule, needs_kasm_key};
use crate::model::Credential;

pub(super) const CHECK: Check = Check {
    id: "start_agrees_with_config",
    severity: SeverityRule::DEGRADED,
    title: "Kasm sends what its OpenID config holds",
    why: "Where the two differ, a cache, another zone or another host answers: people get old settings, some of them \
           at least.",
    mend: "Kasm: restart the API container of the host that answers, and see that all hosts and zones of this address \
           share one database.",
    needs: &[Credential::KasmKey],
    since: "",
    source: "Kasm documentation, Developer API and deployment zones",
    fields: &[],
    run: needs_kasm_key,
};
