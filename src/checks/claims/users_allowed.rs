//! Somebody may use Kasm's client.

use super::{Case, Check, SeverityRule, needs_admin_key};
use crate::model::{Credential, Missing, Verdict};

pub(super) const CHECK: Check = Check {
    id: "users_allowed",
    severity: SeverityRule::OUTAGE,
    title: "Somebody may use Kasm's client",
    why: "A client that is restricted to groups, with no group left or none with members, turns everybody away after \
           the passkey.",
    mend: "Pocket ID: Administration > OIDC Clients > Kasm's client > Allowed User Groups: add the group whose \
           members may sign in, or Unrestrict.",
    needs: &[Credential::ProviderAdminKey],
    since: "Pocket ID 2.0 (before, an empty list lets everybody in)",
    source: "Pocket ID, allowed user groups (measured)",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    case.pocket_id_only()?;
    needs_admin_key(case)
}
