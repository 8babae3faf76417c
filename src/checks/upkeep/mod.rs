//! What expires, and what the next change will break.

use super::{
    Case, Check, SeverityRule,
    authorize::{insecure, unsupported},
    start::too_short,
    token::{has_one_secret_without_an_end, secrets_in_use},
};

use chrono::TimeDelta;

use crate::clock::{Time, span};

mod api_keys_last;
mod auto_login_is_safe;
mod callbacks_exact;
mod canary_enrolled;
mod certificates_last;
mod client_secret_lasts;
mod debug_is_off;
mod next_version_safe;
mod settings_as_declared;

/// In cause order.
pub(super) const CHECKS: &[&Check] = &[
    &certificates_last::CHECK,
    &client_secret_lasts::CHECK,
    &api_keys_last::CHECK,
    &debug_is_off::CHECK,
    &auto_login_is_safe::CHECK,
    &callbacks_exact::CHECK,
    &canary_enrolled::CHECK,
    &next_version_safe::CHECK,
    &settings_as_declared::CHECK,
];

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
