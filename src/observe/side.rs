//! One side of a target for the time of a look: where requests may go, how many, and what they were answered with.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{sync::Semaphore, time::timeout};
use url::Url;

use super::{
    answer::Answer,
    budget::Budget,
    foreign::Mask,
    http::Request,
    peer::Peer,
    reasons::{self, Stop, place},
    tls::TlsStore,
};
use crate::{
    clock::Clock,
    config::{HttpSettings, Target},
    model::{self, Reason, RequestCount},
};

/// Never more requests than this at once.
const MOST_AT_ONCE: usize = 10;

/// One side for the time of a look: the origins that the config names, and nothing else.
#[derive(Debug)]
pub(super) struct Side {
    side: model::Side,
    /// The public address first.
    peers: Vec<Peer>,
    permits: Semaphore,
    budget: Arc<Budget>,
    clock: Clock,
}

/// What a look keeps of its requests: how many got which class of answer, and what none of the answers may repeat.
#[derive(Debug, Default)]
pub(super) struct Counts {
    counts: Mutex<BTreeMap<(model::Side, &'static str), u64>>,
    mask: Arc<Mask>,
}

impl Counts {
    /// None yet.
    pub(super) fn of(means: &Means) -> Self {
        Self { counts: Mutex::default(), mask: Arc::clone(&means.mask) }
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
    pub(super) fn all(&self) -> Vec<RequestCount> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts
            .iter()
            .map(|((side, code), count)| RequestCount { side: *side, code: (*code).to_owned(), count: *count })
            .collect()
    }
}

/// What makes sides: what a looker keeps between looks.
#[derive(Debug, Clone)]
pub(super) struct Means {
    /// The time.
    pub clock: Clock,
    /// Loaded TLS settings.
    pub tls: Arc<TlsStore>,
    /// The budgets of requests.
    pub budget: Arc<Budget>,
    /// What no answer may repeat, for the time of a look.
    pub mask: Arc<Mask>,
}

impl Means {
    /// The same for a look at this target, whose secrets are read.
    pub(super) fn masking(&self, target: &Target) -> Self {
        Self { mask: Arc::new(Mask::of(target)), ..self.clone() }
    }
}

impl Side {
    /// A side with its public and, where there is one, its internal address.
    ///
    /// # Errors
    /// A file that the settings name cannot be read.
    pub(super) async fn new(
        side: model::Side,
        public: &Url,
        internal: Option<&Url>,
        settings: &HttpSettings,
        means: &Means,
    ) -> Result<Self, Stop> {
        let peer = async |base, connect_to| {
            Peer::new(base, settings, connect_to, &means.tls, means.clock, Arc::clone(&means.mask)).await
        };
        let mut peers = vec![peer(public, settings.connect_to.as_ref()).await?];
        if let Some(internal) = internal.filter(|internal| internal.origin() != public.origin()) {
            peers.push(peer(internal, None).await?);
        }
        Ok(Self {
            side,
            peers,
            permits: Semaphore::new(MOST_AT_ONCE),
            budget: Arc::clone(&means.budget),
            clock: means.clock,
        })
    }

    /// The public origin.
    pub(super) fn public(&self) -> &Peer {
        &self.peers[0]
    }

    /// The public origin, as text.
    pub(super) fn origin(&self) -> String {
        self.public().base.origin().ascii_serialization()
    }

    /// Whether requests to this address are allowed at all.
    pub(super) fn names(&self, url: &Url) -> bool {
        self.peers.iter().any(|peer| peer.serves(url))
    }

    /// An address below the public one: `path` begins with a slash.
    pub(super) fn at(&self, path: &str) -> Url {
        let mut url = self.public().base.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}{path}"));
        url
    }

    /// Sends a request, if it goes to an origin of this side. Throttling and challenges are told before the answer is.
    pub(super) async fn ask(&self, request: &Request, counts: &Counts) -> Result<Answer, Stop> {
        let Some(peer) = self.peers.iter().find(|peer| peer.serves(&request.url)) else {
            return Err(Stop::OutOfReach(format!(
                "{} is of an origin that the config does not name, and is not asked",
                place(&request.url)
            )));
        };
        let origin = peer.base.origin().ascii_serialization();
        let now = self.clock.now();
        if let Some(until) = self.budget.waits_until(&origin, now) {
            let detail = format!("not asked: the server wants us to wait until {} UTC", until.format("%H:%M:%S"));
            return Err(Stop::failed(Reason::Throttled, detail));
        }
        let _permit = timeout(peer.limit, self.permits.acquire()).await.map_err(|_| {
            let detail = format!("not asked: {MOST_AT_ONCE} other requests to this server are under way");
            Stop::failed(Reason::Timeout, detail)
        })?;
        self.budget.spend(&origin, now);
        let outcome = peer.send(request).await;
        counts.add(self.side, class(&outcome));
        let answer = counts.masked(outcome.map_err(|stop| counts.mask.stop(stop))?);
        let now = self.clock.now();
        if answer.status == 429
            && let Some(wait) = reasons::retry_after(&answer.headers, now)
        {
            self.budget.wait(&origin, now + wait, now);
        }
        reasons::check_answerer(&answer)?;
        Ok(answer)
    }

    /// Closes the connections that are kept alive.
    pub(super) fn hang_up(&self) {
        for peer in &self.peers {
            peer.hang_up();
        }
    }
}

fn class(outcome: &Result<Answer, Stop>) -> &'static str {
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
