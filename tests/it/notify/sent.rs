//! What goes over the wire to webhooks and ntfy, against the documented form; and receivers that misbehave.

use std::{
    io::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};
use ssowatch::{
    clock::Clock,
    collect::webhook_client::SendError,
    notify::{
        Message, Phase,
        send::{Sender, Transport as _},
    },
};

use super::fake::{Bench, ended, item, message, parse, receiver, refuse};
use crate::collect::{
    pki::Authority,
    server::{Act, Seen, Server, answer, bytes, json as json_answer, redirect},
};

const SITE: &str = "https://sso.example.test/watch";

fn sender() -> Sender {
    Sender::new(Clock::System, Some(SITE.to_owned()))
}

async fn willing() -> Server {
    let server = Server::plain().await;
    server.does(|_| json_answer(200, "{}"));
    server
}

/// Sends a message to a receiver of this configuration; the request that came.
async fn sent(config: &str, server: &Server, message: &Message) -> Seen {
    sender().deliver(&receiver(config), message).await.unwrap();
    server.seen().pop().unwrap()
}

fn body(seen: &Seen) -> Value {
    serde_json::from_str(&seen.body).unwrap()
}

#[tokio::test]
async fn a_webhook_gets_json_by_post() {
    let server = willing().await;
    let config =
        format!("webhook: {{url: 'http://{}/hook/a?b=c', http_headers: {{X-Key: {{secrets: [k]}}}}}}", server.address);
    let seen = sent(&config, &server, &message(Phase::Begun)).await;
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/hook/a?b=c"));
    assert_eq!((seen.header("content-type"), seen.header("x-key")), (Some("application/json"), Some("k")));
    let text = body(&seen)["text"].as_str().unwrap().to_owned();
    assert!(
        text.contains("Cause: redirect_uri_registered") && text.ends_with(&format!("{SITE}/targets/home")),
        "{text}"
    );
    let expected = json!({
        "format": 1,
        "event": "broken",
        "resolved": false,
        "title": "home: people cannot sign in",
        "text": text,
        "url": "https://sso.example.test/watch/targets/home",
        "targets": [{
            "target": "home",
            "topic": "broken",
            "resolved": false,
            "login": "broken",
            "cause": "redirect_uri_registered",
            "title": "Kasm's redirect URL is registered",
            "what": "Pocket ID refuses it: \"\\ and a line\nbreak",
            "fix": "Enter the other one",
            "since": "2026-11-24T00:00:00Z",
            "until": null,
            "url": "https://sso.example.test/watch/targets/home",
        }],
    });
    assert_eq!(body(&seen), expected);
    let seen = sent(&config, &server, &message(ended())).await;
    let body = body(&seen);
    assert_eq!((&body["event"], &body["resolved"]), (&json!("fixed"), &json!(true)));
    assert_eq!(body["targets"][0]["until"], "2026-11-24T00:20:00Z");
}

#[tokio::test]
async fn a_body_of_ones_own_keeps_its_form_whatever_a_server_said() {
    let server = willing().await;
    let config = format!(
        "webhook: {{url: 'http://{}/', body: {{content: '**{{{{title}}}}** {{{{what}}}}', n: 5, on: true, none: null, \
         id: '007', list: ['{{{{target}}}}', {{deep: '{{{{ since }}}}'}}], done: '{{{{resolved}}}}', \
         '{{{{key}}}}': kept}}}}",
        server.address
    );
    let seen = sent(&config, &server, &message(Phase::Begun)).await;
    let expected = json!({
        "content": "**home: people cannot sign in** Pocket ID refuses it: \"\\ and a line\nbreak",
        "n": 5,
        "on": true,
        "none": null,
        "id": "007",
        "list": ["home", {"deep": "2026-11-24T00:00:00Z"}],
        "done": "false",
        "{{key}}": "kept",
    });
    assert_eq!(body(&seen), expected);
    let seen = sent(&config, &server, &Message::test()).await;
    assert_eq!(body(&seen)["content"], "**ssowatch: a test message** ");
}

#[tokio::test]
async fn ntfy_gets_its_json_form() {
    let server = willing().await;
    let config = format!("ntfy: {{url: 'http://{}', topic: alerts, token: tk_1, tags: [sso]}}", server.address);
    let seen = sent(&config, &server, &message(Phase::Begun)).await;
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/"));
    assert_eq!(seen.header("authorization"), Some("Bearer tk_1"));
    let sent_body = body(&seen);
    assert_eq!(sent_body["topic"], "alerts");
    assert_eq!(sent_body["title"], "home: people cannot sign in");
    assert!(sent_body["message"].as_str().unwrap().contains("Fix: Enter the other one"));
    assert_eq!(sent_body["priority"], 5);
    assert_eq!(sent_body["tags"], json!(["rotating_light", "sso"]));
    assert_eq!(sent_body["click"], "https://sso.example.test/watch/targets/home");
    let seen = sent(&config, &server, &message(ended())).await;
    assert_eq!((&body(&seen)["priority"], &body(&seen)["tags"][0]), (&json!(3), &json!("white_check_mark")));
    let mut items: Vec<_> = (0..60).map(|number| item(&format!("t{number}"), Phase::Begun)).collect();
    for (number, item) in items.iter_mut().enumerate() {
        item.notice.what = format!("{number} {}", "ß".repeat(100));
    }
    let seen = sent(&config, &server, &Message { items, held_until: None }).await;
    let long = body(&seen)["message"].as_str().unwrap().len();
    assert!((4000..=4096).contains(&long), "what is longer would become an attachment: {long}");
}

/// What each chat or push service gets, against its documentation: the method, the path, the token in the head, the body.
#[tokio::test]
async fn each_chat_and_push_service_gets_its_own_form() {
    let server = willing().await;
    let url = format!("url: 'http://{}/sub'", server.address);
    let page = "https://sso.example.test/watch/targets/home";
    for (config, method, path, bearer, mut expected) in [
        (
            format!("telegram: {{{url}, token: '12:tele_gram', chat: '-100123'}}"),
            "POST",
            "/sub/bot12:tele_gram/sendMessage",
            None,
            json!({"chat_id": "-100123", "link_preview_options": {"is_disabled": true}, "text": "both"}),
        ),
        (
            format!("pushover: {{{url}, token: app, user: me}}"),
            "POST",
            "/sub/1/messages.json",
            None,
            json!({"token": "app", "user": "me", "priority": 1, "url": page, "title": "title", "message": "TEXT"}),
        ),
        (
            format!("gotify: {{{url}, token: goti}}"),
            "POST",
            "/sub/message",
            Some("Bearer goti"),
            json!({"priority": 8, "extras": {"client::notification": {"click": {"url": page}}}, "title": "title",
                "message": "TEXT"}),
        ),
        (
            format!("matrix: {{{url}, token: matri, room: '!a b:example.test'}}"),
            "PUT",
            "/sub/_matrix/client/v3/rooms/!a%20b:example.test/send/m.room.message/ssowatch-",
            Some("Bearer matri"),
            json!({"msgtype": "m.text", "body": "both"}),
        ),
        (
            format!("apprise: {{{url}, key: 'k/1'}}"),
            "POST",
            "/sub/notify/k%2F1",
            None,
            json!({"type": "failure", "format": "text", "title": "title", "body": "TEXT"}),
        ),
    ] {
        let seen = sent(&config, &server, &message(Phase::Begun)).await;
        assert_eq!((seen.method.as_str(), seen.header("authorization")), (method, bearer), "{config}");
        assert!(seen.target.starts_with(path), "{}", seen.target);
        let got = body(&seen);
        for (key, value) in expected.as_object_mut().unwrap() {
            let text = got[key].as_str().unwrap_or_default();
            match value.as_str() {
                Some("both") => {
                    assert!(text.starts_with("home: people cannot sign in\n\n"), "{text}");
                    assert!(text.contains("Fix: Enter the other one"), "{text}");
                }
                Some("title") => assert_eq!(text, "home: people cannot sign in"),
                Some("TEXT") => assert!(text.contains("Fix: Enter the other one"), "{text}"),
                _ => assert_eq!(&got[key], value, "{key}"),
            }
        }
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&got), keys(&expected), "nothing else");
    }
    let priorities = [("pushover", "token: a, user: b", 0), ("gotify", "token: a", 4)];
    for (kind, keys, over) in priorities {
        let seen = sent(&format!("{kind}: {{{url}, {keys}}}"), &server, &message(ended())).await;
        assert_eq!(body(&seen)["priority"], over, "{kind}");
    }
    for (all, kind) in [(message(ended()), "success"), (Message::test(), "info")] {
        let seen = sent(&format!("apprise: {{{url}, key: k}}"), &server, &all).await;
        assert_eq!(body(&seen)["type"], kind);
    }
}

#[tokio::test]
async fn a_service_that_takes_short_texts_only_gets_a_cut_one_that_says_so() {
    let server = willing().await;
    let mut long = message(Phase::Begun);
    long.items[0].notice.what = "ß".repeat(9_000);
    for (kind, keys, field, most) in
        [("telegram", "token: a, chat: b", "text", 4096), ("pushover", "token: a, user: b", "message", 1024)]
    {
        let seen = sent(&format!("{kind}: {{url: 'http://{}', {keys}}}", server.address), &server, &long).await;
        let text = body(&seen)[field].as_str().unwrap().to_owned();
        assert!(text.ends_with('…') && text.chars().count() == most, "{kind}: {}", text.chars().count());
    }
}

#[tokio::test]
async fn apprise_that_knows_nobody_under_the_key_has_told_nobody() {
    let server = Server::plain().await;
    server.does(|_| answer(204, &[], ""));
    let config = format!("apprise: {{url: 'http://{}', key: k}}", server.address);
    let untold = sender().deliver(&receiver(&config), &message(Phase::Begun)).await.unwrap_err();
    assert_eq!(untold.detail, "HTTP 204: Apprise has nothing stored under this key");
}

#[tokio::test]
async fn no_answer_of_a_service_repeats_its_token_or_whom_it_tells() {
    let server = Server::plain().await;
    server.does(|seen| {
        answer(
            400,
            &[],
            format!(
                "no: {} {} {}",
                seen.target,
                seen.body,
                seen.headers.values().cloned().collect::<Vec<_>>().join(" ")
            ),
        )
    });
    for config in [
        "telegram: {url: URL, token: '12:tele_gram_canary', chat: '-100123canary'}",
        "pushover: {url: URL, token: push_token_canary, user: push_user_canary}",
        "gotify: {url: URL, token: gotify_token_canary}",
        "matrix: {url: URL, token: matrix_token_canary, room: '!room_canary:a.test'}",
        "apprise: {url: URL, key: apprise_key_canary}",
    ] {
        let config = config.replace("URL", &format!("'http://{}'", server.address));
        let untold = sender().deliver(&receiver(&config), &message(Phase::Begun)).await.unwrap_err();
        assert!(untold.detail.starts_with("HTTP 400: no: ") && !untold.detail.contains("canary"), "{untold:?}");
    }
}

/// Why a server that does this does not take a message.
async fn refusal(act: Act) -> Result<(), SendError> {
    refusal_within(act, "10s").await
}

async fn refusal_within(act: Act, limit: &str) -> Result<(), SendError> {
    let server = Server::plain().await;
    server.does(move |_| act.clone());
    let config = format!("webhook: {{url: 'http://{}/token-in-the-path', timeout: {limit}}}", server.address);
    let outcome = sender().deliver(&receiver(&config), &message(Phase::Begun)).await;
    assert_eq!(server.seen().len(), 1, "no request is sent twice, and no redirect is followed");
    outcome
}

#[tokio::test]
async fn a_receiver_that_says_no_is_told_of_in_its_own_words_but_for_secrets() {
    for (act, says) in [
        (answer(500, &[], "it broke"), "HTTP 500: it broke"),
        (json_answer(400, r#"{"code":40001,"error":"no such field"}"#), "HTTP 400: no such field"),
        (json_answer(401, "{}"), "HTTP 401 (check the token or the password): {}"),
        (answer(404, &[], "Cannot POST /token-in-the-path"), "HTTP 404 (check the address): Cannot POST /(masked)"),
        (answer(404, &[("Content-Type", "text/html")], "<html>"), "HTTP 404 (check the address)"),
        (redirect(302, "http://127.0.0.1:9/"), "HTTP 302 (a redirect, which is not followed: write the address"),
        (answer(418, &[], [&[b'x'; 3000][..], b"\n"].concat()), "HTTP 418: xxx"),
        (Act::SendAndClose(b"HTTP/1.1 200".to_vec()), "clos"),
        (Act::SendAndClose(b"220 mail.example.test ESMTP\r\n".to_vec()), "does not speak HTTP"),
    ] {
        let shown = format!("{act:?}").chars().take(80).collect::<String>();
        let untold = refusal(act).await.expect_err(&shown);
        assert!(untold.detail.contains(says), "{shown}: {untold:?}");
        assert!(untold.detail.chars().count() < 400 && !untold.detail.contains("token-in-the-path"), "{untold:?}");
    }
    let asked = refusal(answer(429, &[("Retry-After", "120")], "slow down")).await.unwrap_err();
    assert_eq!(asked.retry_after, Some(Duration::from_secs(120)));
}

#[tokio::test]
async fn a_receiver_that_took_it_has_it_however_its_answer_goes_on() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\nxxx".to_vec();
    refusal(Act::SendAndHang(head)).await.unwrap();
    refusal(Act::Send(bytes(204, &[], ""))).await.unwrap();
    refusal(Act::Send(bytes(200, &[], vec![b'x'; 5_000_000]))).await.unwrap();
}

#[tokio::test]
async fn a_receiver_that_hangs_is_not_waited_for() {
    for act in [Act::SendAndHang(Vec::new()), Act::Drip(bytes(200, &[("X-Long", &"x".repeat(2000))], "x"))] {
        let untold = refusal_within(act, "500ms").await.unwrap_err();
        assert!(untold.detail.contains("within 1.5 s"), "{untold:?}");
    }
}

#[tokio::test]
async fn nothing_is_sent_to_a_server_whose_certificate_is_not_trusted() {
    let authority = Authority::new("ours");
    let server = Server::tls(authority.issue(&["localhost"]).config()).await;
    server.does(|_| json_answer(200, "{}"));
    let url = format!("https://localhost:{}/", server.port());
    let untold =
        sender().deliver(&receiver(&format!("webhook: {{url: '{url}'}}")), &Message::test()).await.unwrap_err();
    assert!(untold.detail.contains("certificate is not trusted"), "{untold:?}");
    assert!(server.seen().is_empty());
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, &authority.pem).unwrap();
    let config = format!("webhook: {{url: '{url}', tls_config: {{ca_file: '{}'}}}}", ca.display());
    sender().deliver(&receiver(&config), &Message::test()).await.unwrap();
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn an_address_that_is_read_from_a_file_is_read_at_each_use() {
    let server = willing().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("url");
    let receiver = receiver(&format!("webhook: {{url_file: '{}'}}", file.display()));
    let untold = sender().deliver(&receiver, &Message::test()).await.unwrap_err();
    assert!(untold.detail.contains(&file.display().to_string()), "{untold:?}");
    std::fs::write(&file, "not an address").unwrap();
    let untold = sender().deliver(&receiver, &Message::test()).await.unwrap_err();
    assert!(untold.detail.contains("url_file holds no address"), "{untold:?}");
    std::fs::write(&file, format!("http://{}/later\n", server.address)).unwrap();
    sender().deliver(&receiver, &Message::test()).await.unwrap();
    assert_eq!(server.seen()[0].path(), "/later");
}

#[tokio::test]
async fn a_heartbeat_is_a_get_of_the_address_as_it_is_written() {
    let server = willing().await;
    let text =
        format!("heartbeat: {{url: 'http://{}/api/push/abc?status=up&msg=OK&ping='}}\ntargets: []", server.address);
    let heartbeat = parse(&text).heartbeat.unwrap();
    sender().beat(&heartbeat).await.unwrap();
    let seen = server.seen();
    assert_eq!((seen[0].method.as_str(), seen[0].target.as_str()), ("GET", "/api/push/abc?status=up&msg=OK&ping="));
    server.does(|_| json_answer(404, "{}"));
    let untold = sender().beat(&heartbeat).await.unwrap_err();
    assert!(untold.detail.contains("HTTP 404"), "{untold:?}");
}

const TWO: &str = "
notify:
  - {name: bad, webhook: {url: 'https://bad.example.test/canary'}}
  - {name: good, webhook: {url: 'https://good.example.test/canary'}}
targets: [{name: home, provider: {url: 'https://id.example.test'}, kasm: {url: 'https://kasm.example.test'}}]
";

#[tokio::test(start_paused = true)]
async fn a_receiver_that_hangs_delays_neither_a_round_nor_another_receiver() {
    let script = |_: &str, at: chrono::TimeDelta| if at.num_minutes() >= 5 { "broken" } else { "ok" };
    let hangs = |receiver: &str, _| if receiver == "bad" { refuse("hangs") } else { Ok(()) };
    let bench = Bench::new(TWO, script, hangs).await;
    bench.until(3600).await;
    let rounds = bench.look.rounds.load(std::sync::atomic::Ordering::Relaxed);
    assert!((60..=63).contains(&rounds), "{rounds} rounds in an hour");
    let told = bench.post.told();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].1.as_str(), told[0].2.as_str()), ("good", "home: people cannot sign in"));
    let stopped = tokio::time::timeout(Duration::from_secs(5), bench.stop()).await;
    assert!(stopped.is_ok(), "a stop is not held up");
}

#[tokio::test(start_paused = true)]
async fn a_reload_keeps_what_was_told_and_tells_a_new_receiver() {
    let script = |_: &str, at: chrono::TimeDelta| if at.num_minutes() >= 5 { "broken" } else { "ok" };
    let mut bench = Bench::new(TWO, script, |_, _| Ok(())).await;
    bench.until(600).await;
    assert_eq!(bench.post.told().len(), 2);
    bench.reload(&TWO.replace("name: bad", "name: new")).await;
    bench.until(1200).await;
    let told: Vec<String> = bench.post.told().into_iter().map(|(_, receiver, _)| receiver).collect();
    assert_eq!(told, ["bad", "good", "new"]);
    bench.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_is_untold_when_the_daemon_stops_is_told_then() {
    let bench = Bench::new(TWO, |_, _| "broken", |_, _| Ok(())).await;
    // Confirmed, and waiting for news of other targets.
    bench.until(12).await;
    assert!(bench.post.told().is_empty());
    assert_eq!(bench.stop().await.told().len(), 2);
}

/// Where the log goes.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_secret_of_a_receiver_comes_out_whatever_goes_wrong() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    tracing::info!("the log is read");
    let server = Server::plain().await;
    // Repeats all that it was sent.
    server.does(|seen| {
        let all = format!("{} {:?} {}", seen.target, seen.headers, seen.body);
        json_answer(400, json!({"error": all}).to_string())
    });
    let root = format!("http://{}", server.address);
    for config in [
        format!("webhook: {{url: '{root}/canary', body: {{token: canary, text: '{{{{text}}}}'}}}}"),
        format!("webhook: {{url: '{root}/x?key=canary'}}"),
        format!("ntfy: {{url: '{root}', topic: canary, token: canary}}"),
        format!("webhook: {{url: '{root}/x', basic_auth: {{username: u, password: canary}}}}"),
        format!("webhook: {{url: '{root}/x', http_headers: {{X-Key: {{secrets: [canary]}}}}}}"),
        "webhook: {url: 'https://canary.invalid/canary'}".to_owned(),
    ] {
        let receiver = receiver(&config);
        let outcome = sender().deliver(&receiver, &message(Phase::Begun)).await;
        let shown = format!("{outcome:?} {receiver:?}").replace("canary.invalid", "");
        assert!(!shown.contains("canary"), "{config}: {shown}");
        assert!(!shown.contains("dTpjYW5hcnk="), "user and password as they are sent: {shown}");
    }
    // Where the words are cut in the middle of a secret, none of it is left.
    server.does(|seen| json_answer(400, json!({"error": format!("{}{}", "x".repeat(195), seen.path())}).to_string()));
    let receiver = receiver(&format!("webhook: {{url: '{root}/a-long-secret-token'}}"));
    let untold = sender().deliver(&receiver, &Message::test()).await.unwrap_err();
    assert!(untold.detail.ends_with("xxx/(ma…"), "{untold:?}");
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("the log is read"));
    let log = log.replace("canary.invalid", "");
    assert!(!log.contains("canary"), "{log}");
}
