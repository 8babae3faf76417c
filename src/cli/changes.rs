//! `ssowatch changes`: the journal that a daemon keeps.

use std::{path::PathBuf, process::ExitCode};

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use super::terminal::Color;
use crate::{
    clock::{Clock, Time, span},
    journal::{Event, Journal, Query, What},
    model::{self, Change, Login},
    render::{
        self,
        changes::{self, SinceGood},
    },
    schedule::duration,
};

/// Arguments of this command.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only this target
    target: Option<String>,
    /// The folder in which a daemon keeps its journal (serve --storage.path); it may run
    #[arg(long = "storage.path", env = "SSOWATCH_STORAGE_PATH", value_name = "FOLDER")]
    path: Option<PathBuf>,
    /// Not before: 2026-11-24, 2026-11-24T06:00:00Z, or how long ago: 2d
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// What is otherwise since sign-in last worked
    #[arg(long = "since-good", conflicts_with = "since")]
    since_good: bool,
    /// At most so many events, the newest
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    /// The form
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    output: Output,
    /// When to use colour
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,
}

/// The form of what is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> ExitCode {
    match told(args) {
        Ok(text) => {
            super::print(&text);
            ExitCode::SUCCESS
        }
        Err(problem) => super::complain(&problem),
    }
}

fn told(args: &Args) -> Result<String, String> {
    let since = args.since.as_deref().map(|text| time(text, Clock::System.now())).transpose()?;
    let folder = args.path.as_deref().ok_or(
        "where is the journal? Name the folder that the daemon keeps it in with --storage.path FOLDER; a daemon that runs \
         without it keeps none on disk",
    )?;
    let journal = Journal::read(folder).map_err(|error| error.to_string())?;
    let known = journal.targets();
    if let Some(target) = args.target.as_ref().filter(|target| !known.contains(target)) {
        return Err(unknown(target, &known));
    }
    let query = Query { target: args.target.clone(), since, before: None, limit: args.limit };
    let text = if args.since_good {
        let wanted = known.into_iter().filter(|name| args.target.as_ref().is_none_or(|target| target == name));
        let targets: Vec<SinceGood> = wanted.map(|name| since_good(&journal, name, args.limit)).collect();
        match args.output {
            Output::Text => Ok(changes::since_good(&targets, args.color.style())),
            Output::Json => changes::since_good_json(&targets),
        }
    } else {
        let events = journal.events(&query);
        match args.output {
            Output::Text => Ok(changes::events(&events, args.color.style())),
            Output::Json => changes::events_json(&events),
        }
    };
    text.map_err(|error| error.to_string())
}

fn unknown(target: &str, known: &[String]) -> String {
    match &render::similar(target, known.iter().map(String::as_str))[..] {
        [] => format!("nothing is recorded of a target \"{target}\"; the journal knows {}", known.join(", ")),
        names => format!("nothing is recorded of a target \"{target}\"; did you mean {}?", names.join(" or ")),
    }
}

/// What is otherwise at a target since sign-in last worked: its values then against those now, and what happened since.
fn since_good(journal: &Journal, name: String, limit: usize) -> SinceGood {
    let good = journal.last_good(&name);
    let state = journal.state(&name);
    let at = good.as_ref().map(|good| good.at);
    let query = Query { target: Some(name.clone()), since: at, before: None, limit };
    let (seen, events) = journal
        .events(&query)
        .into_iter()
        .filter(|event| at.is_none_or(|good| event.at > good))
        .partition::<Vec<Event>, _>(|event| at.is_some() && matches!(event.what, What::Change { .. }));
    let mut changes = match (&good, &state) {
        (Some(good), Some(state)) => model::differences(&good.known, &state.snapshot.known),
        _ => Vec::new(),
    };
    // The time at which it was first seen says more than that of the last look.
    for event in seen.into_iter().rev() {
        let What::Change { change, .. } = event.what else { continue };
        match changes.iter_mut().find(|known| is_same(known, &change)) {
            Some(known) => known.at = known.at.min(change.at),
            None => changes.push(change),
        }
    }
    changes.sort_by_key(|change| change.at);
    let works = state.is_some_and(|state| matches!(state.report.login, Login::Ok | Login::Degraded));
    SinceGood { name, last_good: at, works, changes, events }
}

fn is_same(one: &Change, other: &Change) -> bool {
    (one.subject, &one.field) == (other.subject, &other.field)
}

/// A time as RFC 3339, as a date, or as how long ago.
fn time(text: &str, now: Time) -> Result<Time, String> {
    let moment = || DateTime::parse_from_rfc3339(text).ok().map(|time| time.with_timezone(&Utc));
    let date = || text.parse::<NaiveDate>().ok().map(|date| date.and_time(NaiveTime::MIN).and_utc());
    let ago = || duration::parse(text).ok().and_then(|ago| now.checked_sub_signed(span(ago)));
    moment().or_else(date).or_else(ago).ok_or_else(|| {
        format!("--since {text}: no time; write 2026-11-24, 2026-11-24T06:00:00Z, or how long ago, for example 2d")
    })
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;

    use super::*;

    #[test]
    fn a_time_is_a_moment_a_date_or_how_long_ago() {
        let now = Utc.with_ymd_and_hms(2026, 11, 24, 6, 0, 0).unwrap();
        for (text, expected) in [
            ("2026-11-24T05:00:00Z", "2026-11-24T05:00:00+00:00"),
            ("2026-11-24T07:00:00+02:00", "2026-11-24T05:00:00+00:00"),
            ("2026-11-23", "2026-11-23T00:00:00+00:00"),
            ("2d", "2026-11-22T06:00:00+00:00"),
            ("1h30m", "2026-11-24T04:30:00+00:00"),
        ] {
            assert_eq!(time(text, now).unwrap().to_rfc3339(), expected, "{text}");
        }
        for text in ["", "yesterday", "24.11.2026", "2", "-2d", "2026-13-01"] {
            assert!(time(text, now).unwrap_err().contains("for example 2d"), "{text}");
        }
    }
}
