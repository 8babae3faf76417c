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
mod shipped;
mod source;
mod storage;
mod terminal;
mod watch;
mod what_if;

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{CommandFactory, Parser, Subcommand};

use crate::{
    atomic_file,
    render::style::{Style, safe},
};

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
    /// A simulated Pocket ID with four apps, the daemon and its page, on loopback: nothing else is needed
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
    /// The alert rules for Prometheus, with runbooks at your own daemon and labels of your choice
    Rules(shipped::RuleArgs),
    /// The dashboards for Grafana
    Dashboards(shipped::DashboardArgs),
    /// Try whether messages arrive
    Notify(notify::Args),
    /// Mute messages of a running daemon while something is changed
    Maintenance(maintenance::Args),
    /// Ask a running daemon whether it is healthy, for containers
    Healthcheck(healthcheck::Args),
    /// Print completions for a shell: `ssowatch completions bash`
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write the pages of all commands
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
        Command::Rules(args) => shipped::rules(&args),
        Command::Dashboards(args) => shipped::dashboards(&args),
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

/// Writes a file whole, for everybody to read unless the user's umask says otherwise: nothing secret is in it.
///
/// # Errors
/// A file is there and may not be replaced, or it cannot be written; says what to do.
fn write_file(path: &Path, text: &str, force: bool) -> Result<(), String> {
    const MODE: u32 = 0o666;
    let result = if !force && path.symlink_metadata().is_ok() {
        Err(ErrorKind::AlreadyExists.into())
    } else {
        atomic_file::replace(path, text.as_bytes(), MODE)
    };
    result.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            format!("{}: is there already; name another place, or write over it with --force", path.display())
        }
        ErrorKind::NotFound => format!("{}: its folder is not there", path.display()),
        _ => format!("{}: {error}", path.display()),
    })
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

    #[test]
    fn a_file_that_is_there_is_not_written_over_without_force() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ssowatch.yml");
        write_file(&path, "first", false).unwrap();
        let error = write_file(&path, "second", false).unwrap_err();
        assert!(error.ends_with("is there already; name another place, or write over it with --force"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "first");
        write_file(&path, "2nd", true).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "2nd");
        assert!(write_file(&folder.path().join("none/f"), "", false).unwrap_err().ends_with("its folder is not there"));
    }
}
