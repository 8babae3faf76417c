//! The provider takes Kasm's authorization request, as far as it can without a user.
//!
//! The symptom, so the last of its stage: where another check knows the reason, that one is the cause.

use super::{Case, Check, Refusal, SeverityRule, after, dry_run};
use crate::{
    model::{DryRun, Finding, Missing, Outcome},
    providers::ProviderKind,
};

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

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    if let Some(detail) = error_of_its_own(case) {
        let message = format!("The provider answers Kasm's authorization request with an error of its own: {detail}");
        return Ok(Outcome::fail(Finding::new("server_error", message).fix(SERVER_ERROR)));
    }
    Ok(match dry_run(case)? {
        DryRun::Accepted(code) => Outcome::noting(format!("it asks for the user ({code})")),
        DryRun::RedirectAccepted => {
            Outcome::noting("it takes client and redirect URL; this release tells no more without a user")
        }
        DryRun::AsksForLogin(how) => Outcome::noting(format!("it asks for a login ({how})")),
        DryRun::StateChanged { .. } => return Err(after("state_returned", "the state does not come back unchanged")),
        DryRun::SentBack { error, description } if is_about_the_dry_run(error, description) => {
            Outcome::Unknown(format!("the provider does not take prompt=none, by which this is tried: {description}"))
        }
        DryRun::SentBack { error, description } => Outcome::fail(sent_back(case, error, description)),
        DryRun::ErrorPage { status, message } => Outcome::fail(error_page(case, *status, message)),
        // A page that is the provider's own, and says nothing.
        DryRun::Unrecognised { status: status @ 200..=299, seen } if is_announced(case) => {
            Outcome::Unverified(format!("the provider's answer says nothing about the request ({status}): {seen}"))
        }
        DryRun::Unrecognised { status, seen } => {
            Outcome::Unknown(format!("the answer says nothing about the request ({status}): {seen}"))
        }
    })
}

/// What the endpoint said, where it alone ends in an error of the server: people meet the same.
fn error_of_its_own<'a>(case: &Case<'a>) -> Option<&'a str> {
    let is_alone = case.now.discovery().ok().is_some() && !case.is_assumed;
    case.now.authorize_dry_run().value.as_ref().err().filter(|_| is_alone)?.server_error()
}

/// Whether Kasm sends people to the endpoint that the document announces.
fn is_announced(case: &Case<'_>) -> bool {
    let announced = case.discovery().ok().and_then(|document| document.authorization_endpoint.as_deref());
    matches!((case.authorize_url(), announced), (Ok(sent), Some(announced)) if sent.leads_to(announced))
}

fn fix_of(case: &Case<'_>, check: &Check) -> &'static str {
    case.profile().fix(check.id, check.fix)
}

/// Kasm sends no `prompt`: a complaint about it is about our own parameter.
fn is_about_the_dry_run(error: &str, description: &str) -> bool {
    error == "invalid_request" && description.to_lowercase().contains("prompt")
}

const SERVER_ERROR: &str = "The provider's log names the reason; nothing in Kasm needs a change.";

/// What an error page says by being one: for any other reason the provider would send the browser back.
const UNNAMED: &str = "Where the page does not say why: OAuth 2.0 (RFC 6749, section 4.1.2.1) keeps the browser there for a \
                       client or a redirect URL that the provider does not know. Compare Client ID and Redirect URL in \
                       Kasm: Access Management > Authentication > OpenID > your config with what is registered there.";

fn sent_back(case: &Case<'_>, error: &str, description: &str) -> Finding {
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
        "invalid_request" if Refusal::read(description) == Refusal::Pkce && sends_challenge(case) => {
            return challenge_refused(case, description);
        }
        "invalid_request" if Refusal::read(description) == Refusal::Pkce => {
            ("pkce_required", fix_of(case, &super::pkce_not_required::CHECK))
        }
        "invalid_request" if Refusal::read(description) == Refusal::Par => {
            ("par_required", fix_of(case, &super::par_not_required::CHECK))
        }
        "invalid_request" if description.to_lowercase().contains("nonce") => (
            "nonce_required",
            "Kasm sends no nonce and has no field for one: let the provider take authorization requests of this client \
             without a nonce (OpenID Connect asks for one only where the ID token comes through the browser).",
        ),
        "invalid_request" => (
            "invalid_request",
            "Read the description: the provider names the parameter; correct it in Kasm: Access Management > \
             Authentication > OpenID > your config.",
        ),
        "invalid_scope" => return scope_refused(case, description),
        "unauthorized_client" => return flow_is_off(case, description),
        "access_denied" => ("access_denied", "See at the provider who may use this client."),
        "server_error" | "temporarily_unavailable" => ("server_error", SERVER_ERROR),
        "error" if case.kind == ProviderKind::PocketId => (
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

fn sends_challenge(case: &Case<'_>) -> bool {
    case.authorize_url().is_ok_and(|url| url.has_code_challenge)
}

/// PKCE is not missing: the provider takes another method than the app's (RFC 7636, section 4.4.1).
fn challenge_refused(case: &Case<'_>, description: &str) -> Finding {
    let message = format!("The provider does not take the code_challenge that Kasm sends: {description}");
    let fix = format!(
        "Let Kasm use the method S256: {}; or let the provider take the method that it sends. {}",
        case.app.profile().forms.pkce,
        fix_of(case, &super::pkce_not_required::CHECK)
    );
    Finding::new("pkce_refused", message).fix(fix)
}

/// The client is known (RFC 6749, section 4.1.2.1): only the way to sign in is not allowed to it.
fn flow_is_off(case: &Case<'_>, description: &str) -> Finding {
    let words = if description.is_empty() { String::new() } else { format!(": {description}") };
    let message =
        format!("The provider knows the client, and does not let it sign people in (unauthorized_client){words}");
    Finding::new("unauthorized_client", message).fix(case.profile().forms.code_flow)
}

/// Which scope is refused, by what the provider announces: it names them all (Keycloak).
fn scope_refused(case: &Case<'_>, description: &str) -> Finding {
    let sent = super::scope(case).unwrap_or_default();
    let announced = case.discovery().ok().and_then(|document| document.scopes_supported.as_deref());
    let refused = announced.map(|announced| super::unsupported(case, &sent, announced)).unwrap_or_default();
    let words = if description.is_empty() { String::new() } else { format!(" ({description})") };
    let form = case.profile().forms.scopes;
    let (message, what) = match &refused[..] {
        [] => (
            format!("The provider refuses a scope that Kasm asks for, {sent}{words}"),
            if case.is_kasm() {
                "only scopes that this client may use, one per line".to_owned()
            } else {
                "only scopes that this client may use".to_owned()
            },
        ),
        refused => {
            let refused = refused.join(", ");
            (
                format!("The provider refuses {refused}, which it does not announce{words}"),
                format!("take out {refused}"),
            )
        }
    };
    let fix = format!("Kasm: Access Management > Authentication > OpenID > your config > Scope: {what}; or {form}.");
    Finding::new("invalid_scope", message).fix(fix)
}

fn error_page(case: &Case<'_>, status: u16, message: &str) -> Finding {
    let refusal = Refusal::of_page(case, status, message);
    if matches!(status, 404 | 405) && refusal == Refusal::Other && !is_announced(case) {
        return Finding::new(
            "endpoint_missing",
            format!("Kasm sends browsers to a path that is not there: HTTP {status}"),
        )
        .fix(
            "See that Kasm's Authorization URL is the provider's authorization endpoint, and that the proxy before \
             the provider passes it on.",
        );
    }
    let words = if message.is_empty() { format!("status {status}") } else { message.to_owned() };
    let (code, fix) = match refusal {
        Refusal::Redirect => ("redirect_refused", fix_of(case, &super::redirect_uri_registered::CHECK)),
        Refusal::Client => ("client_unknown", fix_of(case, &super::client_known::CHECK)),
        Refusal::Par => ("par_required", fix_of(case, &super::par_not_required::CHECK)),
        Refusal::Pkce => ("pkce_required", fix_of(case, &super::pkce_not_required::CHECK)),
        Refusal::ClientDisabled => ("client_disabled", case.profile().forms.client_on),
        Refusal::BearerOnly => ("client_bearer_only", case.profile().forms.code_flow),
        Refusal::Realm => ("realm_disabled", case.profile().forms.provider_on),
        Refusal::Https => ("https_required", case.profile().forms.https),
        Refusal::Lost => {
            let message = format!("The request does not reach the provider whole, though Kasm sends it so: {words}");
            return Finding::new("request_incomplete", message).fix(
                "See what stands between people and the provider: a proxy there must pass the query string of the \
                 authorization endpoint on as it is.",
            );
        }
        Refusal::Other if matches!(status, 404 | 405) => (
            "endpoint_missing",
            "Reverse proxy: pass the authorization endpoint on to the provider. Some providers answer so to a client that \
             they do not know: compare Client ID in Kasm: Access Management > Authentication > OpenID > your config.",
        ),
        Refusal::Other => ("error_page", UNNAMED),
    };
    Finding::new(code, format!("The provider shows an error page: {words}")).fix(fix)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{evaluated, keycloak, lose, table, url},
        model::{DryRun, Missing, Reason, Snapshot, SourceId},
    };

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
                (
                    "PKCE by another method",
                    |now| {
                        url(now).has_code_challenge = true;
                        let description = "Invalid parameter: code challenge method is not matching the configured one";
                        sent_back(now, "invalid_request", description);
                    },
                    "fail pkce_refused",
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
                (
                    "client",
                    |now| {
                        page(now, "The requested OAuth 2.0 Client does not exist.");
                        now.client_meta.value.as_mut().unwrap().name = None;
                    },
                    "fail client_unknown",
                ),
                (
                    "a client that its entry shows: the request did not arrive whole",
                    |now| page(now, "The requested OAuth 2.0 Client does not exist."),
                    "fail request_incomplete",
                ),
                (
                    "an error of the server at this endpoint alone",
                    |now| {
                        now.authorize_dry_run.value = Err(Missing::status(SourceId::AuthorizeDryRun, 500, "HTTP 500"));
                    },
                    "fail server_error",
                ),
                (
                    "its own login",
                    |now| now.authorize_dry_run.value = Ok(DryRun::AsksForLogin("a form".to_owned())),
                    "ok",
                ),
                ("a page without words", |now| page(now, ""), "fail error_page"),
                (
                    "no known answer",
                    |now| {
                        now.authorize_dry_run.value =
                            Ok(DryRun::Unrecognised { status: 200, seen: "a page".to_owned() });
                    },
                    "unverified",
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

    #[test]
    fn each_refusal_of_keycloak_leads_to_its_own_form() {
        for (status, message, code, form) in [
            (400, "Client not found.", "client_unknown", "Keycloak: Clients > Kasm's client"),
            (400, "Invalid parameter: redirect_uri", "redirect_refused", "Settings > Valid redirect URIs"),
            (400, "Client disabled.", "client_disabled", "Keycloak: Clients > Kasm's client: switch Enabled on."),
            (400, "Realm not enabled", "realm_disabled", "Keycloak: Realm settings: switch Enabled on."),
            (
                403,
                "Bearer-only applications are not allowed to initiate browser login",
                "client_bearer_only",
                "Capability config",
            ),
            (400, "HTTPS required", "https_required", "--proxy-headers"),
        ] {
            let report = evaluated(&CHECK, |now| {
                keycloak(now);
                now.authorize_dry_run.value = Ok(DryRun::ErrorPage { status, message: message.to_owned() });
            });
            let finding = &report.findings[0];
            let fix = finding.fix.as_deref().unwrap();
            assert!(finding.code == code && fix.contains(form), "{message}: {finding:?}");
        }
    }
}
