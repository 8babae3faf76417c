//! `ssowatch explain`: what a check means.

use std::process::ExitCode;

use super::terminal::Color;
use crate::{
    checks,
    render::{self, explain},
};

/// Arguments of this command.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A check's id, as `check` and the metrics show it; without one, the list
    check: Option<String>,
    /// When to use colour
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,
    /// The list as a Markdown table
    #[arg(long, hide = true, conflicts_with = "check")]
    markdown: bool,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> ExitCode {
    let style = args.color.style();
    match &args.check {
        None if args.markdown => super::print(&explain::markdown_table()),
        None => super::print(&explain::list(style)),
        Some(id) => match explain::one(id, style) {
            Some(page) => super::print(&page),
            None => return super::complain(&unknown(id)),
        },
    }
    ExitCode::SUCCESS
}

fn unknown(id: &str) -> String {
    match render::similar(id, checks::all().map(|(_, check)| check.id))[..] {
        [] => format!("no check is named \"{id}\"; `ssowatch explain` lists them"),
        ref names => {
            format!("no check is named \"{id}\"; did you mean {}? `ssowatch explain` lists all", names.join(" or "))
        }
    }
}
