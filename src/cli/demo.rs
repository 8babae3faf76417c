//! `ssowatch demo`: the lab, the daemon and its page on loopback, with faults that are switched by typing their ids.

use std::{io::BufRead as _, process::ExitCode, sync::Arc, time::Duration};

use tokio::sync::mpsc;

use super::{
    terminal::Color,
    watch::{self, Watch},
};
use crate::{
    app::{self, ListenAddress, Running, TcpAddress},
    clock::{Clock, Time},
    collect::{CollectMode, CollectionPlan, Collector},
    config::{Config, Target},
    lab::{AppFault, Fault, Lab, LabOptions},
    model::Snapshot,
    render::{self, demo::FaultRow, style::Style},
    round::{Round, round},
    schedule::Schedule,
    scheduler::RunRound,
};

/// A fault shows this soon.
const ROUND_EVERY: Duration = Duration::from_secs(3);
/// After so many rounds without a change nothing more comes of a fault: the first may have begun before it.
const ENOUGH: usize = 2;
/// Where the page is, and where it is when that port is taken.
const USUAL: &str = "127.0.0.1:10059";
const FREE: &str = "127.0.0.1:0";
/// How often the results are looked at for news.
const LISTEN_EVERY: Duration = Duration::from_millis(200);

/// Arguments of this command.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Begin with this fault; may be given several times
    #[arg(long = "break", value_name = "FAULT", value_parser = Broken::parse)]
    broken: Vec<Broken>,
    /// List what can be broken, and exit
    #[arg(long)]
    list_faults: bool,
    /// Kasm alone and no credentials: what is seen from outside
    #[arg(long)]
    bare: bool,
    /// All credentials and four apps: the default
    #[arg(long, conflicts_with = "bare", hide = true)]
    full: bool,
    /// Plain HTTP at addresses that your other programs reach, too
    #[arg(long)]
    http: bool,
    /// Where the status page listens; without it at 127.0.0.1:10059, or on a free port where that is taken
    #[arg(long = "web.listen-address", value_name = "HOST:PORT")]
    listen: Option<TcpAddress>,
    /// When to use colour
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,
}

/// Something that can be broken: in Pocket ID, in Kasm and between the two, or in an app beside Kasm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Broken {
    Pair(Fault),
    App(AppFault),
}

impl Broken {
    fn all(bare: bool) -> impl Iterator<Item = Self> {
        let apps = AppFault::ALL.iter().filter(move |_| !bare).copied().map(Self::App);
        Fault::ALL.iter().copied().map(Self::Pair).chain(apps)
    }

    /// The fault of that id, whatever its case.
    ///
    /// # Errors
    /// There is none; what was meant.
    fn parse(id: &str) -> Result<Self, String> {
        let lower = id.to_lowercase();
        let known = Fault::parse(&lower).map(Self::Pair).or_else(|| AppFault::parse(&lower).map(Self::App));
        known.ok_or_else(|| match render::similar(&lower, Self::all(false).map(Self::id))[..] {
            [] => format!("no fault is named \"{id}\"; `ssowatch demo --list-faults` lists them"),
            ref names => format!("no fault is named \"{id}\"; did you mean {}?", names.join(" or ")),
        })
    }

    fn id(self) -> &'static str {
        match self {
            Self::Pair(fault) => fault.id(),
            Self::App(fault) => fault.id(),
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Pair(fault) => fault.title(),
            Self::App(fault) => fault.title(),
        }
    }

    /// The credential without which it is not seen, in a demo that has none.
    fn needs(self, bare: bool) -> Option<String> {
        match self {
            Self::Pair(fault) if bare => fault.needs().map(|credential| credential.to_string()),
            Self::Pair(_) | Self::App(_) => None,
        }
    }

    fn is_on(self, lab: &Lab) -> bool {
        match self {
            Self::Pair(fault) => lab.broken().contains(&fault),
            Self::App(fault) => lab.broken_apps().contains(&fault),
        }
    }

    fn switch(self, lab: &Lab, on: bool) {
        match (self, on) {
            (Self::Pair(fault), true) => lab.break_with(fault),
            (Self::Pair(fault), false) => lab.fix(fault),
            (Self::App(fault), true) => lab.break_app(fault),
            (Self::App(fault), false) => lab.fix_app(fault),
        }
    }

    /// Why nothing is to be seen of it.
    fn why_silent(self, bare: bool, lab: &LabOptions) -> String {
        match self {
            Self::Pair(fault) if let Some(why) = fault.why_silent() => format!("{why}."),
            Self::Pair(fault) if !fault.plays_on(lab) => "it changes nothing in this lab.".to_owned(),
            _ => match self.needs(bare) {
                Some(credential) => {
                    format!("it is seen only with {credential}; `ssowatch demo` without --bare has it.")
                }
                None => "what is wrong already hides it.".to_owned(),
            },
        }
    }
}

/// Runs the command.
pub(super) async fn run(args: Args) -> ExitCode {
    let style = args.color.style();
    if args.list_faults {
        super::print(&list(|_| false, "", args.bare, style));
        return ExitCode::SUCCESS;
    }
    match Box::pin(demo(args, style)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => super::complain(&problem),
    }
}

async fn demo(args: Args, style: Style) -> Result<(), String> {
    if let (true, Some(Broken::App(fault))) =
        (args.bare, args.broken.iter().find(|broken| matches!(broken, Broken::App(_))))
    {
        return Err(format!("{} is of an app that --bare leaves out", fault.id()));
    }
    let listeners = listeners(args.listen).await?;
    let options = LabOptions { tls: !args.http, other_apps: !args.bare, ..LabOptions::default() };
    let lab = Lab::start(options.clone()).await.map_err(|error| format!("the lab does not start: {error}"))?;
    for broken in &args.broken {
        broken.switch(&lab, true);
    }
    let targets = if args.bare { vec![lab.target()] } else { lab.targets_with_everything() };
    let mut config = Config::of_targets(targets.clone());
    config.round = Schedule::Every(ROUND_EVERY);
    let collector = Arc::new(Collector::new(Clock::System));
    let running = app::start_with(Arc::new(LookAtAll), collector, config, listeners, app::Options::default())
        .await
        .map_err(|error| format!("the daemon does not start: {error}"))?;
    super::print(&introduction(&running, &targets, style));
    let mut talk = Conversation { lab: &lab, options, bare: args.bare, style, targets: told(&targets), switched: None };
    let outcome = tokio::select! {
        () = talk.go_on(&running) => Ok(()),
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

/// Listens where it is wished, else at the daemon's own port, or at a free one where that is taken.
async fn listeners(wished: Option<TcpAddress>) -> Result<Vec<tokio::net::TcpListener>, String> {
    let at = async |address: TcpAddress| app::bind(&[ListenAddress::Tcp(address)]).await.map(|sockets| sockets.tcp);
    if let Some(address) = wished {
        return at(address).await;
    }
    match at(USUAL.parse()?).await {
        Ok(listeners) => Ok(listeners),
        Err(_) => at(FREE.parse()?).await,
    }
}

fn introduction(running: &Running, targets: &[Target], style: Style) -> String {
    let page = running.addresses.first().map_or_else(String::new, |address| format!("http://{address}"));
    let provider = targets.first().map(|target| target.facts().provider.url).unwrap_or_default();
    let apps: Vec<(String, String)> = targets
        .iter()
        .map(|target| (target.app.kind.map_or("Kasm", |kind| kind.title()).to_owned(), target.facts().app.url))
        .collect();
    render::demo::introduction(&provider, &apps, &page, Fault::RedirectUrlTrailingSlash.id(), style)
}

/// What was said of each target.
fn told(targets: &[Target]) -> Vec<Told> {
    let told = |target: &Target| Told { name: target.name.clone(), watch: Watch::new(false, ROUND_EVERY), at: None };
    targets.iter().map(told).collect()
}

/// What was said of a target last.
struct Told {
    name: String,
    watch: Watch,
    /// When the round was that was looked at last.
    at: Option<Time>,
}

/// A fault that was switched, until its effect is seen.
struct Switched {
    what: Broken,
    is_on: bool,
    /// How many whole rounds of each target have not shown it.
    rounds: Vec<usize>,
}

/// What is typed, and what is said.
struct Conversation<'l> {
    lab: &'l Lab,
    options: LabOptions,
    bare: bool,
    style: Style,
    targets: Vec<Told>,
    switched: Option<Switched>,
}

impl Conversation<'_> {
    /// Reports each change, and obeys what is typed, until `quit`.
    async fn go_on(&mut self, running: &Running) {
        let mut lines = typed_lines();
        let mut ticks = tokio::time::interval(LISTEN_EVERY);
        loop {
            tokio::select! {
                line = next_line(&mut lines) => match line.trim().to_lowercase().as_str() {
                    "quit" | "exit" | "q" => return,
                    line => super::print(&self.obey(line)),
                },
                _ = ticks.tick() => super::print(&self.news(running)),
            }
        }
    }

    /// What is new since the last time; empty where nothing is.
    fn news(&mut self, running: &Running) -> String {
        let mut news = String::new();
        for (index, told) in self.targets.iter_mut().enumerate() {
            let Some(latest) = running.results.entry(&told.name).and_then(|entry| entry.latest.clone()) else {
                continue;
            };
            if told.at.replace(latest.report.at) == Some(latest.report.at) {
                continue;
            }
            let round = Round { snapshot: Snapshot::clone(&latest.snapshot), report: latest.report.as_ref().clone() };
            match told.watch.worth_telling(std::slice::from_ref(&round)) {
                Some(gap) => {
                    news.push_str(&format!(
                        "{gap}{}\n",
                        render::text::brief(&round.report, &round.snapshot, self.style)
                    ));
                }
                None => {
                    if let Some(switched) = &mut self.switched {
                        switched.rounds[index] += 1;
                    }
                }
            }
        }
        if !news.is_empty() {
            self.switched = None;
        } else if let Some(over) = self.switched.take_if(|switched| switched.rounds.iter().all(|seen| *seen >= ENOUGH))
        {
            news = if over.is_on {
                format!("{} changes nothing: {}\n", over.what.id(), over.what.why_silent(self.bare, &self.options))
            } else {
                "Nothing else changes.\n".to_owned()
            };
        }
        news
    }

    /// Does what a line says; what to answer.
    fn obey(&mut self, line: &str) -> String {
        let (command, word) = line.split_once(' ').unwrap_or((line, ""));
        match command {
            "" => String::new(),
            "list" | "help" | "?" => list(|broken| broken.is_on(self.lab), word.trim(), self.bare, self.style),
            "fix" => {
                self.lab.fix_all();
                "Everything is fixed.\n".to_owned()
            }
            _ => match Broken::parse(line) {
                Ok(Broken::App(_)) if self.bare => "That app is not here: --bare leaves it out.\n".to_owned(),
                Ok(broken) => self.switch(broken),
                Err(problem) => format!("{problem}\n"),
            },
        }
    }

    fn switch(&mut self, broken: Broken) -> String {
        let is_on = !broken.is_on(self.lab);
        broken.switch(self.lab, is_on);
        self.switched = Some(Switched { what: broken, is_on, rounds: vec![0; self.targets.len()] });
        match is_on {
            true => format!("{} is on: {} Looking ...\n", broken.id(), broken.title()),
            false => format!("{} is fixed. Looking ...\n", broken.id()),
        }
    }
}

fn list(is_on: impl Fn(Broken) -> bool, word: &str, bare: bool, style: Style) -> String {
    let holds = |broken: &Broken| broken.id().contains(word) || broken.title().to_lowercase().contains(word);
    let found: Vec<(Broken, Option<String>)> =
        Broken::all(bare).filter(holds).map(|broken| (broken, broken.needs(bare))).collect();
    if found.is_empty() {
        return format!("Nothing here has to do with \"{word}\"; `list` alone shows everything.\n");
    }
    let rows: Vec<FaultRow<'_>> = found
        .iter()
        .map(|(broken, needs)| FaultRow {
            id: broken.id(),
            title: broken.title(),
            is_on: is_on(*broken),
            needs: needs.as_deref(),
        })
        .collect();
    render::demo::faults(&rows, style)
}

/// Looks at everything in every round: the lab is our own, so that there is nobody to be spared.
struct LookAtAll;

impl RunRound for LookAtAll {
    async fn round(&self, target: &Target, before: Option<&Snapshot>, _: CollectionPlan) -> Round {
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
