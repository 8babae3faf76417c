//! `ssowatch demo`: the lab, the daemon and its page on loopback, with faults that are switched by typing their ids.

use std::{io::BufRead as _, process::ExitCode, sync::Arc, time::Duration};

use tokio::sync::mpsc;

use super::{
    terminal::Color,
    watch::{self, Watch},
};
use crate::{
    app::{self, ListenAddress, Running, TcpAddress},
    clock::Clock,
    collect::{CollectMode, Collector},
    config::{Config, Target},
    lab::{Fault, Lab, LabOptions},
    model::Snapshot,
    render::{
        self,
        demo::{FaultRow, Places},
        style::Style,
    },
    round::{Round, round},
    schedule::Schedule,
    scheduler::RunRound,
};

/// A fault shows this soon.
const ROUND_EVERY: Duration = Duration::from_secs(3);
/// How often the results is looked at for news.
const LISTEN_EVERY: Duration = Duration::from_millis(200);

/// Arguments of this command.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Begin with this fault; may be given several times
    #[arg(long = "break", value_name = "FAULT", value_parser = fault)]
    broken: Vec<Fault>,
    /// List what can be broken, and exit
    #[arg(long)]
    list_faults: bool,
    /// Plain HTTP at addresses that your other programs reach, too
    #[arg(long)]
    http: bool,
    /// Where the status page listens
    #[arg(long = "web.listen-address", value_name = "HOST:PORT", default_value = "127.0.0.1:10059")]
    listen: TcpAddress,
    /// When to use colour
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,
}

/// Runs the command.
pub(super) async fn run(args: Args) -> ExitCode {
    let style = args.color.style();
    if args.list_faults {
        super::print(&list(&[], style));
        return ExitCode::SUCCESS;
    }
    match Box::pin(demo(args, style)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => super::complain(&problem),
    }
}

async fn demo(args: Args, style: Style) -> Result<(), String> {
    let listeners = app::bind(&[ListenAddress::Tcp(args.listen)]).await?.tcp;
    let options = LabOptions { tls: !args.http, ..LabOptions::default() };
    let lab = Lab::start(options).await.map_err(|error| format!("the lab does not start: {error}"))?;
    for fault in args.broken {
        lab.break_with(fault);
    }
    let target = lab.target();
    let mut config = Config::of_targets(vec![target.clone()]);
    config.round = Schedule::Every(ROUND_EVERY);
    let collector = Arc::new(Collector::new(Clock::System));
    let running = app::start_with(Arc::new(LookAtAll), collector, config, listeners, app::Options::default())
        .await
        .map_err(|error| format!("the daemon does not start: {error}"))?;
    super::print(&introduction(&running, &target, style));
    let outcome = tokio::select! {
        () = converse(&lab, &running, &target.name, style) => Ok(()),
        () = running.failed() => Err("a part of the daemon ended, which is a bug".to_owned()),
        () = watch::enough() => Ok(()),
    };
    running.stop().await;
    // The lab knows what must never be done to a real server, and watches for it here, too.
    match lab.stop().await {
        violations if violations.is_empty() => outcome,
        violations => Err(format!("what must never happen did happen, please report it: {}", violations.join("; "))),
    }
}

fn introduction(running: &Running, target: &Target, style: Style) -> String {
    let page = running.addresses.first().map_or_else(String::new, |address| format!("http://{address}"));
    let facts = target.facts();
    let places = Places {
        provider: &facts.provider.url,
        kasm: &facts.app.url,
        page: &page,
        example: Fault::RedirectUrlTrailingSlash.id(),
    };
    render::demo::introduction(places, style)
}

/// Tells each change of the report, and obeys what is typed, until `quit`.
async fn converse(lab: &Lab, running: &Running, target: &str, style: Style) {
    let mut lines = typed_lines();
    let mut watch = Watch::new(false, ROUND_EVERY);
    let mut ticks = tokio::time::interval(LISTEN_EVERY);
    loop {
        tokio::select! {
            line = next_line(&mut lines) => match line.trim() {
                "quit" | "exit" | "q" => return,
                line => super::print(&obey(lab, line, style)),
            },
            _ = ticks.tick() => {
                if let Some(news) = news(&mut watch, running, target, style) {
                    super::print(&news);
                }
            }
        }
    }
}

fn news(watch: &mut Watch, running: &Running, target: &str, style: Style) -> Option<String> {
    let latest = running.results.entry(target)?.latest.clone()?;
    let round = Round { snapshot: Snapshot::clone(&latest.snapshot), report: latest.report.as_ref().clone() };
    let gap = watch.worth_telling(std::slice::from_ref(&round))?;
    Some(format!("{gap}{}\n", render::text::brief(&round.report, &round.snapshot, style)))
}

/// Does what a line says; what to answer.
fn obey(lab: &Lab, line: &str, style: Style) -> String {
    match line {
        "" => String::new(),
        "list" | "help" | "?" => list(&lab.broken(), style),
        "fix" => {
            lab.fix_all();
            "Everything is fixed.\n".to_owned()
        }
        id => match fault(id) {
            Ok(fault) => switch(lab, fault),
            Err(problem) => format!("{problem}\n"),
        },
    }
}

fn switch(lab: &Lab, fault: Fault) -> String {
    if lab.broken().contains(&fault) {
        lab.fix(fault);
        return format!("{fault} is fixed.\n");
    }
    lab.break_with(fault);
    let seen = fault.needs().map_or_else(String::new, |needs| format!(" (seen only with {needs})"));
    format!("{fault} is on: {}{seen}\n", fault.title())
}

fn list(on: &[Fault], style: Style) -> String {
    let needs: Vec<Option<String>> =
        Fault::ALL.iter().map(|fault| fault.needs().map(|credential| credential.to_string())).collect();
    let rows: Vec<FaultRow<'_>> = Fault::ALL
        .iter()
        .zip(&needs)
        .map(|(fault, needs)| FaultRow {
            id: fault.id(),
            title: fault.title(),
            is_on: on.contains(fault),
            needs: needs.as_deref(),
        })
        .collect();
    render::demo::faults(&rows, style)
}

fn fault(id: &str) -> Result<Fault, String> {
    Fault::parse(id).ok_or_else(|| match render::similar(id, Fault::ALL.iter().map(|fault| fault.id()))[..] {
        [] => format!("no fault is named \"{id}\"; `ssowatch demo --list-faults` lists them"),
        ref names => format!("no fault is named \"{id}\"; did you mean {}?", names.join(" or ")),
    })
}

/// Looks at everything in every round: the lab is our own, so that there is nobody to be spared.
struct LookAtAll;

impl RunRound for LookAtAll {
    async fn round(&self, target: &Target, before: Option<&Snapshot>, _: CollectMode) -> Round {
        Box::pin(round(&Collector::new(Clock::System), target, before, CollectMode::Full)).await
    }
}

/// What is typed, line by line. Reading blocks, so it has a thread of its own, which ends with the process.
fn typed_lines() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// The next line. None comes once standard input has ended; the demo goes on then, and Ctrl-C ends it.
async fn next_line(lines: &mut mpsc::Receiver<String>) -> String {
    match lines.recv().await {
        Some(line) => line,
        None => std::future::pending().await,
    }
}
