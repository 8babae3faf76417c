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

#[cfg(test)]
mod tests {
    use super::*;

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
