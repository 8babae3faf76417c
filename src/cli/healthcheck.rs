//! `ssowatch healthcheck`: what a container's health check runs. Takes `serve`'s own environment, so that it asks where
//! that daemon listens.

use std::{process::ExitCode, time::Duration};

use url::Url;

use super::serve::WebArgs;
use crate::observe::local;

/// How long the daemon has to answer.
const LIMIT: Duration = Duration::from_secs(5);

/// Arguments of this command.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The daemon's address [default: the first listen address, and the route prefix, of `serve`]
    #[arg(long, value_name = "URL")]
    url: Option<Url>,
    #[command(flatten)]
    web: WebArgs,
}

impl Args {
    fn address(&self) -> Result<Url, String> {
        let base = match (&self.url, self.web.listen.first()) {
            (Some(url), _) => url.as_str().trim_end_matches('/').to_owned(),
            (None, Some(first)) => format!("http://{}{}", first.from_here(), self.web.prefix()),
            (None, None) => return Err("no address to ask; give one with --url".to_owned()),
        };
        Url::parse(&format!("{base}/-/healthy")).map_err(|error| format!("{base}: {error}; give an address with --url"))
    }
}

/// Runs the command: exit code 0 if the daemon says that it is healthy, else 1.
pub(super) async fn run(args: Args) -> ExitCode {
    let outcome = match args.address() {
        Ok(url) => ask(&url).await,
        Err(problem) => Err(problem),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            super::complain(&problem);
            ExitCode::FAILURE
        }
    }
}

async fn ask(url: &Url) -> Result<(), String> {
    match local::status(url, LIMIT).await? {
        200 => Ok(()),
        other => Err(format!("{url} answers {other}, where a healthy ssowatch answers 200")),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        args: Args,
    }

    #[test]
    fn it_asks_where_the_daemon_listens() {
        for (arguments, asked) in [
            (vec![], "http://127.0.0.1:10059/-/healthy"),
            (vec!["--url=http://127.0.0.1:1/"], "http://127.0.0.1:1/-/healthy"),
            (vec!["--url=http://127.0.0.1:1/watch"], "http://127.0.0.1:1/watch/-/healthy"),
            (vec!["--web.listen-address=:2,[::1]:3"], "http://127.0.0.1:2/-/healthy"),
            (vec!["--web.listen-address=[::]:3", "--web.route-prefix=watch"], "http://[::1]:3/watch/-/healthy"),
        ] {
            let all = std::iter::once("healthcheck").chain(arguments.iter().copied());
            let args = Cli::try_parse_from(all).unwrap().args;
            assert_eq!(args.address().unwrap().as_str(), asked, "{arguments:?}");
        }
    }
}
