//! Logins: user and password by HTTP Basic (RFC 7617), verified by bcrypt.
//!
//! bcrypt is slow by design. A password that was right is therefore remembered, by a keyed hash, and never waits. Others
//! are verified when [`Guesses`] gives them a turn. A refusal always costs as much as the costliest hash, so that its time
//! does not tell whether there is such a user.

use std::{
    collections::{BTreeMap, VecDeque},
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use super::guesses::Guesses;
use crate::{config::Secret, web::connection_limiter::Client};
use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac, rand::SystemRandom};
use axum::http::{HeaderMap, header};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bcrypt::HashParts;

/// Good passwords that are remembered: more than a daemon like this has users.
const REMEMBERED: usize = 100;
/// The longest password, in bytes: bcrypt reads no more of it, so that a longer one would be right by its beginning alone.
pub(crate) const LONGEST_PASSWORD: usize = 72;

/// What a login is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Login {
    /// User and password are right.
    Good,
    /// None was given.
    None,
    /// User or password is wrong.
    Wrong,
    /// The password is longer than [`LONGEST_PASSWORD`].
    TooLong,
    /// Too many are being verified.
    Busy,
}

/// The users.
pub(crate) struct Logins {
    users: BTreeMap<String, Secret>,
    /// The cost of the costliest hash.
    most: u32,
    guesses: Arc<Guesses>,
    remembered: Remembered,
}

impl Logins {
    /// The logins of these users; none without users.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub(super) fn new(users: BTreeMap<String, Secret>, guesses: Arc<Guesses>) -> Result<Option<Self>, String> {
        let Some(most) = users.values().filter_map(|hash| cost(hash.expose())).max() else { return Ok(None) };
        let remembered = Remembered::new().ok_or("the system gives no random numbers")?;
        Ok(Some(Self { users, most, guesses, remembered }))
    }

    /// Whether they are those of these users.
    pub(super) fn are_of(&self, users: &BTreeMap<String, Secret>) -> bool {
        self.users == *users
    }

    /// What the login in a request's headers is worth.
    pub(crate) async fn check(self: &Arc<Self>, headers: &HeaderMap, client: Client) -> Login {
        let Some((user, password)) = basic(headers) else { return Login::None };
        if password.len() > LONGEST_PASSWORD {
            return Login::TooLong;
        }
        let known = self.users.get(&user).map(|hash| hash.expose().to_owned());
        let is_known = known.is_some();
        let hash = known.unwrap_or_else(|| hash_of_nothing(self.most));
        let tag = self.remembered.tag(&[user.as_bytes(), hash.as_bytes(), &password]);
        let guesser = self.guesses.guesser(&user, client);
        if is_known && self.remembered.has(&tag) {
            self.guesses.was_right(guesser);
            return Login::Good;
        }
        let Some(turn) = self.guesses.turn(guesser).await else { return Login::Busy };
        let logins = Arc::clone(self);
        let verified = tokio::task::spawn_blocking(move || {
            // Held until all is computed, also when the client has gone.
            let _held = turn;
            let is_right = bcrypt::verify(&password, &hash).unwrap_or(false) && is_known;
            if is_right {
                logins.remembered.keep(tag);
                logins.guesses.was_right(guesser);
            } else {
                logins.level(&password, &hash);
            }
            is_right
        });
        if verified.await.unwrap_or(false) { Login::Good } else { Login::Wrong }
    }

    /// Makes a refusal by this hash cost as much as one by the costliest.
    fn level(&self, password: &[u8], hash: &str) {
        for cost in missing_costs(cost(hash).unwrap_or(self.most), self.most) {
            // It is wrong, whatever it is: only the work counts.
            let _ = bcrypt::verify(password, &hash_of_nothing(cost));
        }
    }
}

fn cost(hash: &str) -> Option<u32> {
    hash.parse::<HashParts>().ok().map(|parts| parts.get_cost())
}

/// The costs that are missing to the most: each is twice the work of the one before, so that a hash of `cost` and one of
/// each of these are as much work as one of `most`.
fn missing_costs(cost: u32, most: u32) -> Range<u32> {
    cost..most
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

/// A hash of this cost that no password is known for.
fn hash_of_nothing(cost: u32) -> String {
    format!("$2y${cost:02}$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi")
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

    #[test]
    fn every_refusal_is_as_much_work_as_one_by_the_costliest_hash() {
        for (costs, most) in [(&[12][..], 12), (&[10, 12, 12], 12), (&[18, 10, 4, 10], 18)] {
            let users =
                costs.iter().enumerate().map(|(user, cost)| (user.to_string(), Secret::new(hash_of_nothing(*cost))));
            let logins = Logins::new(users.collect(), Arc::default()).unwrap().unwrap();
            assert_eq!(logins.most, most, "that of a user who is not known: {costs:?}");
            for cost in costs {
                let work = |cost: u32| 1_u64 << cost;
                let of_a_refusal = work(*cost) + missing_costs(*cost, most).map(work).sum::<u64>();
                assert_eq!(of_a_refusal, work(most), "{cost} of {costs:?}");
            }
        }
        assert!(Logins::new(BTreeMap::new(), Arc::default()).unwrap().is_none());
    }

    #[test]
    fn the_hash_of_nothing_is_one() {
        for cost in [4, 10, 31] {
            assert_eq!(super::cost(&hash_of_nothing(cost)), Some(cost));
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
