//! What a lab holds of sign-ins that are under way: passkeys, challenges, sessions, consents, interactions and codes; and
//! what each sign-in leaves. Only where [`super::LabOptions::signs_in`] is set: elsewhere whoever signs in has violated.

mod breaks;
mod ceremony;
mod landing;
mod verify;

use std::collections::{BTreeMap, BTreeSet};

pub use breaks::BrokenSignIn;

use super::{
    message::{Answer, Request},
    pocket_id::User,
    random,
    state::{LabState, Provider},
};
use crate::{clock::Time, providers::pocket_id::Version};

/// What sign-ins leave at both sides. Rows are those that stay after the request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignInTraces {
    /// Entries in the provider's audit log, by their events.
    pub audit: Vec<&'static str>,
    /// Challenges that nobody answered.
    pub challenges: usize,
    /// Codes (up to 2.9) or session rows (from 2.10).
    pub rows: usize,
    /// Consents.
    pub consents: usize,
    /// Interactions that are open.
    pub interactions: usize,
    /// Codes that the app redeemed.
    pub redeemed: usize,
    /// Users that the app has made.
    pub app_users: usize,
    /// Sessions that the app has handed over.
    pub app_sessions: usize,
}

/// A passkey that is registered.
#[derive(Debug, Clone)]
struct Registered {
    id: Vec<u8>,
    public_key: Vec<u8>,
    user: String,
}

#[derive(Debug, Clone)]
struct Session {
    user: String,
    by_passkey: bool,
    at: Time,
}

#[derive(Debug, Clone)]
struct Challenge {
    value: String,
    at: Time,
    /// The user who registers; none where somebody signs in.
    registers: Option<String>,
}

#[derive(Debug, Clone)]
struct Interaction {
    client: String,
    user: String,
    query: Vec<(String, String)>,
    steps: Vec<&'static str>,
}

#[derive(Debug, Clone)]
struct Grant {
    client: String,
    redirect_uri: String,
    user: String,
}

/// Sign-ins under way.
#[derive(Debug, Default)]
pub(super) struct SignIns {
    one_time: BTreeMap<String, String>,
    passkeys: Vec<Registered>,
    challenges: BTreeMap<String, Challenge>,
    sessions: BTreeMap<String, Session>,
    reauthenticated: BTreeSet<String>,
    /// Users and clients, with the scopes.
    consents: BTreeMap<(String, String), BTreeSet<String>>,
    interactions: BTreeMap<String, Interaction>,
    codes: BTreeMap<String, Grant>,
    /// The states that Kasm has given out.
    states: BTreeSet<String>,
    kasm_users: BTreeSet<String>,
    audit: Vec<&'static str>,
    rows: usize,
    redeemed: usize,
    handed_over: usize,
    starts: usize,
    /// What is broken.
    pub broken: BTreeSet<BrokenSignIn>,
    /// Every secret that was given out: cookies, codes, states, challenges of the app's session.
    given_out: Vec<String>,
}

impl SignIns {
    /// A one-time code for the test user.
    pub(super) fn one_time_code(&mut self) -> String {
        let code = random::letters(6);
        self.one_time.insert(code.clone(), User::TEST.to_owned());
        self.given_out.push(code.clone());
        code
    }

    /// Every secret that was given out.
    pub(super) fn given_out(&self) -> Vec<String> {
        self.given_out.clone()
    }

    /// What sign-ins have left.
    pub(super) fn traces(&self) -> SignInTraces {
        SignInTraces {
            audit: self.audit.clone(),
            challenges: self.challenges.len(),
            rows: self.rows,
            consents: self.consents.len(),
            interactions: self.interactions.len(),
            redeemed: self.redeemed,
            app_users: self.kasm_users.len(),
            app_sessions: self.handed_over,
        }
    }

    fn is(&self, broken: BrokenSignIn) -> bool {
        self.broken.contains(&broken)
    }

    /// Forgets a passkey, as its user does at Pocket ID.
    pub(super) fn forget_passkeys(&mut self) {
        self.passkeys.clear();
    }

    fn give<T>(&mut self, secret: &str, value: T) -> T {
        self.given_out.push(secret.to_owned());
        value
    }

    /// The answer to a request that belongs to a sign-in; none where it does not.
    pub(super) fn provider(&mut self, state: &LabState, request: &Request, now: Time) -> Option<Answer> {
        ceremony::answer(self, &state.provider, request, now)
    }

    /// The same at Kasm.
    pub(super) fn app(&mut self, state: &LabState, request: &Request) -> Option<Answer> {
        landing::answer(self, state, request)
    }

    /// Takes note of what Kasm started.
    pub(super) fn started(&mut self, answer: &mut Answer) {
        landing::started(self, answer);
    }
}

fn user<'p>(provider: &'p Provider, name: &str) -> Option<&'p User> {
    provider.users.iter().find(|user| user.username == name)
}

/// The name of a cookie of the provider.
fn cookie_name(provider: &Provider, name: &str) -> String {
    if provider.app_url.starts_with("https:") { format!("__Host-{name}") } else { name.to_owned() }
}

/// What a `Cookie` header holds under a name.
fn cookie(request: &Request, name: &str) -> Option<String> {
    let pairs = request.header("cookie").split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(own, _)| *own == name).map(|(_, value)| value.to_owned()).next()
}

/// What stands at the end of a cookie that is set.
fn same_site(version: Version) -> &'static str {
    if version >= Version::new(2, 13) { "; SameSite=Lax" } else { "" }
}
