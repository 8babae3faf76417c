//! The command line: one file per command.

mod check;
mod config;
mod demo;
mod explain;
mod guide;
mod healthcheck;
mod plan;
mod serve;
mod source;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// Knows before your users do that single sign-on is broken, and says which setting broke it.
#[derive(Debug, Parser)]
#[command(name = "ssowatch", version, about, long_about = None, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Look once: the login path with verdicts, the cause, and what to change. Exit code 0 ok, 1 degraded or at risk, 2 broken, 3 could not be judged
    Check(check::Args),
    /// Run the daemon: rounds by schedule, /metrics, status page
    Serve(serve::Args),
    /// A Pocket ID and a Kasm of our own, the daemon and its page, on loopback: nothing else is needed
    Demo(demo::Args),
    /// The set-up guide with your own values: what to enter on Pocket ID's form and on Kasm's
    Guide(guide::Args),
    /// Every request that would be sent, how often, with which credential, and what it leaves there
    Plan(plan::Args),
    /// What a check means, why it matters and how to mend it; without a name, the list
    Explain(explain::Args),
    /// Validate, write or print a configuration
    Config(config::Args),
    /// Ask a running daemon whether it is healthy, for containers
    Healthcheck(healthcheck::Args),
    /// Print completions for a shell
    #[command(hide = true)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    #[command(hide = true)]
    Man,
}

/// Parses the arguments of this process and runs the command.
#[must_use]
pub fn main() -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return complain(&format!("the runtime does not start: {error}")),
    };
    runtime.block_on(run(Cli::parse()))
}

async fn run(cli: Cli) -> ExitCode {
    match cli.command {
        Command::Check(args) => check::run(args).await,
        Command::Serve(args) => serve::run(args).await,
        Command::Demo(args) => demo::run(args).await,
        Command::Guide(args) => guide::run(args).await,
        Command::Plan(args) => plan::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Config(args) => config::run(args).await,
        Command::Healthcheck(args) => healthcheck::run(args).await,
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "ssowatch", &mut std::io::stdout());
            ExitCode::SUCCESS
        }
        Command::Man => match clap_mangen::Man::new(Cli::command()).render(&mut std::io::stdout()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => complain(&error.to_string()),
        },
    }
}

/// Writes text to standard output. A reader that has gone away (`| head`) is no error.
#[expect(clippy::print_stdout, reason = "the one place that prints results")]
fn print(text: &str) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Writes an error for a person to standard error. Exit code 3: could not be judged (2 would mean that sign-in is broken).
fn complain(problem: &str) -> ExitCode {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr().lock(), "ssowatch: {problem}");
    ExitCode::from(3)
}
