//! The journal for people and as JSON: what changed and when, and what is otherwise since sign-in last worked.

use serde::Serialize;

use super::{
    drift,
    page::{Page, cell},
    style::{Paint, Style},
};
use crate::{
    clock::Time,
    journal::{Event, Repeated, What},
    model::{Cause, Change, ChangeSubject, Login},
};

/// The columns of `from` and `to`.
const LABEL: usize = 6;

/// What is otherwise at a target since sign-in last worked.
#[derive(Debug, Serialize)]
pub struct SinceGood {
    /// The target's name.
    pub name: String,
    /// The last round in which sign-in worked; none where none is recorded.
    pub last_good: Option<Time>,
    /// Whether that is the latest round that is recorded.
    pub works: bool,
    /// What was so then and is otherwise now, or changed meanwhile.
    pub changes: Vec<Change>,
    /// What followed, the newest first.
    pub events: Vec<Event>,
}

/// Events, newest first, as text: the oldest stands first, so that the newest is above the prompt.
#[must_use]
pub fn events(newest_first: &[Event], style: Style) -> String {
    let mut page = Page::new(style);
    if newest_first.is_empty() {
        page.row(&[], "Nothing is recorded for this time.", Paint::Plain);
    }
    timeline(&mut page, newest_first);
    page.finish()
}

/// What is otherwise since sign-in last worked, as text.
#[must_use]
pub fn since_good(targets: &[SinceGood], style: Style) -> String {
    let mut page = Page::new(style);
    if targets.is_empty() {
        page.row(&[], "Nothing is recorded.", Paint::Plain);
    }
    for target in targets {
        of_target(&mut page, target);
    }
    page.finish()
}

fn of_target(page: &mut Page, target: &SinceGood) {
    let SinceGood { name, last_good, works, changes, events } = target;
    let Some(good) = last_good else {
        page.heading(&format!("Sign-in at {name} was never seen to work; what is recorded:"));
        return timeline(page, events);
    };
    if *works {
        page.heading(&format!("Sign-in at {name} works, seen at {}.", time(*good)));
        return;
    }
    page.heading(&format!("Sign-in at {name} last worked at {}; since then:", time(*good)));
    page.gap();
    if changes.is_empty() {
        page.row(&[cell("", 2, Paint::Plain)], "No watched value is known to have changed.", Paint::Plain);
    }
    for one in changes {
        change(page, one, Some(one.at));
    }
    if !events.is_empty() {
        page.heading("What followed");
        timeline(page, events);
    }
}

/// Grouped by time and target; in a group changes, then sign-in, then verdicts.
fn timeline(page: &mut Page, newest_first: &[Event]) {
    let mut group = None;
    for event in newest_first.iter().rev() {
        let of = (event.at.timestamp(), event.target.as_str());
        if group.replace(of) != Some(of) {
            page.gap();
            page.ends((&time(event.at), Paint::Strong), (&event.target, Paint::Strong));
        }
        match &event.what {
            What::Change { change: seen, .. } => change(page, seen, None),
            What::Login { from, to, cause } => sign_in(page, *from, *to, cause.as_ref()),
            What::Verdict { check, from, to } => {
                let text = match from {
                    Some(from) => format!("{check}: {to}, before {from}"),
                    None => format!("{check}: {to}"),
                };
                page.row(&[cell("", 4, Paint::Plain)], &text, Paint::Quiet);
            }
        }
        if let Some(Repeated { count, last }) = event.repeated {
            let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
            let text = format!("again {times} until {}", time(last));
            page.row(&[cell("", 4, Paint::Plain)], &text, Paint::Quiet);
        }
    }
}

fn sign_in(page: &mut Page, from: Option<Login>, to: Login, cause: Option<&Cause>) {
    let (words, paint) = match to {
        Login::Ok => ("sign-in works", Paint::Good),
        Login::Degraded => ("sign-in works in part", Paint::Warn),
        Login::Broken => ("sign-in is broken", Paint::Bad),
        Login::Unknown => ("cannot tell whether sign-in works", Paint::Warn),
    };
    let cause = cause.map(|cause| format!(": {}", cause.check)).unwrap_or_default();
    let before = from.filter(|from| *from != to).map(|from| format!(", before {}", from.word())).unwrap_or_default();
    page.row(&[cell("", 2, Paint::Plain)], &format!("{words}{cause}{before}"), paint);
}

/// One change: where, what, both values and what differs.
fn change(page: &mut Page, change: &Change, seen: Option<Time>) {
    let field = change.field.as_ref().map(|field| format!(", {field}")).unwrap_or_default();
    let seen = seen.map(|at| format!(" (seen at {})", time(at))).unwrap_or_default();
    page.row(&[cell("", 2, Paint::Plain)], &format!("{}{field}{seen}", subject(change.subject)), Paint::Plain);
    for (label, value) in [("from", &change.from), ("to", &change.to)] {
        let shown = if value.is_empty() { "(nothing)" } else { value };
        page.verbatim(&[cell("", 4, Paint::Plain), cell(label, LABEL, Paint::Quiet)], shown, Paint::Plain);
    }
    difference(page, change);
}

/// Under the first place that differs, if there is one; a value that came or went shows itself.
fn difference(page: &mut Page, change: &Change) {
    if change.from.is_empty() || change.to.is_empty() {
        return;
    }
    let found = drift::difference(&change.from, &change.to);
    let same: String = change.to.chars().take(drift::common_prefix(&change.from, &change.to)).collect();
    let at = 4 + LABEL + page.columns(&same);
    if found.is_one_place && at + 2 + page.columns(&found.words) <= page.width() {
        page.row(&[cell("", at, Paint::Plain), cell("^", 2, Paint::Warn)], &found.words, Paint::Warn);
    } else {
        page.row(&[cell("", 4 + LABEL, Paint::Plain)], &found.words, Paint::Warn);
    }
}

fn subject(subject: ChangeSubject) -> &'static str {
    match subject {
        ChangeSubject::SigningKey => "Provider: signing keys",
        ChangeSubject::KeyUnderSameId => "Provider: the key under a key ID that stayed the same",
        ChangeSubject::Issuer => "Provider: issuer",
        ChangeSubject::Endpoints => "Provider: endpoints",
        ChangeSubject::ProviderCertificate => "Provider: certificate",
        ChangeSubject::ProviderVersion => "Provider: release",
        ChangeSubject::Registration => "Provider: the client's registration",
        ChangeSubject::ClientSecrets => "Provider: the client's secrets",
        ChangeSubject::KasmCertificate => "App: certificate",
        ChangeSubject::KasmVersion => "Kasm: release",
        ChangeSubject::LoginSettings => "Kasm: login settings",
        ChangeSubject::LoginStart => "App: what it sends browsers to the provider with",
        ChangeSubject::KasmConfig => "Kasm: OpenID config",
    }
}

fn time(at: Time) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// The form of both JSON documents: [`super::json::FORMAT`].
#[derive(Debug, Serialize)]
struct Document<'d, T> {
    format: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<&'d [T]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    targets: Option<&'d [SinceGood]>,
}

/// Events, newest first, as JSON: `{"format": 1, "events": [...]}`.
///
/// # Errors
/// Never in practice: every field is a text, a number or a list of them.
pub fn events_json(newest_first: &[Event]) -> Result<String, serde_json::Error> {
    json(&Document { format: super::json::FORMAT, events: Some(newest_first), targets: None })
}

/// What is otherwise since sign-in last worked, as JSON: `{"format": 1, "targets": [...]}`.
///
/// # Errors
/// As [`events_json`].
pub fn since_good_json(targets: &[SinceGood]) -> Result<String, serde_json::Error> {
    json(&Document::<Event> { format: super::json::FORMAT, events: None, targets: Some(targets) })
}

fn json(document: &impl Serialize) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(document).map(|text| text + "\n")
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, TimeZone as _, Utc};

    use super::*;
    use crate::model::{Side, Stage, Verdict};

    fn start() -> Time {
        Utc.with_ymd_and_hms(2026, 11, 24, 6, 0, 0).unwrap()
    }

    fn redirect_url(at: Time) -> Change {
        Change {
            at,
            subject: ChangeSubject::KasmConfig,
            field: Some("redirect_url".to_owned()),
            from: "https://kasm.example.test/api/oidc_callback".to_owned(),
            to: "https://kasm.example.test/api/oidc_callback/".to_owned(),
        }
    }

    fn broke() -> Vec<Event> {
        let at = start() + TimeDelta::minutes(1);
        let cause = Some(Cause { check: "redirect_uri_registered".to_owned(), stage: Stage::Authorize });
        let verdict =
            What::Verdict { check: "redirect_uri_registered".to_owned(), from: Some(Verdict::Ok), to: Verdict::Fail };
        let whats = [
            (start(), What::Login { from: None, to: Login::Ok, cause: None }),
            (at, What::Change { side: Side::App, change: redirect_url(at) }),
            (at, What::Login { from: Some(Login::Ok), to: Login::Broken, cause }),
            (at, verdict),
        ];
        let event = |(id, (at, what))| Event { id, at, target: "home".to_owned(), what, repeated: None };
        let mut events: Vec<Event> = (1..).zip(whats).map(event).collect();
        events.reverse();
        events
    }

    #[test]
    fn what_happened_again_stands_below_what_happened() {
        let mut events_told = broke();
        let last = start() + TimeDelta::hours(1);
        events_told[0].repeated = Some(Repeated { count: 57, last });
        let text = events(&events_told, Style::PLAIN);
        assert!(text.ends_with("fail, before ok\n    again 57 times until 2026-11-24 07:00:00 UTC\n"), "{text}");
    }

    #[test]
    fn events_are_grouped_by_time_the_oldest_first() {
        let text = events(&broke(), Style::PLAIN);
        let expected = "\
2026-11-24 06:00:00 UTC                                                     home
  sign-in works

2026-11-24 06:01:00 UTC                                                     home
  Kasm: OpenID config, redirect_url
    from  https://kasm.example.test/api/oidc_callback
    to    https://kasm.example.test/api/oidc_callback/
                                                     ^ one \"/\" too many
  sign-in is broken: redirect_uri_registered, before ok
    redirect_uri_registered: fail, before ok
";
        assert_eq!(text, expected);
        assert_eq!(events(&[], Style::PLAIN), "Nothing is recorded for this time.\n");
    }

    #[test]
    fn since_good_begins_with_when_it_worked_and_tells_changes_first() {
        let mut followed = broke();
        followed.retain(|event| event.at > start() && !matches!(event.what, What::Change { .. }));
        let target = SinceGood {
            name: "home".to_owned(),
            last_good: Some(start()),
            works: false,
            changes: vec![redirect_url(start() + TimeDelta::minutes(1))],
            events: followed,
        };
        let text = since_good(std::slice::from_ref(&target), Style::PLAIN);
        assert!(text.starts_with("Sign-in at home last worked at 2026-11-24 06:00:00 UTC; since then:\n"), "{text}");
        let place = |part: &str| text.find(part).unwrap_or_else(|| panic!("no {part:?} in\n{text}"));
        assert!(place("redirect_url (seen at") < place("too many") && place("too many") < place("What followed"));
        assert!(place("What followed") < place("sign-in is broken"));
        let still = SinceGood { works: true, changes: Vec::new(), events: Vec::new(), ..target };
        let never = SinceGood { last_good: None, works: false, name: "work".to_owned(), events: broke(), ..still };
        assert!(since_good(&[never], Style::PLAIN).starts_with("Sign-in at work was never seen to work"));
        assert_eq!(since_good(&[], Style::PLAIN), "Nothing is recorded.\n");
    }

    #[test]
    fn what_a_server_named_moves_no_cursor() {
        let mut hostile = broke();
        hostile[0].target = "\u{1b}[2Jhome".to_owned();
        if let What::Change { change, .. } = &mut hostile[2].what {
            change.to = "\u{202e}\u{1b}]0;title\u{7}".to_owned();
        }
        let text = events(&hostile, Style::PLAIN);
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{text}");
    }

    #[test]
    fn json_has_a_format_and_the_events_as_they_are() {
        let value: serde_json::Value = serde_json::from_str(&events_json(&broke()).unwrap()).unwrap();
        assert_eq!(value["format"], 1);
        assert_eq!(value["events"][1]["cause"]["check"], "redirect_uri_registered");
        assert_eq!(value["events"][2]["subject"], "kasm_config");
        assert!(value.get("targets").is_none());
    }
}
