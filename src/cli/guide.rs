//! `ssowatch guide`: the set-up guide with this pair's own values.

use std::process::ExitCode;

use super::source::SourceArgs;
use crate::{
    clock::Clock,
    collect::{CollectMode, Collector},
    render::guide::guide,
};

/// Arguments of this command.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    source: SourceArgs,
}

/// Runs the command: looks at each target once, and tells what to enter where.
pub(super) async fn run(args: Args) -> ExitCode {
    let config = match args.source.load() {
        Ok(config) => config,
        Err(problem) => return super::complain(&problem),
    };
    if config.targets.is_empty() {
        return super::complain("the configuration has no target");
    }
    super::warn(&config.warnings);
    let collector = Collector::new(Clock::System);
    for (index, target) in config.targets.iter().enumerate() {
        let snapshot = collector.observe(target, None, CollectMode::Full).await;
        let gap = if index == 0 { "" } else { "\n\n" };
        super::print(&format!("{gap}{}", guide(&snapshot)));
    }
    ExitCode::SUCCESS
}
