//! A lab as the target of a configuration.

use super::{InternalUrl, world::World};
use crate::config::{HttpSettings, Target, TlsSettings};

/// The target that a config file of the lab would give.
pub(super) fn target(world: &World) -> Target {
    let mut target = Target::of_two_urls("lab", world.provider_url.clone(), world.kasm_url.clone());
    let ca = world.ca_pem();
    let http = |port: std::net::SocketAddr, ca: Option<String>| HttpSettings {
        connect_to: world.options.tls.then(|| (port.ip().to_string(), port.port())),
        tls: TlsSettings { ca, ..TlsSettings::default() },
        ..HttpSettings::default()
    };
    let trusts_kasm = world.options.tls && !world.options.kasm_self_signed;
    target.provider.http = http(world.ports.provider, world.options.tls.then(|| ca.clone()));
    target.kasm.http = http(world.ports.kasm, trusts_kasm.then_some(ca));
    if world.options.internal_url == InternalUrl::Reachable {
        target.provider.internal_url = url::Url::parse(&format!("http://{}", world.ports.internal)).ok();
    }
    target
}

/// The same as a config file.
pub(super) fn config_yaml(world: &World) -> String {
    let text = |url: &url::Url| url.as_str().trim_end_matches('/').to_owned();
    let target = target(world);
    let mut yaml =
        format!("targets:\n  - name: {}\n    provider:\n      url: {}\n", target.name, text(&target.provider.url));
    if let Some(internal) = &target.provider.internal_url {
        yaml.push_str(&format!("      internal_url: {}\n", text(internal)));
    }
    yaml.push_str(&http_yaml(&target.provider.http));
    yaml.push_str(&format!("    kasm:\n      url: {}\n", text(&target.kasm.url)));
    yaml.push_str(&http_yaml(&target.kasm.http));
    yaml
}

fn http_yaml(http: &HttpSettings) -> String {
    let mut yaml = String::new();
    if let Some((host, port)) = &http.connect_to {
        let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
        yaml.push_str(&format!("      connect_to: \"{host}:{port}\"\n"));
    }
    if let Some(ca) = &http.tls.ca {
        let lines: String = ca.lines().map(|line| format!("          {line}\n")).collect();
        yaml.push_str(&format!("      tls_config:\n        ca: |\n{lines}"));
    }
    yaml
}
