//! Certificates: what is trusted, what is told, and what is withheld.

use ssowatch::{
    config::{NamedHeader, Secret, SecretSource},
    model::{Connection, Reason, Snapshot, Trust},
};

use super::{
    pair::{Pair, failure, reason},
    pki::{Authority, Served, self_signed},
    server::Server,
};

const HEADER: &str = "x-wall";

/// A pair whose Kasm serves this chain as `kasm.example.test`, and whose target holds a header for it.
async fn kasm_with(served: &Served) -> Pair {
    kasm_on(Server::tls(served.config()).await).await
}

async fn kasm_on(kasm: Server) -> Pair {
    let provider = Server::plain().await;
    let provider_url = format!("http://{}", provider.address);
    let port = kasm.port();
    let mut pair = Pair::of(provider, &provider_url, kasm, "https://kasm.example.test");
    pair.target.app.http.connect_to = Some(("127.0.0.1".to_owned(), port));
    pair.target.app.http.headers =
        vec![NamedHeader { name: HEADER.to_owned(), value: SecretSource::Inline(Secret::new("let me in".to_owned())) }];
    pair
}

fn kasm(seen: &Snapshot) -> Connection {
    seen.app_connection.get().unwrap().clone()
}

fn trust(seen: &Snapshot) -> Trust {
    kasm(seen).tls.unwrap().trust
}

/// Whether every request to Kasm carried the header, or none did.
fn header_went(pair: &Pair) -> bool {
    let seen = pair.kasm.seen();
    assert!(!seen.is_empty());
    let with = seen.iter().filter(|one| one.header(HEADER) == Some("let me in")).count();
    assert!(with == 0 || with == seen.len(), "{with} of {}", seen.len());
    with > 0
}

#[tokio::test]
async fn a_chain_to_a_root_of_ca_file_is_verified_and_its_facts_are_told() {
    let root = Authority::new("Example Root");
    let between = root.intermediate("Example Intermediate");
    let served = between.issue(&["kasm.example.test", "127.0.0.1"]).with(&between);
    let mut pair = kasm_with(&served).await;
    pair.target.app.http.tls.ca = Some(root.pem.clone());
    let seen = pair.look().await;
    let tls = kasm(&seen).tls.unwrap();
    assert_eq!((tls.trust, tls.name_matches, tls.version.as_str()), (Trust::Verified, true, "TLSv1.3"));
    assert!(kasm(&seen).is_trusted() && kasm(&seen).tls_seconds.is_some());
    let leaf = &tls.chain[0];
    assert_eq!(tls.chain.len(), 2);
    assert_eq!(
        (leaf.subject.as_str(), leaf.issuer.as_str()),
        ("CN=leaf of kasm.example.test", "CN=Example Intermediate")
    );
    assert_eq!(leaf.names, ["kasm.example.test", "127.0.0.1"]);
    assert_eq!(leaf.fingerprint_sha256, served.fingerprint());
    assert_eq!(
        (leaf.not_before.to_rfc3339(), leaf.is_ca, leaf.is_self_signed),
        ("2020-01-01T00:00:00+00:00".to_owned(), false, false)
    );
    assert!(header_went(&pair));
    assert!(seen.login_start.ok().is_some());
}

#[tokio::test]
async fn a_self_signed_certificate_is_told_the_look_goes_on_and_the_headers_are_withheld() {
    let pair = kasm_with(&self_signed(&["kasm.example.test"])).await;
    let seen = pair.look().await;
    assert_eq!(trust(&seen), Trust::SelfSigned);
    assert!(!kasm(&seen).is_trusted() && kasm(&seen).tls.unwrap().chain[0].is_ca);
    assert!(seen.app_health.ok().is_some() && seen.authorize_dry_run.ok().is_some());
    assert!(!header_went(&pair));
}

#[tokio::test]
async fn a_self_signed_certificate_is_pinned_by_naming_it_whatever_its_name() {
    let served = self_signed(&["another.example.test"]);
    let mut by_file = kasm_with(&served).await;
    by_file.target.app.http.tls.ca = Some(served.pem.clone());
    let mut by_fingerprint = kasm_with(&served).await;
    by_fingerprint.target.app.http.tls.fingerprint_sha256 = Some(served.fingerprint());
    for pair in [by_file, by_fingerprint] {
        let seen = pair.look().await;
        assert_eq!(trust(&seen), Trust::Pinned);
        assert!(!kasm(&seen).tls.unwrap().name_matches);
        assert!(header_went(&pair));
    }
}

#[tokio::test]
async fn another_certificate_than_the_pinned_one_gets_no_headers() {
    let pinned = self_signed(&["kasm.example.test"]);
    let mut pair = kasm_with(&self_signed(&["kasm.example.test"])).await;
    pair.target.app.http.tls.fingerprint_sha256 = Some(pinned.fingerprint());
    let seen = pair.look().await;
    assert_eq!(trust(&seen), Trust::OtherThanPinned);
    assert!(seen.kasm_login_settings.ok().is_some());
    assert!(!header_went(&pair));
    let mut pair = kasm_with(&self_signed(&["kasm.example.test"])).await;
    pair.target.app.http.tls.ca = Some(pinned.pem.clone());
    assert_eq!(trust(&pair.look().await), Trust::SelfSigned);
    assert!(!header_went(&pair));
}

#[tokio::test]
async fn what_is_wrong_with_a_chain_is_told_apart() {
    let root = Authority::new("Example Root");
    let between = root.intermediate("Example Intermediate");
    let stranger = Authority::new("Stranger");
    let strange = stranger.intermediate("Strange Intermediate");
    let name = &["kasm.example.test"][..];
    let cases = [
        ("the intermediate is left out", between.issue(name), Trust::Incomplete),
        ("the root is not trusted", strange.issue(name).with(&strange), Trust::UnknownIssuer),
        ("the root is not trusted, and served", stranger.issue(name).with(&stranger), Trust::UnknownIssuer),
        ("a date is to come", root.issue_for_later(name), Trust::OutOfDate),
        ("a date is past", root.issue_expired(name), Trust::OutOfDate),
        (
            "a date is past and the root is not trusted",
            strange.issue_expired(name).with(&strange),
            Trust::UnknownIssuer,
        ),
        ("another name", root.issue(&["other.example.test"]), Trust::OtherName),
    ];
    for (case, served, expected) in cases {
        let mut pair = kasm_with(&served).await;
        pair.target.app.http.tls.ca = Some(root.pem.clone());
        let seen = pair.look().await;
        assert_eq!(trust(&seen), expected, "{case}");
        assert!(seen.app_health.ok().is_some(), "{case}: the look goes on");
        assert!(!header_went(&pair), "{case}");
    }
}

#[tokio::test]
async fn insecure_skip_verify_sends_all_and_hides_nothing() {
    let mut pair = kasm_with(&self_signed(&["kasm.example.test"])).await;
    pair.target.app.http.tls.insecure_skip_verify = true;
    assert_eq!(trust(&pair.look().await), Trust::SelfSigned);
    assert!(header_went(&pair));
}

#[tokio::test]
async fn server_name_is_verified_in_place_of_the_host() {
    let root = Authority::new("Example Root");
    let mut pair = kasm_with(&root.issue(&["inner.example.test"])).await;
    pair.target.app.http.tls.ca = Some(root.pem.clone());
    pair.target.app.http.tls.server_name = Some("inner.example.test".to_owned());
    assert_eq!(trust(&pair.look().await), Trust::Verified);
    assert_eq!(pair.kasm.seen()[0].header("host"), Some("kasm.example.test"));
}

#[tokio::test]
async fn a_client_certificate_is_shown_where_the_config_names_one() {
    let (root, ours) = (Authority::new("Example Root"), Authority::new("Our Root"));
    let served = root.issue(&["kasm.example.test"]);
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let client = ours.issue(&["ssowatch.example.test"]);
    std::fs::write(&cert, &client.pem).unwrap();
    std::fs::write(&key, client.key_pem()).unwrap();
    let mut pair = kasm_on(Server::tls(served.demanding(&ours)).await).await;
    pair.target.app.http.tls.ca = Some(root.pem.clone());
    let seen = pair.look().await;
    assert_eq!(reason(&seen.app_health), Reason::Tls, "TLS 1.3 refuses after the handshake");
    pair.target.app.http.tls.cert_file = Some(cert.clone());
    pair.target.app.http.tls.key_file = Some(key.clone());
    assert!(pair.look().await.app_health.ok().is_some());
    std::fs::write(&key, "nonsense").unwrap();
    let (_, detail) = failure(&pair.look().await.app_connection);
    assert_eq!(detail, "tls_config.key_file holds no private key in PEM form");
}

#[tokio::test]
async fn tls_1_2_is_spoken_unless_1_3_is_demanded() {
    let root = Authority::new("Example Root");
    let served = root.issue(&["kasm.example.test"]);
    let mut pair = kasm_on(Server::tls(served.only_tls12()).await).await;
    pair.target.app.http.tls.ca = Some(root.pem.clone());
    assert_eq!(kasm(&pair.look().await).tls.unwrap().version, "TLSv1.2");
    pair.target.app.http.tls.only_tls13 = true;
    let seen = pair.look().await;
    assert_eq!(reason(&seen.app_connection), Reason::Tls);
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_told_so_and_nothing_more_is_asked_of_it() {
    let pair = kasm_on(Server::plain().await).await;
    let seen = pair.look().await;
    let (reason, _) = failure(&seen.app_connection);
    assert_eq!(reason, Reason::Tls);
    assert_eq!(seen.app_health.get().unwrap_err().to_string(), "waits for the connection to Kasm");
    assert_eq!(pair.kasm.connections(), 1);
}

#[tokio::test]
async fn settings_that_cannot_be_loaded_name_the_setting() {
    let mut pair = Pair::well().await;
    pair.target.app.http.tls.ca = Some("not a certificate".to_owned());
    let seen = pair.look().await;
    assert_eq!(
        failure(&seen.app_connection),
        (Reason::Tls, "tls_config.ca_file holds no certificate in PEM form".to_owned())
    );
    assert!(pair.kasm.seen().is_empty());
    assert!(seen.discovery.ok().is_some(), "the other side is looked at all the same");
}

#[tokio::test]
async fn a_ca_file_that_is_replaced_counts_from_the_next_look() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kasm.pem");
    let served = self_signed(&["kasm.example.test"]);
    std::fs::write(&file, &self_signed(&["kasm.example.test"]).pem).unwrap();
    let mut pair = kasm_with(&served).await;
    pair.target.app.http.tls.ca_file = Some(file.clone());
    assert_eq!(trust(&pair.look().await), Trust::SelfSigned);
    std::fs::write(&file, &served.pem).unwrap();
    assert_eq!(trust(&pair.look().await), Trust::Pinned);
}

#[tokio::test]
async fn a_login_wall_behind_an_untrusted_certificate_says_that_the_headers_were_withheld() {
    let pair = kasm_with(&self_signed(&["kasm.example.test"])).await;
    pair.kasm_but("/api/login_settings", |_| {
        super::server::answer(401, &[("Content-Type", "application/json"), ("WWW-Authenticate", "Basic")], "{}")
    });
    let why = pair.look().await.kasm_login_settings.get().unwrap_err().to_string();
    assert!(why.contains("withheld"), "{why}");
}
