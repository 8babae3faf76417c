//! The clients behind a look: what they show of their connections, and what they never let out.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use rustls::{
    ServerConfig,
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use ssowatch::{
    config::{NamedHeader, ProxySettings, Secret, SecretSource},
    model::{AddressState, Missing, Reason, SourceId, Trust},
};

use super::{
    pair::{Pair, document, failure, reason, url},
    pki::{Authority, Served, self_signed},
    relay::{Relay, Speech},
    server::{Seen, Server, json},
};

const HEADER: &str = "x-wall";

fn header() -> Vec<NamedHeader> {
    vec![NamedHeader { name: HEADER.to_owned(), value: SecretSource::Inline(Secret::new("let me in".to_owned())) }]
}

/// Serves one certificate after the other, the last for ever, and notes the names that it is greeted with.
#[derive(Debug)]
struct Changing {
    certificates: Vec<Arc<CertifiedKey>>,
    served: AtomicUsize,
    greetings: Mutex<Vec<Option<String>>>,
}

impl Changing {
    fn of(served: &[&Served]) -> Arc<Self> {
        let certificates = served.iter().map(|one| Arc::new(one.certified())).collect();
        Arc::new(Self { certificates, served: AtomicUsize::new(0), greetings: Mutex::default() })
    }

    async fn server(self: &Arc<Self>) -> Server {
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        Server::tls(config).await
    }

    /// Every name that it was greeted with.
    fn names(&self) -> Vec<Option<String>> {
        let mut names = self.greetings.lock().unwrap().clone();
        names.dedup();
        names
    }
}

impl ResolvesServerCert for Changing {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.greetings.lock().unwrap().push(hello.server_name().map(str::to_owned));
        let index = self.served.fetch_add(1, Ordering::SeqCst).min(self.certificates.len() - 1);
        Some(Arc::clone(&self.certificates[index]))
    }
}

/// A pair whose Kasm is this server under this address.
async fn kasm_at(address: &str, kasm: Server) -> Pair {
    let provider = Server::plain().await;
    let (provider_url, port) = (format!("http://{}", provider.address), kasm.port());
    let mut pair = Pair::of(provider, &provider_url, kasm, address);
    pair.target.app.http.connect_to = Some(("127.0.0.1".to_owned(), port));
    pair
}

/// A pair whose provider serves this chain as `id.example.test`.
async fn provider_with(served: &Served) -> Pair {
    let (provider, kasm) = (Server::tls(served.config()).await, Server::plain().await);
    let (port, kasm_url) = (provider.port(), format!("http://{}", kasm.address));
    let mut pair = Pair::of(provider, "https://id.example.test", kasm, &kasm_url);
    pair.target.provider.http.connect_to = Some(("127.0.0.1".to_owned(), port));
    pair
}

#[tokio::test]
async fn a_certificate_that_is_no_longer_trusted_after_the_probe_gets_no_request() {
    let root = Authority::new("Example Root");
    let name = &["kasm.example.test"][..];
    let changing = Changing::of(&[&root.issue(name), &self_signed(name)]);
    let mut pair = kasm_at("https://kasm.example.test", changing.server().await).await;
    pair.target.app.http.tls.ca = Some(root.pem.clone());
    pair.target.app.http.headers = header();
    let seen = pair.look().await;
    assert_eq!(seen.app_connection.get().unwrap().tls.as_ref().unwrap().trust, Trust::Verified);
    let refused = "the certificate is not trusted, so nothing that is secret is sent".to_owned();
    assert_eq!(failure(&seen.app_health), (Reason::Tls, refused));
    assert!(pair.kasm.seen().is_empty());
}

#[tokio::test]
async fn the_name_to_verify_is_the_name_of_the_greeting() {
    let root = Authority::new("Example Root");
    let changing = Changing::of(&[&root.issue(&["inner.example.test"])]);
    let mut pair = kasm_at("https://kasm.example.test:8443", changing.server().await).await;
    pair.target.app.http.tls.ca = Some(root.pem.clone());
    pair.target.app.http.tls.server_name = Some("Inner.example.test".to_owned());
    pair.target.app.http.headers = header();
    assert!(pair.look().await.login_start.ok().is_some());
    assert_eq!(changing.names(), [Some("inner.example.test".to_owned())]);
    for seen in pair.kasm.seen() {
        assert_eq!((seen.header("host"), seen.header(HEADER)), (Some("kasm.example.test:8443"), Some("let me in")));
    }
}

#[tokio::test]
async fn an_address_in_place_of_a_name_is_verified_and_is_no_greeting() {
    let root = Authority::new("Example Root");
    let changing = Changing::of(&[&root.issue(&["192.0.2.7"])]);
    let mut pair = kasm_at("https://192.0.2.7", changing.server().await).await;
    pair.target.app.http.tls.ca = Some(root.pem.clone());
    let seen = pair.look().await;
    assert!(seen.app_connection.get().unwrap().is_trusted() && seen.login_start.ok().is_some());
    assert_eq!(changing.names(), [None]);
    assert!(pair.kasm.seen().iter().all(|seen| seen.header("host") == Some("192.0.2.7")));
}

#[tokio::test]
async fn a_fresh_document_over_tls_tells_of_its_own_connection() {
    let root = Authority::new("Example Root");
    let mut trusted = provider_with(&root.issue(&["id.example.test"])).await;
    trusted.target.provider.http.tls.ca = Some(root.pem.clone());
    trusted.target.provider.http.headers = header();
    let untrusted = provider_with(&self_signed(&["id.example.test"])).await;
    for (pair, trust) in [(trusted, Trust::Verified), (untrusted, Trust::SelfSigned)] {
        let fresh = pair.collector.discovery_anew(&pair.target).await;
        assert!(fresh.discovery.ok().is_some(), "{:?}", fresh.discovery);
        let connection = fresh.connection.get().unwrap();
        assert!(connection.connect_seconds > 0.0 && connection.tls_seconds.unwrap() > 0.0);
        let [address] = &connection.addresses[..] else { panic!("{connection:?}") };
        assert_eq!((address.address, &address.answer), (IpAddr::from(Ipv4Addr::LOCALHOST), &AddressState::Answered));
        let tls = connection.tls.as_ref().unwrap();
        assert_eq!((&tls.trust, tls.version.as_str(), tls.chain.len()), (&trust, "TLSv1.3", 1));
        assert_eq!((pair.provider.connections(), pair.provider.seen().len()), (1, 1));
    }
}

#[tokio::test]
async fn a_fresh_document_behind_an_untrusted_certificate_is_asked_for_without_the_headers() {
    let mut pair = provider_with(&self_signed(&["id.example.test"])).await;
    pair.target.provider.http.headers = header();
    let fresh = pair.collector.discovery_anew(&pair.target).await;
    assert!(fresh.discovery.ok().is_some());
    assert_eq!(fresh.connection.get().unwrap().tls.as_ref().unwrap().trust, Trust::SelfSigned);
    assert!(pair.provider.seen().iter().all(|seen| seen.header(HEADER).is_none()));
}

#[tokio::test]
async fn a_fresh_document_from_a_server_without_tls_is_a_failed_connection() {
    let pair = Pair::well().await;
    let mut target = pair.target.clone();
    target.provider.url = url(&format!("https://{}", pair.provider.address));
    let fresh = pair.collector.discovery_anew(&target).await;
    assert_eq!(reason(&fresh.connection), Reason::Tls);
    assert_eq!(fresh.discovery.get().unwrap_err(), Missing::Blocked { by: SourceId::ProviderConnection });
}

#[tokio::test]
async fn a_fresh_document_that_is_not_asked_for_leaves_the_connection_to_be_probed() {
    let pair = Pair::well().await;
    pair.provider_but("/.well-known/openid-configuration", |_| {
        super::server::answer(429, &[("Retry-After", "120")], "")
    });
    pair.collector.discovery_anew(&pair.target).await;
    let fresh = pair.collector.discovery_anew(&pair.target).await;
    assert_eq!(reason(&fresh.discovery), Reason::Throttled);
    assert!(fresh.connection.get().unwrap().connect_seconds > 0.0);
    assert_eq!(pair.provider.seen().len(), 1);
}

#[tokio::test]
async fn an_internal_address_that_is_not_trusted_gets_no_headers() {
    let mut pair = Pair::well().await;
    let inner = Server::tls(self_signed(&["127.0.0.1"]).config()).await;
    inner.does(|seen: &Seen| match seen.path() {
        "/.well-known/jwks.json" => json(200, r#"{"keys":[]}"#),
        _ => json(401, "{}"),
    });
    let base = format!("https://{}", inner.address);
    pair.target.provider.internal_url = Some(url(&base));
    pair.target.provider.http.headers = header();
    let mut document = document(&pair.provider_url());
    document["jwks_uri"] = format!("{base}/.well-known/jwks.json").into();
    pair.provider_but("/.well-known/openid-configuration", move |_| json(200, document.to_string()));
    assert!(pair.look().await.jwks.ok().is_some());
    assert!(inner.seen().iter().all(|seen| seen.header(HEADER).is_none()));
    assert!(pair.provider.seen().iter().all(|seen| seen.header(HEADER).is_some()));
}

#[tokio::test]
async fn an_untrusted_certificate_behind_a_proxy_is_looked_behind_without_the_headers() {
    let kasm = Server::tls(self_signed(&["kasm.example.test"]).config()).await;
    let mut pair = kasm_at("https://kasm.example.test", kasm).await;
    let relay = Relay::to(pair.kasm.address, Speech::Connect).await;
    pair.target.app.http.headers = header();
    pair.target.app.http.proxy =
        Some(ProxySettings { url: url(&format!("http://{}", relay.address)), auth: None, no_proxy: None });
    assert!(pair.look().await.login_start.ok().is_some());
    assert!(pair.kasm.seen().iter().all(|seen| seen.header(HEADER).is_none()));
}

#[tokio::test]
async fn a_proxy_whose_certificate_is_not_trusted_gets_neither_password_nor_request() {
    let mut pair = Pair::well().await;
    let proxy = Server::tls(self_signed(&["127.0.0.1"]).config()).await;
    let auth = Some(("me".to_owned(), SecretSource::Inline(Secret::new("pass".to_owned()))));
    pair.target.app.http.tls.insecure_skip_verify = true;
    pair.target.app.http.proxy =
        Some(ProxySettings { url: url(&format!("https://{}", proxy.address)), auth, no_proxy: None });
    for address in ["https://kasm.example.test".to_owned(), pair.kasm_url()] {
        pair.target.app.url = url(&address);
        let refused = "the proxy's certificate is not trusted".to_owned();
        assert_eq!(failure(&pair.look().await.app_health), (Reason::Tls, refused), "{address}");
    }
    assert!(proxy.seen().is_empty() && proxy.connections() > 0);
}
