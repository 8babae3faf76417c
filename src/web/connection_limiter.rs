//! Limits connections: so many at once, of these so many for one client, and a few more for health and metrics alone.
//!
//! A client that keeps us waiting costs a place and nothing else, so that a few slow clients could take all of them. When
//! places are short, the limiter closes the connection that has kept us waiting for the longest time, among those of the
//! client that holds the most.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

/// Whoever connects: an address, or somebody on this machine by a unix socket, where clients cannot be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Client(Option<IpAddr>);

impl Client {
    /// A client at an address.
    pub(crate) fn at(address: IpAddr) -> Self {
        Self(Some(match address.to_canonical() {
            // A client of IPv6 has a network of its own.
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
            v4 @ IpAddr::V4(_) => v4,
        }))
    }

    /// Somebody on this machine.
    pub(crate) const LOCAL: Self = Self(None);
}

/// In the extensions of a request that came in on a place which is reserved for health and metrics.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reserved;

/// How many connections there may be at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Capacity {
    /// In all, beside those that are reserved.
    pub all: usize,
    /// Of one client; does not count for [`Client::LOCAL`].
    pub of_client: usize,
    /// More, for health and metrics alone.
    pub reserved: usize,
}

/// The limiter.
#[derive(Debug, Clone)]
pub(crate) struct ConnectionLimiter {
    capacity: Capacity,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    table: Mutex<Table>,
    /// Notified when a place becomes free, or may be taken away from a client.
    freed: Notify,
}

/// The connections, by numbers in the order in which they came.
#[derive(Debug, Default)]
struct Table {
    next: u64,
    held: BTreeMap<u64, Held>,
}

#[derive(Debug)]
struct Held {
    client: Client,
    is_reserved: bool,
    /// Since when the client keeps us waiting; `None` while we work for it.
    waiting_since: Option<Instant>,
    close: CancellationToken,
}

/// The place of a connection, until it is dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    number: u64,
    is_reserved: bool,
    close: CancellationToken,
    shared: Arc<Shared>,
}

enum Admission {
    Admitted(Permit),
    /// The client has all places that it may have, and works on each.
    Refused,
    /// There is no place now.
    Full,
}

impl ConnectionLimiter {
    pub(crate) fn new(capacity: Capacity) -> Self {
        Self { capacity, shared: Arc::default() }
    }

    /// Waits for a place; `None` if the client already has all that it may have.
    pub(crate) async fn admit(&self, client: Client) -> Option<Permit> {
        loop {
            match self.try_admit(client) {
                Admission::Admitted(permit) => return Some(permit),
                Admission::Refused => return None,
                Admission::Full => self.shared.freed.notified().await,
            }
        }
    }

    fn try_admit(&self, client: Client) -> Admission {
        let Capacity { all, of_client, reserved } = self.capacity;
        let mut table = self.shared.table();
        let has_share = client != Client::LOCAL;
        if has_share
            && table.count(|held| held.client == client) >= of_client
            && !table.close_slowest(|held| held.client == client)
        {
            return Admission::Refused;
        }
        let is_reserved =
            table.count(|held| !held.is_reserved) >= all && !table.close_slowest(|held| !held.is_reserved);
        if is_reserved
            && table.count(|held| held.is_reserved) >= reserved
            && !table.close_slowest(|held| held.is_reserved)
        {
            return Admission::Full;
        }
        let (number, close) = (table.next, CancellationToken::new());
        table.next += 1;
        let held = Held { client, is_reserved, waiting_since: Some(Instant::now()), close: close.clone() };
        table.held.insert(number, held);
        Admission::Admitted(Permit { number, is_reserved, close, shared: Arc::clone(&self.shared) })
    }
}

impl Shared {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn count(&self, counts: impl Fn(&Held) -> bool) -> usize {
        self.held.values().filter(|held| counts(held)).count()
    }

    /// Closes the connection that keeps us waiting for the longest time, of the client that has the most of them.
    fn close_slowest(&mut self, may_close: impl Fn(&Held) -> bool) -> bool {
        let mut of_client: HashMap<Client, usize> = HashMap::new();
        for held in self.held.values() {
            *of_client.entry(held.client).or_default() += 1;
        }
        let slowest = self
            .held
            .iter()
            .filter(|(_, held)| may_close(held))
            .filter_map(|(number, held)| {
                Some((of_client.get(&held.client)?, Reverse(held.waiting_since?), Reverse(*number)))
            })
            .max();
        let Some(held) = slowest.and_then(|(_, _, Reverse(number))| self.held.remove(&number)) else { return false };
        held.close.cancel();
        true
    }
}

impl Permit {
    /// Whether the place is one of those for health and metrics.
    pub(crate) fn is_reserved(&self) -> bool {
        self.is_reserved
    }

    /// From now on, we work for the client.
    pub(crate) fn works(&self) {
        self.set(None);
    }

    /// From now on, the client keeps us waiting: it is to take the answer, and to send the next request.
    pub(crate) fn waits(&self) {
        self.set(Some(Instant::now()));
        self.shared.freed.notify_one();
    }

    fn set(&self, waiting_since: Option<Instant>) {
        if let Some(held) = self.shared.table().held.get_mut(&self.number) {
            held.waiting_since = waiting_since;
        }
    }

    /// Ends when the connection is to be closed, because its place is needed.
    pub(crate) async fn closed(&self) {
        self.close.cancelled().await;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.shared.table().held.remove(&self.number);
        self.shared.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt as _;
    use tokio::time::advance;

    use super::*;

    fn client(address: &str) -> Client {
        Client::at(address.parse().unwrap())
    }

    fn limiter(all: usize, of_client: usize, reserved: usize) -> ConnectionLimiter {
        ConnectionLimiter::new(Capacity { all, of_client, reserved })
    }

    /// A place for a client, if there is one at once.
    fn admitted(limiter: &ConnectionLimiter, address: &str) -> Option<Permit> {
        limiter.admit(client(address)).now_or_never().flatten()
    }

    /// A place for a client that we work for.
    fn at_work(limiter: &ConnectionLimiter, address: &str) -> Permit {
        let permit = admitted(limiter, address).unwrap();
        permit.works();
        permit
    }

    fn is_closed(permit: &Permit) -> bool {
        permit.close.is_cancelled()
    }

    #[tokio::test]
    async fn a_client_has_its_share_and_no_more_until_it_gives_one_back() {
        let limiter = limiter(10, 2, 0);
        let held = [at_work(&limiter, "192.0.2.1"), at_work(&limiter, "192.0.2.1")];
        assert!(admitted(&limiter, "192.0.2.1").is_none());
        assert!(admitted(&limiter, "::ffff:192.0.2.1").is_none(), "the same client");
        assert!(admitted(&limiter, "192.0.2.2").is_some(), "another client");
        assert!(held.iter().all(|permit| !is_closed(permit)));
        drop(held);
        assert!(admitted(&limiter, "192.0.2.1").is_some());
        assert!(limiter.shared.table().held.is_empty(), "nothing is kept of clients that left");
    }

    #[tokio::test]
    async fn a_network_of_ipv6_is_one_client_and_the_own_machine_has_no_share() {
        let limiter = limiter(10, 1, 0);
        let _held = at_work(&limiter, "2001:db8::1");
        assert!(admitted(&limiter, "2001:db8::ffff:1").is_none());
        assert!(admitted(&limiter, "2001:db8:0:1::1").is_some());
        let local = [(); 5].map(|()| limiter.admit(Client::LOCAL).now_or_never().flatten().unwrap());
        assert!(local.iter().all(|permit| !is_closed(permit)));
    }

    #[tokio::test(start_paused = true)]
    async fn the_slowest_connection_of_the_largest_client_makes_room() {
        let limiter = limiter(4, 9, 0);
        let patient = admitted(&limiter, "192.0.2.1").unwrap();
        let mut slow = Vec::new();
        for _ in 0..3 {
            advance(Duration::from_secs(1)).await;
            slow.push(admitted(&limiter, "192.0.2.2").unwrap());
        }
        slow[0].works();
        let new = admitted(&limiter, "192.0.2.3").unwrap();
        let closed: Vec<bool> = slow.iter().map(is_closed).collect();
        assert_eq!(closed, [false, true, false], "the one that waits longest, and for which nobody works");
        assert!(!is_closed(&patient) && !is_closed(&new) && !new.is_reserved());
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_with_its_whole_share_loses_its_own_slowest_connection() {
        let limiter = limiter(9, 2, 0);
        let other = admitted(&limiter, "192.0.2.2").unwrap();
        advance(Duration::from_secs(1)).await;
        let slow = admitted(&limiter, "192.0.2.1").unwrap();
        let busy = at_work(&limiter, "192.0.2.1");
        assert!(admitted(&limiter, "192.0.2.1").is_some());
        assert_eq!([&other, &slow, &busy].map(is_closed), [false, true, false]);
    }

    #[tokio::test]
    async fn beyond_the_places_of_all_there_are_reserved_ones_and_then_none_until_one_is_free() {
        let limiter = limiter(1, 9, 1);
        let regular = at_work(&limiter, "192.0.2.1");
        let reserved = at_work(&limiter, "192.0.2.2");
        assert_eq!([&regular, &reserved].map(Permit::is_reserved), [false, true]);
        let mut next = Box::pin(limiter.admit(client("192.0.2.3")));
        assert!((&mut next).now_or_never().is_none(), "full");
        reserved.waits();
        assert!((&mut next).now_or_never().flatten().unwrap().is_reserved(), "one that waits makes room");
        assert!(is_closed(&reserved) && !is_closed(&regular));
        drop(regular);
        assert!(!admitted(&limiter, "192.0.2.3").unwrap().is_reserved());
    }
}
