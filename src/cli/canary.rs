//! `ssowatch canary`: enrol a test user with a software passkey, sign in once, see how it is, undo it.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use super::source::SourceArgs;
use crate::{
    canary::{Enrolled, runs},
    clock::{Clock, Time},
    collect::{
        CollectMode, Collector,
        sign_in::{Enrolment, enroll},
    },
    config::{Config, Secret, Target},
    model::{Observed, SignIn},
    render::canary,
};

/// Arguments of this command.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Register a passkey for the test user, by a login code that an admin made for it
    Enroll(EnrollArgs),
    /// Sign in once, unless the last sign-in is younger than canary.every
    Run(TargetArgs),
    /// What is enrolled, and what the last sign-in showed
    Status(TargetArgs),
    /// Delete the passkey file, and say what is left to do at the provider and the app
    Remove(TargetArgs),
}

#[derive(Debug, clap::Args)]
struct EnrollArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// The target whose app gets the consent; the first that the canary signs in to, if left out
    target: Option<String>,
    /// The test user's name; canary.user if left out
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// The login code: Pocket ID, Administration > Users > the user > Login Code
    #[arg(long, value_name = "CODE")]
    code: String,
    /// Where the passkey goes; canary.passkey_file if left out
    #[arg(long, value_name = "FILE")]
    passkey_file: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct TargetArgs {
    #[command(flatten)]
    source: SourceArgs,
    /// Only this target
    target: Option<String>,
}

/// Runs the command.
pub(super) async fn run(args: Args) -> ExitCode {
    let outcome = match args.command {
        Command::Enroll(args) => Box::pin(enrolled(args)).await,
        Command::Run(args) => Box::pin(once(&args)).await,
        Command::Status(args) => status(&args),
        Command::Remove(args) => remove(&args),
    };
    match outcome {
        Ok(code) => code,
        Err(problem) => super::complain(&problem),
    }
}

/// The targets that the canary signs in to, or the one that is named.
fn targets(config: &Config, wanted: Option<&str>) -> Result<Vec<Target>, String> {
    let all = config.targets.iter().filter(|target| target.canary.is_some());
    let found: Vec<Target> = all.filter(|target| wanted.is_none_or(|name| target.name == name)).cloned().collect();
    match wanted {
        _ if !found.is_empty() => Ok(found),
        Some(name) => Err(format!("the canary does not sign in to {name:?}; canary.targets names those it does")),
        None => {
            Err("no canary is configured: canary: {user: canary, passkey_file: FILE} in the configuration".to_owned())
        }
    }
}

async fn enrolled(args: EnrollArgs) -> Result<ExitCode, String> {
    let config = args.source.load_usable()?;
    let configured = config.canary.as_ref();
    let target = match (&args.target, configured) {
        (None, Some(settings)) => config.targets.iter().find(|target| settings.targets.contains(&target.name)),
        (None, None) => config.targets.first(),
        (Some(name), _) => config.targets.iter().find(|target| target.name == *name),
    };
    let target = target.ok_or("there is no such target")?;
    let canary = configured.map(|settings| &settings.canary);
    let user = args.user.or_else(|| canary.map(|canary| canary.user.clone()));
    let user = user.ok_or("--user is missing: the test user's name")?;
    if let Some(other) = canary.filter(|canary| canary.user != user) {
        return Err(format!("--user names {user:?}, and canary.user {:?}", other.user));
    }
    let file = args.passkey_file.or_else(|| canary.map(|canary| canary.passkey_file.clone()));
    let file = file.ok_or("--passkey-file is missing: where the passkey goes")?;
    let collector = Collector::new(Clock::System);
    let snapshot = collector.observe(target, None, CollectMode::Full).await;
    let code = Secret::new(args.code);
    let enrolment = Enrolment { target, snapshot: &snapshot, user: &user, code, passkey_file: &file };
    let placed = enroll(&collector, &enrolment).await?;
    super::print(&format!(
        "{user} is enrolled: a passkey for {} ({}), kept in {}.\n",
        placed.rp_id,
        placed.passkey_id,
        file.display()
    ));
    match placed.without_consent {
        None => super::print("The consent for the app's client is given.\n"),
        Some(why) => super::warn(&[format!("the consent is not given yet, the first sign-in will do it: {why}")]),
    }
    if canary.is_none() {
        super::print(&format!(
            "Write this into the configuration:\n  canary: {{user: {user}, passkey_file: {}}}\n",
            file.display()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// Signs in once to each target: 0 good, 1 something of the canary's own, 2 people cannot sign in, 3 not run.
async fn once(args: &TargetArgs) -> Result<ExitCode, String> {
    let config = args.source.load_usable()?;
    let now = Clock::System.now();
    let mut worst = 0;
    for target in targets(&config, args.target.as_deref())? {
        if in_maintenance(&config, &target.name, now) {
            super::print(&format!("{}: in maintenance, so the canary does not sign in\n", target.name));
            worst = worst.max(3);
            continue;
        }
        let before = begun(&target);
        let collector = Collector::new(Clock::System);
        collector.let_the_canary_sign_in(Arc::new(|_, _| false));
        let seen = collector.observe(&target, None, CollectMode::Full).await.canary_sign_in;
        let has_run = begun(&target) != before;
        super::print(&told(&target, &seen, has_run));
        worst = worst.max(code(&seen, has_run));
    }
    Ok(ExitCode::from(worst))
}

fn in_maintenance(config: &Config, target: &str, now: Time) -> bool {
    let windows = crate::notify::maintenance::Windows::default();
    windows.configure(&config.maintenance);
    windows.active(now, target).is_some()
}

/// When the last run of a target began.
fn begun(target: &Target) -> Option<Time> {
    let file = &target.canary.as_ref()?.passkey_file;
    Some(runs::load(file).ok()?.get(&target.name)?.begun_at)
}

fn code(seen: &Observed<SignIn>, has_run: bool) -> u8 {
    match seen.ok().filter(|_| has_run) {
        None => 3,
        Some(run) => match run.failure() {
            None => 0,
            Some(failure) if matches!(failure.blame, crate::model::Blame::Canary | crate::model::Blame::Unclear) => 1,
            Some(_) => 2,
        },
    }
}

fn told(target: &Target, seen: &Observed<SignIn>, has_run: bool) -> String {
    let name = &target.name;
    let lead = match (&seen.value, has_run) {
        (Ok(_), true) => String::new(),
        (Ok(_), false) => {
            let every = target.canary.as_ref().map_or(0, |canary| canary.every.as_secs() / 60);
            format!("{name}: not signed in, since it does so once in {every} minutes; the last time:\n")
        }
        (Err(why), _) => return format!("{name}: not signed in: {why}\n"),
    };
    format!("{lead}{name}: {}\n", canary::details(seen).unwrap_or_default())
}

fn status(args: &TargetArgs) -> Result<ExitCode, String> {
    let config = args.source.load()?;
    let mut shown: Option<PathBuf> = None;
    for target in targets(&config, args.target.as_deref())? {
        let Some(canary) = &target.canary else { continue };
        if shown.as_ref() != Some(&canary.passkey_file) {
            super::print(&enrolment(&canary.passkey_file));
            shown = Some(canary.passkey_file.clone());
        }
        let known = runs::load(&canary.passkey_file).map_err(|error| format!("the record of runs: {error}"))?;
        let last = known.get(&target.name).and_then(|run| run.last.as_ref());
        let text = last.and_then(canary::details).unwrap_or_else(|| "has not signed in yet".to_owned());
        super::print(&format!("{}: {text}\n", target.name));
    }
    Ok(ExitCode::SUCCESS)
}

fn enrolment(file: &Path) -> String {
    match Enrolled::load(file) {
        Ok(enrolled) => format!(
            "{} is enrolled since {} with a passkey for {} ({})\n",
            enrolled.user,
            enrolled.at.format("%Y-%m-%d %H:%M UTC"),
            enrolled.passkey.rp_id(),
            enrolled.passkey.id()
        ),
        Err(problem) => format!("{}: {problem}\n", file.display()),
    }
}

fn remove(args: &TargetArgs) -> Result<ExitCode, String> {
    let config = args.source.load()?;
    let settings = config.canary.as_ref().ok_or("no canary is configured")?;
    let file = &settings.canary.passkey_file;
    for path in [file.clone(), runs::place(file)] {
        match std::fs::remove_file(&path) {
            Ok(()) => super::print(&format!("{} is deleted.\n", path.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(format!("{}: {error}", path.display())),
        }
    }
    let user = &settings.canary.user;
    super::print(&format!(
        "What is left to do:\n\
         - Pocket ID: Administration > Users > {user}: delete the user, and with it its passkey, its consents and its API \
         key. A session that it has ends an hour after its last sign-in.\n\
         - The app: delete the user {user}, if the canary was complete: true; it may hold a licence seat.\n\
         - The configuration: take the key canary out.\n\
         The provider's audit log keeps its entries for as long as it keeps any.\n"
    ));
    Ok(ExitCode::SUCCESS)
}
