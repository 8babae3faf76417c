//! `ssowatch healthcheck`: what a container's health check runs. Takes `serve`'s own environment, so that it asks where
//! that daemon listens.

use std::{process::ExitCode, time::Duration};

use url::Url;

use super::serve::WebArgs;
use crate::{
    app::ListenAddress,
    collect::local::{self, Asked, Place},
};

/// How long the daemon has to answer.
const LIMIT: Duration = Duration::from_secs(5);
/// What is asked; it needs no login.
const PATH: &str = "/-/healthy";

/// Arguments of this command.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The daemon's address, http://HOST:PORT or unix:PATH [default: the first listen address, and the route prefix, of `serve`]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    #[command(flatten)]
    web: WebArgs,
}

impl Args {
    fn place(&self) -> Result<Place, String> {
        let base = match &self.url {
            Some(url) if !url.starts_with("unix:") => url.trim_end_matches('/').to_owned(),
            Some(url) => return self.of(&url.parse()?),
            None => return self.of(self.web.listen.first().ok_or("no address to ask; give one with --url")?),
        };
        web(&base)
    }

    fn of(&self, address: &ListenAddress) -> Result<Place, String> {
        match address {
            ListenAddress::Tcp(address) => web(&format!("http://{}{}", address.from_here(), self.web.prefix())),
            ListenAddress::Unix(socket) => Ok(Place::Unix(socket.clone(), format!("{}{PATH}", self.web.prefix()))),
        }
    }
}

fn web(base: &str) -> Result<Place, String> {
    let hint = "give an address with --url, such as http://127.0.0.1:10059";
    let url = Url::parse(&format!("{base}{PATH}")).map_err(|error| format!("{base}: {error}; {hint}"))?;
    match url.scheme() {
        "http" | "https" => Ok(Place::Url(url)),
        _ => Err(format!("{base} is neither http:// nor https:// nor unix:; {hint}")),
    }
}

/// Runs the command: exit code 0 if the daemon says that it is healthy, else 1.
pub(super) async fn run(args: Args) -> ExitCode {
    let outcome = match args.place() {
        Ok(place) => ask(&place).await,
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

async fn ask(place: &Place) -> Result<(), String> {
    match local::ask(place, LIMIT).await? {
        // It takes connections and shakes hands; more it does not say without a certificate.
        Asked::Status(200) | Asked::WantsCertificate => Ok(()),
        Asked::Status(other) => Err(format!("{place} answers {other}, where a healthy ssowatch answers 200")),
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
            (vec!["--web.listen-address=unix:/run/s,:2"], "unix:/run/s"),
            (vec!["--url=unix:/run/s"], "unix:/run/s"),
            (vec!["--url=https://[::1]:1"], "https://[::1]:1/-/healthy"),
            (vec!["--web.listen-address=[::]:3", "--web.route-prefix=watch"], "http://[::1]:3/watch/-/healthy"),
        ] {
            let all = std::iter::once("healthcheck").chain(arguments.iter().copied());
            let args = Cli::try_parse_from(all).unwrap().args;
            assert_eq!(args.place().unwrap().to_string(), asked, "{arguments:?}");
        }
    }
    #[test]
    fn at_a_unix_socket_the_path_has_its_prefix() {
        let args = Cli::try_parse_from(["healthcheck", "--url=unix:/run/s", "--web.route-prefix=watch"]).unwrap().args;
        assert_eq!(args.place(), Ok(Place::Unix("/run/s".into(), "/watch/-/healthy".to_owned())));
    }

    #[test]
    fn what_is_no_address_is_refused_with_an_example() {
        for url in ["ftp://127.0.0.1", "127.0.0.1:10059", "unix:"] {
            let args = Cli::try_parse_from(["healthcheck", "--url", url]).unwrap().args;
            let error = args.place().unwrap_err();
            assert!(error.contains("http://127.0.0.1:10059") || error.contains("unix:/run"), "{url}: {error}");
        }
    }
}
