//! The configuration of receivers, the heartbeat and the windows: what is read, what is refused and where, what is shown.

use std::collections::BTreeSet;

use ssowatch::config::{Config, ConfigError, MailTls, ReceiverKind, Topic};

use super::fake::parse;

const TARGETS: &str =
    "targets: [{name: home, provider: {url: 'https://id.example.test'}, kasm: {url: 'https://kasm.example.test'}}]";

fn read(above: &str) -> Result<Config, ConfigError> {
    let text = format!("{above}\n{TARGETS}\n");
    Config::parse(&text, "ssowatch.yml", std::path::Path::new("/nonexistent"), &|_| None)
}

#[test]
fn each_mistake_is_told_with_its_place_and_what_was_meant() {
    for (text, says) in [
        ("notify: {name: a}", "1:9: notify: expected a list, found keys with values"),
        ("notify: [{webhook: {url: 'https://a.test'}}]", "1:10: notify[0]: \"name\" is missing"),
        (
            "notify: [{name: a}]",
            "1:10: notify[0]: says not how it is told; give one of webhook, ntfy, smtp, alertmanager, telegram, \
             pushover, gotify, matrix, apprise",
        ),
        ("notify: [{name: a, webhok: {}}]", "1:20: notify[0].webhok: unknown key; did you mean \"webhook\"?"),
        (
            "notify:\n  - {name: a, webhook: {url: 'https://a.test'}, ntfy: {url: 'https://a.test', topic: a}}",
            "2:5: notify[0]: webhook and ntfy exclude each other",
        ),
        (
            "notify:\n  - {name: a, webhook: {url: 'https://a.test'}}\n  - {name: a, webhook: {url: 'https://b.test'}}",
            "3:12: notify[1].name: \"a\" stands twice; first in line 2",
        ),
        (
            "notify: [{name: a, send: [brokn], webhook: {url: 'https://a.test'}}]",
            "1:27: notify[0].send[0]: \"brokn\" is not known; did you mean \"broken\"?",
        ),
        ("notify: [{name: a, send: [], webhook: {url: 'https://a.test'}}]", "notify[0].send: is empty"),
        ("notify: [{name: a, per_hour: 0, webhook: {url: 'https://a.test'}}]", "\"0\" is not a number from 1 to 1000"),
        ("notify: [{name: a, webhook: {}}]", "\"url\" or \"url_file\" is missing"),
        ("notify: [{name: a, webhook: {url: hook.test}}]", "notify[0].webhook.url: has no scheme"),
        ("notify: [{name: a, webhook: {url: 'http://hook.test/x'}}]", "would go over plain HTTP"),
        ("notify: [{name: a, webhook: {url: 'https://a:b@hook.test/x'}}]", "holds a user name or a password"),
        (
            "notify:\n  - name: a\n    webhook:\n      url: https://a.test\n      body: {text: '{{targt}}'}",
            "5:20: notify[0].webhook.body.text: there is no \"{{targt}}\"; did you mean \"{{target}}\"?",
        ),
        (
            "notify: [{name: a, webhook: {url: 'https://a.test', body: [{deep: 'x {{nothing}}'}]}}]",
            "body[0].deep: there is no \"{{nothing}}\"; known here: target, event,",
        ),
        ("notify: [{name: a, webhook: {url: 'https://a.test', body: '{{target'}}]", "\"{{\" has no \"}}\" behind it"),
        ("notify: [{name: a, ntfy: {url: 'https://n.test'}}]", "\"topic_file\" is missing"),
        ("notify: [{name: a, ntfy: {url: 'https://n.test', topic: 'a/b'}}]", "topic: is no topic: letters, digits"),
        ("notify: [{name: a, ntfy: {topic: a}}]", "\"url\" is missing; the server's address, such as https://ntfy.sh"),
        (
            "notify: [{name: a, ntfy: {url: 'https://n.test', topic: a, token: b, basic_auth: {username: c, password: d}}}]",
            "token: excludes \"basic_auth\"",
        ),
        ("notify: [{name: a, telegram: {token: a}}]", "\"chat_file\" is missing; the chat's id, such as"),
        ("notify: [{name: a, gotify: {token: a}}]", "\"url\" is missing; the address of your gotify server"),
        ("notify: [{name: a, matrix: {url: 'http://m.test', token: a, room: b}}]", "would go over plain HTTP"),
        ("notify: [{name: a, apprise: {url: 'https://a.test'}}]", "\"key_file\" is missing"),
        (
            "notify: [{name: a, gotify: {url: 'https://g.test', token: a, basic_auth: {username: c, password: d}}}]",
            "token: excludes \"basic_auth\"",
        ),
        ("notify: [{name: a, smtp: {from: a@b.test, to: [c@d.test]}}]", "\"host\" is missing"),
        ("notify: [{name: a, smtp: {host: m.test, to: [c@d.test]}}]", "\"from\" is missing"),
        ("notify: [{name: a, smtp: {host: m.test, from: a@b.test}}]", "\"to\" is missing; a list of recipients"),
        ("notify: [{name: a, smtp: {host: m.test, from: a, to: [c@d.test]}}]", "smtp.from: \"a\" is no mail address"),
        ("notify: [{name: a, smtp: {host: m.test, from: a@b.test, to: []}}]", "smtp.to: is empty"),
        ("notify: [{name: a, smtp: {host: 'm.test:25', from: a@b.test, to: [c@d.test]}}]", "is no host"),
        (
            "notify: [{name: a, smtp: {host: m.test, tls: ssl, from: a@b.test, to: [c@d.test]}}]",
            "write starttls, tls or none",
        ),
        (
            "notify: [{name: a, smtp: {host: m.test, tls: none, from: a@b.test, to: [c@d.test]}}]",
            "over an open connection",
        ),
        ("notify: [{name: a, smtp: {host: m.test, port: 0, from: a@b.test, to: [c@d.test]}}]", "\"0\" is no port"),
        (
            "notify: [{name: a, smtp: {host: m.test, username: u, from: a@b.test, to: [c@d.test]}}]",
            "needs \"password_file\"",
        ),
        (
            "notify: [{name: a, smtp: {host: m.test, password: p, from: a@b.test, to: [c@d.test]}}]",
            "needs \"username\"",
        ),
        (
            "notify: [{name: a, smtp: {host: m.test, from: \"a@b.test\\nBcc: x@y.test\", to: [c@d.test]}}]",
            "is no mail address",
        ),
        ("notify: [{name: a, alertmanager: {}}]", "\"url\" is missing; Alertmanager's address"),
        ("notify: [{name: a, alertmanager: {url: 'http://127.0.0.1:9093', urls: []}}]", "excludes \"url\""),
        ("notify: [{name: a, alertmanager: {url: 'http://127.0.0.1:9093/?a=b'}}]", "holds a query"),
        ("heartbeat: {}", "1:12: heartbeat: \"url\" or \"url_file\" is missing"),
        ("heartbeat: {url: 'https://h.test', every: 1s}", "heartbeat.every: is too often; the shortest is 10s"),
        ("heartbeat: {url: 'https://h.test', fail: x}", "heartbeat.fail: unknown key"),
        ("maintenance: [{duration: 1h}]", "\"schedule\" is missing; a window is {schedule:"),
        ("maintenance: [{schedule: '0 3 * * 0'}]", "\"duration\" is missing"),
        ("maintenance: [{schedule: every 60s, duration: 1h}]", "a window begins at a time of day"),
        ("maintenance: [{schedule: '0 3 * * 0', duration: 8d}]", "is too long; the longest window is 7d"),
        (
            "maintenance: [{schedule: '0 3 * * 0', duration: 1h, targets: [hom]}]",
            "maintenance[0].targets[0]: there is no target \"hom\"; did you mean \"home\"?",
        ),
    ] {
        let error = read(text).expect_err(text).to_string();
        assert!(error.contains(says), "{text}\n{error}");
        assert_eq!(error.lines().count(), 1, "one mistake is told once: {text}\n{error}");
    }
}

#[test]
fn a_target_names_receivers_that_there_are() {
    let text = |notify: &str| {
        let targets = TARGETS.replace("name: home", &format!("name: home, notify: {notify}"));
        format!("notify: [{{name: phone, webhook: {{url: 'https://a.test'}}}}]\n{targets}\n")
    };
    let read = |notify: &str| Config::parse(&text(notify), "f", std::path::Path::new(""), &|_| None);
    let of = |notify: &str| read(notify).unwrap().targets[0].notify.clone();
    assert_eq!(of("off"), Some(BTreeSet::new()));
    assert_eq!(of("[phone]"), Some(BTreeSet::from(["phone".to_owned()])));
    for (notify, says) in [
        ("[phne]", "notify[0]: there is no receiver \"phne\"; did you mean \"phone\"?"),
        ("phone", "\"phone\" is not known; write a list of receivers, or off"),
    ] {
        let error = read(notify).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn what_is_not_said_has_these_defaults() {
    let config = parse(&format!(
        "notify:\n  - {{name: a, smtp: {{host: '::1', from: 'SSO <a@b.test>', to: c@d.test}}}}\n\
         heartbeat: {{url: 'http://127.0.0.1/x'}}\n{TARGETS}\n"
    ));
    let receiver = &config.receivers[0];
    assert_eq!(receiver.send, BTreeSet::from([Topic::Broken, Topic::Unknown]));
    assert_eq!((receiver.per_hour, receiver.unknown_after.as_secs()), (12, 900));
    let ReceiverKind::Smtp(smtp) = &receiver.means else { panic!("{receiver:?}") };
    assert_eq!((smtp.port, smtp.tls, smtp.to.len()), (587, MailTls::Starttls, 1));
    assert_eq!(config.heartbeat.unwrap().every.as_secs(), 60);
    assert_eq!(config.targets[0].notify, None);
}

const WITH_SECRETS: &str = "
notify:
  - name: a
    webhook: {url: 'https://hook.test/planted', body: {token: planted, text: '{{text}}', priority: 5, on: true}, http_headers: {X-Key: {secrets: [planted]}}}
  - {name: b, ntfy: {url: 'https://n.test', topic: planted, token: planted}}
  - {name: c, smtp: {host: m.test, from: a@b.test, to: [c@d.test], username: u, password: planted}}
  - {name: d, alertmanager: {urls: ['http://127.0.0.1:9093'], basic_auth: {username: u, password: planted}}}
  - {name: e, telegram: {token: planted, chat: planted}}
  - {name: f, pushover: {token: planted, user: planted}}
  - {name: g, gotify: {url: 'https://g.test', token: planted}}
  - {name: h, matrix: {url: 'https://m.test', token: planted, room: planted}}
  - {name: i, apprise: {url: 'https://a.test', key: planted}}
heartbeat: {url: 'https://hc.test/planted'}
maintenance: [{schedule: '0 3 * * 0', duration: 2h, targets: [home], reason: Sunday}]
";

#[test]
fn what_is_shown_has_no_secret() {
    let config = read(WITH_SECRETS).unwrap();
    for shown in [config.redacted.clone(), format!("{config:?}")] {
        assert!(!shown.contains("planted"), "{shown}");
    }
    for part in ["name: c", "host: m.test", "schedule: 0 3 * * 0", "reason: Sunday", "every: 1m", "per_hour: \"12\""] {
        assert!(config.redacted.contains(part), "{part} is not in\n{}", config.redacted);
    }
}

#[test]
fn no_problem_repeats_a_secret() {
    for (from, to) in [
        ("'https://hook.test/planted'", "'ftp://hook.test/planted'"),
        ("'https://hook.test/planted'", "'http://hook.test/planted'"),
        ("'https://hook.test/planted'", "'planted'"),
        ("topic: planted", "topic: 'planted/planted'"),
        ("'https://hc.test/planted'", "'https://planted:planted@hc.test'"),
    ] {
        let error = read(&WITH_SECRETS.replace(from, to)).unwrap_err().to_string();
        assert!(!error.contains("planted"), "{error}");
    }
}
