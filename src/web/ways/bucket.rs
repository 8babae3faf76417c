//! A bucket of tokens: how many requests are answered.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::config::Rate;

/// A bucket that fills up by one token each interval, up to the burst.
#[derive(Debug)]
pub(super) struct Bucket {
    rate: Rate,
    /// When the bucket will be full again.
    full_at: Mutex<Option<Instant>>,
}

impl Bucket {
    pub(super) fn new(rate: Rate) -> Self {
        Self { rate, full_at: Mutex::new(None) }
    }

    pub(super) fn rate(&self) -> Rate {
        self.rate
    }

    /// Takes a token; else says how long until there is one.
    pub(super) fn take(&self) -> Result<(), Duration> {
        let Rate { interval, burst } = self.rate;
        let now = Instant::now();
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let missing = full_at.map_or(Duration::ZERO, |full_at| full_at.saturating_duration_since(now));
        let may_be_missing = interval.saturating_mul(burst.saturating_sub(1));
        if missing > may_be_missing {
            return Err(missing - may_be_missing);
        }
        // An interval beyond the end of time: no second one.
        *full_at = now.checked_add(missing.saturating_add(interval)).or(*full_at);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(bucket: &Bucket, tries: usize) -> usize {
        (0..tries).filter(|_| bucket.take().is_ok()).count()
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_let_through_and_then_one_per_interval() {
        let interval = Duration::from_secs(10);
        let bucket = Bucket::new(Rate { interval, burst: 3 });
        assert_eq!(taken(&bucket, 10), 3);
        assert_eq!(bucket.take(), Err(interval));
        tokio::time::advance(interval).await;
        assert_eq!(taken(&bucket, 10), 1);
        tokio::time::advance(interval * 2).await;
        assert_eq!(taken(&bucket, 10), 2);
        tokio::time::advance(interval * 100).await;
        assert_eq!(taken(&bucket, 10), 3, "no more than the burst is saved up");
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_of_one_is_one_request_per_interval() {
        let bucket = Bucket::new(Rate { interval: Duration::from_millis(100), burst: 1 });
        assert_eq!(taken(&bucket, 5), 1);
        tokio::time::advance(Duration::from_millis(99)).await;
        assert_eq!(taken(&bucket, 5), 0);
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(taken(&bucket, 5), 1);
    }
}
