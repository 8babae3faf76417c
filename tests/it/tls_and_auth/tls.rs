//! TLS by the web-config file: what is offered, and certificates that change.

use rustls::{
    ProtocolVersion,
    crypto::aws_lc_rs::{ALL_CIPHER_SUITES, kx_group},
    version::{TLS12, TLS13},
};
use ssowatch::web::Options;

use super::support::{Authority, Client, Folder, indented};
use crate::web::support::ask;

fn authority() -> Authority {
    Authority::new("server authority")
}

#[tokio::test]
async fn every_page_is_served_by_tls() {
    let authority = authority();
    let surface = Folder::tls(&authority.server(), "").serve().await;
    let client = Client::of(&authority);
    for path in ["/", "/metrics", "/-/healthy"] {
        assert_eq!(client.get(surface.address, path).await.unwrap().status, 200, "{path}");
    }
}

#[tokio::test]
async fn certificate_and_key_may_stand_in_the_file_itself() {
    let authority = authority();
    let identity = authority.server();
    let text =
        format!("tls_server_config:\n  cert: |\n{}  key: |\n{}", indented(&identity.cert), indented(&identity.key));
    let surface = Folder::with(&text).serve().await;
    assert_eq!(Client::of(&authority).get(surface.address, "/metrics").await.unwrap().status, 200);
}

#[tokio::test]
async fn whoever_speaks_plain_http_is_told_so() {
    let surface = Folder::tls(&authority().server(), "").serve().await;
    let answer = ask(surface.address, "GET", "/metrics", &[]).await;
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("https://"), "{}", answer.text());
}

#[tokio::test]
async fn only_versions_between_least_and_most_are_spoken() {
    let authority = authority();
    for (settings, spoken) in [
        ("", [true, true]),
        ("  min_version: TLS13\n", [false, true]),
        ("  max_version: TLS12\n", [true, false]),
        ("  min_version: TLS10\n", [true, true]),
    ] {
        let surface = Folder::tls(&authority.server(), settings).serve().await;
        for (version, is_spoken) in [&TLS12, &TLS13].into_iter().zip(spoken) {
            let client = Client { versions: vec![version], ..Client::of(&authority) };
            let outcome = client.get(surface.address, "/-/healthy").await;
            assert_eq!(outcome.is_ok(), is_spoken, "{settings:?} {:?}", version.version);
        }
    }
}

#[tokio::test]
async fn only_the_listed_cipher_suites_and_curves_are_offered() {
    let authority = authority();
    let settings = "  max_version: TLS12\n  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, \
                    TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA]\n  curve_preferences: [CurveP384, CurveP521]\n";
    let surface = Folder::tls(&authority.server(), settings).serve().await;
    let stream = Client::of(&authority).connect(surface.address).await.unwrap();
    let (_, session) = stream.get_ref();
    assert_eq!(session.protocol_version(), Some(ProtocolVersion::TLSv1_2));
    assert_eq!(
        format!("{:?}", session.negotiated_cipher_suite().unwrap().suite()),
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
    );
    assert_eq!(session.negotiated_key_exchange_group().unwrap().name(), rustls::NamedGroup::secp384r1);
    let mut other = Client::of(&authority);
    other.provider.kx_groups = vec![kx_group::X25519];
    assert!(other.connect(surface.address).await.is_err(), "another curve");
    let mut other = Client::of(&authority);
    other.provider.cipher_suites =
        ALL_CIPHER_SUITES.iter().copied().filter(|suite| !format!("{suite:?}").contains("AES_256_GCM")).collect();
    assert!(other.connect(surface.address).await.is_err(), "another suite");
}

#[tokio::test]
async fn whose_order_of_cipher_suites_counts_is_as_the_file_says() {
    let authority = authority();
    let [large, small] = ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"];
    for (prefers, chosen) in [("", large), ("  prefer_server_cipher_suites: false\n", small)] {
        let settings = format!("  max_version: TLS12\n  cipher_suites: [{large}, {small}]\n{prefers}");
        let surface = Folder::tls(&authority.server(), &settings).serve().await;
        let mut client = Client::of(&authority);
        client.provider.cipher_suites.sort_by_key(|suite| format!("{:?}", suite.suite()) != small);
        let stream = client.connect(surface.address).await.unwrap();
        let suite = stream.get_ref().1.negotiated_cipher_suite().unwrap().suite();
        assert_eq!(format!("{suite:?}"), chosen, "{prefers:?}");
    }
}

#[tokio::test]
async fn http_1_is_agreed_on_with_who_would_speak_http_2() {
    let authority = authority();
    let surface = Folder::tls(&authority.server(), "").serve().await;
    let client = Client { alpn: vec![b"h2".to_vec(), b"http/1.1".to_vec()], ..Client::of(&authority) };
    let stream = client.connect(surface.address).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
}

#[tokio::test]
async fn a_new_certificate_is_shown_from_the_next_connection_on() {
    let (old, new) = (authority(), Authority::new("new authority"));
    let folder = Folder::tls(&old.server(), "");
    let surface = folder.serve().await;
    assert!(Client::of(&old).get(surface.address, "/").await.is_ok());
    folder.put(&new.server());
    assert!(Client::of(&new).get(surface.address, "/").await.is_ok());
    assert!(Client::of(&old).get(surface.address, "/").await.is_err());
}

#[tokio::test]
async fn a_broken_new_certificate_leaves_the_old_one_in_force_until_it_is_fixed() {
    let (old, new) = (authority(), Authority::new("new authority"));
    let folder = Folder::tls(&old.server(), "");
    let surface = folder.serve().await;
    let renewed = new.server();
    for (name, broken) in [("cert.pem", "rubbish"), ("cert.pem", ""), ("cert.pem", &*renewed.cert), ("web.yml", "{")] {
        folder.write(name, broken);
        assert!(Client::of(&old).get(surface.address, "/").await.is_ok(), "{name}: {broken:?}");
    }
    std::fs::remove_file(folder.path("key.pem")).unwrap();
    assert!(Client::of(&old).get(surface.address, "/").await.is_ok(), "without a key");
    folder.write("web.yml", "tls_server_config: {cert_file: cert.pem, key_file: other.pem}\n");
    assert!(Client::of(&old).get(surface.address, "/").await.is_ok(), "with the name of a key that is not there yet");
    folder.write("other.pem", &renewed.key);
    assert!(Client::of(&new).get(surface.address, "/").await.is_ok(), "the file that was missing is there");
}

#[tokio::test]
async fn what_protects_is_not_taken_away_by_a_file_that_changes() {
    let authority = authority();
    let folder = Folder::tls(&authority.server(), "  min_version: TLS13\n");
    let surface = folder.serve().await;
    for text in ["", "tls_server_config: {cert_file: cert.pem, key_file: key.pem}\n"] {
        folder.write("web.yml", text);
        let older = Client { versions: vec![&TLS12], ..Client::of(&authority) };
        assert!(older.get(surface.address, "/").await.is_err(), "{text:?}");
        assert_eq!(ask(surface.address, "GET", "/", &[]).await.status, 400, "{text:?}");
        assert!(Client::of(&authority).get(surface.address, "/").await.is_ok(), "{text:?}");
    }
}

#[tokio::test]
async fn headers_of_the_file_go_before_our_own_and_change_with_it() {
    let folder = Folder::with("http_server_config: {http2: false, headers: {X-Frame-Options: sameorigin}}\n");
    let surface = folder.serve_with(Options::default()).await;
    for path in ["/", "/metrics", "/nowhere", "/-/healthy"] {
        let answer = surface.get(path).await;
        assert_eq!(answer.header("x-frame-options"), "sameorigin", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("strict-transport-security"), "", "{path}");
    }
    folder.write("web.yml", "http_server_config: {headers: {Strict-Transport-Security: max-age=31536000}}\n");
    let answer = surface.get("/").await;
    assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
    assert_eq!(answer.header("x-frame-options"), "DENY");
}
