//! Client certificates, in every way that Go's `tls.ClientAuthType` knows.

use rcgen::{ExtendedKeyUsagePurpose, SanType, date_time_ymd};
use rustls::version::{TLS12, TLS13};

use super::support::{Authority, Client, Folder, Identity, indented, params, self_signed};

fn name(name: &str) -> SanType {
    SanType::DnsName(name.try_into().unwrap())
}

/// Whether a client with this certificate gets an answer; the same by both versions of TLS.
async fn comes_in(settings: &str, ca: &str, identity: Option<&Identity>) -> bool {
    let authority = Authority::new("server authority");
    let folder = Folder::tls(&authority.server(), settings);
    folder.write("ca.pem", ca);
    let surface = folder.serve().await;
    let mut client = Client::of(&authority);
    client.identity = identity.cloned();
    let mut outcomes = Vec::new();
    for version in [&TLS12, &TLS13] {
        client.versions = vec![version];
        outcomes.push(client.get(surface.address, "/-/healthy").await.is_ok());
    }
    assert_eq!(outcomes[0], outcomes[1], "{settings}");
    outcomes[0]
}

#[tokio::test]
async fn each_type_lets_in_whom_it_says() {
    let clients = Authority::new("client authority");
    let strangers = Authority::new("another authority");
    let (own, strange) = (clients.client(vec![name("me.example")]), strangers.client(vec![name("me.example")]));
    let ca = "  client_ca_file: ca.pem\n";
    for (auth, ca_line, [none, unverified, verified]) in [
        ("NoClientCert", "", [true, true, true]),
        ("RequestClientCert", ca, [true, true, true]),
        ("RequireAnyClientCert", ca, [false, true, true]),
        ("RequireClientCert", ca, [false, true, true]),
        ("VerifyClientCertIfGiven", ca, [true, false, true]),
        ("RequireAndVerifyClientCert", ca, [false, false, true]),
    ] {
        let settings = format!("  client_auth_type: {auth}\n{ca_line}");
        for (what, identity, expected) in
            [("none", None, none), ("a stranger's", Some(&strange), unverified), ("a good one", Some(&own), verified)]
        {
            assert_eq!(comes_in(&settings, &clients.pem(), identity).await, expected, "{auth}: {what}");
        }
    }
}

#[tokio::test]
async fn only_a_certificate_of_a_client_that_is_in_date_is_good() {
    let clients = Authority::new("client authority");
    let settings = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n";
    let mut old = params(&["me.example"]);
    old.not_after = date_time_ymd(2021, 1, 1);
    for (what, identity) in [
        ("expired", clients.make(old, ExtendedKeyUsagePurpose::ClientAuth)),
        ("a server's", clients.make(params(&["me.example"]), ExtendedKeyUsagePurpose::ServerAuth)),
    ] {
        assert!(!comes_in(settings, &clients.pem(), Some(&identity)).await, "{what}");
    }
}

#[tokio::test]
async fn a_self_signed_certificate_is_good_if_it_stands_in_the_file_itself() {
    let (known, unknown) = (self_signed(), self_signed());
    let settings = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n";
    assert!(comes_in(settings, &known.cert, Some(&known)).await);
    assert!(!comes_in(settings, &known.cert, Some(&unknown)).await);
}

#[tokio::test]
async fn one_of_the_allowed_names_must_be_there_in_full() {
    let clients = Authority::new("client authority");
    let settings = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n  client_allowed_sans: \
                    [prometheus.example, ops@example.test, 192.0.2.7, \"spiffe://example/scraper\"]\n";
    for (names, expected) in [
        (vec![name("prometheus.example")], true),
        (vec![name("other.example"), name("prometheus.example")], true),
        (vec![SanType::Rfc822Name("ops@example.test".try_into().unwrap())], true),
        (vec![SanType::IpAddress("192.0.2.7".parse().unwrap())], true),
        (vec![SanType::URI("spiffe://example/scraper".try_into().unwrap())], true),
        (vec![name("sub.prometheus.example")], false),
        (vec![name("other.example")], false),
        (vec![], false),
    ] {
        let identity = clients.client(names.clone());
        assert_eq!(comes_in(settings, &clients.pem(), Some(&identity)).await, expected, "{names:?}");
    }
}

#[tokio::test]
async fn with_allowed_names_a_certificate_is_needed_even_where_else_none_is() {
    let clients = Authority::new("client authority");
    let settings =
        "  client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: ca.pem\n  client_allowed_sans: [me]\n";
    assert!(!comes_in(settings, &clients.pem(), None).await);
    assert!(comes_in(settings, &clients.pem(), Some(&clients.client(vec![name("me")]))).await);
}

#[tokio::test]
async fn new_authorities_count_from_the_next_connection_on() {
    let (server, old, new) = (Authority::new("server"), Authority::new("old"), Authority::new("new"));
    let settings = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n";
    let folder = Folder::tls(&server.server(), settings);
    folder.write("ca.pem", &old.pem());
    let surface = folder.serve().await;
    let (of_old, of_new) = (old.client(vec![name("me")]), new.client(vec![name("me")]));
    let comes_in = async |identity: &Identity| {
        Client::of(&server).showing(identity.clone()).get(surface.address, "/").await.is_ok()
    };
    assert_eq!([comes_in(&of_old).await, comes_in(&of_new).await], [true, false]);
    folder.write("ca.pem", &new.pem());
    assert_eq!([comes_in(&of_old).await, comes_in(&of_new).await], [false, true]);
}

#[tokio::test]
async fn the_authority_may_stand_in_the_file_itself() {
    let clients = Authority::new("client authority");
    let pem = indented(&clients.pem());
    let settings = format!("  client_auth_type: RequireAndVerifyClientCert\n  client_ca: |\n{pem}");
    assert!(comes_in(&settings, "", Some(&clients.client(vec![name("me")]))).await);
    assert!(!comes_in(&settings, "", Some(&self_signed())).await);
}
