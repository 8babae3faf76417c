//! The provider knows the client that Kasm names.

use super::{Case, Check, Refusal, SeverityRule, after, client_id, dry_run, left_to_the_form};
use crate::{
    model::{DryRun, Finding, Missing, Outcome, SourceId},
    providers::ProviderKind,
};

pub(super) const CHECK: Check = Check {
    id: "client_known",
    severity: SeverityRule::OUTAGE,
    title: "The provider knows Kasm's client",
    why: "Where the client was deleted or created again, the provider shows an error page in place of the passkey.",
    fix: "Kasm: Access Management > Authentication > OpenID > your config > Client ID: enter the ID of Pocket ID: \
           Administration > OIDC Clients > Kasm's client. If that client is gone, make it anew there and enter its \
           Client ID and Client Secret in Kasm, in place.",
    needs: &[],
    since: "",
    source: "Pocket ID, GET /api/oidc/clients/{id}/meta (measured); RFC 6749, section 4.1.2.1",
    fields: &[],
    run,
};

/// Whether the provider says that it does not know the client.
pub(super) fn client_is_unknown(case: &Case<'_>) -> bool {
    matches!(run(case), Ok(Outcome::Fail(_)))
}

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let sent = client_id(case)?.ok_or_else(|| after("client_id_agrees", "it names no client"))?;
    match case.kind {
        ProviderKind::PocketId => by_its_entry(case, sent),
        _ => by_the_dry_run(case, sent),
    }
}

fn by_its_entry(case: &Case<'_>, sent: &str) -> Result<Outcome, Missing> {
    let is_accepted = case.now.authorize_dry_run().ok().is_some_and(DryRun::is_accepted);
    match &case.now.client_meta().value {
        Ok(meta) if meta.is_app_client => Ok(match &meta.name {
            Some(name) if meta.requires_reauthentication == Some(true) => {
                Outcome::noting(format!("\"{name}\"; each sign-in asks for the passkey anew"))
            }
            Some(name) => Outcome::noting(format!("\"{name}\"")),
            None => Outcome::fail(unknown(sent)),
        }),
        _ if is_accepted => Ok(Outcome::OK),
        Ok(_) => Err(Missing::Blocked { by: SourceId::LoginStart }),
        Err(missing) => Err(missing.clone()),
    }
}

fn by_the_dry_run(case: &Case<'_>, sent: &str) -> Result<Outcome, Missing> {
    let refusal = match dry_run(case)? {
        // It sends people only to an address that it has for this client, also to say that the client may not do this.
        DryRun::Accepted(_) | DryRun::RedirectAccepted | DryRun::SentBack { .. } | DryRun::StateChanged { .. } => {
            return Ok(Outcome::OK);
        }
        DryRun::ErrorPage { status, message } => Refusal::of_page(case, *status, message),
        DryRun::AsksForLogin(_) | DryRun::Unrecognised { .. } => Refusal::Other,
    };
    match refusal {
        Refusal::Client => return Ok(Outcome::fail(unknown(sent))),
        Refusal::ClientDisabled => return Ok(Outcome::noting("it is switched off there")),
        Refusal::BearerOnly | Refusal::Redirect => return Ok(Outcome::OK),
        _ => {}
    }
    Err(left_to_the_form(case))
}

fn unknown(sent: &str) -> Finding {
    Finding::new("unknown", format!("Kasm sends client ID {sent}, which the provider does not know"))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{generic, lose, table, url},
        model::{DryRun, Reason, Snapshot, SourceId},
    };

    fn deleted(now: &mut Snapshot) {
        now.client_meta.value.as_mut().unwrap().name = None;
    }

    fn page(now: &mut Snapshot, message: &str) {
        now.authorize_dry_run.value = Ok(DryRun::ErrorPage { status: 400, message: message.to_owned() });
    }

    #[test]
    fn pocket_id_says_so_in_its_public_entry() {
        table(
            &CHECK,
            &[
                ("known", |_| {}, "ok"),
                ("deleted", deleted, "fail unknown"),
                (
                    "the database fails",
                    |now| {
                        lose(&mut now.client_meta, SourceId::ClientMeta, Reason::Status);
                        page(now, "The requested OAuth 2.0 Client does not exist.");
                    },
                    "unknown",
                ),
                (
                    "the entry was not read, the dry run was taken",
                    |now| {
                        lose(&mut now.client_meta, SourceId::ClientMeta, Reason::Throttled);
                    },
                    "ok",
                ),
                (
                    "another client was asked for",
                    |now| {
                        now.client_meta.value.as_mut().unwrap().is_app_client = false;
                        deleted(now);
                        lose(&mut now.authorize_dry_run, SourceId::AuthorizeDryRun, Reason::Timeout);
                    },
                    "unknown",
                ),
                ("no client ID is sent: told by client_id_agrees", |now| url(now).client_id = None, "unknown"),
            ],
        );
    }

    #[test]
    fn of_another_provider_the_dry_run_says_so() {
        table(
            &CHECK,
            &[
                ("taken", generic, "ok"),
                (
                    "unknown client",
                    |now| {
                        generic(now);
                        page(now, "invalid_client: client is invalid");
                    },
                    "fail unknown",
                ),
                (
                    "the client may not",
                    |now| {
                        generic(now);
                        let error = "unauthorized_client".to_owned();
                        now.authorize_dry_run.value = Ok(DryRun::SentBack { error, description: String::new() });
                    },
                    "ok",
                ),
                (
                    "a page about the redirect URI",
                    |now| {
                        generic(now);
                        page(now, "redirect_uri did not match any of the client's registered redirect_uris");
                    },
                    "ok",
                ),
                (
                    "no answer",
                    |now| {
                        generic(now);
                        lose(&mut now.authorize_dry_run, SourceId::AuthorizeDryRun, Reason::Timeout);
                    },
                    "unknown",
                ),
            ],
        );
    }
}
