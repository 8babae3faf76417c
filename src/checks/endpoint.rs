//! An address at the provider that Kasm holds or sends browsers to: is it the provider's?
//!
//! What counts is what the document announces, wherever it was asked. The same path is good on every base of the provider
//! that is known: the issuer's, `provider.url` and `provider.internal_url`; Pocket ID answers on APP_URL and INTERNAL_APP_URL
//! alike. An address on another host than these is compared as announced, and with nothing that no document holds.

use url::Url;

use super::{Case, start::part_that_differs};
use crate::{
    model::{Drift, Finding, Missing, Outcome, SourceId},
    oidc::{self, is_loopback},
    providers::ProviderKind,
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
    let expected_by = if expected == announced { "The provider has" } else { "Expected is" };
    let Some(drift) = Drift::of(field, (expected_by, expected), ("Kasm stores", stored)) else {
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
    let message = format!("Kasm's {} has the wrong {part}: {stored}, where {expected} is expected", in_words(field));
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

/// The addresses that may be stored, the announced one first, but where a proxy announces plain http.
fn accepted(case: &Case<'_>, announced: &str) -> Result<Vec<String>, Missing> {
    let provider = &case.target().provider;
    let issuer = case.discovery()?.issuer.as_deref().unwrap_or_default();
    let mut accepted: Vec<String> = secure(case, announced).into_iter().collect();
    accepted.push(announced.to_owned());
    let bases = [Some(issuer), Some(provider.url.as_str()), provider.internal_url.as_deref()];
    let is_pocket_id = case.kind == ProviderKind::PocketId;
    if is_pocket_id || bases.into_iter().flatten().any(|base| is_on_host_of(announced, base)) {
        accepted.extend(bases.into_iter().flatten().filter_map(|base| on_base(announced, base)));
    }
    Ok(accepted)
}

/// The same address over https, where the provider announces http on a host that it is asked at over https: a proxy
/// before it does not say how it was asked. Nobody should enter the http address.
pub(super) fn secure(case: &Case<'_>, announced: &str) -> Option<String> {
    let url = Url::parse(announced).ok().filter(|url| url.scheme() == "http" && !is_loopback(url))?;
    let issuer = case.discovery().ok().and_then(|document| document.issuer.as_deref()).unwrap_or_default();
    let base = [case.target().provider.url.as_str(), issuer]
        .into_iter()
        .find(|base| Url::parse(base).is_ok_and(|base| base.scheme() == "https" && base.host() == url.host()))?;
    on_base(announced, base)
}

/// The same address: host in any case, default port written or not.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    matches!((Url::parse(one), Url::parse(other)), (Ok(one), Ok(other)) if one == other)
}

/// The path of `endpoint` at the server of `base`.
pub(super) fn on_base(endpoint: &str, base: &str) -> Option<String> {
    let (endpoint, base) = (Url::parse(endpoint).ok()?, Url::parse(base).ok()?);
    let query = endpoint.query().map(|query| format!("?{query}")).unwrap_or_default();
    Some(format!("{}{}{query}", base.origin().ascii_serialization(), endpoint.path()))
}

fn is_on_host_of(url: &str, base: &str) -> bool {
    matches!((Url::parse(url), Url::parse(base)), (Ok(url), Ok(base)) if url.host() == base.host())
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
    Url::parse(address).is_ok_and(|url| oidc::is_internal(&url) && !is_loopback(&url))
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
