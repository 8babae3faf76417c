//! The Quadlet unit. Debian 12 has no Podman that knows them, so its keys are held to the documented ones.

use super::systemd::section;
use crate::shipped;

const UNIT: &str = "deploy/quadlet/ssowatch.container";

/// Of podman-systemd.unit(5), as of Podman 4.5 (Debian 13 has 5.4).
const KEYS: &[&str] = &[
    "ContainerName",
    "DropCapability",
    "Environment",
    "Exec",
    "Group",
    "HealthCmd",
    "HealthInterval",
    "HealthStartPeriod",
    "HealthTimeout",
    "Image",
    "NoNewPrivileges",
    "PodmanArgs",
    "PublishPort",
    "ReadOnly",
    "Secret",
    "User",
    "Volume",
];

#[test]
fn the_unit_has_known_keys_and_runs_this_release_without_rights() {
    let container = section(&shipped::text(UNIT), "Container");
    for key in container.keys() {
        assert!(KEYS.contains(&key.as_str()), "{key} is no key of a Quadlet container that we know");
    }
    let image = concat!("ghcr.io/ssowatch/ssowatch:", env!("CARGO_PKG_VERSION"));
    for (key, value) in [
        ("Image", image),
        ("User", "65532"),
        ("ReadOnly", "true"),
        ("DropCapability", "all"),
        ("NoNewPrivileges", "true"),
        ("PublishPort", "127.0.0.1:10059:10059"),
        ("Volume", "ssowatch:/var/lib/ssowatch"),
    ] {
        assert_eq!(container[key], [value], "{key}");
    }
    assert!(section(&shipped::text(UNIT), "Install").contains_key("WantedBy"));
}
