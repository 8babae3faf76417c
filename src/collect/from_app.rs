//! The collection at Kasm: connection, health, login settings, start of login, page.

use super::target::{Round, blocked_by, observe, whole_connection};
use crate::{
    apps::kasm::{KasmStart, LoginSettings},
    collect::{
        sources::{
            app_health, kasm_login_settings,
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

/// What was seen of Kasm.
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
    /// Its login page.
    pub page: Observed<Page>,
    /// Where further requests of this collection go; none where the connection failed.
    pub side: Result<SideClient, FetchError>,
}

impl AppCollection {
    /// A collection that ended with the connection, or before it.
    fn ended(round: &Round<'_>, connection: Observed<Connection>, why: &FetchError) -> Self {
        let now = round.clock.now();
        let missing = |source| why.clone().missing(source);
        Self {
            connection,
            health: Observed::missing(now, missing(SourceId::AppHealth)),
            login_settings: Observed::missing(now, missing(SourceId::KasmLoginSettings)),
            start: Observed::missing(now, missing(SourceId::LoginStart)),
            raw: Vec::new(),
            page: Observed::missing(now, missing(SourceId::AppPage)),
            side: Err(why.clone()),
        }
    }
}

/// Looks at Kasm.
pub(super) async fn collect(
    deps: &Deps,
    round: &Round<'_>,
    target: &Target,
    before: Option<&Snapshot>,
    counts: &Counts,
) -> AppCollection {
    let kasm = &target.app;
    let side = match SideClient::new(model::Side::App, &kasm.url, None, &kasm.http, deps) {
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
        observe(round.clock, SourceId::AppHealth, app_health::collect(&side, counts)),
        login(round, &side, counts),
        login_page(round, &side, before, counts),
    );
    let (raw, start) = apart(started);
    AppCollection { connection, health, login_settings, start, raw, page, side: Ok(side) }
}

/// The login settings, then the start of login for what they offer.
async fn login(round: &Round<'_>, side: &SideClient, counts: &Counts) -> (Observed<LoginSettings>, Observed<Started>) {
    let source = SourceId::KasmLoginSettings;
    let settings = observe(round.clock, source, kasm_login_settings::collect(side, counts)).await;
    let started = match &settings.value {
        Ok(settings) => observe(round.clock, SourceId::LoginStart, login_start::collect(side, settings, counts)).await,
        // A login wall hides all of Kasm's API.
        Err(Missing::OutOfReach(why)) => Observed::missing(round.clock.now(), Missing::OutOfReach(why.clone())),
        Err(_) => Observed::missing(round.clock.now(), Missing::Blocked { by: source }),
    };
    (settings, started)
}

async fn login_page(
    round: &Round<'_>,
    side: &SideClient,
    before: Option<&Snapshot>,
    counts: &Counts,
) -> Observed<Page> {
    // Kasm has no budget: its round costs at most 7 requests, and its page 2 in 5 minutes.
    let source = SourceId::AppPage;
    let old = before.map(|before| &before.app_page);
    match old {
        Some(old) if !round.is_due(source, Some(old), page::is_good) => old.clone(),
        _ => observe(round.clock, source, page::collect(side, model::Side::App, counts)).await,
    }
}

fn apart(started: Observed<Started>) -> (Vec<Option<String>>, Observed<KasmStart>) {
    let Observed { at, took_seconds, value } = started;
    match value {
        Ok(Started { facts, raw }) => (raw, Observed { at, took_seconds, value: Ok(facts) }),
        Err(why) => (Vec::new(), Observed { at, took_seconds, value: Err(why) }),
    }
}
