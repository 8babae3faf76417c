//! An answer and the way it reaches the client, and what a fault does to both.

use std::io;

use axum::body::{Body, Bytes};
use futures_util::{StreamExt as _, stream};
use serde_json::json;

use super::{message::Answer, state::Urls};
use crate::clock::Time;

/// An answer and the way it reaches the client.
#[derive(Debug)]
pub(super) struct Reply {
    /// What is said.
    pub answer: Answer,
    /// Nothing is sent at all.
    pub never: bool,
    pace: Pace,
}

/// How the body is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    Whole,
    /// Half of it, and then nothing while the connection stays.
    HalfThenSilence,
    /// Half of it, and then the connection ends.
    HalfThenEnd,
    /// The body, and then blanks without end.
    Endless,
}

/// What a fault does to an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Damage {
    /// No answer at all.
    Stall,
    /// Half of the body, and then nothing.
    SlowBody,
    /// Half of the body, and then the end of the connection.
    Truncated,
    /// Blanks without end after the body.
    Huge,
    /// A web page with status 200.
    WebPage,
    /// A redirect to the login page of another origin.
    LoginRedirect,
    /// A login page with status 200.
    LoginPage,
    /// A redirect to another origin.
    Elsewhere,
    /// 429, with that many seconds in `Retry-After`.
    TooMany(Option<u32>),
    /// That status, with a page of a proxy.
    Status(u16),
    /// A brace too few.
    InvalidJson,
    /// A key that stands twice.
    DuplicateKey,
    /// That content type.
    ContentType(&'static str),
    /// A clock that is off by that many seconds.
    ClockOff(i64),
    /// A challenge of a bot guard.
    Challenge,
    /// No body.
    Empty,
}

impl Reply {
    /// An answer as it is.
    pub(super) fn of(answer: Answer) -> Self {
        Self { answer, never: false, pace: Pace::Whole }
    }

    /// The answer after a fault.
    pub(super) fn damaged(mut self, damage: Damage, urls: &Urls, now: Time) -> Self {
        match damage {
            Damage::Stall => self.never = true,
            Damage::SlowBody => self.pace = Pace::HalfThenSilence,
            Damage::Truncated => self.pace = Pace::HalfThenEnd,
            Damage::Huge => self.pace = Pace::Endless,
            Damage::ClockOff(seconds) => self.answer = self.answer.with("Date", http_date(now, seconds)),
            Damage::ContentType(other) => self.answer = self.answer.with("Content-Type", other),
            Damage::InvalidJson => drop(self.answer.body.pop()),
            Damage::DuplicateKey => duplicate_first_key(&mut self.answer.body),
            Damage::Empty => self.answer.body.clear(),
            _ => self.answer = instead(damage, urls),
        }
        self
    }

    /// The length that is announced, where it is not the length of what is sent.
    pub(super) fn announced_length(&self) -> Option<usize> {
        matches!(self.pace, Pace::HalfThenSilence | Pace::HalfThenEnd).then_some(self.answer.body.len())
    }

    /// The body, at its pace.
    pub(super) fn body(&self) -> Body {
        let bytes = Bytes::from(self.answer.body.clone());
        let first = |bytes: Bytes| stream::iter([Ok::<_, io::Error>(bytes)]);
        let half = bytes.slice(..bytes.len() / 2);
        match self.pace {
            Pace::Whole => Body::from(bytes),
            Pace::HalfThenSilence => Body::from_stream(first(half).chain(stream::pending())),
            Pace::HalfThenEnd => {
                let end = stream::once(async {
                    // Gives the server a turn to send the half before the connection ends.
                    tokio::task::yield_now().await;
                    Err(io::ErrorKind::ConnectionAborted.into())
                });
                Body::from_stream(first(half).chain(end))
            }
            Pace::Endless => {
                let blanks = Bytes::from(vec![b' '; 1 << 16]);
                Body::from_stream(first(bytes).chain(stream::repeat(blanks).map(Ok)))
            }
        }
    }
}

/// What a proxy in front answers in the place of the server.
fn instead(damage: Damage, urls: &Urls) -> Answer {
    let page = |status, title: &str| {
        Answer::html(status, &format!("<html><head><title>{title}</title></head><body>{title}</body></html>"))
    };
    let redirect = |to: &str| page(302, "Found").with("Location", format!("{}{to}", urls.elsewhere));
    match damage {
        Damage::LoginRedirect => redirect("/login?rd=1"),
        Damage::Elsewhere => redirect("/"),
        Damage::LoginPage => Answer::html(
            200,
            "<html><head><title>Log in</title></head><body><form method=\"post\"><input type=\"password\" \
             name=\"password\"></form></body></html>",
        ),
        Damage::TooMany(retry_after) => {
            let answer = Answer::json(429, &json!({"error": "Too many requests"}));
            match retry_after {
                Some(seconds) => answer.with("Retry-After", seconds.to_string()),
                None => answer,
            }
        }
        Damage::Challenge => {
            page(403, "Just a moment...").with("Cf-Mitigated", "challenge").with("Server", "cloudflare")
        }
        Damage::Status(status) => page(status, &format!("{status} Error")),
        _ => page(200, "Welcome"),
    }
}

/// Puts a second `issuer` (or whatever comes first) before the first member of an object.
fn duplicate_first_key(body: &mut Vec<u8>) {
    let text = String::from_utf8_lossy(body).into_owned();
    let key = text.strip_prefix("{\"").and_then(|rest| rest.split('"').next()).unwrap_or("issuer").to_owned();
    if let Some(rest) = text.strip_prefix('{') {
        *body = format!("{{\"{key}\":\"\",{rest}").into_bytes();
    }
}

/// A time as HTTP writes it (RFC 9110, section 5.6.7).
pub(super) fn http_date(now: Time, offset_seconds: i64) -> String {
    (now + chrono::TimeDelta::seconds(offset_seconds)).format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
