//! The configuration of a provider's clients: a target for each that is recognised, a comment for each that is not.

use std::fmt::Write as _;

use super::init::quoted;
use crate::{
    apps::{
        AppKind,
        callbacks::{KnownApp, kind_of_callbacks},
    },
    config::Target,
    model::{ProviderClient, ProviderClients},
    render::style::{Style, safe},
};

/// The whole file.
pub(super) fn written(provider: &Target, seen: &ProviderClients) -> String {
    let provider_lines = provider_lines(provider);
    let mut targets = String::new();
    let mut others = String::new();
    let mut names: Vec<String> = Vec::new();
    let mut urls: Vec<String> = Vec::new();
    for client in &seen.clients {
        let Some(app) = kind_of_callbacks(&client.callbacks) else {
            others.push_str(&not_recognised(client));
            continue;
        };
        if urls.contains(&app.url) {
            let _ = writeln!(others, "  # {}: another client of {}, which is watched above.", name_of(client), app.url);
            continue;
        }
        let name = unique(&client.name, &names);
        let _ = write!(
            targets,
            "  - name: {}    # {}\n{provider_lines}    {}\n",
            quoted(&name),
            name_of(client),
            app_line(&app)
        );
        urls.push(app.url);
        names.push(name);
    }
    let listed = seen.clients.len();
    if u64::try_from(listed).is_ok_and(|listed| listed < seen.total) {
        let _ = writeln!(others, "  # Only the first {listed} of {} clients were read.", seen.total);
    }
    let targets = if targets.is_empty() { "targets: []\n".to_owned() } else { format!("targets:\n{targets}") };
    format!(
        "# ssowatch: watches single sign-on between Pocket ID and its apps; written from its list of {} clients.\n\
         # `ssowatch config check FILE` validates this file; `ssowatch plan --config.file FILE` lists every request it \
         leads to.\n\n\
         {targets}{others}\n\
         schedule:\n  round: every 60s    # or crontab: \"*/5 * * * *\"\n  settings: every 5m\n{}  timezone: UTC\n",
        seen.total,
        requests(names.len()),
    )
}

/// The provider's block of every target.
fn provider_lines(target: &Target) -> String {
    let path = |path: &std::path::Path| quoted(&path.display().to_string());
    let url = target.provider.url.as_str().trim_end_matches('/');
    let mut lines = format!("    provider:\n      url: {}\n", quoted(url));
    if let Some(file) = target.provider.api_key.as_ref().and_then(|key| key.path()) {
        let _ = writeln!(lines, "      api_key_file: {}", path(file));
    }
    if let Some(file) = &target.provider.http.tls.ca_file {
        let _ = writeln!(lines, "      tls_config: {{ca_file: {}}}", path(file));
    }
    lines
}

fn app_line(app: &KnownApp) -> String {
    let url = quoted(&app.url);
    match (app.kind, &app.provider) {
        (AppKind::Kasm, _) => format!("kasm: {{url: {url}}}"),
        (kind, None) => format!("app: {{kind: {}, url: {url}}}", kind.id()),
        (kind, Some(name)) => format!("app: {{kind: {}, url: {url}, provider: {}}}", kind.id(), quoted(name)),
    }
}

/// What a person has to write for a client whose app is not recognised.
fn not_recognised(client: &ProviderClient) -> String {
    let callbacks = match &client.callbacks[..] {
        [] => "no callback".to_owned(),
        callbacks => callbacks.iter().map(|url| safe(url, Style::PLAIN)).collect::<Vec<_>>().join(", "),
    };
    format!(
        "  # {}: its app is not recognised ({callbacks}). To watch it:\n  #   - name: NAME\n  #     provider: as above\n  \
         #     app: {{url: https://ADDRESS, login: {{get: /PATH, url_in: location}}}}\n",
        name_of(client)
    )
}

/// A client's name in a comment.
fn name_of(client: &ProviderClient) -> String {
    safe(&client.name, Style::PLAIN)
}

/// A target's name: the client's in small letters and digits, and a number where there is one of that name.
fn unique(name: &str, taken: &[String]) -> String {
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let plain = words.collect::<Vec<_>>().join("-").to_ascii_lowercase();
    let plain = if plain.is_empty() { "client".to_owned() } else { plain.chars().take(40).collect() };
    let mut name = plain.clone();
    let mut number = 1;
    while taken.contains(&name) {
        number += 1;
        name = format!("{plain}-{number}");
    }
    name
}

/// Enough requests a minute for so many targets with a key, where the default is too few.
fn requests(targets: usize) -> String {
    // In a round: discovery and keys once, two for each app; each settings interval six more of each.
    let wanted = 4 + targets * 4;
    let usual = usize::try_from(crate::config::REQUESTS_PER_MINUTE).unwrap_or_default();
    if wanted <= usual {
        String::new()
    } else {
        format!("  requests_per_minute: {wanted}    # {targets} apps at one provider\n")
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{
        config::{Config, Secret, SecretSource},
        model::Snapshot,
    };

    fn provider() -> Target {
        let url: url::Url = "https://id.example.com".parse().unwrap();
        let mut target = Target::of_two_urls("id", url.clone(), url);
        target.provider.api_key = Some(SecretSource::File("/run/secrets/pocket_id_key".into()));
        target
    }

    fn seen(clients: &[(&str, &str)]) -> ProviderClients {
        let one = Snapshot::healthy_with_credentials().clients.ok().unwrap().clients[0].clone();
        let client = |(name, callback): &(&str, &str)| {
            let mut client = one.clone();
            (client.name, client.callbacks) = ((*name).to_owned(), vec![(*callback).to_owned()]);
            client
        };
        ProviderClients { clients: clients.iter().map(client).collect(), total: clients.len() as u64 }
    }

    #[test]
    fn each_client_that_is_recognised_becomes_a_target() {
        let clients = [
            ("Kasm Workspaces", "https://kasm.example.com/api/oidc_callback"),
            ("Kasm Workspaces", "https://kasm2.example.com:8443/api/oidc_callback"),
            ("Kasm again", "https://kasm.example.com/api/oidc_callback"),
        ];
        let text = written(&provider(), &seen(&clients));
        let config = Config::parse(&text, "ssowatch.yml", Path::new(""), &|_| None).unwrap();
        let named: Vec<(&str, &str)> =
            config.targets.iter().map(|target| (target.name.as_str(), target.app.url.as_str())).collect();
        assert_eq!(
            named,
            [
                ("kasm-workspaces", "https://kasm.example.com/"),
                ("kasm-workspaces-2", "https://kasm2.example.com:8443/")
            ],
            "{text}"
        );
        assert!(config.targets.iter().all(|target| target.provider.api_key.is_some()));
        assert!(text.contains("# Kasm again: another client of https://kasm.example.com, which is watched above."));
    }

    #[test]
    fn other_apps_are_written_by_kind_and_what_is_not_recognised_is_a_comment() {
        let clients = [
            ("Grafana", "https://grafana.example.com/login/generic_oauth"),
            ("Gitea", "https://git.example.com/user/oauth2/pocketid/callback"),
            ("Wiki: \u{202e}\n- name: x", "https://wiki.example.com/callback"),
        ];
        let text = written(&provider(), &seen(&clients));
        for part in [
            "  - name: grafana    # Grafana\n    provider:\n      url: https://id.example.com\n      api_key_file: \
             /run/secrets/pocket_id_key\n    app: {kind: grafana, url: https://grafana.example.com}\n",
            "    app: {kind: gitea, url: https://git.example.com, provider: pocketid}\n",
            "  # Wiki: \\u{202e}\\n- name: x: its app is not recognised (https://wiki.example.com/callback). To watch it:\n",
        ] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
    }

    #[test]
    fn a_provider_without_a_known_app_gives_a_file_that_is_valid_all_the_same() {
        let text = written(&provider(), &seen(&[("Wiki", "https://wiki.example.com/callback")]));
        let config = Config::parse(&text, "ssowatch.yml", Path::new(""), &|_| None).unwrap();
        assert!(config.targets.is_empty(), "{text}");
    }

    #[test]
    fn a_key_that_is_no_file_is_not_written() {
        let mut provider = provider();
        provider.provider.api_key = Some(SecretSource::Inline(Secret::new("canary".to_owned())));
        let text = written(&provider, &seen(&[("Kasm", "https://kasm.example.com/api/oidc_callback")]));
        assert!(!text.contains("canary"), "{text}");
    }

    #[test]
    fn many_apps_get_the_requests_that_they_need() {
        let clients: Vec<(String, String)> =
            (0..10).map(|n| (format!("Kasm {n}"), format!("https://kasm{n}.example.com/api/oidc_callback"))).collect();
        let clients: Vec<(&str, &str)> = clients.iter().map(|(name, url)| (name.as_str(), url.as_str())).collect();
        let text = written(&provider(), &seen(&clients));
        let config = Config::parse(&text, "ssowatch.yml", Path::new(""), &|_| None).unwrap();
        let at = Snapshot::healthy().taken_at;
        assert_eq!(config.overloads(at), [""; 0], "{text}");
    }
}
