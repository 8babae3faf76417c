//! Reads one target: its two sides and what was declared about it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use url::Url;

use super::{
    ApiAuth, App, HttpSettings, Provider, REQUESTS_PER_MINUTE, Target, address, app,
    defaults::{Defaults, defaults},
    http,
    name::{check_name, default_name},
    notify::silence,
    reader::{Field, Marked, Reader, Section},
    secrets::secret,
};
use crate::{
    apps::AppKind,
    model::{ClientsToldBy, Expect},
    providers::ProviderKind,
    schedule::Schedule,
};

/// The providers that stand under names of their own (`providers`).
pub(super) type NamedProviders = BTreeMap<String, Provider>;

/// Reads a target, marked with the place of its name. `None` where a problem was told.
pub(super) fn target(
    reader: &mut Reader<'_>,
    field: Field,
    outer: &Defaults,
    receivers: &[&str],
    providers: &NamedProviders,
) -> Option<Marked<Target>> {
    reader.section(field, |reader, section| {
        let name = section.take("name").map(|field| name(reader, field));
        let provider = section
            .require("provider", "write provider: {url: https://id.example.com}")
            .and_then(|field| provider_of(reader, field, providers));
        let app = match (section.take("kasm"), section.take("app")) {
            (Some(field), None) => reader.section(field, kasm).map(|app| app.map(Some)),
            (None, Some(field)) => reader.section(field, app::app).map(|app| app.map(Some)),
            (None, None) => Some(Some(None)),
            (Some(_), Some(field)) => {
                reader.problem(&field.place, "excludes \"kasm\"; a target has one app");
                None
            }
        };
        let expect = section.take("expect").and_then(|field| reader.section(field, expect)).unwrap_or_default();
        let notify = section.take("notify").map(|field| notify(reader, field, receivers));
        let group = section.take("group").and_then(|field| reader.text(field)).map(|text| text.value);
        let defaults = defaults(reader, section, outer);
        let (token_enabled, passkey_enabled) = (defaults.token_enabled, defaults.passkey_enabled);
        let (last_sign_in_enabled, change_hold) = (defaults.last_sign_in_enabled, defaults.change_hold);
        let (off, warn) = defaults.split();
        let (provider, app) = (provider?, app??);
        let app = app.unwrap_or_else(|| App::none(&provider));
        if provider.url == app.url && app.kind != Some(AppKind::ProviderAlone) {
            let app = if app.kind == Some(AppKind::Kasm) { "Kasm" } else { "app" };
            reader.warn(&section.place, format!("provider and {app} have the same address"));
        }
        let Marked { place, value: name } = match name {
            Some(name) => name?,
            None => Marked { place: section.place.clone(), value: default_name(&app.url) },
        };
        // Known once the whole file is read.
        let token_schedule = Schedule::Every(Duration::from_hours(1));
        let value = Target {
            name,
            provider,
            app,
            expect,
            off,
            warn,
            token_enabled,
            token_schedule,
            requests_per_minute: REQUESTS_PER_MINUTE,
            passkey_enabled,
            last_sign_in_enabled,
            change_hold,
            canary: None,
            notify,
            group,
            clients_told_by: ClientsToldBy::default(),
        };
        Some(Marked { place, value })
    })?
}

/// Reads which receivers are told of a target: a list of names, or `off`.
fn notify(reader: &mut Reader<'_>, field: Field, receivers: &[&str]) -> BTreeSet<String> {
    if !field.is_text() {
        return silence::names(reader, field, receivers, "receiver");
    }
    if let Some(text) = reader.text(field)
        && !matches!(text.value.to_ascii_lowercase().as_str(), "off" | "false")
    {
        reader.problem(&text.place, format!("{:?} is not known; write a list of receivers, or off", text.value));
    }
    BTreeSet::new()
}

fn name(reader: &mut Reader<'_>, field: Field) -> Option<Marked<String>> {
    let text = reader.text(field)?;
    reader.check(&text.place, check_name(&text.value))?;
    Some(text)
}

/// A target's provider: the name of one of `providers`, or its own settings; with `name`, a named one with this target's
/// client secret.
fn provider_of(reader: &mut Reader<'_>, field: Field, providers: &NamedProviders) -> Option<Provider> {
    if field.is_text() {
        let text = reader.text(field)?;
        return named_provider(reader, &text, providers);
    }
    reader.section(field, |reader, section| {
        let Some(name) = section.take("name") else { return provider(reader, section) };
        let name = reader.text(name);
        let client_secret = secret(reader, section, "client_secret", "client_secret_file");
        let mut found = named_provider(reader, &name?, providers)?;
        if let Some(client_secret) = client_secret {
            if address::is_plain(&found.url) && !found.http.allow_http {
                reader.problem(&client_secret.place, "would go over plain HTTP; see the url of that provider");
            }
            found.client_secret = Some(client_secret.value);
        }
        Some(found)
    })?
}

fn named_provider(reader: &mut Reader<'_>, name: &Marked<String>, providers: &NamedProviders) -> Option<Provider> {
    let found = providers.get(&name.value).cloned();
    if found.is_none() {
        let names: Vec<&str> = providers.keys().map(String::as_str).collect();
        let known = match names.as_slice() {
            [] => "write provider: {url: https://id.example.com}, or name it under \"providers\"".to_owned(),
            names => format!("there is: {}", names.join(", ")),
        };
        reader.problem(&name.place, format!("no provider is named {:?}; {known}", name.value));
    }
    found
}

/// Reads `providers`: each with a name.
pub(super) fn providers(reader: &mut Reader<'_>, field: Field) -> NamedProviders {
    let mut found = NamedProviders::new();
    for field in reader.list(field).unwrap_or_default() {
        let read = reader.section(field, |reader, section| {
            let hint = "targets refer to it: provider: NAME";
            let name = section.require("name", hint).and_then(|field| name(reader, field));
            let provider = provider(reader, section);
            Some((name?, provider?))
        });
        let Some(Some((name, provider))) = read else { continue };
        if found.insert(name.value.clone(), provider).is_some() {
            reader.problem(&name.place, format!("{:?} stands twice", name.value));
        }
    }
    found
}

fn provider(reader: &mut Reader<'_>, section: &mut Section) -> Option<Provider> {
    let url = section.require("url", "the provider's address: Pocket ID's APP_URL");
    let url = url.and_then(|field| web_address(reader, field, address::provider));
    let internal_url = section.take("internal_url").map(|field| web_address(reader, field, address::provider));
    let kind = section.take("kind").and_then(|field| kind(reader, field));
    let client_secret = secret(reader, section, "client_secret", "client_secret_file");
    let api_key = secret(reader, section, "api_key", "api_key_file");
    let http = http::settings(reader, section);
    let url = url?;
    let internal_url = match internal_url {
        Some(internal_url) => Some(internal_url?),
        None => None,
    };
    let has_credentials = client_secret.is_some() || api_key.is_some();
    for url in [Some(&url), internal_url.as_ref()].into_iter().flatten() {
        refuse_plain_http(reader, url, &http, has_credentials);
    }
    Some(Provider {
        url: url.value,
        internal_url: internal_url.map(|url| url.value),
        kind,
        client_secret: client_secret.map(|secret| secret.value),
        api_key: api_key.map(|key| key.value),
        http,
    })
}

fn kasm(reader: &mut Reader<'_>, section: &mut Section) -> Option<App> {
    let url = section.require("url", "Kasm's address, as users type it");
    let url = url.and_then(|field| web_address(reader, field, address::kasm));
    let provider = section.take("provider").and_then(|field| reader.text(field));
    let api_key = secret(reader, section, "api_key", "api_key_file");
    let api_key_secret = secret(reader, section, "api_key_secret", "api_key_secret_file");
    match (&api_key, &api_key_secret) {
        (Some(key), None) if !reader.has_problem_below(&section.below("api_key_secret")) => {
            reader.problem(&key.place, "needs \"api_key_secret_file\": a Kasm key has two halves");
        }
        (None, Some(secret)) if !reader.has_problem_below(&section.below("api_key")) => {
            reader.problem(&secret.place, "needs \"api_key_file\": a Kasm key has two halves");
        }
        _ => {}
    }
    let api_auth = section.take("api_auth").and_then(|field| api_auth(reader, field)).unwrap_or_default();
    let http = http::settings(reader, section);
    let url = url?;
    refuse_plain_http(reader, &url, &http, api_key.is_some());
    Some(App {
        url: url.value,
        provider: provider.map(|text| text.value),
        kind: Some(AppKind::Kasm),
        login: None,
        callback: None,
        api_key: api_key.map(|key| key.value),
        api_key_secret: api_key_secret.map(|secret| secret.value),
        api_auth,
        http,
    })
}

pub(super) fn web_address(
    reader: &mut Reader<'_>,
    field: Field,
    read: fn(&str) -> Result<Url, String>,
) -> Option<Marked<Url>> {
    let text = reader.text_or_empty(field)?;
    let url = reader.check(&text.place, read(&text.value))?;
    Some(Marked { place: text.place, value: url })
}

/// Credentials, a password or headers never go over plain HTTP to another host, unless the block says so.
pub(super) fn refuse_plain_http(
    reader: &mut Reader<'_>,
    url: &Marked<Url>,
    http: &HttpSettings,
    has_credentials: bool,
) {
    let has_something = has_credentials || http.basic_auth.is_some() || !http.headers.is_empty();
    if has_something && address::is_plain(&url.value) && !http.allow_http {
        reader.problem(
            &url.place,
            "credentials would go over plain HTTP; write https://, or allow it with allow_http: true beside this url",
        );
    }
}

fn kind(reader: &mut Reader<'_>, field: Field) -> Option<ProviderKind> {
    let text = reader.text(field)?;
    let kind = ProviderKind::of_id(&text.value);
    if kind.is_none() {
        let names = ProviderKind::ALL.map(ProviderKind::id).join(", ");
        reader.problem(&text.place, format!("{:?} is not known; write one of {names}, or leave it out", text.value));
    }
    kind
}

fn api_auth(reader: &mut Reader<'_>, field: Field) -> Option<ApiAuth> {
    let text = reader.text(field)?;
    match text.value.as_str() {
        "body" => Some(ApiAuth::Body),
        "basic" => Some(ApiAuth::Basic),
        other => {
            reader.problem(&text.place, format!("{other:?} is not known; write body or basic"));
            None
        }
    }
}

fn expect(reader: &mut Reader<'_>, section: &mut Section) -> Expect {
    let groups = section.take("groups").and_then(|field| reader.list(field));
    let groups = groups.map(|items| items.into_iter().filter_map(|item| Some(reader.text(item)?.value)).collect());
    Expect {
        auto_login: section.take("auto_login").and_then(|field| reader.flag(field)),
        groups,
        user: section.take("user").and_then(|field| reader.text(field)).map(|text| text.value),
    }
}
