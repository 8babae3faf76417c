//! The secret that Kasm holds is the provider's.

use super::{Case, Check, SeverityRule};
use crate::model::{Missing, Verdict};

pub(super) const CHECK: Check = Check {
    id: "secret_held_by_kasm",
    severity: SeverityRule::OUTAGE,
    title: "Kasm holds a client secret that the provider takes",
    why: "Kasm never shows the secret that it stores: one wrong character in it fails every sign-in after the \
           passkey.",
    mend: "Kasm: Access Management > Authentication > OpenID > your config > Client Secret: enter it again, in place; \
           a new one comes from Pocket ID: Administration > OIDC Clients > Kasm's client > Client secrets.",
    needs: &[],
    since: "",
    source: "RFC 6749, section 2.3.1; Kasm documentation, OpenID",
    fields: &[],
    run,
};

fn run(_: &Case<'_>) -> Result<Verdict, Missing> {
    Ok(Verdict::Unverified(
        "Kasm shows its secret to nobody: sign in once in a private window; if that ends in an Internal Error, \
         enter the secret again in Kasm"
            .to_owned(),
    ))
}
