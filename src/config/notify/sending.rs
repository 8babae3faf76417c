//! Reads how each kind of receiver is told.

use url::Url;

use super::{Alertmanager, MailTls, Ntfy, Push, PushService, Smtp, Template, Webhook};
use crate::config::{
    HttpSettings, SecretSource, address, http,
    reader::{Field, Marked, Reader, Section},
    secrets::secret,
};

pub(super) fn webhook(reader: &mut Reader<'_>, field: Field) -> Option<Webhook> {
    reader.section(field, |reader, section| {
        let body = section.take("body").map(|field| Template::read(reader, field));
        let http = http::settings(reader, section);
        let url = secret_url(reader, section, http.allow_http);
        let body = match body {
            Some(read) => Some(read?),
            None => None,
        };
        Some(Webhook { url: url?, body, http })
    })?
}

pub(super) fn ntfy(reader: &mut Reader<'_>, field: Field) -> Option<Ntfy> {
    reader.section(field, |reader, section| {
        let http = http::settings(reader, section);
        let hint = "the server's address, such as https://ntfy.sh";
        let url = section.require("url", hint).and_then(|field| web_root(reader, field, &http));
        let topic = secret(reader, section, "topic", "topic_file");
        if topic.is_none() && !reader.has_problem_below(&section.below("topic")) {
            reader.problem(&section.place, "\"topic_file\" is missing; a topic is as good as a password");
        }
        if let Some(Marked { place, value: SecretSource::Inline(topic) }) = &topic
            && !is_topic(topic.expose())
        {
            reader.problem(place, "is no topic: letters, digits, \"-\" and \"_\", at most 64 of them");
        }
        let token = secret(reader, section, "token", "token_file");
        if let Some(token) = &token
            && http.basic_auth.is_some()
        {
            reader.problem(&token.place, "excludes \"basic_auth\", which sends the same header");
        }
        let tags = section.take("tags").and_then(|field| reader.list(field)).unwrap_or_default();
        let tags = tags.into_iter().filter_map(|field| Some(reader.text(field)?.value)).collect();
        Some(Ntfy { url: url?, topic: topic?.value, token: token.map(|token| token.value), tags, http })
    })?
}

/// What ntfy takes as a topic (`^[-_A-Za-z0-9]{1,64}$`).
fn is_topic(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=64).contains(&text.len()) && text.bytes().all(is_plain)
}

pub(super) fn push(reader: &mut Reader<'_>, field: Field, service: PushService) -> Option<Push> {
    let row = service.row();
    reader.section(field, |reader, section| {
        let http = http::settings(reader, section);
        let url = match (section.take("url"), row.url) {
            (Some(field), _) => web_root(reader, field, &http),
            (None, Some(known)) => Url::parse(known).ok(),
            (None, None) => {
                let hint = format!("\"url\" is missing; the address of your {} server", row.word);
                reader.problem(&section.place, hint);
                None
            }
        };
        let token = needed_secret(reader, section, row.token, "what lets ssowatch in");
        let to = row.to.map(|(keys, hint)| needed_secret(reader, section, keys, hint));
        let to = match to {
            Some(read) => Some(read?),
            None => None,
        };
        let token = token?;
        // Telegram takes its token in the path.
        if http.basic_auth.is_some() && matches!(service, PushService::Gotify | PushService::Matrix) {
            reader.problem(&token.place, "excludes \"basic_auth\", which sends the same header");
        }
        Some(Push { service, url: url?, token: token.value, to: to.map(|to| to.value), http })
    })?
}

/// Reads a secret that must be there.
fn needed_secret(
    reader: &mut Reader<'_>,
    section: &mut Section,
    [key, file]: [&'static str; 2],
    hint: &str,
) -> Option<Marked<SecretSource>> {
    let found = secret(reader, section, key, file);
    if found.is_none() && !reader.has_problem_below(&section.below(key)) {
        reader.problem(&section.place, format!("{file:?} is missing; {hint}"));
    }
    found
}

pub(super) fn alertmanager(reader: &mut Reader<'_>, field: Field) -> Option<Alertmanager> {
    reader.section(field, |reader, section| {
        let http = http::settings(reader, section);
        let one = section.take("url");
        let several = section.take("urls");
        let fields = match (one, several) {
            (Some(_), Some(several)) => {
                reader.problem(&several.place, "excludes \"url\"; keep one of the two");
                return None;
            }
            (Some(one), None) => vec![one],
            (None, Some(several)) => reader.list(several)?,
            (None, None) => Vec::new(),
        };
        if fields.is_empty() && !reader.has_problem_below(&section.place) {
            reader.problem(&section.place, "\"url\" is missing; Alertmanager's address, such as http://127.0.0.1:9093");
        }
        let urls: Vec<Option<Url>> = fields.into_iter().map(|field| web_root(reader, field, &http)).collect();
        let urls: Vec<Url> = urls.into_iter().collect::<Option<_>>()?;
        (!urls.is_empty()).then_some(Alertmanager { urls, http })
    })?
}

pub(super) fn smtp(reader: &mut Reader<'_>, field: Field) -> Option<Smtp> {
    reader.section(field, |reader, section| {
        let host = section.require("host", "the mail server, such as smtp.example.com");
        let host = host.and_then(|field| host_name(reader, field));
        let tls = section.take("tls").map(|field| mail_tls(reader, field)).unwrap_or(Some(MailTls::Starttls));
        let port = section.take("port").map(|field| port(reader, field));
        let allow_plain = section.take("allow_plain").and_then(|field| reader.flag(field)).unwrap_or(false);
        let ca_file = section.take("ca_file").and_then(|field| http::readable_file(reader, field));
        let from = section.require("from", "the sender, such as \"ssowatch <sso@example.com>\"");
        let from = from.and_then(|field| mailbox(reader, field));
        let to = section.require("to", "a list of recipients, such as [admin@example.com]");
        let to = to.map(|field| recipients(reader, field));
        let auth = auth(reader, section);
        let (host, tls) = (host?, tls?);
        if tls == MailTls::None && !allow_plain && !is_loopback(&host.value) {
            let meant = "mail and password would go over an open connection; write tls: starttls, or allow it with \
                         allow_plain: true";
            reader.problem(&host.place, meant);
        }
        let port = match port {
            Some(port) => port?,
            None => tls.port(),
        };
        Some(Smtp { host: host.value, port, tls, ca_file, auth: auth.ok()?, from: from?, to: to?? })
    })?
}

fn host_name(reader: &mut Reader<'_>, field: Field) -> Option<Marked<String>> {
    let text = reader.text(field)?;
    let is_name = !text.value.contains(['/', '@', ' ', '[', ']']) && url::Host::parse(&bracketed(&text.value)).is_ok();
    if !is_name {
        reader.problem(&text.place, format!("{:?} is no host; write for example smtp.example.com", text.value));
        return None;
    }
    Some(text)
}

fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

fn is_loopback(host: &str) -> bool {
    Url::parse(&format!("http://{}", bracketed(host))).is_ok_and(|url| address::is_loopback(&url))
}

fn mail_tls(reader: &mut Reader<'_>, field: Field) -> Option<MailTls> {
    let text = reader.text(field)?;
    let known = [MailTls::Starttls, MailTls::Tls, MailTls::None].into_iter().find(|tls| tls.word() == text.value);
    let wrong = || format!("{:?} is not known; write starttls, tls or none", text.value);
    reader.check(&text.place, known.ok_or_else(wrong))
}

fn port(reader: &mut Reader<'_>, field: Field) -> Option<u16> {
    let text = reader.text(field)?;
    let port = text.value.parse().ok().filter(|port| *port > 0);
    reader
        .check(&text.place, port.ok_or_else(|| format!("{:?} is no port; write a number from 1 to 65535", text.value)))
}

fn recipients(reader: &mut Reader<'_>, field: Field) -> Option<Vec<String>> {
    let place = field.place.clone();
    let fields = if field.is_text() { vec![field] } else { reader.list(field)? };
    if fields.is_empty() {
        reader.problem(&place, "is empty; write for example [admin@example.com]");
    }
    let found: Vec<Option<String>> = fields.into_iter().map(|field| mailbox(reader, field)).collect();
    found.into_iter().collect()
}

fn mailbox(reader: &mut Reader<'_>, field: Field) -> Option<String> {
    let text = reader.text(field)?;
    let read = text.value.parse::<lettre::message::Mailbox>();
    let meant = || format!("{:?} is no mail address; write for example \"SSO <sso@example.com>\"", text.value);
    reader.check(&text.place, read.map(|_| text.value.clone()).map_err(|_| meant()))
}

fn auth(reader: &mut Reader<'_>, section: &mut Section) -> Result<Option<(String, SecretSource)>, ()> {
    let username = section.take("username").map(|field| reader.text(field).ok_or(())).transpose()?;
    let password = secret(reader, section, "password", "password_file");
    match (username, password) {
        (None, None) => Ok(None),
        (Some(username), Some(password)) => Ok(Some((username.value, password.value))),
        (Some(username), None) => {
            if !reader.has_problem_below(&section.below("password")) {
                reader.problem(&username.place, "needs \"password_file\" beside it");
            }
            Err(())
        }
        (None, Some(password)) => {
            reader.problem(&password.place, "needs \"username\" beside it");
            Err(())
        }
    }
}

/// Reads `url` or `url_file`: an address that holds a token. No problem repeats it.
pub(super) fn secret_url(reader: &mut Reader<'_>, section: &mut Section, allow_http: bool) -> Option<SecretSource> {
    let url = secret(reader, section, "url", "url_file");
    let Some(Marked { place, value }) = url else {
        if !reader.has_problem_below(&section.below("url")) {
            reader.problem(&section.place, "\"url\" or \"url_file\" is missing; the address to call");
        }
        return None;
    };
    if let SecretSource::Inline(secret) = &value {
        let url = reader.check(&place, address::outward(secret.expose()))?;
        refuse_plain_http(reader, &Marked { place, value: url }, allow_http);
    }
    Some(value)
}

/// Reads the root of a server.
fn web_root(reader: &mut Reader<'_>, field: Field, http: &HttpSettings) -> Option<Url> {
    let text = reader.text(field)?;
    let url = reader.check(&text.place, address::outward(&text.value))?;
    if url.query().is_some() {
        reader.problem(&text.place, "holds a query (\"?\"); write the server's root");
        return None;
    }
    refuse_plain_http(reader, &Marked { place: text.place, value: url.clone() }, http.allow_http);
    Some(url)
}

fn refuse_plain_http(reader: &mut Reader<'_>, url: &Marked<Url>, allow_http: bool) {
    if address::is_plain(&url.value) && !allow_http {
        let meant =
            "what is told would go over plain HTTP; write https://, or allow it with allow_http: true beside it";
        reader.problem(&url.place, meant);
    }
}
