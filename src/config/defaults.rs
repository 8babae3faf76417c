//! Reads the keys that may stand beside `targets` as defaults, and again in each target.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    problems::did_you_mean,
    reader::{Field, Reader, Section},
};
use crate::checks;

/// How long a change stays told.
const HOLD: Duration = Duration::from_hours(24);

/// What a target takes where it says nothing itself: the keys beside `targets`.
#[derive(Debug, Clone)]
pub(super) struct Defaults {
    rules: BTreeMap<String, Rule>,
    pub token_enabled: bool,
    pub passkey_enabled: bool,
    pub last_sign_in_enabled: bool,
    pub change_hold: Duration,
}

/// What `checks` says of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Rule {
    On,
    Off,
    Warn(Duration),
}

/// The checks about dates: how long before the date they warn is a setting.
const TAKE_WARN: [&str; 4] = ["certificates_last", "client_secret_lasts", "client_secrets_last", "api_keys_last"];

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
    /// What holds where the file says nothing.
    pub(super) fn built_in() -> Self {
        Self {
            rules: BTreeMap::new(),
            token_enabled: false,
            passkey_enabled: false,
            last_sign_in_enabled: false,
            change_hold: HOLD,
        }
    }

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
