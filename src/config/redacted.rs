//! The configuration in force as YAML, defaults included, with every secret masked.

use super::{
    ApiAuth, App, Config, Provider, Target,
    notify::redact,
    page,
    shown::{Shown, connection, secret, text, without_slash, written},
};
use crate::{model::Expect, providers::ProviderKind, schedule::duration};

/// The configuration as YAML, with secrets masked.
pub(super) fn redacted(config: &Config) -> String {
    // Taken apart, so that a new setting does not compile until it is shown here (or left out on purpose).
    let Config {
        targets,
        round,
        rounds_off,
        pulse,
        settings_every,
        token,
        requests_per_minute,
        timezone,
        receivers,
        heartbeat,
        maintenance,
        web,
        redacted: _,
        warnings: _,
        unreadable: _,
        fingerprint: _,
    } = config;
    let schedule = Shown::map([
        ("round", Some(text(if *rounds_off { "off".to_owned() } else { written(round) }))),
        (
            "pulse",
            Some(text(pulse.map_or_else(|| "off".to_owned(), |every| format!("every {}", duration::short(every))))),
        ),
        ("settings", Some(text(format!("every {}", duration::short(*settings_every))))),
        ("token", Some(text(written(token)))),
        ("requests_per_minute", Some(Shown::Number(*requests_per_minute))),
        ("timezone", Some(text(timezone.name()))),
    ]);
    let document = Shown::map([
        ("schedule", Some(schedule)),
        ("notify", redact::receivers(receivers)),
        ("heartbeat", heartbeat.as_ref().map(redact::heartbeat)),
        ("maintenance", redact::maintenance(maintenance)),
        ("web", page::shown(web)),
        ("targets", Some(Shown::List(targets.iter().map(target).collect()))),
    ]);
    serde_saphyr::to_string(&document).unwrap_or_else(|error| format!("# cannot be shown: {error}\n"))
}

fn target(target: &Target) -> Shown {
    let Target {
        name,
        provider,
        app,
        expect,
        off,
        warn,
        token_enabled,
        token_schedule: _,
        requests_per_minute: _,
        passkey_enabled,
        last_sign_in_enabled,
        change_hold,
        notify,
        group,
        clients_told_by: _,
    } = target;
    let rules: Vec<(String, Shown)> = off
        .iter()
        .map(|id| (id.clone(), text("off")))
        .chain(
            warn.iter().map(|(id, before)| (id.clone(), Shown::map([("warn", Some(text(duration::short(*before))))]))),
        )
        .collect();
    Shown::map([
        ("name", Some(text(name))),
        ("group", group.as_ref().map(text)),
        ("provider", Some(provider_side(provider))),
        ("kasm", Some(app_side(app))),
        ("expect", expected(expect)),
        ("checks", Shown::filled(rules)),
        ("token", enabled(*token_enabled)),
        ("passkey", enabled(*passkey_enabled)),
        ("last_sign_in", enabled(*last_sign_in_enabled)),
        ("change_hold", Some(text(duration::short(*change_hold)))),
        ("notify", notify.as_ref().map(redact::list)),
    ])
}

fn enabled(flag: bool) -> Option<Shown> {
    Some(Shown::map([("enabled", Some(Shown::Flag(flag)))]))
}

fn provider_side(provider: &Provider) -> Shown {
    let Provider { url, internal_url, kind, client_secret, api_key, http } = provider;
    let kind = kind.map(ProviderKind::id);
    let mut entries = Shown::entries([
        ("url", Some(text(without_slash(url)))),
        ("internal_url", internal_url.as_ref().map(|url| text(without_slash(url)))),
        ("kind", kind.map(text)),
    ]);
    entries.extend(secret("client_secret", client_secret.as_ref()));
    entries.extend(secret("api_key", api_key.as_ref()));
    entries.extend(connection(http));
    Shown::Map(entries)
}

fn app_side(app: &App) -> Shown {
    let App { url, provider, api_key, api_key_secret, api_auth, http } = app;
    let mut entries =
        Shown::entries([("url", Some(text(without_slash(url)))), ("provider", provider.as_ref().map(text))]);
    entries.extend(secret("api_key", api_key.as_ref()));
    entries.extend(secret("api_key_secret", api_key_secret.as_ref()));
    let api_auth = match api_auth {
        ApiAuth::Body => "body",
        ApiAuth::Basic => "basic",
    };
    entries.push(("api_auth".to_owned(), text(api_auth)));
    entries.extend(connection(http));
    Shown::Map(entries)
}

fn expected(expect: &Expect) -> Option<Shown> {
    let Expect { auto_login, groups, user } = expect;
    Shown::filled(Shown::entries([
        ("auto_login", auto_login.map(Shown::Flag)),
        ("groups", groups.as_ref().map(|groups| Shown::List(groups.iter().map(text).collect()))),
        ("user", user.as_ref().map(text)),
    ]))
}
