//! A signed token (RFC 7519): its signature verified against a key set, its claims read without evaluating them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, crypto, jwk::Jwk};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is kept of a token once it was looked at. The token itself is dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenFacts {
    /// `alg` of the header.
    pub algorithm: String,
    /// `kid` of the header.
    pub key_id: Option<String>,
    /// `typ` of the header, for example `at+jwt` (RFC 9068).
    pub token_type: Option<String>,
    /// `iss`.
    pub issuer: Option<String>,
    /// `aud`, which may be a text or a list.
    pub audience: Vec<String>,
    /// `iat`, seconds since the epoch.
    pub issued_at: Option<i64>,
    /// `nbf`, seconds since the epoch.
    pub not_before: Option<i64>,
    /// `exp`, seconds since the epoch.
    pub expires_at: Option<i64>,
    /// What verifying the signature gave.
    pub signature: Signature,
}

/// What verifying a signature gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signature {
    /// A published key made it.
    Good,
    /// No published key made it.
    Bad,
    /// The key that the token names is not published.
    KeyNotPublished,
    /// Nobody here can verify that algorithm.
    UnsupportedAlgorithm,
}

impl TokenFacts {
    /// Reads a token and verifies its signature against a key set as served.
    ///
    /// # Errors
    /// Why it is not a signed token; never quotes it.
    pub fn read(token: &str, jwks: &[u8]) -> Result<Self, &'static str> {
        let (message, signature) = token.rsplit_once('.').ok_or("not a signed token: no dots")?;
        let (header, claims) = message.split_once('.').ok_or("not a signed token: one dot")?;
        let header = part(header).ok_or("the token's header is not JSON")?;
        let claims = part(claims).ok_or("the token's claims are not JSON")?;
        let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let number = |name: &str| claims.get(name).and_then(|value| value.as_i64().or_else(|| whole(value)));
        let algorithm = text(&header, "alg").ok_or("the token's header has no `alg`")?;
        let key_id = text(&header, "kid");
        Ok(Self {
            signature: verify(&algorithm, key_id.as_deref(), message, signature, jwks),
            token_type: text(&header, "typ"),
            issuer: text(&claims, "iss"),
            audience: audience(claims.get("aud")),
            issued_at: number("iat"),
            not_before: number("nbf"),
            expires_at: number("exp"),
            algorithm,
            key_id,
        })
    }
}

fn part(text: &str) -> Option<Value> {
    let value: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    value.is_object().then_some(value)
}

/// NumericDate may have a fraction (RFC 7519, section 2).
fn whole(value: &Value) -> Option<i64> {
    let seconds = value.as_f64().filter(|seconds| seconds.abs() < 1e15)?;
    Some(seconds as i64)
}

fn audience(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn verify(algorithm: &str, key_id: Option<&str>, message: &str, signature: &str, jwks: &[u8]) -> Signature {
    // `none` and the shared-secret algorithms prove nothing by a published key.
    let Some(algorithm) = algorithm.parse::<Algorithm>().ok().filter(|_| !algorithm.starts_with("HS")) else {
        return Signature::UnsupportedAlgorithm;
    };
    let keys: Vec<Value> = serde_json::from_slice::<Value>(jwks)
        .ok()
        .and_then(|set| set.get("keys").and_then(Value::as_array).cloned())
        .unwrap_or_default();
    let named: Vec<&Value> =
        keys.iter().filter(|key| key_id.is_none() || key.get("kid").and_then(Value::as_str) == key_id).collect();
    if named.is_empty() {
        return Signature::KeyNotPublished;
    }
    let good = named
        .into_iter()
        .filter_map(|key| serde_json::from_value::<Jwk>(key.clone()).ok())
        .filter_map(|key| DecodingKey::from_jwk(&key).ok())
        .any(|key| crypto::verify(signature, message.as_bytes(), &key, algorithm).unwrap_or(false));
    if good { Signature::Good } else { Signature::Bad }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{EncodingKey, Header};

    use super::*;

    struct Signer {
        algorithm: Algorithm,
        key: EncodingKey,
        jwks: String,
    }

    fn b64(bytes: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn rsa(algorithm: Algorithm) -> Signer {
        use aws_lc_rs::{
            encoding::AsDer,
            rsa::{KeyPair, KeySize},
            signature::KeyPair as _,
        };
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let public = pair.public_key();
        let jwks = serde_json::json!({"keys": [{"kty": "RSA", "kid": "k1", "use": "sig",
            "n": b64(public.modulus().big_endian_without_leading_zero()),
            "e": b64(public.exponent().big_endian_without_leading_zero())}]});
        // PKCS#8 puts 26 bytes before the key of this size that the library takes as PKCS#1 (RFC 5208, section 5).
        let key = EncodingKey::from_rsa_der(&der.as_ref()[26..]);
        Signer { algorithm, key, jwks: jwks.to_string() }
    }

    fn curve(algorithm: Algorithm) -> Signer {
        use aws_lc_rs::signature::{
            ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair,
        };
        let (params, crv, size) = match algorithm {
            Algorithm::ES256 => (&ECDSA_P256_SHA256_FIXED_SIGNING, "P-256", 32),
            _ => (&ECDSA_P384_SHA384_FIXED_SIGNING, "P-384", 48),
        };
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(params, &aws_lc_rs::rand::SystemRandom::new()).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(params, pkcs8.as_ref()).unwrap();
        let point = &pair.public_key().as_ref()[1..];
        let jwks = serde_json::json!({"keys": [{"kty": "EC", "kid": "k1", "crv": crv,
            "x": b64(&point[..size]), "y": b64(&point[size..])}]});
        Signer { algorithm, key: EncodingKey::from_ec_der(pkcs8.as_ref()), jwks: jwks.to_string() }
    }

    fn edwards() -> Signer {
        use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&aws_lc_rs::rand::SystemRandom::new()).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
        let jwks = serde_json::json!({"keys": [{"kty": "OKP", "kid": "k1", "crv": "Ed25519",
            "x": b64(pair.public_key().as_ref())}]});
        Signer { algorithm: Algorithm::EdDSA, key: EncodingKey::from_ed_der(pkcs8.as_ref()), jwks: jwks.to_string() }
    }

    fn sign(signer: &Signer, kid: Option<&str>) -> String {
        let mut header = Header::new(signer.algorithm);
        header.kid = kid.map(str::to_owned);
        header.typ = Some("at+jwt".to_owned());
        let claims = serde_json::json!({"iss": "https://id", "aud": "c1", "iat": 1, "exp": 3601.5});
        jsonwebtoken::encode(&header, &claims, &signer.key).unwrap()
    }

    #[test]
    fn each_supported_algorithm_verifies_by_the_published_key_and_by_no_other() {
        use Algorithm::{ES256, ES384, PS256, RS256, RS384, RS512};
        let mut signers: Vec<Signer> = [RS256, RS384, RS512, PS256].map(rsa).into();
        signers.extend([ES256, ES384].map(curve));
        signers.push(edwards());
        for signer in &signers {
            let token = sign(signer, Some("k1"));
            let facts = TokenFacts::read(&token, signer.jwks.as_bytes()).unwrap();
            assert_eq!(facts.signature, Signature::Good, "{:?}", signer.algorithm);
            assert_eq!((facts.issuer.as_deref(), facts.expires_at), (Some("https://id"), Some(3601)));
            assert_eq!(facts.audience, ["c1"]);
            for other in signers.iter().filter(|other| other.jwks != signer.jwks) {
                let facts = TokenFacts::read(&token, other.jwks.as_bytes()).unwrap();
                assert_eq!(facts.signature, Signature::Bad, "{:?}", signer.algorithm);
            }
        }
    }

    #[test]
    fn a_key_that_is_not_published_and_an_algorithm_that_nobody_here_knows_are_told_apart_from_a_bad_signature() {
        let signer = curve(Algorithm::ES256);
        let read = |token: &str| TokenFacts::read(token, signer.jwks.as_bytes()).map(|facts| facts.signature);
        assert_eq!(read(&sign(&signer, Some("k2"))), Ok(Signature::KeyNotPublished));
        assert_eq!(read(&sign(&signer, None)), Ok(Signature::Good));
        for algorithm in ["ES512", "none", "HS256", "?"] {
            let header = b64(format!(r#"{{"alg":"{algorithm}"}}"#).as_bytes());
            let token = format!("{header}.{}.AAAA", b64(b"{}"));
            assert_eq!(read(&token), Ok(Signature::UnsupportedAlgorithm), "{algorithm}");
        }
    }

    #[test]
    fn what_is_not_a_token_is_refused_without_quoting_it() {
        for text in ["", "opaque-token", "a.b", "a.b.c", "e30.e30.c"] {
            let error = TokenFacts::read(text, b"{}").unwrap_err();
            assert!(text.is_empty() || !error.contains(text));
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_reading_panic(token in "\\PC{0,60}", jwks in "\\PC{0,60}") {
            let _ = TokenFacts::read(&token, jwks.as_bytes());
        }
    }
}
