//! What is shown of a configuration: everything but the secrets.

use super::{SMALLEST, parse};

#[test]
fn what_is_in_force_is_shown_with_its_defaults() {
    assert_eq!(
        parse(SMALLEST).unwrap().redacted,
        "schedule:
  round: every 1m
  pulse: every 10s
  settings: every 5m
  token: every 1h
  requests_per_minute: 12
  timezone: UTC
targets:
- name: kasm.example.com
  provider:
    url: https://id.example.com
  kasm:
    url: https://kasm.example.com
    api_auth: body
  token:
    enabled: false
  passkey:
    enabled: false
  last_sign_in:
    enabled: false
  change_hold: 1d
"
    );
}

#[test]
fn rounds_that_are_off_are_shown_so_and_load_again() {
    let off = parse(&format!("schedule: {{round: off}}\n{SMALLEST}")).unwrap();
    assert!(off.rounds_off && off.redacted.contains("round: \"off\""), "{}", off.redacted);
    assert!(parse(&off.redacted).unwrap().rounds_off);
    assert!(!parse(SMALLEST).unwrap().rounds_off);
}

#[test]
fn what_is_shown_loads_again_and_shows_the_same() {
    let text = "
schedule: {round: '*/5 * * * *', timezone: Europe/Berlin, requests_per_minute: 30}
targets:
  - name: 'yes'
    provider:
      url: https://id.example.com
      client_secret_file: /run/secret
      http_headers: {X-Access: {files: [/run/header]}}
      connect_to: '[::1]:443'
      tls_config: {server_name: id.internal, min_version: TLS13}
    kasm: {url: 'https://kasm.example.com:8443', provider: '# Pocket: ID', timeout: 1m30s}
    expect: {auto_login: true, groups: [a, '007', 'true']}
    checks: {authorization_url_matches: off}
";
    let first = parse(text).unwrap();
    let second = parse(&first.redacted).unwrap();
    assert_eq!(first.redacted, second.redacted);
    assert_eq!(first.targets, second.targets);
    assert_eq!(first.round, second.round);
}

#[test]
fn no_secret_is_shown() {
    let text = "
targets:
  - name: home
    provider:
      url: https://id.example.com
      client_secret: canary-1
      api_key: canary-2
      proxy_url: http://canary-3:canary-4@proxy.example:3128
      http_headers: {X-A: {values: [canary-5], secrets: [canary-6]}}
    kasm:
      url: https://kasm.example.com
      api_key: canary-7
      api_key_secret: canary-8
      basic_auth: {username: me, password: canary-9}
";
    let config = parse(text).unwrap();
    assert!(!config.redacted.contains("canary-"), "{}", config.redacted);
    assert!(!format!("{config:?}").replace("\"canary-3\"", "").contains("canary-"), "{config:?}");
    assert_eq!(config.redacted.matches("<secret>").count(), 8, "{}", config.redacted);
    assert!(config.redacted.contains("http://<secret>@proxy.example:3128"), "{}", config.redacted);
}
