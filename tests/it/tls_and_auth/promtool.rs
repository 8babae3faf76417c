//! Debian's `promtool check web-config` takes and refuses the same files as we do, beside differences with a reason.

use std::process::Command;

use super::support::{Authority, Folder, hash};

/// What a file is worth, to promtool and to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Worth {
    Good,
    Bad,
    /// Only we take it, because.
    OnlyUs(&'static str),
    /// Only promtool takes it, because.
    OnlyPromtool(&'static str),
}
use Worth::{Bad, Good, OnlyPromtool, OnlyUs};

const NEWER: &str = "a key of newer toolkits than Debian's";
const SILENT: &str = "it would leave open what it seems to close, without a word";
const DEAD: &str = "it would let nobody in, or not work at the first connection";

fn tls(more: &str) -> String {
    format!("tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n{more}")
}

fn files() -> Vec<(String, Worth)> {
    let good = hash("right");
    let suites = |list: &str| tls(&format!("  cipher_suites: [{list}]\n"));
    let header = |line: &str| format!("http_server_config:\n  headers:\n    {line}\n");
    let user = |hash: &str| format!("basic_auth_users:\n  ops: {hash}\n");
    let client = |auth: &str, more: &str| tls(&format!("  client_auth_type: {auth}\n{more}"));
    vec![
        (String::new(), Good),
        ("{}\n".to_owned(), Good),
        ("tls_server_config:\n".to_owned(), Good),
        ("rubbish\n".to_owned(), Bad),
        ("- a\n- b\n".to_owned(), Bad),
        ("a: [\n".to_owned(), Bad),
        ("tls_config: {}\n".to_owned(), Bad),
        ("basic_auth_users: {}\nbasic_auth_users: {}\n".to_owned(), Bad),
        (tls(""), Good),
        (tls("  cert_filse: x\n"), Bad),
        ("tls_server_config: {cert_file: cert.pem}\n".to_owned(), Bad),
        ("tls_server_config: {key_file: key.pem}\n".to_owned(), Bad),
        ("tls_server_config: {cert_file: \"\", key_file: key.pem}\n".to_owned(), Bad),
        ("tls_server_config: {cert_file: nowhere.pem, key_file: key.pem}\n".to_owned(), Bad),
        ("tls_server_config: {cert_file: key.pem, key_file: key.pem}\n".to_owned(), Bad),
        ("tls_server_config: {cert_file: cert.pem, key_file: other.pem}\n".to_owned(), Bad),
        ("tls_server_config: {min_version: TLS13}\n".to_owned(), OnlyPromtool(SILENT)),
        (client("NoClientCert", ""), Good),
        (client("RequestClientCert", ""), Good),
        (client("RequireAnyClientCert", ""), Good),
        (client("RequireClientCert", ""), Good),
        (client("VerifyClientCertIfGiven", ""), Good),
        (client("RequireAndVerifyClientCert", ""), Good),
        (client("RequireAndVerifyClientCert", "  client_ca_file: ca.pem\n"), Good),
        (client("RequireAndVerifyClientCert", "  client_ca_file: nowhere.pem\n"), Bad),
        (client("RequireAndVerifyClientCert", "  client_ca_file: key.pem\n"), OnlyPromtool(DEAD)),
        (client("requireandverifyclientcert", ""), Bad),
        (client("\"\"", ""), Good),
        (client("NoClientCert", "  client_ca_file: ca.pem\n"), Bad),
        (tls("  client_ca_file: ca.pem\n"), Bad),
        (client("RequireAndVerifyClientCert", "  client_ca_file: ca.pem\n  client_allowed_sans: [a]\n"), OnlyUs(NEWER)),
        (tls("  min_version: TLS10\n  max_version: TLS13\n"), Good),
        (tls("  min_version: TLS12\n  max_version: TLS12\n"), Good),
        (tls("  min_version: TLS111\n"), Bad),
        (tls("  min_version: 1.2\n"), Bad),
        (tls("  max_version: TLS11\n"), OnlyPromtool("rustls speaks no TLS 1.1")),
        (tls("  min_version: TLS13\n  max_version: TLS12\n"), OnlyPromtool(DEAD)),
        (suites("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256"), Good),
        (suites("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"), Good),
        (suites("TLS_RSA_WITH_AES_256_GCM_SHA384"), Good),
        (suites(""), Good),
        (suites("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA2048"), Bad),
        (suites("TLS_ECDHE_RSA_WITH_RC4_128_SHA"), Bad),
        (suites("TLS13_AES_128_GCM_SHA256"), Bad),
        (tls("  prefer_server_cipher_suites: false\n"), Good),
        (tls("  prefer_server_cipher_suites: off\n"), Good),
        (tls("  prefer_server_cipher_suites: maybe\n"), Bad),
        (tls("  curve_preferences: [CurveP256, CurveP384, CurveP521, X25519]\n"), Good),
        (tls("  curve_preferences: [CurveP257]\n"), Bad),
        (tls("  curve_preferences: [CurveP521]\n"), OnlyPromtool("rustls has no P-521 key exchange")),
        ("http_server_config: {http2: true}\n".to_owned(), Good),
        ("http_server_config: {http2: false}\n".to_owned(), Good),
        ("http_server_config: {http2: 7}\n".to_owned(), Bad),
        ("http_server_config: {http3: true}\n".to_owned(), Bad),
        (header("Strict-Transport-Security: max-age=31536000; includeSubDomains"), Good),
        (header("Content-Security-Policy: \"default-src 'self'\""), Good),
        (header("X-XSS-Protection: 1"), Good),
        (header("X-XSS-Protection: \"\""), Good),
        (header("X-Content-Type-Options: nosniff"), Good),
        (header("X-Content-Type-Options: sniff"), Bad),
        (header("X-Frame-Options: sameorigin"), Good),
        (header("X-Frame-Options: DENY"), Bad),
        (header("x-frame-options: deny"), Bad),
        (header("Content-Type: text/html"), Bad),
        (user(&good), Good),
        (user(&good.replace("$2b$", "$2y$")), Good),
        (user(&good.replace("$2b$", "$2a$")), Good),
        (user(&good.replace("$04$", "$31$")), Good),
        (user(&good.replace("$04$", "$32$")), Bad),
        (user(&good.replace("$04$", "$03$")), Bad),
        (user(&good.replace("$04$", "$xx$")), Bad),
        (user(&good.replace("$2b$", "$3b$")), Bad),
        (user("plain"), Bad),
        (user("\"\""), Bad),
        (user(&good[..59]), OnlyPromtool(DEAD)),
        (format!("basic_auth_users:\n  \"a:b\": {good}\n"), OnlyPromtool(DEAD)),
        (format!("{}{}", tls(""), user(&good)), Good),
        ("rate_limit: {interval: 1s, burst: 20}\n".to_owned(), OnlyUs(NEWER)),
        ("rate_limit: {interval: 0, burst: 0}\n".to_owned(), OnlyUs(NEWER)),
    ]
}

#[test]
fn the_same_files_are_taken_and_refused_as_by_promtool() {
    let folder = Folder::with("");
    folder.put(&Authority::new("server authority").server());
    folder.write("other.pem", &Authority::new("another").server().key);
    folder.write("ca.pem", &Authority::new("clients").pem());
    let mut wrong = Vec::new();
    for (text, worth) in files() {
        folder.write("web.yml", &text);
        let ours = folder.web_config();
        let output = Command::new("promtool")
            .args(["check", "web-config"])
            .arg(folder.config())
            .output()
            .expect("promtool, from Debian's package prometheus");
        let expected = match worth {
            Good => (true, true),
            Bad => (false, false),
            OnlyUs(_) => (true, false),
            OnlyPromtool(_) => (false, true),
        };
        if (ours.is_ok(), output.status.success()) != expected {
            let theirs = String::from_utf8_lossy(&output.stderr).into_owned();
            wrong.push(format!("{text}\n{worth:?}, but we: {ours:?}\npromtool: {theirs}\n"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n---\n"));
}
