//! A report in the few words that a message has room for: what broke, what was found, what to change.

use serde::{Deserialize, Serialize};

use super::{facts, headline, inert::inert, path};
use crate::{
    checks,
    model::{CheckReport, Login, Report, Severity, Verdict},
};

/// The most that is told of what was found, in characters: some receivers take short texts only.
const LONGEST: usize = 1000;

/// What is worth telling somebody who is not looking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// How sign-in stands.
    pub login: Login,
    /// The check that it is about, by id; empty where there is none.
    pub check: String,
    /// What that check holds, for people; empty where there is none.
    pub title: String,
    /// The finding in a few words; empty where sign-in works.
    pub short: String,
    /// What was found, with both sides' values: one line or more. Empty where sign-in works.
    pub what: String,
    /// What to change; empty where nothing is to be.
    pub fix: String,
}

/// How sign-in stands, and by the check that matters most why.
#[must_use]
pub fn login(report: &Report) -> Notice {
    let first = |verdict: Verdict, severity: Severity| {
        report.checks.iter().find(|check| check.verdict == verdict && check.severity == severity)
    };
    let check = match report.login {
        Login::Ok => None,
        Login::Broken => report.cause_check(),
        Login::Degraded => first(Verdict::Fail, Severity::Degraded),
        Login::Unknown if headline::is_misled(report) => report.cause_check(),
        Login::Unknown => {
            return Notice { what: inert(headline::doubt(report).unwrap_or_default()), ..plain(Login::Unknown) };
        }
    };
    check.map_or_else(|| plain(report.login), |check| of(report, check))
}

/// What one check says that fails.
#[must_use]
pub fn of(report: &Report, check: &CheckReport) -> Notice {
    let known = checks::find(&check.id).map(|(_, check)| check);
    let own = known.map(|check| check.fix);
    let mut ways: Vec<&str> = check.findings.iter().filter_map(|finding| finding.fix.as_deref().or(own)).collect();
    ways.dedup();
    Notice {
        login: report.login,
        check: check.id.clone(),
        title: known.map_or_else(String::new, |check| report.app.text(check.title)),
        short: inert(&path::in_short(check)),
        what: inert(&found(check)),
        fix: inert(&ways.join("\n")),
    }
}

fn plain(login: Login) -> Notice {
    let none = String::new;
    Notice { login, check: none(), title: none(), short: none(), what: none(), fix: none() }
}

/// Each finding, and both sides' values below it.
fn found(check: &CheckReport) -> String {
    let mut lines: Vec<String> = Vec::new();
    for finding in &check.findings {
        lines.extend(facts::without_values(finding));
        if let Some(drift) = &finding.drift {
            for (by, value) in [(&drift.actual_by, &drift.actual), (&drift.expected_by, &drift.expected)] {
                lines.push(format!("{by}: {}", if value.is_empty() { "(nothing)" } else { value }));
            }
        }
    }
    let text = lines.join("\n");
    if text.chars().count() <= LONGEST {
        return text;
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}
