//! `ssowatch plan`: every request that a configuration leads to.

use std::{collections::BTreeMap, fmt::Write as _, process::ExitCode};

use super::source::SourceArgs;
use crate::{
    clock::{Clock, Time},
    config::{Config, HttpSettings, Target},
    model::{Interval, PlannedRequest, Side, SourceId, SourcePlan},
    providers::pocket_id::{Dialect, ProviderKind},
    schedule::Schedule,
};

/// Arguments of this command.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    source: SourceArgs,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> ExitCode {
    match args.source.load() {
        Ok(config) => {
            super::config::warn(&config.warnings);
            super::print(&plan(&config, Clock::System.now()));
            ExitCode::SUCCESS
        }
        Err(problem) => super::complain(&problem),
    }
}

/// The plan of every target, and what follows from it.
fn plan(config: &Config, now: Time) -> String {
    let mut out = String::new();
    if config.rounds_off {
        out.push_str("Rounds are off: what follows is sent when /probe asks, and no more often than it says here.\n\n");
    }
    for (index, target) in config.targets.iter().enumerate() {
        let twin = config.targets[..index].iter().find(|earlier| shares_provider(earlier, target));
        TargetPlan { config, target, twin, now }.write(&mut out);
        out.push('\n');
    }
    out.push_str(
        "A request that failed, or whose facts changed, is repeated in the next round.\n\
         Nothing is ever changed on either side, and Kasm's callback is never requested.\n",
    );
    out
}

/// Warns of providers whose targets together want more than they may: some of what is asked now and then is put off for
/// good then, and it cannot be told whether people can sign in.
pub(super) fn overloads(config: &Config, now: Time) -> Vec<String> {
    let mut rates: BTreeMap<&str, (usize, f64)> = BTreeMap::new();
    for (index, target) in config.targets.iter().enumerate() {
        let twin = config.targets[..index].iter().find(|earlier| shares_provider(earlier, target));
        let (targets, rate) = rates.entry(target.provider.url.as_str()).or_default();
        *targets += 1;
        *rate += TargetPlan { config, target, twin, now }.per_minute(Side::Provider);
    }
    let most = config.requests_per_minute;
    let too_much = rates.into_iter().filter(|(_, (_, rate))| *rate > f64::from(most) && !config.rounds_off);
    let told = |(url, (targets, rate)): (&str, (usize, f64))| {
        let wanted = rate.ceil();
        format!(
            "{url}: its targets ({targets}) want {wanted} requests a minute together, and it gets {most}: some may wait for \
             good, and whether people can sign in cannot be told then; raise schedule.requests_per_minute to {wanted}, or \
             let rounds be further apart"
        )
    };
    too_much.map(told).collect()
}

fn shares_provider(one: &Target, other: &Target) -> bool {
    one.provider.url == other.provider.url && one.provider.internal_url == other.provider.internal_url
}

struct TargetPlan<'a> {
    config: &'a Config,
    target: &'a Target,
    /// An earlier target of the same provider, whose looks serve this one too.
    twin: Option<&'a Target>,
    now: Time,
}

impl TargetPlan<'_> {
    fn write(&self, out: &mut String) {
        let facts = self.target.facts();
        let _ = writeln!(out, "{}", facts.name);
        let urls = [(Side::Provider, "provider", facts.provider.url), (Side::App, "Kasm", facts.kasm.url)];
        for (side, name, url) in urls {
            let _ = writeln!(out, "\n  {name} {url}");
            self.write_side(out, side);
            let rate = self.per_minute(side);
            let _ = writeln!(
                out,
                "    on average {rate:.1} requests a minute{}",
                too_many(rate, self.config.requests_per_minute)
            );
        }
        if let Some(internal) = facts.provider.internal_url {
            let _ = writeln!(out, "\n  What the discovery document names at {internal} is asked there.");
        }
        if self.target.provider.kind.is_some_and(|kind| kind != ProviderKind::PocketId) {
            out.push_str(
                "\n  The addresses that the discovery document names take the place of the provider's paths.\n",
            );
        }
    }

    fn write_side(&self, out: &mut String, side: Side) {
        let mut rows = vec![["source", "request", "how often", "with", "leaves there"].map(str::to_owned)];
        let mut notes = vec![String::new()];
        for plan in SourceId::ALL.map(SourceId::plan) {
            if plan.source.side() != side || !self.applies(&plan) {
                continue;
            }
            for (index, (request, note)) in self.requests(&plan).into_iter().enumerate() {
                let source = if index == 0 { plan.source.id() } else { "" };
                let with = if plan.requests.is_empty() { "-".to_owned() } else { self.with(&plan) };
                let cells = [source, &request, &self.how_often(&plan), &with, plan.leaves];
                rows.push(cells.map(str::to_owned));
                let note = [note, if index == 0 { plan.notes } else { "" }];
                notes.push(note.into_iter().filter(|note| !note.is_empty()).collect::<Vec<_>>().join("; "));
            }
        }
        write_table(out, &rows, &notes);
    }

    /// Each request in words, with its condition.
    fn requests(&self, plan: &SourcePlan) -> Vec<(String, &'static str)> {
        if plan.requests.is_empty() {
            return vec![("a connection".to_owned(), "")];
        }
        let is_asked = |request: &&PlannedRequest| match self.target.provider.kind {
            Some(ProviderKind::Openid) => request.of.includes(Dialect::Openid, false),
            _ => true,
        };
        let words = |request: &PlannedRequest| {
            let condition = if self.target.provider.kind.is_none() { request.of.in_words() } else { "" };
            (format!("{} {}", request.method, request.path), condition)
        };
        plan.requests.iter().filter(is_asked).map(words).collect()
    }

    /// Whether it is asked at all: with the credentials that the config names, and of this kind of provider.
    fn applies(&self, plan: &SourcePlan) -> bool {
        let facts = self.target.facts();
        let is_wanted = match plan.source {
            SourceId::ClientToken => self.target.token_enabled,
            SourceId::KasmUser => facts.expect.user.is_some(),
            SourceId::ClaimsPreview => self.target.expect.user.is_some(),
            SourceId::LastSignIn => self.target.last_sign_in_enabled,
            _ => true,
        };
        let has_all = plan.needs.iter().all(|credential| facts.credentials.contains(credential));
        is_wanted && has_all && (is_connection(plan.source) || !self.requests(plan).is_empty())
    }

    fn how_often(&self, plan: &SourcePlan) -> String {
        if let Some(twin) = self.twin.filter(|_| plan.is_shared) {
            return format!("with {}", twin.name);
        }
        match plan.source.interval() {
            Interval::Round => self.config.round.in_words(),
            Interval::Settings => self.settings().in_words(),
            Interval::Hourly => "once an hour".to_owned(),
            Interval::Token => self.config.token.in_words(),
            Interval::Daily if self.target.passkey_enabled => "once a day".to_owned(),
            Interval::Daily => "off".to_owned(),
        }
    }

    /// How old a settings source gets.
    fn settings(&self) -> Schedule {
        Schedule::Every(self.config.settings_every)
    }

    /// What a request carries: its credential, and what every request to this side does.
    fn with(&self, plan: &SourcePlan) -> String {
        let HttpSettings { basic_auth, headers, .. } = match plan.source.side() {
            Side::Provider => &self.target.provider.http,
            Side::App => &self.target.kasm.http,
        };
        let carried = [basic_auth.as_ref().map(|_| "basic_auth"), (!headers.is_empty()).then_some("http_headers")];
        let needed = plan.needs.iter().map(|credential| credential.short());
        let carried: Vec<&str> = needed.chain(carried.into_iter().flatten()).collect();
        if carried.is_empty() { "-".to_owned() } else { carried.join(", ") }
    }

    /// Requests a minute to one side, of a provider of the newest dialect and a Kasm with one config.
    fn per_minute(&self, side: Side) -> f64 {
        let dialect = match self.target.provider.kind {
            Some(ProviderKind::Openid) => Dialect::Openid,
            _ => Dialect::Fosite,
        };
        let round = self.config.round.per_minute(self.now);
        let counted = |plan: &SourcePlan| {
            plan.source.side() == side && self.applies(plan) && !(plan.is_shared && self.twin.is_some())
        };
        SourceId::ALL
            .map(SourceId::plan)
            .iter()
            .filter(|plan| counted(plan))
            .map(|plan| {
                let requests = plan.requests.iter().filter(|request| request.of.includes(dialect, false)).count();
                let rate = match plan.source.interval() {
                    Interval::Round => round,
                    // Settings are asked with a round, so never more often than that.
                    Interval::Settings => self.settings().per_minute(self.now).min(round),
                    Interval::Hourly => 1.0 / 60.0,
                    Interval::Token => self.config.token.per_minute(self.now).min(round),
                    Interval::Daily if self.target.passkey_enabled => 1.0 / 1440.0,
                    Interval::Daily => 0.0,
                };
                requests as f64 * rate
            })
            .sum()
    }
}

fn is_connection(source: SourceId) -> bool {
    matches!(source, SourceId::ProviderConnection | SourceId::AppConnection)
}

fn too_many(per_minute: f64, most: u32) -> String {
    if per_minute <= f64::from(most) {
        return String::new();
    }
    format!(": more than {most}, so some will wait; let rounds be further apart, or raise schedule.requests_per_minute")
}

/// Columns as wide as their widest cell; a note stands below its row.
fn write_table<const N: usize>(out: &mut String, rows: &[[String; N]], notes: &[String]) {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    for (row, note) in rows.iter().zip(notes) {
        let mut line = String::from("   ");
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(line, " {cell:<width$} ");
        }
        let _ = writeln!(out, "{}", line.trim_end());
        if !note.is_empty() {
            let _ = writeln!(out, "{:indent$}({note})", "", indent = widths[0] + 6);
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use super::*;

    fn plan_of(text: &str) -> String {
        let config = Config::parse(text, "f", std::path::Path::new(""), &|_| None).unwrap();
        plan(&config, Utc.with_ymd_and_hms(2026, 11, 24, 12, 0, 0).unwrap())
    }

    const TWO: &str = "targets:
  - name: home
    provider: {url: https://id.example.com}
    kasm: {url: https://kasm.example.com, http_headers: {X-Access: {secrets: [canary]}}}
  - name: work
    provider: {url: https://id.example.com}
    kasm: {url: https://notifier.example.com}
";

    #[test]
    fn every_source_of_a_target_stands_in_the_plan_with_its_address_and_traces() {
        let text = plan_of(TWO);
        let home = text.split("\nwork\n").next().unwrap();
        for source in SourceId::ALL.into_iter().filter(|source| source.needs().is_empty()) {
            assert!(home.contains(&format!("\n    {} ", source.id())), "{}", source.id());
        }
        for part in [
            "  provider https://id.example.com\n",
            "  Kasm https://kasm.example.com\n",
            "GET /.well-known/openid-configuration               every 60 seconds  -",
            "POST /api/sso                    every 60 seconds  http_headers",
            "GET /authorize?{Kasm's own parameters}&prompt=none  every 5 minutes   -     from 2.10: one log line",
            "GET /api/webauthn/login/start                       off",
        ] {
            assert!(home.contains(part), "{part} in\n{home}");
        }
        assert!(!text.contains("canary"));
    }

    #[test]
    fn the_averages_are_what_the_intervals_give_and_shared_looks_count_once() {
        let text = plan_of(TWO);
        let averages: Vec<&str> = text.lines().filter(|line| line.contains("on average")).map(str::trim).collect();
        assert_eq!(
            averages,
            [
                "on average 4.2 requests a minute",
                "on average 3.4 requests a minute",
                "on average 1.4 requests a minute",
                "on average 3.4 requests a minute",
            ]
        );
        assert!(text.contains("with home"), "{text}");
    }

    #[test]
    fn another_provider_is_not_asked_what_is_pocket_ids_own() {
        let text = plan_of(&TWO.replace("https://id.example.com}", "https://id.example.com, kind: openid}"));
        for part in ["client_meta", "passkey_domain", "callback-url"] {
            assert!(!text.contains(part), "{part}");
        }
        assert!(text.contains("take the place of the provider's paths"), "{text}");
    }

    #[test]
    fn too_many_requests_are_told() {
        let text = plan_of(&format!("{TWO}schedule: {{round: every 10s}}\n"));
        assert!(text.contains("on average 19.2 requests a minute: more than 12, so some will wait"), "{text}");
    }

    #[test]
    fn a_provider_whose_targets_together_want_too_much_is_warned_of() {
        let told = |targets: usize, schedule: &str| {
            let target = |n: usize| {
                format!(
                    "  - {{name: t{n}, provider: {{url: https://id.example.com}}, kasm: {{url: https://k{n}.example.com}}}}\n"
                )
            };
            let text = format!("targets:\n{}schedule: {{{schedule}}}\n", (0..targets).map(target).collect::<String>());
            let config = Config::parse(&text, "f", std::path::Path::new(""), &|_| None).unwrap();
            overloads(&config, Utc.with_ymd_and_hms(2026, 11, 24, 12, 0, 0).unwrap())
        };
        assert_eq!(told(6, "round: every 60s"), [""; 0]);
        let many = told(14, "round: every 60s").join("\n");
        assert!(
            many.contains("(14) want 23 requests a minute") && many.contains("requests_per_minute to 23"),
            "{many}"
        );
        assert_eq!(told(14, "round: every 60s, requests_per_minute: 23"), [""; 0]);
        assert_eq!(told(1, "round: every 10s").len(), 1);
    }
}
