//! The third question: what will break it next.

use maud::{Markup, html};

use super::{
    Heading, View, link,
    shape::icon,
    text::{clipped, prose, shown},
    words::{day, distance},
};
use crate::{
    model::{CheckReport, Expiry, Login, Report, Severity},
    render::{expiries, headline, path::State},
};

/// The most risks that are shown, and the longest sentence, in characters.
const MOST: usize = 8;
const SENTENCE: usize = 240;
/// The longest instruction, in characters.
const FIX: usize = 400;

/// Risks with what to do, then what expires; and the calendar of it.
pub(super) fn next(report: &Report, view: &View<'_>, heading: Heading) -> Markup {
    let risks: Vec<&CheckReport> = report.failing().filter(|check| check.severity == Severity::Risk).collect();
    let shown_risks = &risks[..risks.len().min(MOST)];
    let is_untold = |expiry: &&Expiry| !shown_risks.iter().any(|check| tells(check, expiry));
    let ends: Vec<&Expiry> = report.expiries.iter().filter(is_untold).collect();
    html! {
        (heading.of("What will break it next"))
        @if risks.is_empty() && ends.is_empty() {
            p { "Nothing that is known." }
        } @else {
            ul {
                @for check in shown_risks { (risk(check, report.login)) }
                @if risks.len() > MOST { li { (risks.len() - MOST) " more risks" } }
                @for expiry in ends {
                    li {
                        (shown(&expiries::in_words(&expiry.item)))
                        @if expiry.at > view.now { " ends " } @else { " ended " }
                        (distance(expiry.at, view.now)) " (" (day(expiry.at)) ")"
                    }
                }
            }
            @if !report.expiries.is_empty() {
                p { a href={ (link(&report.name, view)) "/expiries.ics" } { "Calendar of these dates" } }
            }
        }
    }
}

/// What a risk is told by.
fn sentence(check: &CheckReport) -> &str {
    check.findings.first().map_or(check.id.as_str(), |finding| finding.message.as_str())
}

/// Whether a risk tells already when this ends, by a sentence that is shown whole.
fn tells(check: &CheckReport, expiry: &Expiry) -> bool {
    check.findings.first().is_some_and(|finding| {
        finding.expiry.as_ref() == Some(&expiry.item) && finding.message.chars().count() <= SENTENCE
    })
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
    use super::*;
    use crate::model::{Finding, Stage, Verdict};

    #[test]
    fn a_date_that_a_risk_tells_is_not_told_again() {
        let at = "2026-11-30T12:00:00Z".parse().unwrap();
        let far = "x".repeat(SENTENCE + 1);
        for (message, speaks_of, item, is_told) in [
            ("Kasm's certificate ends in 6 days", Some("app_certificate"), "app_certificate", true),
            ("Kasm's certificate ends in 6 days", Some("app_certificate"), "provider_certificate", false),
            ("the client secret ends in 6 days", Some("client_secret"), "client_secret", true),
            ("our Pocket ID key ended on 2026-11-30", Some("provider_key"), "provider_key", true),
            ("Kasm's certificate is odd", None, "app_certificate", false),
            (&far, Some("app_certificate"), "app_certificate", false),
        ] {
            let mut finding = Finding::new("ends_soon", message);
            finding.expiry = speaks_of.map(str::to_owned);
            let check = CheckReport {
                id: "a_check".to_owned(),
                stage: Stage::Upkeep,
                severity: Severity::Risk,
                verdict: Verdict::Fail,
                reason: None,
                inconclusive: None,
                findings: vec![finding],
            };
            let expiry = Expiry { item: item.to_owned(), at };
            assert_eq!(tells(&check, &expiry), is_told, "{item}: {message}");
        }
    }

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
