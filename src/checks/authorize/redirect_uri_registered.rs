//! The redirect URI that Kasm sends is registered for its client.

use super::{Case, Check, Refusal, SeverityRule, after, client_exists, dry_run, registration};
use crate::{
    checks::likeness::nearest,
    model::{Credential, Drift, DryRun, Finding, Missing, Outcome, SourceId},
    providers::{
        ProviderKind,
        pocket_id::{ClientRegistration, Registered, Version, registered},
    },
};

/// Before this release a client without callbacks takes over the first one that it is sent.
const NO_FIRST_CALLBACK: Version = Version::new(2, 10);

pub(super) const CHECK: Check = Check {
    id: "redirect_uri_registered",
    severity: SeverityRule::OUTAGE,
    title: "Kasm's redirect URL is registered with the provider",
    why: "The provider shows an error page in place of the passkey: scheme, host, port, path and every last \"/\" \
           must be the same on both sides.",
    fix: "Pocket ID: Administration > OIDC Clients > Kasm's client > Callback URLs: enter exactly what Kasm sends; \
           or change Kasm: Access Management > Authentication > OpenID > your config > Redirect URL, if that is the \
           wrong one.",
    needs: &[Credential::ProviderAdminKey],
    since: "",
    source: "RFC 6749, section 3.1.2.3; OpenID Connect Core 1.0, section 3.1.2.1",
    fields: &["redirect_uri"],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let sent = case.authorize_url()?.redirect_uri.as_deref().filter(|sent| !sent.is_empty());
    let sent = sent.ok_or_else(|| after("redirect_uri_is_own", "it names no redirect URL"))?;
    match dry_run(case) {
        // Providers send people only to a registered address, with an error too (RFC 6749, section 4.1.2.1).
        Ok(DryRun::Accepted(_) | DryRun::RedirectAccepted | DryRun::SentBack { .. } | DryRun::StateChanged { .. }) => {
            Ok(Outcome::OK)
        }
        Ok(DryRun::ErrorPage { message, .. }) if is_about_the_redirect(case, message) => {
            let client = case.registration().ok().map(|registration| &registration.client);
            Ok(Outcome::fail(refused(sent, client)))
        }
        // The dry run is fresher than the registration, so this speaks only where that is silent.
        _ => by_registration(case, sent, registration(case)?),
    }
}

fn by_registration(case: &Case<'_>, sent: &str, client: &ClientRegistration) -> Result<Outcome, Missing> {
    let version = case.version.ok_or(Missing::Blocked { by: SourceId::Discovery })?;
    if client.callback_urls.is_empty() && version.is_before(NO_FIRST_CALLBACK) {
        return Ok(Outcome::noting("none is registered: this release takes over the first one that it is sent"));
    }
    match registered(version, &client.callback_urls, sent) {
        Registered::Yes => Ok(Outcome::noting("as registered, by this release's own matching")),
        Registered::No => Ok(Outcome::fail(refused(sent, Some(client)))),
        Registered::Depends => Err(Missing::OutOfReach(format!(
            "whether a pattern among Callback URLs takes it depends on the release, which can be {version}"
        ))),
    }
}

/// With the registered address that is nearest to what Kasm sends, where that is known.
fn refused(sent: &str, client: Option<&ClientRegistration>) -> Finding {
    let nearest = client.and_then(|client| nearest(sent, &client.callback_urls));
    let drift = nearest.and_then(|nearest| Drift::of("redirect_uri", ("Pocket ID has", nearest), ("Kasm sends", sent)));
    match drift {
        Some(drift) => Finding::new("refused", drift.sentence()).drift(drift),
        None => Finding::new("refused", format!("Kasm sends {sent}, which the provider refuses")),
    }
}

/// Whether the page speaks of the redirect URI. Another page says nothing of it: where a proxy hides the endpoint, the
/// page is the proxy's. Pocket ID's page counts once the client is known to exist.
fn is_about_the_redirect(case: &Case<'_>, message: &str) -> bool {
    Refusal::read(message) == Refusal::Redirect
        && (case.kind != ProviderKind::PocketId || client_exists(case) == Some(true))
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::{
        checks::testing::{evaluated, generic, legacy, lose, table},
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
                ("a page of something else", |now| page(now, "404 Not Found"), "unverified"),
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

    /// A key showed these callbacks; 1.16, which has no dry run, is the release.
    fn registered_as(now: &mut Snapshot, callbacks: &[&str]) {
        *now = Snapshot::healthy_with_credentials();
        now.key_owner.value.as_mut().unwrap().version = None;
        now.authorize_dry_run.value = Err(Missing::OutOfReach("no".to_owned()));
        let client = &mut now.client_registration.value.as_mut().unwrap().client;
        client.callback_urls = callbacks.iter().map(|url| (*url).to_owned()).collect();
    }

    #[test]
    fn without_a_dry_run_the_registration_tells_by_the_releases_own_matching() {
        const SENT: &str = "https://kasm.example.test/api/oidc_callback";
        table(
            &CHECK,
            &[
                ("the very same", |now| registered_as(now, &[SENT]), "ok"),
                ("a pattern", |now| registered_as(now, &["https://*.example.test/api/*"]), "ok"),
                (
                    "one slash",
                    |now| registered_as(now, &["https://kasm.example.test/api/oidc_callback/"]),
                    "fail refused",
                ),
                ("none on 2.14", |now| registered_as(now, &[]), "fail refused"),
                (
                    "none on 2.9",
                    |now| {
                        registered_as(now, &[]);
                        legacy(now);
                    },
                    "ok",
                ),
                (
                    "the dry run outranks it",
                    |now| {
                        registered_as(now, &["https://other.example.test/"]);
                        now.authorize_dry_run.value = Ok(DryRun::Accepted("login_required".to_owned()));
                    },
                    "ok",
                ),
                (
                    "our key is refused",
                    |now| {
                        registered_as(now, &[]);
                        lose(&mut now.client_registration, SourceId::ClientRegistration, Reason::Unauthorized);
                    },
                    "unknown",
                ),
                (
                    "the database fails",
                    |now| {
                        registered_as(now, &[]);
                        lose(&mut now.client_meta, SourceId::ClientMeta, Reason::Status);
                    },
                    "unknown",
                ),
            ],
        );
    }

    #[test]
    fn the_nearest_registered_address_is_told() {
        let report = evaluated(&CHECK, |now| {
            registered_as(now, &["https://other.example.test/", "https://kasm.example.test/api/oidc_callback/"]);
        });
        let drift = report.findings[0].drift.as_ref().unwrap();
        assert_eq!(drift.expected, "https://kasm.example.test/api/oidc_callback/");
        assert_eq!((drift.expected_by.as_str(), drift.first_difference()), ("Pocket ID has", 43));
    }

    #[test]
    fn what_kasm_sends_is_told() {
        let report = evaluated(&CHECK, |now| page(now, REFUSED));
        assert!(report.findings[0].message.contains("https://kasm.example.test/api/oidc_callback"));
    }
}
