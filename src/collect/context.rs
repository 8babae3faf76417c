//! What the sources of one round go by, and the one rule of when a source is asked.

use tokio::time::Instant;

use super::{CollectMode, due};
use crate::{
    clock::Clock,
    collect::transport::{
        budget::Budget,
        fetch_error::{FetchError, IntoMissing},
        probed::Probed,
        side_client::SideClient,
    },
    model::{Connection, Missing, Observed, Side, SourceId},
    providers::Recognised,
};

/// What the sources of one round go by.
pub(super) struct RoundContext<'a> {
    /// The time.
    pub clock: &'a Clock,
    /// The budgets of requests.
    pub budget: &'a Budget,
    /// How much is collected.
    pub mode: CollectMode,
    /// What the interval hangs on: the target's name, or the provider's address.
    pub who: &'a str,
}

impl RoundContext<'_> {
    /// Whether a source is due.
    pub(super) fn is_due<T>(&self, source: SourceId, old: Option<&Observed<T>>, is_good: impl Fn(&T) -> bool) -> bool {
        due::is_due(source, self.who, old, is_good, self.mode, self.clock.now())
    }

    /// A fact that is missing as of now.
    pub(super) fn missing<T>(&self, why: Missing) -> Observed<T> {
        Observed::missing(self.clock.now(), why)
    }

    /// Asks a source that is due, can be asked, and costs no more requests than its budget has left. Otherwise what was
    /// observed before stands.
    pub(in crate::collect) async fn refresh<T: Clone>(
        &self,
        source: SourceId,
        old: Option<&Observed<T>>,
        is_due: bool,
        side: Result<&SideClient, Missing>,
        ask: impl Future<Output = Result<T, impl IntoMissing>>,
    ) -> Observed<T> {
        self.refresh_costing(source.row().cost, source, old, is_due, side, ask).await
    }

    /// The same, of a source that a provider of this kind is asked less than others for.
    pub(in crate::collect) async fn refresh_at<T: Clone>(
        &self,
        provider: Recognised,
        source: SourceId,
        old: Option<&Observed<T>>,
        is_due: bool,
        side: Result<&SideClient, Missing>,
        ask: impl Future<Output = Result<T, impl IntoMissing>>,
    ) -> Observed<T> {
        let requests = source.row().requests.iter();
        let sent = requests.filter(|request| request.of.includes(provider.dialect, provider.version));
        let cost = sent.map(|request| request.most).sum();
        self.refresh_costing(cost, source, old, is_due, side, ask).await
    }

    async fn refresh_costing<T: Clone>(
        &self,
        cost: u32,
        source: SourceId,
        old: Option<&Observed<T>>,
        is_due: bool,
        side: Result<&SideClient, Missing>,
        ask: impl Future<Output = Result<T, impl IntoMissing>>,
    ) -> Observed<T> {
        if let Some(old) = old
            && !is_due
        {
            return old.clone();
        }
        let side = match side {
            Ok(side) => side,
            Err(why) => return self.missing(why),
        };
        if !self.affords(cost, side, source.side()) {
            let put_off = || self.missing(FetchError::put_off().missing(source));
            return old.cloned().unwrap_or_else(put_off);
        }
        observe(self.clock, source, ask).await
    }

    /// An app has no budget: what it is asked in a round does not grow with the targets.
    fn affords(&self, cost: u32, client: &SideClient, side: Side) -> bool {
        let may_overdraw = self.mode == CollectMode::Full;
        side == Side::App || self.budget.affords(&client.origin(), cost, may_overdraw, self.clock.now())
    }
}

/// Asks a source, and notes when it answered and how long that took.
pub(super) async fn observe<T>(
    clock: &Clock,
    source: SourceId,
    ask: impl Future<Output = Result<T, impl IntoMissing>>,
) -> Observed<T> {
    let begun = Instant::now();
    let value = ask.await.map_err(|why| why.of(source));
    Observed { at: clock.now(), took_seconds: begun.elapsed().as_secs_f64(), value }
}

/// The connection, once every address has answered or been given up.
pub(super) async fn whole_connection(probed: Observed<Probed>) -> Observed<Connection> {
    let Observed { at, took_seconds, value } = probed;
    let value = match value {
        Ok(probed) => Ok(probed.whole().await),
        Err(why) => Err(why),
    };
    Observed { at, took_seconds, value }
}

/// Why the other sources of a side are not asked, where its connection failed (not where a proxy hides it).
pub(super) fn blocked_by<T>(connection: &Observed<T>, source: SourceId) -> Option<FetchError> {
    connection.failure().map(|_| FetchError::Blocked(source))
}
