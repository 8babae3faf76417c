//! What a web address says about where it leads.

use url::{Host, Url};

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
}
