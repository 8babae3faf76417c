//! A report as text for people: can they sign in, what broke first, what differs, what to change; then the rest.

mod cause;
mod rest;

use super::{
    headline,
    page::{Page, cell},
    path::{self, State},
    style::{Paint, Style},
};
use crate::model::{CheckReport, Login, Report, Snapshot, Verified};

/// The columns before a stage's state, and before its note.
const TITLE: usize = 15;
const STATE: usize = 10;

/// A report as text. Ends with a line break.
#[must_use]
pub fn text(report: &Report, snapshot: &Snapshot, style: Style) -> String {
    let mut page = Page::new(style);
    let told = essence(&mut page, report, snapshot);
    if headline::is_misled(report) {
        return page.finish();
    }
    rest::also_failing(&mut page, report, told);
    rest::at_risk(&mut page, report);
    rest::worth_knowing(&mut page, report);
    rest::not_evaluated(&mut page, report);
    rest::not_verified(&mut page, report, snapshot);
    page.finish()
}

/// The login path, the cause and what is at risk: for readers who know the rest.
#[must_use]
pub fn brief(report: &Report, snapshot: &Snapshot, style: Style) -> String {
    let mut page = Page::new(style);
    essence(&mut page, report, snapshot);
    rest::at_risk(&mut page, report);
    page.finish()
}

/// What everybody wants to know first. Returns the check that was told whole.
fn essence<'r>(page: &mut Page, report: &'r Report, snapshot: &Snapshot) -> Option<&'r CheckReport> {
    head(page, report, snapshot);
    if !headline::is_misled(report) {
        login_path(page, report, snapshot);
    }
    cause::cause(page, report)
}

/// Whether people can sign in, as a sentence about the target.
#[must_use]
pub fn headline(report: &Report) -> String {
    let says = match (report.login, report.verified) {
        (Login::Ok, _) if report.app.is_none() => "the provider is well, as far as verified",
        (Login::Ok, Verified::Full) => "people can sign in",
        (Login::Ok, Verified::Partial) => "people can sign in, as far as verified",
        (Login::Degraded, _) => "some people cannot sign in, or only partly",
        (Login::Broken, _) => "people cannot sign in",
        (Login::Unknown, _) if headline::is_misled(report) => "ssowatch's own settings are wrong",
        (Login::Unknown, _) => "cannot tell whether people can sign in",
    };
    format!("{}: {says}", report.name)
}

fn head(page: &mut Page, report: &Report, snapshot: &Snapshot) {
    let paint = match report.login {
        Login::Ok => Paint::Good,
        Login::Broken => Paint::Bad,
        Login::Degraded | Login::Unknown => Paint::Warn,
    };
    let coverage = format!("{} of {} checks verified", report.coverage.proven, report.coverage.known);
    page.ends((&headline(report), paint), (&coverage, Paint::Quiet));
    if let Some(who) = headline::locked_out(report, snapshot) {
        page.row(&[], &who, Paint::Plain);
    }
    page.gap();
}

fn login_path(page: &mut Page, report: &Report, snapshot: &Snapshot) {
    for link in path::links(report, snapshot) {
        let (state, note) = match link.state {
            State::Ok => (Paint::Good, Paint::Plain),
            State::Broken => (Paint::Bad, Paint::Strong),
            State::Degraded | State::AtRisk | State::Unknown => (Paint::Warn, Paint::Plain),
            State::Unproven => (Paint::Quiet, Paint::Quiet),
        };
        page.row(
            &[cell("", 2, Paint::Plain), cell(&link.title, TITLE, Paint::Plain), cell(link.state.word(), STATE, state)],
            &link.note,
            note,
        );
    }
}
