//! The command line: one file per command.

mod canary;
mod changes;
mod check;
mod clients;
mod config;
#[cfg(feature = "demo")]
mod demo;
mod exit;
mod explain;
mod guide;
mod healthcheck;
mod maintenance;
mod notify;
mod plan;
mod saved;
mod serve;
mod source;
mod storage;
mod terminal;
mod watch;
mod what_if;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{CommandFactory, Parser, Subcommand};

use crate::render::style::{Style, safe};

/// What `check` says by its exit code.
const EXIT_CODES: &str = "\
Exit codes:
  0  people can sign in, as far as verified, and nothing is at risk
  1  degraded, or at risk
  2  broken
  3  could not be evaluated; also bad usage and a bad configuration
Of several targets the worst counts: 2 before 3, 3 before 1.";

/// Knows before your users do that single sign-on is broken, and says which setting broke it.
#[derive(Debug, Parser)]
#[command(name = "ssowatch", version, about, long_about = None, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Look once: the login path with verdicts, the cause, and what to change
    #[command(after_help = EXIT_CODES)]
    Check(check::Args),
    /// Run the daemon: rounds by schedule, /metrics, status page
    Serve(serve::Args),
    /// A Pocket ID and a Kasm of our own, the daemon and its page, on loopback: nothing else is needed
    #[cfg(feature = "demo")]
    Demo(demo::Args),
    /// The clients that Pocket ID has registered: app, callbacks, secrets and their ends, and the target that watches each
    Clients(clients::Args),
    /// The set-up guide with your own values: what to enter on Pocket ID's form and on Kasm's
    Guide(guide::Args),
    /// Every request that would be sent, how often, with which credential, and what it leaves there
    Plan(plan::Args),
    /// What a check means, why it matters and how to fix it; without a name, the list
    Explain(explain::Args),
    /// What changed and when, from the journal that a daemon keeps
    Changes(changes::Args),
    /// Validate, write or print a configuration
    Config(config::Args),
    /// A test user with a passkey of its own, who signs in for real
    Canary(canary::Args),
    /// Try whether messages arrive
    Notify(notify::Args),
    /// Mute messages of a running daemon while something is changed
    Maintenance(maintenance::Args),
    /// Ask a running daemon whether it is healthy, for containers
    Healthcheck(healthcheck::Args),
    /// Print completions for a shell
    #[command(hide = true)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write the pages of all commands
    #[command(hide = true)]
    Man {
        /// A folder that is there, for the pages of all commands
        #[arg(long, value_name = "FOLDER")]
        output: Option<PathBuf>,
    },
}

/// Parses the arguments of this process and runs the command.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(answer) => return no_command(&answer),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return complain(&format!("the runtime does not start: {error}")),
    };
    let code = runtime.block_on(run(cli));
    // A name that is still being resolved would hold up the exit for as long as the resolver takes.
    runtime.shutdown_background();
    crate::logging::flush();
    code
}

/// Prints help, the version, or what is wrong with the arguments. That is exit code 3, not clap's 2, which would say
/// that sign-in is broken.
fn no_command(answer: &clap::Error) -> ExitCode {
    // A terminal that is gone is no error of ours.
    let _ = answer.print();
    if answer.use_stderr() { ExitCode::from(3) } else { ExitCode::SUCCESS }
}

async fn run(cli: Cli) -> ExitCode {
    match cli.command {
        Command::Check(args) => check::run(args).await,
        Command::Serve(args) => serve::run(args).await,
        #[cfg(feature = "demo")]
        Command::Demo(args) => demo::run(args).await,
        Command::Clients(args) => clients::run(args).await,
        Command::Guide(args) => guide::run(args).await,
        Command::Plan(args) => plan::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Changes(args) => changes::run(&args),
        Command::Config(args) => config::run(args).await,
        Command::Canary(args) => canary::run(args).await,
        Command::Notify(args) => notify::run(args).await,
        Command::Maintenance(args) => maintenance::run(args).await,
        Command::Healthcheck(args) => healthcheck::run(args).await,
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "ssowatch", &mut std::io::stdout());
            ExitCode::SUCCESS
        }
        Command::Man { output } => match manual(output.as_deref()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => complain(&format!("the manual page cannot be written: {error}")),
        },
    }
}

/// Prints the manual page, or writes the pages of all commands into a folder.
fn manual(folder: Option<&Path>) -> std::io::Result<()> {
    match folder {
        Some(folder) => clap_mangen::generate_to(Cli::command(), folder),
        None => clap_mangen::Man::new(Cli::command()).render(&mut std::io::stdout()),
    }
}

/// Writes text to standard output. A reader that has gone away (`| head`) is no error.
fn print(text: &str) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Writes warnings to standard error.
fn warn(warnings: &[String]) {
    use std::io::Write as _;
    let mut err = std::io::stderr().lock();
    for warning in warnings {
        // A terminal that is gone is no error of ours.
        let _ = writeln!(err, "warning: {warning}");
    }
}

/// Writes an error for a person to standard error. Exit code 3: could not be evaluated (2 would mean that sign-in is broken).
fn complain(problem: &str) -> ExitCode {
    use std::io::Write as _;
    // What was logged before stands before it.
    crate::logging::flush();
    // Errors quote files and servers: their lines stay, and nothing else in them moves a cursor.
    let lines: Vec<String> = problem.lines().map(|line| safe(line, Style::PLAIN)).collect();
    // A terminal that is gone is no error of ours.
    let _ = writeln!(std::io::stderr().lock(), "ssowatch: {}", lines.join("\n"));
    ExitCode::from(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
