//! What is said of web-config files that are wrong, or not as wise as they could be.

use proptest::{collection::vec, prelude::*, sample::select};
use ssowatch::web::ActiveWebConfig;

use super::support::{Authority, Folder, hash};

fn folder(config: &str) -> Folder {
    let folder = Folder::with(config);
    folder.put(&Authority::new("server authority").server());
    folder.write("other.pem", &Authority::new("another").server().key);
    folder.write("ca.pem", &Authority::new("clients").pem());
    folder
}

/// TLS with these lines more.
fn tls(more: &str) -> String {
    format!("tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n{more}")
}

#[test]
fn each_problem_has_its_place_and_says_what_to_do() {
    let cases: [(&str, &[&str]); 24] = [
        ("tls_sever_config: {}\n", &[":1:1: tls_sever_config: unknown key; did you mean \"tls_server_config\"?"]),
        (&tls("  cert_fil: x\n"), &[":4:3: tls_server_config.cert_fil: unknown key; did you mean \"cert_file\"?"]),
        ("text\n", &[":1:1: expected keys with values, found a text"]),
        ("tls_server_config: {min_version: TLS13}\n", &["\"cert_file\" (or \"cert\") is missing", "\"key_file\" (or"]),
        ("tls_server_config: {cert_file: nowhere.pem, key_file: key.pem}\n", &[":1:32:", "nowhere.pem: No such file"]),
        ("tls_server_config: {cert_file: web.yml, key_file: key.pem}\n", &[".cert_file: holds no certificate in PEM"]),
        ("tls_server_config: {cert_file: cert.pem, key_file: cert.pem}\n", &[".key_file: holds no private key in PEM"]),
        (
            "tls_server_config: {cert_file: cert.pem, key_file: other.pem}\n",
            &[".key_file: does not belong to the certificate"],
        ),
        (&tls("  cert: x\n"), &[":2:14: tls_server_config.cert_file: excludes \"cert\""]),
        (
            &tls("  client_auth_type: RequireAndVerifyClientCrt\n"),
            &[":4:21:", "did you mean \"RequireAndVerifyClientCert\"?"],
        ),
        (&tls("  client_ca_file: ca.pem\n"), &[":4:19:", "write RequireAndVerifyClientCert there"]),
        (
            &tls("  client_auth_type: RequestClientCert\n  client_ca_file: key.pem\n"),
            &[":5:19:", "holds no certificate"],
        ),
        (&tls("  client_allowed_sans: [me]\n"), &[":4:24:", "no certificate is asked for"]),
        (
            &tls("  min_version: TLS14\n"),
            &[":4:16: tls_server_config.min_version: \"TLS14\" is not known; write TLS12"],
        ),
        (&tls("  max_version: TLS11\n"), &[":4:16:", "not spoken here; write TLS12 or TLS13"]),
        (&tls("  min_version: TLS13\n  max_version: TLS12\n"), &["no version is left"]),
        (&tls("  cipher_suites: [TLS_AES_128_GCM_SHA257]\n"), &[":4:19:", "did you mean \"TLS_AES_128_GCM_SHA256\"?"]),
        (
            &tls("  cipher_suites: [TLS_RSA_WITH_AES_128_CBC_SHA]\n  max_version: TLS12\n"),
            &["leaves nothing for TLS 1.2"],
        ),
        (&tls("  curve_preferences: [CurveP521]\n"), &[":4:22:", "add X25519, CurveP256 or CurveP384"]),
        ("http_server_config: {headers: {x-frame-options: deny}}\n", &[":1:32:", "did you mean \"X-Frame-Options\"?"]),
        ("http_server_config: {headers: {X-Frame-Options: DENY}}\n", &["\"DENY\" is not one of: deny, sameorigin"]),
        (
            "basic_auth_users: {ops: secret-word}\n",
            &[":1:25: basic_auth_users.ops: is not a bcrypt hash", "htpasswd -nBC 10"],
        ),
        ("rate_limit: {interval: 1s}\n", &["a \"burst\" of 0 lets no request through"]),
        ("rate_limit: {interval: 1, burst: -1}\n", &["write \"1s\" for seconds", "\"-1\" is not a number of requests"]),
    ];
    for (config, parts) in cases {
        let error = folder(config).web_config().unwrap_err();
        for part in parts {
            assert!(error.contains(part), "{config}\n{error}\nlacks {part}");
        }
        assert!(!error.contains("secret-word"), "{error}");
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let error =
        folder("tls_server_config: {cert_file: x.pem, min_version: y}\nbasic_auth_users: {a: b, c: d}\n").web_config();
    assert_eq!(error.unwrap_err().lines().count(), 5);
}

#[test]
fn a_file_that_is_not_there_is_told_with_the_flag() {
    let error = ActiveWebConfig::open(std::path::Path::new("/nowhere/web.yml")).unwrap_err();
    assert!(error.starts_with("/nowhere/web.yml: cannot be read: ") && error.contains("--web.config.file"), "{error}");
}

#[test]
fn what_will_not_be_as_the_file_says_is_warned_of() {
    let costly = hash("x").replace("$04$", "$15$");
    for (config, part) in [
        (tls("  min_version: TLS10\n"), "the least is TLS12"),
        (tls("  cipher_suites: [TLS_RSA_WITH_AES_128_CBC_SHA, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]\n"), "left out"),
        (tls("  cipher_suites: [TLS_AES_128_GCM_SHA256]\n"), "only TLS 1.3 is spoken"),
        (tls("  curve_preferences: [CurveP521, X25519]\n"), "CurveP521 is not offered here"),
        (tls("  client_auth_type: RequireAndVerifyClientCert\n"), "any public authority"),
        (tls("  client_auth_type: RequireAnyClientCert\n  client_allowed_sans: [me]\n"), "anybody can make"),
        (format!("basic_auth_users: {{ops: {costly}}}\n"), "a hash of cost 15"),
    ] {
        let folder = folder(&config);
        super::support::chmod(&folder.path("key.pem"), 0o600);
        let warnings = ActiveWebConfig::open(&folder.config()).unwrap().1;
        assert!(warnings.len() == 1 && warnings[0].contains(part), "{config}\n{warnings:?}");
    }
    let folder = folder(&tls(""));
    super::support::chmod(&folder.path("key.pem"), 0o644);
    let warnings = ActiveWebConfig::open(&folder.config()).unwrap().1;
    assert!(warnings[0].contains("every user of this machine can read this key"), "{warnings:?}");
}

#[test]
fn values_are_taken_as_they_stand() {
    let folder = folder("http_server_config: {headers: {X-XSS-Protection: \"${HOME} $$ 1\"}}\n");
    let text = format!("{:?}", ssowatch::config::WebConfig::load(&folder.config()).1.unwrap().headers);
    assert!(text.contains("${HOME} $$ 1"), "{text}");
}

/// Pieces of files, good and bad, put together in any order.
const PIECES: [&str; 22] = [
    "tls_server_config:",
    "  cert_file: cert.pem",
    "  key_file: key.pem",
    "  key_file: other.pem",
    "  client_auth_type: VerifyClientCertIfGiven",
    "  client_ca_file: ca.pem",
    "  client_allowed_sans: [a, {b: c}]",
    "  cipher_suites:",
    "  - TLS_AES_128_GCM_SHA256",
    "  curve_preferences: [CurveP521]",
    "  min_version: TLS13",
    "  max_version: [TLS12]",
    "http_server_config: {headers: {X-Frame-Options: 1, ? : 2}}",
    "  http2: ~",
    "basic_auth_users: {ops: x, ops: y}",
    "rate_limit:",
    "  interval: 99999999999y",
    "  burst: 99999999999",
    "  ? [a]",
    "\t- \u{1f511}: &x *x",
    "--- !!binary a",
    "  key: |",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_stands_in_a_file_is_taken_or_refused_with_its_name(pieces in vec(select(&PIECES[..]), 0..9)) {
        let folder = Folder::with(&pieces.join("\n"));
        folder.write("ca.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        if let Err(error) = folder.web_config() {
            let origin = folder.config().display().to_string();
            prop_assert!(error.lines().all(|line| line.starts_with(&origin)), "{}", error);
        }
    }
}
