//! The nouns: what is watched, what was seen, what is said about it. Plain data, no I/O, no clock.

mod change;
mod compare;
mod credentialed;
mod facts;
mod healthy;
mod observed;
mod provider_clients;
mod report;
mod sign_in;
mod snapshot;
mod source;
mod sources;
mod target;
mod verdict;

pub use crate::apps::AppName;
pub use change::{Change, ChangeSubject, Known, Watched};
pub use compare::differences;
pub use credentialed::*;
pub use facts::*;
pub use observed::{Missing, Observed, Reason};
pub use provider_clients::{CallbackMark, ClientsToldBy, ProviderClient, ProviderClients, WatchedApp};
pub use report::{Cause, CheckReport, Coverage, Expiry, Inconclusive, Login, Report, SourceReport, Verified};
pub use sign_in::{Blame, SignIn, SignInFailure, SignInFault, SignInOutcome, SignInStep, StepTime};
pub use snapshot::{RequestCount, Snapshot, Suspicion};
pub use source::{Credential, Interval, PlannedRequest, Setting, Side, Source};
pub use sources::SourceId;
pub use target::{AppFacts, Expect, ProviderFacts, TargetFacts};
pub use verdict::{Drift, Finding, Outcome, Severity, Stage, Verdict};
