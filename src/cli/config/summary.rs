//! What a valid configuration means, for a person.

use std::fmt::Write as _;

use crate::{
    apps::AppKind,
    clock::Time,
    config::{Config, Target},
    schedule::Schedule,
};

/// How many runs are shown.
const RUNS: usize = 3;

/// The targets, what is known of each, and when the next rounds are.
pub(super) fn told(config: &Config, now: Time) -> String {
    let mut out = String::new();
    let count = config.targets.len();
    let _ = writeln!(out, "The configuration is valid: {count} target{}.", if count == 1 { "" } else { "s" });
    for target in &config.targets {
        let facts = target.facts();
        let _ = writeln!(out, "\n{}", target.name);
        row(&mut out, "provider", &facts.provider.url);
        match facts.app.kind {
            Some(AppKind::Kasm) => row(&mut out, "Kasm", &facts.app.url),
            Some(AppKind::ProviderAlone) => row(&mut out, "app", "none: the provider alone is watched"),
            Some(kind) => row(&mut out, "app", &format!("{} ({})", facts.app.url, kind.id())),
            None => row(&mut out, "app", &format!("{} (its callback tells the kind)", facts.app.url)),
        }
        row(&mut out, "credentials", &credentials(target));
        if !facts.off.is_empty() {
            row(&mut out, "checks off", &facts.off.into_iter().collect::<Vec<_>>().join(", "));
        }
        if !config.rounds_off {
            row(&mut out, "next rounds", &next_runs(config, &config.round, &target.name, now));
        }
    }
    out.push('\n');
    let rounds = config.round.in_words();
    row(&mut out, "rounds", if config.rounds_off { "off: only /probe looks" } else { &rounds });
    let settings = Schedule::Every(config.settings_every).in_words();
    row(&mut out, "settings", &settings);
    if let Some(target) = config.targets.iter().find(|target| target.token_enabled) {
        let next = next_runs(config, &config.token, &target.name, now);
        row(&mut out, "token", &format!("{}; next {next}", config.token.in_words()));
    }
    out
}

fn row(out: &mut String, label: &str, text: &str) {
    let _ = writeln!(out, "  {label:<12} {text}");
}

fn next_runs(config: &Config, schedule: &Schedule, name: &str, now: Time) -> String {
    let mut at = now;
    let mut day = None;
    let mut found = Vec::new();
    for _ in 0..RUNS {
        at = schedule.next(at, name);
        if at == Time::MAX_UTC {
            break;
        }
        let local = config.timezone.local(at);
        // The date is said once for each day.
        let form = if day == Some(local.date_naive()) { "%H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" };
        day = Some(local.date_naive());
        found.push(local.format(form).to_string());
    }
    format!("{} ({})", found.join(", "), config.timezone)
}

fn credentials(target: &Target) -> String {
    let given = [
        ("client secret", &target.provider.client_secret),
        ("Pocket ID key", &target.provider.api_key),
        ("Kasm key", &target.app.api_key),
    ];
    let named: Vec<String> = given
        .into_iter()
        .filter_map(|(what, source)| match source.as_ref()?.path() {
            None => Some(format!("{what} (in the configuration)")),
            Some(path) => Some(format!("{what} ({})", path.display())),
        })
        .collect();
    if named.is_empty() { "none: what needs one stays unverified".to_owned() } else { named.join(", ") }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use super::*;

    #[test]
    fn targets_credentials_and_next_runs_are_told() {
        let text = "
schedule: {round: '30 */6 * * *', timezone: Europe/Berlin}
targets:
  - name: home
    provider: {url: https://id.example.com, client_secret: hidden, api_key_file: /none/key}
    kasm: {url: https://kasm.example.com}
    checks: {authorization_url_matches: off}
    token: {enabled: true}
  - provider: {url: https://id.example.com}
    kasm: {url: https://notifier.example.com}
";
        let config = Config::parse(text, "f", std::path::Path::new(""), &|_| None).unwrap();
        let now = Utc.with_ymd_and_hms(2026, 11, 24, 12, 0, 0).unwrap();
        assert_eq!(
            told(&config, now),
            "The configuration is valid: 2 targets.

home
  provider     https://id.example.com
  Kasm         https://kasm.example.com
  credentials  client secret (in the configuration), Pocket ID key (/none/key)
  checks off   authorization_url_matches
  next rounds  2026-11-24 18:30:00, 2026-11-25 00:30:00, 06:30:00 (Europe/Berlin)

notifier.example.com
  provider     https://id.example.com
  Kasm         https://notifier.example.com
  credentials  none: what needs one stays unverified
  next rounds  2026-11-24 18:30:00, 2026-11-25 00:30:00, 06:30:00 (Europe/Berlin)

  rounds       at minute 30 of hours 0, 6, 12 and 18 (Europe/Berlin)
  settings     every 5 minutes
  token        every hour; next 2026-11-24 13:24:49, 14:24:49, 15:24:49 (Europe/Berlin)
"
        );
    }
}
