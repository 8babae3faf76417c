//! One side of a target for the time of a collection: where requests may go, how many, and what they were answered with.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{sync::Semaphore, time::timeout};
use url::Url;

use super::{
    answer::Answer,
    budget::Budget,
    fetch_error::{self, FetchError, place},
    foreign::Mask,
    http::Request,
    origin_client::OriginClient,
    tls::TlsStore,
};
use crate::{
    clock::Clock,
    config::{HttpSettings, Target},
    model::{self, Reason, RequestCount},
};

/// Never more requests than this at once.
const MOST_AT_ONCE: usize = 10;

/// One side for the time of a collection: the origins that the config names, and nothing else.
#[derive(Debug)]
pub(in crate::collect) struct SideClient {
    side: model::Side,
    /// The public address first.
    peers: Vec<OriginClient>,
    permits: Semaphore,
    budget: Arc<Budget>,
    clock: Clock,
}

/// What a collection keeps of its requests: how many got which class of answer, and what none of the answers may repeat.
#[derive(Debug, Default)]
pub(in crate::collect) struct Counts {
    counts: Mutex<BTreeMap<(model::Side, &'static str), u64>>,
    mask: Arc<Mask>,
}

impl Counts {
    /// None yet.
    pub(in crate::collect) fn of(deps: &Deps) -> Self {
        Self { counts: Mutex::default(), mask: Arc::clone(&deps.mask) }
    }

    /// A side may be shared with the target that looked first, whose credentials are others.
    fn masked(&self, answer: Answer) -> Answer {
        let (headers, body) = (self.mask.headers_again(answer.headers), self.mask.again(answer.body));
        Answer { headers, body, ..answer }
    }

    fn add(&self, side: model::Side, code: &'static str) {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner).entry((side, code)).or_default() += 1;
    }

    /// The counts, as a snapshot has them.
    pub(in crate::collect) fn all(&self) -> Vec<RequestCount> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts
            .iter()
            .map(|((side, code), count)| RequestCount { side: *side, code: (*code).to_owned(), count: *count })
            .collect()
    }
}

/// What makes sides: what a collector keeps between looks.
#[derive(Debug, Clone)]
pub(in crate::collect) struct Deps {
    /// The time.
    pub clock: Clock,
    /// Loaded TLS settings.
    pub tls: Arc<TlsStore>,
    /// The budgets of requests.
    pub budget: Arc<Budget>,
    /// What no answer may repeat, for the time of a collection.
    pub mask: Arc<Mask>,
}

impl Deps {
    /// The same for a collection at this target, whose secrets are read.
    pub(in crate::collect) fn masking(&self, target: &Target) -> Self {
        Self { mask: Arc::new(Mask::of(target)), ..self.clone() }
    }
}

impl SideClient {
    /// A side with its public and, where there is one, its internal address.
    ///
    /// # Errors
    /// A file that the settings name cannot be read.
    pub(in crate::collect) async fn new(
        side: model::Side,
        public: &Url,
        internal: Option<&Url>,
        settings: &HttpSettings,
        deps: &Deps,
    ) -> Result<Self, FetchError> {
        let peer = async |base, connect_to| {
            OriginClient::new(base, settings, connect_to, &deps.tls, deps.clock, Arc::clone(&deps.mask)).await
        };
        let mut peers = vec![peer(public, settings.connect_to.as_ref()).await?];
        if let Some(internal) = internal.filter(|internal| internal.origin() != public.origin()) {
            peers.push(peer(internal, None).await?);
        }
        Ok(Self {
            side,
            peers,
            permits: Semaphore::new(MOST_AT_ONCE),
            budget: Arc::clone(&deps.budget),
            clock: deps.clock,
        })
    }

    /// The public origin.
    pub(in crate::collect) fn public(&self) -> &OriginClient {
        &self.peers[0]
    }

    /// The public origin, as text.
    pub(in crate::collect) fn origin(&self) -> String {
        self.public().base.origin().ascii_serialization()
    }

    /// Whether requests to this address are allowed at all.
    pub(in crate::collect) fn names(&self, url: &Url) -> bool {
        self.peers.iter().any(|peer| peer.serves(url))
    }

    /// An address below the public one: `path` begins with a slash.
    pub(in crate::collect) fn at(&self, path: &str) -> Url {
        let mut url = self.public().base.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}{path}"));
        url
    }

    /// Sends a request, if it goes to an origin of this side. Throttling and challenges are reported before the answer is.
    pub(in crate::collect) async fn ask(&self, request: &Request, counts: &Counts) -> Result<Answer, FetchError> {
        let Some(peer) = self.peers.iter().find(|peer| peer.serves(&request.url)) else {
            return Err(FetchError::OutOfReach(format!(
                "{} is of an origin that the config does not name, and is not asked",
                place(&request.url)
            )));
        };
        let origin = peer.base.origin().ascii_serialization();
        let now = self.clock.now();
        if let Some(until) = self.budget.waits_until(&origin, now) {
            let detail = format!("not asked: the server wants us to wait until {} UTC", until.format("%H:%M:%S"));
            return Err(FetchError::failed(Reason::Throttled, detail));
        }
        let _permit = timeout(peer.limit, self.permits.acquire()).await.map_err(|_| {
            let detail = format!("not asked: {MOST_AT_ONCE} other requests to this server are under way");
            FetchError::failed(Reason::Timeout, detail)
        })?;
        self.budget.spend(&origin, now);
        // Boxed: an exchange is large, and every source holds one.
        let outcome = Box::pin(peer.send(request)).await;
        counts.add(self.side, class(&outcome));
        let answer = counts.masked(outcome.map_err(|stop| counts.mask.stop(stop))?);
        let now = self.clock.now();
        if answer.status == 429
            && let Some(wait) = fetch_error::retry_after(&answer.headers, now)
        {
            self.budget.wait(&origin, now + wait, now);
        }
        fetch_error::check_answerer(&answer)?;
        Ok(answer)
    }

    /// Closes the connections that are kept alive.
    pub(in crate::collect) fn hang_up(&self) {
        for peer in &self.peers {
            peer.hang_up();
        }
    }
}

fn class(outcome: &Result<Answer, FetchError>) -> &'static str {
    match outcome {
        Ok(answer) => match answer.status {
            ..=299 => "2xx",
            300..=399 => "3xx",
            400..=499 => "4xx",
            500.. => "5xx",
        },
        Err(_) => "error",
    }
}
