//! How many requests a configuration leads to: which sources a target is asked, how often, and what that adds up to.

use std::{collections::BTreeMap, time::Duration};

use super::{Config, Target};
use crate::{
    apps::{AppKind, KnownStart, LoginMethod, StartOf},
    clock::Time,
    model::{Interval, PlannedRequest, Setting, Side, Source, SourceId},
    providers::{ProviderKind, pocket_id::Dialect},
    schedule::Schedule,
};

/// How often at most a login is started that leaves a row or a file at the app.
const START_EVERY: Schedule = Schedule::Every(Duration::from_mins(15));

/// What only a Kasm is asked.
const OF_ONE_KIND: [SourceId; 5] = [
    SourceId::KasmLoginSettings,
    SourceId::KasmConfig,
    SourceId::KasmVersion,
    SourceId::KasmMappings,
    SourceId::KasmUser,
];

/// What is asked about the client of an app, which a provider alone has none of.
const OF_A_CLIENT: [SourceId; 8] = [
    SourceId::AuthorizeDryRun,
    SourceId::ClientRegistration,
    SourceId::ClientSecrets,
    SourceId::ClaimsPreview,
    SourceId::LastSignIn,
    SourceId::ClientSecret,
    SourceId::ClientToken,
    SourceId::TokenEndpoint,
];

/// The requests of one target.
#[derive(Debug)]
pub struct Demand<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The target.
    pub target: &'a Target,
    /// The earlier targets: what one of the same provider shares is not asked for this one.
    earlier: &'a [Target],
}

impl Config {
    /// The requests of every target, in the order of the file.
    pub fn demands(&self) -> impl Iterator<Item = Demand<'_>> {
        self.targets.iter().enumerate().map(|(index, target)| {
            let earlier = self.targets.get(..index).unwrap_or_default();
            Demand { config: self, target, earlier }
        })
    }

    /// Warns of providers whose targets together want more than they may: some of what is asked now and then is put off
    /// for good then, and it cannot be told whether people can sign in.
    #[must_use]
    pub fn overloads(&self, now: Time) -> Vec<String> {
        let mut rates: BTreeMap<&str, (usize, f64)> = BTreeMap::new();
        for demand in self.demands() {
            let (targets, rate) = rates.entry(demand.target.provider.url.as_str()).or_default();
            *targets += 1;
            *rate += demand.per_minute(Side::Provider, now);
        }
        let most = self.requests_per_minute;
        let too_much = rates.into_iter().filter(|(_, (_, rate))| *rate > f64::from(most) && !self.rounds_off);
        let warning = |(url, (targets, rate)): (&str, (usize, f64))| {
            let wanted = rate.ceil();
            format!(
                "{url}: its targets ({targets}) want {wanted} requests a minute together, and it gets {most}: some may \
                 wait for good, and whether people can sign in cannot be told then; raise schedule.requests_per_minute \
                 to {wanted}, or let rounds be further apart"
            )
        };
        too_much.map(warning).collect()
    }
}

fn shares_provider(one: &Target, other: &Target) -> bool {
    one.provider.url == other.provider.url && one.provider.internal_url == other.provider.internal_url
}

impl<'a> Demand<'a> {
    /// The sources of one side that the target has: those whose credentials the config names, at this kind of provider.
    pub fn sources(&self, side: Side) -> impl Iterator<Item = &'static Source> {
        let credentials = self.target.facts().credentials;
        SourceId::ALL.into_iter().map(SourceId::row).filter(move |source| {
            let has_all = source.needs.iter().all(|credential| credentials.contains(credential));
            let is_asked = source.requests.is_empty() || self.requests(source).next().is_some();
            source.side == side && has_all && is_asked && self.applies(source)
        })
    }

    /// The kind of the app; one whose callback is to tell it is asked as any.
    #[must_use]
    pub fn app_kind(&self) -> AppKind {
        self.target.app.kind.unwrap_or(AppKind::Generic)
    }

    /// Whether a source arises for this kind of app.
    fn applies(&self, source: &Source) -> bool {
        let is_one = |ids: &[SourceId]| ids.iter().any(|id| id.id() == source.id);
        match self.app_kind() {
            AppKind::Kasm => true,
            AppKind::ProviderAlone => source.side == Side::Provider && !is_one(&OF_A_CLIENT),
            kind if is_one(&[SourceId::AppHealth]) => kind.profile().health.is_some(),
            _ => !is_one(&OF_ONE_KIND),
        }
    }

    /// The requests of a source that another app than Kasm has of its own: method and path. None where they are the table's.
    #[must_use]
    pub fn own_requests(&self, source: &Source) -> Option<Vec<(&'static str, String)>> {
        let kind = self.app_kind();
        let profile = kind.profile();
        if kind == AppKind::Kasm {
            return None;
        }
        if source.id == SourceId::AppHealth.id() {
            return profile.health.map(|path| vec![("GET", path.to_owned())]);
        }
        if source.id != SourceId::LoginStart.id() {
            return None;
        }
        let app = &self.target.app;
        let known = || profile.start.as_ref().map(KnownStart::request);
        let request = app.login.clone().or_else(known)?;
        let url = app.url.as_str().trim_end_matches('/');
        let of = StartOf { app: url, provider: app.provider.as_deref().or(profile.default_provider()) };
        let filled = request.filled(of);
        let method = match filled.method {
            LoginMethod::Get => "GET",
            LoginMethod::PostForm(_) | LoginMethod::PostJson(_) => "POST",
        };
        // A query may be long, and says nothing of where a request goes.
        let bare = |path: &str| path.split('?').next().unwrap_or_default().to_owned();
        let before = filled.before.iter().map(|path| ("GET", bare(path)));
        Some(before.chain([(method, bare(&filled.path))]).collect())
    }

    /// What a source leaves behind.
    #[must_use]
    pub fn leaves(&self, source: &Source) -> &'static str {
        let kind = self.app_kind();
        if source.id != SourceId::LoginStart.id() || kind == AppKind::Kasm {
            source.leaves
        } else if self.target.app.login.is_some() {
            "what a press of its login button leaves"
        } else {
            kind.profile().leaves
        }
    }

    /// Whether it is a start of a login that leaves a row or a file at the app.
    fn leaves_row(&self, source: &Source) -> bool {
        source.id == SourceId::LoginStart.id() && self.app_kind().profile().leaves_row
    }

    /// The requests of a source that this kind of provider may be sent.
    pub fn requests(&self, source: &Source) -> impl Iterator<Item = &'static PlannedRequest> {
        let kind = self.target.provider.kind;
        source.requests.iter().filter(move |request| kind.is_none_or(|kind| request.of.includes_kind(kind)))
    }

    /// How often a source is asked, in words.
    #[must_use]
    pub fn how_often(&self, source: &Source) -> String {
        if let Some(twin) = self.twin(source) {
            return format!("with {}", twin.name);
        }
        if !self.is_on(source) {
            return "off".to_owned();
        }
        match source.interval {
            Interval::Round if self.leaves_row(source) => START_EVERY.in_words(),
            Interval::Round => self.config.round.in_words(),
            Interval::Settings => self.settings().in_words(),
            Interval::Hourly => "once an hour".to_owned(),
            Interval::Token => self.config.token.in_words(),
            Interval::Daily => "once a day".to_owned(),
            Interval::Canary => self.canary_every().in_words(),
        }
    }

    /// Requests a minute to one side, of a provider of the newest release and a Kasm with one config.
    #[must_use]
    pub fn per_minute(&self, side: Side, now: Time) -> f64 {
        let dialect = match self.target.provider.kind {
            Some(kind) if kind != ProviderKind::PocketId => Dialect::Openid,
            _ => Dialect::Fosite,
        };
        let round = self.config.round.per_minute(now);
        let rate = |source: &Source| match source.interval {
            Interval::Round if self.leaves_row(source) => START_EVERY.per_minute(now).min(round),
            Interval::Round => round,
            // Settings are asked with a round, so never more often than that.
            Interval::Settings => self.settings().per_minute(now).min(round),
            Interval::Hourly => 1.0 / 60.0,
            Interval::Token => self.config.token.per_minute(now).min(round),
            Interval::Daily => 1.0 / 1440.0,
            Interval::Canary => self.canary_every().per_minute(now),
        };
        self.sources(side)
            .filter(|source| self.is_on(source) && self.twin(source).is_none())
            .map(|source| {
                let of_the_table =
                    || source.requests.iter().filter(|request| request.of.includes(dialect, None)).count();
                let sent = self.own_requests(source).map_or_else(of_the_table, |own| own.len());
                sent as f64 * rate(source)
            })
            .sum()
    }

    /// The earlier target that this source is asked with: one that has the credentials for it, too.
    fn twin(&self, source: &Source) -> Option<&'a Target> {
        let has_all = |target: &Target| {
            source.needs.is_empty() || {
                let credentials = target.facts().credentials;
                source.needs.iter().all(|credential| credentials.contains(credential))
            }
        };
        let mut twins = self.earlier.iter().filter(|_| source.is_shared);
        twins.find(|earlier| shares_provider(earlier, self.target) && has_all(earlier))
    }

    /// Whether the setting is there without which a source is off.
    fn is_on(&self, source: &Source) -> bool {
        source.only_with.is_none_or(|setting| match setting {
            Setting::Passkey => self.target.passkey_enabled,
            Setting::Token => self.target.token_enabled,
            Setting::LastSignIn => self.target.last_sign_in_enabled,
            Setting::TestUser => self.target.expect.user.is_some(),
        })
    }

    /// How often the canary signs in.
    fn canary_every(&self) -> Schedule {
        Schedule::Every(self.target.canary.as_ref().map_or(Duration::from_hours(1), |canary| canary.every))
    }

    /// How old a settings source gets.
    fn settings(&self) -> Schedule {
        Schedule::Every(self.config.settings_every)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use super::*;

    #[test]
    fn a_provider_whose_targets_together_want_too_much_is_warned_of() {
        let warnings = |targets: usize, schedule: &str| {
            let target = |n: usize| {
                format!(
                    "  - {{name: t{n}, provider: {{url: https://id.example.com}}, kasm: {{url: https://k{n}.example.com}}}}\n"
                )
            };
            let text = format!("targets:\n{}schedule: {{{schedule}}}\n", (0..targets).map(target).collect::<String>());
            let config = Config::parse(&text, "f", std::path::Path::new(""), &|_| None).unwrap();
            config.overloads(Utc.with_ymd_and_hms(2026, 11, 24, 12, 0, 0).unwrap())
        };
        assert_eq!(warnings(6, "round: every 60s"), [""; 0]);
        let many = warnings(14, "round: every 60s").join("\n");
        assert!(
            many.contains("(14) want 23 requests a minute") && many.contains("requests_per_minute to 23"),
            "{many}"
        );
        assert_eq!(warnings(14, "round: every 60s, requests_per_minute: 23"), [""; 0]);
        assert_eq!(warnings(1, "round: every 10s").len(), 1);
    }
}
