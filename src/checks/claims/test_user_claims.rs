//! The test user's claims are what Kasm needs.

use super::{Case, Check, SeverityRule, needs_admin_key};
use crate::model::{Credential, Missing, Verdict};

pub(super) const CHECK: Check = Check {
    id: "test_user_claims",
    severity: SeverityRule::DEGRADED,
    title: "The test user has the claims that Kasm needs",
    why: "What a real user's claims hold shows what the settings do not: a missing name, a missing group, a custom \
           claim that hides one.",
    mend: "Pocket ID: Administration > Users > the test user (expect.user): complete user name, e-mail and groups.",
    needs: &[Credential::ProviderAdminKey],
    since: "",
    source: "Pocket ID, claims preview",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    case.pocket_id_only()?;
    needs_admin_key(case)
}
