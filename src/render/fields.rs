//! Every compared field side by side: what the config has, what Kasm stores and sends, and what the provider has.
//!
//! The values come from the snapshot, whether they agree from the report: nothing is evaluated here. No secret is among
//! them: of a client secret only whether one is set.

mod rows;

use serde::Serialize;

use self::rows::{ROWS, Row};
use crate::{
    checks::{self, Case},
    model::{CheckReport, Missing, Report, Snapshot, Verdict},
    oidc::cut,
};

/// The longest value that is told, in characters: as long as in a finding.
const LONGEST: usize = 800;
/// How many entries of a list are told.
const MOST: usize = 100;

/// One compared field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldRow {
    /// Its id: a closed list.
    pub field: &'static str,
    /// Its name on Kasm's form, or what it is there.
    pub kasm_label: &'static str,
    /// Its name on the provider's form or in its discovery document.
    pub provider_label: &'static str,
    /// What the config of this daemon says that it is.
    pub config_has: Held,
    /// What Kasm's stored config holds.
    pub app_stores: Held,
    /// What Kasm shows on its login page, or sends browsers with.
    pub app_sends: Held,
    /// What the provider announces, or has registered.
    pub provider_has: Held,
    /// Whether they agree.
    pub agreement: Agreement,
    /// The ids of the checks that compare it; the first one decides whether it is proven to agree.
    pub checks: Vec<&'static str>,
}

/// What one side has of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Held {
    /// These values: one, or the entries of a list.
    Is {
        /// As they stand there.
        values: Vec<String>,
    },
    /// Nothing is entered there.
    Empty,
    /// It was not seen.
    Unseen {
        /// Why, for a person.
        why: String,
    },
    /// That side has no such field.
    None,
}

/// Whether the sides agree on a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// Proven to agree.
    Agrees,
    /// Proven to differ.
    Differs,
    /// It could not be compared.
    Unproven,
    /// The question does not arise.
    NotApplicable,
}

impl Agreement {
    /// The word that people read.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Agrees => "agree",
            Self::Differs => "differ",
            Self::Unproven => "not verified",
            Self::NotApplicable => "does not apply",
        }
    }
}

/// Every compared field of a round, in the order of the login path.
#[must_use]
pub fn fields(snapshot: &Snapshot, report: &Report) -> Vec<FieldRow> {
    let case = Case::new(snapshot, None);
    ROWS.iter().map(|row| told(row, &case, report)).collect()
}

fn told(row: &Row, case: &Case<'_>, report: &Report) -> FieldRow {
    let sides = (row.sides)(case);
    let theirs = [&sides.stored, &sides.sent, &sides.provider].into_iter().filter(|held| held.is_known()).count();
    // What is held against a declaration is not compared while nothing is declared.
    let has_two = if row.is_declared { sides.config.is_known() && theirs > 0 } else { theirs > 1 };
    let agreement = agreement(row.compared_by, report, has_two);
    FieldRow {
        field: row.field,
        kasm_label: row.labels.0,
        provider_label: row.labels.1,
        config_has: sides.config,
        app_stores: sides.stored,
        app_sends: sides.sent,
        provider_has: sides.provider,
        agreement,
        checks: row.compared_by.iter().map(|(check, _)| *check).collect(),
    }
}

/// What the checks say that compare a field. A dry run proves with a single value known.
fn agreement(compared_by: &[(&str, &str)], report: &Report, has_two: bool) -> Agreement {
    let of = |(check, field): &(&str, &str)| Some((report.check(check)?, compares_several(check), (*field).to_owned()));
    if compared_by.iter().filter_map(of).any(|(check, several, field)| fails(check, several, &field)) {
        return Agreement::Differs;
    }
    let Some((first, several, _)) = compared_by.first().and_then(of) else { return Agreement::Unproven };
    match first.verdict {
        Verdict::NotApplicable => Agreement::NotApplicable,
        // It speaks of what it saw two of; what fails there is another field.
        Verdict::Ok | Verdict::Fail if several => {
            if has_two {
                Agreement::Agrees
            } else {
                Agreement::NotApplicable
            }
        }
        Verdict::Ok => Agreement::Agrees,
        Verdict::Fail | Verdict::Unknown | Verdict::Unverified | Verdict::Off => Agreement::Unproven,
    }
}

/// Whether a check compares several fields, and so fails for one of them at a time.
fn compares_several(check: &str) -> bool {
    checks::find(check).is_some_and(|(_, check)| check.fields.len() > 1)
}

fn fails(check: &CheckReport, several: bool, field: &str) -> bool {
    let is_about_it =
        || check.findings.iter().any(|found| found.drift.as_ref().is_some_and(|drift| drift.field == field));
    check.verdict == Verdict::Fail && (!several || is_about_it())
}

impl Held {
    /// The only value, or the entries of a list, the empty ones too; bounded, since a server may say anything.
    fn list(values: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let mut values = values.into_iter();
        let mut told: Vec<String> = values.by_ref().take(MOST).map(|value| cut(value.as_ref(), LONGEST)).collect();
        let left_out = values.count();
        if left_out > 0 {
            told.push(format!("… and {left_out} more"));
        }
        if told.is_empty() { Self::Empty } else { Self::Is { values: told } }
    }

    fn text(value: &str) -> Self {
        if value.is_empty() { Self::Empty } else { Self::list([value]) }
    }

    /// A text that is empty where it is not there.
    fn maybe(value: Option<&str>) -> Self {
        Self::text(value.unwrap_or_default())
    }

    fn missing(missing: &Missing) -> Self {
        match missing {
            Missing::NotApplicable(_) => Self::None,
            other => Self::Unseen { why: other.to_string() },
        }
    }

    fn of<T>(seen: Result<T, Missing>, held: impl FnOnce(T) -> Self) -> Self {
        seen.map_or_else(|missing| Self::missing(&missing), held)
    }

    /// Whether it was seen, or is known to be empty.
    fn is_known(&self) -> bool {
        matches!(self, Self::Is { .. } | Self::Empty)
    }
}

#[cfg(test)]
mod tests;
