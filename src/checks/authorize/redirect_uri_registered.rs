//! The redirect URI that Kasm sends is registered for its client.

use super::{Case, Check, Refusal, SeverityRule, after, client_exists, dry_run, left_to_the_form};
use crate::{
    model::{Credential, DryRun, Finding, Missing, Verdict},
    pocket_id::ProviderKind,
};

pub(super) const CHECK: Check = Check {
    id: "redirect_uri_registered",
    severity: SeverityRule::OUTAGE,
    title: "Kasm's redirect URL is registered with the provider",
    why: "The provider shows an error page in place of the passkey: scheme, host, port, path and every last \"/\" \
           must be the same on both sides.",
    mend: "Pocket ID: Administration > OIDC Clients > Kasm's client > Callback URLs: enter exactly what Kasm sends; \
           or change Kasm: Access Management > Authentication > OpenID > your config > Redirect URL, if that is the \
           wrong one.",
    needs: &[Credential::ProviderAdminKey],
    since: "",
    source: "RFC 6749, section 3.1.2.3; OpenID Connect Core 1.0, section 3.1.2.1",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    let sent = case.authorize_url()?.redirect_uri.as_deref().filter(|sent| !sent.is_empty());
    let sent = sent.ok_or_else(|| after("redirect_url_is_kasm", "it names no redirect URL"))?;
    match dry_run(case).map_err(|_| left_to_the_form(case))? {
        // Providers send people only to a registered address, with an error too (RFC 6749, section 4.1.2.1).
        DryRun::Accepted(_) | DryRun::RedirectAccepted | DryRun::SentBack { .. } => Ok(Verdict::OK),
        DryRun::ErrorPage { message, .. } if is_about_the_redirect(case, message) => {
            Ok(Verdict::fail(Finding::new("refused", format!("Kasm sends {sent}, which the provider refuses"))))
        }
        DryRun::ErrorPage { .. } | DryRun::Unrecognised { .. } => Err(left_to_the_form(case)),
    }
}

/// Of Pocket ID's error pages, what is left once the client is known to exist.
fn is_about_the_redirect(case: &Case<'_>, message: &str) -> bool {
    let refusal = Refusal::read(message);
    match case.kind {
        ProviderKind::PocketId => {
            client_exists(case) == Some(true) && matches!(refusal, Refusal::Redirect | Refusal::Other)
        }
        ProviderKind::Openid => refusal == Refusal::Redirect,
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{generic, judged, lose, table},
        model::{DryRun, Missing, Reason, Snapshot, SourceId},
    };

    const REFUSED: &str =
        "The 'redirect_uri' parameter does not match any of the OAuth 2.0 Client's pre-registered redirect urls.";

    fn page(now: &mut Snapshot, message: &str) {
        now.authorize_dry_run.value = Ok(DryRun::ErrorPage { status: 302, message: message.to_owned() });
    }

    #[test]
    fn an_error_page_counts_only_where_the_client_is_known() {
        table(
            &CHECK,
            &[
                ("taken", |_| {}, "ok"),
                ("taken by 2.9", |now| now.authorize_dry_run.value = Ok(DryRun::RedirectAccepted), "ok"),
                (
                    "sent back with an error",
                    |now| {
                        let (error, description) = ("invalid_state".to_owned(), String::new());
                        now.authorize_dry_run.value = Ok(DryRun::SentBack { error, description });
                    },
                    "ok",
                ),
                ("refused", |now| page(now, REFUSED), "fail refused"),
                ("refused by 2.9", |now| page(now, "Invalid callback URL"), "fail refused"),
                (
                    "refused, and the client is gone",
                    |now| {
                        page(now, REFUSED);
                        now.client_meta.value.as_mut().unwrap().name = None;
                    },
                    "unverified",
                ),
                ("the client is said not to exist", |now| page(now, "The Client does not exist."), "unverified"),
                (
                    "PAR is demanded",
                    |now| page(now, "This client requires pushed authorization requests"),
                    "unverified",
                ),
                (
                    "the database fails",
                    |now| {
                        page(now, REFUSED);
                        lose(&mut now.client_meta, SourceId::ClientMeta, Reason::Status);
                    },
                    "unknown",
                ),
                (
                    "no dry run on this release",
                    |now| {
                        now.authorize_dry_run.value = Err(Missing::OutOfReach("no".to_owned()));
                    },
                    "unverified",
                ),
                (
                    "no answer",
                    |now| {
                        lose(&mut now.authorize_dry_run, SourceId::AuthorizeDryRun, Reason::Timeout);
                    },
                    "unknown",
                ),
                (
                    "another provider refuses it",
                    |now| {
                        generic(now);
                        page(now, REFUSED);
                    },
                    "fail refused",
                ),
                (
                    "another provider shows some page",
                    |now| {
                        generic(now);
                        page(now, "Something went wrong");
                    },
                    "unverified",
                ),
            ],
        );
    }

    #[test]
    fn what_kasm_sends_is_told() {
        let report = judged(&CHECK, |now| page(now, REFUSED));
        assert!(report.findings[0].message.contains("https://kasm.example.test/api/oidc_callback"));
    }
}
