//! `ssowatch check`: look once (or again and again), evaluate, tell.

use std::{
    io::{IsTerminal as _, Write as _},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use futures_util::{StreamExt as _, stream};

use super::{
    exit::Exit,
    saved,
    source::SourceArgs,
    terminal::Color,
    watch::{self, Watch},
    what_if,
};
use crate::{
    checks,
    clock::Clock,
    collect::{CollectMode, Collector},
    config::{Config, Target},
    model::Snapshot,
    providers::pocket_id::Version,
    render,
    round::{Round, round},
};

/// How many targets are looked at side by side.
const SIDE_BY_SIDE: usize = 32;

/// Arguments of this command.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// Only this target of the configuration
    target: Option<String>,
    /// How to tell it
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    output: Output,
    /// Save what was seen (JSON Lines, for its owner only), to be evaluated again with --from
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    save: Option<PathBuf>,
    /// Evaluate what --save saved, instead of looking: no network, no configuration
    #[arg(long, value_name = "FILE", conflicts_with = "watch")]
    from: Option<PathBuf>,
    /// Look again and again: every 60 s, or --watch=5m
    #[arg(
        long,
        value_name = "TIME",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "60s",
        value_parser = watch::interval
    )]
    watch: Option<Duration>,
    /// Evaluate as if the provider were this release of Pocket ID, and say what an upgrade would break
    #[arg(long, value_name = "VERSION", value_parser = what_if::release, conflicts_with = "watch")]
    assume_provider: Option<Version>,
    /// When to use colour
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,
}

/// How a report is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// For people
    #[default]
    Text,
    /// For programs: format 1, which only grows
    Json,
    /// For CI systems: a suite for each target, a case for each check
    Junit,
}

/// Runs the command.
pub(super) async fn run(args: Args) -> ExitCode {
    match check(&args).await {
        Ok(exit) => exit.into(),
        Err(problem) => super::complain(&problem),
    }
}

async fn check(args: &Args) -> Result<Exit, String> {
    match &args.from {
        Some(file) => {
            let snapshots = saved::load(file)?;
            let rounds = named(snapshots, args.target.as_deref(), |snapshot| &snapshot.target.name)?
                .into_iter()
                .map(|snapshot| Round { report: checks::evaluate(&snapshot, None), snapshot })
                .collect::<Vec<_>>();
            tell(args, rounds)
        }
        None => look_and_tell(args).await,
    }
}

async fn look_and_tell(args: &Args) -> Result<Exit, String> {
    let config = args.source.load()?;
    let targets = named(config.targets.clone(), args.target.as_deref(), |target| &target.name)?;
    let collector = Collector::new(Clock::System);
    match args.watch {
        None => {
            let rounds = look(&collector, &targets, &[], CollectMode::Full).await;
            tell(args, rounds)
        }
        Some(interval) => watch_and_tell(args, &config, &collector, &targets, interval).await,
    }
}

/// Looks, tells what is new, waits; until the user has enough. The last round decides the exit code.
async fn watch_and_tell(
    args: &Args,
    config: &Config,
    collector: &Collector,
    targets: &[Target],
    interval: Duration,
) -> Result<Exit, String> {
    let due = CollectMode::Due { settings_every: config.settings_every, share_for: interval / 2 };
    let mut watch = Watch::new(std::io::stdout().is_terminal() && args.output == Output::Text, interval);
    let mut before: Vec<Round> = Vec::new();
    let mut last = Exit::NotEvaluated;
    loop {
        let pace = if before.is_empty() { CollectMode::Full } else { due };
        let rounds = tokio::select! {
            rounds = look(collector, targets, &before, pace) => rounds,
            () = watch::enough() => return Ok(last),
        };
        last = Exit::of(&rounds);
        if let Some(lead) = watch.worth_telling(&rounds) {
            super::print(&lead);
            super::print(&told(args, &rounds)?);
            super::print(&watch.after_text(&rounds));
        }
        keep(args, &rounds)?;
        before = rounds;
        tokio::select! {
            () = tokio::time::sleep(interval) => {}
            () = watch::enough() => return Ok(last),
        }
    }
}

/// One round of every target, side by side, in their order.
async fn look(collector: &Collector, targets: &[Target], before: &[Round], pace: CollectMode) -> Vec<Round> {
    let progress = Progress::begin(targets);
    let rounds = stream::iter(targets.iter().enumerate())
        .map(|(index, target)| round(collector, target, before.get(index).map(|round| &round.snapshot), pace))
        .buffered(SIDE_BY_SIDE)
        .collect()
        .await;
    progress.end();
    rounds
}

fn tell(args: &Args, rounds: Vec<Round>) -> Result<Exit, String> {
    keep(args, &rounds)?;
    let rounds = match args.assume_provider {
        Some(release) => what_if::rehearse(rounds, release)?,
        None => rounds,
    };
    super::print(&told(args, &rounds)?);
    Ok(Exit::of(&rounds))
}

fn keep(args: &Args, rounds: &[Round]) -> Result<(), String> {
    match &args.save {
        Some(file) => saved::save(file, rounds.iter().map(|round| &round.snapshot)),
        None => Ok(()),
    }
}

fn told(args: &Args, rounds: &[Round]) -> Result<String, String> {
    let reports = rounds.iter().map(|round| &round.report);
    match args.output {
        Output::Text => Ok(text(args, rounds)),
        Output::Json => render::json::json(reports).map_err(|error| error.to_string()),
        Output::Junit => render::junit::junit(reports).map_err(|error| error.to_string()),
    }
}

fn text(args: &Args, rounds: &[Round]) -> String {
    let style = args.color.style();
    let texts: Vec<String> = rounds
        .iter()
        .map(|round| {
            let mut text = render::text::text(&round.report, &round.snapshot, style);
            if let Some(release) = args.assume_provider {
                text.insert_str(0, &what_if::head(&round.snapshot, &round.report, release));
            }
            match &args.from {
                Some(_) => format!("As seen on {}\n{text}", seen_at(&round.snapshot)),
                None => text,
            }
        })
        .collect();
    texts.join("\n")
}

fn seen_at(snapshot: &Snapshot) -> String {
    snapshot.taken_at.format("%Y-%m-%d at %H:%M:%S UTC").to_string()
}

/// All, or those of that name.
///
/// # Errors
/// There are none, or none of that name: a text for a person that lists the names.
fn named<T>(all: Vec<T>, wanted: Option<&str>, name: impl Fn(&T) -> &str) -> Result<Vec<T>, String> {
    let names: Vec<String> = all.iter().map(|one| name(one).to_owned()).collect();
    let chosen: Vec<T> = all.into_iter().filter(|one| wanted.is_none_or(|wanted| name(one) == wanted)).collect();
    match wanted {
        _ if !chosen.is_empty() => Ok(chosen),
        Some(wanted) if !names.is_empty() => {
            Err(format!("no target is named \"{wanted}\"; there is: {}", names.join(", ")))
        }
        _ => Err("the configuration has no target".to_owned()),
    }
}

/// A line on the terminal while looking; nothing where standard error is a file.
struct Progress {
    is_shown: bool,
}

impl Progress {
    fn begin(targets: &[Target]) -> Self {
        let is_shown = std::io::stderr().is_terminal();
        if is_shown {
            let what = match targets {
                [only] => only.name.clone(),
                _ => format!("{} targets", targets.len()),
            };
            // Progress is a courtesy: a terminal that is gone is no error.
            let _ = write!(std::io::stderr(), "Looking at {what} ...");
        }
        Self { is_shown }
    }

    fn end(self) {
        if self.is_shown {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
