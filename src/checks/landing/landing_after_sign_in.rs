//! After a good sign-in the browser lands in Kasm.

use super::{Case, Check, SeverityRule};
use crate::model::{Missing, Verdict};

pub(super) const CHECK: Check = Check {
    id: "landing_after_sign_in",
    severity: SeverityRule::OUTAGE,
    title: "After the passkey the browser lands in Kasm",
    why: "Kasm builds its last redirect from host and port as it sees them: behind a proxy people end on an \
           inner address, on :8443, or lose their port.",
    mend: "Let the proxy pass the public Host (and X-Forwarded-Proto), and see Kasm: Infrastructure > Zones > \
           your zone > Upstream Auth Address and Proxy Port.",
    needs: &[],
    since: "",
    source: "workspaces-issues 408, 564, 822, 901",
    fields: &[],
    run,
};

fn run(_: &Case<'_>) -> Result<Verdict, Missing> {
    Ok(Verdict::Unverified(
        "only a full sign-in shows it: sign in once in a private window and see that the address stays Kasm's own \
         (https://<kasm>/#/...)"
            .to_owned(),
    ))
}
