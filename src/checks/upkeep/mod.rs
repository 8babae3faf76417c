//! What expires, and what the next change will break.

use super::{
    Case, Check, SeverityRule,
    authorize::{insecure, unsupported},
    start::too_short,
    token::{has_one_secret_without_an_end, secrets_in_use},
};

use chrono::TimeDelta;

use crate::{
    clock::{Time, span},
    model::{Missing, ProviderClients},
};

mod api_keys_last;
mod auto_login_is_safe;
mod callbacks_exact;
mod canary_enrolled;
mod certificates_last;
mod client_secret_lasts;
mod client_secrets_last;
mod clients_watched;
mod debug_is_off;
mod next_version_safe;
mod settings_as_declared;

/// In cause order.
pub(super) const CHECKS: &[&Check] = &[
    &certificates_last::CHECK,
    &client_secret_lasts::CHECK,
    &client_secrets_last::CHECK,
    &api_keys_last::CHECK,
    &debug_is_off::CHECK,
    &auto_login_is_safe::CHECK,
    &callbacks_exact::CHECK,
    &canary_enrolled::CHECK,
    &clients_watched::CHECK,
    &next_version_safe::CHECK,
    &settings_as_declared::CHECK,
];

/// All clients of the provider, where this target tells of them.
fn all_clients<'a>(case: &Case<'a>) -> Result<&'a ProviderClients, Missing> {
    case.pocket_id_only()?;
    case.by_key(case.now.clients())
}

/// The client that the target's app names, as far as it is known.
fn own_client<'a>(case: &Case<'a>) -> Option<&'a str> {
    case.authorize_url().ok().and_then(|url| url.client_id.as_deref())
}

/// A few names of many.
fn few(names: &[String]) -> String {
    const FEW: usize = 8;
    let shown = names.iter().take(FEW).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > FEW { format!("{shown} and {} more", names.len() - FEW) } else { shown }
}

/// What is left until `end`, in words, where that is less than this check warns at.
fn ends_soon(case: &Case<'_>, check: &Check, end: Time, usual: TimeDelta) -> Option<String> {
    let warn = case.target().warn_seconds.get(check.id).map(|seconds| span(std::time::Duration::from_secs(*seconds)));
    let left = end - case.now.taken_at;
    let until = end.format("%Y-%m-%d %H:%M UTC");
    (left < warn.unwrap_or(usual)).then(|| match left {
        left if left <= TimeDelta::zero() => format!("ended on {until}"),
        left if left < TimeDelta::days(2) => format!("ends in {} hours, on {until}", left.num_hours()),
        left => format!("ends in {} days, on {until}", left.num_days()),
    })
}
