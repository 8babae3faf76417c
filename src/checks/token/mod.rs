//! Kasm exchanges the code for tokens.

use super::{Case, Check, SeverityRule, app, endpoint, provider::endpoint_finding, start};
use crate::{
    clock::Time,
    providers::pocket_id::{SecretEntry, Version},
};

mod app_secret_accepted;
mod back_channel;
mod client_secret_accepted;
mod client_secret_active;
mod superseded_secret;
mod token_auth_supported;
mod token_endpoint_answers;
mod token_url_matches;
mod token_verifies;

/// In cause order.
pub(super) const CHECKS: &[&Check] = &[
    &token_endpoint_answers::CHECK,
    &token_url_matches::CHECK,
    &token_auth_supported::CHECK,
    &client_secret_active::CHECK,
    &client_secret_accepted::CHECK,
    &superseded_secret::CHECK,
    &token_verifies::CHECK,
    &back_channel::CHECK,
    &app_secret_accepted::CHECK,
];

/// Whether this is a Pocket ID of before 2.14, whose clients have one secret that never ends.
pub(super) fn has_one_secret_without_an_end(case: &Case<'_>) -> bool {
    case.version.and_then(|version| version.below).is_some_and(|below| below <= Version::new(2, 14))
}

/// The secrets of Kasm's client that count: the one that our copy is, where that is known; else every active one.
pub(super) fn secrets_in_use<'a>(case: &Case<'a>) -> Vec<&'a SecretEntry> {
    let Some(seen) = case.now.client_secrets().ok() else { return Vec::new() };
    let active = || seen.secrets.iter().filter(|secret| is_active(case, secret));
    let ours: Vec<&SecretEntry> = match our_entry(case) {
        Some(entry) => active().filter(|secret| secret.prefix == entry).collect(),
        None => Vec::new(),
    };
    if ours.is_empty() { active().collect() } else { ours }
}

/// When the client secret ends, where one date can be told: of our copy's or of the only one.
pub(super) fn secret_ends(case: &Case<'_>) -> Option<Time> {
    match secrets_in_use(case)[..] {
        [only] => only.expires_at,
        _ => None,
    }
}

/// Whether a secret is accepted at the time of the snapshot.
fn is_active(case: &Case<'_>, secret: &SecretEntry) -> bool {
    secret.is_active && secret.expires_at.is_none_or(|end| end > case.now.taken_at)
}

/// The first characters of the secret that our copy is, where that is known.
fn our_entry<'a>(case: &Case<'a>) -> Option<&'a str> {
    case.now.client_secret().ok()?.entry.as_deref().filter(|entry| !entry.is_empty())
}
