//! What a run of the canary says, in words: its last run, while it is young enough, and each way to fail.

use super::Case;
use crate::{
    model::{Blame, Credential, Finding, Missing, SignIn, SignInFailure, SignInFault, SignInStep, SourceId},
    oidc::short,
};

/// The last run, where it still says something; what it rests on is noted, so that a verdict by it carries its time.
///
/// # Errors
/// There is no canary, no run yet, or none of late.
pub(super) fn last_run<'a>(case: &Case<'a>) -> Result<&'a SignIn, Missing> {
    if !case.target().credentials.contains(&Credential::CanaryPasskey) {
        return Err(Missing::NotApplicable("no canary is configured".to_owned()));
    }
    let seen = case.now.canary_sign_in();
    let run = seen.get()?;
    // It has not run for two intervals: something keeps it from running.
    if run.is_current(seen.at, case.now.taken_at) {
        Ok(run)
    } else {
        Err(Missing::Blocked { by: SourceId::CanarySignIn })
    }
}

/// The same for checks that have another way to see it, or none.
pub(super) fn last_run_if_any<'a>(case: &Case<'a>) -> Option<&'a SignIn> {
    last_run(case).ok()
}

/// Whether the app has redeemed the code, which it does before it looks at the user.
pub(super) fn is_redeemed(run: &SignIn) -> bool {
    run.landed()
        || run.failure().is_some_and(|failure| {
            failure.step == SignInStep::Landing
                && matches!(
                    failure.fault,
                    SignInFault::NoUserName | SignInFault::UserRefused | SignInFault::OtherHost { .. }
                )
        })
}

/// Whether a failure leaves open what other users meet.
pub(super) fn is_open(failure: &SignInFailure) -> bool {
    matches!(failure.blame, Blame::Canary | Blame::Unclear) || is_no_answer(failure)
}

/// Whether nothing was said at all.
pub(super) fn is_no_answer(failure: &SignInFailure) -> bool {
    matches!(failure.fault, SignInFault::NoAnswer | SignInFault::Throttled | SignInFault::Withheld)
}

/// A failure as a finding: what is wrong and whose it is, what was said, and the fix where it is known.
pub(super) fn finding(failure: &SignInFailure) -> Finding {
    let (code, says, fix) = words(failure);
    let message = if says.contains(&failure.detail) { says } else { format!("{says} ({})", failure.detail) };
    let finding = Finding::new(code, message);
    match fix {
        "" => finding,
        fix => finding.fix(fix),
    }
}

const ENROL_AGAIN: &str = "Pocket ID: Administration > Users > the canary's user > Login Code, then: ssowatch canary \
                           enroll --user NAME --code CODE.";

fn words(failure: &SignInFailure) -> (&'static str, String, &'static str) {
    let plain = |code, says: &str, fix| (code, says.to_owned(), fix);
    match &failure.fault {
        SignInFault::NotEnrolled => plain("not_enrolled", "The canary has no passkey that it can use", ENROL_AGAIN),
        SignInFault::OtherUser => plain(
            "other_user",
            "The canary's passkey is another user's than canary.user names",
            "Set canary.user to the user that was enrolled, or enrol again.",
        ),
        SignInFault::Admin => plain(
            "admin",
            "The canary's user is an admin, and whoever has its passkey file then is one",
            "Pocket ID: Administration > Users > the canary's user: take its admin right away.",
        ),
        SignInFault::UserDisabled => plain(
            "user_disabled",
            "The canary's user is disabled at Pocket ID",
            "Pocket ID: Administration > Users > the canary's user > Enable.",
        ),
        SignInFault::UserGone => plain(
            "user_gone",
            "Pocket ID has no user that the canary's passkey is of: it was deleted",
            "Pocket ID: make the user again; then enrol: ssowatch canary enroll --user NAME --code CODE.",
        ),
        SignInFault::PasskeyDeleted => {
            plain("passkey_deleted", "The canary's passkey was deleted at Pocket ID", ENROL_AGAIN)
        }
        SignInFault::PasskeyRefused => plain(
            "passkey_refused",
            "Pocket ID refuses the canary's passkey and does not say why: the passkey was deleted, or its user is gone, \
             or Pocket ID takes nobody's",
            "Pocket ID: look whether the canary's user has its passkey still; its log names the reason. With \
             canary.api_key_file, an API key of the canary's own user, ssowatch tells these apart.",
        ),
        SignInFault::SignInRefused => plain(
            "sign_in_refused",
            "Pocket ID refuses a passkey that it lists, of a user who is enabled: it may take nobody's",
            "Pocket ID: its log names the reason, most often an APP_URL that is not the address people open.",
        ),
        SignInFault::Moved { made_for, now } => (
            "moved",
            format!("Passkeys made for {} no longer work at {}", short(made_for), short(now)),
            "Pocket ID: set APP_URL back to the address that passkeys were made for, and restart it. If the move is \
             meant, every user needs a new passkey (by a one-time code), and the canary has to enrol again.",
        ),
        SignInFault::Withheld => plain(
            "withheld",
            "Nothing was sent: the connection is not one that a sign-in may go over",
            "Use https, with a certificate that is trusted here (tls_config.ca_file).",
        ),
        SignInFault::OtherStart => plain(
            "other_start",
            "The app starts a login of another client, redirect URI or origin than a moment ago",
            "Look for two versions of the app behind one address, or for somebody in between.",
        ),
        SignInFault::NoStart => plain("no_start", "The app does not start the canary's login", ""),
        SignInFault::NoAnswer => plain("no_answer", "No answer came", ""),
        SignInFault::Throttled => plain(
            "throttled",
            "The provider takes no more sign-ins from this address for now",
            "Behind a proxy without TRUST_PROXY all users share one limit: set it at Pocket ID.",
        ),
        SignInFault::ServerError => plain(
            "server_error",
            "The provider fails when somebody signs in",
            "Read the provider's log: its database is locked or cannot be written, most often.",
        ),
        SignInFault::SessionRefused => {
            plain("session_refused", "The provider does not take the session that it has just given", "")
        }
        SignInFault::NotAllowed => plain(
            "not_allowed",
            "The canary's user may not use the app's client",
            "Pocket ID: Administration > OIDC Clients > the client > Allowed User Groups: add a group that the canary's \
             user is in.",
        ),
        SignInFault::RequestRefused => {
            plain("request_refused", "The provider refuses the app's request once somebody has signed in", "")
        }
        SignInFault::OtherConsent => plain("other_consent", "The provider asks for what the canary does not give", ""),
        SignInFault::Unexpected => plain("unexpected", "The provider answers in a way that is not known", ""),
        SignInFault::OtherCallback => {
            plain("other_callback", "After signing in, people are sent to another address than the app's", "")
        }
        SignInFault::StateChanged => plain(
            "state_changed",
            "The app's state comes back changed, and the app refuses that",
            "Look at what stands between: something rewrites query strings.",
        ),
        SignInFault::AppError => plain(
            "app_error",
            "The app fails at its callback: its client secret is wrong, it does not reach the provider, or it cannot use \
             the claims",
            "Enter the client secret again in the app; on its host, see that it reaches the provider; its log names \
             which.",
        ),
        SignInFault::AppTimeout => plain(
            "app_timeout",
            "The app does not answer at its callback in time: its server waits for the provider in vain",
            "On the app's host, open the way to the provider: DNS, firewall, proxy.",
        ),
        SignInFault::NoUserName => plain(
            "no_user_name",
            "The app finds no user name in what the provider tells it",
            "Set the app's username attribute to a claim that the provider sends with the scopes that are asked for.",
        ),
        SignInFault::UserRefused => plain(
            "user_refused",
            "The app refuses the canary's user: a local user of that name stands in the way",
            "Delete or rename the local user of that name in the app.",
        ),
        SignInFault::OtherHost { leads_to } => (
            "other_host",
            format!("After a good sign-in the app sends people to {}", short(leads_to)),
            "Let the reverse proxy pass the public Host and X-Forwarded-Proto, and set Kasm: Infrastructure > Zones > \
             your zone > Proxy Port to 0 behind it.",
        ),
        SignInFault::NoSession => plain("no_session", "The app opens no session after a good sign-in", ""),
    }
}

#[cfg(test)]
pub(super) mod table {
    use super::*;
    use crate::model::{Observed, SignInOutcome, Snapshot, StepTime};

    /// A run that was good, with or without the landing.
    pub(in crate::checks) fn run(complete: bool) -> SignIn {
        SignIn {
            every_seconds: 3600,
            complete,
            enrolled_at: None,
            steps: vec![StepTime { step: SignInStep::Passkey, seconds: 0.5 }],
            scopes: Vec::new(),
            outcome: SignInOutcome::Good,
        }
    }

    /// A snapshot with a canary whose last run was that.
    pub(in crate::checks) fn with(now: &mut Snapshot, run: SignIn) {
        now.target.credentials.insert(Credential::CanaryPasskey);
        now.canary_sign_in = Observed::seen(now.taken_at, 1.0, run);
    }

    /// The same, failed.
    pub(in crate::checks) fn failed(now: &mut Snapshot, step: SignInStep, blame: Blame, fault: SignInFault) {
        let failure = SignInFailure { step, blame, fault, status: Some(500), detail: "HTTP 500".to_owned() };
        with(now, SignIn { outcome: SignInOutcome::Failed(failure), ..run(true) });
    }

    #[test]
    fn what_every_fault_says_is_a_sentence_without_a_full_stop_and_its_fix_has_one() {
        let moved = SignInFault::Moved { made_for: "a.test".to_owned(), now: "b.test".to_owned() };
        for fault in [
            moved,
            SignInFault::AppError,
            SignInFault::OtherHost { leads_to: "https://kasm_proxy:8443".to_owned() },
            SignInFault::PasskeyRefused,
        ] {
            let mut now = Snapshot::healthy();
            failed(&mut now, SignInStep::Landing, Blame::App, fault);
            let finding = finding(now.canary_sign_in.ok().unwrap().failure().unwrap());
            assert!(finding.message.ends_with("(HTTP 500)") && finding.fix.unwrap().ends_with('.'));
        }
    }
}
