//! After a good sign-in the browser lands in Kasm.

use super::{Case, Check, SeverityRule};
use crate::model::{Missing, Verdict};

pub(super) const CHECK: Check = Check {
    id: "landing_after_sign_in",
    severity: SeverityRule::OUTAGE,
    title: "After the passkey the browser lands in Kasm",
    why: "Kasm builds its last redirect from host and port as it sees them: behind a proxy people end on an inner \
           address, on :8443, or lose their port.",
    fix: "Let the reverse proxy pass the public Host and X-Forwarded-Proto, and set Kasm: Infrastructure > Zones > \
           your zone > Proxy Port to 0 behind it.",
    needs: &[],
    since: "",
    source: "kasmtech/workspaces-issues 408, 564, 822, 901",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    Ok(Verdict::Unverified(format!(
        "only a full sign-in shows it: sign in once in a private window and see that it ends at {}/#/",
        case.target().app.url
    )))
}
