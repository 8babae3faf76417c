//! Reads the list of receivers.

use std::{collections::BTreeSet, time::Duration};

use super::{PushService, Receiver, ReceiverKind, Topic, sending};
use crate::config::{
    name::check_name,
    problems::did_you_mean,
    reader::{Field, Marked, Reader, Section},
};

/// How long it must be unknown whether people can sign in before that is told.
const UNKNOWN_AFTER: Duration = Duration::from_mins(15);
/// The most messages within an hour.
const PER_HOUR: u32 = 12;
/// The kinds of receivers.
const KINDS: [&str; 9] =
    ["webhook", "ntfy", "smtp", "alertmanager", "telegram", "pushover", "gotify", "matrix", "apprise"];

/// Reads the receivers.
pub(in crate::config) fn receivers(reader: &mut Reader<'_>, field: Field) -> Vec<Receiver> {
    let fields = reader.list(field).unwrap_or_default();
    let mut found: Vec<Marked<Receiver>> = Vec::new();
    for field in fields {
        let Some(receiver) = reader.section(field, receiver).flatten() else { continue };
        match found.iter().find(|known| known.value.name == receiver.value.name) {
            Some(first) => {
                let (name, line) = (&receiver.value.name, first.place.at.line);
                reader.problem(&receiver.place, format!("{name:?} stands twice; first in line {line}"));
            }
            None => found.push(receiver),
        }
    }
    found.into_iter().map(|receiver| receiver.value).collect()
}

fn receiver(reader: &mut Reader<'_>, section: &mut Section) -> Option<Marked<Receiver>> {
    let name = section.require("name", "a name is the receiver's label, such as phone").and_then(|field| {
        let text = reader.text(field)?;
        reader.check(&text.place, check_name(&text.value))?;
        Some(text)
    });
    let send = match section.take("send") {
        Some(field) => send(reader, field),
        None => Topic::DEFAULT.into_iter().collect(),
    };
    let unknown_after = section.take("unknown_after").and_then(|field| reader.duration(field));
    let per_hour = section.take("per_hour").and_then(|field| per_hour(reader, field));
    let means = means(reader, section);
    let Marked { place, value: name } = name?;
    let value = Receiver {
        name,
        send,
        unknown_after: unknown_after.unwrap_or(UNKNOWN_AFTER),
        per_hour: per_hour.unwrap_or(PER_HOUR),
        means: means?,
    };
    Some(Marked { place, value })
}

/// Reads the one kind that a receiver is of.
fn means(reader: &mut Reader<'_>, section: &mut Section) -> Option<ReceiverKind> {
    let mut given: Vec<(&str, Field)> =
        KINDS.into_iter().filter_map(|kind| Some((kind, section.take(kind)?))).collect();
    if given.len() > 1 {
        let kinds: Vec<&str> = given.iter().map(|(kind, _)| *kind).collect();
        reader
            .problem(&section.place, format!("{} exclude each other: a receiver is of one kind", kinds.join(" and ")));
        return None;
    }
    let Some((kind, field)) = given.pop() else {
        if !section.has_other_than(&["name", "send", "unknown_after", "per_hour"]) {
            let kinds = KINDS.join(", ");
            reader.problem(&section.place, format!("says not how it is told; give one of {kinds}"));
        }
        return None;
    };
    match kind {
        "webhook" => sending::webhook(reader, field).map(ReceiverKind::Webhook),
        "ntfy" => sending::ntfy(reader, field).map(ReceiverKind::Ntfy),
        "smtp" => sending::smtp(reader, field).map(ReceiverKind::Smtp),
        "alertmanager" => sending::alertmanager(reader, field).map(ReceiverKind::Alertmanager),
        _ => {
            let service = PushService::ALL.into_iter().find(|service| service.row().word == kind)?;
            sending::push(reader, field, service).map(ReceiverKind::Push)
        }
    }
}

fn send(reader: &mut Reader<'_>, field: Field) -> BTreeSet<Topic> {
    let place = field.place.clone();
    let Some(fields) = reader.list(field) else { return BTreeSet::new() };
    if fields.is_empty() {
        reader.problem(&place, "is empty: this receiver would never be told anything");
    }
    let texts: Vec<Marked<String>> = fields.into_iter().filter_map(|field| reader.text(field)).collect();
    let mut found = BTreeSet::new();
    for Marked { place, value } in texts {
        match Topic::ALL.into_iter().find(|topic| topic.word() == value) {
            Some(topic) => {
                found.insert(topic);
            }
            None => {
                let words = || Topic::ALL.into_iter().map(Topic::word);
                let hint = match did_you_mean(&value, words()) {
                    Some(meant) => format!("did you mean {meant:?}?"),
                    None => format!("write {}", words().collect::<Vec<_>>().join(", ")),
                };
                reader.problem(&place, format!("{value:?} is not known; {hint}"));
            }
        }
    }
    found
}

fn per_hour(reader: &mut Reader<'_>, field: Field) -> Option<u32> {
    let text = reader.text(field)?;
    let count = text.value.parse().ok().filter(|count| (1..=1000).contains(count));
    reader.check(&text.place, count.ok_or_else(|| format!("{:?} is not a number from 1 to 1000", text.value)))
}
