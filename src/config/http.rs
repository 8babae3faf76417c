//! Reads how to connect to one side; the keys are named as in Prometheus' `http_config`.

use std::{path::PathBuf, time::Duration};

use url::Url;

use super::{
    Secret, SecretSource,
    reader::{Field, Marked, Reader, Section},
    secrets::{inline_secret, secret, secret_file},
};

/// How to connect to one side; named as in Prometheus' `http_config`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HttpSettings {
    /// `connect_to: host:port`: where to connect instead (split DNS); Host and SNI stay.
    pub connect_to: Option<(String, u16)>,
    /// Whether credentials may go over plain HTTP to another host than loopback.
    pub allow_http: bool,
    /// TLS settings.
    pub tls: TlsSettings,
    /// A proxy; the connection probe is then *unverified*, since a proxy resolves and connects in our place.
    pub proxy: Option<ProxySettings>,
    /// User name and password for HTTP Basic in front of the server (a login wall).
    pub basic_auth: Option<(String, SecretSource)>,
    /// Headers that every request to this side carries. Their values are secrets.
    pub headers: Vec<NamedHeader>,
    /// The limit of one request. Default 10 s.
    pub timeout: Option<Duration>,
}

/// One header of `http_headers`.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedHeader {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: SecretSource,
}

/// A proxy.
#[derive(Debug, Clone, PartialEq)]
pub struct ProxySettings {
    /// `http://`, `https://` or `socks5h://` address, without user and password.
    pub url: Url,
    /// User and password from the address.
    pub auth: Option<(String, SecretSource)>,
    /// `no_proxy`.
    pub no_proxy: Option<String>,
}

/// TLS settings; named as in Prometheus' `tls_config`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TlsSettings {
    /// Trusted certificates in PEM instead of the system's; also names a self-signed certificate itself.
    pub ca_file: Option<PathBuf>,
    /// The same, inline.
    pub ca: Option<String>,
    /// The one certificate that is accepted: SHA-256 of its DER form, lower-case hex.
    pub fingerprint_sha256: Option<String>,
    /// A client certificate in PEM.
    pub cert_file: Option<PathBuf>,
    /// Its key in PEM.
    pub key_file: Option<PathBuf>,
    /// The name to verify instead of the URL's host (and SNI).
    pub server_name: Option<String>,
    /// Accept any certificate; credentials go along. Loud.
    pub insecure_skip_verify: bool,
    /// Whether TLS 1.3 is demanded (`min_version: TLS13`).
    pub only_tls13: bool,
}

/// Headers that the client sets itself, or that would break the connection.
const OUR_HEADERS: [&str; 9] = [
    "host",
    "content-length",
    "content-type",
    "connection",
    "transfer-encoding",
    "accept",
    "accept-encoding",
    "user-agent",
    "proxy-authorization",
];

/// Reads the keys of one side that say how to connect.
pub(super) fn settings(reader: &mut Reader<'_>, section: &mut Section) -> HttpSettings {
    let basic_auth = section.take("basic_auth").and_then(|field| basic_auth(reader, field));
    let headers = section.take("http_headers").map(|field| headers(reader, field)).unwrap_or_default();
    if basic_auth.is_some()
        && let Some(header) = headers.iter().find(|header| header.value.name.eq_ignore_ascii_case("authorization"))
    {
        reader.problem(&header.place, "excludes \"basic_auth\", which sends the same header");
    }
    HttpSettings {
        connect_to: section.take("connect_to").and_then(|field| connect_to(reader, field)),
        allow_http: section.take("allow_http").and_then(|field| reader.flag(field)).unwrap_or(false),
        tls: section.take("tls_config").and_then(|field| reader.section(field, tls)).unwrap_or_default(),
        proxy: proxy(reader, section),
        basic_auth,
        headers: headers.into_iter().map(|header| header.value).collect(),
        timeout: section.take("timeout").and_then(|field| reader.duration(field)),
    }
}

fn connect_to(reader: &mut Reader<'_>, field: Field) -> Option<(String, u16)> {
    let text = reader.text(field)?;
    let result = host_and_port(&text.value).ok_or_else(|| {
        format!("{:?} is not host:port; write for example \"10.0.0.5:443\" or \"[::1]:443\"", text.value)
    });
    reader.check(&text.place, result)
}

fn host_and_port(text: &str) -> Option<(String, u16)> {
    let (host, port) = text.trim().rsplit_once(':')?;
    let port = port.parse().ok().filter(|port| *port > 0)?;
    let host = match host.strip_prefix('[') {
        Some(address) => address.strip_suffix(']').filter(|address| address.parse::<std::net::Ipv6Addr>().is_ok())?,
        None => host,
    };
    let is_name = !host.is_empty() && !host.contains(['/', '@', ' ', '[', ']']);
    // A bare IPv6 address would swallow the port.
    let is_clear = text.trim().starts_with('[') || !host.contains(':');
    (is_name && is_clear).then(|| (host.to_owned(), port))
}

fn tls(reader: &mut Reader<'_>, section: &mut Section) -> TlsSettings {
    let ca = section.take("ca").and_then(|field| reader.text(field));
    let ca_file = section.take("ca_file");
    if let (Some(_), Some(file)) = (&ca, &ca_file) {
        reader.problem(&file.place, "excludes \"ca\"; keep one of the two");
    }
    if let Some(ca) = &ca
        && !ca.value.contains("-----BEGIN CERTIFICATE-----")
    {
        reader.problem(&ca.place, "holds no PEM certificate (-----BEGIN CERTIFICATE-----)");
    }
    let cert_file = section.take("cert_file").and_then(|field| reader.path(field));
    let key_file = section.take("key_file").and_then(|field| reader.path(field));
    match (&cert_file, &key_file) {
        (Some(cert), None) => reader.problem(&cert.place, "needs \"key_file\""),
        (None, Some(key)) => reader.problem(&key.place, "needs \"cert_file\""),
        _ => {}
    }
    let insecure = section.take("insecure_skip_verify").and_then(|field| {
        let place = field.place.clone();
        reader.flag(field).map(|value| Marked { place, value })
    });
    if let Some(insecure) = &insecure
        && insecure.value
    {
        reader.warn(
            &insecure.place,
            "any certificate is accepted, and credentials go along: whoever is on the way reads them. Pin the \
             certificate instead, by ca_file or fingerprint_sha256",
        );
    }
    TlsSettings {
        ca_file: ca_file.and_then(|field| readable_file(reader, field)),
        ca: ca.map(|ca| ca.value),
        fingerprint_sha256: section.take("fingerprint_sha256").and_then(|field| fingerprint(reader, field)),
        cert_file: cert_file.map(|file| file.value),
        key_file: key_file.map(|file| file.value),
        server_name: section.take("server_name").and_then(|field| reader.text(field)).map(|text| text.value),
        insecure_skip_verify: insecure.is_some_and(|insecure| insecure.value),
        only_tls13: section.take("min_version").is_some_and(|field| min_version(reader, field)),
    }
}

pub(super) fn readable_file(reader: &mut Reader<'_>, field: Field) -> Option<PathBuf> {
    let path = reader.path(field)?;
    if let Err(error) = std::fs::File::open(&path.value) {
        reader.warn(&path.place, format!("{}: {error}", path.value.display()));
    }
    Some(path.value)
}

fn fingerprint(reader: &mut Reader<'_>, field: Field) -> Option<String> {
    let text = reader.text(field)?;
    let hex: String = text.value.chars().filter(|letter| *letter != ':').collect::<String>().to_ascii_lowercase();
    if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        reader.problem(
            &text.place,
            "is not a SHA-256 fingerprint: 64 hexadecimal digits, as `openssl x509 -noout -fingerprint -sha256` prints",
        );
        return None;
    }
    Some(hex)
}

fn min_version(reader: &mut Reader<'_>, field: Field) -> bool {
    let Some(text) = reader.text(field) else { return false };
    match text.value.as_str() {
        "TLS13" => true,
        "TLS12" => false,
        other => {
            reader.problem(&text.place, format!("{other:?} is not known; write TLS12 or TLS13"));
            false
        }
    }
}

fn proxy(reader: &mut Reader<'_>, section: &mut Section) -> Option<ProxySettings> {
    let no_proxy = section.take("no_proxy").and_then(|field| reader.text(field));
    let Some(field) = section.take("proxy_url") else {
        if let Some(no_proxy) = no_proxy {
            reader.problem(&no_proxy.place, "has no \"proxy_url\" beside it");
        }
        return None;
    };
    let text = reader.text(field)?;
    let (url, auth) = reader.check(&text.place, proxy_address(&text.value))?;
    Some(ProxySettings { url, auth, no_proxy: no_proxy.map(|text| text.value) })
}

type ProxyAddress = (Url, Option<(String, SecretSource)>);

/// Takes user and password out of a proxy's address. No error repeats the address, which may hold a password.
fn proxy_address(text: &str) -> Result<ProxyAddress, String> {
    const MEANT: &str = "write for example \"http://proxy.example.com:3128\" or \"socks5h://127.0.0.1:1080\"";
    let mut url = Url::parse(text.trim()).map_err(|error| format!("not an address ({error}); {MEANT}"))?;
    if !matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h") || url.host_str().is_none_or(str::is_empty) {
        return Err(format!("not a proxy's address; {MEANT}"));
    }
    let decoded = |text: &str| {
        url::form_urlencoded::parse(format!("v={}", text.replace('+', "%2B").replace('&', "%26")).as_bytes())
            .next()
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    };
    let user = decoded(url.username());
    let password = url.password().map(decoded).unwrap_or_default();
    let has_auth = !user.is_empty() || !password.is_empty();
    let stripped = url.set_username("").and_then(|()| url.set_password(None));
    stripped.map_err(|()| format!("not a proxy's address; {MEANT}"))?;
    Ok((url, has_auth.then(|| (user, SecretSource::Inline(Secret::new(password))))))
}

fn basic_auth(reader: &mut Reader<'_>, field: Field) -> Option<(String, SecretSource)> {
    reader.section(field, |reader, section| {
        let hint = "basic_auth is {username: NAME, password_file: FILE}";
        let username = section.require("username", hint).and_then(|field| reader.text(field));
        let password = secret(reader, section, "password", "password_file");
        if let Some(username) = &username
            && username.value.contains(':')
        {
            reader.problem(&username.place, "a user name holds no colon (RFC 7617)");
        }
        if username.is_some() && password.is_none() && !reader.has_problem_below(&section.place) {
            reader.problem(&section.place, format!("\"password_file\" is missing; {hint}"));
        }
        Some((username?.value, password?.value))
    })?
}

fn headers(reader: &mut Reader<'_>, field: Field) -> Vec<Marked<NamedHeader>> {
    let mut found = Vec::new();
    for (name, field) in reader.named(field) {
        if let Err(message) = header_name(&name.value) {
            reader.problem(&name.place, message);
            continue;
        }
        let values = reader.section(field, |reader, section| {
            let mut values = Vec::new();
            for key in ["values", "secrets"] {
                for item in section.take(key).and_then(|field| reader.list(field)).unwrap_or_default() {
                    values.extend(inline_secret(reader, item));
                }
            }
            for item in section.take("files").and_then(|field| reader.list(field)).unwrap_or_default() {
                values.extend(secret_file(reader, item));
            }
            if values.is_empty() && !reader.has_problem_below(&section.place) {
                reader.problem(&section.place, "has no value; write for example {secrets: [VALUE]} or {files: [FILE]}");
            }
            values
        });
        let header = |value: Marked<SecretSource>| Marked {
            place: value.place,
            value: NamedHeader { name: name.value.clone(), value: value.value },
        };
        found.extend(values.unwrap_or_default().into_iter().map(header));
    }
    found
}

fn header_name(name: &str) -> Result<(), String> {
    // RFC 9110, section 5.6.2.
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err("is not a header's name (RFC 9110, section 5.1)".to_owned());
    }
    if OUR_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
        return Err("is a header that ssowatch sets itself".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports_are_read() {
        for (text, read) in [
            ("10.0.0.5:443", Some(("10.0.0.5", 443))),
            ("kasm.internal:8443", Some(("kasm.internal", 8443))),
            ("[::1]:443", Some(("::1", 443))),
            ("::1:443", None),
            ("[kasm]:443", None),
            ("kasm.internal", None),
            ("kasm.internal:0", None),
            ("kasm.internal:99999", None),
            (":443", None),
            ("https://kasm.internal:443", None),
        ] {
            assert_eq!(host_and_port(text), read.map(|(host, port): (&str, u16)| (host.to_owned(), port)), "{text}");
        }
    }

    #[test]
    fn user_and_password_are_taken_out_of_a_proxy_address() {
        let (url, auth) = proxy_address("http://me:p%40ss+word@proxy.example:3128").unwrap();
        assert_eq!(url.as_str(), "http://proxy.example:3128/");
        let (user, SecretSource::Inline(password)) = auth.unwrap() else { panic!() };
        assert_eq!((user.as_str(), password.expose()), ("me", "p@ss+word"));
        assert!(proxy_address("socks5h://127.0.0.1:1080").unwrap().1.is_none());
        for text in ["proxy:3128", "me:hunter2@proxy:3128", "ftp://proxy", "socks5h://"] {
            let error = proxy_address(text).unwrap_err();
            assert!(error.contains("write for example") && !error.contains("hunter2"), "{error}");
        }
    }
}
