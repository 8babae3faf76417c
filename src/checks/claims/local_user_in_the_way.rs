//! No local Kasm user has the name of an OpenID user.

use super::{Check, SeverityRule, needs_kasm_key};
use crate::model::Credential;

pub(super) const CHECK: Check = Check {
    id: "local_user_in_the_way",
    severity: SeverityRule::DEGRADED,
    title: "No user of another realm has an OpenID user's name",
    why: "Kasm matches names over all realms: where a local user of that name exists, it says \"OIDC login rejected: \
           Non OIDC user\".",
    mend: "Kasm: Access Management > Users: rename the local user of that name, or sign in with another name at the \
           provider.",
    needs: &[Credential::KasmKey],
    since: "",
    source: "kasmtech/workspaces-issues 587",
    fields: &[],
    run: needs_kasm_key,
};
