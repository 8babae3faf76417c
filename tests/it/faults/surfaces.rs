//! Everything that the daemon tells about a configuration, gathered: each page and format, and its log.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use ssowatch::{
    app::{self, Options, Running},
    clock::Clock,
    config::Config,
    logging::{Format, Lines},
    metrics::Daemon,
};
use tokio::net::TcpListener;
use tracing_subscriber::{Layer as _, filter::Targets, layer::SubscriberExt as _};

use crate::web::support::ask;

/// What one surface told.
#[derive(Debug)]
pub struct Told {
    pub surface: String,
    pub text: String,
}

const FORMATS: [&str; 3] = [
    "text/plain;version=0.0.4",
    "application/openmetrics-text;version=1.0.0",
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
];

/// Runs the daemon over this configuration until every target has had its round, and asks it for everything. Needs a
/// runtime of one thread: the log is that of the thread.
pub async fn surfaces(config: Config) -> Vec<Told> {
    let names: Vec<String> = config.targets.iter().map(|target| target.name.clone()).collect();
    let lines: Arc<Mutex<String>> = Arc::default();
    let logging = {
        let lines = Arc::clone(&lines);
        let lines = Lines::new(Format::Logfmt, Clock::System, Arc::new(Daemon::default()), move |line| {
            lines.lock().unwrap().push_str(line);
        });
        let ours = Targets::new().with_target("ssowatch", tracing::Level::TRACE);
        tracing::subscriber::set_default(tracing_subscriber::registry().with(lines.plain().with_filter(ours)))
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let running = app::start(config, vec![listener], Options::default()).await.unwrap();
    while !running.is_ready() {
        tokio::task::yield_now().await;
    }
    let mut told = pages(&running, &names).await;
    running.stop().await;
    drop(logging);
    told.push(Told { surface: "the log".to_owned(), text: lines.lock().unwrap().clone() });
    told
}

async fn pages(running: &Running, names: &[String]) -> Vec<Told> {
    let address = running.addresses[0];
    let mut told = Vec::new();
    for path in ["/", "/sd", "/config", "/-/healthy", "/-/ready", "/no/such/page", "/api/no/such/path"] {
        told.push(page(address, path, &[]).await);
    }
    for path in ["status", "targets", "changes", "annotations", "checks", "stats"] {
        told.push(page(address, &format!("/api/v1/{path}"), &[]).await);
    }
    for name in names {
        told.push(page(address, &format!("/targets/{name}"), &[]).await);
        for rest in ["", "/fields", "/changes", "/history"] {
            told.push(page(address, &format!("/api/v1/targets/{name}{rest}"), &[]).await);
        }
        for module in ["login", "discovery"] {
            told.push(page(address, &format!("/probe?target={name}&module={module}"), &[]).await);
        }
    }
    for format in FORMATS {
        told.push(page(address, "/metrics", &[("Accept", format)]).await);
    }
    told
}

async fn page(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Told {
    let answer = ask(address, "GET", path, headers).await;
    let head: String = answer.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    let surface = headers.iter().fold(path.to_owned(), |text, (_, value)| format!("{text} as {value}"));
    Told { surface, text: format!("{head}\n{}", String::from_utf8_lossy(&answer.body)) }
}
