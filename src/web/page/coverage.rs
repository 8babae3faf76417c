//! How much is verified, what would raise it, and what only a person can test.

use maud::{Markup, html};

use super::{Heading, View, check_title, text::prose};
use crate::{
    model::{CheckReport, Report, Snapshot},
    render::unproven,
};

/// The longest reason, in characters.
const REASON: usize = 200;
/// So many checks are named.
const FEW: usize = 6;

/// The part of the page about coverage.
pub(super) fn coverage(report: &Report, snapshot: &Snapshot, view: &View<'_>) -> Markup {
    let credentials = unproven::for_want_of_credentials(report, snapshot).into_iter();
    let credentials = credentials.map(|(credentials, checks)| {
        let gain = prose(&unproven::gain(&credentials, checks.len()), REASON);
        html! { (gain) " " span.dim { (titles(&checks, view)) } }
    });
    let by_reason = |(reason, checks): (String, Vec<&CheckReport>)| {
        html! { strong { (titles(&checks, view)) } ": " (prose(&reason, REASON)) }
    };
    html! {
        (Heading(2).of("How much is verified"))
        p { (report.coverage.proven) " of " (report.coverage.known) " checks were verified as good or bad." }
        (list("Needs a credential", &credentials.collect::<Vec<_>>()))
        (list(
            "Not verified from here, and what a person can do",
            &unproven::from_here(report, snapshot).into_iter().map(by_reason).collect::<Vec<_>>(),
        ))
        (list("Not evaluated this time", &unproven::not_evaluated(report).into_iter().map(by_reason).collect::<Vec<_>>()))
    }
}

/// The titles of a few checks; of more, how many.
fn titles(checks: &[&CheckReport], view: &View<'_>) -> Markup {
    html! {
        @for (n, check) in checks.iter().take(FEW).enumerate() {
            @if n > 0 { " · " }
            (check_title(&check.id, view))
        }
        @if checks.len() > FEW { " · " (checks.len() - FEW) " more" }
    }
}

fn list(title: &str, items: &[Markup]) -> Markup {
    html! {
        @if !items.is_empty() {
            (Heading(3).of(title))
            ul { @for item in items { li { (item) } } }
        }
    }
}
