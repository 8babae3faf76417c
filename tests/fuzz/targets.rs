//! The parsers of foreign bytes, each with seeds, the words of its language, and what it says of an input.

use std::{fs, path::Path};

use serde_json::Value;
use ssowatch::{
    apps::kasm::{LoginSettings, OidcConfigs, StartOutcome, UserAnswer, build_of, groups_of, mappings_of, refusal},
    checks,
    clock::Time,
    collect::foreign,
    config::{Config, WebConfig},
    journal::Event,
    model::Snapshot,
    oidc::{
        AuthorizeUrl, Discovery, Jwks, TokenFacts,
        conformance::{Leniency, breaches},
        parse_json,
    },
    providers::pocket_id::{
        ApiKeyEntry, ClientRegistration, GroupEntry, Paged, SecretEntry, Version, VersionSpan, parse_answer, registered,
    },
    schedule::Schedule,
};

/// One parser, or a few that read the same bytes.
pub struct Target {
    pub name: &'static str,
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Words that mean something to it.
    pub words: &'static [&'static str],
    /// Reads an input, and says in short what came of it: an input that is answered in a new way is worth keeping.
    pub run: fn(&[u8]) -> String,
    /// It reads a file that the operator wrote.
    pub own_file: bool,
}

pub const TARGETS: &[Target] = &[
    Target {
        name: "json",
        seeds: || recorded(&[""]),
        words: &["{", "}", "[", "]", "\"\":", "1e999", "-0", "\\ud800", "\\u0000", "null"],
        run: |input| {
            let ours = parse_json(input);
            // Everything that is read, serde_json reads the same way.
            if let Ok(json) = &ours {
                let start = input.trim_ascii_start();
                let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
                assert_eq!(serde_json::from_slice::<Value>(start).ok().as_ref(), Some(&json.value));
            }
            way(&ours.map(|json| json.duplicate_keys.len()))
        },
        own_file: false,
    },
    Target {
        name: "discovery",
        seeds: || recorded(&["discovery", "oauth_authorization_server"]),
        words: &[
            "issuer",
            "jwks_uri",
            "x_endpoint",
            "mtls_endpoint_aliases",
            "scopes_supported",
            "ui_locales_supported",
            "http://",
            "https://",
            "en-US",
            "x-",
            "#",
            "code",
            "none",
            "_uri",
        ],
        run: |input| {
            let read = Discovery::parse(200, Some("application/json"), input);
            let found = read.as_ref().map(|document| breaches(document, None, &Leniency::default()));
            if let Ok(found) = &found {
                assert!(found.iter().all(|breach| breach.message.chars().all(|letter| !letter.is_control())));
            }
            found.map_or_else(
                |problem| way(&problem),
                |found| way(&found.iter().map(|one| one.code).collect::<Vec<_>>()),
            )
        },
        own_file: false,
    },
    Target {
        name: "jwks",
        seeds: || [recorded(&["jwks"]), keys()].concat(),
        words: &[
            "keys",
            "kty",
            "RSA",
            "EC",
            "OKP",
            "oct",
            "crv",
            "P-256",
            "P-384",
            "P-521",
            "secp256k1",
            "Ed25519",
            "Ed448",
            "X25519",
            "n",
            "e",
            "x",
            "y",
            "d",
            "kid",
            "alg",
            "use",
            "sig",
            "x5c",
            "AQAB",
            "AA",
            "____",
        ],
        run: |input| {
            let read = Jwks::parse(Some("application/json"), input);
            let Ok(set) = &read else { return way(&read.err()) };
            let usable = set.usable().count();
            assert!(usable <= set.keys.len() && set.keys.len() <= 100);
            assert!(set.usable().all(|key| key.bits.is_none_or(|bits| (2_048..=16_384).contains(&bits))));
            way(&(set.names().len() / 20, set.keys.iter().map(|key| &key.problem).collect::<Vec<_>>()))
        },
        own_file: false,
    },
    Target {
        name: "token",
        seeds: tokens,
        words: &[".", "eyJ", "e30", "{\"alg\":\"RS256\"}", "kid", "\n", "AAAA", "keys"],
        run: |input| {
            let text = String::from_utf8_lossy(input);
            let (token, keys) = text.split_once('\n').unwrap_or((&text, "{}"));
            way(&TokenFacts::read(token, keys.as_bytes())
                .map(|facts| (facts.signature, facts.audience.len(), facts.expires_at.is_some())))
        },
        own_file: false,
    },
    Target {
        name: "authorize_url",
        seeds: || {
            texts(&[
                "https://id.example.test/authorize?response_type=code&client_id=c&redirect_uri=https%3A%2F%2Fk%2Fcb&scope=openid+email&state=5ca1ab1e000040008000000000000001:x&nonce=n&prompt=none",
                "http://[::1]:80/a?b=%7e&&=&code_challenge=x#f",
            ])
        },
        words: &["?", "&", "=", "%", "#", "://", "@", "[::1]", "state=", ":", "redirect_uri=", "\t", "javascript:"],
        run: |input| {
            let read = AuthorizeUrl::parse(&String::from_utf8_lossy(input));
            way(&read
                .map(|url| (url.scope.is_some(), url.state.map(|state| state.config_id.is_some()), url.others.len())))
        },
        own_file: false,
    },
    Target {
        name: "login_settings",
        seeds: || {
            texts(&[
                r#"{"html_title":"Kasm","sso_enabled":true,"oidc":{"oidc_configs":[{"oidc_id":"5ca1ab1e-0000-4000-8000-000000000001","display_name":"Pocket ID","hostname":null,"default":true,"enabled":true,"auto_login":false}]},"saml":{"saml_configs":[]}}"#,
                r#"{"error_message":"no"}"#,
            ])
        },
        words: &[
            "oidc",
            "oidc_configs",
            "oidc_id",
            "saml",
            "saml_configs",
            "sso_enabled",
            "None",
            "True",
            "error_message",
        ],
        run: |input| {
            way(&LoginSettings::parse(input).map(|found| (found.sso_enabled, found.configs.len(), found.saml_configs)))
        },
        own_file: false,
    },
    Target {
        name: "login_start",
        seeds: || {
            texts(&[r#"{"url":"https://id.example.test/authorize?client_id=c"}"#, r#"{"error_message":"No SSO ID"}"#])
        },
        words: &["url", "error_message", "error", "None", " "],
        run: |input| way(&StartOutcome::parse(input).map(|outcome| outcome.is_ok())),
        own_file: false,
    },
    Target {
        name: "kasm_configs",
        seeds: || {
            texts(&[
                r#"{"oidc_configs":[{"oidc_id":"5CA1AB1E-0000-4000-8000-000000000001","display_name":"Pocket ID","enabled":true,"auto_login":false,"is_default":true,"hostname":null,"client_id":"c1","client_secret":"**********","auth_url":"https://id.example.test/authorize","token_url":"https://id/t","scope":["openid","profile"],"groups_attribute":"None","issuer":"https://id"}]}"#,
            ])
        },
        words: &[
            "oidc_configs",
            "oidc_id",
            "scope",
            "\n",
            "None",
            "client_secret",
            "auth_url",
            "https://id.example.test",
        ],
        run: |input| {
            let target = Snapshot::healthy().target;
            way(&OidcConfigs::parse(input).map(|read| read.map(|configs| configs.ours(target.wanted(), None).is_ok())))
        },
        own_file: false,
    },
    Target {
        name: "developer_api",
        seeds: || {
            texts(&[
                r#"{"system_info":{"api":{"build_id":"1.17.0.abcdef"}}}"#,
                r#"{"groups":[{"group_id":"a","name":"Users"}]}"#,
                r#"{"group_mappings":[{"oidc_id":"5ca1","sso_group_attributes":["a","b"],"apply_to_all_users":false}]}"#,
                r#"{"user":{"username":"u","realm":"local","groups":[{"name":"Users"}],"disabled":false,"locked":true}}"#,
                r#"{"error_message":"Access Denied"}"#,
            ])
        },
        words: &[
            "groups",
            "group_id",
            "name",
            "group_mappings",
            "sso_group_attributes",
            "user",
            "realm",
            "system_info",
        ],
        run: |input| {
            way(&(
                refusal(input).is_some(),
                build_of(input).map(|build| build.len()),
                groups_of(input).map(|groups| groups.len()),
                mappings_of(input, "g").map(|mappings| mappings.len()),
                UserAnswer::parse(input).is_ok(),
            ))
        },
        own_file: false,
    },
    Target {
        name: "pocket_id_api",
        seeds: || recorded(&["client", "api_keys", "user_groups", "client_secrets"]),
        words: &["id", "name", "callbackURLs", "allowedUserGroups", "data", "pagination", "totalPages", "expiresAt"],
        run: |input| {
            way(&(
                parse_answer::<ClientRegistration>(input).map(|client| client.callback_urls.len()),
                parse_answer::<Paged<GroupEntry>>(input).map(|page| page.data.len()),
                parse_answer::<Paged<ApiKeyEntry>>(input).map(|page| page.pagination.total_pages),
                parse_answer::<Vec<SecretEntry>>(input).map(|secrets| secrets.len()),
            ))
        },
        own_file: false,
    },
    Target {
        name: "redirect_patterns",
        seeds: || {
            texts(&[
                "https://kasm.example.test/api/oidc_callback\nhttps://*.example.test/**\nhttps://kasm.example.test/*/x?a=*",
                "http://127.0.0.1:8080/cb?x=1\nhttp://127.0.0.1/cb?x=*\n*",
            ])
        },
        words: &["*", "**", "\n", "://", ":", "/", "?", "&", "=", "#", "[", "]", "localhost", "127.0.0.1", "%"],
        run: |input| {
            let text = String::from_utf8_lossy(input);
            let mut lines = text.lines().map(str::to_owned);
            let sent = lines.next().unwrap_or_default();
            let patterns: Vec<String> = lines.collect();
            let spans = [(0, 1), (1, 0), (2, 0), (2, 4), (2, 14)].map(|(major, minor)| VersionSpan {
                at_least: Version::new(major, minor),
                below: Some(Version::new(major, minor + 1)),
            });
            way(&spans.map(|span| registered(span, &patterns, &sent)))
        },
        own_file: false,
    },
    Target {
        name: "page",
        seeds: || {
            texts(&[
                "<!doctype html><html><head><title>Sign in &amp; out</title><script src=\"/a.js\"></script><link rel=modulepreload href='/m.js'></head><body a='x > y'>Hello<br/>there</body>",
                "<form action=\"https://k/cb?a=1&amp;b=2\" method=POST><input type=hidden name=error value=\"a&quot;b\"/><input name=state></form>",
            ])
        },
        words: &[
            "<",
            ">",
            "\"",
            "'",
            "=",
            "<script ",
            "src=",
            "</script",
            "<title>",
            "<form method=post ",
            "<input ",
            "&amp;",
            "/",
        ],
        run: |input| {
            let foreign::PageParts { title, scripts, words, fields } = foreign::page(&String::from_utf8_lossy(input));
            assert!(title.as_ref().is_none_or(|title| title.chars().count() <= 200));
            way(&(title.is_some(), scripts.len(), words.len().ilog2_or_zero(), fields.len()))
        },
        own_file: false,
    },
    Target {
        name: "certificates",
        seeds: certificates,
        words: &["\u{30}", "\u{1}", "\u{2}", "\u{c}", "\u{17}", "9999", "\u{7f}"],
        run: |input| {
            let facts = foreign::certificates(&[input.to_vec(), input.to_vec()]);
            way(&(facts.len(), facts.first().map(|one| (one.names.len(), one.is_ca, one.is_self_signed))))
        },
        own_file: false,
    },
    Target {
        name: "times",
        seeds: || texts(&["120", "Fri, 31 Dec 9999 23:59:59 GMT", "Tue, 24 Nov 2026 12:00:45 +0100", "4294967295"]),
        words: &["GMT", "Fri, ", " Dec ", "9999", "-", "+", ":", "60", "0000", "\u{a0}"],
        run: |input| {
            let (wait, time) = foreign::times(&String::from_utf8_lossy(input), Snapshot::healthy().taken_at);
            assert!(wait.is_none_or(|seconds| (0..=600).contains(&seconds)));
            way(&(wait.is_some(), time.is_some()))
        },
        own_file: false,
    },
    Target {
        name: "config",
        seeds: || {
            texts(&[
                "targets:\n  - name: home\n    provider: {url: https://id.example.test}\n    kasm: {url: https://kasm.example.test, api_key: k, api_key_secret: ${S}}\nschedule: {every: 1m}\n",
                "targets:\n- name: a\n  provider:\n    url: https://id.example.test\n    connect_to: 127.0.0.1:8443\n    proxy_url: http://u:p@proxy:3128\n    http_headers: {X-A: b}\n  kasm:\n    url: https://kasm.example.test\n    tls_config: {insecure_skip_verify: true}\n",
            ])
        },
        words: &[
            "targets:", "- ", "  ", ": ", "{", "}", "[", "]", "&a", "*a", "|\n", "${", "!!", "? ", "'", "\"", "#",
            "\t", "<<", "---",
        ],
        run: |input| {
            let Ok(text) = std::str::from_utf8(input) else { return "no text".to_owned() };
            let read = Config::parse(text, "fuzz.yml", Path::new("/nonexistent"), &|_| Some("value".to_owned()));
            way(&read.map(|config| (config.targets.len(), config.warnings.len())).map_err(|error| error.to_string()))
        },
        own_file: true,
    },
    Target {
        name: "web_config",
        seeds: || {
            texts(&[
                "basic_auth_users:\n  admin: $2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi\nhttp_server_config:\n  headers: {X-Frame-Options: deny}\nrate_limit: {interval: 1s, burst: 20}\n",
                "tls_server_config:\n  cert_file: a.pem\n  key_file: b.pem\n  min_version: TLS13\n  client_auth_type: NoClientCert\n",
            ])
        },
        words: &[
            "basic_auth_users:",
            "$2y$",
            "$2b$99$",
            "rate_limit:",
            "interval: ",
            "burst: ",
            "-1",
            "1e99",
            "  ",
            ": ",
            "{",
            "[",
            "&a",
            "*a",
        ],
        run: |input| {
            let file = std::env::temp_dir().join(format!("ssowatch-fuzz-{}.yml", std::process::id()));
            fs::write(&file, input).unwrap();
            way(&WebConfig::load(&file)
                .1
                .map(|config| (config.users.len(), config.headers.len()))
                .map_err(|error| error.to_string()))
        },
        own_file: true,
    },
    Target {
        name: "schedule",
        seeds: || texts(&["*/5 * * * *", "0 4 29 2 mon-fri", "@daily", "15m", "1-59/7 0-23 1,15 jan-dec 0,7"]),
        words: &["*", "/", "-", ",", " ", "@", "mon", "feb", "29", "99999999999", "0", "h", "ms", "L", "#", "?"],
        run: |input| {
            let read = Schedule::parse(&String::from_utf8_lossy(input), &ssowatch::schedule::Zone::utc());
            let now: Time = Snapshot::healthy().taken_at;
            way(&read.map(|schedule| {
                assert!(schedule.next(now, "home") > now);
                (schedule.in_words().len() / 8, schedule.period_hint(now).as_secs().ilog2_or_zero())
            }))
        },
        own_file: true,
    },
    Target {
        name: "snapshot",
        seeds: || {
            [Snapshot::healthy(), Snapshot::healthy_with_credentials()]
                .iter()
                .map(|snapshot| serde_json::to_vec(snapshot).unwrap())
                .collect()
        },
        words: &[
            "",
            "2262-04-11T23:47:16Z",
            "-262143-01-01T00:00:00Z",
            "+262142-12-31T23:59:59Z",
            "2026-11-24T12:00:01Z",
            "https://id.example.test",
            "http://kasm.example.test:99999/x",
            "openid profile",
            "*",
            "é",
            "pocket_id",
        ],
        run: |input| {
            let Ok(snapshot) = serde_json::from_slice::<Snapshot>(input) else { return "none".to_owned() };
            let healthy = Snapshot::healthy();
            let snapshot = snapshot.after(Some(&healthy));
            let report = checks::evaluate(&snapshot, Some(&healthy));
            way(&report.checks.iter().map(|check| check.verdict).collect::<Vec<_>>())
        },
        own_file: false,
    },
    Target {
        name: "event",
        seeds: || {
            texts(&[
                r#"{"id":1,"at":"2026-11-24T12:00:00Z","target":"home","kind":"verdict","check":"issuer_matches","from":null,"to":"fail"}"#,
                r#"{"id":2,"at":"2026-11-24T12:00:00Z","target":"home","kind":"change","side":"app","at":"2026-11-24T12:00:00Z","subject":"issuer","from":"a","to":"b"}"#,
            ])
        },
        words: &["kind", "change", "login", "verdict", "from", "to", "subject", "issuer"],
        run: |input| {
            let read = serde_json::from_slice::<Event>(input);
            if let Ok(event) = &read {
                let text = serde_json::to_string(event).unwrap();
                assert_eq!(&serde_json::from_str::<Event>(&text).unwrap(), event);
            }
            way(&read.map(|event| event.id.ilog2_or_zero()).map_err(|error| error.to_string()))
        },
        own_file: false,
    },
];

/// An outcome as a word that tells kinds of outcomes apart: without its numbers, and short.
fn way(outcome: &impl std::fmt::Debug) -> String {
    let text = format!("{outcome:?}");
    text.chars().filter(|letter| !letter.is_ascii_digit() || text.len() < 40).take(200).collect()
}

/// The size of a number, for outcomes that differ in little else.
trait Size {
    fn ilog2_or_zero(self) -> u32;
}

impl Size for usize {
    fn ilog2_or_zero(self) -> u32 {
        self.checked_ilog2().unwrap_or_default()
    }
}

impl Size for u64 {
    fn ilog2_or_zero(self) -> u32 {
        self.checked_ilog2().unwrap_or_default()
    }
}

fn texts(seeds: &[&str]) -> Vec<Vec<u8>> {
    seeds.iter().map(|seed| seed.as_bytes().to_vec()).collect()
}

/// The bodies of the recorded answers whose files begin like this.
fn recorded(prefixes: &[&str]) -> Vec<Vec<u8>> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut found = Vec::new();
    for folder in fs::read_dir(fixtures.join("pocket-id")).unwrap() {
        let folder = folder.unwrap().path();
        let Ok(files) = fs::read_dir(&folder) else { continue };
        for file in files {
            let file = file.unwrap();
            let name = file.file_name().into_string().unwrap();
            if prefixes.iter().any(|prefix| name.starts_with(prefix)) {
                let recording: Value = serde_json::from_slice(&fs::read(file.path()).unwrap()).unwrap();
                let body = &recording["response"]["body"];
                found
                    .push(body.as_str().map_or_else(|| body.to_string().into_bytes(), |text| text.as_bytes().to_vec()));
            }
        }
    }
    found
}

/// A key of each kind (RFC 7517, appendix A; RFC 8037, appendix A).
fn keys() -> Vec<Vec<u8>> {
    texts(&[
        r#"{"keys":[{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","use":"sig","kid":"1"},{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},{"kty":"oct","k":"c2VjcmV0"}]}"#,
    ])
}

/// Tokens with the key set that they are verified by behind them.
fn tokens() -> Vec<Vec<u8>> {
    let keys = String::from_utf8(keys().remove(0)).unwrap();
    // {"alg":"EdDSA"}.{"iss":"https://id","aud":["c"],"iat":1,"exp":2}
    let claims = "eyJpc3MiOiJodHRwczovL2lkIiwiYXVkIjpbImMiXSwiaWF0IjoxLCJleHAiOjJ9";
    let signature = "A".repeat(86);
    ["eyJhbGciOiJFZERTQSJ9", "eyJhbGciOiJFUzI1NiIsImtpZCI6IjEifQ", "eyJhbGciOiJub25lIn0"]
        .map(|header| format!("{header}.{claims}.{signature}\n{keys}").into_bytes())
        .to_vec()
}

fn certificates() -> Vec<Vec<u8>> {
    let names = |count: usize| (0..count).map(|n| format!("n{n}.example.test")).collect::<Vec<_>>();
    [1, 3, 16_000]
        .map(|count| {
            let pair = rcgen::KeyPair::generate().unwrap();
            rcgen::CertificateParams::new(names(count)).unwrap().self_signed(&pair).unwrap().der().to_vec()
        })
        .to_vec()
}
