//! What every mistake says: line, column, field, and what was meant.

use super::{CHECK, SMALLEST, parse, parse_with};

/// The problems of a file, without its name.
fn problems(text: &str) -> Vec<String> {
    let error = parse(text).expect_err(text).to_string();
    error.lines().map(|line| line.strip_prefix("ssowatch.yml:").expect(line).to_owned()).collect()
}

/// The problems of a file that differs from the smallest one in this way.
fn problems_with(from: &str, to: &str) -> Vec<String> {
    assert!(SMALLEST.contains(from), "{from}");
    problems(&SMALLEST.replace(from, to))
}

#[test]
fn all_problems_of_a_file_are_told_at_once_in_its_order() {
    let text = format!(
        "targets:
  - name: home
    provider:
      ulr: https://id.example.com
      client_secret: a
      client_secret_file: b
    kasm:
      url: kasm.example.com
      api_auth: header
    checks: {{authorisation_url_matches: off, {CHECK}: {{warn: 14d}}}}
  - name: home
    provider: {{url: 'https://id.example.com/.well-known/openid-configuration'}}
    kasm: {{url: https://notifier.example.com}}
shedule: {{round: every 60s}}
"
    );
    assert_eq!(
        problems(&text),
        [
            "4:7: targets[0].provider.ulr: unknown key; did you mean \"url\"?",
            "6:27: targets[0].provider.client_secret_file: excludes \"client_secret\"; keep one of the two",
            "8:12: targets[0].kasm.url: \"kasm.example.com\" has no scheme; write \"https://kasm.example.com\"",
            "9:17: targets[0].kasm.api_auth: \"header\" is not known; write body or basic",
            "10:14: targets[0].checks.authorisation_url_matches: unknown check; did you mean \
             \"authorization_url_matches\"?",
            "10:80: targets[0].checks.authorization_url_matches.warn: this check has no warning time; \
             certificates_last, client_secret_lasts, client_secrets_last, api_keys_last have one",
            "12:21: targets[1].provider.url: that is an address inside the provider; write its base: \
             \"https://id.example.com\"",
            "14:1: shedule: unknown key; did you mean \"schedule\"?",
        ]
    );
}

#[test]
fn a_name_that_stands_twice_names_both_lines() {
    let target =
        "  - name: home\n    provider: {url: https://id.example.com}\n    kasm: {url: https://kasm.example.com}\n";
    assert_eq!(
        problems(&format!("targets:\n{target}{target}")),
        ["5:11: targets[1].name: \"home\" stands twice; first in line 2"]
    );
}

#[test]
fn a_key_that_stands_twice_names_both_lines() {
    assert_eq!(problems("targets: []\ntargets: []\n"), ["2:1: targets: stands twice; first in line 1"]);
}

#[test]
fn names_are_labels() {
    for (name, says) in [
        ("''", "is empty"),
        ("' home'", "a name has printable characters, and no blank at its ends"),
        ("\"a\\nb\"", "a name has printable characters"),
        (&*"x".repeat(65), "has 65 characters; a name has at most 64"),
    ] {
        let found = problems_with("- provider", &format!("- name: {name}\n    provider"));
        assert!(found[0].starts_with("2:11: targets[0].name: ") && found[0].contains(says), "{found:?}");
    }
    assert!(parse(&SMALLEST.replace("- provider", "- name: Büro 2 (κ)\n    provider")).is_ok());
}

#[test]
fn each_mistake_says_what_was_meant() {
    let kasm = "url: https://kasm.example.com";
    let provider = "url: https://id.example.com";
    for (from, to, says) in [
        (provider, "url: ''", "provider.url: is empty; write an address such as"),
        (provider, "url:", "provider.url: is empty; write an address such as"),
        (provider, "url: [a]", "provider.url: expected a text, found a list"),
        (
            provider,
            "url: https://id.example.com, kind: octa",
            "\"octa\" is not known; write one of pocket_id, keycloak, authentik",
        ),
        (provider, "url: https://id.example.com, client_secret: ''", "provider.client_secret: is empty"),
        (provider, "url: https://id.example.com, client_secret:", "provider.client_secret: is empty"),
        (provider, "url: https://id.example.com, secret: x", "provider.secret: unknown key; known here: name, url,"),
        (provider, "url: https://id.example.com, client-secret: x", "unknown key; did you mean \"client_secret\"?"),
        (provider, "url: https://id.example.com, timeout: 10", "\"10\" has no unit; write \"10s\" for seconds"),
        (provider, "url: https://id.example.com, timeout: 0s", "must be longer than 0"),
        (provider, "url: https://id.example.com, allow_http: yes", "\"yes\" is not true or false"),
        (provider, "url: https://id.example.com, connect_to: 10.0.0.1", "\"10.0.0.1\" is not host:port"),
        (provider, "url: https://id.example.com, no_proxy: x", "has no \"proxy_url\" beside it"),
        (provider, "url: https://id.example.com, proxy_url: proxy:3128", "not a proxy's address; write for example"),
        (provider, "url: http://id.example.com, client_secret: x", "would go over plain HTTP; write https://"),
        (provider, "url: https://a.example, internal_url: 'http://b.example', api_key: x", "internal_url: credentials"),
        (provider, "url: http://id.example.com, http_headers: {A: {values: [x]}}", "would go over plain HTTP"),
        (kasm, "url: https://kasm.example.com/api/oidc_callback", "that is Kasm's callback"),
        (
            kasm,
            "url: https://kasm.example.com/notifier",
            "Kasm's address has no path; write \"https://kasm.example.com\"",
        ),
        (kasm, "url: https://kasm.example.com, api_key: x", "kasm.api_key: needs \"api_key_secret_file\""),
        (kasm, "url: https://kasm.example.com, api_key_secret: x", "needs \"api_key_file\": a Kasm key has two halves"),
        (kasm, "url: https://k.example, basic_auth: {username: a}", "\"password_file\" is missing"),
        (kasm, "url: https://k.example, basic_auth: {username: 'a:b', password: c}", "a user name holds no colon"),
        (kasm, "url: https://k.example, http_headers: {Host: {values: [x]}}", "is a header that ssowatch sets itself"),
        (kasm, "url: https://k.example, http_headers: {'a b': {values: [x]}}", "is not a header's name"),
        (kasm, "url: https://k.example, http_headers: {A: x}", "expected keys with values, found a text"),
        (kasm, "url: https://k.example, http_headers: {A: {}}", "has no value; write for example {secrets: [VALUE]}"),
        (
            kasm,
            "url: https://k.example, basic_auth: {username: a, password: b}, http_headers: {authorization: {values: [x]}}",
            "excludes \"basic_auth\", which sends the same header",
        ),
        (kasm, "url: https://k.example, tls_config: {ca: x}", "holds no PEM certificate"),
        (kasm, "url: https://k.example, tls_config: {fingerprint_sha256: ab}", "is not a SHA-256 fingerprint"),
        (kasm, "url: https://k.example, tls_config: {cert_file: a}", "needs \"key_file\""),
        (kasm, "url: https://k.example, tls_config: {min_version: 1.3}", "\"1.3\" is not known; write TLS12 or TLS13"),
        (
            "targets:",
            "web: {allowed_host: []}\ntargets:",
            "web.allowed_host: unknown key; did you mean \"allowed_hosts\"?",
        ),
        ("targets:", "web: {allowed_hosts: monitor}\ntargets:", "web.allowed_hosts: expected a list, found a text"),
        (
            "targets:",
            "web: {allowed_hosts: ['http://a']}\ntargets:",
            "web.allowed_hosts[0]: \"http://a\" is not the name of a host",
        ),
        (
            "targets:",
            "web: {frame_ancestors: [portal]}\ntargets:",
            "\"portal\" is not the origin of a page; write scheme",
        ),
        (
            "targets:",
            "web: {frame_ancestors: ['https://a/b']}\ntargets:",
            "\"https://a/b\" is not the origin of a page",
        ),
        ("targets:", "web: {frame_ancestors: ['https://*.a']}\ntargets:", "is not the origin of a page"),
        ("targets:", "web: {title: ''}\ntargets:", "web.title: is empty"),
        ("targets:", "schedule: {round: 60s}\ntargets:", "1:19: schedule.round: did you mean \"every 60s\"?"),
        (
            "targets:",
            "schedule: {settings: '*/5 * * * *'}\ntargets:",
            "is not a period; write for example \"every 5m\"",
        ),
        ("targets:", "schedule: {timezone: europe/berln}\ntargets:", "did you mean \"Europe/Berlin\"?"),
        ("targets:", "schedule: {requests_per_minute: 5}\ntargets:", "\"5\" is not a number from 12 to 600"),
        ("targets:", "schedule: {requests_per_minute: many}\ntargets:", "is not a number from 12 to 600"),
        ("targets:", "schedule: {timezone: Local}\ntargets:", "\"Local\" is no timezone"),
        ("targets:", "change_hold: one day\ntargets:", "change_hold: \"one day\" is not a duration"),
        ("targets:", "checks: {nonsense: off}\ntargets:", "unknown check; `ssowatch explain` lists the checks"),
        ("targets:", "checks: {authorization_url_matches: maybe}\ntargets:", "write off, on, or {warn: 14d}"),
        (
            provider,
            "kind: openid",
            "targets[0].provider: \"url\" is missing; the provider's address: Pocket ID's APP_URL",
        ),
        ("targets:", "expect: {}\ntargets:", "expect: unknown key"),
    ] {
        let found = problems_with(from, to);
        assert!(found.iter().any(|line| line.contains(says)), "{to}: {found:?}");
    }
}

#[test]
fn plain_http_is_fine_on_loopback_without_credentials_and_where_it_is_allowed() {
    for to in [
        "url: http://127.0.0.1:1411, client_secret: x",
        "url: http://id.example.com",
        "url: http://id.example.com, client_secret: x, allow_http: true",
    ] {
        let text = SMALLEST.replace("url: https://id.example.com", to);
        assert!(parse(&text).is_ok(), "{to}");
    }
}

#[test]
fn an_empty_file_and_another_kind_of_file_say_what_is_missing() {
    for text in ["", "# nothing\n", "{}"] {
        let found = problems(text);
        assert!(found[0].contains("\"targets\" is missing; a target has two addresses"), "{text}: {found:?}");
    }
    assert!(problems("just a text")[0].contains("expected keys with values, found a text"));
    assert!(problems("- a\n- b\n")[0].contains("expected keys with values, found a list"));
}

#[test]
fn what_is_no_yaml_is_told_with_its_line() {
    for text in [
        "targets:\n  - name: \"home\n",
        "targets: [\n",
        "a: b: c\n",
        "targets:\n\t- name: x\n",
        "---\na: 1\n---\nb: 2\n",
    ] {
        let error = parse(text).expect_err(text).to_string();
        assert!(error.starts_with("ssowatch.yml:") && error.contains("not YAML: "), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn a_variable_without_quotes_in_a_flow_map_is_told() {
    let found = problems_with("https://id.example.com", "https://${ID}");
    assert!(found[0].ends_with("; a value with \"${...}\" inside {...} needs quotes"), "{found:?}");
}

#[test]
fn a_variable_that_is_not_set_is_told_with_its_line() {
    let text = SMALLEST.replace("https://kasm.example.com", "'https://${KASM_HOST}'");
    assert_eq!(
        parse_with(&text, &[("KASM", "x")]).unwrap_err().to_string(),
        "ssowatch.yml:3:17: targets[0].kasm.url: the environment variable KASM_HOST is not set; set it, or write \
         \"${KASM_HOST:-default}\""
    );
}

#[test]
fn a_problem_never_repeats_a_secret() {
    for to in [
        "url: 'https://me:canary@id.example.com'",
        "url: https://id.example.com, client_secret: \"canary\\n\"",
        "url: https://id.example.com, client_secret: {canary: canary}",
        "url: https://id.example.com, proxy_url: 'canary:canary@proxy'",
        "url: https://id.example.com, http_headers: {X: {secrets: \"canary\"}}",
        "url: https://id.example.com, basic_auth: {username: \"a:b\", password: canary}",
        "url: http://id.example.com, client_secret: canary",
    ] {
        for line in problems_with("url: https://id.example.com", to) {
            let told = line.split_once(": ").unwrap().1.replace("client_secret.canary", "");
            assert!(!told.contains("canary"), "{told}");
        }
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic_and_every_error_has_a_problem(text in "(targets|checks|url|name|[-\\[\\]{}:, \n'\"&*$#|>a-z])*") {
        if let Err(error) = parse(&text) {
            proptest::prop_assert!(!error.problems.is_empty());
        }
    }
}
