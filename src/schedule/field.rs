//! One field of a crontab line: `*`, numbers, names, ranges, steps and lists of them, by the rules of crontab(5).

use std::collections::BTreeSet;

/// What one field may hold.
#[derive(Debug)]
pub(super) struct Kind {
    /// For messages.
    name: &'static str,
    first: u32,
    last: u32,
    /// Names of the values from `first` on, in lower case.
    names: &'static [&'static str],
    /// The same for people; empty where the number says enough.
    words: &'static [&'static str],
}

pub(super) const MINUTE: Kind = Kind { name: "minute", first: 0, last: 59, names: &[], words: &[] };
pub(super) const HOUR: Kind = Kind { name: "hour", first: 0, last: 23, names: &[], words: &[] };
pub(super) const DAY_OF_MONTH: Kind = Kind { name: "day", first: 1, last: 31, names: &[], words: &[] };
pub(super) const MONTH: Kind = Kind {
    name: "month",
    first: 1,
    last: 12,
    names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    words: &[
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
};
/// Sunday is 0 and 7.
pub(super) const DAY_OF_WEEK: Kind = Kind {
    name: "weekday",
    first: 0,
    last: 7,
    names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun"],
    words: &["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
};

/// A field that has been read.
#[derive(Debug)]
pub(super) struct Field {
    kind: &'static Kind,
    values: BTreeSet<u32>,
    /// Whether it begins with `*`: cron(8) takes such a day field as not restricted, even `*/2`.
    pub is_star: bool,
    /// The step of `*/n`; 1 for `*`.
    step: Option<u32>,
}

impl Field {
    pub(super) fn parse(kind: &'static Kind, text: &str) -> Result<Self, String> {
        let mut values = BTreeSet::new();
        for part in text.split(',') {
            values.extend(part_values(kind, part)?);
        }
        if kind.last == 7 && values.remove(&7) {
            values.insert(0);
        }
        let step = text.strip_prefix('*').and_then(|step| match step {
            "" => Some(1),
            _ => step.strip_prefix('/').and_then(|step| step.parse().ok()),
        });
        Ok(Self { kind, values, is_star: text.starts_with('*'), step })
    }

    /// The values as the `cron` crate reads them.
    pub(super) fn list(&self) -> String {
        if self.is_all() {
            return "*".to_owned();
        }
        joined(self.values.iter().map(u32::to_string), ",")
    }

    /// Weekdays by name, since the crate counts Sunday as 1.
    pub(super) fn names(&self) -> String {
        if self.is_all() {
            return "*".to_owned();
        }
        joined(
            self.values.iter().filter_map(|value| self.kind.names.get(*value as usize)).map(ToString::to_string),
            ",",
        )
    }

    /// Whether every value is meant.
    pub(super) fn is_all(&self) -> bool {
        let count = if self.kind.last == 7 { 7 } else { self.kind.last - self.kind.first + 1 };
        self.values.len() == count as usize
    }

    /// The only value.
    pub(super) fn single(&self) -> Option<u32> {
        self.values.first().copied().filter(|_| self.values.len() == 1)
    }

    /// The step of `*/n`, where it divides the whole evenly; 1 for `*`.
    pub(super) fn step(&self) -> Option<u32> {
        self.step.filter(|step| (self.kind.last + 1).is_multiple_of(*step))
    }

    /// In words: `minute 0`, `hours 8, 9 and 10`, `Monday and Friday`.
    pub(super) fn in_words(&self) -> String {
        let word = |value: &u32| {
            let index = (value - self.kind.first) as usize;
            self.kind.words.get(index).map_or_else(|| value.to_string(), ToString::to_string)
        };
        let Kind { name, words, .. } = self.kind;
        let plural = if self.values.len() == 1 { "" } else { "s" };
        let label = if words.is_empty() { format!("{name}{plural} ") } else { String::new() };
        if let (Some(first), Some(last)) = (self.values.first(), self.values.last())
            && self.values.len() > 2
            && (last - first) as usize == self.values.len() - 1
        {
            return format!("{label}{} to {}", word(first), word(last));
        }
        let mut values: Vec<String> = self.values.iter().map(word).collect();
        match values.pop() {
            Some(last) if !values.is_empty() => format!("{label}{} and {last}", values.join(", ")),
            last => format!("{label}{}", last.unwrap_or_default()),
        }
    }
}

/// The values of one part of a list: `*`, `5`, `mon`, `1-5`, each but a single value with a step behind it.
fn part_values(kind: &'static Kind, part: &str) -> Result<Vec<u32>, String> {
    let Kind { name, first, last, .. } = *kind;
    let (range, step) = match part.split_once('/') {
        Some((range, step)) => (range, Some(step)),
        None => (part, None),
    };
    let (from, to) = if range == "*" {
        // A star over weekdays means seven days: without this, `*/7` would be Sunday twice.
        (first, if last == 7 { 6 } else { last })
    } else if let Some((from, to)) = range.split_once('-') {
        let (from, mut to) = (value(kind, from)?, value(kind, to)?);
        // `sat-sun`: the Sunday that ends a range is the seventh day.
        if last == 7 && to == 0 && from > 0 {
            to = 7;
        }
        if from > to {
            return Err(format!(
                "{name} {part:?}: a range goes up; write \"{from}-{last},{first}-{to}\" for both ends"
            ));
        }
        (from, to)
    } else {
        let only = value(kind, range)?;
        if let Some(step) = step {
            return Err(format!("{name} {part:?}: a step follows a range; did you mean \"{only}-{last}/{step}\"?"));
        }
        (only, only)
    };
    let step = match step {
        None => 1,
        Some(step) => match step.parse::<u32>() {
            Ok(step) if step >= 1 && step <= last => step,
            _ => return Err(format!("{name} {part:?}: a step is a number from 1 to {last}")),
        },
    };
    Ok((from..=to).step_by(step as usize).collect())
}

fn value(kind: &'static Kind, text: &str) -> Result<u32, String> {
    let Kind { name, first, last, names, .. } = *kind;
    let lower = text.to_ascii_lowercase();
    if let Some(index) = names.iter().position(|name| *name == lower) {
        return Ok(first + u32::try_from(index).unwrap_or(0));
    }
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<u32>() {
        Ok(value) if is_number && (first..=last).contains(&value) => Ok(value),
        _ if names.is_empty() => Err(format!("{name} {text:?} is not a number from {first} to {last}")),
        _ => Err(format!("{name} {text:?} is not a number from {first} to {last}, nor a name such as {}", names[1])),
    }
}

fn joined(items: impl Iterator<Item = String>, separator: &str) -> String {
    items.collect::<Vec<_>>().join(separator)
}
