//! Plays each fault before every set of credentials, and keeps what is said.

use futures_util::{StreamExt as _, future, stream};
use ssowatch::{
    collect::{CollectMode, Collector},
    config::Target,
    lab::{Fault, LabOptions},
    model::{Credential, Report, Snapshot, SourceReport},
    providers::pocket_id::Version,
    round::round,
};

use crate::faults::stage::{SIDE_BY_SIDE, Stage, failing};

/// What the operator gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Set {
    None,
    Secret,
    AppKey,
    ProviderKey,
    All,
}

impl Set {
    pub const ALL: [Self; 5] = [Self::None, Self::Secret, Self::AppKey, Self::ProviderKey, Self::All];

    /// Pairs of which the second has all that the first has.
    pub const GROWING: &[(Self, Self)] = &[
        (Self::None, Self::Secret),
        (Self::None, Self::AppKey),
        (Self::None, Self::ProviderKey),
        (Self::Secret, Self::All),
        (Self::AppKey, Self::All),
        (Self::ProviderKey, Self::All),
    ];

    pub fn words(self) -> &'static str {
        match self {
            Self::None => "no credential",
            Self::Secret => "the client secret",
            Self::AppKey => "a Kasm key",
            Self::ProviderKey => "a Pocket ID key",
            Self::All => "all three",
        }
    }

    /// An admin's key does what any key does.
    pub fn has(self, credential: Credential) -> bool {
        let own = match credential {
            Credential::ClientSecret => Self::Secret,
            Credential::AppKey => Self::AppKey,
            Credential::ProviderAdminKey | Credential::ProviderKey => Self::ProviderKey,
            // It is nobody's to give here: sign_in/ has it.
            Credential::CanaryPasskey => return false,
        };
        self == Self::All || self == own
    }

    fn credentials(self) -> Vec<Credential> {
        let each = [Credential::ClientSecret, Credential::AppKey, Credential::ProviderAdminKey];
        each.into_iter().filter(|credential| self.has(*credential)).collect()
    }
}

/// The two generations of Pocket ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// 2.14.
    Fosite,
    /// 2.9.
    Legacy,
}

impl Dialect {
    pub const ALL: [Self; 2] = [Self::Fosite, Self::Legacy];

    pub fn release(self) -> &'static str {
        match self {
            Self::Fosite => "2.14",
            Self::Legacy => "2.9",
        }
    }

    fn options(self) -> LabOptions {
        let version = match self {
            Self::Fosite => Version::new(2, 14),
            Self::Legacy => Version::new(2, 9),
        };
        LabOptions { version, tls: true, ..LabOptions::default() }
    }
}

/// What is said with one set of credentials.
#[derive(Debug)]
pub struct Told {
    /// The checks that fail, the cause marked.
    pub failing: Vec<String>,
    pub login: &'static str,
    /// Sources that a credential opens in a lab that is well, and not here: `kasm_config (unauthorized)`.
    pub sources: Vec<String>,
}

impl Told {
    /// What a report says, beside the one of the same lab when it is well.
    fn of(report: &Report, well: &Report) -> Self {
        let given = |source: &&SourceReport| {
            well.sources.iter().any(|own| own.id == source.id && own.ok == Some(true)) && !source.id.needs().is_empty()
        };
        let sources = report.sources.iter().filter(given).filter(|source| source.ok != Some(true));
        let why = |source: &SourceReport| source.reason.map_or("withheld", ssowatch::model::Reason::id);
        let sources = sources.map(|source| format!("{} ({})", source.id.id(), why(source))).collect();
        Self { failing: failing(report), login: report.login.word(), sources }
    }

    /// The failing checks alone.
    pub fn checks(&self) -> impl Iterator<Item = &str> {
        self.failing.iter().map(|check| check.trim_end_matches('!'))
    }

    pub fn cause(&self) -> Option<&str> {
        self.failing.iter().find_map(|check| check.strip_suffix('!'))
    }

    /// Whether anybody would notice: a failing check, a login that cannot be told, or a source closed to our credential.
    pub fn is_found(&self) -> bool {
        !self.failing.is_empty() || self.login != "ok" || !self.sources.is_empty()
    }
}

/// A fault, and what is said of it.
#[derive(Debug)]
pub struct Play {
    pub fault: Fault,
    pub dialect: Dialect,
    told: Vec<(Set, Told)>,
}

impl Play {
    pub fn told(&self, set: Set) -> &Told {
        &self.told.iter().find(|(own, _)| *own == set).unwrap().1
    }

    pub fn is_found(&self, set: Set) -> bool {
        self.told(set).is_found()
    }
}

/// A test user is named, and the token is asked for.
pub fn equip(mut target: Target) -> Target {
    target.expect.user = Some("canary".to_owned());
    target.token_enabled = true;
    target
}

/// Every fault in both dialects, in the order of the lab's list.
pub async fn play_all() -> Vec<Play> {
    let well = future::join_all(Dialect::ALL.map(well)).await;
    let plays = Dialect::ALL.into_iter().zip(&well).flat_map(|(dialect, well)| {
        let options = dialect.options();
        Fault::ALL.iter().filter(move |fault| fault.plays_on(&options)).map(move |fault| play(*fault, dialect, well))
    });
    stream::iter(plays).buffered(SIDE_BY_SIDE).collect().await
}

/// Whoever looks with one set of credentials.
struct Watcher {
    set: Set,
    target: Target,
    collector: Collector,
    before: Option<Snapshot>,
}

impl Watcher {
    fn of(stage: &mut Stage, set: Set, fault: Option<Fault>) -> Self {
        stage.target = equip(stage.lab.target_with(&set.credentials()));
        // To ask for it leaves a row, so it is asked for only where it is what breaks.
        stage.target.passkey_enabled = fault == Some(Fault::PasskeyDomainDiffers);
        fault.into_iter().for_each(|fault| stage.hurry_for(fault));
        Self { set, target: stage.target.clone(), collector: Collector::new(stage.clock), before: None }
    }

    async fn look(&mut self) -> Report {
        let round = round(&self.collector, &self.target, self.before.as_ref(), CollectMode::Full).await;
        self.before = Some(round.snapshot);
        round.report
    }
}

/// What is said of a lab that is well, with each set.
async fn well(dialect: Dialect) -> Vec<Report> {
    let mut stage = Stage::new(dialect.options()).await;
    let mut watchers = Set::ALL.map(|set| Watcher::of(&mut stage, set, None));
    let reports = future::join_all(watchers.iter_mut().map(Watcher::look)).await;
    stage.close("a lab that is well").await;
    for report in &reports {
        assert_eq!((failing(report), report.login.word()), (vec![], "ok"));
    }
    reports
}

/// One lab for all sets, each with a collector of its own.
async fn play(fault: Fault, dialect: Dialect, well: &[Report]) -> Play {
    let mut stage = Stage::new(dialect.options()).await;
    let mut watchers = Set::ALL.map(|set| Watcher::of(&mut stage, set, Some(fault)));
    if matches!(fault, Fault::KeysRotated | Fault::KeyIdReused | Fault::KeyWeak) {
        // Only a look before can tell that a key is another one.
        future::join_all(watchers.iter_mut().map(Watcher::look)).await;
    }
    stage.lab.break_with(fault);
    let looks = watchers.iter_mut().zip(well).map(|(watcher, well)| async move {
        let report = watcher.look().await;
        (watcher.set, Told::of(&report, well))
    });
    let told = future::join_all(looks).await;
    stage.close(fault.id()).await;
    Play { fault, dialect, told }
}
