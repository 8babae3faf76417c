//! The rules of telling, by tables: what is seen when, and what is told when.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use chrono::{TimeDelta, TimeZone as _, Utc};

use super::*;
use crate::{
    checks,
    clock::Time,
    config::{Alertmanager, HttpSettings, Receiver, ReceiverKind, SecretSource, Topic, Webhook},
    model::{Cause, Finding, Login, Report, Snapshot},
};

pub(super) fn at(seconds: i64) -> Time {
    Utc.with_ymd_and_hms(2026, 11, 24, 6, 0, 0).unwrap() + TimeDelta::seconds(seconds)
}

fn fail(report: &mut Report, id: &str, says: &str) {
    let check = report.checks.iter_mut().find(|check| check.id == id).unwrap();
    check.verdict = "fail".to_owned();
    check.findings = vec![Finding::new("test", says)];
}

/// A report: `ok`, `broken`, `broken by CHECK`, `degraded`, `unknown`, or `risk`.
pub(super) fn report(target: &str, says: &str, seconds: i64) -> Report {
    let mut report = checks::evaluate(&Snapshot::healthy(), None);
    report.name = target.to_owned();
    report.at = at(seconds);
    let (word, check) = says.split_once(" by ").unwrap_or((says, "redirect_uri_registered"));
    match word {
        "ok" => {}
        "broken" => {
            fail(&mut report, check, "The redirect URL is refused");
            let stage = report.check(check).unwrap().stage;
            report.cause = Some(Cause { check: check.to_owned(), stage });
            report.login = Login::Broken;
        }
        "degraded" => {
            fail(&mut report, "groups_claim", "No groups arrive");
            report.login = Login::Degraded;
        }
        "unknown" => report.login = Login::Unknown,
        "risk" => fail(&mut report, "certificates_last", "The certificate ends in 3 days"),
        other => panic!("{other}"),
    }
    report
}

pub(super) fn sight(target: &str, says: &str, seconds: i64) -> TargetStatus {
    let report = (says != "stale").then(|| Arc::new(report(target, says, seconds)));
    TargetStatus { target: target.to_owned(), at: at(seconds), report }
}

pub(super) fn receiver(send: &[Topic]) -> Receiver {
    let url = SecretSource::Inline(crate::config::Secret::new("https://hook.example.test/".to_owned()));
    Receiver {
        name: "hook".to_owned(),
        send: send.iter().copied().collect(),
        unknown_after: Duration::from_mins(15),
        per_hour: 12,
        means: ReceiverKind::Webhook(Webhook { url, body: None, http: HttpSettings::default() }),
    }
}

/// What one receiver was told, by simulated time: at each sight, and whenever something is due between.
struct Play {
    receiver_state: ReceiverState,
    latest: Vec<TargetStatus>,
    muted: BTreeSet<String>,
    told: Vec<(i64, String)>,
    /// Seconds within which the receiver takes nothing.
    deaf: std::ops::Range<i64>,
    now: i64,
}

impl Play {
    fn new(receiver: &Receiver) -> Self {
        let receiver_state = ReceiverState::new(Rules::of(receiver));
        Self { receiver_state, latest: Vec::new(), muted: BTreeSet::new(), told: Vec::new(), deaf: 0..0, now: 0 }
    }

    fn until(&mut self, seconds: i64) {
        while let Some(due) = self.receiver_state.due(at(self.now)).filter(|due| *due <= at(seconds)) {
            self.now = (due - at(0)).num_seconds().max(self.now);
            self.send();
        }
        self.now = seconds;
    }

    fn send(&mut self) {
        let Some(message) = self.receiver_state.message(at(self.now)) else { return };
        if self.deaf.contains(&self.now) {
            self.receiver_state.failed(at(self.now), None, 0.5);
        } else {
            self.told.push((self.now, title(&message)));
            self.receiver_state.delivered(&message, at(self.now));
        }
    }

    fn see(&mut self, target: &str, says: &str, seconds: i64) {
        self.until(seconds);
        self.latest.retain(|sight| sight.target != target);
        self.latest.push(sight(target, says, seconds));
        self.look();
    }

    fn look(&mut self) {
        self.receiver_state.see(&self.latest.iter().collect::<Vec<_>>(), &self.muted, at(self.now));
        self.send();
    }

    fn told(&self) -> Vec<(i64, &str)> {
        self.told.iter().map(|(seconds, title)| (*seconds, title.as_str())).collect()
    }
}

const BROKEN: &str = "home: people cannot sign in";
const FIXED: &str = "home: people can sign in again";

#[test]
fn one_message_when_it_breaks_and_one_when_it_is_fixed() {
    let all = &Topic::ALL[..];
    for (says, send, rounds, told) in [
        ("healthy", all, vec![(0, "ok"), (60, "ok")], vec![]),
        ("broken for one look", all, vec![(0, "ok"), (60, "broken"), (70, "ok"), (120, "ok")], vec![]),
        ("a second look too soon", all, vec![(0, "broken"), (9, "broken"), (10, "ok")], vec![]),
        ("broken", all, vec![(0, "ok"), (60, "broken"), (70, "broken"), (120, "broken")], vec![(75, BROKEN)]),
        ("broken from the start", all, vec![(0, "broken"), (10, "broken")], vec![(15, BROKEN)]),
        (
            "fixed",
            all,
            vec![(0, "broken"), (10, "broken"), (60, "ok"), (120, "ok"), (180, "ok")],
            vec![(15, BROKEN), (125, FIXED)],
        ),
        (
            "fixed for one round only",
            all,
            vec![(0, "broken"), (10, "broken"), (60, "ok"), (120, "broken"), (180, "ok"), (240, "ok")],
            vec![(15, BROKEN), (245, FIXED)],
        ),
        (
            "another cause meanwhile",
            all,
            vec![(0, "broken"), (10, "broken"), (60, "broken by pkce_not_required"), (120, "broken")],
            vec![(15, BROKEN)],
        ),
        (
            "nothing is known meanwhile",
            all,
            vec![
                (0, "broken"),
                (10, "broken"),
                (60, "unknown"),
                (2000, "unknown"),
                (2060, "broken"),
                (2120, "ok"),
                (2180, "ok"),
            ],
            vec![(15, BROKEN), (2185, FIXED)],
        ),
        ("unknown for a while", all, vec![(0, "unknown"), (840, "unknown"), (880, "ok"), (900, "ok")], vec![]),
        (
            "unknown for long",
            all,
            vec![(0, "unknown"), (900, "unknown"), (960, "stale"), (1020, "ok"), (1080, "ok")],
            vec![(905, "home: cannot tell whether people can sign in"), (1085, FIXED)],
        ),
        (
            "no round for long",
            all,
            vec![(0, "stale"), (900, "stale")],
            vec![(905, "home: cannot tell whether people can sign in")],
        ),
        (
            "unknown, then broken: one message",
            all,
            vec![(0, "unknown"), (900, "unknown"), (960, "broken"), (970, "broken"), (1030, "broken")],
            vec![(905, "home: cannot tell whether people can sign in"), (975, BROKEN)],
        ),
        (
            "broken, then in part, then in full",
            all,
            vec![
                (0, "broken"),
                (10, "broken"),
                (60, "degraded"),
                (120, "degraded"),
                (180, "ok"),
                (240, "ok"),
                (300, "ok"),
            ],
            vec![
                (15, BROKEN),
                (125, "home: people can sign in again, but not all, or only partly"),
                (245, "home: sign-in works in full again"),
            ],
        ),
        (
            "in part, then broken, then fixed: one message for each",
            all,
            vec![
                (0, "degraded"),
                (10, "degraded"),
                (60, "broken"),
                (70, "broken"),
                (120, "ok"),
                (180, "ok"),
                (240, "ok"),
            ],
            vec![(15, "home: some people cannot sign in, or only partly"), (75, BROKEN), (185, FIXED)],
        ),
        (
            "a risk",
            all,
            vec![(0, "risk"), (60, "risk"), (120, "ok"), (180, "ok")],
            vec![
                (65, "home: at risk: The certificate ends in 3 days"),
                (185, "home: no longer at risk: The certificate ends in 3 days"),
            ],
        ),
        (
            "a risk that nobody wants to know",
            &Topic::DEFAULT,
            vec![(0, "risk"), (60, "risk"), (90, "degraded"), (120, "degraded")],
            vec![],
        ),
    ] {
        let mut play = Play::new(&receiver(send));
        for (seconds, login) in rounds {
            play.see("home", login, seconds);
        }
        play.until(play.now + 60);
        assert_eq!(play.told(), told, "{says}");
    }
}

#[test]
fn targets_that_break_together_are_told_together() {
    let mut play = Play::new(&receiver(&Topic::DEFAULT));
    for (target, seconds) in [("home", 0), ("work", 1), ("lab", 2), ("home", 10), ("work", 12), ("lab", 14)] {
        play.see(target, "broken", seconds);
    }
    play.until(40);
    assert_eq!(play.told(), [(15, "3 targets: people cannot sign in")]);
    for (target, says, seconds) in
        [("home", "ok", 60), ("work", "ok", 61), ("home", "ok", 120), ("work", "ok", 121), ("lab", "broken", 122)]
    {
        play.see(target, says, seconds);
    }
    play.until(200);
    assert_eq!(play.told()[1..], [(125, "home and work: people can sign in again")]);
}

#[test]
fn what_a_receiver_could_not_be_told_becomes_one_message() {
    for (says, deaf, rounds, told) in [
        (
            "tried again until it is taken",
            0..20,
            vec![(0, "broken"), (10, "broken"), (60, "broken")],
            vec![(20, BROKEN)],
        ),
        (
            "broken and fixed meanwhile",
            0..1000,
            vec![(0, "broken"), (10, "broken"), (60, "ok"), (120, "ok"), (1500, "ok")],
            vec![(1300, "home: people could not sign in for a while, and can again")],
        ),
        (
            "broken, fixed and broken again meanwhile",
            0..1000,
            vec![
                (0, "broken"),
                (10, "broken"),
                (60, "ok"),
                (120, "ok"),
                (180, "broken"),
                (190, "broken"),
                (1500, "broken"),
            ],
            vec![(1300, BROKEN)],
        ),
        (
            "the fix could not be told, and it broke again",
            100..1000,
            vec![
                (0, "broken"),
                (10, "broken"),
                (60, "ok"),
                (120, "ok"),
                (180, "broken"),
                (190, "broken"),
                (1500, "ok"),
                (1560, "ok"),
            ],
            vec![(15, BROKEN), (1565, FIXED)],
        ),
    ] {
        let mut play = Play::new(&receiver(&Topic::DEFAULT));
        play.deaf = deaf;
        for (seconds, login) in rounds {
            play.see("home", login, seconds);
        }
        play.until(play.now + 60);
        let told: Vec<(i64, &str)> = told;
        let titles: Vec<&str> = play.told().iter().map(|(_, title)| *title).collect();
        assert_eq!(titles, told.iter().map(|(_, title)| *title).collect::<Vec<_>>(), "{says}");
        for ((seconds, _), (by, _)) in play.told().iter().zip(&told) {
            assert!(seconds <= by, "{says}: {seconds} s, expected by {by} s");
        }
    }
}

#[test]
fn maintenance_mutes_messages_and_what_is_broken_at_its_end_is_told_then() {
    let of = |rounds: &[(i64, &str)], window: std::ops::Range<i64>| {
        let mut play = Play::new(&receiver(&Topic::DEFAULT));
        let mut steps: Vec<(i64, &str)> = rounds.to_vec();
        steps.extend([(window.start, "window"), (window.end, "window")]);
        steps.sort_by_key(|(seconds, _)| *seconds);
        for (seconds, says) in steps {
            play.until(seconds);
            if window.contains(&seconds) {
                play.muted.insert("home".to_owned());
            } else {
                play.muted.clear();
            }
            if says == "window" { play.look() } else { play.see("home", says, seconds) }
        }
        play.until(play.now + 60);
        play.told
    };
    let told =
        |list: &[(i64, &str)]| list.iter().map(|(seconds, title)| (*seconds, (*title).to_owned())).collect::<Vec<_>>();
    let within = [(60, "broken"), (70, "broken"), (120, "ok"), (180, "ok")];
    assert_eq!(of(&within, 50..300), [], "broken and fixed within the window");
    assert_eq!(of(&within[..2], 50..300), told(&[(305, BROKEN)]), "still broken at its end");
    assert_eq!(of(&within, 0..100), told(&[(105, BROKEN), (185, FIXED)]), "the window ends during the outage");
    assert_eq!(of(&within, 90..300), told(&[(75, BROKEN), (305, FIXED)]), "known before, fixed within");
    let again = [(0, "broken"), (10, "broken"), (60, "ok"), (120, "ok"), (180, "broken"), (190, "broken")];
    assert_eq!(of(&again, 30..300), told(&[(15, BROKEN)]), "known before, fixed and broken again within");
}

#[test]
fn an_hour_has_a_limit_and_the_rest_comes_in_one_message() {
    let mut receiver = receiver(&Topic::DEFAULT);
    receiver.per_hour = 3;
    let mut play = Play::new(&receiver);
    for number in 0..6 {
        play.see(&format!("t{number}"), "broken", number * 100);
        play.see(&format!("t{number}"), "broken", number * 100 + 10);
    }
    play.until(599);
    let last = play.receiver_state.clone();
    play.until(4000);
    assert_eq!(
        play.told(),
        [
            (15, "t0: people cannot sign in"),
            (115, "t1: people cannot sign in"),
            (215, "t2: people cannot sign in"),
            (3615, "3 targets: people cannot sign in"),
        ]
    );
    assert_eq!(last.due(at(599)), Some(at(3615)));
}

#[test]
fn the_last_message_before_the_limit_says_that_others_are_held_back() {
    let mut receiver = receiver(&Topic::DEFAULT);
    receiver.per_hour = 1;
    let mut play = Play::new(&receiver);
    play.see("home", "broken", 0);
    play.latest = vec![sight("home", "broken", 10)];
    play.receiver_state.see(&play.latest.iter().collect::<Vec<_>>(), &play.muted, at(10));
    let message = play.receiver_state.message(at(15)).unwrap();
    assert_eq!(message.held_until, Some(at(3615)));
    assert!(
        text(&message, None).ends_with("the next one comes after 2026-11-24 07:00 UTC."),
        "{}",
        text(&message, None)
    );
}

#[test]
fn alertmanager_is_told_each_minute_while_it_lasts_and_at_once_when_it_ends() {
    let mut receiver = receiver(&Topic::DEFAULT);
    let urls = vec!["http://127.0.0.1:9093".parse().unwrap()];
    receiver.means = ReceiverKind::Alertmanager(Alertmanager { urls, http: HttpSettings::default() });
    let mut play = Play::new(&receiver);
    for (seconds, says) in [(0, "broken"), (10, "broken"), (60, "broken"), (180, "ok"), (240, "ok"), (600, "ok")] {
        play.see("home", says, seconds);
    }
    assert_eq!(play.told(), [(10, BROKEN), (70, BROKEN), (130, BROKEN), (190, BROKEN), (240, FIXED)]);
}

#[test]
fn a_reload_keeps_what_was_told_and_forgets_what_is_no_longer_told_of() {
    let mut play = Play::new(&receiver(&Topic::ALL));
    for (seconds, says) in [(0, "broken"), (10, "broken"), (40, "broken")] {
        play.see("home", says, seconds);
    }
    play.receiver_state.go_by(Rules::of(&receiver(&Topic::DEFAULT)));
    for (seconds, says) in [(100, "broken"), (160, "ok"), (220, "ok"), (240, "ok")] {
        play.see("home", says, seconds);
    }
    assert_eq!(play.told(), [(15, BROKEN), (225, FIXED)]);
    let mut play = Play::new(&receiver(&Topic::ALL));
    for (seconds, says) in [(0, "broken"), (10, "broken"), (40, "broken")] {
        play.see("home", says, seconds);
    }
    play.receiver_state.go_by(Rules::of(&receiver(&[Topic::Risk])));
    for (seconds, says) in [(160, "ok"), (220, "ok"), (240, "ok")] {
        play.see("home", says, seconds);
    }
    assert_eq!(play.told(), [(15, BROKEN)]);
}

#[test]
fn a_restart_keeps_what_was_told() {
    let mut play = Play::new(&receiver(&Topic::DEFAULT));
    play.see("home", "broken", 0);
    play.see("home", "broken", 10);
    play.until(20);
    let kept = memory::Kept::new(play.receiver_state.told("hook"), Vec::new());
    let kept: memory::Kept = serde_json::from_str(&serde_json::to_string(&kept).unwrap()).unwrap();
    for (says, rounds, told) in [
        ("still broken", &[(60, "broken"), (70, "broken")][..], &[][..]),
        ("fixed meanwhile", &[(60, "ok"), (120, "ok")], &[(125, FIXED)]),
        ("fixed later", &[(60, "broken"), (120, "ok"), (180, "ok")], &[(185, FIXED)]),
    ] {
        let mut play = Play::new(&receiver(&Topic::DEFAULT));
        kept.told.iter().for_each(|told| play.receiver_state.recall(told.clone()));
        play.look();
        for (seconds, login) in rounds {
            play.see("home", login, *seconds);
        }
        play.until(play.now + 60);
        assert_eq!(play.told(), told, "{says}");
    }
    let mut other = Play::new(&receiver(&[Topic::Risk]));
    kept.told.iter().for_each(|told| other.receiver_state.recall(told.clone()));
    assert_eq!(other.receiver_state.told("hook"), [], "what it is no longer told of is forgotten");
}

#[test]
fn a_target_that_is_gone_is_not_told_of() {
    let mut play = Play::new(&receiver(&Topic::DEFAULT));
    play.see("home", "broken", 0);
    play.see("home", "broken", 10);
    play.receiver_state.keep_only(&BTreeSet::from(["work"]));
    play.latest.clear();
    play.look();
    play.until(100);
    assert_eq!(play.told(), []);
}

#[test]
fn a_clock_that_is_set_back_holds_nothing_up() {
    let mut play = Play::new(&receiver(&Topic::DEFAULT));
    play.see("home", "ok", 10_000);
    play.see("home", "broken", 10_060);
    play.now = 100;
    for seconds in [120, 130, 190] {
        play.see("home", "broken", seconds);
    }
    play.until(200);
    assert_eq!(play.told(), [(135, BROKEN)]);
}

#[test]
fn a_message_says_since_when_what_and_how_to_fix_it() {
    let mut play = Play::new(&receiver(&Topic::DEFAULT));
    play.see("home", "broken", 0);
    play.see("home", "broken", 10);
    let message = play.receiver_state.all_news(at(10)).unwrap();
    let expected = "home: people cannot sign in (since 2026-11-24 06:00 UTC)\n\
                    Cause: redirect_uri_registered\n\
                    The redirect URL is refused\n\
                    Fix: ";
    let said = text(&message, Some("https://sso.example.test/watch"));
    assert!(said.starts_with(expected), "{said}");
    assert!(said.ends_with("\nhttps://sso.example.test/watch/targets/home"), "{said}");
    play.receiver_state.delivered(&message, at(10));
    play.see("home", "broken by pkce_not_required", 60);
    play.see("home", "ok", 120);
    play.see("home", "ok", 180);
    let message = play.receiver_state.all_news(at(180)).unwrap();
    assert_eq!(
        text(&message, None),
        "home: people can sign in again (from 2026-11-24 06:00 UTC to 2026-11-24 06:02 UTC)\n\
         It was: The redirect URL is refused (pkce_not_required)"
    );
}

#[test]
fn one_cause_of_several_targets_is_told_once() {
    let mut play = Play::new(&receiver(&Topic::DEFAULT));
    for seconds in [0, 10] {
        play.see("home", "broken", seconds);
        play.see("work", "broken", seconds);
    }
    let message = play.receiver_state.all_news(at(10)).unwrap();
    let said = text(&message, None);
    assert_eq!(said.matches("Cause: ").count(), 1, "{said}");
    assert!(said.contains("home: people cannot sign in") && said.contains("work: people cannot sign in"), "{said}");
    assert_eq!(value(crate::config::Placeholder::Cause, &message, None), "redirect_uri_registered");
}

#[test]
fn many_targets_make_no_endless_text() {
    let mut play = Play::new(&receiver(&Topic::DEFAULT));
    for seconds in [0, 10] {
        for number in 0..500 {
            play.latest.push(sight(&format!("t{number:03}"), "broken", seconds));
        }
        play.look();
        play.latest.clear();
    }
    let message = play.receiver_state.all_news(at(10)).unwrap();
    assert_eq!(title(&message), "500 targets: people cannot sign in");
    let said = text(&message, Some("https://sso.example.test"));
    assert!(said.len() < 2500, "{} bytes", said.len());
    assert!(said.contains("\nand 480 more\nCause: ") && said.ends_with("\nhttps://sso.example.test/"), "{said}");
}
