//! Logins: user and password by HTTP Basic (RFC 7617), verified by bcrypt.
//!
//! bcrypt is slow by design. A password that was good is therefore remembered, by a keyed hash, and others are verified
//! one at a time, on a thread of their own, with few in wait: a flood of wrong passwords takes one processor at most.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac, rand::SystemRandom};
use axum::http::{HeaderMap, header};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bcrypt::HashParts;
use tokio::sync::Semaphore;

use super::places::{Client, Places};
use crate::config::Secret;

/// Good passwords that are remembered: more than a daemon like this has users.
const REMEMBERED: usize = 100;
/// Logins that may wait to be verified, of all and of one client.
const WAITING: (usize, usize) = (32, 4);

/// What a login is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Login {
    /// User and password are right.
    Good,
    /// None was given.
    None,
    /// User or password is wrong.
    Wrong,
    /// Too many are being verified.
    Busy,
}

/// What limits how many are verified at once. One for the daemon, whatever becomes of its users.
#[derive(Debug)]
pub(super) struct Verifying {
    waiting: Places,
    turn: Arc<Semaphore>,
}

impl Default for Verifying {
    fn default() -> Self {
        Self { waiting: Places::new(WAITING.0, WAITING.1), turn: Arc::new(Semaphore::new(1)) }
    }
}

/// The users.
pub(crate) struct Logins {
    users: BTreeMap<String, Secret>,
    /// A hash that an unknown user's password is verified by, so that it takes as long as a known one's.
    stand_in: String,
    verifying: Arc<Verifying>,
    remembered: Remembered,
}

impl Logins {
    /// The logins of these users; none without users.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub(super) fn new(users: BTreeMap<String, Secret>, verifying: Arc<Verifying>) -> Result<Option<Self>, String> {
        let Some(stand_in) = stand_in(&users) else { return Ok(None) };
        let remembered = Remembered::new().ok_or("the system gives no random numbers")?;
        Ok(Some(Self { users, stand_in, verifying, remembered }))
    }

    /// Whether they are those of these users.
    pub(super) fn are_of(&self, users: &BTreeMap<String, Secret>) -> bool {
        self.users == *users
    }

    /// What the login in a request's headers is worth.
    pub(crate) async fn check(self: &Arc<Self>, headers: &HeaderMap, client: Client) -> Login {
        let Some((user, password)) = basic(headers) else { return Login::None };
        let known = self.users.get(&user).map(|hash| hash.expose().to_owned());
        let is_known = known.is_some();
        let hash = known.unwrap_or_else(|| self.stand_in.clone());
        let tag = self.remembered.tag(&[user.as_bytes(), hash.as_bytes(), &password]);
        if is_known && self.remembered.has(&tag) {
            return Login::Good;
        }
        let (Some(share), Some(place)) = (self.verifying.waiting.share(client), self.verifying.waiting.free_now())
        else {
            return Login::Busy;
        };
        let Ok(turn) = Arc::clone(&self.verifying.turn).acquire_owned().await else { return Login::Busy };
        let logins = Arc::clone(self);
        let verified = tokio::task::spawn_blocking(move || {
            // Held until the hash is computed, also when the client has gone.
            let _held = (share, place, turn);
            let is_good = bcrypt::verify(&password, &hash).unwrap_or(false) && is_known;
            if is_good {
                logins.remembered.keep(tag);
            }
            is_good
        });
        if verified.await.unwrap_or(false) { Login::Good } else { Login::Wrong }
    }
}

/// User and password of a request.
fn basic(headers: &HeaderMap) -> Option<(String, Vec<u8>)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = STANDARD.decode(encoded.trim()).ok()?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    // A name that is not UTF-8 is nobody's.
    let user = String::from_utf8_lossy(&decoded[..colon]).into_owned();
    Some((user, decoded[colon + 1..].to_vec()))
}

/// A hash that no password is known for, with the cost that most users' hashes have.
fn stand_in(users: &BTreeMap<String, Secret>) -> Option<String> {
    let costs = users.values().filter_map(|hash| hash.expose().parse::<HashParts>().ok()).map(|parts| parts.get_cost());
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    for cost in costs {
        *counts.entry(cost).or_default() += 1;
    }
    // Of equals, the cheaper one.
    let (cost, _) = counts.into_iter().rev().max_by_key(|(_, count)| *count)?;
    Some(format!("$2y${cost:02}$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi"))
}

/// Logins that were good, as tags that only this process can make.
struct Remembered {
    key: hmac::Key,
    tags: Mutex<VecDeque<hmac::Tag>>,
}

impl Remembered {
    fn new() -> Option<Self> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).ok()?;
        Some(Self { key, tags: Mutex::default() })
    }

    fn tag(&self, parts: &[&[u8]]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.key);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        context.sign()
    }

    fn has(&self, tag: &hmac::Tag) -> bool {
        let tags = self.tags.lock().unwrap_or_else(PoisonError::into_inner);
        tags.iter().any(|known| verify_slices_are_equal(known.as_ref(), tag.as_ref()).is_ok())
    }

    /// Remembers one, and forgets the oldest where there are too many.
    fn keep(&self, tag: hmac::Tag) {
        let mut tags = self.tags.lock().unwrap_or_else(PoisonError::into_inner);
        tags.push_back(tag);
        if tags.len() > REMEMBERED {
            tags.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users(costs: &[u32]) -> BTreeMap<String, Secret> {
        let hash = |cost: &u32| format!("$2b${cost:02}$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi");
        costs.iter().enumerate().map(|(user, cost)| (user.to_string(), Secret::new(hash(cost)))).collect()
    }

    #[test]
    fn an_unknown_user_takes_as_long_as_most_known_ones() {
        for (costs, stand_in) in
            [(&[][..], None), (&[12], Some(12)), (&[10, 12, 12], Some(12)), (&[18, 10, 18, 10], Some(10))]
        {
            let cost = super::stand_in(&users(costs)).map(|hash| hash.parse::<HashParts>().unwrap().get_cost());
            assert_eq!(cost, stand_in, "{costs:?}");
        }
    }

    #[test]
    fn only_so_many_good_logins_are_remembered_and_only_as_they_were() {
        let remembered = Remembered::new().unwrap();
        let tag = |user: &str, password: &str| remembered.tag(&[user.as_bytes(), b"hash", password.as_bytes()]);
        remembered.keep(tag("ops", "first"));
        assert!(remembered.has(&tag("ops", "first")));
        assert!(!remembered.has(&tag("ops", "second")) && !remembered.has(&tag("opsf", "irst")));
        for number in 0..REMEMBERED {
            remembered.keep(tag("ops", &number.to_string()));
        }
        assert!(!remembered.has(&tag("ops", "first")), "the oldest is forgotten");
        assert!(remembered.has(&tag("ops", "0")) && remembered.has(&tag("ops", "99")));
    }

    #[test]
    fn user_and_password_are_read_as_browsers_and_tools_send_them() {
        for (value, read) in [
            ("Basic b3BzOnJpZ2h0", Some(("ops", "right"))),
            ("basic b3BzOnJpZ2h0", Some(("ops", "right"))),
            ("Basic b3BzOmE6Yg==", Some(("ops", "a:b"))),
            ("Basic Og==", Some(("", ""))),
            ("Basic b3Bz", None),
            ("Basic %%%", None),
            ("Basic", None),
            ("Bearer b3BzOnJpZ2h0", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            let read = read.map(|(user, password)| (user.to_owned(), password.as_bytes().to_vec()));
            assert_eq!(basic(&headers), read, "{value}");
        }
        assert_eq!(basic(&HeaderMap::new()), None);
    }
}
