//! Kasm's API container reaches the provider.

use super::{Case, Check, SeverityRule};
use crate::model::{Missing, Verdict};

pub(super) const CHECK: Check = Check {
    id: "back_channel",
    severity: SeverityRule::OUTAGE,
    title: "Kasm's server reaches the provider's token endpoint",
    why: "Kasm calls token and userinfo itself: another DNS server, a firewall, a bot challenge or a private \
           authority that its container does not know ends every sign-in in an Internal Error.",
    fix: "On Kasm's host, open the way to the provider: DNS, firewall, and a certificate that the API container \
           trusts (the full chain of a public authority).",
    needs: &[],
    since: "",
    source: "kasmtech/workspaces-issues 834, 844",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    Ok(Verdict::Unverified(format!(
        "it is seen only from Kasm: on its host, docker exec kasm_api curl -sS {}/.well-known/openid-configuration \
         must print JSON",
        case.target().provider.url
    )))
}
