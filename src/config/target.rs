//! Reads one target: its two sides and what was declared about it.

use std::{collections::BTreeSet, time::Duration};

use url::Url;

use super::{
    ApiAuth, App, HttpSettings, Provider, REQUESTS_PER_MINUTE, Target, address,
    defaults::{Defaults, defaults},
    http,
    name::{check_name, default_name},
    notify::silence,
    reader::{Field, Marked, Reader, Section},
    secrets::secret,
};
use crate::{
    model::{ClientsToldBy, Expect},
    providers::ProviderKind,
    schedule::Schedule,
};

/// Reads a target, marked with the place of its name. `None` where a problem was told.
pub(super) fn target(
    reader: &mut Reader<'_>,
    field: Field,
    outer: &Defaults,
    receivers: &[&str],
) -> Option<Marked<Target>> {
    reader.section(field, |reader, section| {
        let name = section.take("name").map(|field| name(reader, field));
        let provider = section
            .require("provider", "write provider: {url: https://id.example.com}")
            .and_then(|field| reader.section(field, provider)?);
        let app = section
            .require("kasm", "write kasm: {url: https://kasm.example.com}")
            .and_then(|field| reader.section(field, kasm)?);
        let expect = section.take("expect").and_then(|field| reader.section(field, expect)).unwrap_or_default();
        let notify = section.take("notify").map(|field| notify(reader, field, receivers));
        let group = section.take("group").and_then(|field| reader.text(field)).map(|text| text.value);
        let defaults = defaults(reader, section, outer);
        let (token_enabled, passkey_enabled) = (defaults.token_enabled, defaults.passkey_enabled);
        let (last_sign_in_enabled, change_hold) = (defaults.last_sign_in_enabled, defaults.change_hold);
        let (off, warn) = defaults.split();
        let (provider, app) = (provider?, app?);
        if provider.url == app.url {
            reader.warn(&section.place, "provider and Kasm have the same address");
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
        api_key: api_key.map(|key| key.value),
        api_key_secret: api_key_secret.map(|secret| secret.value),
        api_auth,
        http,
    })
}

fn web_address(reader: &mut Reader<'_>, field: Field, read: fn(&str) -> Result<Url, String>) -> Option<Marked<Url>> {
    let text = reader.text_or_empty(field)?;
    let url = reader.check(&text.place, read(&text.value))?;
    Some(Marked { place: text.place, value: url })
}

/// Credentials, a password or headers never go over plain HTTP to another host, unless the block says so.
fn refuse_plain_http(reader: &mut Reader<'_>, url: &Marked<Url>, http: &HttpSettings, has_credentials: bool) {
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
