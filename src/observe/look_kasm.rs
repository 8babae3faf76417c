//! The look at Kasm: connection, health, login settings, start of login, page.

use super::{
    kasm_health, kasm_login_settings,
    kasm_start::{self, Started},
    look::{Round, blocked_by, observe, whole_connection},
    page,
    reasons::Stop,
    side::{Counts, Means, Side},
};
use crate::{
    config::Target,
    kasm::{KasmStart, LoginSettings},
    model::{self, Answered, Connection, KasmHealth, Missing, Observed, Page, Snapshot, SourceId},
};

/// What was seen of Kasm.
#[derive(Debug)]
pub(super) struct KasmLook {
    /// The connection.
    pub connection: Observed<Connection>,
    /// Its health.
    pub health: Observed<Answered<KasmHealth>>,
    /// What its login page offers.
    pub login_settings: Observed<LoginSettings>,
    /// The start of login.
    pub start: Observed<KasmStart>,
    /// The authorize URLs as written, in the order of the starts.
    pub raw: Vec<Option<String>>,
    /// Its login page.
    pub page: Observed<Page>,
    /// Where further requests of this look go; none where the connection failed.
    pub side: Result<Side, Stop>,
}

impl KasmLook {
    /// A look that ended with the connection, or before it.
    fn ended(round: &Round<'_>, connection: Observed<Connection>, why: &Stop) -> Self {
        let now = round.clock.now();
        let missing = |source| why.clone().missing(source);
        Self {
            connection,
            health: Observed::missing(now, missing(SourceId::KasmHealth)),
            login_settings: Observed::missing(now, missing(SourceId::KasmLoginSettings)),
            start: Observed::missing(now, missing(SourceId::KasmStart)),
            raw: Vec::new(),
            page: Observed::missing(now, missing(SourceId::KasmPage)),
            side: Err(why.clone()),
        }
    }
}

/// Looks at Kasm.
pub(super) async fn look(
    means: &Means,
    round: &Round<'_>,
    target: &Target,
    before: Option<&Snapshot>,
    counts: &Counts,
) -> KasmLook {
    let kasm = &target.kasm;
    let side = match Side::new(model::Side::Kasm, &kasm.url, None, &kasm.http, means).await {
        Ok(side) => side,
        Err(stop) => {
            let why = stop.clone().missing(SourceId::KasmConnection);
            return KasmLook::ended(round, Observed::missing(round.clock.now(), why), &stop);
        }
    };
    let connection = observe(round.clock, SourceId::KasmConnection, side.public().probe()).await;
    if let Some(blocked) = blocked_by(&connection, SourceId::KasmConnection) {
        return KasmLook::ended(round, whole_connection(connection).await, &blocked);
    }
    let (connection, health, (login_settings, started), page) = tokio::join!(
        whole_connection(connection),
        observe(round.clock, SourceId::KasmHealth, kasm_health::look(&side, counts)),
        login(round, &side, counts),
        login_page(round, &side, before, counts),
    );
    let (raw, start) = apart(started);
    KasmLook { connection, health, login_settings, start, raw, page, side: Ok(side) }
}

/// The login settings, then the start of login for what they offer.
async fn login(round: &Round<'_>, side: &Side, counts: &Counts) -> (Observed<LoginSettings>, Observed<Started>) {
    let source = SourceId::KasmLoginSettings;
    let settings = observe(round.clock, source, kasm_login_settings::look(side, counts)).await;
    let started = match &settings.value {
        Ok(settings) => observe(round.clock, SourceId::KasmStart, kasm_start::look(side, settings, counts)).await,
        // A login wall hides all of Kasm's API.
        Err(Missing::OutOfReach(why)) => Observed::missing(round.clock.now(), Missing::OutOfReach(why.clone())),
        Err(_) => Observed::missing(round.clock.now(), Missing::Blocked { by: source }),
    };
    (settings, started)
}

async fn login_page(round: &Round<'_>, side: &Side, before: Option<&Snapshot>, counts: &Counts) -> Observed<Page> {
    // Kasm has no budget: its round costs at most 7 requests, and its page 2 in 5 minutes.
    let source = SourceId::KasmPage;
    let old = before.map(|before| &before.kasm_page);
    match old {
        Some(old) if !round.is_due(source, Some(old), page::is_good) => old.clone(),
        _ => observe(round.clock, source, page::look(side, model::Side::Kasm, counts)).await,
    }
}

fn apart(started: Observed<Started>) -> (Vec<Option<String>>, Observed<KasmStart>) {
    let Observed { at, took_seconds, value } = started;
    match value {
        Ok(Started { facts, raw }) => (raw, Observed { at, took_seconds, value: Ok(facts) }),
        Err(why) => (Vec::new(), Observed { at, took_seconds, value: Err(why) }),
    }
}
