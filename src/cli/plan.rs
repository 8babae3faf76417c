//! `ssowatch plan`: every request that a configuration leads to.

use std::{collections::BTreeMap, fmt::Write as _, process::ExitCode};

use super::source::SourceArgs;
use crate::{
    apps::{AppKind, AppName},
    clock::{Clock, Time},
    config::{Canary, Config, Demand, HttpSettings},
    model::{PlannedRequest, Side, Source},
    providers::{ProviderKind, pocket_id::SignInTraces},
    schedule::{Schedule, duration},
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
            super::warn(&config.warnings);
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
    for demand in config.demands() {
        TargetPlan { demand, now }.write(&mut out);
        out.push('\n');
    }
    out.push_str(&together(config, now));
    out.push_str("A request that failed, or whose facts changed, is repeated in the next round.\n");
    out.push_str(match &config.canary {
        None => "Nothing is ever changed on either side, and an app's callback is never requested.\n",
        Some(settings) if settings.canary.complete => {
            "Only the canary changes something: what it leaves is listed above. A sign-in of it that failed is not \
             repeated before its next turn.\n"
        }
        Some(_) => {
            "Only the canary changes something: what it leaves is listed above. A sign-in of it that failed is not \
             repeated before its next turn. No app's callback is ever requested.\n"
        }
    });
    out
}

/// What the canary does and leaves, by release.
fn write_canary(out: &mut String, canary: &Canary) {
    let every = duration::short(canary.every);
    let _ = writeln!(
        out,
        "\n  The canary signs in as {} every {every}, never in maintenance; each time it starts a login at Kasm (POST /api/sso).",
        canary.user
    );
    for (span, traces) in [("up to 2.9", SignInTraces::LEGACY), ("from 2.10", SignInTraces::FOSITE)] {
        let SignInTraces { enrolment_audit, run_audit, run_rows, row } = traces;
        let plural = if run_rows == 1 { "" } else { "s" };
        let _ = writeln!(
            out,
            "  Pocket ID {span}: enrolment leaves a passkey, a consent and the audit entries {}; each sign-in leaves the\n  \
             audit entries {} and {run_rows} {row}{plural} (removed within a day).",
            enrolment_audit.join(", "),
            run_audit.join(", ")
        );
    }
    out.push_str(
        "  A sign-in that is refused leaves one challenge, removed within a day. The first from a new address may mail the \n  \
         canary's user, if Pocket ID mails about new devices.\n",
    );
    out.push_str(if canary.complete {
        "  It goes on to Kasm's callback (GET /api/oidc_callback): Kasm redeems the code, makes the user at the first\n  \
         sign-in (which may take a licence seat) and hands a session over, which is not taken up.\n"
    } else {
        "  It stops at the code, which nobody redeems: Kasm's callback is not requested.\n"
    });
}

/// What the targets of each provider cost it together, and what one more adds.
fn together(config: &Config, now: Time) -> String {
    let mut providers: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for demand in config.demands() {
        let url = demand.target.provider.url.as_str().trim_end_matches('/');
        providers.entry(url).or_default().push(demand.per_minute(Side::Provider, now));
    }
    let several = providers.into_iter().filter(|(_, rates)| rates.len() > 1);
    let mut out = String::new();
    for (url, rates) in several {
        let (sum, last) = (rates.iter().sum::<f64>(), rates.last().copied().unwrap_or_default());
        let _ = writeln!(
            out,
            "{url}: {} targets lead to {sum:.1} requests a minute together; the last of them adds {last:.1}.\n",
            rates.len()
        );
    }
    out
}

/// One target's part of the plan.
struct TargetPlan<'a> {
    demand: Demand<'a>,
    now: Time,
}

impl TargetPlan<'_> {
    fn write(&self, out: &mut String) {
        let target = self.demand.target;
        let facts = target.facts();
        let _ = writeln!(out, "{}", facts.name);
        let app = AppName::of(self.demand.app_kind(), &facts.name);
        let label = format!("{} ({})", app.name(), self.demand.app_kind().id());
        let label = if target.app.kind == Some(AppKind::Kasm) { "Kasm" } else { label.as_str() };
        let urls = [(Side::Provider, "provider", facts.provider.url), (Side::App, label, facts.app.url)];
        for (side, name, url) in urls.into_iter().filter(|(side, ..)| *side == Side::Provider || !app.is_none()) {
            let _ = writeln!(out, "\n  {name} {url}");
            self.write_side(out, side);
            let rate = self.demand.per_minute(side, self.now);
            let too_many = too_many(rate, self.demand.config.requests_per_minute);
            let _ = writeln!(out, "    on average {rate:.1} requests a minute{too_many}");
        }
        if let Some(internal) = facts.provider.internal_url {
            let _ = writeln!(out, "\n  What the discovery document names at {internal} is asked there.");
        }
        if let Some(every) = self.demand.config.pulse.filter(|_| !self.demand.config.rounds_off) {
            let health = match self.demand.app_kind().profile().health {
                Some(_) => format!(", and {}'s health", app.name()),
                None => String::new(),
            };
            let _ = writeln!(
                out,
                "\n  Between rounds, {}: the discovery document, once for all targets of the provider{health};\n  \
                 left out where requests run short.",
                Schedule::Every(every).in_words()
            );
        }
        if let Some(canary) = &target.canary {
            write_canary(out, canary);
        }
        if target.provider.kind.is_some_and(|kind| kind != ProviderKind::PocketId) {
            out.push_str(
                "\n  The addresses that the discovery document names take the place of the provider's paths.\n",
            );
        }
    }

    fn write_side(&self, out: &mut String, side: Side) {
        let mut rows = vec![["source", "request", "how often", "with", "leaves there"].map(str::to_owned)];
        let mut notes = vec![String::new()];
        for source in self.demand.sources(side) {
            let how_often = self.demand.how_often(source);
            let with = if source.requests.is_empty() { "-".to_owned() } else { self.with(source) };
            for (index, (request, condition)) in self.requests(source).into_iter().enumerate() {
                let is_first = index == 0;
                let id = if is_first { source.id } else { "" };
                let leaves = self.demand.leaves(source);
                rows.push([id, &self.app().text(&request), &how_often, &with, leaves].map(str::to_owned));
                let only_with =
                    source.only_with.filter(|_| is_first).map(|setting| format!("only with {}", setting.key()));
                let notes_of = if is_first { self.app().text(source.notes) } else { String::new() };
                let is_own = self.demand.own_requests(source).is_some();
                let notes_of = if is_own { "" } else { notes_of.as_str() };
                let note = [condition, only_with.as_deref().unwrap_or_default(), notes_of];
                notes.push(note.into_iter().filter(|note| !note.is_empty()).collect::<Vec<_>>().join("; "));
            }
        }
        write_table(out, &rows, &notes);
    }

    fn app(&self) -> AppName {
        AppName::of(self.demand.app_kind(), &self.demand.target.name)
    }

    /// Each request in words, with its condition.
    fn requests(&self, source: &Source) -> Vec<(String, &'static str)> {
        if source.requests.is_empty() {
            return vec![("a connection".to_owned(), "")];
        }
        if let Some(own) = self.demand.own_requests(source) {
            return own.into_iter().map(|(method, path)| (format!("{method} {path}"), "")).collect();
        }
        let is_kind_known = self.demand.target.provider.kind.is_some();
        let words = |request: &PlannedRequest| {
            let condition = if is_kind_known { "" } else { request.of.in_words() };
            (format!("{} {}", request.method, request.path), condition)
        };
        self.demand.requests(source).map(words).collect()
    }

    /// What a request carries: its credential, and what every request to this side does.
    fn with(&self, source: &Source) -> String {
        let HttpSettings { basic_auth, headers, .. } = match source.side {
            Side::Provider => &self.demand.target.provider.http,
            Side::App => &self.demand.target.app.http,
        };
        let carried = [basic_auth.as_ref().map(|_| "basic_auth"), (!headers.is_empty()).then_some("http_headers")];
        let needed = source.needs.iter().map(|credential| credential.short());
        let carried: Vec<&str> = needed.chain(carried.into_iter().flatten()).collect();
        if carried.is_empty() { "-".to_owned() } else { carried.join(", ") }
    }
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
    use crate::model::SourceId;

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
            "  Between rounds, every 10 seconds: the discovery document",
            "GET /authorize?{Kasm's own parameters}&prompt=none  every 5 minutes   -     from 2.10: one ERROR line",
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
        let together =
            "https://id.example.com: 2 targets lead to 5.6 requests a minute together; the last of them adds 1.4.";
        assert!(text.contains(together), "{text}");
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
    fn every_trace_of_the_canary_is_told_by_release() {
        let canary = "canary: {user: canary, passkey_file: /c.json, targets: [home]}\n";
        let text = plan_of(&format!("{TWO}{canary}"));
        let (home, work) = text.split_once("\nwork\n").unwrap();
        assert!(!work.contains("canary_sign_in") && !plan_of(TWO).contains("canary_sign_in"));
        for part in [
            "POST /api/webauthn/login/finish",
            "every hour        canary's passkey",
            "up to 2.9: enrolment leaves a passkey, a consent and the audit entries TOKEN_SIGN_IN, PASSKEY_ADDED, \
             NEW_CLIENT_AUTHORIZATION; each",
            "SIGN_IN, CLIENT_AUTHORIZATION and 2 session rows",
            "It stops at the code",
        ] {
            assert!(home.contains(part), "{part} in\n{home}");
        }
        let complete = plan_of(&format!("{TWO}{}", canary.replace("targets", "complete: true, targets")));
        assert!(
            complete.contains("GET /api/oidc_callback") && !complete.contains("Kasm's callback is never requested"),
            "{complete}"
        );
    }

    #[test]
    fn too_many_requests_are_told() {
        let text = plan_of(&format!("{TWO}schedule: {{round: every 10s}}\n"));
        assert!(text.contains("on average 19.2 requests a minute: more than 12, so some will wait"), "{text}");
    }
}
