//! The provider does not demand PKCE of Kasm's client, since Kasm does not send a challenge.

use super::{Case, Check, Refusal, SeverityRule, dry_run, registration};
use crate::{
    model::{Credential, DryRun, Finding, Missing, Outcome},
    providers::pocket_id::ClientRegistration,
};

pub(super) const CHECK: Check = Check {
    id: "pkce_not_required",
    severity: SeverityRule::OUTAGE,
    title: "The provider does not demand PKCE of Kasm",
    why: "Kasm sends no code_challenge. With PKCE on, Pocket ID refuses at once (2.10 and later), or after the \
           passkey at the token step (\"Invalid code verifier\").",
    fix: "Pocket ID: Administration > OIDC Clients > Kasm's client: switch PKCE off; Public Client must be off too, \
           since it turns PKCE on.",
    needs: &[Credential::ProviderAdminKey],
    since: "",
    source: "RFC 7636, section 4.4.1; Pocket ID's guide for Kasm",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    if case.authorize_url()?.has_code_challenge {
        return Ok(Outcome::noting("Kasm sends a code_challenge"));
    }
    match dry_run(case) {
        Ok(DryRun::Accepted(_) | DryRun::StateChanged { .. }) => Ok(Outcome::OK),
        Ok(DryRun::SentBack { error, description }) if demands_pkce(error, description) => Ok(Outcome::fail(
            Finding::new("required", "The provider demands PKCE of this client, and Kasm sends no code_challenge"),
        )),
        // 2.9 was asked for the redirect URI only; another error may come before this rule.
        _ => by_registration(registration(case)?),
    }
}

fn by_registration(client: &ClientRegistration) -> Result<Outcome, Missing> {
    match (client.is_public, client.pkce_enabled) {
        (Some(true), _) => Ok(Outcome::fail(Finding::new(
            "public",
            "Kasm's client is a public one: Pocket ID demands PKCE of it and gives it no secret, and Kasm sends no \
             code_challenge",
        ))),
        (_, Some(true)) => Ok(Outcome::fail(Finding::new(
            "required",
            "Pocket ID demands PKCE of this client, and Kasm sends no code_challenge",
        ))),
        (_, Some(false)) => Ok(Outcome::noting("PKCE is off in the client's registration")),
        (_, None) => Err(Missing::OutOfReach("the client's registration does not say: see its PKCE switch".to_owned())),
    }
}

fn demands_pkce(error: &str, description: &str) -> bool {
    error == "invalid_request" && Refusal::read(description) == Refusal::Pkce
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        apps::AppKind,
        checks::testing::{evaluated, generic, keycloak, lose, table, url},
        model::{DryRun, Reason, Snapshot, SourceId},
        providers::pocket_id::ClientRegistration,
    };

    fn sent_back(now: &mut Snapshot, error: &str, description: &str) {
        let (error, description) = (error.to_owned(), description.to_owned());
        now.authorize_dry_run.value = Ok(DryRun::SentBack { error, description });
    }

    /// 2.9 answered the dry run, and a key showed the registration with a change.
    fn by_key(now: &mut Snapshot, change: impl FnOnce(&mut ClientRegistration)) {
        *now = Snapshot::healthy_with_credentials();
        now.authorize_dry_run.value = Ok(DryRun::RedirectAccepted);
        change(&mut now.client_registration.value.as_mut().unwrap().client);
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
                (
                    "switched on, and 2.9 was not asked for it",
                    |now| by_key(now, |client| client.pkce_enabled = Some(true)),
                    "fail required",
                ),
                ("public", |now| by_key(now, |client| client.is_public = Some(true)), "fail public"),
                ("switched off", |now| by_key(now, |_| {}), "ok"),
                ("a shape that nobody knows", |now| by_key(now, |client| client.pkce_enabled = None), "unverified"),
                (
                    "the database fails after the registration was read",
                    |now| {
                        by_key(now, |client| client.pkce_enabled = Some(true));
                        lose(&mut now.client_meta, SourceId::ClientMeta, Reason::Status);
                    },
                    "unknown",
                ),
                ("Kasm sends a challenge", |now| url(now).has_code_challenge = true, "ok"),
            ],
        );
    }

    #[test]
    fn an_app_other_than_kasm_may_use_pkce_and_the_providers_form_is_named() {
        let report = evaluated(&CHECK, |now| {
            keycloak(now);
            now.target.app.kind = Some(AppKind::Grafana);
            sent_back(now, "invalid_request", "Missing parameter: code_challenge_method");
        });
        let fix = report.findings[0].fix.clone().unwrap();
        assert!(fix.starts_with("Keycloak: Clients > Grafana's client > Settings > Capability config"), "{fix}");
        assert!(
            fix.ends_with(
                "Or let Grafana use PKCE, where it can: Grafana: grafana.ini, section [auth.generic_oauth]: use_pkce."
            ),
            "{fix}"
        );
    }
}
