//! Reads a configuration file: from the tree as written to the valid form.

use std::{collections::BTreeMap, time::Duration};

use super::{
    Config, REQUESTS_PER_MINUTE, Target, canary,
    defaults::{Defaults, defaults},
    notify::{read, silence},
    page,
    reader::{Field, Marked, Reader, Section},
    target,
};
use crate::schedule::{SHORTEST, Schedule, Zone, duration};

/// Reads the whole file. `None` where a problem was told.
pub(super) fn config(reader: &mut Reader<'_>, root: Field) -> Option<Config> {
    reader.section(root, |reader, section| {
        let mut config = Config::of_targets(Vec::new());
        if let Some(field) = section.take("schedule") {
            reader.section(field, |reader, section| schedule(reader, section, &mut config));
        }
        let defaults = defaults(reader, section, &Defaults::built_in());
        let zone = config.timezone.clone();
        config.receivers = section.take("notify").map(|field| read::receivers(reader, field)).unwrap_or_default();
        config.heartbeat = section.take("heartbeat").and_then(|field| silence::heartbeat(reader, field));
        config.web = section.take("web").map(|field| page::settings(reader, field)).unwrap_or_default();
        let maintenance = section.take("maintenance");
        let signs_in = section.take("canary");
        let receivers: Vec<&str> = config.receivers.iter().map(|receiver| receiver.name.as_str()).collect();
        let providers = section.take("providers").map(|field| target::providers(reader, field)).unwrap_or_default();
        let hint = "a target has two addresses: targets: [{provider: {url: URL}, kasm: {url: URL}}]";
        let field = section.require("targets", hint)?;
        let place = field.place.clone();
        let fields = reader.list(field)?;
        if fields.is_empty() {
            reader.warn(&place, "no targets: nothing is watched");
        }
        let targets: Vec<_> =
            fields.into_iter().map(|field| target::target(reader, field, &defaults, &receivers, &providers)).collect();
        names_are_unique(reader, targets.iter().flatten());
        let names: Vec<&str> = targets.iter().flatten().map(|target| target.value.name.as_str()).collect();
        config.maintenance =
            maintenance.map(|field| silence::maintenance(reader, field, &zone, &names)).unwrap_or_default();
        let targets: Vec<Marked<Target>> = targets.into_iter().collect::<Option<_>>()?;
        config.canary = signs_in.and_then(|field| canary::canary(reader, field, &targets));
        config.targets = targets.into_iter().map(|target| target.value).collect();
        Some(config)
    })?
}

/// Ten a second: no provider needs more, and a slip of the finger must not flood it.
const MOST_REQUESTS_PER_MINUTE: u32 = 600;

fn schedule(reader: &mut Reader<'_>, section: &mut Section, config: &mut Config) {
    if let Some(zone) = section.take("timezone").and_then(|field| timezone(reader, field)) {
        config.timezone = zone;
    }
    if let Some(field) = section.take("round") {
        match reader.text(field) {
            Some(text) if text.value.trim() == "off" => config.rounds_off = true,
            Some(text) => config.round = when(reader, &text, &config.timezone).unwrap_or_else(|| config.round.clone()),
            None => {}
        }
    }
    if let Some(field) = section.take("pulse") {
        match reader.text(field) {
            Some(text) if text.value.trim() == "off" => config.pulse = None,
            Some(text) => config.pulse = period(reader, &text).or(config.pulse),
            None => {}
        }
    }
    if let Some(field) = section.take("token") {
        let text = reader.text(field);
        let token = text.and_then(|text| when(reader, &text, &config.timezone));
        config.token = token.unwrap_or_else(|| config.token.clone());
    }
    if let Some(field) = section.take("settings") {
        config.settings_every = settings(reader, field).unwrap_or(config.settings_every);
    }
    if let Some(field) = section.take("requests_per_minute") {
        config.requests_per_minute = requests_per_minute(reader, field).unwrap_or(config.requests_per_minute);
    }
}

fn when(reader: &mut Reader<'_>, text: &Marked<String>, timezone: &Zone) -> Option<Schedule> {
    reader.check(&text.place, Schedule::parse(&text.value, timezone))
}

/// Settings sources are spread over the rounds between, so they have a period and no times of day.
fn settings(reader: &mut Reader<'_>, field: Field) -> Option<Duration> {
    let text = reader.text(field)?;
    period(reader, &text)
}

/// A time between two of the same, without times of day.
fn period(reader: &mut Reader<'_>, text: &Marked<String>) -> Option<Duration> {
    let period = text.value.trim().strip_prefix("every ").unwrap_or(&text.value).trim();
    let result = duration::parse(period)
        .map_err(|_| format!("{:?} is not a period; write for example \"every 5m\" (no crontab here)", text.value))
        .and_then(|period| {
            if period < SHORTEST { Err("is too often; the shortest is every 10s".to_owned()) } else { Ok(period) }
        });
    reader.check(&text.place, result)
}

/// Fewer than the default would leave settings unasked.
fn requests_per_minute(reader: &mut Reader<'_>, field: Field) -> Option<u32> {
    let text = reader.text(field)?;
    let range = REQUESTS_PER_MINUTE..=MOST_REQUESTS_PER_MINUTE;
    let number = text.value.trim().parse().ok().filter(|number| range.contains(number));
    let wrong = || format!("{:?} is not a number from {} to {}", text.value, range.start(), range.end());
    reader.check(&text.place, number.ok_or_else(wrong))
}

fn timezone(reader: &mut Reader<'_>, field: Field) -> Option<Zone> {
    let text = reader.text(field)?;
    reader.check(&text.place, Zone::named(&text.value))
}

fn names_are_unique<'a>(reader: &mut Reader<'_>, targets: impl Iterator<Item = &'a Marked<Target>>) {
    let mut first_lines: BTreeMap<&str, u64> = BTreeMap::new();
    for Marked { place, value } in targets {
        match first_lines.get(value.name.as_str()) {
            Some(first) => {
                reader.problem(place, format!("{:?} stands twice; first in line {first}", value.name));
            }
            None => {
                first_lines.insert(&value.name, place.at.line);
            }
        }
    }
}
