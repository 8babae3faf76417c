//! The parts of a configuration as they are shown: every secret masked.

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{HttpSettings, NamedHeader, ProxySettings, SecretSource, TlsSettings};
use crate::schedule::{Schedule, duration};

/// What stands where a secret is.
pub(super) const MASK: &str = "<secret>";

/// A part of the document: keys keep their order.
pub(super) enum Shown {
    Text(String),
    Flag(bool),
    Number(u32),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
}

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Number(number) => serializer.serialize_u32(*number),
            Self::List(items) => serializer.collect_seq(items),
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

pub(super) fn written(schedule: &Schedule) -> String {
    match schedule {
        Schedule::Every(period) => format!("every {}", duration::short(*period)),
        Schedule::Crontab(crontab) => crontab.text().to_owned(),
    }
}

pub(super) fn connection(http: &HttpSettings) -> Vec<(String, Shown)> {
    let HttpSettings { connect_to, allow_http, tls, proxy, basic_auth, headers, timeout } = http;
    let bracketed = |host: &str| if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let basic_auth = basic_auth.as_ref().map(|(username, password)| {
        let mut entries = Shown::entries([("username", Some(text(username)))]);
        entries.extend(secret("password", Some(password)));
        Shown::Map(entries)
    });
    Shown::entries([
        ("connect_to", connect_to.as_ref().map(|(host, port)| text(format!("{}:{port}", bracketed(host))))),
        ("allow_http", allow_http.then_some(Shown::Flag(true))),
        ("timeout", timeout.map(|timeout| text(duration::short(timeout)))),
        ("tls_config", tls_config(tls)),
        ("proxy_url", proxy.as_ref().map(|proxy| text(proxy_url(proxy)))),
        ("no_proxy", proxy.as_ref().and_then(|proxy| proxy.no_proxy.as_ref()).map(text)),
        ("basic_auth", basic_auth),
        ("http_headers", http_headers(headers)),
    ])
}

fn proxy_url(proxy: &ProxySettings) -> String {
    let ProxySettings { url, auth, no_proxy: _ } = proxy;
    match auth {
        None => without_slash(url),
        Some(_) => without_slash(url).replacen("://", &format!("://{MASK}@"), 1),
    }
}

fn tls_config(tls: &TlsSettings) -> Option<Shown> {
    let TlsSettings {
        ca_file,
        ca,
        fingerprint_sha256,
        cert_file,
        key_file,
        server_name,
        insecure_skip_verify,
        only_tls13,
    } = tls;
    let path = |path: &Option<std::path::PathBuf>| path.as_ref().map(|path| text(path.display().to_string()));
    Shown::filled(Shown::entries([
        ("ca_file", path(ca_file)),
        ("ca", ca.as_ref().map(text)),
        ("fingerprint_sha256", fingerprint_sha256.as_ref().map(text)),
        ("cert_file", path(cert_file)),
        ("key_file", path(key_file)),
        ("server_name", server_name.as_ref().map(text)),
        ("insecure_skip_verify", insecure_skip_verify.then_some(Shown::Flag(true))),
        ("min_version", only_tls13.then(|| text("TLS13"))),
    ]))
}

fn http_headers(headers: &[NamedHeader]) -> Option<Shown> {
    let mut entries: Vec<(String, Shown)> = Vec::new();
    for NamedHeader { name, .. } in headers {
        if entries.iter().any(|(known, _)| known == name) {
            continue;
        }
        let values = || headers.iter().filter(|header| header.name == *name).map(|header| &header.value);
        let inline = values().filter(|value| matches!(value, SecretSource::Inline(_))).map(|_| text(MASK)).collect();
        let files = values().filter_map(|value| match value {
            SecretSource::File(path) => Some(text(path.display().to_string())),
            SecretSource::Inline(_) => None,
        });
        let lists = [("secrets", inline), ("files", files.collect::<Vec<_>>())];
        let shown = lists.map(|(key, items): (_, Vec<Shown>)| (key, (!items.is_empty()).then_some(Shown::List(items))));
        entries.push((name.clone(), Shown::map(shown)));
    }
    Shown::filled(entries)
}

/// `key: <secret>`, or `key_file: FILE`: a path is no secret.
pub(super) fn secret(key: &str, source: Option<&SecretSource>) -> Option<(String, Shown)> {
    match source? {
        SecretSource::Inline(_) => Some((key.to_owned(), text(MASK))),
        SecretSource::File(path) => Some((format!("{key}_file"), text(path.display().to_string()))),
    }
}

pub(super) fn without_slash(url: &url::Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

pub(super) fn text(value: impl Into<String>) -> Shown {
    Shown::Text(value.into())
}

impl Shown {
    pub(super) fn entries<const N: usize>(entries: [(&str, Option<Self>); N]) -> Vec<(String, Self)> {
        entries.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
    }

    pub(super) fn map<const N: usize>(entries: [(&str, Option<Self>); N]) -> Self {
        Self::Map(Self::entries(entries))
    }

    pub(super) fn filled(entries: Vec<(String, Self)>) -> Option<Self> {
        (!entries.is_empty()).then_some(Self::Map(entries))
    }
}
