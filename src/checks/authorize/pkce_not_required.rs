//! The provider does not demand PKCE of Kasm's client, since Kasm does not send a challenge.

use super::{Case, Check, Refusal, SeverityRule, dry_run, left_to_the_form};
use crate::model::{Credential, DryRun, Finding, Missing, Verdict};

pub(super) const CHECK: Check = Check {
    id: "pkce_not_required",
    severity: SeverityRule::OUTAGE,
    title: "The provider does not demand PKCE of Kasm",
    why: "Kasm sends no code_challenge. With PKCE on, Pocket ID refuses at once (2.10 and later), or after the \
           passkey at the token step (\"Invalid code verifier\").",
    mend: "Pocket ID: Administration > OIDC Clients > Kasm's client: switch PKCE off; Public Client must be off too, \
           since it turns PKCE on.",
    needs: &[Credential::ProviderAdminKey],
    since: "",
    source: "RFC 7636, section 4.4.1; Pocket ID's guide for Kasm",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    if case.authorize_url()?.has_code_challenge {
        return Ok(Verdict::noting("Kasm sends a code_challenge"));
    }
    match dry_run(case) {
        Ok(DryRun::Accepted(_)) => Ok(Verdict::OK),
        Ok(DryRun::SentBack { error, description }) if demands_pkce(error, description) => Ok(Verdict::fail(
            Finding::new("required", "The provider demands PKCE of this client, and Kasm sends no code_challenge"),
        )),
        // 2.9 was asked for the redirect URI only; another error may come before this rule.
        _ => Err(left_to_the_form(case)),
    }
}

fn demands_pkce(error: &str, description: &str) -> bool {
    error == "invalid_request" && Refusal::read(description) == Refusal::Pkce
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{generic, lose, table, url},
        model::{DryRun, Reason, Snapshot, SourceId},
    };

    fn sent_back(now: &mut Snapshot, error: &str, description: &str) {
        let (error, description) = (error.to_owned(), description.to_owned());
        now.authorize_dry_run.value = Ok(DryRun::SentBack { error, description });
    }

    const DEMANDED: &str = "This client requires PKCE, but the 'code_challenge' parameter is missing.";

    #[test]
    fn only_the_providers_own_words_prove_it() {
        table(
            &CHECK,
            &[
                ("taken", |_| {}, "ok"),
                (
                    "2.9 was not asked for it",
                    |now| {
                        now.authorize_dry_run.value = Ok(DryRun::RedirectAccepted);
                    },
                    "unverified",
                ),
                ("demanded", |now| sent_back(now, "invalid_request", DEMANDED), "fail required"),
                (
                    "demanded by another provider",
                    |now| {
                        generic(now);
                        sent_back(now, "invalid_request", "Authorization Server policy requires PKCE");
                    },
                    "fail required",
                ),
                ("another error comes first", |now| sent_back(now, "invalid_state", "too short"), "unverified"),
                (
                    "the database fails",
                    |now| {
                        sent_back(now, "invalid_request", DEMANDED);
                        lose(&mut now.client_meta, SourceId::ClientMeta, Reason::Status);
                    },
                    "unknown",
                ),
                ("Kasm sends a challenge", |now| url(now).has_code_challenge = true, "ok"),
            ],
        );
    }
}
