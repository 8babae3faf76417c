//! Names to addresses, by the resolver of the system: `/etc/nsswitch.conf`, `/etc/hosts` and `/etc/resolv.conf` count as
//! they do for every other program of the host, also after they have changed.
//!
//! It blocks, so each name has a thread for as long as it takes. A name that once hung waits with others of its kind
//! from then on, so that hanging names wait for each other only.

use std::{
    collections::BTreeSet,
    io,
    net::{SocketAddr, ToSocketAddrs as _},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::blocking::{Blocking, Limits, Unfinished};

type Found = Result<Arc<[SocketAddr]>, Failed>;
type Lookups = Blocking<String, Found>;

static PROMPT: Lookups = Blocking::new(Limits { prompt: 12, stuck: 20, patience: Duration::from_secs(1) });
static SLOW: Lookups = Blocking::new(Limits { prompt: 4, stuck: 12, patience: Duration::from_secs(5) });
static HUNG_BEFORE: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// What the system's resolver failed with.
#[derive(Debug, Clone)]
struct Failed(io::ErrorKind, String);

/// The addresses of a name, in the resolver's order, within a time.
///
/// # Errors
/// What the resolver says, or that it says nothing in time.
pub(crate) async fn addresses(host: &str, port: u16, within: Duration) -> io::Result<Vec<SocketAddr>> {
    let name = host.to_owned();
    let addresses = found(host, within, move || look_up(&name)).await?;
    Ok(addresses.iter().map(|address| SocketAddr::new(address.ip(), port)).collect())
}

async fn found(
    host: &str,
    within: Duration,
    look_up: impl FnOnce() -> Found + Send + 'static,
) -> io::Result<Arc<[SocketAddr]>> {
    let lookups = if hung_before().contains(host) { &SLOW } else { &PROMPT };
    match lookups.run(&host.to_owned(), within, look_up).await {
        Ok(answer) => {
            hung_before().remove(host);
            answer.map_err(|Failed(kind, text)| io::Error::new(kind, text))
        }
        Err(Unfinished::TimedOut) => {
            hung_before().insert(host.to_owned());
            Err(timed_out(format!("the resolver did not answer within {} s", within.as_secs())))
        }
        Err(Unfinished::Busy) => {
            Err(timed_out("not asked: the resolver is busy with other names that hang".to_owned()))
        }
        Err(Unfinished::Panicked) => Err(io::Error::other("the lookup panicked, which is a bug")),
    }
}

fn timed_out(text: String) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, text)
}

fn hung_before() -> MutexGuard<'static, BTreeSet<String>> {
    HUNG_BEFORE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Blocks.
fn look_up(host: &str) -> Found {
    match (host, 0).to_socket_addrs() {
        Ok(addresses) => Ok(addresses.collect()),
        Err(error) => Err(Failed(error.kind(), error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_is_resolved_as_the_system_does_and_a_failure_says_why() {
        let found = addresses("localhost", 443, Duration::from_secs(30)).await.unwrap();
        assert!(!found.is_empty() && found.iter().all(|address| address.ip().is_loopback() && address.port() == 443));
        let error = addresses("no such name", 443, Duration::from_secs(30)).await.unwrap_err();
        assert_ne!(error.kind(), io::ErrorKind::TimedOut, "{error}");
    }

    #[tokio::test]
    async fn a_name_that_hung_waits_apart_until_it_answers() {
        let name = "hangs.example.test";
        let (answer, waits) = std::sync::mpsc::channel::<()>();
        let hangs = move || {
            // Ends with the other end.
            let _ = waits.recv();
            Ok(Arc::from([]))
        };
        let error = found(name, Duration::ZERO, hangs).await.unwrap_err();
        assert!(error.to_string().contains("did not answer"), "{error}");
        assert!(hung_before().contains(name), "it waits apart");
        drop(answer);
        found(name, Duration::from_secs(30), || Ok(Arc::from([]))).await.unwrap();
        assert!(!hung_before().contains(name), "it is as good as others");
    }
}
