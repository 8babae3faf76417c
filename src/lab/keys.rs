//! Signing keys, made at run time and shared by the labs of one process (an RSA key takes a moment).

use std::sync::OnceLock;

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// A signing key with the id that it is published under.
#[derive(Debug)]
pub(super) struct SigningKey {
    /// `kid`.
    pub id: String,
    pair: Pair,
}

#[derive(Debug)]
enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ec(Box<EcdsaKeyPair>),
}

/// The keys that a lab can sign with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyName {
    /// The RSA key of a fresh Pocket ID.
    Rsa,
    /// Another RSA key, after `key-rotate`.
    OtherRsa,
    /// An EC P-256 key.
    Ec,
}

impl KeyName {
    /// The key of that name.
    ///
    /// # Errors
    /// No key could be made.
    pub(super) fn key(self) -> std::io::Result<&'static SigningKey> {
        static RSA: OnceLock<SigningKey> = OnceLock::new();
        static OTHER_RSA: OnceLock<SigningKey> = OnceLock::new();
        static EC: OnceLock<SigningKey> = OnceLock::new();
        let cell = match self {
            Self::Rsa => &RSA,
            Self::OtherRsa => &OTHER_RSA,
            Self::Ec => &EC,
        };
        if cell.get().is_none() {
            let made = SigningKey::make(self).map_err(|_| std::io::Error::other("no signing key could be made"))?;
            // Another thread may have been quicker: then its key stands.
            let _ = cell.set(made);
        }
        cell.get().ok_or_else(|| std::io::Error::other("no signing key could be made"))
    }
}

impl SigningKey {
    fn make(name: KeyName) -> Result<Self, aws_lc_rs::error::Unspecified> {
        let pair = match name {
            KeyName::Rsa | KeyName::OtherRsa => Pair::Rsa(Box::new(RsaKeyPair::generate(KeySize::Rsa2048)?)),
            KeyName::Ec => Pair::Ec(Box::new(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?)),
        };
        // Pocket ID: 8 random bytes.
        Ok(Self { id: super::random::base64url::<8>(), pair })
    }

    /// The algorithm that it signs with.
    pub(super) fn algorithm(&self) -> &'static str {
        match self.pair {
            Pair::Rsa(_) => "RS256",
            Pair::Ec(_) => "ES256",
        }
    }

    /// The public key as a JWK (RFC 7517).
    pub(super) fn jwk(&self) -> Value {
        match &self.pair {
            Pair::Rsa(pair) => {
                let public = pair.public_key();
                let n = public.modulus().big_endian_without_leading_zero();
                let e = public.exponent().big_endian_without_leading_zero();
                json!({"alg": "RS256", "e": encode(e), "kid": self.id, "kty": "RSA", "n": encode(n), "use": "sig"})
            }
            Pair::Ec(pair) => {
                // An uncompressed point: 4, then x and y of 32 bytes each.
                let point = pair.public_key().as_ref();
                let (x, y) = (encode(&point[1..33]), encode(&point[33..65]));
                json!({"alg": "ES256", "crv": "P-256", "kid": self.id, "kty": "EC", "use": "sig", "x": x, "y": y})
            }
        }
    }

    /// A signed JSON Web Token (RFC 7519) with that `typ`.
    pub(super) fn sign(&self, token_type: &str, claims: &Value) -> Option<String> {
        let header = json!({"alg": self.algorithm(), "kid": self.id, "typ": token_type});
        let text = format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature).ok()?;
                signature
            }
            Pair::Ec(pair) => pair.sign(&random, text.as_bytes()).ok()?.as_ref().to_vec(),
        };
        Some(format!("{text}.{}", encode(&signature)))
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
