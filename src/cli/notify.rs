//! `ssowatch notify test`: one test message to each receiver, and what came of it.

use std::process::ExitCode;

use futures_util::future::join_all;

use super::source::SourceArgs;
use crate::{
    clock::Clock,
    config::Receiver,
    notify::{
        Message,
        send::{Sender, Transport},
    },
    render::similar,
};

/// Arguments of this command.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Send one test message to each receiver of the configuration, and say what came of it
    #[command(
        after_help = "Exit codes:\n  0  every receiver took its message\n  1  one did not\n  3  bad usage or a bad \
                            configuration"
    )]
    Test(TestArgs),
}

#[derive(Debug, clap::Args)]
struct TestArgs {
    /// Only these receivers
    #[arg(value_name = "RECEIVER")]
    receivers: Vec<String>,
    /// Where users reach the status page, for links
    #[arg(long = "web.external-url", env = "SSOWATCH_WEB_EXTERNAL_URL", value_name = "URL")]
    external_url: Option<url::Url>,
    #[command(flatten)]
    source: SourceArgs,
}

/// Runs the command.
pub(super) async fn run(args: Args) -> ExitCode {
    let Command::Test(args) = args.command;
    match test(&args).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => super::complain(&problem),
    }
}

/// Whether every receiver took its message.
async fn test(args: &TestArgs) -> Result<bool, String> {
    let config = args.source.load()?;
    let receivers = chosen(&config.receivers, &args.receivers)?;
    let site = args.external_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned());
    let sender = Sender::new(Clock::System, site);
    let message = Message::test();
    let outcomes = join_all(receivers.iter().map(|receiver| sender.deliver(receiver, &message))).await;
    let mut all_took_it = true;
    for (receiver, outcome) in receivers.iter().zip(outcomes) {
        all_took_it &= outcome.is_ok();
        let says = match outcome {
            Ok(()) => "took the test message".to_owned(),
            Err(untold) => format!("did not take it: {}", untold.detail),
        };
        let line = format!("{} ({}) {says}", receiver.name, receiver.means.word());
        super::print(&format!("{}\n", crate::render::style::safe(&line, crate::render::style::Style::PLAIN)));
    }
    Ok(all_took_it)
}

fn chosen<'a>(receivers: &'a [Receiver], names: &[String]) -> Result<Vec<&'a Receiver>, String> {
    if receivers.is_empty() {
        return Err(
            "the configuration has no receivers; write for example\nnotify:\n  - name: phone\n    ntfy: {url: \
                    https://ntfy.sh, topic_file: /run/secrets/ntfy_topic}"
                .to_owned(),
        );
    }
    if names.is_empty() {
        return Ok(receivers.iter().collect());
    }
    let known: Vec<&str> = receivers.iter().map(|receiver| receiver.name.as_str()).collect();
    let find = |name: &String| {
        receivers.iter().find(|receiver| receiver.name == *name).ok_or_else(|| {
            let meant = similar(name, known.iter().copied());
            let hint = meant.first().map(|meant| format!("did you mean {meant:?}?"));
            let hint = hint.unwrap_or_else(|| format!("there are {}", known.join(", ")));
            format!("there is no receiver {name:?}; {hint}")
        })
    };
    names.iter().map(find).collect()
}
