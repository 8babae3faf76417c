//! What Prometheus scrapes: the world (rebuilt per scrape from the board) and the daemon (counters that live on).

mod daemon;

pub use daemon::Daemon;
