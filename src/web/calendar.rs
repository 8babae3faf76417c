//! What expires, for a calendar (RFC 5545): an event for each date, with an alarm a week before.

use url::Url;

use super::{Options, page::path_segment};
use crate::{
    checks,
    clock::Time,
    model::{Expiry, Report, Snapshot},
    render::expiries,
};

/// The longest line in octets, without its end (RFC 5545, section 3.1).
const LINE: usize = 75;

/// The calendar of a target's expiries; none where no date is known, since a calendar holds at least one event.
pub(super) fn calendar(report: &Report, snapshot: &Snapshot, options: &Options) -> Option<String> {
    if report.expiries.is_empty() {
        return None;
    }
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//ssowatch//expiries//EN".to_owned(),
        "METHOD:PUBLISH".to_owned(),
        format!("NAME:{}", escaped(&format!("{}: what expires", report.name))),
        "REFRESH-INTERVAL;VALUE=DURATION:PT12H".to_owned(),
    ];
    lines.extend(report.expiries.iter().flat_map(|expiry| event(expiry, report, snapshot, options)));
    lines.push("END:VCALENDAR".to_owned());
    Some(lines.iter().map(|line| folded(line)).collect())
}

fn event(expiry: &Expiry, report: &Report, snapshot: &Snapshot, options: &Options) -> Vec<String> {
    let summary = escaped(&format!("{} ends ({})", report.app.text(&expiries::in_words(&expiry.item)), report.name));
    let mut lines = vec![
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}", uid(expiry, report, snapshot)),
        format!("DTSTAMP:{}", date_time(report.at)),
        format!("DTSTART:{}", date_time(expiry.at)),
        format!("SUMMARY:{summary}"),
        format!("DESCRIPTION:{}", escaped(&fix(&expiry.item, report))),
        "TRANSP:TRANSPARENT".to_owned(),
    ];
    if let Some(url) = &options.external_url {
        lines.push(format!("URL:{url}/targets/{}", path_segment(&report.name)));
    }
    lines.extend([
        "BEGIN:VALARM".to_owned(),
        "ACTION:DISPLAY".to_owned(),
        format!("DESCRIPTION:{summary}"),
        "TRIGGER:-P7D".to_owned(),
        "END:VALARM".to_owned(),
        "END:VEVENT".to_owned(),
    ]);
    lines
}

/// The same for the same thing as long as it lives, so that a renewal moves its event.
fn uid(expiry: &Expiry, report: &Report, snapshot: &Snapshot) -> String {
    let kasm = Url::parse(&snapshot.target.app.url).ok();
    let host = kasm.as_ref().and_then(Url::host_str).unwrap_or("ssowatch");
    format!("{}.{}@{}", path_segment(&expiry.item), path_segment(&report.name), path_segment(host))
}

/// What to do about it: the fix of the check that watches it.
fn fix(item: &str, report: &Report) -> String {
    let check = match item {
        "client_secret" => "client_secret_lasts",
        "provider_key" => "api_keys_last",
        _ => "certificates_last",
    };
    checks::find(check).map_or_else(String::new, |(_, check)| report.app.text(check.fix))
}

/// A time as section 3.3.5 wants it, in UTC.
fn date_time(at: Time) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

/// A text as section 3.3.11 wants it, without control characters.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | ';' | ',' => escaped.extend(['\\', character]),
            '\n' => escaped.push_str("\\n"),
            control if control.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A line with its end, folded where it is too long, between characters.
fn folded(line: &str) -> String {
    let mut folded = String::with_capacity(line.len() + 8);
    let mut octets = 0;
    for character in line.chars() {
        if octets + character.len_utf8() > LINE {
            folded.push_str("\r\n ");
            octets = 1;
        }
        folded.push(character);
        octets += character.len_utf8();
    }
    folded + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::evaluate;

    fn of(name: &str) -> String {
        let snapshot = Snapshot::healthy_with_credentials();
        let mut report = evaluate(&snapshot, None);
        report.name = name.to_owned();
        calendar(&report, &snapshot, &Options::default()).unwrap()
    }

    #[test]
    fn every_expiry_is_an_event_with_an_alarm() {
        let calendar = of("home");
        let lines: Vec<&str> = calendar.split("\r\n").collect();
        let count = |line: &str| lines.iter().filter(|other| **other == line).count();
        let expiries = evaluate(&Snapshot::healthy_with_credentials(), None).expiries.len();
        assert!(expiries > 2);
        for line in ["BEGIN:VEVENT", "END:VEVENT", "BEGIN:VALARM", "END:VALARM", "TRIGGER:-P7D"] {
            assert_eq!(count(line), expiries, "{line} in {calendar}");
        }
        assert!(lines.contains(&"DTSTART:20270123T120000Z"), "{calendar}");
        assert!(lines.contains(&"UID:app_certificate.home@kasm.example.test"), "{calendar}");
        assert_eq!(lines.last(), Some(&""), "the last line has its end, too");
    }

    #[test]
    fn lines_are_folded_between_characters_and_texts_escaped() {
        let name = format!("{}; x, \\ \u{0}\r\nBEGIN:VEVENT", "ü".repeat(60));
        let calendar = of(&name);
        assert!(calendar.split("\r\n").all(|line| line.len() <= LINE), "{calendar}");
        let unfolded = calendar.replace("\r\n ", "");
        assert!(unfolded.contains("\\; x\\, \\\\   \\nBEGIN:VEVENT)"), "{unfolded}");
        assert!(!calendar.contains('\u{0}'));
    }

    #[test]
    fn without_a_date_there_is_no_calendar() {
        let snapshot = Snapshot::healthy();
        let mut report = evaluate(&snapshot, None);
        report.expiries.clear();
        assert_eq!(calendar(&report, &snapshot, &Options::default()), None);
    }
}
