//! Reads a configuration file: from the tree as written to the valid form.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    Config, REQUESTS_PER_MINUTE, Target,
    notify::{read, silence},
    page,
    problems::did_you_mean,
    reader::{Field, Marked, Reader, Section},
    target,
};
use crate::{
    checks,
    schedule::{SHORTEST, Schedule, Zone, duration},
};

/// What a target takes where it says nothing itself: the keys beside `targets`.
#[derive(Debug, Clone)]
pub(super) struct Defaults {
    pub rules: BTreeMap<String, Rule>,
    pub token_enabled: bool,
    pub passkey_enabled: bool,
    pub last_sign_in_enabled: bool,
    pub change_hold: Duration,
}

/// What `checks` says of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rule {
    On,
    Off,
    Warn(Duration),
}

/// The checks about dates: how long before the date they warn is a setting.
const TAKE_WARN: [&str; 3] = ["certificates_last", "client_secret_lasts", "api_keys_last"];

/// Reads the whole file. `None` where a problem was told.
pub(super) fn config(reader: &mut Reader<'_>, root: Field) -> Option<Config> {
    reader.section(root, |reader, section| {
        let mut config = Config::of_targets(Vec::new());
        if let Some(field) = section.take("schedule") {
            reader.section(field, |reader, section| schedule(reader, section, &mut config));
        }
        let built_in = Defaults {
            rules: BTreeMap::new(),
            token_enabled: false,
            passkey_enabled: false,
            last_sign_in_enabled: false,
            change_hold: HOLD,
        };
        let defaults = defaults(reader, section, &built_in);
        let zone = config.timezone.clone();
        config.receivers = section.take("notify").map(|field| read::receivers(reader, field)).unwrap_or_default();
        config.heartbeat = section.take("heartbeat").and_then(|field| silence::heartbeat(reader, field));
        config.web = section.take("web").map(|field| page::settings(reader, field)).unwrap_or_default();
        let maintenance = section.take("maintenance");
        let receivers: Vec<&str> = config.receivers.iter().map(|receiver| receiver.name.as_str()).collect();
        let hint = "a target has two addresses: targets: [{provider: {url: URL}, kasm: {url: URL}}]";
        let field = section.require("targets", hint)?;
        let place = field.place.clone();
        let fields = reader.list(field)?;
        if fields.is_empty() {
            reader.warn(&place, "no targets: nothing is watched");
        }
        let targets: Vec<_> =
            fields.into_iter().map(|field| target::target(reader, field, &defaults, &receivers)).collect();
        names_are_unique(reader, targets.iter().flatten());
        let names: Vec<&str> = targets.iter().flatten().map(|target| target.value.name.as_str()).collect();
        config.maintenance =
            maintenance.map(|field| silence::maintenance(reader, field, &zone, &names)).unwrap_or_default();
        config.targets = targets.into_iter().map(|target| Some(target?.value)).collect::<Option<_>>()?;
        Some(config)
    })?
}

/// Ten a second: no provider needs more, and a slip of the finger must not flood it.
const MOST_REQUESTS_PER_MINUTE: u32 = 600;

/// How long a change stays told.
const HOLD: Duration = Duration::from_hours(24);

/// Reads the keys that stand beside `targets` as defaults, and again in a target.
pub(super) fn defaults(reader: &mut Reader<'_>, section: &mut Section, outer: &Defaults) -> Defaults {
    let mut rules = outer.rules.clone();
    if let Some(field) = section.take("checks") {
        rules.extend(check_rules(reader, field));
    }
    let mut enabled = |key, outer| match section.take(key) {
        None => outer,
        Some(field) => {
            let read = |reader: &mut Reader<'_>, section: &mut Section| {
                section.take("enabled").and_then(|field| reader.flag(field)).unwrap_or(outer)
            };
            reader.section(field, read).unwrap_or(outer)
        }
    };
    let token_enabled = enabled("token", outer.token_enabled);
    let passkey_enabled = enabled("passkey", outer.passkey_enabled);
    let last_sign_in_enabled = enabled("last_sign_in", outer.last_sign_in_enabled);
    let change_hold = section.take("change_hold").and_then(|field| reader.duration(field));
    let change_hold = change_hold.unwrap_or(outer.change_hold);
    Defaults { rules, token_enabled, passkey_enabled, last_sign_in_enabled, change_hold }
}

impl Defaults {
    /// The ids of the checks that are off, and the warning times of the others.
    pub(super) fn split(self) -> (BTreeSet<String>, BTreeMap<String, Duration>) {
        let (mut off, mut warn) = (BTreeSet::new(), BTreeMap::new());
        for (id, rule) in self.rules {
            match rule {
                Rule::Off => {
                    off.insert(id);
                }
                Rule::Warn(before) => {
                    warn.insert(id, before);
                }
                Rule::On => {}
            }
        }
        (off, warn)
    }
}

fn check_rules(reader: &mut Reader<'_>, field: Field) -> Vec<(String, Rule)> {
    let mut found = Vec::new();
    for (id, field) in reader.named(field) {
        if checks::find(&id.value).is_none() {
            let meant = did_you_mean(&id.value, checks::all().map(|(_, check)| check.id));
            let hint = meant.map_or_else(
                || "`ssowatch explain` lists the checks".to_owned(),
                |meant| format!("did you mean \"{meant}\"?"),
            );
            reader.problem(&id.place, format!("unknown check; {hint}"));
        } else if let Some(rule) = check_rule(reader, &id.value, field) {
            found.push((id.value, rule));
        }
    }
    found
}

fn check_rule(reader: &mut Reader<'_>, id: &str, field: Field) -> Option<Rule> {
    if field.is_text() {
        let text = reader.text(field)?;
        return match text.value.to_ascii_lowercase().as_str() {
            "off" | "false" => Some(Rule::Off),
            "on" | "true" => Some(Rule::On),
            _ => {
                reader.problem(&text.place, format!("{:?} is not known; write off, on, or {{warn: 14d}}", text.value));
                None
            }
        };
    }
    reader.section(field, |reader, section| {
        let field = section.require("warn", "write off, on, or {warn: 14d}")?;
        if !TAKE_WARN.contains(&id) {
            let takers = TAKE_WARN.join(", ");
            reader.problem(&field.place, format!("this check has no warning time; {takers} have one"));
            return None;
        }
        reader.duration(field).map(Rule::Warn)
    })?
}

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
