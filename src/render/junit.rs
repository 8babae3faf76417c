//! Reports as JUnit XML, for CI systems: a suite for each target, a case for each check.
//!
//! A failing check fails its case, unless it is information; what could not be evaluated this time is an error; what is
//! not verified, does not apply or is off is skipped, with the reason.

use quick_junit::{NonSuccessKind, Property, TestCase, TestCaseStatus, TestSuite};

use super::{
    facts,
    style::{Style, safe},
};
use crate::{
    checks,
    model::{CheckReport, Finding, Report, Severity},
};

/// Reports as a JUnit document.
///
/// # Errors
/// The XML writer refuses; not seen for any text.
pub fn junit<'r>(reports: impl IntoIterator<Item = &'r Report>) -> Result<String, quick_junit::SerializeError> {
    let mut document = quick_junit::Report::new("ssowatch");
    for report in reports {
        document.add_test_suite(suite(report));
    }
    document.to_string()
}

fn suite(report: &Report) -> TestSuite {
    let mut suite = TestSuite::new(plain(&report.name));
    suite.set_timestamp(report.at);
    suite.add_property(Property::new("login", report.login.word()));
    suite.add_property(Property::new("provider", plain(&report.provider)));
    if let Some(cause) = &report.cause {
        suite.add_property(Property::new("cause", plain(&cause.check)));
    }
    let coverage = format!("{} of {}", report.coverage.proven, report.coverage.known);
    suite.add_property(Property::new("checks proven", coverage));
    suite.add_test_cases(report.checks.iter().map(case));
    suite
}

fn case(check: &CheckReport) -> TestCase {
    let mut case = TestCase::new(plain(&check.id), status(check));
    case.set_classname(check.stage.id());
    case.add_property(Property::new("severity", check.severity.id()));
    for message in check.findings.iter().filter(|_| check.severity == Severity::Info) {
        case.add_property(Property::new("information", plain(&message.message)));
    }
    if let Some(seen) = check.reason.as_deref().filter(|_| check.verdict == "ok") {
        case.add_property(Property::new("seen", plain(seen)));
    }
    case
}

fn status(check: &CheckReport) -> TestCaseStatus {
    let reason = plain(check.reason.as_deref().unwrap_or_default());
    match check.verdict.as_str() {
        "ok" => TestCaseStatus::success(),
        "fail" if check.severity == Severity::Info => TestCaseStatus::success(),
        "fail" => failure(check),
        "unknown" => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_type("unknown").set_message(reason);
            status
        }
        verdict => {
            let mut status = TestCaseStatus::skipped();
            let message = if reason.is_empty() { verdict.to_owned() } else { format!("{verdict}: {reason}") };
            status.set_type(plain(verdict)).set_message(message);
            status
        }
    }
}

fn failure(check: &CheckReport) -> TestCaseStatus {
    let messages: Vec<String> = check.findings.iter().map(|finding| plain(&finding.message)).collect();
    let own_fix = checks::find(&check.id).map(|(_, check)| check.fix);
    let details: Vec<String> = check.findings.iter().map(|finding| detail(finding, own_fix)).collect();
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(check.severity.id()).set_message(messages.join("; ")).set_description(details.join("\n\n"));
    status
}

/// What differs and what to change, on lines of their own.
fn detail(finding: &Finding, own_fix: Option<&str>) -> String {
    let mut lines = vec![plain(&finding.message)];
    if let Some(drift) = &finding.drift {
        lines.push(format!("Field: {}", facts::field_in_words(&plain(&drift.field))));
        lines.push(format!("{}: {}", plain(&drift.actual_by), plain(&drift.actual)));
        lines.push(format!("{}: {}", plain(&drift.expected_by), plain(&drift.expected)));
    }
    if let Some(fix) = finding.fix.as_deref().or(own_fix) {
        lines.push(format!("Fix: {}", plain(fix)));
    }
    lines.join("\n")
}

/// Foreign text, safe to show in the log of a CI system.
fn plain(text: &str) -> String {
    safe(text, Style::PLAIN)
}
