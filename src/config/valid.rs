//! The configuration once it is valid: what the rest of the program reads.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use url::Url;

use super::{
    Canary, CanarySettings, Heartbeat, HttpSettings, Maintenance, Receiver, SecretSource, WebSettings, http::read_now,
};
use crate::{
    apps::{AppKind, LoginRequest},
    model::{AppFacts, ClientsToldBy, Credential, Expect, ProviderFacts, TargetFacts, WatchedApp},
    providers::ProviderKind,
    schedule::{Schedule, Zone},
};

/// How many requests a minute a provider gets at most on average, unless the config says more.
pub const REQUESTS_PER_MINUTE: u32 = 12;

/// A valid configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The targets, by unique names, in the order of the file.
    pub targets: Vec<Target>,
    /// When a round is due.
    pub round: Schedule,
    /// `schedule.round: off`: no rounds run, `/probe` alone looks. For replicas that share the work of many targets.
    pub rounds_off: bool,
    /// How often the daemon feels, between rounds, whether both sides still answer; none where it does not.
    pub pulse: Option<Duration>,
    /// How old a settings source may get before it is asked again.
    pub settings_every: Duration,
    /// When the token that the client credentials give is looked at, where `token.enabled` says so.
    pub token: Schedule,
    /// How many requests a minute a provider gets at most on average.
    pub requests_per_minute: u32,
    /// The timezone that crontab lines are read in.
    pub timezone: Zone,
    /// Who is told what happens, by unique names, in the order of the file.
    pub receivers: Vec<Receiver>,
    /// The dead man's switch.
    pub heartbeat: Option<Heartbeat>,
    /// Who signs in as a test user; none unless the config says so.
    pub canary: Option<CanarySettings>,
    /// When messages are muted.
    pub maintenance: Vec<Maintenance>,
    /// Of the HTTP surface.
    pub web: WebSettings,
    /// The configuration in force, defaults included, with secrets masked: what `/config` and `config show` print (YAML).
    pub redacted: String,
    /// What is no error and should be seen to; one line each, with file, line and field.
    pub warnings: Vec<String>,
    /// Those of them that are about a file which cannot be read: see [`Config::usable`].
    pub unreadable: Vec<String>,
    /// See [`Config::hash`].
    pub fingerprint: u64,
}

impl Config {
    /// A configuration of these targets, with every default; no warnings. Its hash is that of what is shown of it.
    #[must_use]
    pub fn of_targets(mut targets: Vec<Target>) -> Self {
        say_who_tells_of_clients(&mut targets);
        let mut config = Self {
            targets,
            round: Schedule::Every(Duration::from_mins(1)),
            rounds_off: false,
            pulse: Some(Duration::from_secs(10)),
            settings_every: Duration::from_mins(5),
            token: Schedule::Every(Duration::from_hours(1)),
            requests_per_minute: REQUESTS_PER_MINUTE,
            timezone: Zone::utc(),
            receivers: Vec::new(),
            heartbeat: None,
            canary: None,
            maintenance: Vec::new(),
            web: WebSettings::default(),
            redacted: String::new(),
            warnings: Vec::new(),
            unreadable: Vec::new(),
            fingerprint: 0,
        };
        config.redacted = super::redacted::redacted(&config);
        config.fingerprint = super::load::fingerprint(&config.redacted, &BTreeMap::new());
        config
    }

    /// The same, where every file that it names can be read: rounds without a credential that the operator gave, or without
    /// their certificates, would say something false.
    ///
    /// # Errors
    /// The files that cannot be read, one line each.
    pub fn usable(self) -> Result<Self, String> {
        if self.unreadable.is_empty() { Ok(self) } else { Err(self.unreadable.join("\n")) }
    }

    /// A number that changes when the file's content, or an environment variable that it uses, does. 48 bits of a
    /// SHA-256, so that it is exact as a metric and gives nothing away.
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.fingerprint
    }
}

/// Of the targets of one provider, the first with a key tells of all clients that the provider has.
pub(super) fn say_who_tells_of_clients(targets: &mut [Target]) {
    let mut tellers: BTreeMap<String, String> = BTreeMap::new();
    for target in targets.iter().filter(|target| target.provider.api_key.is_some()) {
        tellers.entry(target.provider.url.to_string()).or_insert_with(|| target.name.clone());
    }
    let mut apps: BTreeMap<String, Vec<WatchedApp>> = BTreeMap::new();
    for target in targets.iter().filter(|target| tellers.contains_key(target.provider.url.as_str())) {
        let facts = target.facts();
        let has_key = target.provider.api_key.is_some();
        let app = WatchedApp { target: facts.name, url: facts.app.url, has_key };
        apps.entry(target.provider.url.to_string()).or_default().push(app);
    }
    for target in targets {
        let provider = target.provider.url.as_str();
        target.clients_told_by = match tellers.get(provider) {
            Some(teller) if *teller != target.name => ClientsToldBy::Other(teller.clone()),
            Some(_) => ClientsToldBy::This(apps.remove(provider).unwrap_or_default().into()),
            None => ClientsToldBy::default(),
        };
    }
}

/// One app wired to one provider, or a provider alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// The `target` label.
    pub name: String,
    /// The provider's side.
    pub provider: Provider,
    /// The app's side.
    pub app: App,
    /// What the operator declared.
    pub expect: Expect,
    /// Ids of the checks that are off.
    pub off: BTreeSet<String>,
    /// When expiry warnings begin, by check id.
    pub warn: BTreeMap<String, Duration>,
    /// Whether a token is fetched with the client secret.
    pub token_enabled: bool,
    /// When, where it is: [`Config::token`].
    pub token_schedule: Schedule,
    /// How many requests a minute its provider gets at most on average: [`Config::requests_per_minute`].
    pub requests_per_minute: u32,
    /// Whether the passkey domain is asked for.
    pub passkey_enabled: bool,
    /// Whether the audit log is asked for the last real sign-in.
    pub last_sign_in_enabled: bool,
    /// How long a change stays told.
    pub change_hold: Duration,
    /// Who signs in to it as a test user: [`Config::canary`].
    pub canary: Option<Canary>,
    /// The names of the receivers that hear of this target; all of them where it says nothing.
    pub notify: Option<BTreeSet<String>>,
    /// The heading that it stands under on the status page.
    pub group: Option<String>,
    /// Which target tells of all clients of the provider.
    pub clients_told_by: ClientsToldBy,
}

/// The provider's side of a target.
#[derive(Debug, Clone, PartialEq)]
pub struct Provider {
    /// Pocket ID's APP_URL, the issuer; no trailing slash, no query, no userinfo.
    pub url: Url,
    /// INTERNAL_APP_URL, where it is set there and reachable from here.
    pub internal_url: Option<Url>,
    /// The kind, where the operator names it.
    pub kind: Option<ProviderKind>,
    /// The secret of Kasm's client.
    pub client_secret: Option<SecretSource>,
    /// A Pocket ID API key.
    pub api_key: Option<SecretSource>,
    /// How to connect.
    pub http: HttpSettings,
}

/// The app's side of a target.
#[derive(Debug, Clone, PartialEq)]
pub struct App {
    /// The address as users type it.
    pub url: Url,
    /// The name under which the app knows the provider; of a Kasm the display name, where two configs lead to it.
    pub provider: Option<String>,
    /// The kind; none where its callback is to tell.
    pub kind: Option<AppKind>,
    /// How its login is started, where the config says it.
    pub login: Option<LoginRequest>,
    /// The path of its callback, where the config says it.
    pub callback: Option<String>,
    /// A read-only Kasm key.
    pub api_key: Option<SecretSource>,
    /// Its secret half.
    pub api_key_secret: Option<SecretSource>,
    /// How the key is sent.
    pub api_auth: ApiAuth,
    /// How to connect.
    pub http: HttpSettings,
}

impl App {
    /// What stands for an app where a provider is watched alone: nothing is asked of it.
    #[must_use]
    pub fn none(provider: &Provider) -> Self {
        Self {
            url: provider.url.clone(),
            provider: None,
            kind: Some(AppKind::ProviderAlone),
            login: None,
            callback: None,
            api_key: None,
            api_key_secret: None,
            api_auth: ApiAuth::Body,
            http: HttpSettings::default(),
        }
    }
}

/// How a Kasm key is sent: a setting, never tried out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ApiAuth {
    /// In the JSON body (to 1.19).
    #[default]
    Body,
    /// As HTTP Basic (the release after).
    Basic,
}

impl Target {
    /// The same with what secret files hold now, for the time of a round: no source waits for a file.
    pub async fn with_secrets(&self) -> Self {
        let mut target = self.clone();
        let (provider, app) = (&mut target.provider, &mut target.app);
        let own = [&mut provider.client_secret, &mut provider.api_key, &mut app.api_key, &mut app.api_key_secret];
        let mut sources: Vec<&mut SecretSource> = own.into_iter().flatten().collect();
        sources.extend(target.canary.as_mut().and_then(|canary| canary.api_key.as_mut()));
        sources.extend(provider.http.sources());
        sources.extend(app.http.sources());
        read_now(sources).await;
        target
    }

    /// The part that evaluating needs.
    #[must_use]
    pub fn facts(&self) -> TargetFacts {
        let text = |url: &Url| url.as_str().trim_end_matches('/').to_owned();
        TargetFacts {
            name: self.name.clone(),
            provider: ProviderFacts {
                url: text(&self.provider.url),
                internal_url: self.provider.internal_url.as_ref().map(text),
                kind: self.provider.kind,
            },
            app: AppFacts {
                url: text(&self.app.url),
                provider: self.app.provider.clone(),
                kind: self.app.kind,
                login: self.app.login.as_ref().map(|login| login.path.split('?').next().unwrap_or_default().to_owned()),
                callback: self.app.callback.clone(),
            },
            expect: self.expect.clone(),
            off: self.off.clone(),
            warn_seconds: self.warn.iter().map(|(id, warn)| (id.clone(), warn.as_secs())).collect(),
            credentials: self.credentials(),
            passkey_enabled: self.passkey_enabled,
            change_hold_seconds: self.change_hold.as_secs(),
            clients_told_by: self.clients_told_by.clone(),
        }
    }

    fn credentials(&self) -> BTreeSet<Credential> {
        let mut found = BTreeSet::new();
        if self.provider.client_secret.is_some() {
            found.insert(Credential::ClientSecret);
        }
        if self.provider.api_key.is_some() {
            found.insert(Credential::ProviderKey);
            found.insert(Credential::ProviderAdminKey);
        }
        if self.app.api_key.is_some() {
            found.insert(Credential::AppKey);
        }
        if self.canary.is_some() {
            found.insert(Credential::CanaryPasskey);
        }
        found
    }

    /// A target of two addresses and nothing else, as `check --provider URL --kasm URL` makes it.
    #[must_use]
    pub fn of_two_urls(name: &str, provider: Url, kasm: Url) -> Self {
        Self {
            name: name.to_owned(),
            provider: Provider {
                url: provider,
                internal_url: None,
                kind: None,
                client_secret: None,
                api_key: None,
                http: HttpSettings::default(),
            },
            app: App {
                url: kasm,
                provider: None,
                kind: Some(AppKind::Kasm),
                login: None,
                callback: None,
                api_key: None,
                api_key_secret: None,
                api_auth: ApiAuth::Body,
                http: HttpSettings::default(),
            },
            expect: Expect::default(),
            off: BTreeSet::new(),
            warn: BTreeMap::new(),
            token_enabled: false,
            token_schedule: Schedule::Every(Duration::from_hours(1)),
            requests_per_minute: REQUESTS_PER_MINUTE,
            passkey_enabled: false,
            last_sign_in_enabled: false,
            change_hold: Duration::from_hours(24),
            canary: None,
            notify: None,
            group: None,
            clients_told_by: ClientsToldBy::default(),
        }
    }
}
