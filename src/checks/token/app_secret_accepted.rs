//! The secret that Kasm holds is the provider's.

use super::{Case, Check, SeverityRule};
use crate::{
    checks::sign_in,
    model::{Missing, Outcome, SecretAnswer, SecretProof},
};

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

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    if sign_in::last_run_if_any(case).is_some_and(sign_in::is_redeemed) {
        return Ok(Outcome::noting("the app redeemed the canary's code"));
    }
    let error = if case.is_kasm() { "an Internal Error" } else { "an error of Kasm" };
    let advice = format!("sign in once in a private window; if that ends in {error}, enter the secret again in Kasm");
    let proof = case.now.client_secret().ok().filter(|proof| proof.answer == SecretAnswer::Accepted);
    Ok(Outcome::Unverified(match proof {
        Some(SecretProof { origin, .. }) => {
            format!("{origin} is accepted; whether Kasm holds the same it shows to nobody: {advice}, from {origin}")
        }
        None => format!("Kasm shows its secret to nobody: {advice}"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        checks::evaluate,
        model::{Snapshot, Verdict},
    };

    #[test]
    fn it_is_never_proven_and_says_when_our_copy_is_accepted() {
        for (now, words) in [
            (Snapshot::healthy(), "Kasm shows its secret to nobody"),
            (Snapshot::healthy_with_credentials(), "is accepted; whether Kasm holds the same"),
        ] {
            let report = evaluate(&now, None);
            let check = report.check(CHECK.id).unwrap();
            assert_eq!(check.verdict, Verdict::Unverified);
            assert!(check.reason.as_ref().unwrap().contains(words), "{:?}", check.reason);
        }
    }

    #[test]
    fn a_canary_that_landed_proves_it_and_one_that_stops_at_the_code_does_not() {
        use crate::checks::{
            sign_in::table::{run, with},
            testing::table,
        };
        table(
            &CHECK,
            &[
                ("stops at the code", |now| with(now, run(false)), "unverified"),
                ("landed", |now| with(now, run(true)), "ok"),
            ],
        );
    }
}
