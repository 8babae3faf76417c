//! The dead man's switch: calls an address while every target's round is current and the self-test holds.
//!
//! Silence is the signal: whoever waits for the call (Healthchecks, Uptime Kuma) tells when it does not come, whatever
//! became of this daemon or of its host. That a target is broken does not silence it; that is what messages are for.

use std::sync::Arc;

use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::send::Transport;
use crate::{
    clock::{Clock, Time},
    config::{Config, Heartbeat},
    metrics::Daemon,
    results::Results,
};

/// What the heartbeat works with.
pub struct Deps<P> {
    /// What calls the address.
    pub post: Arc<P>,
    /// The latest round of each target.
    pub results: Arc<Results>,
    /// Where calls are counted, and where it stands whether the self-test holds.
    pub daemon: Arc<Daemon>,
    /// The configuration in force.
    pub config: watch::Receiver<Arc<Config>>,
    /// The time.
    pub clock: Clock,
}

/// Beats until it is stopped, by the configuration in force.
pub async fn run<P: Transport>(mut deps: Deps<P>, stop: CancellationToken) {
    let mut config = deps.config.clone();
    loop {
        let heartbeat = config.borrow_and_update().heartbeat.clone();
        deps.daemon.heartbeat_configured(heartbeat.is_some());
        tokio::select! {
            () = stop.cancelled() => return,
            changed = config.changed() => if changed.is_err() { return },
            () = beat(&mut deps, heartbeat.as_ref()), if heartbeat.is_some() => {}
        }
    }
}

async fn beat<P: Transport>(deps: &mut Deps<P>, heartbeat: Option<&Heartbeat>) {
    let Some(heartbeat) = heartbeat else { return };
    let mut is_failing = false;
    let mut was_alive = None;
    loop {
        let is_alive = is_alive(&deps.results, deps.clock.now(), deps.daemon.self_test_holds());
        if was_alive.replace(is_alive) == Some(true) && !is_alive {
            warn!("the heartbeat stops: a target has no current round, or the self-test failed");
        }
        if is_alive {
            let outcome = deps.post.beat(heartbeat).await;
            deps.daemon.heartbeat(outcome.is_ok());
            match outcome {
                Ok(()) if std::mem::take(&mut is_failing) => info!("the heartbeat's address answers again"),
                Ok(()) => {}
                Err(untold) if std::mem::replace(&mut is_failing, true) => {
                    debug!(detail = untold.detail, "the heartbeat's address could not be called again");
                }
                Err(untold) => warn!(detail = untold.detail, "the heartbeat's address could not be called"),
            }
        }
        sleep(heartbeat.every).await;
    }
}

/// Whether there is a target, every target's round is current, and the self-test holds.
fn is_alive(results: &Results, now: Time, self_test_holds: bool) -> bool {
    let entries = results.entries();
    self_test_holds && !entries.is_empty() && entries.iter().all(|entry| entry.current(now).is_some())
}
