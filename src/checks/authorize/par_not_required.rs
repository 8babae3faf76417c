//! The provider does not demand a pushed authorization request (RFC 9126), since Kasm does not make one.

use serde_json::Value;

use super::{Case, Check, Refusal, SeverityRule, dry_run, registration};
use crate::{
    model::{Credential, DryRun, Finding, Missing, Outcome},
    providers::ProviderKind,
};

pub(super) const CHECK: Check = Check {
    id: "par_not_required",
    severity: SeverityRule::OUTAGE,
    title: "The provider does not demand pushed authorization requests of Kasm",
    why: "Kasm sends its request by the browser only; where the client must push it first, nobody gets to the \
           passkey.",
    fix: "Pocket ID: Administration > OIDC Clients > Kasm's client: switch Requires Pushed Authorization Requests \
           off.",
    needs: &[Credential::ProviderAdminKey],
    since: "Pocket ID 2.9",
    source: "RFC 9126, sections 5 and 6; Pocket ID 2.9 and later (measured)",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    if let Ok(discovery) = case.discovery() {
        if discovery.document.get("require_pushed_authorization_requests") == Some(&Value::Bool(true)) {
            return Ok(Outcome::fail(required("of every client (require_pushed_authorization_requests)")));
        }
        if discovery.document.get("pushed_authorization_request_endpoint").is_none() {
            return Ok(Outcome::NotApplicable("the provider announces no pushed authorization requests".to_owned()));
        }
    }
    match dry_run(case) {
        Ok(DryRun::Accepted(_) | DryRun::StateChanged { .. }) => Ok(Outcome::OK),
        Ok(DryRun::ErrorPage { message: text, .. } | DryRun::SentBack { description: text, .. })
            if Refusal::read(text) == Refusal::Par =>
        {
            Ok(Outcome::fail(required("of Kasm's client")))
        }
        other => match (registration(case), other) {
            (Ok(client), _) if client.requires_pushed_authorization_requests == Some(true) => {
                Ok(Outcome::fail(required("of Kasm's client")))
            }
            (Ok(_), _) => Ok(Outcome::noting("the client's registration does not demand them")),
            (Err(Missing::NotConfigured(_)), Ok(DryRun::SentBack { error, .. }))
                if error == "error" && case.kind == ProviderKind::PocketId =>
            {
                Ok(likely())
            }
            (Err(missing), _) => Err(missing),
        },
    }
}

fn likely() -> Outcome {
    Outcome::Unverified(format!(
        "likely required: the dry run ends in an error without a name, which this rule gives, and any internal error \
         too; needs {}",
        Credential::ProviderAdminKey
    ))
}

fn required(of_whom: &str) -> Finding {
    Finding::new("required", format!("The provider demands pushed authorization requests {of_whom}; Kasm makes none"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::CHECK;
    use crate::{
        checks::testing::{document, evaluated, legacy, lose, table},
        model::{DryRun, Reason, Snapshot, SourceId, Verdict},
    };

    fn nameless(now: &mut Snapshot) {
        let (error, description) = ("error".to_owned(), "The error is unrecognizable".to_owned());
        now.authorize_dry_run.value = Ok(DryRun::SentBack { error, description });
    }

    #[test]
    fn what_the_dry_run_leaves_open_the_registration_proves() {
        for (demanded, verdict) in [(Some(true), Verdict::Fail), (Some(false), Verdict::Ok), (None, Verdict::Ok)] {
            let report = evaluated(&CHECK, |now| {
                *now = Snapshot::healthy_with_credentials();
                nameless(now);
                let client = &mut now.client_registration.value.as_mut().unwrap().client;
                client.requires_pushed_authorization_requests = demanded;
            });
            assert_eq!(report.verdict, verdict, "{demanded:?}");
        }
    }

    #[test]
    fn the_document_the_dry_run_or_nothing_tells() {
        table(
            &CHECK,
            &[
                ("taken", |_| {}, "ok"),
                (
                    "demanded of all",
                    |now| {
                        document(now, &json!({"require_pushed_authorization_requests": true}));
                    },
                    "fail required",
                ),
                (
                    "demanded by 2.9",
                    |now| {
                        legacy(now);
                        let message = "This client requires pushed authorization requests".to_owned();
                        now.authorize_dry_run.value = Ok(DryRun::ErrorPage { status: 400, message });
                    },
                    "fail required",
                ),
                (
                    "2.9 takes the redirect URI",
                    |now| {
                        legacy(now);
                        now.authorize_dry_run.value = Ok(DryRun::RedirectAccepted);
                    },
                    "unverified",
                ),
                ("an error without a name is no proof", nameless, "unverified"),
                (
                    "a release without PAR",
                    |now| {
                        document(now, &json!({"pushed_authorization_request_endpoint": null}));
                    },
                    "not_applicable",
                ),
                (
                    "no answer",
                    |now| {
                        lose(&mut now.authorize_dry_run, SourceId::AuthorizeDryRun, Reason::Timeout);
                    },
                    "unknown",
                ),
            ],
        );
    }

    #[test]
    fn an_error_without_a_name_is_called_likely_and_names_the_key() {
        let reason = evaluated(&CHECK, nameless).reason.unwrap();
        assert!(reason.starts_with("likely") && reason.ends_with("needs a Pocket ID key of an admin"), "{reason}");
    }
}
