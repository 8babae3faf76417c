//! The key set (RFC 7517): what is published, without evaluating it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    JsonProblem, at_most,
    key_material::examine,
    parse_json,
    text::{distinct, short},
};

/// Members that only a private or symmetric key has (RFC 7518, sections 6.2.2, 6.3.2 and 6.4.1).
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// The algorithms of public keys that are known here (RFC 7518, section 3.1; RFC 8037; RFC 8812; RFC 9864).
const ALGORITHMS: [&str; 13] = [
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "ES256K", "EdDSA", "Ed25519",
    "Ed448",
];
/// How many keys are named before the rest is only counted.
const NAMED_KEYS: usize = 5;

/// How many keys a set may hold; the largest known have about ten.
pub(super) const MOST_KEYS: usize = 100;

/// A key set as served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwks {
    /// The keys, in order.
    pub keys: Vec<Jwk>,
    /// The `Content-Type` of the answer.
    pub content_type: Option<String>,
}

/// One key of a set, by its public facts. No key material.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    /// `kid`.
    pub kid: Option<String>,
    /// `kty`, for example `RSA`.
    pub kty: String,
    /// `alg`.
    pub alg: Option<String>,
    /// `use`.
    pub key_use: Option<String>,
    /// `crv`.
    pub crv: Option<String>,
    /// The size of an RSA modulus in bits.
    pub bits: Option<usize>,
    /// The thumbprint (RFC 7638, SHA-256, base64url); empty where a required member is missing.
    pub thumbprint: String,
    /// Why no verifier can use this key, where that is so.
    pub problem: Option<String>,
    /// Whether its kind is not known here, so that nothing can be said of it.
    #[serde(default)]
    pub is_strange: bool,
    /// Whether it holds a private member (`d`, `p`, `k`, ...), which must never be published.
    pub is_private: bool,
}

impl Jwks {
    /// Reads a key set.
    ///
    /// # Errors
    /// What the body is instead of an object with a list of keys, or which limit it exceeds.
    pub fn parse(content_type: Option<&str>, body: &[u8]) -> Result<Self, JsonProblem> {
        let json = parse_json(body)?;
        let keys = keys_of(&json.value)?;
        Ok(Self { keys: keys.iter().map(Jwk::read).collect(), content_type: content_type.map(str::to_owned) })
    }

    /// The keys in words: their ids; of many, the first few.
    #[must_use]
    pub fn names(&self) -> String {
        let mut names: Vec<String> = self.keys.iter().take(NAMED_KEYS).map(Jwk::name).collect();
        if self.keys.len() > NAMED_KEYS {
            names.push(format!("and {} more", self.keys.len() - NAMED_KEYS));
        }
        names.join(", ")
    }

    /// The keys that are for signatures and that a verifier can use.
    pub fn usable(&self) -> impl Iterator<Item = &Jwk> {
        self.keys.iter().filter(|key| key.is_for_signatures() && key.problem.is_none())
    }
}

/// The keys of a set as written, no more than are read.
pub(super) fn keys_of(set: &Value) -> Result<&[Value], JsonProblem> {
    let keys = set.get("keys").and_then(Value::as_array);
    let keys = keys.ok_or(JsonProblem::Lacks("a list `keys`"))?;
    at_most(keys, MOST_KEYS, "keys in the set")?;
    Ok(keys)
}

impl Jwk {
    fn read(key: &Value) -> Self {
        let text = |name: &str| key.get(name).and_then(Value::as_str).map(distinct);
        let material = examine(key);
        let kty = text("kty").unwrap_or_default();
        Self {
            is_private: kty == "oct" || PRIVATE_MEMBERS.iter().any(|name| key.get(name).is_some()),
            kid: text("kid"),
            kty,
            alg: text("alg"),
            key_use: text("use"),
            crv: text("crv"),
            bits: material.bits,
            thumbprint: material.thumbprint,
            problem: material.problem,
            is_strange: material.is_strange,
        }
    }

    /// Its id, for a person.
    #[must_use]
    pub fn name(&self) -> String {
        self.kid.as_deref().map_or_else(|| "(no kid)".to_owned(), short)
    }

    /// Whether it is for signatures: `use` says so or is left out (RFC 7517, section 4.2), and its curve can sign.
    #[must_use]
    pub fn is_for_signatures(&self) -> bool {
        self.key_use.as_deref().is_none_or(|key_use| key_use == "sig")
            && !matches!(self.crv.as_deref(), Some("X25519" | "X448"))
    }

    /// Whether an algorithm is known here at all.
    #[must_use]
    pub fn is_known(algorithm: &str) -> bool {
        ALGORITHMS.contains(&algorithm)
    }

    /// Whether signatures of an algorithm can be checked with it: by its type, its curve, and its own `alg`.
    #[must_use]
    pub fn fits(&self, algorithm: &str) -> bool {
        let crv = self.crv.as_deref().unwrap_or_default();
        let by_type = match algorithm {
            "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512" => self.kty == "RSA",
            "ES256" => self.kty == "EC" && crv == "P-256",
            "ES384" => self.kty == "EC" && crv == "P-384",
            "ES512" => self.kty == "EC" && crv == "P-521",
            "ES256K" => self.kty == "EC" && crv == "secp256k1",
            "EdDSA" => self.kty == "OKP" && matches!(crv, "Ed25519" | "Ed448"),
            "Ed25519" | "Ed448" => self.kty == "OKP" && crv == algorithm,
            _ => false,
        };
        by_type && self.alg.as_deref().is_none_or(|own| own == algorithm || same_edwards(own, algorithm))
    }
}

/// `EdDSA` (RFC 8037) and the names by curve (RFC 9864) are the same algorithm.
fn same_edwards(one: &str, other: &str) -> bool {
    let is_edwards = |name| matches!(name, "EdDSA" | "Ed25519" | "Ed448");
    is_edwards(one) && is_edwards(other) && (one == "EdDSA" || other == "EdDSA")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn recorded(text: &str) -> Jwks {
        let recording: Value = serde_json::from_str(text).unwrap();
        Jwks::parse(Some("application/json"), recording["response"]["body"].to_string().as_bytes()).unwrap()
    }

    #[test]
    fn the_key_sets_of_real_releases_hold_one_good_signing_key() {
        let sets = [
            (include_str!("../../tests/fixtures/pocket-id/1.16.0/jwks.json"), "RS256", Some(2048)),
            (include_str!("../../tests/fixtures/pocket-id/2.3.0/jwks.json"), "RS256", Some(2048)),
            (include_str!("../../tests/fixtures/pocket-id/2.9.0/jwks.json"), "RS256", Some(2048)),
            (include_str!("../../tests/fixtures/pocket-id/2.10.0/jwks.json"), "RS256", Some(2048)),
            (include_str!("../../tests/fixtures/pocket-id/2.10.0/jwks_after_key_rotate.json"), "ES256", None),
            (include_str!("../../tests/fixtures/pocket-id/2.14.0/jwks.json"), "RS256", Some(2048)),
        ];
        for (text, algorithm, bits) in sets {
            let set = recorded(text);
            let [key] = &set.keys[..] else { panic!("one key expected: {set:?}") };
            assert_eq!(key.problem, None);
            assert!(key.fits(algorithm) && key.is_for_signatures() && !key.is_private, "{key:?}");
            assert_eq!(key.bits, bits);
            assert_eq!(key.thumbprint.len(), 43);
            assert_eq!(set.usable().count(), 1);
        }
    }

    #[test]
    fn a_body_without_a_list_of_keys_is_refused() {
        for body in ["{}", "[]", "null", r#"{"keys":{}}"#] {
            let refused = Jwks::parse(None, body.as_bytes());
            assert_eq!(refused, Err(JsonProblem::Lacks("a list `keys`")), "{body}");
        }
        assert_eq!(Jwks::parse(None, b"<html>"), Err(JsonProblem::WebPage));
    }

    #[test]
    fn a_set_of_more_keys_than_any_provider_has_is_not_read() {
        let set = |count| format!(r#"{{"keys":[{}]}}"#, vec!["{}"; count].join(","));
        assert_eq!(Jwks::parse(None, set(MOST_KEYS).as_bytes()).unwrap().keys.len(), MOST_KEYS);
        let problem = Jwks::parse(None, set(MOST_KEYS + 1).as_bytes()).unwrap_err();
        assert_eq!(problem, JsonProblem::TooLarge { what: "keys in the set", most: MOST_KEYS });
        let key = Jwk::read(&serde_json::json!({"kty": "RSA", "kid": "x".repeat(300_000)}));
        assert!(key.kid.unwrap().len() < 1_000);
    }

    #[test]
    fn private_and_symmetric_keys_are_seen_whatever_their_type() {
        let private = |key: &str| Jwk::read(&serde_json::from_str(key).unwrap()).is_private;
        assert!(private(r#"{"kty":"RSA","n":"AQ","e":"AQAB","d":"AQ"}"#));
        assert!(private(r#"{"kty":"unheard-of","d":"AQ"}"#));
        assert!(private(r#"{"kty":"oct","k":"AQ"}"#));
        assert!(private(r#"{"kty":"oct"}"#));
        assert!(!private(r#"{"kty":"RSA","n":"AQ","e":"AQAB"}"#));
    }

    #[test]
    fn a_key_fits_an_algorithm_by_type_curve_and_its_own_alg() {
        let key = |kty: &str, crv: Option<&str>, alg: Option<&str>| Jwk {
            kid: None,
            kty: kty.to_owned(),
            alg: alg.map(str::to_owned),
            key_use: None,
            crv: crv.map(str::to_owned),
            bits: None,
            thumbprint: String::new(),
            problem: None,
            is_strange: false,
            is_private: false,
        };
        let cases = [
            (key("RSA", None, None), "RS256", true),
            (key("RSA", None, None), "PS512", true),
            (key("RSA", None, Some("RS256")), "RS256", true),
            (key("RSA", None, Some("RS256")), "RS512", false),
            (key("RSA", None, None), "ES256", false),
            (key("EC", Some("P-256"), Some("ES256")), "ES256", true),
            (key("EC", Some("P-256"), None), "ES384", false),
            (key("EC", Some("P-521"), None), "ES512", true),
            (key("OKP", Some("Ed25519"), Some("EdDSA")), "EdDSA", true),
            (key("OKP", Some("Ed25519"), Some("EdDSA")), "Ed25519", true),
            (key("OKP", Some("Ed25519"), Some("Ed448")), "Ed25519", false),
            (key("OKP", Some("X25519"), None), "EdDSA", false),
            (key("RSA", None, None), "none", false),
        ];
        for (key, algorithm, expected) in cases {
            assert_eq!(key.fits(algorithm), expected, "{key:?} and {algorithm}");
        }
    }

    #[test]
    fn keys_for_encryption_are_not_for_signatures() {
        let is_for_signatures = |key: &str| Jwk::read(&serde_json::from_str(key).unwrap()).is_for_signatures();
        assert!(is_for_signatures(r#"{"kty":"RSA"}"#));
        assert!(is_for_signatures(r#"{"kty":"RSA","use":"sig"}"#));
        assert!(!is_for_signatures(r#"{"kty":"RSA","use":"enc"}"#));
        assert!(!is_for_signatures(r#"{"kty":"OKP","crv":"X25519"}"#));
    }

    #[test]
    fn many_keys_are_named_in_short() {
        let keys: Vec<String> = (0..7).map(|id| format!(r#"{{"kid":"k{id}"}}"#)).collect();
        let set = Jwks::parse(None, format!(r#"{{"keys":[{}]}}"#, keys.join(",")).as_bytes()).unwrap();
        assert_eq!(set.names(), "k0, k1, k2, k3, k4, and 2 more");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "\\PC{0,12}".prop_map(Value::from),
            prop::sample::select(vec!["RSA", "EC", "OKP", "P-256", "sig", "AQAB"]).prop_map(Value::from),
        ];
        let name = prop::sample::select(vec!["keys", "kty", "kid", "n", "e", "crv", "x", "y", "d", "use", "x5c"]);
        leaf.prop_recursive(4, 32, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map(name.clone().prop_map(str::to_owned), inner, 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_json_makes_it_panic(keys in prop::collection::vec(any_json(), 0..4), other in any_json()) {
            let count = keys.len();
            let set = Jwks::parse(None, serde_json::json!({"keys": keys}).to_string().as_bytes()).unwrap();
            prop_assert_eq!(set.keys.len(), count);
            prop_assert!(set.usable().all(|key| key.problem.is_none()));
            let _ = Jwks::parse(None, other.to_string().as_bytes());
        }

        #[test]
        fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = Jwks::parse(None, &body);
        }
    }
}
