//! `ssowatch config`: validate a configuration, write one, print the one in force.

mod init;
mod init_clients;
mod summary;

use std::{path::PathBuf, process::ExitCode};

use clap::Subcommand;

use super::{serve::WebConfigArgs, source::SourceArgs};
use crate::clock::Clock;

/// Arguments of this command.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Validate a configuration and say what it means: targets, next runs, warnings. Exit code 0 valid, 1 not valid
    Check(CheckArgs),
    /// Write a configuration with comments: from two addresses, or, with a Pocket ID key, a target for each of its clients
    Init(init::Args),
    /// Print the configuration in force, defaults included, with secrets masked
    Show(SourceArgs),
}

#[derive(Debug, clap::Args)]
struct CheckArgs {
    /// The file; else what the flags and the environment say
    file: Option<PathBuf>,
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    web_config: WebConfigArgs,
}

/// Runs the command.
pub(super) async fn run(args: Args) -> ExitCode {
    match args.action {
        Action::Check(args) => check_file(args),
        Action::Init(args) => init::run(&args).await,
        Action::Show(source) => match source.load() {
            Ok(config) => {
                super::warn(&config.warnings);
                super::print(&config.redacted);
                ExitCode::SUCCESS
            }
            Err(problem) => not_valid(&problem),
        },
    }
}

fn check_file(CheckArgs { file, mut source, web_config }: CheckArgs) -> ExitCode {
    match (&file, &source.config_file) {
        (Some(_), Some(_)) => return not_valid("the file is named twice; leave --config.file out"),
        (Some(_), None) => source.config_file = file,
        _ => {}
    }
    check(&source, &web_config)
}

/// Validates what the arguments mean and prints what was found.
fn check(source: &SourceArgs, web_config: &WebConfigArgs) -> ExitCode {
    let config = match source.load() {
        Ok(config) => config,
        Err(problem) => return not_valid(&problem),
    };
    super::warn(&config.warnings);
    super::print(&summary::told(&config, Clock::System.now()));
    match web_config.check() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => not_valid(&problem),
    }
}

/// Tells what is wrong. Exit code 1, as promtool's.
fn not_valid(problem: &str) -> ExitCode {
    let _ = super::complain(problem);
    ExitCode::FAILURE
}
