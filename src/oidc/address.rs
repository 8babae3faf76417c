//! What a web address says about where it leads.

use url::{Host, Url};

/// Whether an issuer is the provider of this address: to the letter, or but for what spells the same (host in capitals, a
/// default port, slashes at the end). A placeholder in it (`{tenantid}`, Entra ID's shared endpoints) stands for one
/// segment of the path.
#[must_use]
pub fn is_issuer_of(issuer: &str, address: &str) -> bool {
    let bare = |text: &str| Url::parse(text).map_or_else(|_| text.to_owned(), |url| url.to_string());
    let (one, other) = (bare(issuer), bare(address));
    let (one, other) = (one.trim_end_matches('/'), other.trim_end_matches('/'));
    if one == other {
        return true;
    }
    let is_placeholder = |part: &str| part.starts_with("%7B") && part.ends_with("%7D");
    let (one, other): (Vec<&str>, Vec<&str>) = (one.split('/').collect(), other.split('/').collect());
    one.len() == other.len()
        && one.iter().zip(&other).all(|(one, other)| one == other || (is_placeholder(one) && !other.is_empty()))
}

/// Whether an issuer is a template for many tenants.
#[must_use]
pub fn is_template(issuer: &str) -> bool {
    issuer.split('/').skip(3).any(|part| part.starts_with('{') && part.ends_with('}'))
}

/// Whether an address leads to this very machine: `localhost`, a name below it, 127.0.0.0/8 or ::1 (RFC 6761, section
/// 6.3). Plain HTTP is no risk there.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether an address means something inside one network alone: a private number, a bare name (as containers have), or a
/// name below a domain that the public DNS does not serve (RFC 6762, RFC 8375, ICANN's `.internal`, and usual ones).
#[must_use]
pub fn is_internal(url: &Url) -> bool {
    const PRIVATE: [&str; 11] = [
        "local",
        "localhost",
        "internal",
        "lan",
        "home",
        "intranet",
        "private",
        "corp",
        "localdomain",
        "svc",
        "docker",
    ];
    match url.host() {
        Some(Host::Domain(name)) => {
            let last = name.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
            !name.trim_end_matches('.').contains('.') || PRIVATE.contains(&last) || name.ends_with(".home.arpa")
        }
        Some(Host::Ipv4(address)) => address.is_private() || address.is_loopback() || address.is_link_local(),
        Some(Host::Ipv6(address)) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_only_one_network_knows_are_told_from_public_ones() {
        let cases = [
            ("http://pocket-id:1411", true),
            ("http://pocket-id.default.svc:1411", true),
            ("http://id.default.svc.cluster.local", true),
            ("http://10.0.0.7:1411", true),
            ("http://172.18.0.3", true),
            ("http://[fd00::1]", true),
            ("https://id.home.arpa", true),
            ("https://id.lan", true),
            ("https://id.example.test", false),
            ("https://old.example.com", false),
            ("https://8.8.8.8", false),
        ];
        for (address, expected) in cases {
            assert_eq!(is_internal(&Url::parse(address).unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn only_addresses_of_this_machine_are_loopback() {
        let cases = [
            ("http://localhost:1411", true),
            ("http://id.localhost", true),
            ("http://127.0.0.1:8080/authorize", true),
            ("http://127.9.9.9", true),
            ("http://[::1]:1411", true),
            ("http://localhost.example.com", false),
            ("http://192.0.2.1", false),
            ("http://pocket-id:1411", false),
            ("data:text/plain,x", false),
        ];
        for (address, expected) in cases {
            assert_eq!(is_loopback(&Url::parse(address).unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn an_issuer_is_compared_as_addresses_are_and_a_placeholder_stands_for_a_segment() {
        let address = "https://id.example.test/oauth2";
        for (issuer, is_same) in [
            (address, true),
            ("https://id.example.test:443/oauth2", true),
            ("https://ID.example.test/oauth2/", true),
            ("https://id.example.test/OAuth2", false),
            ("http://id.example.test/oauth2", false),
            ("https://id.example.test:8443/oauth2", false),
            ("https://id.example.test/{tenantid}", true),
            ("https://id.example.test/{tenantid}/v2.0", false),
            ("https://{host}/oauth2", false),
            ("oauth2", false),
        ] {
            assert_eq!(is_issuer_of(issuer, address), is_same, "{issuer}");
        }
        assert!(is_template("https://id.example.test/{tenantid}/v2.0"));
        assert!(!is_template(address));
    }
}
