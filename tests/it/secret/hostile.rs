//! Servers that repeat every credential, in every encoding and in every place that is read: no output shows a part of one
//! that is long enough to be of use.

use std::{collections::BTreeSet, sync::Arc};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ssowatch::{
    collect::{CollectMode, Collector},
    config::{Config, NamedHeader, Secret, SecretSource},
    render::{json, junit, notice, style::Style, text::text},
    round::round,
};

use crate::{
    collect::{
        pair::{CONFIG, Pair, document},
        pki::Authority,
        server::{Act, Seen, Server, answer, html, json as json_answer, redirect},
    },
    faults::surfaces::surfaces,
};

/// Two with characters that encodings change, and some that fit into every place.
const SECRETS: [&str; 7] = [
    "kW7xPq2ZtR9mLd4VsN5cGh8Jb3Yf6TwE0aQu1iXo",
    "Zr8+qN/e3%Lk:Vt&Wm=Xc?Yb\"Ua Tz<Sy>Rx",
    "9fGhJ2kLmN4pQrStUvWxYz7AbCdEfBnM",
    "pass\\word/with\u{fc}ml\u{e4}uts-And-More-42",
    "hDkQwErTyUiOpAsDfGhJkLzXcVbNm0192",
    "Mv3Bq7Zs5Xw1Dc9Fr2Tg6Yh8Uj4Ik0Ol",
    "Lp2Oi8Uy4Tr6Ew1Qa3Sd5Fg7Hj9Kz0Xc",
];

/// One way to write a text.
type Encoding = (&'static str, fn(&str) -> String);

const ENCODINGS: [Encoding; 12] = [
    ("plain", str::to_owned),
    ("all but the last character", |text| text.chars().take(text.chars().count() - 1).collect()),
    ("the middle", |text| text.chars().skip(9).take(12).collect()),
    ("percent", |text| text.bytes().map(|byte| format!("%{byte:02X}")).collect()),
    ("percent, twice", |text| text.bytes().map(|byte| format!("%25{byte:02x}")).collect()),
    ("form", |text| url::form_urlencoded::byte_serialize(text.as_bytes()).collect()),
    ("JSON", |text| text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect()),
    ("HTML", |text| text.chars().map(|letter| format!("&#{};", u32::from(letter))).collect()),
    ("base64", |text| STANDARD.encode(text)),
    ("base64 with a user", |text| STANDARD.encode(format!("user:{text}"))),
    ("base64 with a client", |text| STANDARD.encode(format!("client-1:{text}"))),
    ("base64 for addresses", |text| URL_SAFE_NO_PAD.encode(format!("u{text}"))),
];

/// Where a server says it.
const PLACES: [&str; 8] = [
    "an error",
    "a header",
    "an address",
    "a title",
    "a document",
    "the app's settings",
    "the app's start",
    "a Basic realm",
];

/// All credentials in an encoding, beginning with one: what is shown is cut, so each must come first once.
fn said(encode: fn(&str) -> String, first: usize) -> String {
    let rotated = SECRETS.iter().cycle().skip(first).take(SECRETS.len());
    rotated.map(|secret| encode(secret)).collect::<Vec<_>>().join(" ")
}

/// A text in a JSON text; one that is escaped already stays so.
fn quoted(text: &str) -> String {
    if text.contains("\\u") {
        text.to_owned()
    } else {
        serde_json::to_string(text).unwrap().trim_matches('"').to_owned()
    }
}

/// What a server answers that repeats this text in this place; none where it is well there.
fn hostile(place: &str, seen: &Seen, text: &str, base: &str) -> Option<Act> {
    let json = quoted(text);
    // A header holds no byte beyond ASCII, and no line break.
    let plain: String = text.chars().filter(|letter| letter.is_ascii() && !letter.is_control()).collect();
    let is_document = seen.path() == "/.well-known/openid-configuration";
    let error =
        format!(r#"{{"error":"{json}","error_description":"{json}","error_message":"{json}","message":"{json}"}}"#);
    match place {
        "an error" => (!is_document && seen.path() != "/api/login_settings").then(|| json_answer(400, error)),
        "a header" => Some(answer(200, &[("Content-Type", &plain), ("Server", &plain), ("Content-Encoding", &plain)], "")),
        "an address" => (!is_document).then(|| redirect(302, &format!("/there/{plain}?error={plain}&error_description={plain}"))),
        "a title" => (!is_document).then(|| html(400, &format!("<html><head><title>{text}</title></head><body><h1>{text}</h1></body>"))),
        "a document" => is_document.then(|| {
            let text = document(base).to_string();
            let lies = format!(r#"{{"scopes_supported":["{json}"],"claims_supported":["{json}"],"x_{json}":"{json}","ui_locales_supported":["{json}"],"token_endpoint":"{base}/{json}","#);
            json_answer(200, text.replacen('{', &lies, 1))
        }),
        "the app's settings" => (seen.path() == "/api/login_settings").then(|| {
            json_answer(200, format!(r#"{{"sso_enabled":true,"oidc":{{"oidc_configs":[{{"oidc_id":"{CONFIG}","display_name":"{json}","enabled":true,"auto_login":false,"default":true}}]}}}}"#))
        }),
        "the app's start" => (seen.path() == "/api/sso").then(|| {
            json_answer(200, format!(r#"{{"url":"{base}/authorize?client_id={json}&scope=openid+{json}&redirect_uri={json}"}}"#))
        }),
        _ => (!is_document).then(|| answer(401, &[("WWW-Authenticate", &format!("Basic realm=\"{plain}\"")), ("Retry-After", &plain)], "")),
    }
}

/// Every part of 8 characters of every form of a credential.
fn parts() -> BTreeSet<String> {
    let mut parts = BTreeSet::new();
    let mut add = |form: &str| {
        let letters: Vec<char> = form.chars().collect();
        parts.extend(letters.windows(8).map(|part| part.iter().collect::<String>()));
    };
    for secret in SECRETS {
        add(secret);
        add(&url::form_urlencoded::byte_serialize(secret.as_bytes()).collect::<String>());
        add(&quoted(secret));
        for before in 0..3 {
            let encoded = STANDARD.encode([&vec![0; before], secret.as_bytes()].concat());
            let (first, end) = ((before * 8).div_ceil(6), (before + secret.len()) * 8 / 6);
            add(&encoded[first..end]);
            add(&encoded[first..end].replace('+', "-").replace('/', "_"));
        }
    }
    parts
}

fn assert_none(parts: &BTreeSet<String>, what: &str, shown: &str) {
    let letters: Vec<char> = shown.chars().collect();
    let found = letters.windows(8).map(|part| part.iter().collect::<String>()).find(|part| parts.contains(part));
    assert_eq!(found, None, "{what} shows a part of a credential:\n{shown}");
}

fn source(secret: &str) -> SecretSource {
    SecretSource::Inline(Secret::new(secret.to_owned()))
}

/// Gives the target a credential in every field that can hold one.
fn arm(pair: &mut Pair) {
    let (provider, app) = (&mut pair.target.provider, &mut pair.target.app);
    provider.client_secret = Some(source(SECRETS[3]));
    provider.api_key = Some(source(SECRETS[2]));
    app.api_key = Some(source(SECRETS[4]));
    app.api_key_secret = Some(source(SECRETS[5]));
    app.http.basic_auth = Some(("operator".to_owned(), source(SECRETS[1])));
    provider.http.headers = vec![NamedHeader { name: "X-Access".to_owned(), value: source(SECRETS[6]) }];
    app.http.headers = vec![NamedHeader { name: "X-Access".to_owned(), value: source(SECRETS[0]) }];
    pair.target.token_enabled = true;
}

/// Makes both servers repeat the text in that place.
fn repeat(pair: &Pair, place: &'static str, text: &str) {
    let (provider_url, kasm_url) = (pair.provider_url(), pair.kasm_url());
    let text: Arc<str> = text.into();
    type Server = Box<dyn Fn(&Seen) -> Act + Send + Sync>;
    let wells: [Server; 2] = [
        Box::new(crate::collect::pair::pocket_id(&provider_url, &kasm_url)),
        Box::new(crate::collect::pair::a_kasm(&provider_url, &kasm_url)),
    ];
    for (server, well) in [&pair.provider, &pair.kasm].into_iter().zip(wells) {
        let (text, base) = (Arc::clone(&text), provider_url.clone());
        server.does(move |seen| hostile(place, seen, &text, &base).unwrap_or_else(|| well(seen)));
    }
}

#[tokio::test]
async fn no_output_of_a_round_shows_what_a_server_repeats() {
    let parts = parts();
    let mut pair = Pair::well().await;
    arm(&mut pair);
    let mut was_masked = 0;
    for place in PLACES {
        for (number, (encoding, encode)) in ENCODINGS.into_iter().enumerate() {
            for first in [number % SECRETS.len(), (number + 3) % SECRETS.len()] {
                repeat(&pair, place, &said(encode, first));
                let round = round(&Collector::new(pair.clock), &pair.target, None, CollectMode::Full).await;
                let mut shown = vec![
                    serde_json::to_string(&round.snapshot).unwrap(),
                    format!("{round:?}"),
                    text(&round.report, &round.snapshot, Style::PLAIN),
                    json::json([&round.report]).unwrap(),
                    junit::junit([&round.report]).unwrap(),
                    format!("{:?}", notice::login(&round.report)),
                ];
                shown.extend(round.report.checks.iter().map(|check| format!("{:?}", notice::of(&round.report, check))));
                for shown in &shown {
                    was_masked += usize::from(shown.contains("(masked)"));
                    assert_none(&parts, &format!("{place}, {encoding}"), shown);
                }
            }
        }
    }
    assert!(was_masked > 100, "the servers were heard: {was_masked}");
}

#[tokio::test]
async fn no_page_metric_or_log_line_shows_what_a_server_repeats() {
    let parts = parts();
    let mut pair = Pair::well().await;
    arm(&mut pair);
    for (number, place) in PLACES.into_iter().enumerate() {
        let (encoding, encode) = ENCODINGS[number];
        repeat(&pair, place, &said(encode, number % SECRETS.len()));
        for told in surfaces(Config::of_targets(vec![pair.target.clone()])).await {
            assert_none(&parts, &format!("{} with {place}, {encoding}", told.surface), &told.text);
        }
    }
}

#[tokio::test]
async fn a_name_in_a_certificate_that_is_a_credential_is_not_shown() {
    let parts = parts();
    let authority = Authority::new(SECRETS[2]);
    let name = format!("{}.example.test", SECRETS[0]);
    let server = Server::tls(authority.issue(&[&name]).config()).await;
    let base = format!("https://127.0.0.1:{}", server.port());
    let mut pair = Pair::of(server, &base, Server::plain().await, "http://127.0.0.1:9");
    arm(&mut pair);
    let seen = pair.look().await;
    let connection = seen.provider_connection.get().unwrap();
    let chain = &connection.tls.as_ref().unwrap().chain;
    assert_eq!(chain[0].names, ["(masked).example.test"]);
    assert!(chain[0].issuer.contains("(masked)"), "{chain:?}");
    assert_none(&parts, "the snapshot", &serde_json::to_string(&seen).unwrap());
}

#[test]
fn the_search_finds_each_encoding_that_is_not_masked() {
    let parts = parts();
    for (encoding, encode) in ENCODINGS {
        let text = said(encode, 0);
        let found =
            text.chars().collect::<Vec<_>>().windows(8).any(|part| parts.contains(&part.iter().collect::<String>()));
        // What these hide is found once a reader has taken them away.
        let hides = ["percent", "percent, twice", "JSON", "HTML"].contains(&encoding);
        assert!(found || hides, "{encoding}");
    }
}
