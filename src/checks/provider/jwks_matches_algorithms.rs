//! The published keys and the announced algorithms belong together.
//!
//! Pocket ID has one key and announces its one algorithm, both read at the start: a difference means two instances, or
//! a cache between. Other providers announce algorithms that a client may choose, and keep old keys beside new ones:
//! for them one announced algorithm with a key is enough.

use super::{Case, Check, SeverityRule};
use crate::{
    model::{Finding, Missing, Outcome, SourceId},
    oidc::{Jwk, Jwks, short},
    providers::ProviderKind,
};

pub(super) const CHECK: Check = Check {
    id: "jwks_matches_algorithms",
    severity: SeverityRule::DEGRADED,
    title: "The published keys fit the announced signing algorithms",
    why: "A verifier that goes by the discovery document finds no key for the token, and refuses the sign-in.",
    fix: "Pocket ID: restart it after `pocket-id key-rotate`. Is more than one instance running, or does a proxy \
           cache discovery or the key set? Pocket ID forbids caching (`Cache-Control: no-store`).",
    needs: &[],
    since: "",
    source: "OpenID Connect Discovery 1.0, section 3; RFC 7518, section 3.1",
    fields: &[],
    run,
};

fn run(case: &Case<'_>) -> Result<Outcome, Missing> {
    let announced = case.discovery()?.id_token_signing_alg_values_supported.as_deref();
    let announced = announced.ok_or(Missing::Blocked { by: SourceId::Discovery })?;
    let asymmetric: Vec<&str> =
        announced.iter().map(String::as_str).filter(|name| *name != "none" && !name.starts_with("HS")).collect();
    if asymmetric.is_empty() {
        return Ok(Outcome::noting("no algorithm with a public key is announced"));
    }
    let set = case.jwks()?;
    // Of what is not known here nothing can be said, be it a key or an algorithm.
    let asymmetric: Vec<&str> = asymmetric.into_iter().filter(|name| Jwk::is_known(name)).collect();
    if asymmetric.is_empty() || (set.usable().next().is_none() && set.keys.iter().any(|key| key.is_strange)) {
        return Err(Missing::OutOfReach("keys or algorithms are of a kind that is not known here".to_owned()));
    }
    if set.usable().next().is_none() {
        return Ok(Outcome::Unknown("no published key can be used".to_owned()));
    }
    let keyless: Vec<&str> =
        asymmetric.iter().copied().filter(|name| !set.usable().any(|key| key.fits(name))).collect();
    let mut findings = Vec::new();
    let has_strange_key = set.keys.iter().any(|key| key.is_strange);
    if (keyless.len() == asymmetric.len() && !has_strange_key)
        || (case.kind == ProviderKind::PocketId && !keyless.is_empty())
    {
        let message = format!("No published key fits {} (keys: {})", listed(&keyless), described(set));
        findings.push(Finding::new("algorithm_without_key", message));
    }
    let strange = strange_keys(set, &asymmetric);
    if case.kind == ProviderKind::PocketId && findings.is_empty() && !strange.is_empty() {
        let message = format!("Not announced: {strange} (announced: {})", listed(&asymmetric));
        findings.push(Finding::new("key_not_announced", message));
    }
    if findings.is_empty() && !keyless.is_empty() {
        return Ok(Outcome::noting(format!("no key for {}, which a client would have to ask for", listed(&keyless))));
    }
    Ok(Outcome::from_findings(findings))
}

/// The keys that fit nothing that is announced.
fn strange_keys(set: &Jwks, announced: &[&str]) -> String {
    let is_strange = |key: &&Jwk| !announced.iter().any(|name| key.fits(name));
    set.usable()
        .filter(is_strange)
        .map(|key| format!("key {} for {}", key.name(), key.alg.as_deref().map_or_else(|| short(&key.kty), short)))
        .collect::<Vec<_>>()
        .join(", ")
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| short(name)).collect::<Vec<_>>().join(", ")
}

fn described(set: &Jwks) -> String {
    let kind = |key: &Jwk| short(key.alg.as_deref().unwrap_or(&key.kty));
    set.usable().take(5).map(kind).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        checks::provider::table::{blocked, edit, healthy_but, said},
        model::Snapshot,
        oidc::Jwk,
    };

    fn with(announced: Option<&[&str]>, keys: impl FnOnce(&mut Vec<Jwk>)) -> Snapshot {
        healthy_but(|now| {
            edit(&mut now.discovery, |answer| {
                answer.fact.id_token_signing_alg_values_supported =
                    announced.map(|names| names.iter().map(ToString::to_string).collect());
            });
            edit(&mut now.jwks, |set| keys(&mut set.keys));
        })
    }

    fn another_key(keys: &mut Vec<Jwk>) {
        let mut key = keys[0].clone();
        (key.kty, key.alg, key.crv) = ("EC".to_owned(), Some("ES256".to_owned()), Some("P-256".to_owned()));
        key.kid = Some("other".to_owned());
        keys.push(key);
    }

    #[test]
    fn pocket_ids_one_key_fits_its_one_algorithm() {
        let cases = [
            (with(Some(&["RS256"]), |_| {}), "ok"),
            (with(Some(&["ES256"]), |_| {}), "fail algorithm_without_key"),
            (with(Some(&["RS256", "ES256"]), |_| {}), "fail algorithm_without_key"),
            (with(Some(&["RS256"]), another_key), "fail key_not_announced"),
            (with(Some(&["RS256"]), |keys| keys[0].alg = None), "ok"),
            (with(Some(&["RS256"]), |keys| keys[0].alg = Some("RS512".to_owned())), "fail algorithm_without_key"),
            (with(Some(&["RS256", "HS256", "none"]), |_| {}), "ok"),
            (with(Some(&["HS256"]), |_| {}), "ok"),
            (with(None, |_| {}), "unknown"),
            (with(Some(&["RS256"]), Vec::clear), "unknown"),
            (healthy_but(|now| now.jwks = blocked(SourceId::Discovery)), "unknown"),
        ];
        for (snapshot, expected) in cases {
            assert_eq!(said(CHECK.id, &snapshot), expected, "{:?}", snapshot.jwks.value);
        }
    }

    #[test]
    fn other_providers_may_announce_more_and_keep_old_keys() {
        let cases = [
            (with(Some(&["RS256", "PS384", "ES512"]), |_| {}), "ok"),
            (with(Some(&["RS256"]), another_key), "ok"),
            (with(Some(&["ES384", "EdDSA"]), |_| {}), "fail algorithm_without_key"),
        ];
        for (mut snapshot, expected) in cases {
            snapshot.target.provider.kind = Some(ProviderKind::Openid);
            assert_eq!(said(CHECK.id, &snapshot), expected);
        }
    }
}
