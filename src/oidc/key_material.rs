//! The key inside a JWK (RFC 7518, section 6): whether a verifier can use it, its size and its thumbprint.

use std::collections::BTreeMap;

use aws_lc_rs::{
    digest::{SHA256, digest},
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256K1_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ED25519,
        ParsedPublicKey, VerificationAlgorithm,
    },
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::Value;

use super::text::short;

/// The smallest RSA key that RFC 7518 (sections 3.3 and 3.5) allows, in bits.
const MIN_RSA_BITS: usize = 2048;

/// The largest RSA key that verifiers take, in bits (OpenSSL's limit; others have smaller ones).
const MAX_RSA_BITS: usize = 16_384;

/// The largest exponent of an RSA key that verifiers take, in bits: those written in Go refuse more.
const MAX_EXPONENT_BITS: usize = 31;

/// The largest certificate beside a key that is read, in characters; the largest known have about 3,000.
const MAX_CERTIFICATE: usize = 64 * 1024;

/// The curves that are known here (RFC 7518, section 6.2.1.1; RFC 8037; RFC 8812).
const CURVES: [&str; 8] = ["P-256", "P-384", "P-521", "secp256k1", "Ed25519", "Ed448", "X25519", "X448"];

/// What a look into a key shows.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Material {
    /// The size of an RSA modulus in bits.
    pub bits: Option<usize>,
    /// RFC 7638, SHA-256, base64url; empty where a member is missing, and for symmetric keys.
    pub thumbprint: String,
    /// Why no verifier can use it.
    pub problem: Option<String>,
    /// Whether that is no more than that its kind is not known here: others may know it.
    pub is_strange: bool,
}

/// Looks into a key.
pub(super) fn examine(key: &Value) -> Material {
    let kty = key.get("kty").and_then(Value::as_str);
    let (thumbprint, outcome) = match kty {
        Some("RSA") => (thumbprint(key, &["e", "kty", "n"]), rsa(key)),
        Some("EC") => (thumbprint(key, &["crv", "kty", "x", "y"]), elliptic_curve(key).map(|()| None)),
        Some("OKP") => (thumbprint(key, &["crv", "kty", "x"]), octet_key_pair(key).map(|()| None)),
        // Its thumbprint would be a hash of the secret itself.
        Some("oct") => (String::new(), Err("it is a symmetric key, which must never be published".to_owned())),
        Some(other) => {
            let problem = format!("its type \"{}\" is not known here", short(other));
            return Material { problem: Some(problem), is_strange: true, ..Material::default() };
        }
        None if key.is_object() => (String::new(), Err("it has no `kty`".to_owned())),
        None => (String::new(), Err("it is not a JSON object".to_owned())),
    };
    let bits = outcome.as_ref().ok().copied().flatten().or_else(|| rsa_bits(key));
    let is_strange = curve(key).is_ok_and(|crv| matches!(kty, Some("EC" | "OKP")) && !CURVES.contains(&crv));
    Material { bits, thumbprint, problem: outcome.err().or_else(|| other_certificate(key)), is_strange }
}

/// The bytes of a member (RFC 7518, section 2: base64url without padding).
fn member(key: &Value, name: &str) -> Result<Vec<u8>, String> {
    let text = key.get(name).and_then(Value::as_str).ok_or_else(|| format!("it has no `{name}`"))?;
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| format!("its `{name}` is not base64url without padding"))?;
    if bytes.is_empty() { Err(format!("its `{name}` is empty")) } else { Ok(bytes) }
}

/// A number without leading zero bytes, which some servers send and verifiers skip.
fn number(key: &Value, name: &str) -> Result<Vec<u8>, String> {
    member(key, name).map(|bytes| bytes.into_iter().skip_while(|byte| *byte == 0).collect())
}

fn rsa_bits(key: &Value) -> Option<usize> {
    if key.get("kty")? != "RSA" {
        return None;
    }
    number(key, "n").ok().map(|modulus| bits(&modulus)).filter(|bits| *bits > 0)
}

/// The size of a number without leading zero bytes.
fn bits(number: &[u8]) -> usize {
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}

fn rsa(key: &Value) -> Result<Option<usize>, String> {
    let (n, e) = (number(key, "n")?, number(key, "e")?);
    let (bits, exponent) = (bits(&n), bits(&e));
    if bits < MIN_RSA_BITS {
        return Err(format!("it has {bits} bits; RFC 7518 demands {MIN_RSA_BITS} or more"));
    }
    if bits > MAX_RSA_BITS {
        return Err(format!("it has {bits} bits; verifiers take {MAX_RSA_BITS} at most"));
    }
    if exponent > MAX_EXPONENT_BITS {
        return Err(format!("its exponent `e` has {exponent} bits; verifiers take {MAX_EXPONENT_BITS} at most"));
    }
    // Libraries take any two numbers here and only fail at the first signature.
    let is_odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
    if !is_odd(&n) || !is_odd(&e) || e == [1] {
        return Err("its `n` and `e` are no RSA key (RFC 8017, section 3.1)".to_owned());
    }
    Ok(Some(bits))
}

fn elliptic_curve(key: &Value) -> Result<(), String> {
    let (size, algorithm): (usize, &'static dyn VerificationAlgorithm) = match curve(key)? {
        "P-256" => (32, &ECDSA_P256_SHA256_FIXED),
        "P-384" => (48, &ECDSA_P384_SHA384_FIXED),
        "P-521" => (66, &ECDSA_P521_SHA512_FIXED),
        "secp256k1" => (32, &ECDSA_P256K1_SHA256_FIXED),
        other => return Err(format!("its curve \"{}\" is not known here", short(other))),
    };
    let mut point = vec![4_u8]; // uncompressed (SEC 1, section 2.3.3)
    for name in ["x", "y"] {
        let coordinate = member(key, name)?;
        if coordinate.len() != size {
            return Err(format!("its `{name}` has {} bytes instead of {size}", coordinate.len()));
        }
        point.extend(coordinate);
    }
    ParsedPublicKey::new(algorithm, point).map(|_| ()).map_err(|_| "its point is not on its curve".to_owned())
}

/// RFC 8037. Keys of X25519 and X448 are whole, yet cannot sign.
fn octet_key_pair(key: &Value) -> Result<(), String> {
    let size = match curve(key)? {
        "Ed25519" | "X25519" => 32,
        "X448" => 56,
        "Ed448" => 57,
        other => return Err(format!("its curve \"{}\" is not known here", short(other))),
    };
    let x = member(key, "x")?;
    if x.len() != size {
        return Err(format!("its `x` has {} bytes instead of {size}", x.len()));
    }
    if curve(key)? == "Ed25519" {
        ParsedPublicKey::new(&ED25519, x).map_err(|_| "its point is not on its curve".to_owned())?;
    }
    Ok(())
}

fn curve(key: &Value) -> Result<&str, String> {
    key.get("crv").and_then(Value::as_str).ok_or_else(|| "it has no `crv`".to_owned())
}

/// RFC 7638, section 3: the required members in the order of their names, without blanks.
fn thumbprint(key: &Value, members: &[&str]) -> String {
    let found: Option<BTreeMap<&str, &str>> =
        members.iter().map(|name| Some((*name, key.get(*name)?.as_str()?))).collect();
    let Some(text) = found.and_then(|found| serde_json::to_string(&found).ok()) else { return String::new() };
    URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes()))
}

/// RFC 7517, section 4.7: the first certificate of `x5c` must hold this very key; libraries refuse the whole key if
/// not.
fn other_certificate(key: &Value) -> Option<String> {
    let encoded = key.get("x5c")?.get(0)?.as_str()?;
    let problem = |text: &str| Some(text.to_owned());
    if encoded.len() > MAX_CERTIFICATE {
        return problem("its certificate (`x5c`) is larger than any verifier reads");
    }
    let Ok(der) = STANDARD.decode(encoded) else { return problem("its certificate (`x5c`) is not base64") };
    let Ok((_, certificate)) = x509_parser::parse_x509_certificate(&der) else {
        return problem("its certificate (`x5c`) cannot be read");
    };
    let same = match certificate.public_key().parsed() {
        Ok(x509_parser::public_key::PublicKey::RSA(rsa)) => {
            let trimmed = |bytes: &[u8]| bytes.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<u8>>();
            number(key, "n").is_ok_and(|n| n == trimmed(rsa.modulus))
                && number(key, "e").is_ok_and(|e| e == trimmed(rsa.exponent))
        }
        Ok(x509_parser::public_key::PublicKey::EC(point)) => {
            let ours = member(key, "x").and_then(|x| Ok([vec![4], x, member(key, "y")?].concat()));
            ours.is_ok_and(|ours| ours == point.data())
        }
        // A kind that the reader does not know: nothing to say.
        _ => true,
    };
    if same { None } else { problem("its certificate (`x5c`) holds another key") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// The key of RFC 7638, section 3.1.
    fn rfc_7638() -> Value {
        json!({
            "kty": "RSA",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
            "e": "AQAB",
            "alg": "RS256",
            "kid": "2011-04-29"
        })
    }

    /// The key of RFC 7517, appendix A.1.
    fn p256() -> Value {
        json!({
            "kty": "EC", "crv": "P-256",
            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"
        })
    }

    /// The key of RFC 8037, appendix A.2.
    fn ed25519() -> Value {
        json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
    }

    fn with(mut key: Value, name: &str, value: Value) -> Value {
        key[name] = value;
        key
    }

    fn without(mut key: Value, name: &str) -> Value {
        key.as_object_mut().unwrap().remove(name);
        key
    }

    #[test]
    fn the_keys_of_the_rfcs_are_good_and_have_the_thumbprints_that_the_rfcs_state() {
        let rsa = examine(&rfc_7638());
        assert_eq!(rsa.problem, None);
        assert_eq!(rsa.bits, Some(2048));
        assert_eq!(rsa.thumbprint, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        let okp = examine(&ed25519());
        assert_eq!((okp.problem, okp.bits), (None, None));
        assert_eq!(okp.thumbprint, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        let ec = examine(&p256());
        assert_eq!(ec.problem, None);
        assert_eq!(ec.thumbprint.len(), 43);
    }

    #[test]
    fn what_no_verifier_can_use_is_named() {
        let cases = [
            (json!("text"), "it is not a JSON object"),
            (json!({}), "it has no `kty`"),
            (json!({"kty": 5}), "it has no `kty`"),
            (json!({"kty": "XYZ"}), "its type \"XYZ\" is not known"),
            (json!({"kty": "oct", "k": "c2VjcmV0"}), "it is a symmetric key"),
            (without(rfc_7638(), "e"), "it has no `e`"),
            (with(rfc_7638(), "e", json!("")), "its `e` is empty"),
            (with(rfc_7638(), "e", json!("AQAB==")), "its `e` is not base64url"),
            (with(rfc_7638(), "e", json!("Ag")), "its `n` and `e` are no RSA key"),
            (with(rfc_7638(), "e", json!("AQ")), "its `n` and `e` are no RSA key"),
            (with(rfc_7638(), "n", json!("0vx7agoebGcQSuuPiLJXZg")), "it has 128 bits"),
            (with(rfc_7638(), "n", json!("_".repeat(2732))), "it has 16392 bits; verifiers take 16384 at most"),
            (with(rfc_7638(), "n", json!("_".repeat(174_764))), "it has 1048584 bits; verifiers take 16384 at most"),
            (with(rfc_7638(), "e", json!("gAAAAQ")), "its exponent `e` has 32 bits; verifiers take 31 at most"),
            (with(rfc_7638(), "e", json!("_".repeat(400_000))), "its exponent `e` has 2400000 bits"),
            (without(p256(), "crv"), "it has no `crv`"),
            (with(p256(), "crv", json!("P-255")), "its curve \"P-255\" is not known"),
            (with(p256(), "crv", json!("P-384")), "its `x` has 32 bytes instead of 48"),
            (with(p256(), "y", p256()["x"].clone()), "its point is not on its curve"),
            (with(ed25519(), "x", json!("11qYAYKxCrfVS_7TyWQHOg")), "its `x` has 16 bytes instead of 32"),
            (with(rfc_7638(), "x5c", json!(["!"])), "its certificate (`x5c`) is not base64"),
            (with(rfc_7638(), "x5c", json!(["AAAA"])), "its certificate (`x5c`) cannot be read"),
            (with(rfc_7638(), "x5c", json!(["A".repeat(65_537)])), "its certificate (`x5c`) is larger than any"),
        ];
        for (key, expected) in cases {
            let problem = examine(&key).problem.unwrap_or_default();
            assert!(problem.starts_with(expected), "{key}: {problem}");
        }
    }

    #[test]
    fn a_short_key_still_tells_its_size_and_a_symmetric_one_no_thumbprint() {
        let short = examine(&with(rfc_7638(), "n", json!("0vx7agoebGcQSuuPiLJXZg")));
        assert_eq!(short.bits, Some(128));
        assert_eq!(short.thumbprint.len(), 43);
        assert_eq!(examine(&json!({"kty": "oct", "k": "c2VjcmV0"})).thumbprint, "");
    }

    #[test]
    fn leading_zero_bytes_do_no_harm() {
        let n = URL_SAFE_NO_PAD.decode(rfc_7638()["n"].as_str().unwrap()).unwrap();
        let padded = URL_SAFE_NO_PAD.encode([vec![0], n].concat());
        let key = examine(&with(rfc_7638(), "n", json!(padded)));
        assert_eq!((key.problem, key.bits), (None, Some(2048)));
    }

    #[test]
    fn the_certificate_of_a_key_must_hold_that_key() {
        let pair = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::default().self_signed(&pair).unwrap();
        let x5c = json!([STANDARD.encode(certificate.der())]);
        let point = pair.public_key_raw();
        let own = json!({
            "kty": "EC", "crv": "P-256", "x5c": x5c,
            "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..])
        });
        assert_eq!(examine(&own).problem, None);
        for key in [p256(), rfc_7638()] {
            let problem = examine(&with(key, "x5c", x5c.clone())).problem;
            assert_eq!(problem.as_deref(), Some("its certificate (`x5c`) holds another key"));
        }
    }

    proptest! {
        #[test]
        fn no_member_of_any_shape_makes_it_panic(
            kty in prop::sample::select(vec!["RSA", "EC", "OKP", "oct", "?"]),
            crv in prop::sample::select(vec!["P-256", "P-384", "P-521", "secp256k1", "Ed25519", "Ed448", "X25519"]),
            n in "[A-Za-z0-9_-]{0,90}", e in "[A-Za-z0-9_=-]{0,8}", x in "\\PC{0,90}", y in "[A-Za-z0-9_-]{43}",
        ) {
            let material = examine(&json!({"kty": kty, "crv": crv, "n": n, "e": e, "x": x, "y": y, "x5c": [x]}));
            prop_assert!(material.problem.is_some_and(|problem| !problem.is_empty()) || kty != "RSA");
        }
    }
}
