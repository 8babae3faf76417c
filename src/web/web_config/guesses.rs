//! Who may have a password verified, and when.
//!
//! bcrypt is slow by design, so that passwords are verified one at a time. Each client waits in a line of its own, so that
//! many guesses from one address cost the others one turn at most. A user at an address from which that user was right
//! before has a line of its own, and a turn that nobody else takes. Guesses of one user from one address come in a burst
//! and then slowly: they are put off, not refused, since the one with the right password may be among them.

use std::{
    collections::{HashMap, VecDeque},
    hash::{BuildHasher as _, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

use crate::{rate_limiter::RateLimiter, web::connection_limiter::Client};

/// How fast one user may be guessed from one address.
const INTERVAL: Duration = Duration::from_millis(250);
const BURST: u32 = 10;
/// Guesses that may wait in one line, where there are few lines, and where there are many.
const IN_A_LINE: (usize, usize) = (16, 2);
/// Guesses that may wait in all lines, as long as each line may have the fewest.
const IN_ALL: usize = 128;
/// How long a guess may wait.
const PATIENCE: Duration = Duration::from_secs(10);
/// Users with addresses of which it is remembered that they were right, or how fast they guess.
const REMEMBERED: usize = 1024;

/// A user at an address. The name is hashed: it comes from outside, and can be long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Guesser {
    client: Client,
    user: u64,
}

/// A line: of a client, or of a user at an address from which it was right before.
type LineKey = (Client, Option<u64>);

#[derive(Debug)]
struct Line {
    waiting: usize,
    first: Arc<Semaphore>,
}

type Lines = Arc<Mutex<HashMap<LineKey, Line>>>;

/// What limits how many passwords are verified at once. One for the daemon, whatever becomes of its users.
#[derive(Debug)]
pub(super) struct Guesses {
    names: RandomState,
    lines: Lines,
    rates: Mutex<HashMap<Guesser, RateLimiter<Instant>>>,
    right: Mutex<VecDeque<Guesser>>,
    turn: Arc<Semaphore>,
    turn_of_right: Arc<Semaphore>,
}

/// The right to have a password verified now.
#[derive(Debug)]
pub(super) struct Turn {
    _turn: OwnedSemaphorePermit,
    _first: OwnedSemaphorePermit,
    _place: Place,
}

/// A place in a line, until it is dropped.
#[derive(Debug)]
struct Place {
    key: LineKey,
    lines: Lines,
    first: Arc<Semaphore>,
}

impl Default for Guesses {
    fn default() -> Self {
        Self {
            names: RandomState::new(),
            lines: Lines::default(),
            rates: Mutex::default(),
            right: Mutex::default(),
            turn: Arc::new(Semaphore::new(1)),
            turn_of_right: Arc::new(Semaphore::new(1)),
        }
    }
}

impl Guesses {
    pub(super) fn guesser(&self, user: &str, client: Client) -> Guesser {
        Guesser { client, user: self.names.hash_one(user) }
    }

    /// Waits for a turn; `None` where too many wait already, or for too long.
    pub(super) async fn turn(&self, guesser: Guesser) -> Option<Turn> {
        tokio::time::timeout(PATIENCE, self.wait(guesser)).await.ok()?
    }

    async fn wait(&self, guesser: Guesser) -> Option<Turn> {
        let was_right = lock(&self.right).contains(&guesser);
        let place = Place::take(&self.lines, (guesser.client, was_right.then_some(guesser.user)))?;
        let wait = self.reserve(guesser);
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        let first = Arc::clone(&place.first).acquire_owned().await.ok()?;
        let turn = if was_right { &self.turn_of_right } else { &self.turn };
        let turn = Arc::clone(turn).acquire_owned().await.ok()?;
        Some(Turn { _turn: turn, _first: first, _place: place })
    }

    /// How long this guesser's next guess is put off.
    fn reserve(&self, guesser: Guesser) -> Duration {
        let now = Instant::now();
        let mut rates = lock(&self.rates);
        if rates.len() >= REMEMBERED {
            rates.retain(|_, rate| !rate.missing(now).is_zero());
        }
        if rates.len() >= REMEMBERED {
            // So many at once: the limit of all is what holds them up.
            return Duration::ZERO;
        }
        rates.entry(guesser).or_insert_with(|| RateLimiter::new(INTERVAL, BURST, now)).reserve(now)
    }

    /// Remembers that a guesser was right, and forgets whoever was so the longest ago.
    pub(super) fn was_right(&self, guesser: Guesser) {
        lock(&self.rates).remove(&guesser);
        let mut right = lock(&self.right);
        if right.back() == Some(&guesser) {
            return;
        }
        right.retain(|other| *other != guesser);
        right.push_back(guesser);
        if right.len() > REMEMBERED {
            right.pop_front();
        }
    }
}

impl Place {
    fn take(lines: &Lines, key: LineKey) -> Option<Self> {
        let mut all = lock(lines);
        let most = (IN_ALL / (all.len() + 1)).clamp(IN_A_LINE.1, IN_A_LINE.0);
        let line = all.entry(key).or_insert_with(|| Line { waiting: 0, first: Arc::new(Semaphore::new(1)) });
        if line.waiting >= most {
            return None;
        }
        line.waiting += 1;
        Some(Self { key, lines: Arc::clone(lines), first: Arc::clone(&line.first) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut lines = lock(&self.lines);
        if let Some(line) = lines.get_mut(&self.key) {
            line.waiting -= 1;
            if line.waiting == 0 {
                lines.remove(&self.key);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt as _, future::join_all};

    use super::*;

    fn client(number: u8) -> Client {
        Client::at([192, 0, 2, number].into())
    }

    /// How long a guess waits, with a verification that takes a while.
    async fn guess(guesses: &Guesses, user: &str, at: u8, verification: Duration) -> Option<Duration> {
        let begun = Instant::now();
        let turn = guesses.turn(guesses.guesser(user, client(at))).await?;
        let waited = begun.elapsed();
        tokio::time::sleep(verification).await;
        drop(turn);
        Some(waited)
    }

    /// A hash of the usual cost takes that long.
    const VERIFICATION: Duration = Duration::from_millis(80);

    #[tokio::test(start_paused = true)]
    async fn eight_who_guess_from_the_same_address_do_not_keep_the_right_one_out() {
        for user in ["ops", "admin"] {
            let guesses = Guesses::default();
            let flood = join_all((0..8).map(|_| async {
                loop {
                    guess(&guesses, user, 1, VERIFICATION).await;
                }
            }));
            let right = async {
                tokio::time::sleep(Duration::from_secs(30)).await;
                let mut waits = Vec::new();
                for _ in 0..10 {
                    waits.push(guess(&guesses, "ops", 1, VERIFICATION).await.expect("a turn"));
                }
                waits
            };
            let waits = tokio::select! {
                waits = right => waits,
                _ = flood => unreachable!("it goes on"),
            };
            assert!(waits.iter().all(|wait| *wait < Duration::from_secs(3)), "{user}: {waits:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn guesses_from_many_addresses_cost_another_one_a_turn_each() {
        for (addresses, limit) in [(10, Duration::from_secs(1)), (100, Duration::from_secs(9))] {
            let guesses = Guesses::default();
            let flood = join_all((0..addresses * 4_u32).map(|number| {
                let (guesses, at) = (&guesses, u8::try_from(number % addresses).unwrap());
                async move {
                    loop {
                        let user = number.to_string();
                        if guess(guesses, &user, at, VERIFICATION).await.is_none() {
                            tokio::time::sleep(Duration::from_millis(500)).await;
                        }
                    }
                }
            }));
            let right = async {
                tokio::time::sleep(Duration::from_secs(5)).await;
                guess(&guesses, "prometheus", 200, VERIFICATION).await
            };
            let waited = tokio::select! {
                waited = right => waited.expect("a turn"),
                _ = flood => unreachable!("it goes on"),
            };
            assert!(waited <= limit, "{addresses} addresses: {waited:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_was_right_from_an_address_has_a_turn_of_its_own_there() {
        let guesses = Guesses::default();
        let (ops, other) = (guesses.guesser("ops", client(1)), guesses.guesser("ops", client(2)));
        guesses.was_right(ops);
        let _held = guesses.turn(guesses.guesser("admin", client(1))).await.expect("the turn of all");
        assert!(guesses.turn(other).now_or_never().is_none(), "another address waits");
        assert!(guesses.turn(ops).now_or_never().flatten().is_some(), "this one does not");
        for number in 0..REMEMBERED {
            guesses.was_right(guesses.guesser(&number.to_string(), client(3)));
        }
        assert!(guesses.turn(ops).now_or_never().is_none(), "it was right too long ago");
    }

    #[tokio::test(start_paused = true)]
    async fn a_user_is_guessed_from_one_address_slowly() {
        let guesses = Guesses::default();
        let begun = Instant::now();
        for _ in 0..50 {
            guess(&guesses, "ops", 1, Duration::ZERO).await.expect("a turn");
        }
        assert_eq!(begun.elapsed(), INTERVAL * 40);
        guesses.was_right(guesses.guesser("ops", client(1)));
        assert_eq!(guess(&guesses, "ops", 1, Duration::ZERO).await, Some(Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn a_line_is_never_longer_than_it_may_be_and_nothing_is_kept_of_it() {
        let guesses = Guesses::default();
        let held = guesses.turn(guesses.guesser("a", client(1))).await.expect("a turn");
        let waiting = join_all((0..40).map(|number| {
            let guesser = guesses.guesser(&number.to_string(), client(1));
            let guesses = &guesses;
            async move { guesses.turn(guesser).await.is_some() }
        }));
        let release = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            drop(held);
        };
        let (turns, ()) = tokio::join!(waiting, release);
        assert_eq!(turns.iter().filter(|had| **had).count(), IN_A_LINE.0 - 1, "with the one that held the turn");
        assert!(lock(&guesses.lines).is_empty());
    }
}
