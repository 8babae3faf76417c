//! The provider takes Kasm's authorization request, as far as it can without a user.
//!
//! The symptom, so the last of its stage: where another check knows the reason, that one is the cause.

use super::{Case, Check, Refusal, SeverityRule, dry_run};
use crate::model::{DryRun, Finding, Missing, Verdict};

pub(super) const CHECK: Check = Check {
    id: "authorize_accepted",
    severity: SeverityRule::OUTAGE,
    title: "The provider takes Kasm's authorization request",
    why: "This is what a browser does after the button: if the provider refuses here, people see an error page, or \
           Kasm's Internal Error, before any passkey.",
    fix: "Compare Kasm: Access Management > Authentication > OpenID > your config with Pocket ID: Administration > \
           OIDC Clients > Kasm's client, field by field (ssowatch guide lists them); the provider's log names the \
           reason.",
    needs: &[],
    since: "Pocket ID 2.9 (redirect URL only), 2.10",
    source: "OpenID Connect Core 1.0, sections 3.1.2.1 and 3.1.2.6; Pocket ID, /authorize (measured)",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, Missing> {
    Ok(match dry_run(case)? {
        DryRun::Accepted(code) => Verdict::noting(format!("it asks for the user ({code})")),
        DryRun::RedirectAccepted => {
            Verdict::noting("it takes client and redirect URL; this release tells no more without a user")
        }
        DryRun::SentBack { error, description } if is_about_the_dry_run(error, description) => {
            Verdict::Unknown(format!("the provider does not take prompt=none, by which this is tried: {description}"))
        }
        DryRun::SentBack { error, description } => Verdict::fail(sent_back(error, description)),
        DryRun::ErrorPage { status, message } => Verdict::fail(error_page(*status, message)),
        DryRun::Unrecognised { status, seen } => {
            Verdict::Unknown(format!("an answer that no known provider gives ({status}): {seen}"))
        }
    })
}

/// Kasm sends no `prompt`: a complaint about it is about our own parameter.
fn is_about_the_dry_run(error: &str, description: &str) -> bool {
    error == "invalid_request" && description.to_lowercase().contains("prompt")
}

/// What an error page says by being one: for any other reason the provider would send the browser back.
const UNNAMED: &str = "Where the page does not say why: OAuth 2.0 (RFC 6749, section 4.1.2.1) keeps the browser there for a \
                       client or a redirect URL that the provider does not know. Compare Client ID and Redirect URL in \
                       Kasm: Access Management > Authentication > OpenID > your config with what is registered there.";

fn sent_back(error: &str, description: &str) -> Finding {
    let (code, fix) = match error {
        "invalid_state" => (
            "invalid_state",
            "Kasm makes the state itself: upgrade Kasm, or see what rewrites its addresses on the way.",
        ),
        "unsupported_response_type" => (
            "unsupported_response_type",
            "Kasm: Access Management > Authentication > OpenID > your config > Authorization URL: the provider's \
             address without parameters of its own.",
        ),
        "invalid_request" if Refusal::read(description) == Refusal::Pkce => {
            ("pkce_required", "Pocket ID: Administration > OIDC Clients > Kasm's client: switch PKCE off.")
        }
        "invalid_request" if description.to_lowercase().contains("nonce") => (
            "nonce_required",
            "Kasm sends no nonce and has no field for one: let the provider take authorization requests of this client \
             without a nonce (OpenID Connect asks for one only where the ID token comes through the browser).",
        ),
        "invalid_request" => (
            "invalid_request",
            "Read the description: the provider names the parameter; fix it in Kasm: Access Management > \
             Authentication > OpenID > your config.",
        ),
        "invalid_scope" => (
            "invalid_scope",
            "Kasm: Access Management > Authentication > OpenID > your config > Scope: only scopes that the provider \
             supports, one per line.",
        ),
        "unauthorized_client" => (
            "unauthorized_client",
            "Allow the authorization code flow for this client at the provider, or enter the right Client ID in Kasm.",
        ),
        "access_denied" => ("access_denied", "See at the provider who may use this client."),
        "server_error" | "temporarily_unavailable" => {
            ("server_error", "The provider's log names the reason; nothing in Kasm needs a change.")
        }
        "error" => (
            "unnamed_error",
            "Pocket ID names no reason. Most likely: Administration > OIDC Clients > Kasm's client > Requires Pushed \
             Authorization Requests is on: switch it off. Else an internal error: see Pocket ID's log.",
        ),
        _ => {
            ("refused", "The provider's log names the reason; compare both web forms field by field (ssowatch guide).")
        }
    };
    let words = if description.is_empty() { String::new() } else { format!(": {description}") };
    Finding::new(code, format!("The provider sends the browser back with {error}{words}")).fix(fix)
}

fn error_page(status: u16, message: &str) -> Finding {
    if matches!(status, 404 | 405) && Refusal::read(message) == Refusal::Other {
        return Finding::new(
            "endpoint_missing",
            format!("Kasm sends browsers to a path that is not there: HTTP {status}"),
        )
        .fix(
            "See that Kasm's Authorization URL is the provider's authorization endpoint, and that the proxy before \
                 the provider passes it on.",
        );
    }
    let code = match Refusal::read(message) {
        Refusal::Redirect => "redirect_refused",
        Refusal::Client => "client_unknown",
        Refusal::Par => "par_required",
        Refusal::Pkce => "pkce_required",
        Refusal::Other => "error_page",
    };
    let words = if message.is_empty() { format!("status {status}") } else { message.to_owned() };
    let fix = match code {
        "redirect_refused" => super::redirect_uri_registered::CHECK.fix,
        "client_unknown" => super::client_known::CHECK.fix,
        "par_required" => super::par_not_required::CHECK.fix,
        "pkce_required" => super::pkce_not_required::CHECK.fix,
        _ => UNNAMED,
    };
    Finding::new(code, format!("The provider shows an error page: {words}")).fix(fix)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{checks::testing::{evaluated, lose, table}, model::{DryRun, Missing, Reason, Snapshot, SourceId}};

    fn sent_back(now: &mut Snapshot, error: &str, description: &str) {
        let (error, description) = (error.to_owned(), description.to_owned());
        now.authorize_dry_run.value = Ok(DryRun::SentBack { error, description });
    }

    #[test]
    fn a_page_that_is_not_there_is_no_word_of_the_provider() {
        let report = evaluated(&CHECK, |now| {
            now.authorize_dry_run.value = Ok(DryRun::ErrorPage { status: 404, message: "404 Not Found".to_owned() });
        });
        assert_eq!(report.findings[0].code, "endpoint_missing");
        assert!(report.findings[0].fix.as_ref().unwrap().contains("proxy"), "{report:?}");
    }

    fn page(now: &mut Snapshot, message: &str) {
        now.authorize_dry_run.value = Ok(DryRun::ErrorPage { status: 302, message: message.to_owned() });
    }

    #[test]
    fn each_refusal_has_its_code() {
        table(
            &CHECK,
            &[
                ("taken", |_| {}, "ok"),
                ("taken by 2.9", |now| now.authorize_dry_run.value = Ok(DryRun::RedirectAccepted), "ok"),
                ("short state", |now| sent_back(now, "invalid_state", ""), "fail invalid_state"),
                ("PKCE", |now| sent_back(now, "invalid_request", "This client requires PKCE"), "fail pkce_required"),
                (
                    "nonce",
                    |now| sent_back(now, "invalid_request", "Missing 'nonce' in request."),
                    "fail nonce_required",
                ),
                ("some parameter", |now| sent_back(now, "invalid_request", "audience"), "fail invalid_request"),
                (
                    "our own parameter",
                    |now| sent_back(now, "invalid_request", "prompt none is not supported"),
                    "unknown",
                ),
                ("no name", |now| sent_back(now, "error", "The error is unrecognizable"), "fail unnamed_error"),
                ("a code of its own", |now| sent_back(now, "consent_missing", ""), "fail refused"),
                ("redirect", |now| page(now, "The 'redirect_uri' parameter does not match"), "fail redirect_refused"),
                ("client", |now| page(now, "The requested OAuth 2.0 Client does not exist."), "fail client_unknown"),
                ("a page without words", |now| page(now, ""), "fail error_page"),
                (
                    "no known answer",
                    |now| {
                        now.authorize_dry_run.value =
                            Ok(DryRun::Unrecognised { status: 200, seen: "a page".to_owned() });
                    },
                    "unknown",
                ),
                (
                    "a failing database looks like an unknown client",
                    |now| {
                        page(now, "The requested OAuth 2.0 Client does not exist.");
                        lose(&mut now.client_meta, SourceId::ClientMeta, Reason::Status);
                    },
                    "unknown",
                ),
                (
                    "taken while the entry was not read",
                    |now| {
                        lose(&mut now.client_meta, SourceId::ClientMeta, Reason::Throttled);
                    },
                    "ok",
                ),
                (
                    "an older release",
                    |now| {
                        now.authorize_dry_run.value = Err(Missing::OutOfReach("a web page".to_owned()));
                    },
                    "unverified",
                ),
            ],
        );
    }

    #[test]
    fn a_page_that_does_not_say_why_leaves_two_reasons() {
        let report = evaluated(&CHECK, |now| page(now, "Page not found"));
        assert!(report.findings[0].fix.as_deref().unwrap().contains("Compare Client ID and Redirect URL"));
    }

    #[test]
    fn the_providers_error_and_what_to_change_are_told() {
        let report = evaluated(&CHECK, |now| sent_back(now, "error", "The error is unrecognizable"));
        let finding = &report.findings[0];
        assert_eq!(finding.message, "The provider sends the browser back with error: The error is unrecognizable");
        assert!(finding.fix.as_deref().unwrap().contains("Requires Pushed Authorization Requests"));
    }
}
