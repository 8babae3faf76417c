//! A day of simulated time with faults coming and going gives exactly these messages.

use chrono::TimeDelta;

use super::fake::{Bench, hours, refuse};

const CONFIG: &str = "
schedule: {timezone: UTC}
notify:
  - {name: phone, ntfy: {url: 'https://ntfy.example.test', topic: sso}}
  - {name: mail, send: [broken, unknown, degraded, risk], webhook: {url: 'https://hook.example.test'}}
maintenance:
  - {schedule: '0 8 * * *', duration: 1h, targets: [home]}
targets:
  - {name: home, provider: {url: 'https://id.example.test'}, kasm: {url: 'https://a.example.test'}}
  - {name: work, provider: {url: 'https://id.example.test'}, kasm: {url: 'https://b.example.test'}}
  - {name: lab, provider: {url: 'https://id.example.test'}, kasm: {url: 'https://c.example.test'}}
  - {name: other, provider: {url: 'https://else.example.test'}, kasm: {url: 'https://d.example.test'}, notify: [mail]}
";

/// An hour and a minute of the day.
type Clock = (i64, i64);
type Fault = (&'static str, Clock, Clock, &'static str);

/// What is wrong when: target, from, until, how it stands.
const FAULTS: &[Fault] = &[
    ("home", (1, 0), (1, 20), "broken"),
    ("home", (5, 0), (6, 0), "broken by provider_reachable"),
    ("work", (5, 0), (6, 0), "broken by provider_reachable"),
    ("lab", (5, 0), (6, 0), "broken by provider_reachable"),
    // Within the window, and over before its end; then broken at its end.
    ("home", (8, 10), (8, 30), "broken"),
    ("work", (8, 10), (8, 20), "broken"),
    ("home", (8, 50), (9, 30), "broken"),
    ("lab", (10, 0), (10, 40), "unknown"),
    ("lab", (11, 0), (11, 10), "unknown"),
    // The mail server is away from 12:00 to 13:00.
    ("home", (12, 5), (12, 20), "broken"),
    ("home", (15, 0), (15, 10), "degraded"),
    ("work", (17, 0), (17, 40), "hangs"),
    ("home", (20, 0), (20, 10), "broken"),
    ("home", (20, 10), (20, 30), "broken by pkce_not_required"),
    ("other", (22, 0), (22, 10), "broken"),
];

fn script(target: &str, at: TimeDelta) -> &'static str {
    // Seen by one round at most: shorter than until the second look.
    if target == "home" && (hours(2, 0)..hours(3, 0)).contains(&at) && at.num_seconds() % 3600 < 9 {
        return "broken";
    }
    // Broken in every other minute.
    if target == "lab" && (hours(3, 0)..hours(3, 30)).contains(&at) && at.num_minutes() % 2 == 0 {
        return "broken";
    }
    let is_so = |(known, from, until, _): &&Fault| {
        *known == target && (hours(from.0, from.1)..hours(until.0, until.1)).contains(&at)
    };
    FAULTS.iter().find(is_so).map_or("ok", |(_, _, _, says)| says)
}

/// What is told: to whom, after when, by when, and what.
const EXPECTED: &[(&str, Clock, i64, &str)] = &[
    ("both", (1, 0), 76, "home: people cannot sign in"),
    ("both", (1, 20), 136, "home: people can sign in again"),
    ("both", (3, 0), 76, "lab: people cannot sign in"),
    ("both", (3, 30), 136, "lab: people can sign in again"),
    ("both", (5, 0), 76, "3 targets: people cannot sign in"),
    ("both", (6, 0), 136, "3 targets: people can sign in again"),
    ("both", (8, 10), 76, "work: people cannot sign in"),
    ("both", (8, 20), 136, "work: people can sign in again"),
    ("both", (9, 0), 6, "home: people cannot sign in"),
    ("both", (9, 30), 136, "home: people can sign in again"),
    ("both", (10, 15), 66, "lab: cannot tell whether people can sign in"),
    ("both", (10, 40), 136, "lab: people can sign in again"),
    ("phone", (12, 5), 76, "home: people cannot sign in"),
    ("phone", (12, 20), 136, "home: people can sign in again"),
    ("mail", (13, 0), 380, "home: people could not sign in for a while, and can again"),
    ("mail", (15, 0), 126, "home: some people cannot sign in, or only partly"),
    ("mail", (15, 10), 136, "home: sign-in works in full again"),
    // Rounds that hang are cut; what was seen last is current for four minutes.
    ("both", (17, 15), 400, "work: cannot tell whether people can sign in"),
    ("both", (17, 40), 300, "work: people can sign in again"),
    ("both", (20, 0), 76, "home: people cannot sign in"),
    ("both", (20, 30), 136, "home: people can sign in again"),
    ("mail", (22, 0), 76, "other: people cannot sign in"),
    ("mail", (22, 10), 136, "other: people can sign in again"),
];

#[tokio::test(start_paused = true)]
async fn a_day_of_faults_gives_exactly_these_messages() {
    let away = hours(12, 0)..hours(13, 0);
    let bench =
        Bench::new(
            CONFIG,
            script,
            move |receiver, at| {
                if receiver == "mail" && away.contains(&at) { refuse("away") } else { Ok(()) }
            },
        )
        .await;
    bench.until(24 * 3600 - 60).await;
    let told = bench.post.told();
    for receiver in ["phone", "mail"] {
        let expected: Vec<_> = EXPECTED.iter().filter(|(who, ..)| [receiver, "both"].contains(who)).collect();
        let told: Vec<_> = told.iter().filter(|(_, who, _)| who == receiver).collect();
        let titles: Vec<&str> = told.iter().map(|(_, _, title)| title.as_str()).collect();
        assert_eq!(titles, expected.iter().map(|(.., title)| *title).collect::<Vec<_>>(), "{receiver}: {told:#?}");
        for ((at, _, title), (_, after, within, _)) in told.iter().zip(expected) {
            let clock: Vec<i64> = at.split(':').map(|part| part.parse().unwrap()).collect();
            let late = (clock[0] - after.0) * 3600 + (clock[1] - after.1) * 60 + clock[2];
            assert!((0..=*within).contains(&late), "{receiver}: {title} at {at}, {late} s after {after:?}");
        }
    }
    let daemon = &bench.daemon;
    let metric = |name: &str| crate::notify::metric(daemon, name);
    assert_eq!(metric(r#"ssowatch_notifications_total{receiver="phone"}"#), 18.0);
    assert_eq!(metric(r#"ssowatch_notifications_failed_total{receiver="phone"}"#), 0.0);
    assert!(metric(r#"ssowatch_notifications_failed_total{receiver="mail"}"#) >= 10.0);
    assert_eq!(metric(r#"ssowatch_maintenance_active{target="home"}"#), 0.0);
    bench.stop().await;
}
