//! The words of a message: its title, its text, and the values of a webhook's placeholders. Pure.

use chrono::SecondsFormat;

use super::message::{Item, Message, Phase};
use crate::{
    clock::Time,
    config::{Placeholder, Topic},
    model::Login,
};

/// How many targets a paragraph lists, and how many of their pages it links to: some receivers take short texts only.
const LISTED: usize = 20;
const LINKED: usize = 3;

/// Where pages are, for links: `--web.external-url`, where it is given.
pub type Site<'a> = Option<&'a str>;

/// What a message says in one line. Never a line break, whatever a target is called.
#[must_use]
pub fn title(message: &Message) -> String {
    let targets = message.targets();
    let says = match &message.items[..] {
        [] => return "ssowatch: a test message".to_owned(),
        items if items.iter().all(|item| headline(item) == headline(&items[0])) => headline(&items[0]),
        items => counted(items),
    };
    let whom = match &targets[..] {
        [only] => (*only).to_owned(),
        [one, two] => format!("{one} and {two}"),
        many => format!("{} targets", many.len()),
    };
    // What a server says may hold anything.
    format!("{whom}: {says}").replace(char::is_control, " ")
}

/// What happened, as a sentence about its target.
fn headline(item: &Item) -> String {
    let login = item.now.as_ref().map(|now| now.login);
    let check = || if item.notice.short.is_empty() { &item.notice.check } else { &item.notice.short };
    match (item.matter.topic, item.phase) {
        (Topic::Broken, Phase::Begun | Phase::Lasts) => "people cannot sign in".to_owned(),
        (Topic::Broken, Phase::Passed { .. }) => "people could not sign in for a while, and can again".to_owned(),
        (Topic::Unknown, Phase::Begun | Phase::Lasts) => "cannot tell whether people can sign in".to_owned(),
        (Topic::Unknown, Phase::Passed { .. }) => {
            "for a while it could not be told whether people can sign in".to_owned()
        }
        (Topic::Broken | Topic::Unknown, Phase::Ended { .. }) => match login {
            Some(Login::Broken) => "it can be told again: people cannot sign in".to_owned(),
            Some(Login::Degraded) => "people can sign in again, but not all, or only partly".to_owned(),
            _ => "people can sign in again".to_owned(),
        },
        (Topic::Degraded, Phase::Begun | Phase::Lasts) => "some people cannot sign in, or only partly".to_owned(),
        (Topic::Degraded, Phase::Ended { .. }) => "sign-in works in full again".to_owned(),
        (Topic::Degraded, Phase::Passed { .. }) => "for a while some people could not sign in".to_owned(),
        (Topic::Risk, Phase::Begun | Phase::Lasts) => format!("at risk: {}", check()),
        (Topic::Risk, Phase::Ended { .. }) => format!("no longer at risk: {}", check()),
        (Topic::Risk, Phase::Passed { .. }) => format!("was at risk for a while: {}", check()),
    }
}

/// `2 broken, 1 fixed`.
fn counted(items: &[Item]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for item in items {
        match counts.iter_mut().find(|(word, _)| *word == what_happened(item)) {
            Some((_, count)) => *count += 1,
            None => counts.push((what_happened(item), 1)),
        }
    }
    counts.iter().map(|(word, count)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}

/// What a message tells of, in a word: the gravest of what lasts.
#[must_use]
pub fn event(message: &Message) -> &'static str {
    match message.gravest() {
        Some(topic) => topic.word(),
        None if message.items.is_empty() => "test",
        None => "fixed",
    }
}

/// What happened, in a word.
fn what_happened(item: &Item) -> &'static str {
    if item.phase.until().is_some() { "fixed" } else { item.matter.topic.word() }
}

/// The whole message as plain text, without a line break at its end.
#[must_use]
pub fn text(message: &Message, site: Site<'_>) -> String {
    if message.items.is_empty() {
        return "This is a test of ssowatch: messages about sign-in arrive here. Nothing is broken.".to_owned();
    }
    let mut parts: Vec<String> = Vec::new();
    let mut told: Vec<&Item> = Vec::new();
    for item in &message.items {
        if told.iter().any(|known| says_the_same(known, item)) {
            continue;
        }
        told.push(item);
        let same: Vec<&Item> = message.items.iter().filter(|other| says_the_same(item, other)).collect();
        parts.push(paragraph(&same, site));
    }
    if let Some(until) = message.held_until {
        parts.push(format!(
            "The limit of messages within an hour is reached: the next one comes after {}.",
            minute(until)
        ));
    }
    parts.join("\n\n")
}

/// Whether one paragraph tells of both: as when one provider breaks several targets.
fn says_the_same(one: &Item, other: &Item) -> bool {
    headline(one) == headline(other)
        && one.notice == other.notice
        && one.phase.until().is_some() == other.phase.until().is_some()
}

fn paragraph(items: &[&Item], site: Site<'_>) -> String {
    let Some(first) = items.first() else { return String::new() };
    let mut lines = Vec::new();
    for item in items.iter().take(LISTED) {
        let lasted = match item.phase.until() {
            None => format!("since {}", minute(item.since)),
            Some(until) => format!("from {} to {}", minute(item.since), minute(until)),
        };
        lines.push(format!("{}: {} ({lasted})", item.target, headline(item)));
    }
    if items.len() > LISTED {
        lines.push(format!("and {} more", items.len() - LISTED));
    }
    match first.phase.until() {
        None => lines.extend(why(first)),
        Some(_) => lines.extend(what_it_was(first)),
    }
    if items.len() > LINKED {
        lines.extend(site.map(|site| format!("{}/", site.trim_end_matches('/'))));
    } else {
        lines.extend(items.iter().filter_map(|item| page(&item.target, site)));
    }
    lines.join("\n")
}

/// What is so, and what to change.
fn why(item: &Item) -> Vec<String> {
    let notice = &item.notice;
    let mut lines = Vec::new();
    if !notice.check.is_empty() {
        lines.push(format!("Cause: {}", notice.check));
    }
    lines.extend((!notice.what.is_empty()).then(|| notice.what.clone()));
    lines.extend((!notice.fix.is_empty()).then(|| format!("Fix: {}", notice.fix)));
    lines
}

/// What turned out to be the cause, and what is left.
fn what_it_was(item: &Item) -> Vec<String> {
    let mut lines = Vec::new();
    if !item.notice.check.is_empty() {
        lines.push(format!("It was: {} ({})", item.notice.short, item.notice.check));
    }
    if let Some(now) = item.now.as_ref().filter(|now| now.login == Login::Degraded) {
        lines.push(format!("What is left: {} ({})", now.short, now.check));
    }
    lines
}

/// The page of a target.
#[must_use]
pub fn page(target: &str, site: Site<'_>) -> Option<String> {
    let mut url = url::Url::parse(site?).ok()?;
    url.path_segments_mut().ok()?.pop_if_empty().extend(["targets", target]);
    Some(url.into())
}

/// The page that shows what a message is about: the target's, or the list of targets.
#[must_use]
pub fn link(message: &Message, site: Site<'_>) -> Option<String> {
    match &message.targets()[..] {
        [only] => page(only, site),
        _ => site.map(|site| format!("{}/", site.trim_end_matches('/'))),
    }
}

/// The value of a placeholder. What differs between the items of a message is joined.
#[must_use]
pub fn value(placeholder: Placeholder, message: &Message, site: Site<'_>) -> String {
    let items = &message.items;
    let joined = |of: &dyn Fn(&Item) -> String, between: &str| {
        let mut found: Vec<String> = items.iter().map(of).filter(|text| !text.is_empty()).collect();
        found.dedup();
        found.join(between)
    };
    match placeholder {
        Placeholder::Target => message.targets().join(", "),
        Placeholder::Event => event(message).to_owned(),
        Placeholder::Resolved => message.is_resolved().to_string(),
        Placeholder::Login => {
            joined(&|item| item.now.as_ref().map_or("unknown", |now| now.login.word()).to_owned(), ", ")
        }
        Placeholder::Title => title(message),
        Placeholder::Text => text(message, site),
        Placeholder::Cause => joined(&|item| item.notice.check.clone(), ", "),
        Placeholder::What => joined(&|item| item.notice.what.clone(), "\n"),
        Placeholder::Fix => joined(&|item| item.notice.fix.clone(), "\n"),
        Placeholder::Since => items.iter().map(|item| item.since).min().map(rfc3339).unwrap_or_default(),
        Placeholder::Until if message.is_resolved() => {
            items.iter().filter_map(|item| item.phase.until()).max().map(rfc3339).unwrap_or_default()
        }
        Placeholder::Until => String::new(),
        Placeholder::Url => link(message, site).unwrap_or_default(),
        Placeholder::Count => message.targets().len().to_string(),
    }
}

/// A time for people.
fn minute(at: Time) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// A time for programs.
#[must_use]
pub fn rfc3339(at: Time) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
