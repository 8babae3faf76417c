//! What is said about one rule, and about what differs.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Inconclusive;

/// A part of the login path, in order; `upkeep` for what expires or threatens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "title() says what each is")]
pub enum Stage {
    App,
    Offer,
    Start,
    Provider,
    Authorize,
    Token,
    Claims,
    Landing,
    Logout,
    Upkeep,
}

impl Stage {
    /// Every stage, in the order of the login path.
    pub const ALL: [Self; 10] = [
        Self::App,
        Self::Offer,
        Self::Start,
        Self::Provider,
        Self::Authorize,
        Self::Token,
        Self::Claims,
        Self::Landing,
        Self::Logout,
        Self::Upkeep,
    ];

    /// The label value.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Offer => "offer",
            Self::Start => "start",
            Self::Provider => "provider",
            Self::Authorize => "authorize",
            Self::Token => "token",
            Self::Claims => "claims",
            Self::Landing => "landing",
            Self::Logout => "logout",
            Self::Upkeep => "upkeep",
        }
    }

    /// The words that people read.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::App => "Kasm",
            Self::Offer => "Login offered",
            Self::Start => "Login starts",
            Self::Provider => "Provider",
            Self::Authorize => "Authorize",
            Self::Token => "Token",
            Self::Claims => "Claims",
            Self::Landing => "Landing",
            Self::Logout => "Logout",
            Self::Upkeep => "Upkeep",
        }
    }
}

/// How bad it is when a check fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing; nothing breaks.
    Info,
    /// Will break: by time, or by an upgrade.
    Risk,
    /// Broken for some people, or partly.
    Degraded,
    /// Sign-in is broken for all.
    Outage,
}

impl Severity {
    /// Every severity, the worst first.
    pub const ALL: [Self; 4] = [Self::Outage, Self::Degraded, Self::Risk, Self::Info];

    /// The label value.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Risk => "risk",
            Self::Degraded => "degraded",
            Self::Outage => "outage",
        }
    }
}

/// What a check says, in one word: the word in JSON, metrics and pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Proven good.
    Ok,
    /// Proven bad.
    Fail,
    /// Could not look this time.
    Unknown,
    /// Cannot be known with these credentials, on this version, or from outside at all.
    Unverified,
    /// The question does not arise here.
    NotApplicable,
    /// Switched off in the config.
    Off,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 6] = [Self::Ok, Self::Fail, Self::Unknown, Self::Unverified, Self::NotApplicable, Self::Off];

    /// The label value.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
            Self::Unverified => "unverified",
            Self::NotApplicable => "not_applicable",
            Self::Off => "off",
        }
    }

    /// Whether it was proven good or bad.
    #[must_use]
    pub fn is_proven(self) -> bool {
        matches!(self, Self::Ok | Self::Fail)
    }

    /// Whether the question arises: all but what does not apply or is off.
    #[must_use]
    pub fn is_known(self) -> bool {
        !matches!(self, Self::NotApplicable | Self::Off)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// What running a check gives: its verdict with what was found, or why there is nothing to find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Proven good; may say what was seen.
    Ok(Option<String>),
    /// Proven bad: one finding or more.
    Fail(Vec<Finding>),
    /// Could not look this time.
    Unknown(String),
    /// Cannot be known with these credentials, on this version, or from outside at all.
    Unverified(String),
    /// The question does not arise here.
    NotApplicable(String),
    /// Switched off in the config.
    Off,
}

impl Outcome {
    /// Good, with nothing to add.
    pub const OK: Self = Self::Ok(None);

    /// Good, and what was seen.
    pub fn noting(note: impl Into<String>) -> Self {
        Self::Ok(Some(note.into()))
    }

    /// Bad, by one finding.
    #[must_use]
    pub fn fail(finding: Finding) -> Self {
        Self::Fail(vec![finding])
    }

    /// Bad if there is any finding.
    #[must_use]
    pub fn from_findings(findings: Vec<Finding>) -> Self {
        if findings.is_empty() { Self::OK } else { Self::Fail(findings) }
    }

    /// Bad: one field differs. The sentence is the check's title turned by what differs.
    #[must_use]
    pub fn drifted(drift: Drift) -> Self {
        Self::fail(Finding::new("differs", drift.sentence()).drift(drift))
    }

    /// Why it is neither good nor bad, as far as the outcome alone shows that.
    #[must_use]
    pub fn inconclusive(&self) -> Option<Inconclusive> {
        match self {
            Self::Ok(_) | Self::Fail(_) | Self::Off => None,
            Self::Unknown(_) => Some(Inconclusive::Unclear),
            Self::Unverified(_) => Some(Inconclusive::OutOfReach),
            Self::NotApplicable(_) => Some(Inconclusive::NotApplicable),
        }
    }

    /// The verdict alone.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Ok(_) => Verdict::Ok,
            Self::Fail(_) => Verdict::Fail,
            Self::Unknown(_) => Verdict::Unknown,
            Self::Unverified(_) => Verdict::Unverified,
            Self::NotApplicable(_) => Verdict::NotApplicable,
            Self::Off => Verdict::Off,
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// A closed code within its check.
    pub code: String,
    /// A sentence for a person.
    pub message: String,
    /// How to fix it, where this differs from the check's own text.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fix: Option<String>,
    /// What differs.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub drift: Option<Drift>,
    /// Which [`super::Expiry`] it speaks of, by its item.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expiry: Option<String>,
}

impl Finding {
    /// A finding without drift, fixed as the check says.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), fix: None, drift: None, expiry: None }
    }

    /// The same, fixed in another way than the check says.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// The same, speaking of what ends.
    #[must_use]
    pub fn expiry(mut self, item: &str) -> Self {
        self.expiry = Some(item.to_owned());
        self
    }

    /// The same, with what differs.
    #[must_use]
    pub fn drift(mut self, drift: Drift) -> Self {
        self.drift = Some(drift);
        self
    }
}

/// One field on which the two sides do not agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// The field: a closed list, a metric label.
    pub field: String,
    /// What it should be.
    pub expected: String,
    /// Who says so, for example `Pocket ID has`.
    pub expected_by: String,
    /// What it is.
    pub actual: String,
    /// Where it stands, for example `Kasm sends`.
    pub actual_by: String,
}

/// The beginning of a sentence as it stands within one: names keep their capital.
fn within(text: &str) -> String {
    const WORDS: [&str; 5] = ["The ", "Expected ", "Users ", "People ", "Passkeys "];
    match WORDS.iter().any(|word| text.starts_with(word)) {
        true => text.chars().take(1).flat_map(char::to_lowercase).chain(text.chars().skip(1)).collect(),
        false => text.to_owned(),
    }
}

impl Drift {
    /// The drift between what the provider has and what Kasm sends; none when both are the same.
    #[must_use]
    pub fn between(field: &str, provider: &str, kasm: &str) -> Option<Self> {
        Self::of(field, ("The provider has", provider), ("Kasm sends", kasm))
    }

    /// The drift between two named sayings; none when both are the same.
    #[must_use]
    pub fn of(field: &str, expected: (&str, &str), actual: (&str, &str)) -> Option<Self> {
        (expected.1 != actual.1).then(|| Self {
            field: field.to_owned(),
            expected: expected.1.to_owned(),
            expected_by: expected.0.to_owned(),
            actual: actual.1.to_owned(),
            actual_by: actual.0.to_owned(),
        })
    }

    /// Both sides in one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        format!(
            "{} differs: {} {}, {} {}",
            self.field.replace('_', " "),
            within(&self.actual_by),
            self.actual,
            within(&self.expected_by),
            self.expected
        )
    }

    /// The index, in characters, at which the two begin to differ.
    #[must_use]
    pub fn first_difference(&self) -> usize {
        self.expected.chars().zip(self.actual.chars()).take_while(|(a, b)| a == b).count()
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_saved_as_the_word_that_its_label_has() {
        for verdict in Verdict::ALL {
            let saved = serde_json::to_string(&verdict).unwrap();
            assert_eq!(saved, format!("\"{}\"", verdict.id()));
            assert_eq!(serde_json::from_str::<Verdict>(&saved).unwrap(), verdict);
        }
    }
}
