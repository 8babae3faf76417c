//! The third question: what will break it next.

use super::{
    Heading, View,
    escape::{clipped, escape, prose},
    link,
    shape::icon,
    words::{day, distance},
};
use crate::{
    model::{CheckReport, Expiry, Login, Report, Severity},
    render::{expiries, headline, path::State},
};

/// The most risks that are told, and the longest sentence, in characters.
const MOST: usize = 8;
const SENTENCE: usize = 240;
/// The longest instruction, in characters.
const FIX: usize = 400;

/// Risks with what to do, then what expires; and the calendar of it.
pub(super) fn next(report: &Report, view: &View<'_>, heading: Heading) -> String {
    let risks: Vec<&CheckReport> = report.failing().filter(|check| check.severity == Severity::Risk).collect();
    let more = match risks.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!("<li>{more} more risks</li>\n"),
    };
    let risks = &risks[..risks.len().min(MOST)];
    let is_untold = |expiry: &&Expiry| !risks.iter().any(|check| tells(sentence(check), expiry));
    let ends = report.expiries.iter().filter(is_untold).map(|expiry| {
        let what = expiries::in_words(&expiry.item);
        let ends = if expiry.at > view.now { "ends" } else { "ended" };
        format!("<li>{} {ends} {} ({})</li>\n", escape(&what), distance(expiry.at, view.now), day(expiry.at))
    });
    let ends: String = ends.collect();
    let risks: String = risks.iter().map(|check| risk(check, report.login)).collect();
    let heading = heading.of("What will break it next");
    if risks.is_empty() && ends.is_empty() {
        return format!("{heading}<p>Nothing that is known.</p>\n");
    }
    let calendar = match report.expiries.is_empty() {
        true => String::new(),
        false => format!("<p><a href=\"{}/expiries.ics\">Calendar of these dates</a></p>\n", link(&report.name, view)),
    };
    format!("{heading}<ul>\n{risks}{more}{ends}</ul>\n{calendar}")
}

/// What a risk is told by.
fn sentence(check: &CheckReport) -> &str {
    check.findings.first().map_or(check.id.as_str(), |finding| finding.message.as_str())
}

/// Whether a sentence, as far as it is shown, tells already when this ends.
fn tells(sentence: &str, expiry: &Expiry) -> bool {
    let shown = sentence.chars().take(SENTENCE).collect::<String>().to_lowercase();
    shown.contains(&expiries::in_words(&expiry.item).to_lowercase()) && shown.contains(&day(expiry.at))
}

fn risk(check: &CheckReport, login: Login) -> String {
    // While sign-in is broken there is one thing to fix.
    let fix = headline::fixes(check).first().copied().filter(|_| login != Login::Broken);
    let fix = fix.map(|fix| format!("<br><span class=\"dim\">{}</span>", prose(fix, FIX)));
    format!("<li>{} {}{}</li>\n", icon(State::AtRisk), clipped(sentence(check), SENTENCE), fix.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_that_a_risk_tells_is_not_told_again() {
        let at = "2026-11-30T12:00:00Z".parse().unwrap();
        let far = format!("{}Kasm's certificate ends in 6 days, on 2026-11-30 12:00 UTC", "x".repeat(SENTENCE));
        for (sentence, item, is_told) in [
            (
                "Kasm's certificate CN=kasm ends in 6 days, on 2026-11-30 12:00 UTC: renew it now",
                "app_certificate",
                true,
            ),
            ("Kasm's certificate CN=kasm ends in 6 days, on 2026-11-30 12:00 UTC", "provider_certificate", false),
            ("Kasm's certificate CN=kasm ends in 7 days, on 2026-12-01 12:00 UTC", "app_certificate", false),
            ("the client secret ends in 6 days, on 2026-11-30 12:00 UTC", "client_secret", true),
            ("our Pocket ID key ended on 2026-11-30 12:00 UTC", "provider_key", true),
            (&far, "app_certificate", false),
        ] {
            let expiry = Expiry { item: item.to_owned(), at };
            assert_eq!(tells(sentence, &expiry), is_told, "{item}: {sentence}");
        }
    }
}
