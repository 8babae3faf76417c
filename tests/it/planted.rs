//! No secret is ever shown: secrets are planted in every field that can hold one, and every output is searched for them.

mod journal;
mod network;

use std::path::Path;

use ssowatch::{
    checks,
    config::{NamedHeader, ProxySettings, Secret, SecretSource, Target},
    model::Snapshot,
    render::{json, junit, style::Style, text::text},
};
use url::Url;

/// Every planted secret contains this.
const CANARY: &str = "pLaNtEdX";

/// What the operator named, and who must see it: it proves that the search looks at the right thing.
const HEADER: &str = "CF-Access-Client-Secret";

/// Plants secrets; each has its own number, so that a failure says which one came out.
struct Nest<'f> {
    folder: Option<&'f Path>,
    planted: usize,
}

impl Nest<'_> {
    fn secret(&mut self) -> SecretSource {
        self.planted += 1;
        let secret = format!("{CANARY}-{}", self.planted);
        match self.folder {
            None => SecretSource::Inline(Secret::new(secret)),
            Some(folder) => {
                let path = folder.join(format!("secret-{}", self.planted));
                std::fs::write(&path, secret).unwrap();
                SecretSource::File(path)
            }
        }
    }
}

fn target(nest: &mut Nest<'_>) -> Target {
    let url = |text: &str| Url::parse(text).unwrap();
    let mut target = Target::of_two_urls("home", url("https://id.example.test"), url("https://kasm.example.test"));
    target.provider.client_secret = Some(nest.secret());
    target.provider.api_key = Some(nest.secret());
    target.app.api_key = Some(nest.secret());
    target.app.api_key_secret = Some(nest.secret());
    for http in [&mut target.provider.http, &mut target.app.http] {
        http.basic_auth = Some(("operator".to_owned(), nest.secret()));
        http.headers = vec![NamedHeader { name: HEADER.to_owned(), value: nest.secret() }];
        http.proxy = Some(ProxySettings {
            url: url("http://proxy.example.test:3128"),
            auth: Some(("operator".to_owned(), nest.secret())),
            no_proxy: None,
        });
    }
    target
}

fn is_clean(output: &str) -> bool {
    !output.to_lowercase().contains(&CANARY.to_lowercase())
}

fn assert_clean(what: &str, output: &str) {
    assert!(!output.is_empty(), "{what} is empty: nothing was searched");
    assert!(is_clean(output), "{what} shows a secret:\n{output}");
}

#[test]
fn no_telling_of_a_target_shows_a_secret_given_inline_or_by_file() {
    let folder = tempfile::tempdir().unwrap();
    for place in [None, Some(folder.path())] {
        let mut nest = Nest { folder: place, planted: 0 };
        let target = target(&mut nest);
        assert_eq!(nest.planted, 10, "a new field for a secret belongs into this test");
        let debug = format!("{target:?} {target:#?}");
        assert!(debug.contains(HEADER), "the whole target was searched");
        assert_clean("Debug of a target", &debug);

        let facts = serde_json::to_string(&target.facts()).unwrap();
        assert_clean("the facts", &facts);
        let snapshot = Snapshot { target: target.facts(), ..Snapshot::healthy() };
        assert_clean("a snapshot", &serde_json::to_string(&snapshot).unwrap());
        assert_clean("Debug of a snapshot", &format!("{snapshot:?}"));
        let report = checks::evaluate(&snapshot, None);
        assert_clean("Debug of a report", &format!("{report:?}"));
        assert_clean("text", &text(&report, &snapshot, Style::PLAIN));
        assert_clean("JSON", &json::json([&report]).unwrap());
        assert_clean("JUnit", &junit::junit([&report]).unwrap());
    }
}

#[test]
fn a_secret_masks_itself_and_is_read_out_only_on_purpose() {
    let secret = Secret::new(format!("{CANARY}-1"));
    assert_clean("Debug of a secret", &format!("{secret:?} {:?}", SecretSource::Inline(secret.clone())));
    assert!(!is_clean(secret.expose()), "the search finds what is there");
}

#[test]
fn an_error_about_a_secret_file_names_the_file_and_nothing_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    let binary = [CANARY.as_bytes(), &[0xff, 0xfe], CANARY.as_bytes()].concat();
    let cases: [(&str, Option<&[u8]>); 3] = [("not there", None), ("not UTF-8", Some(&binary)), ("empty", Some(b"\n"))];
    for (what, content) in cases {
        if let Some(content) = content {
            std::fs::write(&path, content).unwrap();
        }
        let error = SecretSource::File(path.clone()).read().err().unwrap_or_else(|| panic!("{what}: it was read"));
        assert!(error.to_string().contains("secret"), "{what}: the file is named: {error}");
        assert_clean(what, &format!("{error} {error:?}"));
    }
}

/// What the configuration's own commands print about a file that is full of secrets, good and bad.
#[test]
fn no_command_that_reads_the_configuration_shows_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let good = format!(
        "targets:
  - name: home
    provider:
      url: https://id.example.test
      client_secret: {CANARY}-1
      api_key: {CANARY}-2
      http_headers: {{{HEADER}: {{values: [{CANARY}-3]}}}}
      proxy_url: http://operator:{CANARY}-4@proxy.example.test:3128
      basic_auth: {{username: operator, password: {CANARY}-5}}
    kasm:
      url: https://kasm.example.test
      api_key: {CANARY}-6
      api_key_secret: {CANARY}-7
"
    );
    let bad = [
        good.replace("name: home", "nmae: home"),
        good.replace("api_key_secret:", "api_key_secrte:"),
        good.replace(&format!("client_secret: {CANARY}-1"), &format!("client_secret: [{CANARY}-1]")),
        good.replace(&format!("api_key: {CANARY}-6"), &format!("api_key: \"{CANARY}-6")),
        good.replace(&format!("{CANARY}-4@proxy.example.test:3128"), &format!("{CANARY}-4@proxy.example.test:no-port")),
        good.replace("url: https://kasm.example.test", &format!("url: https://operator:{CANARY}-8@kasm.example.test")),
    ];
    for (index, config) in std::iter::once(&good).chain(&bad).enumerate() {
        let path = folder.path().join("config.yaml");
        std::fs::write(&path, config).unwrap();
        for command in [&["config", "show"][..], &["config", "check"], &["plan"]] {
            let output = std::process::Command::new(env!("CARGO_BIN_EXE_ssowatch"))
                .args(command)
                .arg("--config.file")
                .arg(&path)
                .env_clear()
                .output()
                .unwrap();
            let shown = [output.stdout, output.stderr].concat();
            assert_clean(&format!("{command:?} of file {index}"), &String::from_utf8_lossy(&shown));
        }
    }
}
