//! A round now, by hand. It is the scheduler's round, so it obeys the same budget of requests and never overlaps another.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use axum::{
    body::to_bytes,
    extract::{Path, Request, State},
    http::StatusCode,
};
use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;

use super::{Answer, FORMAT, Problem, Query, Shared, Told, change::may_change, targets};
use crate::{clock::Time, scheduler::RunMode, web::page::escape::path_segment};

/// How often a round of one target may be asked for.
const EVERY: Duration = Duration::from_secs(30);
/// How often that asks every source anew. In between it asks what is due, as the schedule's rounds do, and so again what
/// fails: else the sources that come first would use up the budget each time, and the others would never be asked.
const FULL_EVERY: Duration = Duration::from_mins(2);
/// How many may be asked for in a minute, of all targets together.
const MOST_A_MINUTE: usize = 10;
const MINUTE: Duration = Duration::from_mins(1);
/// How long an answer waits for the round.
const WAIT: Duration = Duration::from_secs(30);
/// The longest body, in bytes: there is nothing to say in it.
const LONGEST_BODY: usize = 1024;
/// Why nobody may ask.
const OFF: &str = "Asking for a round over HTTP is off. Start ssowatch with --web.enable-lifecycle.";

pub(super) async fn check(State(app): Shared, Path(name): Path<String>, request: Request) -> Told {
    may_change(&app.options, request.headers(), OFF)?;
    let query = Query::read(request.uri(), &["wait"])?;
    let wait = query.flag("wait")?.unwrap_or(true);
    nothing_said(request).await?;
    targets::entry(&app, &name)?;
    let depth = app.run_now.take(&name).map_err(too_soon)?;

    let asked_at = app.clock.now();
    let Some(ended) = app.triggers.ask(&name, depth) else {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "This target's rounds do not run at the moment."));
    };
    if !wait || tokio::time::timeout(WAIT, ended).await.is_err() {
        let location = format!("{}/api/v1/targets/{}", app.options.base(), path_segment(&name));
        return Ok(Answer::of(&Asked { format: FORMAT, target: &name, asked_at })?.accepted(&location));
    }
    let entry = targets::entry(&app, &name)?;
    match &entry.latest {
        Some(latest) if latest.report.at >= asked_at => targets::reports(&[entry], app.clock.now()),
        _ => Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "The round gave no verdict; the log says why.")),
    }
}

#[derive(Serialize)]
struct Asked<'a> {
    format: u32,
    target: &'a str,
    asked_at: Time,
}

/// A body that asks for something would be ignored, so it is refused.
async fn nothing_said(request: Request) -> Result<(), Problem> {
    let refused = || Problem::new(StatusCode::BAD_REQUEST, "The body must be empty, or {}.");
    let body = to_bytes(request.into_body(), LONGEST_BODY).await.map_err(|_| refused())?;
    let is_nothing = body.trim_ascii().is_empty()
        || serde_json::from_slice(&body).is_ok_and(|body: Value| body == Value::Object(serde_json::Map::new()));
    if is_nothing { Ok(()) } else { Err(refused()) }
}

fn too_soon(wait: Duration) -> Problem {
    let seconds = wait.as_secs_f64().ceil().max(1.0) as u64;
    let detail = format!(
        "A round of one target may be asked for every {} s, and {MOST_A_MINUTE} a minute of all; try again in {seconds} s.",
        EVERY.as_secs()
    );
    Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).retry_after(seconds)
}

/// When rounds were asked for by hand.
#[derive(Debug, Default)]
pub(in crate::web) struct ByHand {
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    by_target: HashMap<String, Turn>,
    within_a_minute: VecDeque<Instant>,
}

/// The last turn of a target, and the last that asked every source.
#[derive(Debug, Clone, Copy)]
struct Turn {
    at: Instant,
    full_at: Instant,
}

impl ByHand {
    /// Takes a turn, with how thorough it is; else how long to wait for one.
    fn take(&self, target: &str) -> Result<RunMode, Duration> {
        let now = Instant::now();
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.by_target.retain(|_, turn| now.duration_since(turn.full_at) < FULL_EVERY);
        taken.within_a_minute.retain(|at| now.duration_since(*at) < MINUTE);
        let last = taken.by_target.get(target).copied();
        let of_target = last.map(|turn| EVERY.saturating_sub(now.duration_since(turn.at)));
        let is_full = taken.within_a_minute.len() >= MOST_A_MINUTE;
        let oldest = taken.within_a_minute.front().filter(|_| is_full);
        let of_all = oldest.map(|at| MINUTE.saturating_sub(now.duration_since(*at)));
        if let Some(wait) = of_target.max(of_all).filter(|wait| !wait.is_zero()) {
            return Err(wait);
        }
        let full_at = last.map_or(now, |turn| turn.full_at);
        taken.by_target.insert(target.to_owned(), Turn { at: now, full_at });
        taken.within_a_minute.push_back(now);
        Ok(if full_at == now { RunMode::Full } else { RunMode::Due })
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_target_has_its_turn_every_half_minute() {
        let run_now = ByHand::default();
        assert_eq!(run_now.take("home"), Ok(RunMode::Full));
        assert_eq!(run_now.take("office"), Ok(RunMode::Full), "another target has its own");
        advance(Duration::from_secs(20)).await;
        assert_eq!(run_now.take("home"), Err(Duration::from_secs(10)));
        advance(Duration::from_secs(10)).await;
        assert_eq!(run_now.take("home"), Ok(RunMode::Due));
    }

    #[tokio::test(start_paused = true)]
    async fn every_source_is_asked_anew_every_other_minute() {
        let run_now = ByHand::default();
        let mut depths = Vec::new();
        for _ in 0..6 {
            depths.push(run_now.take("home").unwrap());
            advance(EVERY).await;
        }
        assert_eq!(depths, [RunMode::Full, RunMode::Due, RunMode::Due, RunMode::Due, RunMode::Full, RunMode::Due]);
    }

    #[tokio::test(start_paused = true)]
    async fn all_together_have_ten_a_minute() {
        let run_now = ByHand::default();
        for number in 0..10 {
            assert_eq!(run_now.take(&format!("target {number}")), Ok(RunMode::Full));
            advance(Duration::from_secs(1)).await;
        }
        assert_eq!(run_now.take("one more"), Err(Duration::from_secs(50)));
        advance(Duration::from_secs(50)).await;
        assert_eq!(run_now.take("one more"), Ok(RunMode::Full));
        advance(FULL_EVERY).await;
        assert_eq!(run_now.take("another"), Ok(RunMode::Full));
        assert_eq!(run_now.taken.lock().unwrap().by_target.len(), 1, "what is past is forgotten");
    }
}
