//! Sockets and certificates: what a client meets before HTTP.

use std::io::ErrorKind;

use rustls_pki_types::ServerName;
use ssowatch::{
    lab::{Fault, Lab, LabOptions},
    model::Side,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;

use super::client::{connect, get, send, trusting};

async fn healthz(lab: &Lab) -> std::io::Result<u16> {
    send(lab, Side::Provider, "GET", "/healthz", &[], "").await.map(|got| got.status)
}

#[tokio::test]
async fn a_closed_port_refuses_and_opens_again_at_the_same_place() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    assert_eq!(healthz(&lab).await.unwrap(), 204);
    for _ in 0..3 {
        lab.break_with(Fault::ProviderRefused);
        assert_eq!(healthz(&lab).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
        assert_eq!(get(&lab, Side::App, "/api/__healthcheck").await.status, 200, "the other side goes on");
        lab.fix(Fault::ProviderRefused);
        assert_eq!(healthz(&lab).await.unwrap(), 204);
    }
}

#[tokio::test]
async fn closing_a_port_ends_the_connections_that_are_open() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    let mut stream = connect(&lab, Side::Provider).await.unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 204");
    lab.break_with(Fault::ProviderRefused);
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert!(rest.ends_with(b"\r\n\r\n"), "the end of the first answer, and the end of the connection");
}

#[tokio::test]
async fn a_reset_is_a_reset() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    lab.break_with(Fault::ProviderReset);
    assert_eq!(healthz(&lab).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    lab.fix_all();
    assert_eq!(healthz(&lab).await.unwrap(), 204);
}

#[tokio::test]
async fn a_truncated_answer_ends_before_its_length() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    lab.break_with(Fault::ProviderTruncates);
    let got = get(&lab, Side::Provider, "/.well-known/jwks.json").await;
    let length: usize = got.header("content-length").unwrap().parse().unwrap();
    assert_eq!(got.status, 200);
    assert_eq!(got.body.len(), length / 2);
}

#[tokio::test]
async fn a_slow_answer_stops_half_way_and_a_stalled_one_never_starts() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    lab.break_with(Fault::ProviderSlowBody);
    let mut slow = connect(&lab, Side::Provider).await.unwrap();
    slow.write_all(b"GET /.well-known/jwks.json HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut start = [0; 15];
    slow.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 200 OK");

    lab.break_with(Fault::KasmStalls);
    let mut stalled = connect(&lab, Side::App).await.unwrap();
    stalled.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    while lab.count(Side::App, "/") == 0 {
        tokio::task::yield_now().await;
    }
    // It was taken; the connection ends with the lab, and nothing was ever sent.
    assert_eq!(lab.stop().await, Vec::<String>::new());
    let mut nothing = Vec::new();
    let _ = stalled.read_to_end(&mut nothing).await;
    assert_eq!(nothing, b"");
}

/// What a client says that trusts the lab's CA.
async fn handshake(lab: &Lab, side: Side) -> String {
    let name = if side == Side::Provider { "id.example.test" } else { "kasm.example.test" };
    let stream = connect(lab, side).await.unwrap();
    let connector = TlsConnector::from(trusting(&lab.ca_pem()));
    match connector.connect(ServerName::try_from(name).unwrap(), stream).await {
        Ok(_) => "verified".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn each_certificate_is_wrong_in_one_way() {
    let lab = Lab::start(LabOptions { tls: true, ..LabOptions::default() }).await.unwrap();
    for side in [Side::Provider, Side::App] {
        assert_eq!(handshake(&lab, side).await, "verified");
        for (fault, told) in [
            ("certificate_name", "not valid for name"),
            ("certificate_expired", "expired"),
            ("certificate_not_yet_valid", "not valid yet"),
            ("certificate_incomplete", "UnknownIssuer"),
            ("certificate_unknown_ca", "UnknownIssuer"),
            ("certificate_expires_soon", "verified"),
        ] {
            let of = if side == Side::App { "kasm" } else { "provider" };
            let fault = Fault::parse(&format!("{of}_{fault}")).unwrap();
            lab.break_with(fault);
            let said = handshake(&lab, side).await;
            assert!(said.contains(told), "{fault}: {said:?} lacks {told:?}");
            lab.fix(fault);
        }
        assert_eq!(handshake(&lab, side).await, "verified");
    }
}

#[tokio::test]
async fn kasms_default_certificate_is_a_ca_that_signs_itself() {
    let lab = Lab::start(LabOptions { tls: true, kasm_self_signed: true, ..LabOptions::default() }).await.unwrap();
    assert_eq!(handshake(&lab, Side::Provider).await, "verified");
    assert!(handshake(&lab, Side::App).await.contains("invalid peer certificate"));
    let pem = lab.kasm_certificate_pem();
    let (_, pem) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).unwrap();
    let certificate = pem.parse_x509().unwrap();
    assert!(certificate.is_ca());
    assert_eq!(certificate.subject(), certificate.issuer());
}

#[tokio::test]
async fn whoever_follows_a_redirect_is_told() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    lab.break_with(Fault::ProviderRedirectsElsewhere);
    let got = get(&lab, Side::Provider, "/").await;
    let elsewhere = url::Url::parse(got.header("location").unwrap()).unwrap();
    let address = elsewhere.socket_addrs(|| None).unwrap()[0];
    assert_eq!(lab.violations(), Vec::<String>::new());
    #[expect(clippy::disallowed_methods, reason = "the test violations")]
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    // The other end closes once it has told.
    let _ = stream.read_to_end(&mut Vec::new()).await;
    assert_eq!(lab.stop().await.len(), 1);
}

#[tokio::test]
async fn a_client_that_keeps_its_connections_meets_a_closed_port_at_once() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    // A client with a pool, not ours.
    let client =
        reqwest::Client::builder().no_proxy().tls_backend_preconfigured((*trusting("")).clone()).build().unwrap();
    let url = lab.provider_url().join("healthz").unwrap();
    for _ in 0..20 {
        assert_eq!(client.get(url.clone()).send().await.unwrap().status(), 204);
        lab.break_with(Fault::ProviderRefused);
        tokio::task::yield_now().await;
        assert!(client.get(url.clone()).send().await.unwrap_err().is_connect());
        lab.fix(Fault::ProviderRefused);
    }
}
