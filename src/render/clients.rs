//! The clients of a provider: what app each is for, what its callbacks take, its secrets, and who watches it.

use serde::Serialize;

use super::{
    page::{Page, cell},
    style::{Paint, Style},
};
use crate::{
    apps::callbacks::kind_of_callbacks,
    clock::Time,
    model::{CallbackMark, ProviderClients, TargetFacts},
};

/// One client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClientRow {
    /// Its name.
    pub name: String,
    /// The client ID.
    pub client_id: String,
    /// The kind of its app, as recognised by its callbacks.
    pub app_kind: Option<&'static str>,
    /// Its callbacks.
    pub callbacks: Vec<CallbackRow>,
    /// Whether it has no secret.
    pub public: Option<bool>,
    /// Whether the provider demands PKCE of it.
    pub pkce: Option<bool>,
    /// Whether only some groups may sign in.
    pub restricted: Option<bool>,
    /// Its active secrets; none where the provider does not list them.
    pub active_secrets: Option<Vec<SecretRow>>,
    /// When it was used last, where the provider says so.
    pub last_used: Option<Time>,
    /// The target that watches it.
    pub watched_by: Option<String>,
}

/// A callback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallbackRow {
    /// The address or the pattern.
    pub url: String,
    /// What is to be said of it.
    pub mark: Option<CallbackMark>,
}

/// An active secret. Never the secret itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SecretRow {
    /// Its first characters; empty where they are not known.
    pub begins_with: String,
    /// When it ends; none for never.
    pub ends: Option<Time>,
}

/// The clients of one provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClientList {
    /// The provider's address.
    pub provider: String,
    /// How many clients it has.
    pub total: u64,
    /// Those that were read.
    pub clients: Vec<ClientRow>,
}

impl ClientList {
    /// The list of what was seen at that time, for the target that tells of it; `own` is the client that its app names.
    #[must_use]
    pub fn of(facts: &TargetFacts, seen: &ProviderClients, own: Option<&str>, at: Time) -> Self {
        let rows = seen.clients.iter().map(|client| ClientRow {
            name: client.name.clone(),
            client_id: client.id.clone(),
            app_kind: kind_of_callbacks(&client.callbacks).map(|app| app.kind.id()),
            callbacks: client
                .callbacks
                .iter()
                .map(|url| CallbackRow { url: url.clone(), mark: CallbackMark::of(url) })
                .collect(),
            public: client.is_public,
            pkce: client.requires_pkce,
            restricted: client.is_restricted,
            active_secrets: client.secrets.as_ref().map(|_| {
                let row = |secret: &crate::providers::pocket_id::SecretEntry| SecretRow {
                    begins_with: secret.prefix.clone(),
                    ends: secret.expires_at,
                };
                client.active_secrets(at).map(row).collect()
            }),
            last_used: client.last_used_at,
            watched_by: facts.watcher_of(client, own).map(|app| app.target),
        });
        Self { provider: facts.provider.url.clone(), total: seen.total, clients: rows.collect() }
    }

    /// How many of the listed clients a target watches.
    #[must_use]
    pub fn watched(&self) -> usize {
        self.clients.iter().filter(|client| client.watched_by.is_some()).count()
    }

    /// What the list is about, in a sentence.
    #[must_use]
    pub fn headline(&self) -> String {
        let word = if self.total == 1 { "client" } else { "clients" };
        let rest = u64::try_from(self.clients.len()).is_ok_and(|listed| listed < self.total);
        let first = if rest { format!(", the first {} of them here", self.clients.len()) } else { String::new() };
        format!("{}: {} {word}{first}, {} watched", self.provider, self.total, self.watched())
    }
}

impl ClientRow {
    /// What is known of it beside its callbacks, in a few words each.
    #[must_use]
    pub fn facts(&self) -> Vec<String> {
        let mut facts = Vec::new();
        let mut say = |flag: Option<bool>, on: &str, off: &str| {
            let word = flag.map(|flag| if flag { on } else { off }).filter(|word| !word.is_empty());
            facts.extend(word.map(str::to_owned));
        };
        say(self.public, "public client", "");
        say(self.pkce, "PKCE required", "PKCE not required");
        say(self.restricted, "restricted to groups", "open to all users");
        if let Some(secrets) = self.active_secrets.as_ref().filter(|_| self.public != Some(true)) {
            let ends = |secret: &SecretRow| {
                let name = if secret.begins_with.is_empty() { "a secret" } else { secret.begins_with.as_str() };
                match secret.ends {
                    Some(end) => format!("{name} until {}", end.format("%Y-%m-%d")),
                    None => format!("{name} without an end"),
                }
            };
            let list = secrets.iter().map(ends).collect::<Vec<_>>().join(", ");
            facts.push(match secrets.len() {
                0 => "no active secret".to_owned(),
                1 => format!("1 active secret ({list})"),
                count => format!("{count} active secrets ({list})"),
            });
        }
        facts.extend(self.last_used.map(|at| format!("last used {}", at.format("%Y-%m-%d"))));
        facts
    }
}

/// The list for a terminal.
#[must_use]
pub fn text(list: &ClientList, style: Style) -> String {
    let mut page = Page::new(style);
    page.row(&[], &list.headline(), Paint::Strong);
    for client in &list.clients {
        page.gap();
        let kind = client.app_kind.map_or_else(|| " (app not recognised)".to_owned(), |kind| format!(" ({kind})"));
        let watched = match &client.watched_by {
            Some(target) => (format!("watched by {target}"), Paint::Good),
            None => ("not watched".to_owned(), Paint::Warn),
        };
        page.ends((&format!("{}{kind}", client.name), Paint::Strong), (&watched.0, watched.1));
        page.row(&[cell("", 2, Paint::Plain)], &format!("client ID {}", client.client_id), Paint::Quiet);
        for callback in &client.callbacks {
            match callback.mark {
                Some(mark) => {
                    let text = format!("{}  ({})", callback.url, mark.in_words());
                    page.row(&[cell("", 2, Paint::Plain)], &text, Paint::Warn);
                }
                None => page.row(&[cell("", 2, Paint::Plain)], &callback.url, Paint::Plain),
            }
        }
        if client.callbacks.is_empty() {
            page.row(&[cell("", 2, Paint::Plain)], "no callback", Paint::Quiet);
        }
        page.row(&[cell("", 2, Paint::Plain)], &client.facts().join(", "), Paint::Plain);
    }
    page.finish()
}

/// The lists for programs: format 1, which only grows.
///
/// # Errors
/// None that is known: the lists hold nothing that JSON cannot.
pub fn json(lists: &[ClientList]) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(&serde_json::json!({"format": 1, "providers": lists}))?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::model::Snapshot;

    fn list() -> ClientList {
        let now = Snapshot::healthy_with_credentials();
        let at = now.taken_at;
        let mut seen = now.clients.ok().unwrap().clone();
        let mut grafana = seen.clients[0].clone();
        grafana.id = "grafana".to_owned();
        grafana.name = "Grafana".to_owned();
        grafana.callbacks = vec![
            "https://grafana.example.test/login/generic_oauth".to_owned(),
            "http://old.example.test/login/generic_oauth".to_owned(),
            "https://*.example.test/x".to_owned(),
        ];
        grafana.requires_pkce = Some(true);
        grafana.is_restricted = Some(false);
        let secrets = grafana.secrets.as_mut().unwrap();
        secrets[0].expires_at = Some(at + TimeDelta::days(5));
        let mut ended = secrets[0].clone();
        ended.expires_at = Some(at - TimeDelta::days(5));
        secrets.push(ended);
        seen.clients.push(grafana);
        seen.total = 2;
        ClientList::of(&now.target, &seen, None, at)
    }

    #[test]
    fn each_client_is_told_with_what_is_to_be_seen_to() {
        let expected = "\
https://id.example.test: 2 clients, 1 watched

Kasm Workspaces (kasm)                                           watched by home
  client ID 00000000-0000-4000-8000-0000000000c1
  https://kasm.example.test/api/oidc_callback
  PKCE not required, restricted to groups, 1 active secret (lHmG until
  2027-09-20)

Grafana (grafana)                                                    not watched
  client ID grafana
  https://grafana.example.test/login/generic_oauth
  http://old.example.test/login/generic_oauth (plain http)
  https://*.example.test/x (wildcard host)
  PKCE required, open to all users, 1 active secret (lHmG until 2026-11-29)
";
        assert_eq!(text(&list(), Style::PLAIN).replace("  (", " ("), expected);
    }

    #[test]
    fn programs_read_the_same() {
        let value: serde_json::Value = serde_json::from_str(&json(&[list()]).unwrap()).unwrap();
        let client = &value["providers"][0]["clients"][1];
        assert_eq!(client["app_kind"], "grafana");
        assert_eq!(client["callbacks"][1]["mark"], "plain_http");
        assert_eq!(client["active_secrets"][0]["begins_with"], "lHmG");
        assert_eq!(client["watched_by"], serde_json::Value::Null);
    }
}
