//! Texts of servers that mean harm: escape sequences, markup, line breaks, and lengths without end.

use serde_json::json;
use ssowatch::{
    collect::CollectMode,
    config::Config,
    render::{json::json as as_json, junit::junit, style::Style, text::text},
    round::{Round, round},
    web::page::SCRIPT,
};
use url::form_urlencoded;

use super::surfaces::{Told, surfaces};
use crate::collect::{
    pair::{CLIENT, CONFIG, Pair, authorize_url, document},
    server,
};

/// The longest piece of a server's text that is told, in characters.
const LONGEST: usize = 800;

/// A terminal that is cleared and renamed, a script, a metric, a line of a log; then more of the same letter than anybody
/// reads.
fn attack(length: usize) -> String {
    let start = "\x1b[2J\x1b]0;owned\x07\r\n\"></title></script><script>alert(1)</script>{{owned}}\\\n\
                 ssowatch_login_success{target=\"owned\"} 1\nts=1 level=info msg=\"owned\"\n\u{202e}\u{9b}31m\0";
    format!("{start}{}", "A".repeat(length))
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Puts the text into one kind of answer of a pair that is well otherwise.
type Plant = fn(&Pair, String);

/// Every place where a server's text can come in.
const PLACES: &[(&str, Plant)] = &[
    ("Kasm's button", |pair, text| {
        pair.kasm_but("/api/login_settings", move |_| {
            let config = json!({"oidc_id": CONFIG, "display_name": text, "enabled": true, "auto_login": true});
            server::json(200, json!({"sso_enabled": true, "oidc": {"oidc_configs": [config]}}).to_string())
        });
    }),
    ("Kasm's health", |pair, text| {
        pair.kasm_but("/api/__healthcheck", move |_| {
            server::json(500, json!({"ok": false, "error_message": text}).to_string())
        });
    }),
    ("Kasm's refusal to start", |pair, text| {
        pair.kasm_but("/api/sso", move |_| server::json(200, json!({"error_message": text}).to_string()));
    }),
    ("Kasm's authorize URL", |pair, text| {
        let url = authorize_url(&pair.provider_url(), &pair.kasm_url());
        let text = encoded(&text);
        let url = url.replace("scope=openid", &format!("scope=openid,{text}")).replace(CLIENT, &text);
        let url = url.replace("oidc_callback", &format!("oidc_callback{text}"));
        pair.kasm_but("/api/sso", move |_| server::json(200, json!({"url": url}).to_string()));
    }),
    ("Kasm's authorize URL, which is none", |pair, text| {
        pair.kasm_but("/api/sso", move |_| server::json(200, json!({"url": text}).to_string()));
    }),
    ("the titles of both pages", |pair, text| {
        let page = format!("<title>{text}</title><script src=\"/{}\"></script>", encoded(&text));
        let of_kasm = page.clone();
        pair.kasm_but("/", move |_| server::html(200, &of_kasm));
        pair.provider_but("/", move |_| server::html(200, &page));
    }),
    ("the discovery document", |pair, text| {
        let mut document = document(&pair.provider_url());
        document["issuer"] = json!(format!("{}/{text}", pair.provider_url()));
        document["scopes_supported"] = json!([text, "openid"]);
        document["token_endpoint"] = json!(format!("https://elsewhere.example.test/{text}"));
        document["userinfo_endpoint"] = json!(text);
        document["subject_types_supported"] = json!([text]);
        document["response_types_supported"] = json!([text]);
        document["id_token_signing_alg_values_supported"] = json!([text]);
        document[text.as_str()] = json!(text);
        pair.provider_but("/.well-known/openid-configuration", move |_| server::json(200, document.to_string()));
    }),
    ("the error page in place of the discovery document", |pair, text| {
        pair.provider_but("/.well-known/openid-configuration", move |_| {
            server::html(503, &format!("<html><title>{text}</title><h1>{text}</h1></html>"))
        });
    }),
    ("the key set", |pair, text| {
        pair.provider_but("/.well-known/jwks.json", move |_| {
            let key = json!({"kty": text, "kid": text, "alg": text, "use": text, "n": text, "e": "AQAB"});
            server::json(200, json!({"keys": [key]}).to_string())
        });
    }),
    ("the refusal of the userinfo endpoint", |pair, text| {
        pair.provider_but("/api/oidc/userinfo", move |_| server::json(500, json!({"error": text}).to_string()));
    }),
    ("the error that sends people back", |pair, text| {
        let (callback, text) = (format!("{}/api/oidc_callback", pair.kasm_url()), encoded(&text));
        pair.provider_but("/authorize", move |_| {
            server::redirect(303, &format!("{callback}?error={text}&error_description={text}&state={text}"))
        });
    }),
    ("the provider's error page", |pair, text| {
        pair.provider_but("/authorize", move |_| server::json(400, json!({"error": text}).to_string()));
    }),
    ("an address that is redirected to", |pair, text| {
        let to = format!("https://elsewhere.example.test/{}", encoded(&text));
        pair.provider_but("/authorize", move |_| server::redirect(302, &to));
    }),
];

/// The longest run of the letter that pads an attack.
fn longest_run(text: &str) -> usize {
    text.split(|letter| letter != 'A').map(str::len).max().unwrap_or_default()
}

/// What a terminal, a reader or a line of a log would suffer from.
fn harm(text: &str) -> Option<String> {
    let is_bad = |letter: char| {
        (letter.is_control() && letter != '\n') || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if let Some(bad) = text.chars().find(|letter| is_bad(*letter)) {
        return Some(format!("holds {bad:?}: {}", text.escape_debug()));
    }
    too_long(text)
}

fn too_long(text: &str) -> Option<String> {
    let run = longest_run(text);
    (run > LONGEST).then(|| {
        let begin = text.find(&"A".repeat(run)).unwrap_or_default();
        let before: String = text[..begin].chars().rev().take(200).collect();
        let before: String = before.chars().rev().collect();
        format!("is as long as the server pleases ({run}): {}", before.escape_debug())
    })
}

fn harm_on(told: &Told) -> Option<String> {
    let (head, body) = told.text.split_once("\n\n").unwrap_or(("", &told.text));
    match told.surface.as_str() {
        "the log" => {
            let foreign = told.text.lines().find(|line| !line.starts_with("ts=20"));
            harm(&told.text).or_else(|| foreign.map(|line| format!("has a line that is not ours: {line}")))
        }
        page if page == "/" || page.starts_with("/targets/") => {
            // The one script of our own, which the policy allows by its hash, stands once.
            let others = body.replacen(&format!("<script>{SCRIPT}</script>"), "", 1);
            harm(&others).or_else(|| others.to_lowercase().contains("<script").then(|| format!("has a script: {body}")))
        }
        metrics if metrics.starts_with("/metrics") || metrics.starts_with("/probe") => {
            // No text of a server is ever a label.
            body.contains("owned").then(|| format!("shows a server's text: {body}"))
        }
        _ if head.contains("application/json") => {
            let problem =
                serde_json::from_str::<serde_json::Value>(body).err().map(|error| format!("is no JSON: {error}"));
            problem.or_else(|| too_long(body))
        }
        _ => harm(body),
    }
}

#[tokio::test]
async fn no_text_of_a_server_harms_a_terminal_a_page_a_metric_or_a_log() {
    let mut harms = Vec::new();
    for (place, plant) in PLACES {
        for length in [10, 10_000] {
            let pair = Pair::well().await;
            plant(&pair, attack(length));
            let Round { snapshot, report } = round(&pair.collector, &pair.target, None, CollectMode::Full).await;
            let terminal = text(&report, &snapshot, Style::PLAIN);
            let own = terminal.lines().filter(|line| line.starts_with("home: ")).count();
            assert!(terminal.starts_with("home: ") && own == 1, "{place}: {terminal}");
            serde_json::from_str::<serde_json::Value>(&as_json([&report]).unwrap()).unwrap();
            quick_junit::Report::deserialize_from_str(&junit([&report]).unwrap()).unwrap();
            let mut told = surfaces(Config::of_targets(vec![pair.target.clone()])).await;
            told.push(Told { surface: "the terminal".to_owned(), text: terminal });
            let found = told.iter().filter_map(|told| Some((&told.surface, harm_on(told)?)));
            harms.extend(found.map(|(surface, harm)| format!("{place}, {length}: {surface} {harm}")));
        }
    }
    assert!(harms.is_empty(), "{}", harms.join("\n"));
}

/// The attacks arrive: with each of them something else is told than without.
#[tokio::test]
async fn each_attack_is_seen() {
    let looked = |pair: Pair| async move {
        let pair = pair;
        let Round { mut snapshot, report } = round(&pair.collector, &pair.target, None, CollectMode::Full).await;
        snapshot.target.provider.url.clear();
        let ids: Vec<(String, String)> = report.checks.into_iter().map(|check| (check.id, check.verdict)).collect();
        let seen = serde_json::to_string(&snapshot).unwrap();
        (ids, seen.contains("owned"))
    };
    let (well, _) = looked(Pair::well().await).await;
    for (place, plant) in PLACES {
        let pair = Pair::well().await;
        plant(&pair, attack(10));
        let (ids, is_kept) = looked(pair).await;
        assert!(is_kept || ids != well, "the attack in {place} is not seen");
    }
}
