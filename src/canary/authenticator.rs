//! A software passkey: what an authenticator makes of a registration and of a sign-in (Web Authentication Level 2,
//! sections 6.1, 6.3 and 6.5; RFC 9053 for the key), with ES256, attestation `none` and user verification.
//!
//! Both CBOR shapes are fixed, so they are written by hand. Held to recordings of real Pocket ID releases, whose bytes
//! these must be.

use std::fmt;

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// User present, user verified (section 6.1): what every sign-in says.
const PRESENT_AND_VERIFIED: u8 = 0x05;
/// The same, with the new credential attached.
const WITH_CREDENTIAL: u8 = 0x45;
/// How long a credential id is, in characters.
const ID_LENGTH: usize = 32;
/// The longest challenge that is signed, in characters.
const LONGEST_CHALLENGE: usize = 1024;

/// Why nothing is signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The provider asks for a domain that the passkey was not made for.
    #[error("passkeys made for {made_for} no longer work at {asked_for}")]
    Moved {
        /// The domain or the origin at enrolment.
        made_for: String,
        /// What it is now.
        asked_for: String,
    },
    /// Not what the specification says a challenge is.
    #[error("the provider's challenge is no base64url text")]
    Challenge,
    /// The cryptography refused.
    #[error("the key cannot be used")]
    Key,
}

/// A passkey with its private key.
pub struct Passkey {
    rp_id: String,
    origin: String,
    user_handle: String,
    id: String,
    key: EcdsaKeyPair,
}

/// Nothing of the key is shown.
impl fmt::Debug for Passkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passkey").field("rp_id", &self.rp_id).field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl Passkey {
    /// A new one for this domain and origin. `user_handle` is what the provider gives, as it came.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn create(rp_id: &str, origin: &str, user_handle: &str) -> Result<Self, Refusal> {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).map_err(|_| Refusal::Key)?;
        let mut random = [0; ID_LENGTH / 2];
        aws_lc_rs::rand::fill(&mut random).map_err(|_| Refusal::Key)?;
        // Pocket ID shows the id as text: random bytes would be unreadable there.
        let id = random.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { rp_id: rp_id.to_owned(), origin: origin.to_owned(), user_handle: user_handle.to_owned(), id, key })
    }

    /// The one that was kept. `pkcs8` is its private key (RFC 5208).
    ///
    /// # Errors
    /// The key cannot be read.
    pub fn restore(rp_id: &str, origin: &str, user_handle: &str, id: &str, pkcs8: &[u8]) -> Result<Self, Refusal> {
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8).map_err(|_| Refusal::Key)?;
        let own = str::to_owned;
        Ok(Self { rp_id: own(rp_id), origin: own(origin), user_handle: own(user_handle), id: own(id), key })
    }

    /// Its private key, to be kept.
    pub(super) fn pkcs8(&self) -> Result<secrecy::zeroize::Zeroizing<Vec<u8>>, Refusal> {
        let key = self.key.to_pkcs8v1().map_err(|_| Refusal::Key)?;
        Ok(secrecy::zeroize::Zeroizing::new(key.as_ref().to_vec()))
    }

    /// The domain that it is for.
    #[must_use]
    pub fn rp_id(&self) -> &str {
        &self.rp_id
    }

    /// The origin that it was made at.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The user that it is of, as the provider wrote it.
    #[must_use]
    pub fn user_handle(&self) -> &str {
        &self.user_handle
    }

    /// Its id as text, as Pocket ID lists it (`credentialID`).
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What a registration is answered with.
    ///
    /// # Errors
    /// As [`Refusal`] says.
    pub fn registration(&self, challenge: &str) -> Result<Value, Refusal> {
        let client_data = client_data("webauthn.create", challenge, &self.origin)?;
        let data = registered_data(&self.rp_id, self.id.as_bytes(), self.key.public_key().as_ref());
        Ok(self.credential(&json!({
            "clientDataJSON": encoded(client_data.as_bytes()),
            "attestationObject": encoded(&attestation(&data)),
            "transports": ["internal"],
        })))
    }

    /// What a sign-in is answered with, for the domain that the provider asks for and the origin that it is at.
    ///
    /// # Errors
    /// Either is another one than at enrolment; a browser would offer no passkey. The provider itself cannot see it.
    pub fn assertion(&self, challenge: &str, rp_id: &str, origin: &str) -> Result<Value, Refusal> {
        for (made_for, asked_for) in [(&self.rp_id, rp_id), (&self.origin, origin)] {
            if made_for != asked_for {
                return Err(Refusal::Moved { made_for: made_for.clone(), asked_for: asked_for.to_owned() });
            }
        }
        let client_data = client_data("webauthn.get", challenge, &self.origin)?;
        let data = authenticator_data(&self.rp_id, PRESENT_AND_VERIFIED);
        let signed = [&data[..], digest(&SHA256, client_data.as_bytes()).as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).map_err(|_| Refusal::Key)?;
        Ok(self.credential(&json!({
            "clientDataJSON": encoded(client_data.as_bytes()),
            "authenticatorData": encoded(&data),
            "signature": encoded(signature.as_ref()),
            "userHandle": self.user_handle,
        })))
    }

    fn credential(&self, response: &Value) -> Value {
        let id = encoded(self.id.as_bytes());
        json!({"id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {}, "response": response})
    }
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The client data (section 5.8.1), member by member as a browser writes it. The challenge stands in it as it came.
fn client_data(kind: &str, challenge: &str, origin: &str) -> Result<String, Refusal> {
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if challenge.is_empty() || challenge.len() > LONGEST_CHALLENGE || !challenge.bytes().all(is_base64url) {
        return Err(Refusal::Challenge);
    }
    let origin = Value::from(origin);
    Ok(format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":{origin},"crossOrigin":false}}"#))
}

/// The authenticator data of a sign-in: digest of the domain, flags, and a counter that stays 0.
fn authenticator_data(rp_id: &str, flags: u8) -> Vec<u8> {
    let mut data = digest(&SHA256, rp_id.as_bytes()).as_ref().to_vec();
    data.push(flags);
    data.extend([0; 4]);
    data
}

/// The same with the new credential: AAGUID, id, and the key in COSE form `{1: 2, 3: -7, -1: 1, -2: x, -3: y}`.
fn registered_data(rp_id: &str, id: &[u8], public_key: &[u8]) -> Vec<u8> {
    // Uncompressed: 04, x, y (SEC 1, section 2.3.3).
    let (x, y) = public_key[1..].split_at(32);
    let length = [(id.len() >> 8) as u8, (id.len() & 0xff) as u8];
    let before_x = [0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
    let before_y = [0x22, 0x58, 0x20];
    let parts: [&[u8]; 8] =
        [&authenticator_data(rp_id, WITH_CREDENTIAL), &[0; 16], &length, id, &before_x, x, &before_y, y];
    parts.concat()
}

/// The attestation object `{"fmt": "none", "attStmt": {}, "authData": data}` of less than 256 bytes of data.
fn attestation(data: &[u8]) -> Vec<u8> {
    let length = [0x58, (data.len() & 0xff) as u8];
    [b"\xa3cfmtdnonegattStmt\xa0hauthData".as_slice(), &length, data].concat()
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};

    use super::*;

    macro_rules! recorded {
        ($version:literal) => {
            (
                include_str!(concat!("../../tests/fixtures/passkey/", $version, "/passkey_04_register_finish.json")),
                include_str!(concat!("../../tests/fixtures/passkey/", $version, "/passkey_06_login_start.json")),
                include_str!(concat!("../../tests/fixtures/passkey/", $version, "/passkey_07_login_finish.json")),
            )
        };
    }
    /// What a real Pocket ID took: registration and sign-in of one passkey.
    const RECORDED: [(&str, &str, &str); 4] =
        [recorded!("2.3.0"), recorded!("2.9.0"), recorded!("2.10.0"), recorded!("2.14.0")];

    const RP: &str = "id.example.test";
    const ORIGIN: &str = "https://id.example.test";

    fn json(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    fn bytes(body: &Value, pointer: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(body.pointer(pointer).unwrap().as_str().unwrap()).unwrap()
    }

    fn challenge_in(client_data: &[u8]) -> String {
        json(std::str::from_utf8(client_data).unwrap())["challenge"].as_str().unwrap().to_owned()
    }

    /// The public key at the end of a registration.
    fn public_key(attestation: &[u8]) -> Vec<u8> {
        let end = attestation.len();
        [&[4], &attestation[end - 67..end - 35], &attestation[end - 32..]].concat()
    }

    #[test]
    fn the_bytes_are_those_that_real_releases_took() {
        for (register, start, login) in RECORDED {
            let (register, start, login) = (json(register), json(start), json(login));
            let (register, login) = (&register["request"]["body"], &login["request"]["body"]);
            let made = bytes(register, "/response/clientDataJSON");
            assert_eq!(client_data("webauthn.create", &challenge_in(&made), ORIGIN).unwrap().as_bytes(), made);
            let object = bytes(register, "/response/attestationObject");
            let key = public_key(&object);
            assert_eq!(attestation(&registered_data(RP, &bytes(register, "/rawId"), &key)), object);

            let challenge = start["response"]["body"]["challenge"].as_str().unwrap();
            let signed_data = bytes(login, "/response/clientDataJSON");
            assert_eq!(client_data("webauthn.get", challenge, ORIGIN).unwrap().as_bytes(), signed_data);
            let data = authenticator_data(RP, PRESENT_AND_VERIFIED);
            assert_eq!(bytes(login, "/response/authenticatorData"), data);
            let signed = [&data[..], digest(&SHA256, &signed_data).as_ref()].concat();
            let verifier = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key);
            verifier.verify(&signed, &bytes(login, "/response/signature")).unwrap();
        }
    }

    #[test]
    fn what_it_signs_verifies_by_the_key_that_it_registers_also_after_it_was_kept() {
        let passkey = Passkey::create(RP, ORIGIN, "dXNlcg").unwrap();
        let key = public_key(&bytes(&passkey.registration("abc").unwrap(), "/response/attestationObject"));
        let kept = passkey.pkcs8().unwrap();
        let again = Passkey::restore(RP, ORIGIN, "dXNlcg", passkey.id(), &kept).unwrap();
        for passkey in [&passkey, &again] {
            let body = passkey.assertion("abc-_9", RP, ORIGIN).unwrap();
            let client_data = bytes(&body, "/response/clientDataJSON");
            let signed =
                [bytes(&body, "/response/authenticatorData"), digest(&SHA256, &client_data).as_ref().to_vec()].concat();
            let verifier = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key.clone());
            verifier.verify(&signed, &bytes(&body, "/response/signature")).unwrap();
            assert_eq!(body["response"]["userHandle"], "dXNlcg");
        }
        assert_eq!(passkey.id().len(), ID_LENGTH);
    }

    #[test]
    fn nothing_is_signed_for_another_domain_or_origin_or_for_what_is_no_challenge() {
        let passkey = Passkey::create(RP, ORIGIN, "dXNlcg").unwrap();
        for (rp_id, origin) in
            [("new.example.test", ORIGIN), (RP, "https://new.example.test"), ("example.test", ORIGIN)]
        {
            let refused = passkey.assertion("abc", rp_id, origin).unwrap_err();
            assert!(refused.to_string().starts_with("passkeys made for"), "{refused}");
        }
        for challenge in ["", "a b", "a\"", "+/==", &"a".repeat(2000)] {
            assert_eq!(passkey.assertion(challenge, RP, ORIGIN).unwrap_err(), Refusal::Challenge);
        }
        assert!(!format!("{passkey:?}").contains("key:"), "{passkey:?}");
    }
}
