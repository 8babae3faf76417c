//! What a run of the canary showed. Neither the session nor the code, a cookie or a token is in it.

use serde::{Deserialize, Serialize};

use crate::clock::Time;

/// One run of the canary: a real sign-in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignIn {
    /// How often it runs, in seconds: a run older than two of these verifies nothing.
    pub every_seconds: u64,
    /// Whether the app's callback is requested, so that the app opens a session.
    pub complete: bool,
    /// When the passkey was made; none where there is none that can be read.
    pub enrolled_at: Option<Time>,
    /// The steps that were taken, in their order; a failed one is the last.
    pub steps: Vec<StepTime>,
    /// The names of the scopes that the provider granted, where it told them with the code.
    pub scopes: Vec<String>,
    /// How it ended.
    pub outcome: SignInOutcome,
}

/// How long a step took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StepTime {
    /// The step.
    pub step: SignInStep,
    /// How long, in seconds.
    pub seconds: f64,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInOutcome {
    /// The code came, and with `complete` the app opened a session.
    Good,
    /// A step failed; the later ones were not taken.
    Failed(SignInFailure),
}

/// A step of a sign-in: the `step` label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInStep {
    /// Our own passkey is read.
    Enrolment,
    /// The app starts a login.
    Start,
    /// The provider gives a challenge.
    Challenge,
    /// The provider takes the passkey.
    Passkey,
    /// The provider takes the app's request.
    Authorize,
    /// The code comes, with the app's state.
    Code,
    /// The app takes the code and opens a session.
    Landing,
}

impl SignInStep {
    /// Every step, in order.
    pub const ALL: [Self; 7] =
        [Self::Enrolment, Self::Start, Self::Challenge, Self::Passkey, Self::Authorize, Self::Code, Self::Landing];

    /// The label value.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Enrolment => "enrolment",
            Self::Start => "start",
            Self::Challenge => "challenge",
            Self::Passkey => "passkey",
            Self::Authorize => "authorize",
            Self::Code => "code",
            Self::Landing => "landing",
        }
    }
}

/// Whose fault a failed step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blame {
    /// The canary's own user or passkey: says nothing of other users.
    Canary,
    /// The provider's.
    Provider,
    /// The app's.
    App,
    /// Not to be told from here: the canary's or the provider's.
    Unclear,
}

/// What a step failed with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInFailure {
    /// The step.
    pub step: SignInStep,
    /// Whose fault it is.
    pub blame: Blame,
    /// What went wrong.
    pub fault: SignInFault,
    /// The HTTP status, where an answer came.
    pub status: Option<u16>,
    /// In words, with what the server said; bounded, and without a secret.
    pub detail: String,
}

/// What went wrong: a closed list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInFault {
    /// There is no passkey that can be used.
    NotEnrolled,
    /// The passkey was made for another user than the config names.
    OtherUser,
    /// The user is an admin.
    Admin,
    /// The user is disabled.
    UserDisabled,
    /// The user is gone.
    UserGone,
    /// The passkey was deleted.
    PasskeyDeleted,
    /// The passkey is refused, and why is not told.
    PasskeyRefused,
    /// The passkey is there and the user enabled, and the sign-in is refused all the same.
    SignInRefused,
    /// Passkeys were made for another domain or origin.
    Moved {
        /// The domain or the origin at enrolment.
        made_for: String,
        /// What it is now.
        now: String,
    },
    /// Plain HTTP to another host, or a certificate that is not trusted: nothing secret was sent.
    Withheld,
    /// The app starts a login of another client, redirect URI or origin than it did before.
    OtherStart,
    /// The app does not start a login.
    NoStart,
    /// No answer came.
    NoAnswer,
    /// Too many requests.
    Throttled,
    /// The server failed (5xx).
    ServerError,
    /// The session was not taken.
    SessionRefused,
    /// The user may not use the client.
    NotAllowed,
    /// The provider refuses the request.
    RequestRefused,
    /// The provider asks for another client's consent, or for what the canary does not give.
    OtherConsent,
    /// An answer that is not known.
    Unexpected,
    /// The browser is sent elsewhere than the app said, or the issuer is another.
    OtherCallback,
    /// The state came back changed.
    StateChanged,
    /// The app failed at its callback: it could not redeem the code, or not use what it got.
    AppError,
    /// The app did not answer at its callback in time.
    AppTimeout,
    /// The app finds no user name in the claims.
    NoUserName,
    /// The app refuses the user.
    UserRefused,
    /// The last redirect leads to another origin.
    OtherHost {
        /// Where to, without path and query.
        leads_to: String,
    },
    /// The app opened no session.
    NoSession,
}

impl SignIn {
    /// What it failed with.
    #[must_use]
    pub fn failure(&self) -> Option<&SignInFailure> {
        match &self.outcome {
            SignInOutcome::Good => None,
            SignInOutcome::Failed(failure) => Some(failure),
        }
    }

    /// Whether a code came.
    #[must_use]
    pub fn got_code(&self) -> bool {
        match self.failure() {
            None => true,
            Some(failure) => failure.step == SignInStep::Landing,
        }
    }

    /// Whether the app opened a session.
    #[must_use]
    pub fn landed(&self) -> bool {
        self.complete && self.failure().is_none()
    }

    /// How long all steps took together, in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.steps.iter().map(|step| step.seconds).sum()
    }

    /// Whether a run that ended at `at` still says something at `now`.
    #[must_use]
    pub fn is_current(&self, at: Time, now: Time) -> bool {
        let age = (now - at).num_seconds();
        u64::try_from(age).unwrap_or(0) <= self.every_seconds.saturating_mul(2)
    }
}
