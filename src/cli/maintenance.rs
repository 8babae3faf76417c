//! `ssowatch maintenance`: begins and ends maintenance windows of a running daemon, by its API.

use std::{path::PathBuf, process::ExitCode};

use serde_json::{Value, json};
use url::Url;

use crate::{
    clock::Clock,
    collect::webhook_client::{WebhookClient, WebhookRequest, WebhookResponse},
    config::{HttpSettings, SecretSource},
    oidc::one_line,
    render::style::{Style, safe},
};

/// Arguments of this command.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    daemon: Daemon,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Mute messages about targets from now on; rounds go on
    Start {
        #[command(flatten)]
        whom: Whom,
        /// How long, such as 2h
        #[arg(long = "for", value_name = "DURATION")]
        lasts: String,
        /// Why, for people
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// End windows that were begun by this command
    End {
        #[command(flatten)]
        whom: Whom,
    },
    /// List the windows that are open, those of the configuration too
    List,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Whom {
    /// The targets
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    /// All targets
    #[arg(long)]
    all: bool,
}

/// Where the daemon is, and how to log in there.
#[derive(Debug, clap::Args)]
struct Daemon {
    /// The daemon's address
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:10059", global = true)]
    url: Url,
    /// The user name, where the daemon wants a login
    #[arg(long, value_name = "NAME", requires = "password_file", global = true)]
    username: Option<String>,
    /// A file with the password
    #[arg(long = "password-file", value_name = "FILE", requires = "username", global = true)]
    password_file: Option<PathBuf>,
    /// Certificates that the daemon is trusted by, instead of the system's
    #[arg(long = "ca-file", value_name = "FILE", global = true)]
    ca_file: Option<PathBuf>,
}

/// Runs the command.
pub(super) async fn run(args: Args) -> ExitCode {
    match told(&args).await {
        Ok(text) => {
            super::print(&text);
            ExitCode::SUCCESS
        }
        Err(problem) => super::complain(&problem),
    }
}

async fn told(args: &Args) -> Result<String, String> {
    let (path, body) = match &args.command {
        Command::Start { whom, lasts, reason } => {
            let mut body = whom.body();
            body["for"] = lasts.as_str().into();
            body["reason"] = reason.as_deref().into();
            ("", Some(body))
        }
        Command::End { whom } => ("/end", Some(whom.body())),
        Command::List => ("", None),
    };
    let answer = args.daemon.ask(path, body).await?;
    match &args.command {
        Command::Start { .. } => Ok(line(&answer["window"])),
        Command::End { .. } => Ok(match answer["ended"].as_u64() {
            Some(0) => "No window that was begun by command was open.\n".to_owned(),
            Some(1) => "One window has ended.\n".to_owned(),
            other => format!("{} windows have ended.\n", other.unwrap_or_default()),
        }),
        Command::List => {
            let windows = answer["windows"].as_array().map(|windows| windows.iter().map(line).collect::<String>());
            Ok(windows.filter(|text| !text.is_empty()).unwrap_or_else(|| "No maintenance window is open.\n".to_owned()))
        }
    }
}

impl Whom {
    fn body(&self) -> Value {
        if self.all { json!({"all": true}) } else { json!({"targets": self.targets}) }
    }
}

impl Daemon {
    /// Asks the daemon, by POST where there is a body.
    async fn ask(&self, path: &str, body: Option<Value>) -> Result<Value, String> {
        let place = &self.url;
        if !matches!(place.scheme(), "http" | "https") {
            return Err(format!("--url {place}: write http://HOST:PORT or https://HOST:PORT"));
        }
        let base = place.as_str().trim_end_matches('/');
        let url =
            Url::parse(&format!("{base}/api/v1/maintenance{path}")).map_err(|error| format!("{base}: {error}"))?;
        let login = self.username.clone().zip(self.password_file.clone().map(SecretSource::File));
        let mut http = HttpSettings { allow_http: login.is_none(), basic_auth: login, ..HttpSettings::default() };
        http.tls.ca_file.clone_from(&self.ca_file);
        let json = body.map(|body| body.to_string());
        let outgoing = WebhookRequest { url, http: &http, bearer: None, json, is_put: false, secrets: Vec::new() };
        let said = WebhookClient::new(Clock::System).ask(&outgoing).await;
        let WebhookResponse { status, body } =
            said.map_err(|untold| format!("{place} does not answer: {}; name the daemon by --url", untold.detail))?;
        let answer: Value = serde_json::from_str(&body).unwrap_or_default();
        match status {
            200..=299 => Ok(answer),
            401 => Err(format!("{place} wants a login: give --username and --password-file")),
            404 if answer["detail"].is_null() => Err(format!("{place} is no ssowatch that has maintenance windows")),
            _ => Err(answer["detail"]
                .as_str()
                .map_or_else(|| format!("{place} answers {status}: {}", one_line(&body)), str::to_owned)),
        }
    }
}

/// One window in a line.
fn line(window: &Value) -> String {
    let targets: Vec<&str> = window["targets"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let whom = if targets.is_empty() { "all targets".to_owned() } else { targets.join(", ") };
    let until = window["until"].as_str().unwrap_or_default();
    let reason = window["reason"].as_str().map(|reason| format!(" ({reason})")).unwrap_or_default();
    format!("{}\n", safe(&format!("{whom}: messages are muted until {until}{reason}"), Style::PLAIN))
}
