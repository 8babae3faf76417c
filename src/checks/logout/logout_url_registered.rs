//! The address to which people return after logout is registered.

use super::{Case, Check, SeverityRule, needs_admin_key};
use crate::model::{Credential, Missing, Verdict};

pub(super) const CHECK: Check = Check {
    id: "logout_url_registered",
    severity: SeverityRule::RISK,
    title: "Kasm's address after logout is registered with the provider",
    why: "Without it people who log out end on Pocket ID's own page in place of Kasm's.",
    mend: "Pocket ID: Administration > OIDC Clients > Kasm's client > Logout Callback URLs: add Kasm's address after \
           logout.",
    needs: &[Credential::ProviderAdminKey],
    since: "",
    source: "OpenID Connect RP-Initiated Logout 1.0, section 3",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    case.pocket_id_only()?;
    needs_admin_key(case)
}
