//! Places that are taken for a time: a number of them in all, and of these a number for each client, so that one client
//! cannot take them all.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Whoever connects: an address, or somebody on this machine by a unix socket, who is not told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// How many places each client has.
type Taken = Arc<Mutex<HashMap<IpAddr, usize>>>;

/// The places.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    all: Arc<Semaphore>,
    for_each: usize,
    taken: Taken,
}

/// One of a client's share, until it is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    of: Option<(IpAddr, Taken)>,
}

impl Places {
    pub(crate) fn new(all: usize, for_each: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(all)), for_each, taken: Arc::default() }
    }

    /// Waits for a place of all.
    pub(crate) async fn free(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.all).acquire_owned().await.ok()
    }

    /// A place of all, if there is one.
    pub(crate) fn free_now(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.all).try_acquire_owned().ok()
    }

    /// One of the client's share; none if it has all of that.
    pub(crate) fn share(&self, client: Client) -> Option<Share> {
        let Client(Some(address)) = client else { return Some(Share { of: None }) };
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(address).or_default();
        if *count >= self.for_each {
            return None;
        }
        *count += 1;
        Some(Share { of: Some((address, Arc::clone(&self.taken))) })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let Some((address, taken)) = &self.of else { return };
        let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(address) {
            *count -= 1;
            if *count == 0 {
                taken.remove(address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(address: &str) -> Client {
        Client::at(address.parse().unwrap())
    }

    #[test]
    fn a_client_has_its_share_and_no_more_until_it_gives_one_back() {
        let places = Places::new(10, 2);
        let held = [places.share(client("192.0.2.1")), places.share(client("192.0.2.1"))];
        assert!(held.iter().all(Option::is_some));
        assert!(places.share(client("192.0.2.1")).is_none());
        assert!(places.share(client("::ffff:192.0.2.1")).is_none(), "the same client");
        assert!(places.share(client("192.0.2.2")).is_some(), "another client");
        drop(held);
        assert!(places.share(client("192.0.2.1")).is_some());
        assert!(places.taken.lock().unwrap().is_empty(), "nothing is kept of who has gone");
    }

    #[test]
    fn a_network_of_ipv6_is_one_client_and_the_own_machine_has_no_share() {
        let places = Places::new(10, 1);
        let _held = places.share(client("2001:db8::1")).unwrap();
        assert!(places.share(client("2001:db8::ffff:1")).is_none());
        assert!(places.share(client("2001:db8:0:1::1")).is_some());
        let _local: Vec<_> = (0..5).map(|_| places.share(Client::LOCAL).unwrap()).collect();
    }
}
