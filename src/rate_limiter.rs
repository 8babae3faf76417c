//! A rate limiter: a token bucket that gains one token each interval, up to a burst.
//!
//! Kept as how long it takes until the bucket is full again. Unlike the limiters that exist as crates, it can also owe
//! tokens for what could not wait, and takes the time from its caller: a monotonic one or the clock.

use std::time::Duration;

use tokio::time::Instant;

use crate::clock::Time;

/// The longest interval: so many of them as a burst can hold still are a [`Duration`].
const LONGEST: Duration = Duration::from_hours(24 * 365 * 100);

/// A point in time.
pub(crate) trait Moment: Copy {
    /// The time since an earlier moment; none where that is later, as after a clock was set back.
    fn since(self, earlier: Self) -> Duration;
}

impl Moment for Instant {
    fn since(self, earlier: Self) -> Duration {
        self.saturating_duration_since(earlier)
    }
}

impl Moment for Time {
    fn since(self, earlier: Self) -> Duration {
        (self - earlier).to_std().unwrap_or_default()
    }
}

/// The limiter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RateLimiter<T> {
    interval: Duration,
    burst: u32,
    /// How long it took at `at` until the bucket would be full.
    missing: Duration,
    at: T,
}

impl<T: Moment> RateLimiter<T> {
    /// A full bucket.
    pub(crate) fn new(interval: Duration, burst: u32, now: T) -> Self {
        Self { interval: interval.min(LONGEST), burst, missing: Duration::ZERO, at: now }
    }

    /// Takes a token; else says how long until there is one.
    pub(crate) fn take(&mut self, now: T) -> Result<(), Duration> {
        match self.wait_for(1, now) {
            Duration::ZERO => {
                self.reserve(now);
                Ok(())
            }
            wait => Err(wait),
        }
    }

    /// Takes a token that may be there only later: says how long until then.
    pub(crate) fn reserve(&mut self, now: T) -> Duration {
        let wait = self.wait_for(1, now);
        (self.missing, self.at) = (self.missing(now).saturating_add(self.interval), now);
        wait
    }

    /// How long until so many tokens are there.
    pub(crate) fn wait_for(&self, tokens: u32, now: T) -> Duration {
        let needed = self.missing(now).saturating_add(self.interval.saturating_mul(tokens));
        needed.saturating_sub(self.interval.saturating_mul(self.burst))
    }

    /// How long until the bucket is full.
    pub(crate) fn missing(&self, now: T) -> Duration {
        self.missing.saturating_sub(now.since(self.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(10);

    fn taken(limiter: &mut RateLimiter<Instant>, now: Instant, tries: usize) -> usize {
        (0..tries).filter(|_| limiter.take(now).is_ok()).count()
    }

    #[test]
    fn a_burst_is_let_through_and_then_one_per_interval() {
        let start = Instant::now();
        let mut limiter = RateLimiter::new(INTERVAL, 3, start);
        assert_eq!(taken(&mut limiter, start, 10), 3);
        assert_eq!(limiter.take(start), Err(INTERVAL));
        let mut now = start;
        for (intervals, expected) in [(1, 1), (2, 2), (100, 3)] {
            now += INTERVAL * intervals;
            assert_eq!(taken(&mut limiter, now, 10), expected, "no more than the burst is saved up");
        }
    }

    #[test]
    fn a_burst_of_one_is_one_request_per_interval() {
        let start = Instant::now();
        let mut limiter = RateLimiter::new(INTERVAL, 1, start);
        for (seconds, expected) in [(0, 1), (9, 0), (10, 1)] {
            assert_eq!(taken(&mut limiter, start + Duration::from_secs(seconds), 5), expected, "after {seconds} s");
        }
    }

    #[test]
    fn what_is_reserved_comes_one_after_the_other() {
        let start = Instant::now();
        let mut limiter = RateLimiter::new(INTERVAL, 2, start);
        let waits: Vec<u64> = (0..4).map(|_| limiter.reserve(start).as_secs()).collect();
        assert_eq!(waits, [0, 0, 10, 20]);
        assert_eq!(limiter.missing(start + INTERVAL), INTERVAL * 3);
    }

    #[test]
    fn an_interval_without_end_lets_the_burst_through() {
        let start = Instant::now();
        let mut limiter = RateLimiter::new(Duration::MAX, 1, start);
        assert_eq!(taken(&mut limiter, start, 3), 1);
    }
}
