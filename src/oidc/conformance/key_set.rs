//! The key set that the document names (RFC 7517, sections 5 and 8.5).

use super::{Breach, media_type};
use crate::oidc::{Jwks, short};

pub(super) fn breaches(keys: &Jwks) -> Vec<Breach> {
    let mut found = Vec::new();
    let kind = keys.content_type.as_deref().map(media_type).unwrap_or_default();
    if !matches!(kind.as_str(), "application/json" | "application/jwk-set+json") {
        let message = match kind.as_str() {
            "" => "The key set is served without a content type".to_owned(),
            other => format!("The key set is served as `{}`, not as JSON", short(other)),
        };
        found.push(Breach::fault("jwks_content_type", "RFC 7517, section 8.5.2", message));
    }
    // Where no key at all can be used, `jwks_usable` tells it.
    if keys.usable().next().is_some() {
        for key in &keys.keys {
            if let Some(problem) = &key.problem {
                let message = format!("The key {} cannot be used: {problem}", key.name());
                // RFC 7517, section 5: a verifier passes over keys of a kind that it does not know, so they do no harm.
                let make = if key.is_strange { Breach::remark } else { Breach::fault };
                found.push(make("jwks_key", "RFC 7517, section 5; RFC 7518, section 6", message));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{super::Weight, *};

    const GOOD: &str = r#"{"kty":"OKP","kid":"a","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

    fn codes(content_type: Option<&str>, keys: &str) -> Vec<&'static str> {
        let set = Jwks::parse(content_type, format!(r#"{{"keys":[{keys}]}}"#).as_bytes()).unwrap();
        breaches(&set).iter().map(|breach| breach.code).collect()
    }

    #[test]
    fn a_key_set_is_served_as_json() {
        assert_eq!(codes(Some("application/json; charset=utf-8"), GOOD), [""; 0]);
        assert_eq!(codes(Some("application/jwk-set+json"), GOOD), [""; 0]);
        assert_eq!(codes(Some("text/html"), GOOD), ["jwks_content_type"]);
        assert_eq!(codes(None, GOOD), ["jwks_content_type"]);
    }

    #[test]
    fn a_broken_key_beside_a_good_one_is_named_and_alone_left_to_its_own_check() {
        let json = Some("application/json");
        let broken = r#"{"kty":"RSA","kid":"b"}"#;
        assert_eq!(codes(json, &format!("{GOOD},{broken},7")), ["jwks_key", "jwks_key"]);
        assert_eq!(codes(json, broken), [""; 0]);
    }

    #[test]
    fn a_key_of_an_unknown_kind_is_a_remark() {
        let keys = format!(r#"{{"keys":[{GOOD},{{"kty":"AKP","kid":"b"}},{{"kty":"EC","crv":"brainpoolP256r1"}}]}}"#);
        let set = Jwks::parse(Some("application/json"), keys.as_bytes()).unwrap();
        let weights: Vec<Weight> = breaches(&set).iter().map(|breach| breach.weight).collect();
        assert_eq!(weights, [Weight::Remark, Weight::Remark]);
    }
}
