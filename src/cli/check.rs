//! `ssowatch check`.

use std::process::ExitCode;

/// Arguments of this command.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

/// Runs the command.
pub(super) async fn run(_args: Args) -> ExitCode {
    super::complain("skeleton")
}
