//! Tests of `config`: what is read, and what every mistake says.

use std::{collections::BTreeMap, path::Path, time::Duration};

use ssowatch::{
    checks,
    config::{ApiAuth, Config, ConfigError, SecretSource},
    providers::ProviderKind,
    schedule::Schedule,
};

mod apps;
mod commands;
mod files;
mod mistakes;
mod redaction;

/// The smallest file.
const SMALLEST: &str = "targets:
  - provider: {url: https://id.example.com}
    kasm: {url: https://kasm.example.com}
";

/// The example of the design, with comments and all.
const EXAMPLE: &str = r#"targets:
  - name: home
    provider:
      url: https://id.example.com            # Pocket ID's APP_URL: the issuer
      internal_url: https://pocket-id.internal   # INTERNAL_APP_URL, if set there and reachable from here
      client_secret_file: /run/secrets/oidc_client_secret   # best: the file that Kasm's secret is kept in
      api_key_file: /run/secrets/pocket_id_key
      # kind: pocket_id is recognised from the discovery document; openid is any other provider
    kasm:
      url: https://kasm.example.com          # as users type it
      provider: Pocket ID                    # display name, where two configs lead to this provider
      api_key_file: /run/secrets/kasm_key
      api_key_secret_file: /run/secrets/kasm_key_secret
      api_auth: body                         # or basic
      tls_config: {ca_file: /etc/ssowatch/kasm.pem}
    expect: {auto_login: false, groups: [kasm-users], user: canary}
    checks: {app_clock: off, certificates_last: {warn: 14d}}
schedule: {round: every 60s, settings: every 5m, token: "@hourly", timezone: UTC}    # crontab too: "*/5 * * * *"
token: {enabled: false}
"#;

/// A check that is there in any case.
const CHECK: &str = "authorization_url_matches";

fn parse(text: &str) -> Result<Config, ConfigError> {
    parse_with(text, &[])
}

fn parse_with(text: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let environment: BTreeMap<&str, &str> = environment.iter().copied().collect();
    let lookup = |name: &str| environment.get(name).map(ToString::to_string);
    Config::parse(text, "ssowatch.yml", Path::new("/etc/ssowatch"), &lookup)
}

fn path_of(source: Option<&SecretSource>) -> &Path {
    match source {
        Some(SecretSource::File(path)) => path,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_smallest_file_has_two_addresses() {
    let config = parse(SMALLEST).unwrap();
    let target = &config.targets[0];
    assert_eq!(target.name, "kasm.example.com");
    assert_eq!(target.provider.url.as_str(), "https://id.example.com/");
    assert_eq!(target.change_hold, Duration::from_hours(24));
    assert_eq!(config.round, Schedule::Every(Duration::from_mins(1)));
    assert_eq!(config.settings_every, Duration::from_mins(5));
    assert_eq!(config.warnings, [""; 0]);
}

#[test]
fn the_example_of_the_design_loads() {
    // Its checks are known once their files are there.
    let text = if checks::find("app_clock").is_some() && checks::find("certificates_last").is_some() {
        EXAMPLE.to_owned()
    } else {
        EXAMPLE.replace("{app_clock: off, certificates_last: {warn: 14d}}", &format!("{{{CHECK}: off}}"))
    };
    let config = parse(&text).unwrap();
    let target = &config.targets[0];
    assert_eq!(target.name, "home");
    assert_eq!(target.provider.internal_url.as_ref().unwrap().as_str(), "https://pocket-id.internal/");
    assert_eq!(path_of(target.provider.client_secret.as_ref()), Path::new("/run/secrets/oidc_client_secret"));
    assert_eq!(path_of(target.app.api_key_secret.as_ref()), Path::new("/run/secrets/kasm_key_secret"));
    assert_eq!(target.app.provider.as_deref(), Some("Pocket ID"));
    assert_eq!(target.app.api_auth, ApiAuth::Body);
    assert_eq!(target.app.http.tls.ca_file.as_deref(), Some(Path::new("/etc/ssowatch/kasm.pem")));
    assert_eq!(target.expect.groups.as_deref(), Some(&["kasm-users".to_owned()][..]));
    assert_eq!(target.expect.auto_login, Some(false));
    assert!(!target.off.is_empty());
    assert!(!target.token_enabled);
    assert_eq!(config.token.in_words(), "at minute 0 of every hour (UTC)");
}

#[test]
fn every_key_is_read() {
    let config = parse(&format!(
        "
schedule: {{round: '*/2 8-20 * * *', settings: 10m, token: every 2h, timezone: Europe/Berlin}}
passkey: {{enabled: true}}
last_sign_in: {{enabled: true}}
token: {{enabled: true}}
change_hold: 2h30m
checks: {{{CHECK}: off}}
targets:
  - name: first
    provider:
      url: https://sso.example.com/realms/home/
      kind: openid
      client_secret: 0042
      connect_to: '[::1]:8443'
      allow_http: true
      timeout: 1500ms
      proxy_url: socks5h://me:word@127.0.0.1:1080
      no_proxy: 10.0.0.0/8
      tls_config:
        ca: |
          -----BEGIN CERTIFICATE-----
          AA==
          -----END CERTIFICATE-----
        fingerprint_sha256: 'AB:{}'
        server_name: id.internal
        min_version: TLS13
        cert_file: client.pem
        key_file: client.key
    kasm:
      url: https://kasm.example.com:8443
      api_key: key
      api_key_secret: secret
      api_auth: basic
      basic_auth: {{username: me, password: word}}
      http_headers:
        X-Access: {{secrets: [one], files: [two.txt]}}
        X-Plain: {{values: [three]}}
    passkey: {{enabled: false}}
    last_sign_in: {{enabled: false}}
    change_hold: 1d
    checks: {{{CHECK}: on}}
  - provider: {{url: https://id.example.com}}
    kasm: {{url: https://notifier.example.com}}
",
        "CD".repeat(31)
    ))
    .unwrap();
    assert_eq!(config.timezone.name(), "Europe/Berlin");
    assert_eq!(config.round.in_words(), "every 2 minutes of hours 8 to 20 (Europe/Berlin)");
    assert_eq!(config.settings_every, Duration::from_mins(10));
    let [first, second] = &config.targets[..] else { panic!("{:?}", config.targets) };

    let provider = &first.provider;
    assert_eq!(provider.url.as_str(), "https://sso.example.com/realms/home");
    assert_eq!(provider.kind, Some(ProviderKind::Openid));
    let SecretSource::Inline(secret) = provider.client_secret.as_ref().unwrap() else { panic!() };
    assert_eq!(secret.expose(), "0042", "a secret of digits keeps its zeros");
    let http = &provider.http;
    assert_eq!(http.connect_to, Some(("::1".to_owned(), 8443)));
    assert_eq!(http.timeout, Some(Duration::from_millis(1500)));
    assert!(http.allow_http && http.tls.only_tls13);
    assert_eq!(http.tls.fingerprint_sha256.as_deref(), Some(&*format!("ab{}", "cd".repeat(31))));
    assert_eq!(http.tls.server_name.as_deref(), Some("id.internal"));
    assert_eq!(http.tls.key_file.as_deref(), Some(Path::new("/etc/ssowatch/client.key")));
    assert!(http.tls.ca.as_ref().unwrap().contains("AA=="));
    let proxy = http.proxy.as_ref().unwrap();
    assert_eq!((proxy.url.as_str(), proxy.no_proxy.as_deref()), ("socks5h://127.0.0.1:1080", Some("10.0.0.0/8")));
    assert_eq!(proxy.auth.as_ref().unwrap().0, "me");

    let kasm = &first.app;
    assert_eq!((kasm.url.as_str(), kasm.api_auth), ("https://kasm.example.com:8443/", ApiAuth::Basic));
    assert_eq!(kasm.http.basic_auth.as_ref().unwrap().0, "me");
    let headers: Vec<(&str, bool)> = kasm
        .http
        .headers
        .iter()
        .map(|header| (header.name.as_str(), matches!(&header.value, SecretSource::File(_))))
        .collect();
    assert_eq!(headers, [("X-Access", false), ("X-Access", true), ("X-Plain", false)]);

    assert_eq!((first.passkey_enabled, second.passkey_enabled), (false, true), "a target says it anew");
    assert_eq!((first.last_sign_in_enabled, second.last_sign_in_enabled), (false, true));
    assert_eq!(first.change_hold, Duration::from_hours(24));
    assert_eq!(second.change_hold, Duration::from_mins(150));
    assert!(first.off.is_empty() && second.off.contains(CHECK));
    assert!(second.token_enabled);
    assert_eq!(second.name, "notifier.example.com");
}

#[test]
fn no_targets_is_a_warning() {
    let config = parse("targets: []\n").unwrap();
    assert_eq!(config.warnings, ["ssowatch.yml:1:10: targets: no targets: nothing is watched"]);
}

#[test]
fn variables_are_put_into_values_after_parsing() {
    let text = "targets:
  - name: ${NAME:-fallback}
    provider: {url: 'https://${ID}', client_secret: 'pa$$$$word${TAIL}'}
    kasm: {url: https://kasm.example.com}
";
    let config = parse_with(text, &[("ID", "id.example.com"), ("TAIL", ": {not: yaml}")]).unwrap();
    let target = &config.targets[0];
    assert_eq!((target.name.as_str(), target.provider.url.as_str()), ("fallback", "https://id.example.com/"));
    let SecretSource::Inline(secret) = target.provider.client_secret.as_ref().unwrap() else { panic!() };
    assert_eq!(secret.expose(), "pa$$word: {not: yaml}");
}

#[test]
fn the_hash_follows_the_text_and_the_variables_it_uses() {
    let text = SMALLEST.replace("https://id.example.com", "'https://${ID}'");
    let hash = |text: &str, environment: &[(&str, &str)]| parse_with(text, environment).unwrap().hash();
    let base = hash(&text, &[("ID", "a.example")]);
    assert_eq!(base, hash(&text, &[("ID", "a.example"), ("OTHER", "x")]));
    assert_ne!(base, hash(&text, &[("ID", "b.example")]));
    assert_ne!(base, hash(&format!("{text}# a comment\n"), &[("ID", "a.example")]));
    assert!(base < 1 << 48, "exact as a floating-point number");
}

#[test]
fn anchors_and_merges_share_settings_between_targets() {
    let config = parse(
        "
targets:
  - name: a
    provider: &id {url: https://id.example.com, timeout: 5s}
    kasm: {url: https://a.example.com}
  - name: b
    provider: *id
    kasm: {url: https://b.example.com}
",
    )
    .unwrap();
    assert_eq!(config.targets[1].provider, config.targets[0].provider);
    assert_eq!(config.targets[1].provider.http.timeout, Some(Duration::from_secs(5)));
    let merged = "
targets:
  - name: a
    provider: {url: https://id.example.com}
    kasm: &kasm {url: https://a.example.com, timeout: 5s}
  - name: b
    provider: {url: https://id.example.com}
    kasm: {<<: *kasm, url: https://b.example.com}
";
    let config = parse(merged).unwrap();
    assert_eq!(config.targets[1].app.http, config.targets[0].app.http);
    assert_eq!(config.targets[1].app.url.as_str(), "https://b.example.com/");
    let error = parse(&merged.replace("timeout: 5s", "timeout: 5")).unwrap_err().to_string();
    assert!(error.starts_with("ssowatch.yml:5:55: targets[0].kasm.timeout: "), "{error}");
}
