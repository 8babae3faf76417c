//! `ssowatch demo`: a Pocket ID and a Kasm of our own, the daemon and its page, on loopback.

use std::{io::IsTerminal as _, process::ExitCode, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines, Stdin},
    net::TcpListener,
};

use super::{serve::WebArgs, terminal::Color};
use crate::{
    app::{self, Running},
    clock::Clock,
    config::{Config, Target},
    lab::{Fault, Lab, LabOptions},
    logging::{self, Format, Level},
    metrics::Daemon,
    model::Snapshot,
    observe::{Looker, Pace},
    round::{Round, round},
    schedule::Schedule,
    scheduler::Look,
    telling::{
        demo::{FaultRow, Places, faults, introduction},
        similar,
        style::Style,
        text::text,
    },
    web,
};

/// Between two rounds: what is typed must show on the page before the reader gets there.
const ROUND: Duration = Duration::from_secs(2);

/// What the introduction proposes to type.
const EXAMPLE: Fault = Fault::RedirectUriNotRegistered;

/// Arguments of this command.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Start with this fault; may be given several times
    #[arg(long = "break", value_name = "FAULT", value_parser = fault)]
    broken: Vec<Fault>,
    /// List the faults and exit
    #[arg(long)]
    list_faults: bool,
    /// Plain HTTP at addresses that your other programs can reach, too
    #[arg(long)]
    http: bool,
    #[command(flatten)]
    web: WebArgs,
    /// The least level that is logged
    #[arg(long = "log.level", value_enum, default_value = "error", value_name = "LEVEL")]
    log_level: Level,
    /// When to use colour
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,
}

/// Runs the command.
pub(super) async fn run(args: Args) -> ExitCode {
    if args.list_faults {
        let all: Vec<FaultRow<'_>> = Fault::ALL.iter().map(|fault| row(*fault, &[])).collect();
        super::print(&faults(&all, args.color.style()));
        return ExitCode::SUCCESS;
    }
    match Box::pin(demo(args)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => super::complain(&problem),
    }
}

/// Every round looks at everything: the lab is ours, so no limit of requests is obeyed.
struct EagerLook(Clock);

impl Look for EagerLook {
    async fn round(&self, target: &Target, before: Option<&Snapshot>, _: Pace) -> Round {
        round(&Looker::new(self.0), target, before, Pace::Full).await
    }
}

struct Demo {
    lab: Lab,
    target: Target,
    running: Running,
    style: Style,
}

async fn demo(args: Args) -> Result<(), String> {
    let daemon: Arc<Daemon> = Arc::default();
    logging::init(args.log_level, Format::default(), Arc::clone(&daemon))?;
    let listeners = app::bind(&args.web.listen).await?;
    let options = LabOptions { tls: !args.http, ..LabOptions::default() };
    let lab = Lab::start(options).await.map_err(|error| format!("the lab does not start: {error}"))?;
    for fault in &args.broken {
        lab.break_with(*fault);
    }
    let target = lab.target();
    let running = begin(target.clone(), listeners, &args.web, daemon).await?;
    let demo = Demo { lab, target, running, style: args.color.style() };
    demo.introduce(&args.web);
    demo.tell().await;
    demo.obey(BufReader::new(tokio::io::stdin()).lines()).await;
    demo.running.stop().await;
    match demo.lab.stop().await.as_slice() {
        [] => Ok(()),
        trespasses => Err(format!("ssowatch did what it must never do, which is a bug: {}", trespasses.join("; "))),
    }
}

async fn begin(
    target: Target,
    listeners: Vec<TcpListener>,
    args: &WebArgs,
    daemon: Arc<Daemon>,
) -> Result<Running, String> {
    let mut config = Config::of_targets(vec![target]);
    config.round = Schedule::Every(ROUND);
    let clock = Clock::System;
    let options = app::Options {
        web: web::Options { route_prefix: args.prefix(), ..web::Options::default() },
        clock,
        daemon,
        ..app::Options::default()
    };
    app::start_with(Arc::new(EagerLook(clock)), Arc::new(Looker::new(clock)), config, listeners, options)
        .await
        .map_err(|error| format!("no start: {error}"))
}

impl Demo {
    fn introduce(&self, args: &WebArgs) {
        let page = self.running.addresses.first().map(|address| format!("http://{address}{}", args.prefix()));
        let (provider, kasm) = (self.lab.provider_url(), self.lab.kasm_url());
        let places = Places {
            provider: provider.as_str().trim_end_matches('/'),
            kasm: kasm.as_str().trim_end_matches('/'),
            page: page.as_deref().unwrap_or_default(),
            example: EXAMPLE.id(),
        };
        super::print(&introduction(places, self.style));
    }

    /// Looks, and tells what `ssowatch check` would.
    async fn tell(&self) {
        let Round { snapshot, report } = round(&Looker::new(Clock::System), &self.target, None, Pace::Full).await;
        super::print(&text(&report, &snapshot, self.style));
    }

    /// Does what is typed, until the reader has enough. Without anybody who types, it runs until it is ended.
    async fn obey(&self, mut typed: Lines<BufReader<Stdin>>) {
        let is_interactive = std::io::stdin().is_terminal();
        let enough = async {
            // Without a handler there is no Ctrl-C to wait for, and the process ends by itself.
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        let typing = async {
            loop {
                self.prompt(is_interactive);
                match typed.next_line().await {
                    Ok(Some(line)) if matches!(line.trim(), "quit" | "exit" | "q") => return,
                    Ok(Some(line)) => self.command(line.trim()).await,
                    Ok(None) if is_interactive => return,
                    Ok(None) | Err(_) => std::future::pending().await,
                }
            }
        };
        tokio::select! {
            () = enough => {}
            () = typing => {}
            () = self.running.failed() => {}
        }
    }

    fn prompt(&self, is_interactive: bool) {
        if is_interactive {
            super::print("\n> ");
        }
    }

    async fn command(&self, line: &str) {
        let broken = self.lab.broken();
        match line {
            "" => return,
            "list" | "help" | "?" => {
                let rows: Vec<FaultRow<'_>> = Fault::ALL.iter().map(|fault| row(*fault, &broken)).collect();
                super::print(&faults(&rows, self.style));
                return;
            }
            "mend" => self.lab.mend_all(),
            id => match fault(id) {
                Ok(fault) if broken.contains(&fault) => self.lab.mend(fault),
                Ok(fault) => self.lab.break_with(fault),
                Err(problem) => {
                    super::print(&format!("{problem}\n"));
                    return;
                }
            },
        }
        super::print(&format!("\n{}\n\n", self.what_is_broken()));
        self.tell().await;
    }

    fn what_is_broken(&self) -> String {
        match self.lab.broken().as_slice() {
            [] => "Everything is mended.".to_owned(),
            broken => {
                let titles: Vec<&str> = broken.iter().map(|fault| fault.title()).collect();
                format!("Broken: {}", titles.join(" "))
            }
        }
    }
}

fn fault(id: &str) -> Result<Fault, String> {
    Fault::parse(id).ok_or_else(|| {
        let near = similar(id, Fault::ALL.iter().map(|fault| fault.id()));
        let hint = if near.is_empty() { String::new() } else { format!(" Did you mean {}?", near.join(" or ")) };
        format!("There is no fault {id}.{hint} `list` (or --list-faults) shows all.")
    })
}

fn row(fault: Fault, broken: &[Fault]) -> FaultRow<'static> {
    FaultRow {
        id: fault.id(),
        title: fault.title(),
        is_on: broken.contains(&fault),
        needs: fault.needs().map(|credential| match credential {
            crate::model::Credential::ClientSecret => "the client secret",
            crate::model::Credential::KasmKey => "a Kasm key",
            crate::model::Credential::ProviderAdminKey | crate::model::Credential::ProviderKey => "a Pocket ID key",
        }),
    }
}
