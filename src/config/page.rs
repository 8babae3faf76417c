//! Reads `web`: the settings of the HTTP surface that belong to the watched targets, beside flags and web-config file.

use url::{Host, Url};

use super::{
    reader::{Field, Reader},
    shown::Shown,
};

/// The settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WebSettings {
    /// Names under which the daemon answers where no login is needed, beside those that cannot be an attacker's. In lower
    /// case, without a port.
    pub allowed_hosts: Vec<String>,
}

/// Reads them.
pub(super) fn settings(reader: &mut Reader<'_>, field: Field) -> WebSettings {
    let read = reader.section(field, |reader, section| {
        let hosts = section.take("allowed_hosts").and_then(|field| reader.list(field)).unwrap_or_default();
        WebSettings { allowed_hosts: hosts.into_iter().filter_map(|field| host(reader, field)).collect() }
    });
    read.unwrap_or_default()
}

fn host(reader: &mut Reader<'_>, field: Field) -> Option<String> {
    let text = reader.text(field)?;
    reader.check(&text.place, host_name(&text.value))
}

/// Reads the name of a host.
///
/// # Errors
/// A text for a person.
pub fn host_name(text: &str) -> Result<String, String> {
    let url = Url::parse(&format!("http://{}", text.trim())).ok();
    let name = url.filter(|url| url.path() == "/" && url.username().is_empty() && url.port().is_none());
    let name = name.and_then(|url| match url.host()? {
        Host::Domain(name) => Some(name.trim_end_matches('.').to_owned()),
        Host::Ipv4(_) | Host::Ipv6(_) => None,
    });
    let is_name =
        |name: &String| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
    name.filter(is_name).ok_or_else(|| {
        format!(
            "{text:?} is not the name of a host; write for example monitor.example.com, without scheme, port and path \
             (addresses are always allowed)"
        )
    })
}

/// The settings as they are shown; `None` where there are none.
pub(super) fn shown(settings: &WebSettings) -> Option<Shown> {
    let WebSettings { allowed_hosts } = settings;
    let hosts: Vec<Shown> = allowed_hosts.iter().map(|host| Shown::Text(host.clone())).collect();
    (!hosts.is_empty()).then(|| Shown::Map(vec![("allowed_hosts".to_owned(), Shown::List(hosts))]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_alone() {
        for (text, name) in [
            ("monitor.example.com", Some("monitor.example.com")),
            (" Monitor.LAN. ", Some("monitor.lan")),
            ("ssowatch", Some("ssowatch")),
            ("snake_case.svc", Some("snake_case.svc")),
            ("monitor:10059", None),
            ("https://monitor", None),
            ("monitor/watch", None),
            ("user@monitor", None),
            ("192.0.2.1", None),
            ("[::1]", None),
            ("*.example.com", None),
            ("", None),
        ] {
            assert_eq!(host_name(text).ok().as_deref(), name, "{text:?}");
        }
    }
}
