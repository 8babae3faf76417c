//! The third question: what will break it next.

use maud::{Markup, html};

use super::{
    Heading, View, link,
    shape::icon,
    text::{clipped, prose, shown},
    words::{day, distance},
};
use crate::{
    model::{CheckReport, Login, Report, Severity},
    render::{expiries, headline, path::State},
};

/// The most risks that are shown, and the longest sentence, in characters.
const MOST: usize = 8;
const SENTENCE: usize = 240;
/// The longest instruction, in characters.
const FIX: usize = 400;

/// Risks with what to do; then every date, with the calendar of them.
pub(super) fn next(report: &Report, view: &View<'_>, heading: Heading) -> Markup {
    let risks: Vec<&CheckReport> = report.failing().filter(|check| check.severity == Severity::Risk).collect();
    html! {
        (heading.of("What will break it next"))
        @if risks.is_empty() {
            p { "Nothing that is known." }
        } @else {
            ul {
                @for check in risks.iter().take(MOST) { (risk(check, report.login)) }
                @if risks.len() > MOST { li { (risks.len() - MOST) " more risks" } }
            }
        }
        (dates(report, view, heading))
    }
}

/// When what ends, and what has ended.
fn dates(report: &Report, view: &View<'_>, heading: Heading) -> Markup {
    html! {
        @if !report.expiries.is_empty() {
            (heading.of("What ends when"))
            ul {
                @for expiry in &report.expiries {
                    li {
                        (shown(&report.app.text(&expiries::in_words(&expiry.item))))
                        @if expiry.at > view.now { " ends " } @else { " ended " }
                        (distance(expiry.at, view.now)) " (" (day(expiry.at)) ")"
                    }
                }
            }
            p { a href={ (link(&report.name, view)) "/expiries.ics" } { "Calendar of these dates" } }
        }
    }
}

/// A risk in a sentence: that of its first finding.
fn sentence(check: &CheckReport) -> &str {
    check.findings.first().map_or(check.id.as_str(), |finding| finding.message.as_str())
}

fn risk(check: &CheckReport, login: Login) -> Markup {
    // While sign-in is broken there is one thing to fix.
    let fix = headline::fixes(check).first().copied().filter(|_| login != Login::Broken);
    html! {
        li {
            (icon(State::AtRisk)) " " (clipped(sentence(check), SENTENCE))
            @if let Some(fix) = fix { br; span.dim { (prose(fix, FIX)) } }
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_ends_soon_speaks_of_the_expiry_that_the_report_lists() {
        let mut now = crate::model::Snapshot::healthy_with_credentials();
        now.taken_at =
            now.app_connection.ok().unwrap().tls.as_ref().unwrap().chain[0].not_after - chrono::TimeDelta::days(1);
        let report = crate::checks::evaluate(&now, None);
        let spoken: Vec<&str> = report
            .failing()
            .flat_map(|check| &check.findings)
            .filter_map(|finding| finding.expiry.as_deref())
            .collect();
        assert!(spoken.contains(&"app_certificate"), "{spoken:?}");
        for item in spoken {
            assert!(report.expiries.iter().any(|expiry| expiry.item == item), "{item}");
        }
    }
}
