//! `ssowatch clients`: the clients that a provider has registered, with the target that watches each.

use std::process::ExitCode;

use super::{source::SourceArgs, terminal::Color};
use crate::{
    clock::Clock,
    collect::Collector,
    config::{Config, Target},
    model::{ClientsToldBy, ProviderClients},
    render::clients::{self, ClientList},
};

/// Arguments of this command.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// For programs: format 1, which only grows
    #[arg(long)]
    json: bool,
    /// When to use colour
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,
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
    let config = args.source.load_provider()?.usable()?;
    super::warn(&config.warnings);
    let mut lists = Vec::new();
    for target in tellers(&config)? {
        let seen = ask(target).await?;
        let mut facts = target.facts();
        if !args.source.names_an_app() {
            facts.app.url.clear();
        }
        lists.push(ClientList::of(&facts, &seen, None, Clock::System.now()));
    }
    if args.json {
        return clients::json(&lists).map_err(|error| error.to_string());
    }
    let style = args.color.style();
    Ok(lists.iter().map(|list| clients::text(list, style)).collect::<Vec<_>>().join("\n"))
}

/// The clients of a target's provider.
///
/// # Errors
/// Why they cannot be told, for a person.
pub(super) async fn ask(target: &Target) -> Result<ProviderClients, String> {
    let url = target.provider.url.as_str().trim_end_matches('/');
    let seen = Collector::new(Clock::System).clients(target).await;
    seen.value.map_err(|missing| format!("{url}: its clients cannot be told: {missing}"))
}

/// The targets that tell of the clients of their provider, one for each provider.
fn tellers(config: &Config) -> Result<Vec<&Target>, String> {
    let is_teller = |target: &&Target| {
        target.provider.api_key.is_some() && matches!(target.clients_told_by, ClientsToldBy::This(_))
    };
    let tellers: Vec<&Target> = config.targets.iter().filter(is_teller).collect();
    if tellers.is_empty() {
        return Err(
            "this needs a Pocket ID API key of an admin: --provider.api-key-file FILE, or provider.api_key_file in \
                    the configuration"
                .to_owned(),
        );
    }
    Ok(tellers)
}
