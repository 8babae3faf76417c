//! An address at the provider that Kasm itself calls, as stored: is it the provider's?
//!
//! Pocket ID answers these paths on APP_URL and, where it is set, on INTERNAL_APP_URL, and announces the latter: Kasm may
//! hold either. The path is another matter: a wrong one answers with a web page, or not at all.

use url::Url;

use super::{
    Case,
    start::{is_same, on_base, part_that_differs},
};
use crate::{
    model::{Drift, Finding, Missing, Outcome, SourceId},
    oidc,
    providers::pocket_id::ProviderKind,
};

/// Compares a stored address with the one that the provider announces.
///
/// # Errors
/// The discovery document is missing, or does not announce it.
pub(super) fn compare(case: &Case<'_>, field: &str, stored: &str, announced: Option<&str>) -> Result<Outcome, Missing> {
    let announced = announced.ok_or(Missing::Blocked { by: SourceId::Discovery })?;
    let accepted = accepted(case, announced)?;
    if accepted.iter().any(|one| is_to_the_letter(one, stored)) {
        return Ok(Outcome::OK);
    }
    let expected = nearest(&accepted, stored);
    let Some(drift) = Drift::of(field, ("The provider has", expected), ("Kasm stores", stored)) else {
        return Ok(Outcome::OK);
    };
    if case.kind == ProviderKind::PocketId && has_a_slash_more(expected, stored) {
        return Ok(Outcome::noting(format!("{stored} has a \"/\" at its end, which Pocket ID redirects")));
    }
    if is_only_elsewhere(expected, stored) && is_internal(stored) {
        return Err(Missing::OutOfReach(format!(
            "Kasm asks {stored}, which only Kasm's own network can tell: if the provider answers there, name the base in \
             provider.internal_url; else enter {expected}"
        )));
    }
    let part =
        if is_same(expected, stored) { "spelling" } else { part_that_differs(expected, stored).unwrap_or("form") };
    let message = format!("Kasm's {} has another {part}: {stored}, where {expected} is expected", in_words(field));
    let finding = Finding::new("differs", message).drift(drift);
    Ok(Outcome::fail(match case.kind == ProviderKind::PocketId && is_only_elsewhere(expected, stored) {
        true => finding.fix(format!(
            "Kasm: Access Management > Authentication > OpenID > your config > {}: enter {expected}. If the stored \
             address is Pocket ID's own inside your network, name its base in provider.internal_url instead.",
            on_the_form(field)
        )),
        false => finding,
    }))
}

/// The addresses that may be stored, the announced one first; of another issuer's document the paths alone count.
fn accepted(case: &Case<'_>, announced: &str) -> Result<Vec<String>, Missing> {
    let provider = &case.target().provider;
    let issuer = case.discovery()?.issuer.as_deref().unwrap_or_default();
    let is_our_issuer = issuer.trim_end_matches('/') == provider.url;
    let on = |base: &str| on_base(announced, base);
    let mut accepted = Vec::new();
    // A document of another base speaks of that base: its internal addresses stay good.
    if is_our_issuer || !is_of(announced, issuer) {
        accepted.push(announced.to_owned());
    }
    if case.kind == ProviderKind::PocketId || !is_our_issuer {
        accepted.extend(on(&provider.url));
        accepted.extend(provider.internal_url.as_deref().and_then(on));
    }
    Ok(accepted)
}

fn is_of(url: &str, base: &str) -> bool {
    matches!((Url::parse(url), Url::parse(base)), (Ok(url), Ok(base)) if url.origin() == base.origin())
}

/// The same address without a blank that would be sent along.
fn is_to_the_letter(expected: &str, stored: &str) -> bool {
    is_same(expected, stored) && !stored.contains(char::is_whitespace)
}

/// The accepted address at the same host, else the first.
fn nearest<'a>(accepted: &'a [String], stored: &str) -> &'a str {
    let host = |text: &str| Url::parse(text).ok().and_then(|url| url.host_str().map(str::to_owned));
    let near = accepted.iter().find(|one| host(one).is_some() && host(one) == host(stored));
    near.or_else(|| accepted.first()).map_or("", String::as_str)
}

/// Whether only the server differs: it may be the provider's under a name that is not known here.
fn is_only_elsewhere(expected: &str, stored: &str) -> bool {
    matches!((Url::parse(expected), Url::parse(stored)), (Ok(expected), Ok(stored))
        if expected.host() != stored.host() && expected.path() == stored.path())
}

/// Whether an address has a name or a number that means something inside one network alone, such as a container's name.
fn is_internal(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| oidc::is_internal(&url) && !oidc::is_loopback(&url))
}

/// Whether a stored address is the expected one with a `/` behind its path.
pub(super) fn has_a_slash_more(expected: &str, stored: &str) -> bool {
    stored.strip_suffix('/').is_some_and(|without| is_to_the_letter(expected, without))
}

fn in_words(field: &str) -> String {
    field.replace('_', " ").replace("url", "URL")
}

fn on_the_form(field: &str) -> &'static str {
    if field == "token_url" { "Token URL" } else { "User Info URL" }
}
