//! The receivers, the heartbeat and the windows as they are shown: every secret masked.

use super::{Alertmanager, Heartbeat, Maintenance, Ntfy, Push, Receiver, ReceiverKind, Smtp, Webhook};
use crate::{
    config::shown::{MASK, Shown, connection, secret, text, without_slash, written},
    schedule::duration,
};

pub(in crate::config) fn receivers(receivers: &[Receiver]) -> Option<Shown> {
    (!receivers.is_empty()).then(|| Shown::List(receivers.iter().map(receiver).collect()))
}

fn receiver(receiver: &Receiver) -> Shown {
    let Receiver { name, send, unknown_after, per_hour, means } = receiver;
    Shown::map([
        ("name", Some(text(name))),
        (means.word(), Some(Shown::Map(self::means(means)))),
        ("send", Some(Shown::List(send.iter().map(|topic| text(topic.word())).collect()))),
        ("unknown_after", Some(text(duration::short(*unknown_after)))),
        ("per_hour", Some(text(per_hour.to_string()))),
    ])
}

fn means(means: &ReceiverKind) -> Vec<(String, Shown)> {
    match means {
        ReceiverKind::Webhook(Webhook { url, body, http }) => {
            let mut entries: Vec<_> = secret("url", Some(url)).into_iter().collect();
            entries.extend(body.as_ref().map(|_| ("body".to_owned(), text(MASK))));
            entries.extend(connection(http));
            entries
        }
        ReceiverKind::Ntfy(Ntfy { url, topic, token, tags, http }) => {
            let mut entries = Shown::entries([("url", Some(text(without_slash(url))))]);
            entries.extend(secret("topic", Some(topic)));
            entries.extend(secret("token", token.as_ref()));
            entries.extend((!tags.is_empty()).then(|| ("tags".to_owned(), list(tags))));
            entries.extend(connection(http));
            entries
        }
        ReceiverKind::Smtp(smtp) => self::smtp(smtp),
        ReceiverKind::Push(Push { service, url, token, to, http }) => {
            let row = service.row();
            let is_own = row.url.is_none_or(|known| known != without_slash(url));
            let mut entries = Shown::entries([("url", is_own.then(|| text(without_slash(url))))]);
            entries.extend(secret(row.token[0], Some(token)));
            if let Some((keys, _)) = row.to {
                entries.extend(secret(keys[0], to.as_ref()));
            }
            entries.extend(connection(http));
            entries
        }
        ReceiverKind::Alertmanager(Alertmanager { urls, http }) => {
            let urls = urls.iter().map(|url| text(without_slash(url))).collect();
            let mut entries = Shown::entries([("urls", Some(Shown::List(urls)))]);
            entries.extend(connection(http));
            entries
        }
    }
}

fn smtp(smtp: &Smtp) -> Vec<(String, Shown)> {
    let Smtp { host, port, tls, ca_file, auth, from, to } = smtp;
    let mut entries = Shown::entries([
        ("host", Some(text(host))),
        ("port", Some(text(port.to_string()))),
        ("tls", Some(text(tls.word()))),
        ("ca_file", ca_file.as_ref().map(|path| text(path.display().to_string()))),
        ("from", Some(text(from))),
        ("to", Some(list(to))),
        ("username", auth.as_ref().map(|(username, _)| text(username))),
    ]);
    entries.extend(secret("password", auth.as_ref().map(|(_, password)| password)));
    entries
}

pub(in crate::config) fn heartbeat(heartbeat: &Heartbeat) -> Shown {
    let Heartbeat { url, every, http } = heartbeat;
    let mut entries: Vec<_> = secret("url", Some(url)).into_iter().collect();
    entries.push(("every".to_owned(), text(duration::short(*every))));
    entries.extend(connection(http));
    Shown::Map(entries)
}

pub(in crate::config) fn maintenance(windows: &[Maintenance]) -> Option<Shown> {
    (!windows.is_empty()).then(|| Shown::List(windows.iter().map(window).collect()))
}

fn window(window: &Maintenance) -> Shown {
    let Maintenance { schedule, duration, targets, reason } = window;
    Shown::map([
        ("schedule", Some(text(written(schedule)))),
        ("duration", Some(text(duration::short(*duration)))),
        ("targets", targets.as_ref().map(list)),
        ("reason", reason.as_ref().map(text)),
    ])
}

pub(in crate::config) fn list<'a>(items: impl IntoIterator<Item = &'a String>) -> Shown {
    Shown::List(items.into_iter().map(text).collect())
}
