//! The secret that Kasm holds is the provider's.

use super::{Case, Check, SeverityRule};
use crate::model::{Missing, SecretAnswer, SecretProof, Verdict};

pub(super) const CHECK: Check = Check {
    id: "app_secret_accepted",
    severity: SeverityRule::OUTAGE,
    title: "Kasm holds a client secret that the provider takes",
    why: "Kasm never shows the secret that it stores: one wrong character in it fails every sign-in after the \
           passkey.",
    fix: "Kasm: Access Management > Authentication > OpenID > your config > Client Secret: enter it again, in place; \
           a new one comes from Pocket ID: Administration > OIDC Clients > Kasm's client > Client secrets.",
    needs: &[],
    since: "",
    source: "RFC 6749, section 2.3.1; Kasm documentation, OpenID",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    const ADVICE: &str = "sign in once in a private window; if that ends in an Internal Error, enter the secret again in \
                          Kasm";
    let proof = case.now.client_secret.ok().filter(|proof| proof.answer == SecretAnswer::Accepted);
    Ok(Verdict::Unverified(match proof {
        Some(SecretProof { origin, .. }) => {
            format!("{origin} is accepted; whether Kasm holds the same it shows to nobody: {ADVICE}, from {origin}")
        }
        None => format!("Kasm shows its secret to nobody: {ADVICE}"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{checks::evaluate, model::Snapshot};

    #[test]
    fn it_is_never_proven_and_says_when_our_copy_is_accepted() {
        for (now, words) in [
            (Snapshot::healthy(), "Kasm shows its secret to nobody"),
            (Snapshot::healthy_with_credentials(), "is accepted; whether Kasm holds the same"),
        ] {
            let report = evaluate(&now, None);
            let check = report.check(CHECK.id).unwrap();
            assert_eq!(check.verdict, "unverified");
            assert!(check.reason.as_ref().unwrap().contains(words), "{:?}", check.reason);
        }
    }
}
