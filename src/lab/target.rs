//! A lab as the target of a configuration.

use super::{ADMIN_API_KEY, InternalUrl, KASM_API_KEY, KASM_API_KEY_SECRET, USER_API_KEY, world::World};
use crate::{
    config::{HttpSettings, Secret, SecretSource, Target, TlsSettings},
    model::Credential,
};

/// The target that a config file of the lab would give.
pub(super) fn target(world: &World) -> Target {
    let mut target = Target::of_two_urls("lab", world.provider_url.clone(), world.kasm_url.clone());
    let ca = world.ca_pem();
    let trusts_kasm = world.options.tls && !world.options.kasm_self_signed;
    target.provider.http = http(world, world.ports.provider, world.options.tls.then(|| ca.clone()));
    target.app.http = http(world, world.ports.kasm, trusts_kasm.then_some(ca));
    if world.options.internal_url == InternalUrl::Reachable {
        target.provider.internal_url = url::Url::parse(&format!("http://{}", world.ports.internal)).ok();
    }
    target
}

fn http(world: &World, port: std::net::SocketAddr, ca: Option<String>) -> HttpSettings {
    HttpSettings {
        connect_to: world.options.tls.then(|| (port.ip().to_string(), port.port())),
        tls: TlsSettings { ca, ..TlsSettings::default() },
        ..HttpSettings::default()
    }
}

/// The same with these credentials. An admin's key is a key too: it takes the place of a user's.
pub(super) fn target_with(world: &World, credentials: &[Credential]) -> Target {
    let mut target = target(world);
    let has = |credential| credentials.contains(&credential);
    let secret = |text: &str| Some(SecretSource::Inline(Secret::new(text.to_owned())));
    if has(Credential::ClientSecret) {
        target.provider.client_secret = secret(&world.options.client_secret);
    }
    if has(Credential::ProviderKey) {
        target.provider.api_key = secret(USER_API_KEY);
    }
    if has(Credential::ProviderAdminKey) {
        target.provider.api_key = secret(ADMIN_API_KEY);
    }
    if has(Credential::AppKey) {
        target.app.api_key = secret(KASM_API_KEY);
        target.app.api_key_secret = secret(KASM_API_KEY_SECRET);
    }
    target
}

/// A target for each app, Kasm's first, with every credential.
pub(super) fn all(world: &World) -> Vec<Target> {
    let everything = [Credential::ClientSecret, Credential::ProviderAdminKey, Credential::AppKey];
    let mut kasm = target_with(world, &everything);
    "kasm".clone_into(&mut kasm.name);
    let state = world.state();
    let others = state.apps.iter().zip(&world.ports.others).filter_map(|(app, port)| {
        let mut other = kasm.clone();
        app.seat.name.clone_into(&mut other.name);
        other.provider.client_secret = Some(SecretSource::Inline(Secret::new(app.seat.client_secret.to_owned())));
        other.app = Target::of_two_urls("other", kasm.provider.url.clone(), url::Url::parse(&app.url).ok()?).app;
        other.app.kind = Some(app.seat.kind);
        other.app.provider = app.seat.provider.map(str::to_owned);
        other.app.http = http(world, *port, world.options.tls.then(|| world.ca_pem()));
        Some(other)
    });
    let others: Vec<Target> = others.collect();
    std::iter::once(kasm).chain(others).collect()
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
    yaml.push_str(&format!("    kasm:\n      url: {}\n", text(&target.app.url)));
    yaml.push_str(&http_yaml(&target.app.http));
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
