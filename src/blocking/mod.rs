//! Calls that may hang (a file on a dead server, a name that no resolver answers for): on threads that may block, and
//! never on the workers of the runtime.
//!
//! Each thing that is waited for has one thread at most: whoever asks for the same joins the first who asked. A call that
//! takes longer than [`Limits::patience`] counts as stuck. Stuck calls take no place from prompt ones, and their number is
//! limited, so that the threads of all [`Blocking`] together stay below what the shipped service files allow.

pub mod files;

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::Duration,
};

use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep, timeout},
};

/// How many calls of one kind may run at once.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Calls that are not stuck.
    pub prompt: usize,
    /// Stuck calls.
    pub stuck: usize,
    /// After how long a call counts as stuck.
    pub patience: Duration,
}

/// Why there is no outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfinished {
    /// The call takes longer than the caller waits. It goes on, and whoever asks next joins it.
    TimedOut,
    /// It was not begun: as many calls as are allowed are stuck.
    Busy,
    /// It panicked.
    Panicked,
}

/// Calls of one kind. `K` says what is waited for.
#[derive(Debug)]
pub struct Blocking<K, T> {
    limits: Limits,
    calls: Mutex<BTreeMap<K, Call<T>>>,
    ended: Notify,
}

/// None while the call lasts; then what came of it, which is none where it panicked.
type Outcome<T> = watch::Receiver<Option<Option<T>>>;

#[derive(Debug)]
struct Call<T> {
    since: Instant,
    outcome: Outcome<T>,
}

/// Joins a call, or begins it.
enum Entered<T> {
    Joined(Outcome<T>),
    Begun(Outcome<T>, watch::Sender<Option<Option<T>>>),
    NoPlace,
}

impl<K: Ord + Clone + Send + 'static, T: Clone + Send + Sync + 'static> Blocking<K, T> {
    /// No call yet.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self { limits, calls: Mutex::new(BTreeMap::new()), ended: Notify::const_new() }
    }

    /// The outcome of a call for `key`, waited for at most so long, including the wait for a place.
    ///
    /// # Errors
    /// There is none in time.
    pub async fn run(
        &'static self,
        key: &K,
        within: Duration,
        call: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Unfinished> {
        /// A place also becomes free when a call gets stuck, which nobody is told of.
        const ASK_AGAIN: Duration = Duration::from_millis(50);
        let mut has_place = false;
        let outcome = timeout(within, async {
            loop {
                let ended = self.ended.notified();
                match self.enter(key) {
                    Entered::Joined(outcome) => {
                        has_place = true;
                        return of(outcome).await;
                    }
                    Entered::Begun(outcome, result) => {
                        has_place = true;
                        let key = key.clone();
                        tokio::task::spawn_blocking(move || self.call(&key, &result, call));
                        return of(outcome).await;
                    }
                    Entered::NoPlace => tokio::select! {
                        () = ended => {}
                        () = sleep(ASK_AGAIN) => {}
                    },
                }
            }
        });
        match outcome.await {
            Ok(outcome) => outcome,
            Err(_) if has_place => Err(Unfinished::TimedOut),
            Err(_) => Err(Unfinished::Busy),
        }
    }

    /// The same for a thread that may block for so long itself. It neither joins nor queues.
    ///
    /// # Errors
    /// There is none in time.
    pub fn run_here(
        &'static self,
        key: &K,
        within: Duration,
        call: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Unfinished> {
        let (give, take) = mpsc::channel();
        let begin: Box<dyn FnOnce() + Send> = match self.enter(key) {
            Entered::Begun(_, result) => {
                let key = key.clone();
                // Who asked may have gone.
                Box::new(move || drop(give.send(self.call(&key, &result, call))))
            }
            Entered::Joined(_) if self.is_stuck(key) => return Err(Unfinished::TimedOut),
            Entered::Joined(_) => Box::new(move || drop(give.send(caught(call)))),
            Entered::NoPlace => return Err(Unfinished::Busy),
        };
        thread::Builder::new().name("blocking".to_owned()).spawn(begin).map_err(|_| {
            self.calls().remove(key);
            Unfinished::Busy
        })?;
        match take.recv_timeout(within) {
            Ok(outcome) => outcome.ok_or(Unfinished::Panicked),
            Err(_) => Err(Unfinished::TimedOut),
        }
    }

    fn calls(&self) -> MutexGuard<'_, BTreeMap<K, Call<T>>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_stuck(&self, key: &K) -> bool {
        self.calls().get(key).is_some_and(|call| call.since.elapsed() >= self.limits.patience)
    }

    fn enter(&self, key: &K) -> Entered<T> {
        let mut calls = self.calls();
        if let Some(call) = calls.get(key) {
            return Entered::Joined(call.outcome.clone());
        }
        let stuck = calls.values().filter(|call| call.since.elapsed() >= self.limits.patience).count();
        if stuck >= self.limits.stuck || calls.len() - stuck >= self.limits.prompt {
            return Entered::NoPlace;
        }
        let (result, outcome) = watch::channel(None);
        calls.insert(key.clone(), Call { since: Instant::now(), outcome: outcome.clone() });
        Entered::Begun(outcome, result)
    }

    /// Makes the call and tells all who wait; none where it panicked. Once it returns, the place is free.
    fn call(&self, key: &K, result: &watch::Sender<Option<Option<T>>>, call: impl FnOnce() -> T) -> Option<T> {
        let outcome = caught(call);
        self.calls().remove(key);
        self.ended.notify_waiters();
        result.send_replace(Some(outcome.clone()));
        outcome
    }
}

fn caught<T>(call: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(call)).ok()
}

async fn of<T: Clone>(mut outcome: Outcome<T>) -> Result<T, Unfinished> {
    match outcome.wait_for(Option::is_some).await {
        Ok(outcome) => outcome.clone().flatten().ok_or(Unfinished::Panicked),
        Err(_) => Err(Unfinished::Panicked),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc, Barrier,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    const LONG: Duration = Duration::from_mins(1);

    fn calls(prompt: usize, stuck: usize, patience: Duration) -> &'static Blocking<&'static str, usize> {
        Box::leak(Box::new(Blocking::new(Limits { prompt, stuck, patience })))
    }

    /// A call that hangs until the returned end is dropped.
    fn hangs() -> (impl FnOnce() -> usize + Send, mpsc::Sender<()>) {
        let (end, ended) = mpsc::channel::<()>();
        (
            move || {
                // Ends with the other end.
                let _ = ended.recv();
                1
            },
            end,
        )
    }

    #[tokio::test]
    async fn who_asks_for_the_same_joins_and_the_call_is_made_once() {
        let (calls, made, gate) = (calls(1, 1, LONG), Arc::new(AtomicUsize::new(0)), Arc::new(Barrier::new(2)));
        let call = || {
            let (made, gate) = (Arc::clone(&made), Arc::clone(&gate));
            move || {
                gate.wait();
                made.fetch_add(1, Ordering::Relaxed)
            }
        };
        let open = {
            let gate = Arc::clone(&gate);
            tokio::task::spawn_blocking(move || gate.wait())
        };
        let (one, other, _) = tokio::join!(calls.run(&"name", LONG, call()), calls.run(&"name", LONG, call()), open);
        assert_eq!((one, other, made.load(Ordering::Relaxed)), (Ok(0), Ok(0), 1));
    }

    #[tokio::test]
    async fn what_hangs_is_given_up_joined_by_who_asks_next_and_answers_in_the_end() {
        let calls = calls(1, 1, LONG);
        let (call, end) = hangs();
        assert_eq!(calls.run(&"dead", Duration::ZERO, call).await, Err(Unfinished::TimedOut));
        assert_eq!(calls.run(&"dead", Duration::ZERO, || 2).await, Err(Unfinished::TimedOut));
        assert_eq!(calls.run(&"other", Duration::ZERO, || 3).await, Err(Unfinished::Busy), "the one place is taken");
        drop(end);
        assert_eq!(calls.run(&"other", LONG, || 4).await, Ok(4), "it is free again");
    }

    #[tokio::test]
    async fn stuck_calls_take_no_place_of_prompt_ones_until_too_many_are_stuck() {
        let calls = calls(1, 2, Duration::ZERO);
        let mut ends = Vec::new();
        for name in ["dead", "dead too"] {
            let (call, end) = hangs();
            assert_eq!(calls.run(&name, Duration::ZERO, call).await, Err(Unfinished::TimedOut));
            ends.push(end);
            if ends.len() == 1 {
                assert_eq!(calls.run(&"well", LONG, || 5).await, Ok(5));
                assert_eq!(calls.run_here(&"well", LONG, || 6), Ok(6));
            }
        }
        assert_eq!(calls.run(&"well", Duration::ZERO, || 7).await, Err(Unfinished::Busy));
        assert_eq!(calls.run_here(&"well", LONG, || 7), Err(Unfinished::Busy));
        assert_eq!(calls.run_here(&"dead", LONG, || 7), Err(Unfinished::TimedOut), "nobody waits for it twice");
    }

    #[tokio::test]
    async fn a_panic_is_told_and_leaves_no_call_behind() {
        let calls = calls(1, 1, LONG);
        assert_eq!(calls.run(&"bug", LONG, || panic!("a bug")).await, Err(Unfinished::Panicked));
        assert_eq!(calls.run_here(&"bug", LONG, || panic!("a bug")), Err(Unfinished::Panicked));
        assert_eq!(calls.run(&"bug", LONG, || 8).await, Ok(8));
    }
}
