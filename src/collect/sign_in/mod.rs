//! The canary: a real sign-in by a test user with a software passkey, opt-in, once in its interval. All that signs in
//! stands here.

mod enroll;
mod jar;
mod pocket_id;
mod request;
mod walk;

use std::{path::PathBuf, sync::Arc};

pub use enroll::{Enrolment, Placed, enroll};

use self::walk::{Log, Walk};
use super::{
    context::RoundContext,
    from_app::AppCollection,
    off_worker,
    provider_cache::ProviderCollection,
    transport::{fetch_error::FetchError, side_client::Counts},
};
use crate::{
    canary::{Enrolled, runs},
    clock::Time,
    config::{Canary, Target},
    model::{
        Blame, Missing, Observed, Reason, SignIn, SignInFailure, SignInFault, SignInOutcome, SignInStep, SourceId,
        TargetFacts,
    },
    providers::ProviderKind,
};

const SOURCE: SourceId = SourceId::CanarySignIn;

/// Whether a target is in maintenance.
pub type InMaintenance = Arc<dyn Fn(&str, Time) -> bool + Send + Sync>;

/// Who may let the canary sign in.
#[derive(Clone, Default)]
pub enum CanaryGate {
    /// Nobody: what the last run showed is read from its record.
    #[default]
    Closed,
    /// Whoever collects, except while a target is in maintenance.
    Open(InMaintenance),
}

impl std::fmt::Debug for CanaryGate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Closed => "Closed",
            Self::Open(_) => "Open",
        })
    }
}

/// What the canary goes by in a round: what both sides showed.
pub(super) struct Asked<'a> {
    pub round: &'a RoundContext<'a>,
    pub target: &'a Target,
    pub facts: &'a TargetFacts,
    pub app: &'a AppCollection,
    pub provider: &'a ProviderCollection,
    pub before: Option<&'a Observed<SignIn>>,
    pub counts: &'a Counts,
    pub gate: &'a CanaryGate,
}

/// Signs in, if it is time and nothing stands in the way; else what the last run showed.
pub(super) async fn collect(asked: &Asked<'_>) -> Observed<SignIn> {
    let Some(canary) = &asked.target.canary else {
        return asked.round.missing(Missing::NotApplicable("no canary is configured".to_owned()));
    };
    let last = asked.last(canary).await;
    let now = asked.round.clock.now();
    let CanaryGate::Open(in_maintenance) = asked.gate else { return asked.or_none(last) };
    if in_maintenance(&asked.target.name, now) || !is_due(canary, last.as_ref(), now) {
        return asked.or_none(last);
    }
    let ready = match asked.ready() {
        Ok(ready) => ready,
        // Nothing of it can be blamed on the canary: earlier checks say what is wrong.
        Err(why) => return last.unwrap_or_else(|| asked.round.missing(why)),
    };
    let (file, name, every) = (canary.passkey_file.clone(), asked.target.name.clone(), canary.every);
    let begun = off_worker(move || runs::begin(&file, &name, every, now)).await;
    match begun {
        Ok(()) => {}
        Err(runs::Wait::TooSoon(..)) => return asked.or_none(last),
        Err(why @ runs::Wait::Unkept(_)) => {
            return asked.round.missing(Missing::failed(SOURCE, Reason::Blocked, why.to_string()));
        }
    }
    let started = tokio::time::Instant::now();
    let run = Box::pin(asked.run(canary, &ready)).await;
    let seen = Observed { at: asked.round.clock.now(), took_seconds: started.elapsed().as_secs_f64(), value: Ok(run) };
    let (file, name, kept) = (canary.passkey_file.clone(), asked.target.name.clone(), seen.clone());
    if let Err(why) = off_worker(move || runs::end(&file, &name, &kept)).await {
        // The run began, and that is kept: none follows too soon.
        tracing::warn!(target = %asked.target.name, %why, "what the canary saw is not kept for the next start");
    }
    seen
}

fn is_due(canary: &Canary, last: Option<&Observed<SignIn>>, now: Time) -> bool {
    last.is_none_or(|last| now < last.at || now - last.at >= crate::clock::span(canary.every))
}

/// What a run needs of a round.
struct Ready<'a> {
    provider: &'a super::transport::side_client::SideClient,
    app: &'a super::transport::side_client::SideClient,
    config: &'a crate::apps::kasm::LoginConfig,
    known: &'a crate::oidc::AuthorizeUrl,
}

impl Asked<'_> {
    /// What the last run showed, by this process or another.
    async fn last(&self, canary: &Canary) -> Option<Observed<SignIn>> {
        let (file, name): (PathBuf, String) = (canary.passkey_file.clone(), self.target.name.clone());
        let kept = off_worker(move || runs::load(&file).ok().and_then(|mut all| all.remove(&name)?.last)).await;
        let known = self.before.filter(|before| before.ok().is_some()).cloned();
        match (kept, known) {
            (Some(kept), Some(known)) => Some(if kept.at >= known.at { kept } else { known }),
            (kept, known) => kept.or(known),
        }
    }

    fn or_none(&self, last: Option<Observed<SignIn>>) -> Observed<SignIn> {
        last.unwrap_or_else(|| self.round.missing(Missing::OutOfReach("the canary has not signed in yet".to_owned())))
    }

    /// What stands in the way of a run, before anything is signed.
    fn ready(&self) -> Result<Ready<'_>, Missing> {
        let stopped = |stop: &FetchError| stop.clone().missing(SOURCE);
        let provider = self.provider.side.as_deref().map_err(stopped)?;
        let app = self.app.side.as_ref().map_err(stopped)?;
        match self.provider.recognised.map(|recognised| recognised.kind) {
            Some(ProviderKind::PocketId) => {}
            Some(_) => return Err(Missing::OutOfReach("the canary signs in at Pocket ID alone".to_owned())),
            None => return Err(Missing::Blocked { by: SourceId::Discovery }),
        }
        // An outage that is seen without signing in is reported by its own check; a run would say it again for an hour.
        let needs_cost = SOURCE.row().cost;
        let now = self.round.clock.now();
        if let Some(until) = self.round.budget.waits_until(&provider.origin(), now) {
            let detail = format!("not asked: the provider wants us to wait until {until}");
            return Err(Missing::failed(SOURCE, Reason::Throttled, detail));
        }
        if !self.round.budget.affords(&provider.origin(), needs_cost, true, now) {
            return Err(FetchError::put_off().missing(SOURCE));
        }
        let blocked = || Missing::Blocked { by: SourceId::LoginStart };
        let wanted = self.facts.wanted();
        let started = self.app.start.ok().ok_or_else(blocked)?;
        let known = started.our_url(wanted).ok_or_else(blocked)?;
        let crate::apps::kasm::Chosen::Ours(ours) = started.ours(wanted) else { return Err(blocked()) };
        let settings = self.app.login_settings.ok().ok_or_else(blocked)?;
        let config = settings.configs.iter().find(|config| config.id == ours.config_id).ok_or_else(blocked)?;
        Ok(Ready { provider, app, config, known })
    }

    async fn run(&self, canary: &Canary, ready: &Ready<'_>) -> SignIn {
        let mut sign_in = SignIn {
            every_seconds: canary.every.as_secs(),
            complete: canary.complete,
            enrolled_at: None,
            steps: Vec::new(),
            scopes: Vec::new(),
            outcome: SignInOutcome::Good,
        };
        let failed = |fault, detail: String| {
            let (step, blame) = (SignInStep::Enrolment, Blame::Canary);
            SignInOutcome::Failed(SignInFailure { step, blame, fault, status: None, detail })
        };
        let file = canary.passkey_file.clone();
        let enrolled = match off_worker(move || Enrolled::load(&file)).await {
            Ok(enrolled) => enrolled,
            Err(problem) => {
                sign_in.outcome = failed(SignInFault::NotEnrolled, problem.to_string());
                return sign_in;
            }
        };
        sign_in.enrolled_at = Some(enrolled.at);
        if enrolled.user != canary.user {
            let detail = "the passkey was made for another user than canary.user names".to_owned();
            sign_in.outcome = failed(SignInFault::OtherUser, detail);
            return sign_in;
        }
        let origin = self.target.provider.url.origin().ascii_serialization();
        if enrolled.passkey.origin() != origin {
            let made_for = enrolled.passkey.origin().to_owned();
            let detail = format!("passkeys made for {made_for} no longer work at {origin}");
            let fault = SignInFault::Moved { made_for, now: origin };
            let (step, blame) = (SignInStep::Challenge, Blame::Provider);
            sign_in.outcome = SignInOutcome::Failed(SignInFailure { step, blame, fault, status: None, detail });
            return sign_in;
        }
        let document = self.provider.discovery.ok().map(|answer| &answer.fact);
        let mut walk = Walk {
            provider: ready.provider,
            app: ready.app,
            config: ready.config,
            known: ready.known,
            app_url: &self.target.app.url,
            provider_url: &self.target.provider.url,
            issuer: document.and_then(|document| document.issuer.as_deref()),
            recognised: self.provider.recognised.unwrap_or_default(),
            passkey: &enrolled.passkey,
            user: &canary.user,
            api_key: canary.api_key.as_ref().and_then(|key| key.read().ok()),
            complete: canary.complete,
            counts: self.counts,
            log: Log::default(),
        };
        if let Err(failure) = walk.run().await {
            sign_in.outcome = SignInOutcome::Failed(failure);
        }
        sign_in.steps = std::mem::take(&mut walk.log.steps);
        sign_in.scopes = std::mem::take(&mut walk.log.scopes);
        sign_in
    }
}
