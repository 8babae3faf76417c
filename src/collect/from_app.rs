//! The collection at the app: connection, health, login settings (Kasm's), start of login, page.

use chrono::TimeDelta;
use url::Url;

use super::context::{RoundContext, blocked_by, observe, whole_connection};
use crate::{
    apps::{
        AppKind, KnownStart, StartOf,
        kasm::{KasmStart, LoginSettings},
    },
    collect::{
        CollectMode,
        sources::{
            app_health, app_login, kasm_login_settings,
            login_start::{self, Started},
            page,
        },
        transport::{
            fetch_error::FetchError,
            side_client::{Counts, Deps, SideClient},
        },
    },
    config::Target,
    model::{self, Answered, AppHealth, Connection, Missing, Observed, Page, Snapshot, SourceId},
};

/// How often at most a login is started that leaves a row or a file at the app.
pub(super) const START_EVERY: TimeDelta = TimeDelta::minutes(15);

/// What was seen of the app.
#[derive(Debug)]
pub(super) struct AppCollection {
    /// The connection.
    pub connection: Observed<Connection>,
    /// Its health.
    pub health: Observed<Answered<AppHealth>>,
    /// What its login page offers.
    pub login_settings: Observed<LoginSettings>,
    /// The start of login.
    pub start: Observed<KasmStart>,
    /// The authorize URLs as written, in the order of the starts.
    pub raw: Vec<Option<String>>,
    /// Whether the start of login is an earlier one, whose URL as written is gone.
    pub start_is_kept: bool,
    /// Its page.
    pub page: Observed<Page>,
    /// Where further requests of this collection go; none where the connection failed.
    pub side: Result<SideClient, FetchError>,
}

impl AppCollection {
    /// A collection that ended with the connection, or before it.
    fn ended(round: &RoundContext<'_>, connection: Observed<Connection>, why: &FetchError) -> Self {
        let now = round.clock.now();
        let missing = |source| why.clone().missing(source);
        Self {
            connection,
            health: Observed::missing(now, missing(SourceId::AppHealth)),
            login_settings: Observed::missing(now, missing(SourceId::KasmLoginSettings)),
            start: Observed::missing(now, missing(SourceId::LoginStart)),
            raw: Vec::new(),
            start_is_kept: false,
            page: Observed::missing(now, missing(SourceId::AppPage)),
            side: Err(why.clone()),
        }
    }

    /// Of a provider alone there is nothing to collect.
    fn none(round: &RoundContext<'_>) -> Self {
        fn absent<T>(round: &RoundContext<'_>) -> Observed<T> {
            round.missing(Missing::NotApplicable(NO_APP.to_owned()))
        }
        Self {
            connection: absent(round),
            health: absent(round),
            login_settings: absent(round),
            start: absent(round),
            raw: Vec::new(),
            start_is_kept: false,
            page: absent(round),
            side: Err(FetchError::OutOfReach(NO_APP.to_owned())),
        }
    }
}

/// Why nothing of an app is known.
pub(super) const NO_APP: &str = "this target is a provider alone";

/// Looks at the app.
pub(super) async fn collect(
    deps: &Deps,
    round: &RoundContext<'_>,
    target: &Target,
    before: Option<&Snapshot>,
    counts: &Counts,
) -> AppCollection {
    let app = &target.app;
    if app.kind == Some(AppKind::ProviderAlone) {
        return AppCollection::none(round);
    }
    let side = match SideClient::new(model::Side::App, &app.url, None, &app.http, deps).await {
        Ok(side) => side,
        Err(stop) => {
            let why = stop.clone().missing(SourceId::AppConnection);
            return AppCollection::ended(round, Observed::missing(round.clock.now(), why), &stop);
        }
    };
    let connection = observe(round.clock, SourceId::AppConnection, side.public().probe()).await;
    if let Some(blocked) = blocked_by(&connection, SourceId::AppConnection) {
        return AppCollection::ended(round, whole_connection(connection).await, &blocked);
    }
    let (connection, health, (login_settings, started), page) = tokio::join!(
        whole_connection(connection),
        health(round, &side, target, counts),
        async {
            match app.kind {
                Some(AppKind::Kasm) => login(round, &side, counts).await,
                _ => other_login(round, &side, target, before, counts).await,
            }
        },
        login_page(round, &side, &target.provider.url, before, counts),
    );
    let (started, start_is_kept) = match started {
        Begun::Now(started) => (started, false),
        Begun::Earlier(start) => {
            let kept = |facts: &KasmStart| Started { facts: facts.clone(), raw: Vec::new() };
            (
                Observed {
                    at: start.at,
                    took_seconds: start.took_seconds,
                    value: start.value.as_ref().map(kept).map_err(Clone::clone),
                },
                true,
            )
        }
    };
    let (raw, start) = apart(started);
    AppCollection { connection, health, login_settings, start, raw, start_is_kept, page, side: Ok(side) }
}

async fn health(
    round: &RoundContext<'_>,
    side: &SideClient,
    target: &Target,
    counts: &Counts,
) -> Observed<Answered<AppHealth>> {
    let kind = target.app.kind.unwrap_or(AppKind::Generic);
    let Some(path) = kind.profile().health else {
        return round.missing(Missing::NotApplicable("no health check is known of this kind of app".to_owned()));
    };
    observe(round.clock, SourceId::AppHealth, app_health::collect(side, kind, path, counts)).await
}

/// A start of login.
enum Begun<'a> {
    /// Asked in this collection.
    Now(Observed<Started>),
    /// Asked earlier: another would leave one more row at the app.
    Earlier(&'a Observed<KasmStart>),
}

/// The start of login at any other app, as its kind or the configuration says.
async fn other_login<'b>(
    round: &RoundContext<'_>,
    side: &SideClient,
    target: &Target,
    before: Option<&'b Snapshot>,
    counts: &Counts,
) -> (Observed<LoginSettings>, Begun<'b>) {
    let settings = round.missing(Missing::NotApplicable("only Kasm's login page says what it offers".to_owned()));
    let app = &target.app;
    let profile = app.kind.unwrap_or(AppKind::Generic).profile();
    let known = profile.start.as_ref().map(KnownStart::request);
    let Some(request) = app.login.clone().or(known) else {
        let why = "how its login starts is not known: app.login says it".to_owned();
        return (settings, Begun::Now(round.missing(Missing::OutOfReach(why))));
    };
    if profile.leaves_row
        && round.mode != CollectMode::Full
        && let Some(old) = before.map(|before| &before.login_start)
        && left_a_row(old)
        && round.clock.now() - old.at < START_EVERY
    {
        return (settings, Begun::Earlier(old));
    }
    let url = app.url.as_str().trim_end_matches('/');
    let of = StartOf { app: url, provider: app.provider.as_deref().or(profile.default_provider()) };
    let filled = request.filled(of);
    let asked = app_login::collect(side, &filled, of, counts);
    (settings, Begun::Now(observe(round.clock, SourceId::LoginStart, asked).await))
}

/// Whether an earlier start reached the app.
fn left_a_row(old: &Observed<KasmStart>) -> bool {
    match &old.value {
        Ok(_) => true,
        Err(Missing::Failed { status, .. }) => status.is_some(),
        Err(_) => false,
    }
}

/// The login settings, then the start of login for what they offer.
async fn login(
    round: &RoundContext<'_>,
    side: &SideClient,
    counts: &Counts,
) -> (Observed<LoginSettings>, Begun<'static>) {
    let source = SourceId::KasmLoginSettings;
    let settings = observe(round.clock, source, kasm_login_settings::collect(side, counts)).await;
    let started = match &settings.value {
        Ok(settings) => observe(round.clock, SourceId::LoginStart, login_start::collect(side, settings, counts)).await,
        // A login wall hides all of Kasm's API.
        Err(Missing::OutOfReach(why)) => Observed::missing(round.clock.now(), Missing::OutOfReach(why.clone())),
        Err(_) => Observed::missing(round.clock.now(), Missing::Blocked { by: source }),
    };
    (settings, Begun::Now(started))
}

async fn login_page(
    round: &RoundContext<'_>,
    side: &SideClient,
    provider: &Url,
    before: Option<&Snapshot>,
    counts: &Counts,
) -> Observed<Page> {
    let source = SourceId::AppPage;
    let old = before.map(|before| &before.app_page);
    let is_due = round.is_due(source, old, page::is_good);
    round.refresh(source, old, is_due, Ok(side), page::collect(side, Some(provider), counts)).await
}

fn apart(started: Observed<Started>) -> (Vec<Option<String>>, Observed<KasmStart>) {
    let Observed { at, took_seconds, value } = started;
    match value {
        Ok(Started { facts, raw }) => (raw, Observed { at, took_seconds, value: Ok(facts) }),
        Err(why) => (Vec::new(), Observed { at, took_seconds, value: Err(why) }),
    }
}
