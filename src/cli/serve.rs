//! `ssowatch serve`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{info, warn};
use url::Url;

use super::{source::SourceArgs, storage::StorageArgs};
use crate::{
    app::{self, ListenAddress, Notifier, Running},
    clock::Clock,
    logging::{self, Format, Level},
    metrics::Daemon,
    web,
};

/// Arguments of this command.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// Validate the configuration and exit
    #[arg(long = "config.check")]
    check: bool,
    #[command(flatten)]
    web: WebArgs,
    #[command(flatten)]
    storage: StorageArgs,
    /// Listen on the sockets that systemd hands over, instead of on addresses
    #[arg(long = "web.systemd-socket", env = "SSOWATCH_WEB_SYSTEMD_SOCKET")]
    systemd_socket: bool,
    #[command(flatten)]
    web_config: WebConfigArgs,
    /// Let POST /-/reload load the configuration again (SIGHUP always does), and the API run a round now
    #[arg(long = "web.enable-lifecycle", env = "SSOWATCH_WEB_ENABLE_LIFECYCLE")]
    enable_lifecycle: bool,
    /// Show verdicts to everybody, and nothing else: no addresses, ids or values
    #[arg(long = "web.public", env = "SSOWATCH_WEB_PUBLIC")]
    public: bool,
    /// Names under which it answers where no login is needed, beside localhost, addresses and the external URL's name
    #[arg(
        long = "web.allowed-hosts",
        env = "SSOWATCH_WEB_ALLOWED_HOSTS",
        value_name = "NAME",
        value_delimiter = ',',
        value_parser = crate::config::host_name
    )]
    allowed_hosts: Vec<String>,
    /// The least level that is logged
    #[arg(long = "log.level", env = "SSOWATCH_LOG_LEVEL", value_enum, default_value_t, value_name = "LEVEL")]
    log_level: Level,
    /// The form of log lines
    #[arg(long = "log.format", env = "SSOWATCH_LOG_FORMAT", value_enum, default_value_t, value_name = "FORMAT")]
    log_format: Format,
}

/// What `config check` takes, too.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct WebConfigArgs {
    /// TLS and logins: a web-config file as Prometheus takes it
    #[arg(long = "web.config.file", env = "SSOWATCH_WEB_CONFIG_FILE", value_name = "FILE")]
    web_config_file: Option<PathBuf>,
}

impl WebConfigArgs {
    /// Reads the file, where one is named, and the warnings about it. An empty name counts as none, as Compose files leave
    /// variables.
    pub(super) fn load(&self) -> Result<(web::ActiveWebConfig, Vec<String>), String> {
        self.given().map_or_else(|| Ok((web::ActiveWebConfig::default(), Vec::new())), web::ActiveWebConfig::open)
    }

    /// Reads the file, where one is named, and prints that it is valid, and what it warns of.
    pub(super) fn check(&self) -> Result<(), String> {
        let Some(path) = self.given() else { return Ok(()) };
        let (_, warnings) = web::ActiveWebConfig::open(path)?;
        super::warn(&warnings);
        super::print("The web configuration is valid.\n");
        Ok(())
    }

    fn given(&self) -> Option<&Path> {
        self.web_config_file.as_deref().filter(|path| !path.as_os_str().is_empty())
    }
}

/// Where the daemon is reached; `healthcheck` takes them, too.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct WebArgs {
    /// Where to listen: a port, or a unix socket; may be given several times
    #[arg(
        long = "web.listen-address",
        env = "SSOWATCH_WEB_LISTEN_ADDRESS",
        value_name = "HOST:PORT|unix:PATH",
        value_delimiter = ',',
        default_value = "127.0.0.1:10059"
    )]
    pub listen: Vec<ListenAddress>,
    /// Where users reach the status page, for links
    #[arg(long = "web.external-url", env = "SSOWATCH_WEB_EXTERNAL_URL", value_name = "URL", value_parser = external_url)]
    pub external_url: Option<Url>,
    /// What stands before every path; by default the path of --web.external-url
    #[arg(long = "web.route-prefix", env = "SSOWATCH_WEB_ROUTE_PREFIX", value_name = "PATH", value_parser = route_prefix)]
    pub route_prefix: Option<String>,
}

impl WebArgs {
    /// The prefix of every path, with a leading and without a trailing slash; empty for none.
    pub fn prefix(&self) -> String {
        let of_url = || self.external_url.as_ref().map(|url| url.path().trim_end_matches('/').to_owned());
        self.route_prefix.clone().or_else(of_url).unwrap_or_default()
    }
}

fn external_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("{error}; write for example https://sso.example.com/watch"))?;
    let is_plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    if !matches!(url.scheme(), "http" | "https") || !is_plain || url.fragment().is_some() {
        return Err(
            "only scheme (http or https), host, port and path; for example https://sso.example.com/watch".to_owned()
        );
    }
    route_prefix(url.path())?;
    Ok(url)
}

fn route_prefix(text: &str) -> Result<String, String> {
    let inner = text.trim_matches('/');
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.' | b'~' | b'%');
    if !inner.bytes().all(is_plain) || inner.contains("//") {
        return Err("a path of letters, digits, \"-\", \"_\", \".\" and \"/\"; for example /watch".to_owned());
    }
    Ok(if inner.is_empty() { String::new() } else { format!("/{inner}") })
}

/// Runs the command.
pub(super) async fn run(args: Args) -> ExitCode {
    let outcome = if args.check { check(&args.source, &args.web_config) } else { Box::pin(serve(args)).await };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => super::complain(&problem),
    }
}

fn check(source: &SourceArgs, web_config: &WebConfigArgs) -> Result<(), String> {
    let config = source.load()?;
    super::print(&format!("The configuration is valid: {} target(s).\n", config.targets.len()));
    web_config.check()
}

async fn serve(args: Args) -> Result<(), String> {
    let daemon: Arc<Daemon> = Arc::default();
    logging::init(args.log_level, args.log_format, Arc::clone(&daemon))?;
    info!(version = env!("CARGO_PKG_VERSION"), "starting");
    let (web_config, warnings) = args.web_config.load()?;
    for warning in warnings {
        warn!("{warning}");
    }
    let (tls, login) = web_config.demand();
    info!(tls, login, "web configuration");
    let sockets = if args.systemd_socket { app::from_systemd()? } else { app::bind(&args.web.listen).await? };
    let mut signals = Signals::listen().map_err(|error| format!("signals cannot be listened for: {error}"))?;
    let config = args.source.load()?;
    let options = app::Options {
        web: web::Options {
            route_prefix: args.web.prefix(),
            external_url: args.web.external_url.map(|url| url.as_str().trim_end_matches('/').to_owned()),
            enable_lifecycle: args.enable_lifecycle,
            public: args.public,
            allowed_hosts: args.allowed_hosts,
            web_config,
        },
        clock: Clock::System,
        daemon,
        told: args.storage.told(),
        journal: Arc::new(args.storage.open()?),
        notifier: notifier(),
        load: Some(Arc::new(move || args.source.load())),
        unix: sockets.unix,
        limits: web::Limits::default(),
    };
    let running = app::start(config, sockets.tcp, options).await.map_err(|error| format!("no start: {error}"))?;
    tokio::select! {
        () = signals.until_stop(&running) => {}
        () = running.failed() => return Err("a part of the daemon ended, which is a bug; see the log".to_owned()),
    }
    tokio::select! {
        () = running.stop() => Ok(()),
        () = signals.stop() => Err("stopped at once by a second signal".to_owned()),
    }
}

/// Tells systemd, where it started us.
fn notifier() -> Notifier {
    let Some(socket) = std::env::var_os("NOTIFY_SOCKET") else { return Notifier::default() };
    Notifier::to(&socket, sd_notify::watchdog_enabled()).unwrap_or_else(|error| {
        warn!(%error, "systemd is not told how the service is: its socket (NOTIFY_SOCKET) cannot be reached");
        Notifier::default()
    })
}

/// The signals that the daemon obeys.
struct Signals {
    hangup: Signal,
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Reloads at every SIGHUP, until it is time to stop.
    async fn until_stop(&mut self, running: &Running) {
        loop {
            tokio::select! {
                Some(()) = self.hangup.recv() => running.request_reload(),
                _ = self.interrupt.recv() => return,
                _ = self.terminate.recv() => return,
            }
        }
    }

    /// Ends at the next SIGINT or SIGTERM.
    async fn stop(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
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

    fn parse(arguments: &[&str]) -> Result<Args, String> {
        let all = std::iter::once("serve").chain(arguments.iter().copied());
        Cli::try_parse_from(all).map(|cli| cli.args).map_err(|error| error.to_string())
    }

    #[test]
    fn without_flags_it_listens_on_loopback_only_and_logs_from_info() {
        let args = parse(&[]).unwrap();
        assert_eq!(args.web.listen, ["127.0.0.1:10059".parse().unwrap()]);
        assert_eq!((args.web.prefix().as_str(), args.enable_lifecycle), ("", false));
        assert_eq!((args.log_level, args.log_format), (Level::Info, Format::Logfmt));
    }

    #[test]
    fn several_listen_addresses_take_the_place_of_the_default() {
        let args = parse(&["--web.listen-address=127.0.0.1:1", "--web.listen-address=[::1]:2"]).unwrap();
        assert_eq!(args.web.listen, ["127.0.0.1:1".parse().unwrap(), "[::1]:2".parse().unwrap()]);
    }

    #[test]
    fn the_prefix_is_that_of_the_external_url_unless_it_is_given() {
        for (arguments, prefix) in [
            (vec!["--web.route-prefix=watch/"], "/watch"),
            (vec!["--web.route-prefix=/"], ""),
            (vec!["--web.external-url=https://sso.example.com/a/b/"], "/a/b"),
            (vec!["--web.external-url=https://sso.example.com"], ""),
            (vec!["--web.external-url=https://sso.example.com/a", "--web.route-prefix=/"], ""),
        ] {
            assert_eq!(parse(&arguments).unwrap().web.prefix(), prefix, "{arguments:?}");
        }
    }

    #[test]
    fn wrong_values_are_refused_with_an_example() {
        for (argument, hint) in [
            ("--web.listen-address=10059", "127.0.0.1:10059"),
            ("--web.external-url=sso.example.com", "https://sso.example.com/watch"),
            ("--web.external-url=https://user:pw@sso.example.com", "https://sso.example.com/watch"),
            ("--web.external-url=ftp://sso.example.com", "https://sso.example.com/watch"),
            ("--web.route-prefix=/{a}", "/watch"),
            ("--web.route-prefix=/a//b", "/watch"),
            ("--web.allowed-hosts=https://monitor.example.com", "monitor.example.com"),
            ("--log.level=loud", "debug"),
            ("--log.format=xml", "logfmt"),
        ] {
            let error = parse(&[argument]).unwrap_err();
            assert!(error.contains(hint), "{argument}: {error}");
        }
    }
}
