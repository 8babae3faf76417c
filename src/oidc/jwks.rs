//! The key set (RFC 7517): what is published, without judging it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{JsonProblem, parse_json};

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
    /// Whether it holds a private member (`d`, `p`, `k`, ...), which must never be published.
    pub is_private: bool,
}

impl Jwks {
    /// Reads a key set.
    ///
    /// # Errors
    /// What the body is instead of an object with a list of keys.
    pub fn parse(content_type: Option<&str>, body: &[u8]) -> Result<Self, JsonProblem> {
        let json = parse_json(body)?;
        let keys = json
            .value
            .get("keys")
            .and_then(Value::as_array)
            .ok_or_else(|| JsonProblem::Invalid("no list `keys`".to_owned()))?;
        Ok(Self { keys: keys.iter().map(Jwk::read).collect(), content_type: content_type.map(str::to_owned) })
    }

    /// The keys in words: their ids.
    #[must_use]
    pub fn names(&self) -> String {
        let names: Vec<&str> = self.keys.iter().map(|key| key.kid.as_deref().unwrap_or("(no kid)")).collect();
        names.join(", ")
    }
}

impl Jwk {
    fn read(key: &Value) -> Self {
        let text = |name: &str| key.get(name).and_then(Value::as_str).map(str::to_owned);
        Self {
            kid: text("kid"),
            kty: text("kty").unwrap_or_default(),
            alg: text("alg"),
            key_use: text("use"),
            crv: text("crv"),
            bits: None,
            thumbprint: String::new(),
            problem: None,
            is_private: false,
        }
    }
}
