//! Reads the heartbeat and the maintenance windows.

use std::{collections::BTreeSet, time::Duration};

use super::{Heartbeat, Maintenance, sending};
use crate::{
    config::{
        http,
        problems::did_you_mean,
        reader::{Field, Marked, Reader, Section},
    },
    schedule::{SHORTEST, Schedule, Zone, duration},
};

/// How often the heartbeat's address is called where the config says nothing.
const BEAT: Duration = Duration::from_mins(1);
/// The longest window: what lasts longer is better left out of the config.
const LONGEST_WINDOW: Duration = Duration::from_hours(24 * 7);

/// Reads the heartbeat.
pub(in crate::config) fn heartbeat(reader: &mut Reader<'_>, field: Field) -> Option<Heartbeat> {
    reader.section(field, |reader, section| {
        let every = section.take("every").and_then(|field| every(reader, field)).unwrap_or(BEAT);
        let http = http::settings(reader, section);
        let url = sending::secret_url(reader, section, http.allow_http)?;
        Some(Heartbeat { url, every, http })
    })?
}

fn every(reader: &mut Reader<'_>, field: Field) -> Option<Duration> {
    let text = reader.text(field)?;
    let period = text.value.trim().strip_prefix("every ").unwrap_or(&text.value).trim().to_owned();
    let result = duration::parse(&period).and_then(|period| {
        if period < SHORTEST { Err("is too often; the shortest is 10s".to_owned()) } else { Ok(period) }
    });
    reader.check(&text.place, result)
}

/// Reads the maintenance windows; `targets` are the names that there are.
pub(in crate::config) fn maintenance(
    reader: &mut Reader<'_>,
    field: Field,
    zone: &Zone,
    targets: &[&str],
) -> Vec<Maintenance> {
    let windows = reader.list(field).unwrap_or_default();
    windows
        .into_iter()
        .filter_map(|field| reader.section(field, |reader, section| window(reader, section, zone, targets))?)
        .collect()
}

fn window(reader: &mut Reader<'_>, section: &mut Section, zone: &Zone, targets: &[&str]) -> Option<Maintenance> {
    let hint = "a window is {schedule: \"0 3 * * 0\", duration: 2h}";
    let schedule = section.require("schedule", hint).and_then(|field| begins(reader, field, zone));
    let lasts = section.require("duration", hint).and_then(|field| lasts(reader, field));
    let targets = section.take("targets").map(|field| names(reader, field, targets, "target"));
    let reason = section.take("reason").and_then(|field| reader.text(field)).map(|text| text.value);
    Some(Maintenance { schedule: schedule?, duration: lasts?, targets, reason })
}

fn begins(reader: &mut Reader<'_>, field: Field, zone: &Zone) -> Option<Schedule> {
    let text = reader.text(field)?;
    match reader.check(&text.place, Schedule::parse(&text.value, zone))? {
        Schedule::Every(_) => {
            let says = "a window begins at a time of day; write a crontab line such as \"0 3 * * 0\", or @daily";
            reader.problem(&text.place, says);
            None
        }
        crontab @ Schedule::Crontab(_) => Some(crontab),
    }
}

fn lasts(reader: &mut Reader<'_>, field: Field) -> Option<Duration> {
    let place = field.place.clone();
    let lasts = reader.duration(field)?;
    if lasts > LONGEST_WINDOW {
        reader.problem(&place, "is too long; the longest window is 7d");
        return None;
    }
    Some(lasts)
}

/// Reads a list of names of things that there are.
pub(in crate::config) fn names(reader: &mut Reader<'_>, field: Field, known: &[&str], what: &str) -> BTreeSet<String> {
    let fields = reader.list(field).unwrap_or_default();
    let texts: Vec<Marked<String>> = fields.into_iter().filter_map(|field| reader.text(field)).collect();
    let mut found = BTreeSet::new();
    for Marked { place, value } in texts {
        if known.contains(&value.as_str()) {
            found.insert(value);
            continue;
        }
        let hint = match did_you_mean(&value, known.iter().copied()) {
            Some(meant) => format!("did you mean {meant:?}?"),
            None if known.is_empty() => format!("there is no {what}"),
            None => format!("known here: {}", known.join(", ")),
        };
        reader.problem(&place, format!("there is no {what} {value:?}; {hint}"));
    }
    found
}
