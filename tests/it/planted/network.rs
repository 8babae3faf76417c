//! The same over the network: every command and every page of the daemon, while all is well and while things fail.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ssowatch::{
    config::{Config, NamedHeader, Secret, SecretSource},
    lab::{Fault, Lab, LabOptions},
    model::Side,
};

use super::{CANARY, HEADER, assert_clean};
use crate::{
    collect::{pair::Pair, relay, relay::Relay},
    faults::surfaces::surfaces,
    lab::client::post_json,
};

/// What fails while the outputs are searched: each kind of message that could hold what was sent or answered.
const FAULTS: [Option<Fault>; 12] = [
    None,
    Some(Fault::ProviderRefused),
    Some(Fault::ProviderTruncates),
    Some(Fault::ProviderLoginRedirect),
    Some(Fault::ProviderThrottles),
    Some(Fault::AuthorizeGone),
    Some(Fault::StateShort),
    Some(Fault::RedirectUrlOldHost),
    Some(Fault::StartInvalidJson),
    Some(Fault::KasmLoginRedirect),
    Some(Fault::KasmServerError),
    Some(Fault::AuthorizationUrlPath),
];

/// What stands before the random part of `state`, which Kasm makes.
const STATE: [&str; 2] = ["5ca1ab1e000040008000000000000001:", "5ca1ab1e000040008000000000000001%3A"];

/// Where secrets stand in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Inline,
    Files,
}

/// Writes a secret where the configuration wants it.
struct Nest<'f> {
    folder: &'f Path,
    place: Place,
    planted: usize,
}

impl Nest<'_> {
    /// `key: secret`, or `key_file: path`.
    fn field(&mut self, key: &str) -> String {
        let secret = self.secret();
        match self.place {
            Place::Inline => format!("{key}: {secret}"),
            Place::Files => format!("{key}_file: {}", self.file(&secret)),
        }
    }

    fn header(&mut self) -> String {
        let secret = self.secret();
        match self.place {
            Place::Inline => format!("http_headers: {{{HEADER}: {{secrets: [{secret}]}}}}"),
            Place::Files => format!("http_headers: {{{HEADER}: {{files: [{}]}}}}", self.file(&secret)),
        }
    }

    fn secret(&mut self) -> String {
        self.planted += 1;
        format!("{CANARY}-{}", self.planted)
    }

    fn file(&self, secret: &str) -> String {
        let path = self.folder.join(format!("secret-{}", self.planted));
        fs::write(&path, secret).unwrap();
        path.display().to_string()
    }
}

/// The lab's own configuration, with a secret in every field that can hold one.
fn config(lab: &Lab, nest: &mut Nest<'_>, proxies: [Option<&Relay>; 2]) -> String {
    let mut block = |side: Side, keys: &[&str]| {
        let mut lines: Vec<String> = keys.iter().map(|key| nest.field(key)).collect();
        lines.push(nest.header());
        // The provider reads an Authorization header itself: a wall of that kind stands before Kasm alone.
        if side == Side::App {
            lines.push(format!("basic_auth: {{username: operator, {}}}", nest.field("password")));
        }
        if let Some(proxy) = proxies[usize::from(side == Side::App)] {
            lines.push(format!("proxy_url: \"http://operator:{}@{}\"", nest.secret(), proxy.address));
        }
        lines.iter().map(|line| format!("      {line}\n")).collect::<String>()
    };
    let provider = block(Side::Provider, &["client_secret", "api_key"]);
    let kasm = block(Side::App, &["api_key", "api_key_secret"]);
    lab.config_yaml().replacen("    provider:\n", &format!("    provider:\n{provider}"), 1).replacen(
        "    kasm:\n",
        &format!("    kasm:\n{kasm}"),
        1,
    )
}

fn assert_no_secret(what: &str, output: &str) {
    assert_clean(what, output);
    for number in 1..20 {
        for user in ["operator", "Operator"] {
            let basic = STANDARD.encode(format!("{user}:{CANARY}-{number}"));
            assert!(!output.contains(basic.trim_end_matches('=')), "{what} shows an Authorization value:\n{output}");
        }
    }
    for state in STATE {
        assert!(!output.contains(state), "{what} shows the state of a login:\n{output}");
    }
}

fn check(config: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ssowatch"))
        .args(["check", "--config.file"])
        .arg(config)
        .args(more)
        .env_clear()
        .output()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn check_shows_no_secret_whatever_fails() {
    let folder = tempfile::tempdir().unwrap();
    let (file, saved) = (folder.path().join("ssowatch.yml"), folder.path().join("saved.jsonl"));
    for place in [Place::Inline, Place::Files] {
        let lab = Lab::start(LabOptions::default()).await.unwrap();
        let mut nest = Nest { folder: folder.path(), place, planted: 0 };
        fs::write(&file, config(&lab, &mut nest, [None, None])).unwrap();
        assert_eq!(nest.planted, 7, "a new field for a secret belongs into this test");
        for fault in FAULTS {
            lab.fix_all();
            fault.into_iter().for_each(|fault| lab.break_with(fault));
            for output in ["text", "json", "junit"] {
                let what = format!("check as {output} with {fault:?}, secrets {place:?}");
                let ran = check(&file, &["--output", output, "--save", saved.to_str().unwrap()]);
                assert!(ran.status.code().is_some_and(|code| code <= 3), "{what}: {ran:?}");
                let shown = String::from_utf8([ran.stdout, ran.stderr].concat()).unwrap();
                assert!(shown.contains("lab"), "{what}: the target is told:\n{shown}");
                assert_no_secret(&what, &shown);
                assert_no_secret(&format!("what {what} saved"), &fs::read_to_string(&saved).unwrap());
            }
        }
        assert_eq!(lab.stop().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn no_page_metric_or_log_line_of_the_daemon_shows_a_secret_whatever_fails() {
    let folder = tempfile::tempdir().unwrap();
    for (place, fault) in FAULTS.into_iter().flat_map(|fault| [(Place::Inline, fault), (Place::Files, fault)]) {
        let lab = Lab::start(LabOptions::default()).await.unwrap();
        let mut nest = Nest { folder: folder.path(), place, planted: 0 };
        let yaml = config(&lab, &mut nest, [None, None]);
        let config = Config::parse(&yaml, "ssowatch.yml", folder.path(), &|_| None).unwrap();
        fault.into_iter().for_each(|fault| lab.break_with(fault));
        let told = surfaces(config).await;
        let shown = told.iter().find(|told| told.surface == "/config").unwrap();
        assert!(shown.text.contains(HEADER), "this configuration is told: {}", shown.text);
        for told in told {
            assert_no_secret(&format!("{} with {fault:?}, secrets {place:?}", told.surface), &told.text);
        }
        assert_eq!(lab.stop().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn the_search_for_the_state_of_a_login_finds_what_kasm_sends() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    let body = serde_json::json!({"id": "5ca1ab1e000040008000000000000001"});
    let start = post_json(&lab, Side::App, "/api/sso", &body).await.text();
    assert!(STATE.iter().any(|state| start.contains(state)), "{start}");
}

/// Proxies that demand a password, and a proxy that is gone.
#[tokio::test]
async fn the_password_of_a_proxy_is_told_to_the_proxy_alone() {
    let folder = tempfile::tempdir().unwrap();
    let lab = Lab::start(LabOptions { tls: true, ..LabOptions::default() }).await.unwrap();
    let provider = Relay::to(lab.socket(Side::Provider), relay::Speech::Connect).await;
    let kasm = Relay::to(lab.socket(Side::App), relay::Speech::Connect).await;
    let mut nest = Nest { folder: folder.path(), place: Place::Inline, planted: 0 };
    let yaml = config(&lab, &mut nest, [Some(&provider), Some(&kasm)]);
    assert_eq!(nest.planted, 9);
    let parse = |yaml: &str| Config::parse(yaml, "ssowatch.yml", folder.path(), &|_| None).unwrap();
    for told in surfaces(parse(&yaml)).await {
        assert_no_secret(&told.surface, &told.text);
    }
    for relay in [&provider, &kasm] {
        let asked = relay.asked();
        assert!(!asked.is_empty(), "the proxy was used");
        let others = asked.iter().filter(|asked| !asked.contains("Basic") && !asked.contains(CANARY)).count();
        assert_eq!(others, 0, "the proxy was told the password: {asked:?}");
    }
    // Where the proxy is gone, the messages name it without its password.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let yaml = yaml.replace(&provider.address.to_string(), &gone).replace(&kasm.address.to_string(), &gone);
    let told = surfaces(parse(&yaml)).await;
    assert!(told.iter().any(|told| told.text.contains(&gone)), "the proxy is named");
    for told in told {
        assert_no_secret(&format!("{} with a proxy that is gone", told.surface), &told.text);
    }
    assert_eq!(lab.stop().await, Vec::<String>::new());
}

#[tokio::test]
async fn each_header_is_seen_at_its_own_side_alone() {
    let mut pair = Pair::well().await;
    let header = |secret: &str| NamedHeader {
        name: HEADER.to_owned(),
        value: SecretSource::Inline(Secret::new(secret.to_owned())),
    };
    pair.target.provider.http.headers = vec![header("for the provider")];
    pair.target.app.http.headers = vec![header("for Kasm")];
    pair.target.provider.client_secret = Some(SecretSource::Inline(Secret::new(format!("{CANARY}-1"))));
    pair.target.app.api_key = Some(SecretSource::Inline(Secret::new(format!("{CANARY}-2"))));
    pair.look().await;
    for (server, own) in [(&pair.provider, "for the provider"), (&pair.kasm, "for Kasm")] {
        let seen = server.seen();
        assert!(seen.len() >= 5, "{} requests", seen.len());
        for request in seen {
            assert_eq!(
                request.header(&HEADER.to_ascii_lowercase()),
                Some(own),
                "{} {}",
                request.method,
                request.target
            );
            assert_clean("a request of a release that uses no credentials", &format!("{request:?}"));
        }
    }
}
