//! Reads any other app than Kasm: its kind, its address, and how its login is started.

use serde_json::{Map, Value};

use super::{
    ApiAuth, App, address, http,
    problems::did_you_mean,
    reader::{Field, Marked, Place, Reader, Section, Shape},
    target::{refuse_plain_http, web_address},
};
use crate::apps::{AppKind, LoginMethod, LoginRequest, ProviderName, UrlIn};

/// Reads `app`.
pub(super) fn app(reader: &mut Reader<'_>, section: &mut Section) -> Option<App> {
    let url = section.require("url", "the app's address, as users type it");
    let url = url.and_then(|field| web_address(reader, field, address::app));
    let kind = section.take("kind").map(|field| kind(reader, field));
    let provider = section.take("provider").and_then(|field| reader.text(field));
    let login = section.take("login").map(|field| reader.section(field, login)?);
    let callback = section.take("callback").map(|field| path(reader, field));
    let http = http::settings(reader, section);
    let kind = match kind {
        Some(kind) => Some(kind?),
        None => None,
    };
    let login = match login {
        Some(login) => Some(login?),
        None => None,
    };
    let callback = match callback {
        Some(callback) => Some(callback?),
        None => None,
    };
    let url = url?;
    check_start(reader, &section.place, kind, login.as_ref(), provider.as_ref().map(|name| name.value.as_str()))?;
    refuse_plain_http(reader, &url, &http, false);
    Some(App {
        url: url.value,
        provider: provider.map(|text| text.value),
        kind,
        login,
        callback,
        api_key: None,
        api_key_secret: None,
        api_auth: ApiAuth::Body,
        http,
    })
}

/// Whether it is known how the login is started.
fn check_start(
    reader: &mut Reader<'_>,
    place: &Place,
    kind: Option<AppKind>,
    login: Option<&LoginRequest>,
    provider: Option<&str>,
) -> Option<()> {
    if login.is_some() {
        return Some(());
    }
    let wrong = match kind {
        None => Some(
            "needs \"kind\" (for example kind: grafana) or \"login\" (for example login: {get: /oauth2/start}): how its \
             login is started is not known"
                .to_owned(),
        ),
        Some(kind) if kind.profile().start.is_none() => Some(format!(
            "kind: {} needs \"login\" (for example login: {{get: /oauth2/start}}): how its login is started is not known",
            kind.id()
        )),
        Some(kind) => missing_name(kind, provider),
    };
    match wrong {
        None => Some(()),
        Some(message) => {
            reader.problem(place, message);
            None
        }
    }
}

/// What is missing where the name under which the app knows the provider is a part of its addresses.
pub(super) fn missing_name(kind: AppKind, provider: Option<&str>) -> Option<String> {
    match (kind.profile().provider_name, provider) {
        (ProviderName::Needed(what), None) => {
            Some(format!("needs \"provider\": the name under which {} knows the provider ({what})", kind.title()))
        }
        _ => None,
    }
}

/// The kind of that id.
///
/// # Errors
/// It is none; what was meant, or what there is.
pub(super) fn known_kind(id: &str) -> Result<AppKind, String> {
    let ids = || AppKind::ALL.into_iter().filter(|kind| kind.may_be_named()).map(AppKind::id);
    match AppKind::of_id(id) {
        Some(kind) if kind.may_be_named() => Ok(kind),
        Some(AppKind::Kasm) => Err("a Kasm is written as kasm: {url: URL}, beside provider".to_owned()),
        _ => Err(match did_you_mean(id, ids()) {
            Some(meant) => format!("{id:?} is not known; did you mean \"{meant}\"?"),
            None => format!(
                "{id:?} is not known; write one of {}, or leave it out and write \"login\"",
                ids().collect::<Vec<_>>().join(", ")
            ),
        }),
    }
}

fn kind(reader: &mut Reader<'_>, field: Field) -> Option<AppKind> {
    let text = reader.text(field)?;
    reader.check(&text.place, known_kind(&text.value))
}

/// Reads how a login is started.
fn login(reader: &mut Reader<'_>, section: &mut Section) -> Option<LoginRequest> {
    let (get, post) = (section.take("get"), section.take("post"));
    let json = section.take("json").map(|field| (field.place.clone(), value(reader, field)));
    let form = section.take("form").map(|field| (field.place.clone(), fields(reader, field)));
    let before = section.take("before").map(|field| path(reader, field));
    let url_in = section.take("url_in").map(|field| url_in(reader, field));
    let add_state = section.take("add_state").map(|field| reader.flag(field));
    let (field, is_post) = match (get, post) {
        (Some(get), None) => (get, false),
        (None, Some(post)) => (post, true),
        (Some(_), Some(post)) => {
            reader.problem(&post.place, "excludes \"get\"; keep one of the two");
            return None;
        }
        (None, None) => {
            reader.problem(&section.place, "needs \"get\" or \"post\": the path that the app's login button asks for");
            return None;
        }
    };
    let path = path(reader, field);
    let method = match (is_post, json, form) {
        (false, None, None) => LoginMethod::Get,
        (false, Some((place, _)), _) | (false, None, Some((place, _))) => {
            reader.problem(&place, "goes with \"post\", not with \"get\"");
            return None;
        }
        (true, Some(_), Some((place, _))) => {
            reader.problem(&place, "excludes \"json\"; keep one of the two");
            return None;
        }
        (true, Some((_, json)), None) => LoginMethod::PostJson(json?.to_string()),
        (true, None, form) => LoginMethod::PostForm(match form {
            Some((_, fields)) => fields?,
            None => Vec::new(),
        }),
    };
    let before = match before {
        Some(before) => Some(before?),
        None => None,
    };
    let url_in = match url_in {
        Some(url_in) => url_in?,
        None => UrlIn::Anywhere,
    };
    let add_state = match add_state {
        Some(flag) => flag?,
        None => false,
    };
    Some(LoginRequest { path: path?, method, before, url_in, add_state })
}

/// A path below the app's address.
fn path(reader: &mut Reader<'_>, field: Field) -> Option<String> {
    let text = reader.text(field)?;
    let written = text.value.trim().to_owned();
    let is_path = written.starts_with('/') && !written.starts_with("//") && !written.contains(['#', '\\', ' ']);
    let wrong = || format!("{written:?} is not a path of the app; write for example \"/oauth2/start\"");
    reader.check(&text.place, if is_path { Ok(()) } else { Err(wrong()) })?;
    Some(written)
}

fn url_in(reader: &mut Reader<'_>, field: Field) -> Option<UrlIn> {
    let text = reader.text(field)?;
    match text.value.trim() {
        "anywhere" => Some(UrlIn::Anywhere),
        "location" => Some(UrlIn::Location),
        "html" => Some(UrlIn::Html),
        pointer if pointer.starts_with('/') => Some(UrlIn::Pointer(pointer.to_owned())),
        other => {
            let known = "write location, html, anywhere, or a JSON pointer such as /data/url";
            reader.problem(&text.place, format!("{other:?} is not known; {known}"));
            None
        }
    }
}

fn fields(reader: &mut Reader<'_>, field: Field) -> Option<Vec<(String, String)>> {
    let named = reader.named(field);
    let read = |(key, field): (Marked<String>, Field)| Some((key.value, reader.text_or_empty(field)?.value));
    named.into_iter().map(read).collect()
}

/// JSON as YAML says it.
fn value(reader: &mut Reader<'_>, field: Field) -> Option<Value> {
    Some(match reader.shape(field)? {
        Shape::Nothing => Value::Null,
        Shape::Plain(text) => match serde_json::from_str(&text.value.to_ascii_lowercase()) {
            Ok(plain @ (Value::Bool(_) | Value::Number(_))) => plain,
            _ => Value::String(text.value),
        },
        Shape::Text(text) => Value::String(text.value),
        Shape::List(items) => Value::Array(items.into_iter().map(|item| value(reader, item)).collect::<Option<_>>()?),
        Shape::Map(entries) => {
            let entry = |(key, field): (Marked<String>, Field)| Some((key.value, value(reader, field)?));
            Value::Object(entries.into_iter().map(entry).collect::<Option<Map<_, _>>>()?)
        }
    })
}
