//! The nouns: what is watched, what was seen, what is said about it. Plain data, no I/O, no clock.

mod change;
mod credentialed;
mod facts;
mod healthy;
mod observed;
mod report;
mod snapshot;
mod source;
mod target;
mod verdict;

pub use change::{Change, ChangeSubject, Known, Watched, differences};
pub use credentialed::*;
pub use facts::*;
pub use observed::{Missing, Observed, Reason};
pub use report::{Cause, CheckReport, Coverage, Expiry, Login, Report, SourceReport, Verified};
pub use snapshot::{RequestCount, Snapshot};
pub use source::{AskedOf, Credential, Interval, PlannedRequest, Side, SourceId, SourcePlan};
pub use target::{AppFacts, Expect, ProviderFacts, TargetFacts};
pub use verdict::{Drift, Finding, Severity, Stage, Verdict};
