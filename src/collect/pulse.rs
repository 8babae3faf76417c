//! The pulse: between rounds, whether both sides still answer as the last round saw them. Never a verdict: what it sees
//! change starts a round.
//!
//! The provider's discovery document and the app's health, each over a connection of its own: neither leaves a trace beyond a
//! line in an access log. Targets of one provider share its pulse, and it is left out where requests run short.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{
    from_provider,
    sources::app_health,
    transport::side_client::{Counts, Deps, SideClient},
};
use crate::{
    apps::AppKind,
    config::Target,
    model::{self, Answered, AppHealth, HealthState, Missing, Observed, Reason, Snapshot},
};

/// A pulse of a provider that is younger than this is not felt again for another target.
const SHARED_FOR: Duration = Duration::from_secs(5);

/// What was last felt of each provider, by its address.
#[derive(Debug, Default)]
pub(super) struct Pulses {
    felt: Mutex<HashMap<String, Felt>>,
}

/// What was last felt of one provider.
#[derive(Debug)]
struct Felt {
    at: Instant,
    answers: Option<bool>,
    /// The targets that took it: whoever asks again is answered anew.
    takers: Vec<String>,
}

impl Pulses {
    /// Whether one of the two sides answers, and did not when that snapshot was taken, or the other way round.
    pub(super) async fn show_a_change(&self, deps: &Deps, target: &Target, before: &Snapshot) -> bool {
        let (provider, app) = tokio::join!(Box::pin(self.provider(deps, target)), Box::pin(app(deps, target)));
        differs(provider, answers(&before.discovery)) || differs(app, is_well(&before.app_health))
    }

    /// Forgets the providers of no target.
    pub(super) fn retain(&self, targets: &[Target]) {
        let kept = |url: &String| targets.iter().any(|target| target.provider.url.as_str() == *url);
        self.felt.lock().unwrap_or_else(PoisonError::into_inner).retain(|url, _| kept(url));
    }

    async fn provider(&self, deps: &Deps, target: &Target) -> Option<bool> {
        let url = target.provider.url.to_string();
        if let Some(answers) = self.of_another(&url, &target.name) {
            return answers;
        }
        let origin = target.provider.url.origin().ascii_serialization();
        if !deps.budget.spares(&origin, deps.clock.now()) {
            return None;
        }
        let answers = answers(&from_provider::anew(deps, target).await.discovery);
        let felt = Felt { at: Instant::now(), answers, takers: vec![target.name.clone()] };
        self.felt.lock().unwrap_or_else(PoisonError::into_inner).insert(url, felt);
        answers
    }

    /// What another target has just felt.
    fn of_another(&self, url: &str, target: &str) -> Option<Option<bool>> {
        let mut felt = self.felt.lock().unwrap_or_else(PoisonError::into_inner);
        let known = felt.get_mut(url).filter(|felt| felt.at.elapsed() < SHARED_FOR)?;
        if known.takers.iter().any(|taker| taker == target) {
            return None;
        }
        known.takers.push(target.to_owned());
        Some(known.answers)
    }
}

async fn app(deps: &Deps, target: &Target) -> Option<bool> {
    let kind = target.app.kind.unwrap_or(AppKind::Generic);
    let path = kind.profile().health?;
    let app = &target.with_secrets().await.app;
    let side = SideClient::new(model::Side::App, &app.url, None, &app.http, deps).await.ok()?;
    let origin = side.origin();
    if !deps.budget.spares(&origin, deps.clock.now()) {
        return None;
    }
    let health = app_health::collect(&side, kind, path, &Counts::default()).await;
    side.hang_up();
    let missing = |stop: super::transport::fetch_error::FetchError| stop.missing(model::SourceId::AppHealth);
    is_well(&Observed { at: deps.clock.now(), took_seconds: 0.0, value: health.map_err(missing) })
}

/// What cannot be told is no change.
fn differs(now: Option<bool>, before: Option<bool>) -> bool {
    matches!((now, before), (Some(now), Some(before)) if now != before)
}

/// Whether the document is served; none where that cannot be told, as where requests are turned away.
fn answers<T>(seen: &Observed<T>) -> Option<bool> {
    match &seen.value {
        Ok(_) => Some(true),
        Err(Missing::Failed { reason: Reason::Throttled | Reason::Challenged | Reason::Blocked, .. }) => None,
        Err(Missing::Failed { .. } | Missing::Blocked { .. }) => Some(false),
        Err(_) => None,
    }
}

fn is_well(seen: &Observed<Answered<AppHealth>>) -> Option<bool> {
    match &seen.value {
        Ok(answer) => match answer.fact.state {
            HealthState::Healthy => Some(true),
            HealthState::Unhealthy(_) => Some(false),
            HealthState::Hidden(_) => None,
        },
        Err(_) => answers(seen),
    }
}
