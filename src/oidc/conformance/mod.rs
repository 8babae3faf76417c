//! The conditions that the OpenID conformance suite's configuration test puts on a discovery document, in our own
//! words.
//!
//! | condition | stands in |
//! | --- | --- |
//! | status, content type, duplicate keys | `answer` |
//! | types of all known members, required and recommended ones | `shape` |
//! | issuer, endpoints and other addresses | `addresses` |
//! | scopes, response types, grant types, algorithms, methods | `values` |
//! | the key set's content type and broken keys beside good ones | `key_set` |
//!
//! Conditions with a check of their own are not repeated here, so that one fault is reported once: a missing issuer or
//! endpoint (`discovery_served`), an issuer other than the address (`issuer_matches`), private keys, missing key IDs
//! and no usable key at all (`jwks_usable`), two keys under one ID (`signing_key_id_unique`), keys that fit no
//! announced algorithm (`jwks_matches_algorithms`).

mod addresses;
mod answer;
mod key_set;
mod shape;
mod values;

use serde_json::Value;
use url::Origin;

use super::{Discovery, Jwks};

/// One condition that is not met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// A closed code.
    pub code: &'static str,
    /// How much it weighs.
    pub weight: Weight,
    /// A sentence for a person.
    pub message: String,
    /// The specification that asks for it.
    pub source: &'static str,
}

/// How much a breach weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// The specification says MUST, or clients stumble over it.
    Fault,
    /// Recommended only, or excused by the [`Leniency`].
    Remark,
}

/// What is excused in a document.
#[derive(Debug, Clone, Default)]
pub struct Leniency {
    /// Origins that are reached inside a trusted network: plain HTTP is a remark there. Loopback always is.
    pub internal: Vec<Origin>,
    /// Whether there is one algorithm, of the operator's choice, so that a missing RS256 is not even remarked where it is
    /// only recommended.
    pub any_algorithm: bool,
}

/// Every condition that is not met. Where a member has the wrong type, nothing else is said about it.
#[must_use]
pub fn breaches(discovery: &Discovery, keys: Option<&Jwks>, leniency: &Leniency) -> Vec<Breach> {
    let mut found = answer::breaches(discovery);
    found.extend(shape::breaches(&discovery.document));
    found.extend(addresses::breaches(&discovery.document, leniency));
    found.extend(values::breaches(&discovery.document, leniency));
    found.extend(keys.map(key_set::breaches).unwrap_or_default());
    found
}

impl Breach {
    fn fault(code: &'static str, source: &'static str, message: impl Into<String>) -> Self {
        Self { code, weight: Weight::Fault, message: message.into(), source }
    }

    fn remark(code: &'static str, source: &'static str, message: impl Into<String>) -> Self {
        Self { code, weight: Weight::Remark, message: message.into(), source }
    }
}

/// A member that is a list of texts, as the type demands; none where it is missing or of another type.
fn texts<'a>(document: &'a Value, name: &str) -> Option<Vec<&'a str>> {
    document.get(name)?.as_array()?.iter().map(Value::as_str).collect()
}

/// `application/json; charset=utf-8` → `application/json`.
fn media_type(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// A document in which every condition holds.
    pub(super) fn conforming() -> Value {
        json!({
            "issuer": "https://id.example.test",
            "authorization_endpoint": "https://id.example.test/authorize",
            "token_endpoint": "https://id.example.test/token",
            "userinfo_endpoint": "https://id.example.test/userinfo",
            "jwks_uri": "https://id.example.test/jwks",
            "scopes_supported": ["openid", "profile"],
            "claims_supported": ["sub", "email"],
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"]
        })
    }

    pub(super) fn discovery(document: &Value) -> Discovery {
        Discovery::parse(200, Some("application/json"), document.to_string().as_bytes()).unwrap()
    }

    /// The codes of the faults and of the remarks of a document.
    pub(super) fn codes(document: &Value, leniency: &Leniency) -> (Vec<&'static str>, Vec<&'static str>) {
        let found = breaches(&discovery(document), None, leniency);
        let of = |weight| found.iter().filter(|breach| breach.weight == weight).map(|breach| breach.code).collect();
        (of(Weight::Fault), of(Weight::Remark))
    }

    /// Checks a table of one changed member, its value (null: left out), and the faults and remarks that follow.
    pub(super) fn check(table: &[(&str, Value, &[&str], &[&str])]) {
        for (name, value, faults, remarks) in table {
            let mut document = conforming();
            if value.is_null() {
                document.as_object_mut().unwrap().remove(*name);
            } else {
                document[*name] = value.clone();
            }
            let (found_faults, found_remarks) = codes(&document, &Leniency::default());
            assert_eq!((&found_faults[..], &found_remarks[..]), (*faults, *remarks), "{name}: {value}");
        }
    }

    #[test]
    fn a_conforming_document_has_no_breach() {
        assert_eq!(codes(&conforming(), &Leniency::default()), (vec![], vec![]));
    }

    #[test]
    fn the_documents_of_real_releases_have_no_fault() {
        let recorded = [
            include_str!("../../../tests/fixtures/pocket-id/1.16.0/discovery.json"),
            include_str!("../../../tests/fixtures/pocket-id/2.3.0/discovery.json"),
            include_str!("../../../tests/fixtures/pocket-id/2.9.0/discovery.json"),
            include_str!("../../../tests/fixtures/pocket-id/2.10.0/discovery.json"),
            include_str!("../../../tests/fixtures/pocket-id/2.14.0/discovery.json"),
        ];
        let leniency = Leniency { any_algorithm: true, ..Leniency::default() };
        for text in recorded {
            let recording: Value = serde_json::from_str(text).unwrap();
            let (faults, remarks) = codes(&recording["response"]["body"], &leniency);
            assert_eq!((faults, remarks), (vec![], vec![]), "{}", recording["version"]);
        }
    }

    #[test]
    fn plain_http_on_the_internal_base_is_a_remark_where_it_is_excused_and_another_algorithm_always() {
        let text = include_str!("../../../tests/fixtures/pocket-id/2.10.0/discovery_internal_url_es256.json");
        let recording: Value = serde_json::from_str(text).unwrap();
        let internal = url::Url::parse("http://pocket-id:1411").unwrap().origin();
        let excused = Leniency { internal: vec![internal], any_algorithm: true };
        let (faults, remarks) = codes(&recording["response"]["body"], &excused);
        assert_eq!((faults, remarks), (vec![], vec!["plain_http", "rs256"]));
        let (faults, _) = codes(&recording["response"]["body"], &Leniency::default());
        assert_eq!(faults, ["plain_http"]);
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "\\PC{0,20}".prop_map(Value::from),
            prop::sample::select(vec!["https://id.example.test", "http://[", "openid", "code", "none", "en-US", "x-"])
                .prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map("[a-z_]{1,8}(_endpoint|_uri|_supported)?", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_document_makes_it_panic(
            name in prop::sample::select(vec![
                "issuer", "jwks_uri", "x_endpoint", "mtls_endpoint_aliases", "scopes_supported", "ui_locales_supported",
                "response_types_supported", "id_token_signing_alg_values_supported", "claims_parameter_supported",
            ]),
            value in any_value(),
        ) {
            let mut document = conforming();
            document[name] = value;
            for breach in breaches(&discovery(&document), None, &Leniency::default()) {
                prop_assert!(!breach.message.is_empty() && breach.message.chars().all(|c| !c.is_control()));
            }
        }
    }
}
