//! The configuration in force as YAML, defaults included, with every secret masked.

use super::{
    ApiAuth, App, Config, Provider, Target,
    notify::redact,
    page,
    shown::{MASK, Shown, connection, secret, text, without_slash, written},
};
use crate::{
    apps::{AppKind, LoginMethod, LoginRequest, UrlIn},
    model::Expect,
    providers::ProviderKind,
    schedule::duration,
};

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
        canary,
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
        ("canary", canary.as_ref().map(super::canary::shown)),
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
        canary: _,
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
        ("kasm", (app.kind == Some(AppKind::Kasm)).then(|| app_side(app))),
        ("app", is_other(app).then(|| app_side(app))),
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

/// Whether it is another app than Kasm.
fn is_other(app: &App) -> bool {
    !matches!(app.kind, Some(AppKind::Kasm | AppKind::ProviderAlone))
}

fn login(request: &LoginRequest) -> Shown {
    let LoginRequest { path, method, before, url_in, add_state } = request;
    let (key, json, form) = match method {
        LoginMethod::Get => ("get", None, None),
        LoginMethod::PostJson(_) => ("post", Some(text(MASK)), None),
        LoginMethod::PostForm(fields) => {
            // A value may be a password that the operator gave.
            ("post", None, Shown::filled(fields.iter().map(|(name, _)| (name.clone(), text(MASK))).collect()))
        }
    };
    let url_in = match url_in {
        UrlIn::Anywhere | UrlIn::Parts(_) => "anywhere".to_owned(),
        UrlIn::Location => "location".to_owned(),
        UrlIn::Html => "html".to_owned(),
        UrlIn::Pointer(pointer) => pointer.clone(),
    };
    Shown::map([
        (key, Some(text(path))),
        ("json", json),
        ("form", form),
        ("before", before.as_ref().map(text)),
        ("url_in", Some(text(url_in))),
        ("add_state", add_state.then_some(Shown::Flag(true))),
    ])
}

fn app_side(app: &App) -> Shown {
    let App { url, provider, kind, login: request, callback, api_key, api_key_secret, api_auth, http } = app;
    let kind = kind.filter(|_| is_other(app));
    let mut entries = Shown::entries([
        ("url", Some(text(without_slash(url)))),
        ("kind", kind.map(|kind| text(kind.id()))),
        ("provider", provider.as_ref().map(text)),
        ("login", request.as_ref().map(login)),
        ("callback", callback.as_ref().map(text)),
    ]);
    if is_other(app) {
        entries.extend(connection(http));
        return Shown::Map(entries);
    }
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
