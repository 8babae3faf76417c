//! One round's verdicts for one target.

use serde::{Deserialize, Serialize};

use super::{Credential, Finding, Missing, Reason, Severity, SourceId, Stage, Verdict};
use crate::{apps::AppName, clock::Time, providers::Recognised};

/// One round's verdicts for one target. The fields of `check --output json`: more may follow, these stay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The target's name.
    pub name: String,
    /// Whether people can sign in.
    pub login: Login,
    /// Whether everything that is known was proven.
    pub verified: Verified,
    /// The one thing that broke first.
    pub cause: Option<Cause>,
    /// How much was proven.
    pub coverage: Coverage,
    /// When the snapshot was taken.
    pub at: Time,
    /// The provider in a few words, for example `Pocket ID 2.14`.
    pub provider: String,
    /// The same for code: what the provider was recognised as.
    #[serde(default)]
    pub recognised: Recognised,
    /// What the app is, and what texts call it.
    #[serde(default)]
    pub app: AppName,
    /// Whether Kasm sends every visitor to the provider at once, where that is known.
    pub auto_login: Option<bool>,
    /// Every check in cause order.
    pub checks: Vec<CheckReport>,
    /// Every source, in the order of the look.
    pub sources: Vec<SourceReport>,
    /// What expires, the soonest first.
    pub expiries: Vec<Expiry>,
}

impl Report {
    /// The report of one check.
    #[must_use]
    pub fn check(&self, id: &str) -> Option<&CheckReport> {
        self.checks.iter().find(|check| check.id == id)
    }

    /// The checks that failed, in cause order.
    pub fn failing(&self) -> impl Iterator<Item = &CheckReport> {
        self.checks.iter().filter(|check| check.verdict == Verdict::Fail)
    }

    /// The check that is the cause.
    #[must_use]
    pub fn cause_check(&self) -> Option<&CheckReport> {
        self.cause.as_ref().and_then(|cause| self.check(&cause.check))
    }
}

/// Whether people can sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Login {
    /// Yes, as far as verified.
    Ok,
    /// For some, or partly.
    Degraded,
    /// No.
    Broken,
    /// Cannot tell: what needs no credential could not be looked at this time, neither side is reachable from here, or
    /// something before Kasm hides the start of the login path.
    Unknown,
}

impl Login {
    /// The word in JSON and pages.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degraded => "degraded",
            Self::Broken => "broken",
            Self::Unknown => "unknown",
        }
    }
}

/// Whether all known checks were proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verified {
    /// All of them.
    Full,
    /// Some could not be.
    Partial,
}

/// The first failing outage check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The check's id.
    pub check: String,
    /// Its stage.
    pub stage: Stage,
}

/// Checks proven of checks known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Proven good or bad.
    pub proven: usize,
    /// All but those that do not apply or are off.
    pub known: usize,
}

impl Coverage {
    /// Proven of known, 0 to 1; nothing known counts as nothing proven.
    #[must_use]
    pub fn ratio(self) -> f64 {
        if self.known == 0 { 0.0 } else { self.proven as f64 / self.known as f64 }
    }
}

/// One check's verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckReport {
    /// The check's id.
    pub id: String,
    /// Its stage.
    pub stage: Stage,
    /// Its severity under the provider's dialect.
    pub severity: Severity,
    /// What it says.
    pub verdict: Verdict,
    /// When the oldest observation was made that the verdict rests on: a source that is asked every 5 minutes proves nothing
    /// for the rounds between.
    #[serde(default)]
    pub seen_at: Time,
    /// What was seen, or why it could not be evaluated.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// Why it is neither `ok` nor `fail`: what code goes by, where `reason` is for people.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub inconclusive: Option<Inconclusive>,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// Why a check is neither `ok` nor `fail`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Inconclusive {
    /// The config names no credential that shows the fact.
    NotConfigured {
        /// The credential.
        credential: Credential,
    },
    /// The fact was not asked for, since another source had failed first.
    WaitsFor {
        /// The source that failed first.
        source: SourceId,
    },
    /// The fact's own source failed.
    Failed {
        /// The source.
        source: SourceId,
        /// Why.
        reason: Reason,
    },
    /// It cannot be known from here: a person can.
    OutOfReach,
    /// The question does not arise.
    NotApplicable,
    /// What was seen says neither.
    Unclear,
}

impl From<&Missing> for Inconclusive {
    fn from(missing: &Missing) -> Self {
        match missing {
            Missing::NotConfigured(credential) => Self::NotConfigured { credential: *credential },
            Missing::Failed { source, reason, .. } => Self::Failed { source: *source, reason: *reason },
            Missing::Blocked { by } => Self::WaitsFor { source: *by },
            Missing::OutOfReach(_) => Self::OutOfReach,
            Missing::NotApplicable(_) => Self::NotApplicable,
        }
    }
}

/// How one source did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceReport {
    /// The source.
    pub id: SourceId,
    /// Whether it gave a fact; none where it was not asked.
    pub ok: Option<bool>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<Reason>,
    /// The failure, or why it was not asked, for a person.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub detail: Option<String>,
    /// When it was seen.
    pub at: Time,
    /// How long that took.
    pub took_seconds: f64,
}

/// Something that ends at a known time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expiry {
    /// What: a closed list, a metric label (`provider_certificate`, `app_certificate`, ...).
    pub item: String,
    /// When.
    pub at: Time,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_of_an_earlier_release_is_read_without_what_it_does_not_hold() {
        let saved = r#"{"id": "a_check_that_is_gone", "stage": "token", "severity": "outage", "verdict": "unknown",
                        "reason": "waits for the discovery document", "findings": []}"#;
        let read: CheckReport = serde_json::from_str(saved).unwrap();
        assert_eq!((read.verdict, read.inconclusive), (Verdict::Unknown, None));
        let waits = CheckReport { inconclusive: Some(Inconclusive::WaitsFor { source: SourceId::Discovery }), ..read };
        let again = serde_json::to_value(&waits).unwrap();
        assert_eq!(again["inconclusive"], serde_json::json!({"kind": "waits_for", "source": "discovery"}));
        assert_eq!(serde_json::from_value::<CheckReport>(again).unwrap(), waits);
    }
}
