//! Servers that send more than any server has reason to: each answer ends at a limit that it names, which is nobody's
//! fault but unknown.

use std::io::Write;

use serde_json::{Value, json};
use ssowatch::{
    checks,
    collect::Collector,
    model::{Missing, Reason, Snapshot, Verdict},
};

use super::{
    pair::{Pair, document, failure},
    server::{Act, answer, html, json as json_answer},
};

const DISCOVERY: &str = "/.well-known/openid-configuration";
const KEYS: &str = "/.well-known/jwks.json";
const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

fn head(more: &str) -> Vec<u8> {
    [OK, more.as_bytes()].concat()
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(plain).unwrap();
    packer.finish().unwrap()
}

/// A full look where one path of the provider is answered like this.
async fn seen(path: &'static str, act: Act) -> Snapshot {
    let pair = Pair::well().await;
    pair.provider_but(path, move |_| act.clone());
    pair.look().await
}

/// The same pair, to be looked at as if for the first time.
fn anew(pair: &mut Pair) -> &Pair {
    pair.collector = Collector::new(pair.clock);
    pair
}

#[tokio::test]
async fn floods_end_at_a_limit_that_is_named_long_before_the_time_is_over() {
    let gzipped = "Content-Encoding: gzip\r\n\r\n";
    let header = b"\x1f\x8b\x08\0\0\0\0\0\0\xff";
    let interim: &[u8] = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
    type Flood = (&'static str, Vec<u8>, Vec<u8>, Reason, &'static str);
    let floods: [Flood; 12] = [
        (
            "100s",
            Vec::new(),
            b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(),
            Reason::TooLarge,
            "more than 20 interim answers",
        ),
        ("103s", Vec::new(), interim.to_vec(), Reason::TooLarge, "more than 20 interim answers"),
        (
            "header lines",
            head(""),
            b"X-A: b\r\n".to_vec(),
            Reason::TooLarge,
            "a head of more than 65536 bytes or 100 lines",
        ),
        ("one header", head("X-A: "), b"a".to_vec(), Reason::TooLarge, "a head of more than 65536 bytes or 100 lines"),
        ("body", head("\r\n"), b" ".to_vec(), Reason::TooLarge, "a body of more than 1000000 bytes"),
        (
            "small chunks",
            head("Transfer-Encoding: chunked\r\n\r\n"),
            b"1\r\n \r\n".to_vec(),
            Reason::TooLarge,
            "a body in more than 10000 pieces",
        ),
        ("a chunk's extension", head("Transfer-Encoding: chunked\r\n\r\n1;"), b"a".to_vec(), Reason::Body, "chunk"),
        (
            "trailers",
            head("Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"),
            b"x: y\r\n".to_vec(),
            Reason::Body,
            "chunk",
        ),
        (
            "a chunk of any size",
            head("Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n"),
            b" ".to_vec(),
            Reason::TooLarge,
            "a body of more than 1000000 bytes",
        ),
        (
            "gzip blocks without output",
            [head(gzipped), header.to_vec()].concat(),
            b"\0\0\0\xff\xff".to_vec(),
            Reason::TooLarge,
            "a body of more than 1000000 bytes",
        ),
        (
            "gzip members without output",
            head(gzipped),
            gzip(b""),
            Reason::TooLarge,
            "a body of more than 1000000 bytes",
        ),
        (
            "a gzip file name",
            [head(gzipped), b"\x1f\x8b\x08\x08\0\0\0\0\0\xff".to_vec()].concat(),
            b"a".to_vec(),
            Reason::TooLarge,
            "a body of more than 1000000 bytes",
        ),
    ];
    for (name, begin, again, reason, words) in floods {
        let (found, detail) = failure(&seen(DISCOVERY, Act::Flood(begin, again)).await.discovery);
        assert_eq!(found, reason, "{name}: {detail}");
        assert!(detail.contains(words), "{name}: {detail}");
    }
}

#[tokio::test]
async fn what_comes_within_the_limits_is_read() {
    let pair = Pair::well().await;
    let body = document(&pair.provider_url()).to_string();
    let interim = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".repeat(20);
    let lines: String = (0..90).map(|line| format!("X-{line}: b\r\n")).collect();
    let chunks: String = body.chars().map(|one| format!("1\r\n{one}\r\n")).collect();
    let chunked = format!("{lines}Transfer-Encoding: chunked\r\n\r\n{chunks}0\r\nx: y\r\n\r\n");
    let good = [interim, OK.to_vec(), chunked.into_bytes()].concat();
    pair.provider_but(DISCOVERY, move |_| Act::Send(good.clone()));
    let seen = pair.look().await;
    assert_eq!(seen.discovery.get().err(), None);
    let asked = pair.provider.connections();
    assert!(asked < pair.provider.seen().len(), "connections are kept: {asked}");
}

#[tokio::test]
async fn a_compression_bomb_is_not_inflated_and_members_are_read_on() {
    let bomb = gzip(&vec![b' '; 30_000_000]);
    let members = gzip(&vec![b' '; 900_000]).repeat(30);
    let double = gzip(&gzip(b"{}"));
    for (body, encoding, reason) in [
        (bomb, "gzip", Reason::TooLarge),
        (members, "gzip", Reason::TooLarge),
        (double.clone(), "gzip, gzip", Reason::Body),
        (double, "gzip", Reason::Body),
        (b"{}".to_vec(), "zstd", Reason::Body),
    ] {
        let act = answer(200, &[("Content-Encoding", encoding)], &body);
        let (found, detail) = failure(&seen(DISCOVERY, act).await.discovery);
        assert_eq!(found, reason, "{encoding}: {detail}");
    }
}

/// Answers that fit into the bytes that are read, and hold more than any server has.
fn too_many(base: &str) -> Vec<(&'static str, &'static str, String, &'static str)> {
    let document = |name: &str, value: Value| {
        let mut document = document(base);
        document[name] = value;
        document.to_string()
    };
    let amplified =
        document("z", json!("Z")).replace("\"Z\"", &format!("[{}]", vec![r#"{"":[0,0,0]}"#; 990].join(",")));
    let many = document("z", json!("Z")).replace("\"Z\"", &format!("[{}]", vec![r#"[0,0,0,0,0,0]"#; 900].join(",")));
    let endpoints: String = (0..48_000).map(|n| format!(r#","{n}_endpoint":"x""#)).collect();
    let endpoints = document("z", json!(1)).replace(r#","z":1"#, &endpoints);
    let deep = document("z", json!("Z")).replace("\"Z\"", &format!("{}{}", "[".repeat(90_000), "]".repeat(90_000)));
    let keys = |key: &str, times| format!(r#"{{"keys":[{}]}}"#, vec![key; times].join(","));
    let members: String = (0..44_000).map(|n| format!(r#","{n:x}":1"#)).collect();
    vec![
        ("objects of one member", DISCOVERY, amplified, "more than 4000 values"),
        ("values", DISCOVERY, many, "more than 4000 values"),
        ("members", DISCOVERY, endpoints, "more than 400 members in an object"),
        ("levels", DISCOVERY, deep, "more than 16 levels of lists and objects"),
        (
            "scopes",
            DISCOVERY,
            document("scopes_supported", vec!["a"; 2_000].into()),
            "more than 1000 entries in a list",
        ),
        ("keys that are none", KEYS, keys("0", 499_000), "more than 2000 entries in a list"),
        ("keys", KEYS, keys(r#"{"kty":"EC"}"#, 101), "more than 100 keys in the set"),
        (
            "members of a key",
            KEYS,
            keys(&format!(r#"{{"kty":"EC"{members}}}"#), 1),
            "more than 1000 members in an object",
        ),
    ]
}

#[tokio::test]
async fn what_holds_more_than_any_server_has_is_unknown_with_the_limits_name_and_no_fault() {
    let mut pair = Pair::well().await;
    for (name, path, body, words) in too_many(&pair.provider_url()) {
        assert!(body.len() <= 1_000_000, "{name}: {}", body.len());
        pair.provider_but(path, move |_| json_answer(200, &body));
        let seen = anew(&mut pair).look().await;
        let (reason, detail) = if path == KEYS { failure(&seen.jwks) } else { failure(&seen.discovery) };
        assert_eq!((reason, detail.as_str()), (Reason::TooLarge, words), "{name}");
        let report = checks::evaluate(&seen, None);
        for id in ["discovery_served", "jwks_usable"] {
            let check = report.check(id).unwrap();
            assert_ne!(check.verdict, Verdict::Fail, "{name}: {id}");
        }
    }
}

#[tokio::test]
async fn the_apps_answers_are_limited_too() {
    let pair = Pair::well().await;
    let configs = vec![r#"{"oidc_id":"5ca1ab1e000040008000000000000001"}"#; 101].join(",");
    for (path, body, words) in [
        (
            "/api/login_settings",
            format!(r#"{{"sso_enabled":true,"oidc":{{"oidc_configs":[{configs}]}}}}"#),
            "more than 100 OpenID configs",
        ),
        ("/api/sso", format!(r#"{{"url":"{}"}}"#, "x".repeat(40_000)), "more than 32768 bytes in the authorize URL"),
    ] {
        pair.kasm_but(path, move |_| json_answer(200, &body));
        let seen = pair.look().await;
        let missing =
            if path == "/api/sso" { seen.login_start.get().err() } else { seen.kasm_login_settings.get().err() };
        let Some(Missing::Failed { reason, detail, .. }) = missing else { panic!("{path}: {missing:?}") };
        assert_eq!((reason, detail.as_str()), (Reason::TooLarge, words));
    }
}

#[tokio::test]
async fn a_page_of_any_size_costs_little_and_a_larger_one_is_not_read() {
    let mut pair = Pair::well().await;
    pair.provider_but("/", |_| html(200, &"<a ".repeat(600_000)));
    assert!(pair.look().await.provider_page.get().unwrap().title.is_none());
    pair.provider_but("/", |_| Act::Flood(begin_of_page(), b"<b>".to_vec()));
    assert_eq!(failure(&anew(&mut pair).look().await.provider_page).0, Reason::TooLarge);
}

fn begin_of_page() -> Vec<u8> {
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n".to_vec()
}

#[tokio::test]
async fn a_second_answer_behind_the_first_answers_no_other_question() {
    let pair = Pair::well().await;
    let whole =
        |body: &str| [head(&format!("Content-Length: {}\r\n\r\n", body.len())), body.as_bytes().to_vec()].concat();
    let document = document(&pair.provider_url()).to_string();
    let both = [whole(&document), whole(r#"{"keys":[{"kty":"RSA","kid":"forged"}]}"#)].concat();
    pair.provider_but(DISCOVERY, move |_| Act::Send(both.clone()));
    let seen = pair.look().await;
    assert_eq!(seen.discovery.get().err(), None);
    assert_eq!(seen.jwks.get().unwrap().keys[0].kid.as_deref(), Some("k1"));
}

#[tokio::test]
async fn answers_that_are_odd_but_whole_are_read_and_lies_about_their_length_are_not() {
    let pair = Pair::well().await;
    let body = document(&pair.provider_url()).to_string();
    let with = |more: &str, body: &str| [head(more), body.as_bytes().to_vec()].concat();
    let length = body.len();
    let chunked = format!("{length:x}\r\n{body}\r\n0\r\n\r\n");
    let cases: [(&str, Act, Option<Reason>); 9] = [
        ("HTTP/1.0", Act::SendAndClose(format!("HTTP/1.0 200 OK\r\n\r\n{body}").into_bytes()), None),
        ("no length", Act::SendAndClose(with("\r\n", &body)), None),
        (
            "a length twice",
            Act::Send(with(&format!("Content-Length: {length}\r\nContent-Length: {length}\r\n\r\n"), &body)),
            None,
        ),
        (
            "two lengths",
            Act::SendAndClose(with(&format!("Content-Length: 5\r\nContent-Length: {length}\r\n\r\n"), &body)),
            Some(Reason::Body),
        ),
        ("a short length", Act::SendAndClose(with("Content-Length: 10\r\n\r\n", &body)), Some(Reason::Body)),
        ("a long length", Act::SendAndClose(with("Content-Length: 999999\r\n\r\n", &body)), Some(Reason::Connect)),
        (
            "a huge length",
            Act::SendAndHang(with("Content-Length: 18446744073709551615\r\n\r\n", &body)),
            Some(Reason::TooLarge),
        ),
        ("a negative length", Act::SendAndClose(with("Content-Length: -1\r\n\r\n", &body)), Some(Reason::Body)),
        (
            "length and chunks",
            Act::Send(with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", &chunked)),
            None,
        ),
    ];
    for (name, act, reason) in cases {
        let seen = seen(DISCOVERY, act).await.discovery;
        match reason {
            None => assert_eq!(seen.get().err(), None, "{name}"),
            Some(reason) => assert_eq!(failure(&seen).0, reason, "{name}: {seen:?}"),
        }
    }
}
