//! Work whose length a server has a say in, away from the few threads that everything else runs on.

use tokio::{sync::Semaphore, task::spawn_blocking};

/// How much of such work runs at once: a process may have few threads.
const AT_ONCE: usize = 16;

static PLACES: Semaphore = Semaphore::const_new(AT_ONCE);

/// Runs this on a thread of its own. Whoever no longer waits for it leaves it alone: it ends by itself, and holds its
/// place until then.
pub async fn off_worker<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let place = PLACES.acquire().await;
    let working = spawn_blocking(move || {
        let _place = place;
        work()
    });
    match working.await {
        Ok(value) => value,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The runtime ends.
        Err(_) => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn work_that_does_not_end_keeps_nobody_from_going_on() {
        let (end, ended) = mpsc::channel::<()>();
        let mut endless = Box::pin(off_worker(move || ended.recv().is_err()));
        assert!(futures_util::poll!(endless.as_mut()).is_pending());
        assert_eq!(off_worker(|| 1).await, 1);
        drop(endless);
        assert_eq!(off_worker(|| 2).await, 2);
        drop(end);
    }
}
