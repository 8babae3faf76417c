//! What Pocket ID verifies of a passkey (Web Authentication Level 2, sections 7.1 and 7.2), with its own reader of CBOR.

use aws_lc_rs::{
    digest::{SHA256, digest},
    signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use url::Url;

use super::{Challenge, Registered};

/// Why it is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// Not what was asked for: origin, domain, challenge, type, flags, signature.
    Wrong,
    /// The user was not verified.
    Unverified,
    /// Not to be read.
    Garbage,
    /// No such passkey, or another user's.
    Unknown,
    /// The user is gone.
    NoUser,
}

/// What a browser sends for one passkey.
pub(super) struct Sent<'a> {
    pub body: &'a Value,
    pub rp_id: &'a str,
    pub app_url: &'a str,
}

impl Sent<'_> {
    fn bytes(&self, pointer: &str) -> Result<Vec<u8>, Refused> {
        let text = self.body.pointer(pointer).and_then(Value::as_str).ok_or(Refused::Garbage)?;
        URL_SAFE_NO_PAD.decode(text).map_err(|_| Refused::Garbage)
    }

    fn client_data(&self, kind: &str, challenge: &Challenge) -> Result<Vec<u8>, Refused> {
        if self.body.get("type").and_then(Value::as_str) != Some("public-key") {
            return Err(Refused::Garbage);
        }
        let bytes = self.bytes("/response/clientDataJSON")?;
        let json: Value = serde_json::from_slice(&bytes).map_err(|_| Refused::Garbage)?;
        let text = |name: &str| json.get(name).and_then(Value::as_str).unwrap_or_default();
        let origin = |text: &str| Url::parse(text).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
        let is_right = text("type") == kind
            && text("challenge") == challenge.value
            && origin(text("origin")) == origin(self.app_url)
            && json.get("crossOrigin").is_none_or(|crossed| *crossed == Value::Bool(false));
        if is_right { Ok(bytes) } else { Err(Refused::Wrong) }
    }

    fn flags(&self, data: &[u8], needed: u8, checks_verification: bool) -> Result<(), Refused> {
        if data.len() < 37 {
            return Err(Refused::Garbage);
        }
        if data[..32] != *digest(&SHA256, self.rp_id.as_bytes()).as_ref() || data[32] & needed != needed {
            return Err(Refused::Wrong);
        }
        if checks_verification && data[32] & 0x04 == 0 { Err(Refused::Unverified) } else { Ok(()) }
    }

    /// A registration: the passkey that it brings.
    pub(super) fn registration(&self, challenge: &Challenge, checks_verification: bool) -> Result<Registered, Refused> {
        self.client_data("webauthn.create", challenge)?;
        let object = self.bytes("/response/attestationObject")?;
        let data = attestation(&object).ok_or(Refused::Garbage)?;
        // User present, and a credential attached.
        self.flags(data, 0x41, checks_verification)?;
        let length = usize::from(*data.get(53).ok_or(Refused::Garbage)?) << 8 | usize::from(data[54]);
        let id = data.get(55..55 + length).ok_or(Refused::Garbage)?.to_vec();
        if id != self.bytes("/rawId")? {
            return Err(Refused::Garbage);
        }
        let public_key = cose(&data[55 + length..]).ok_or(Refused::Garbage)?;
        Ok(Registered { id, public_key, user: challenge.registers.clone().unwrap_or_default() })
    }

    /// A sign-in: the user.
    pub(super) fn assertion(
        &self,
        challenge: &Challenge,
        passkeys: &[Registered],
        user_of: impl Fn(&str) -> Option<String>,
        checks_verification: bool,
    ) -> Result<String, Refused> {
        let handle = self.body.pointer("/response/userHandle").and_then(Value::as_str).ok_or(Refused::Unknown)?;
        let handle = URL_SAFE_NO_PAD.decode(handle).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let name = user_of(&handle.ok_or(Refused::Garbage)?).ok_or(Refused::NoUser)?;
        let (id, raw) = (self.bytes("/id")?, self.bytes("/rawId")?);
        let is_it = |passkey: &&Registered| passkey.id == id && id == raw && passkey.user == name;
        let passkey = passkeys.iter().find(is_it).ok_or(Refused::Unknown)?;
        let client_data = self.client_data("webauthn.get", challenge)?;
        let data = self.bytes("/response/authenticatorData")?;
        self.flags(&data, 0x01, checks_verification)?;
        let signed = [&data[..], digest(&SHA256, &client_data).as_ref()].concat();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &passkey.public_key)
            .verify(&signed, &self.bytes("/response/signature")?)
            .map_err(|_| Refused::Wrong)?;
        Ok(name)
    }
}

/// A CBOR item (RFC 8949), as far as passkeys have them.
enum Item<'a> {
    Number(i64),
    Bytes(&'a [u8]),
    Text(&'a [u8]),
    Map(usize),
}

fn item<'a>(from: &mut &'a [u8]) -> Option<Item<'a>> {
    let (first, rest) = from.split_first()?;
    let (kind, short) = (first >> 5, first & 0x1f);
    let (number, rest) = match short {
        0..24 => (usize::from(short), rest),
        24 => (usize::from(*rest.first()?), &rest[1..]),
        25 => (usize::from(*rest.first()?) << 8 | usize::from(*rest.get(1)?), &rest[2..]),
        _ => return None,
    };
    let mut take = |length: usize| {
        let (taken, left) = rest.split_at_checked(length)?;
        *from = left;
        Some(taken)
    };
    Some(match kind {
        0 => take(0).map(|_| Item::Number(i64::try_from(number).unwrap_or(0)))?,
        1 => take(0).map(|_| Item::Number(-1 - i64::try_from(number).unwrap_or(0)))?,
        2 => Item::Bytes(take(number)?),
        3 => Item::Text(take(number)?),
        5 => take(0).map(|_| Item::Map(number))?,
        _ => return None,
    })
}

/// The authenticator data of an attestation of the format `none`.
fn attestation(mut object: &[u8]) -> Option<&[u8]> {
    let from = &mut object;
    let Item::Map(3) = item(from)? else { return None };
    let mut data = None;
    for _ in 0..3 {
        let Item::Text(name) = item(from)? else { return None };
        match (name, item(from)?) {
            (b"fmt", Item::Text(b"none")) | (b"attStmt", Item::Map(0)) => {}
            (b"authData", Item::Bytes(bytes)) => data = Some(bytes),
            _ => return None,
        }
    }
    if from.is_empty() { data } else { None }
}

/// An ES256 key in COSE form, uncompressed.
fn cose(mut key: &[u8]) -> Option<Vec<u8>> {
    let from = &mut key;
    let Item::Map(5) = item(from)? else { return None };
    let (mut x, mut y) = (None, None);
    for _ in 0..5 {
        let Item::Number(label) = item(from)? else { return None };
        match (label, item(from)?) {
            (1, Item::Number(2)) | (3, Item::Number(-7)) | (-1, Item::Number(1)) => {}
            (-2, Item::Bytes(bytes)) => x = Some(bytes),
            (-3, Item::Bytes(bytes)) => y = Some(bytes),
            _ => return None,
        }
    }
    let (x, y) = (x.filter(|x| x.len() == 32)?, y.filter(|y| y.len() == 32)?);
    from.is_empty().then(|| [&[4], x, y].concat())
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone as _, Utc};

    use super::*;

    macro_rules! recorded {
        ($version:literal, $name:literal) => {
            include_str!(concat!("../../../tests/fixtures/passkey/", $version, "/", $name, ".json"))
        };
    }

    fn body(text: &str) -> Value {
        serde_json::from_str::<Value>(text).unwrap()["request"]["body"].clone()
    }

    /// The challenge that its client data has.
    fn of(body: &Value, registers: Option<&str>) -> Challenge {
        let text = body["response"]["clientDataJSON"].as_str().unwrap();
        let json: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap();
        Challenge {
            value: json["challenge"].as_str().unwrap().to_owned(),
            at: Utc.with_ymd_and_hms(2026, 11, 30, 12, 0, 0).unwrap(),
            registers: registers.map(str::to_owned),
        }
    }

    fn sent(body: &Value) -> Sent<'_> {
        Sent { body, rp_id: "id.example.test", app_url: "https://id.example.test" }
    }

    #[test]
    fn the_lab_takes_what_real_releases_took_and_refuses_what_they_refused() {
        let registration = body(recorded!("2.14.0", "passkey_04_register_finish"));
        let passkeys = [sent(&registration).registration(&of(&registration, Some("canary")), true).unwrap()];
        let user = |_: &str| Some("canary".to_owned());
        let evaluated = |body: &Value, challenge: &Challenge| sent(body).assertion(challenge, &passkeys, user, true);
        let good = body(recorded!("2.14.0", "passkey_07_login_finish"));
        assert_eq!(evaluated(&good, &of(&good, None)), Ok("canary".to_owned()));
        for (text, expected) in [
            (recorded!("2.14.0", "passkey_07_login_finish_wrong_origin"), Refused::Wrong),
            (recorded!("2.14.0", "passkey_07_login_finish_wrong_rp"), Refused::Wrong),
            (recorded!("2.14.0", "passkey_07_login_finish_wrong_signature"), Refused::Wrong),
            (recorded!("2.14.0", "passkey_07_login_finish_raw_signature"), Refused::Wrong),
            (recorded!("2.14.0", "passkey_07_login_finish_no_uv"), Refused::Unverified),
            (recorded!("2.14.0", "passkey_07_login_finish_no_up"), Refused::Wrong),
            (recorded!("2.14.0", "passkey_07_login_finish_unknown_credential"), Refused::Unknown),
            (recorded!("2.14.0", "passkey_07_login_finish_no_user_handle"), Refused::Unknown),
        ] {
            let body = body(text);
            assert_eq!(evaluated(&body, &of(&body, None)), Err(expected), "{text}");
        }
        let other = Challenge { value: "other".to_owned(), ..of(&good, None) };
        assert_eq!(evaluated(&good, &other), Err(Refused::Wrong));
        for (text, expected) in [
            (recorded!("2.14.0", "passkey_04_register_finish_wrong_origin"), Refused::Wrong),
            (recorded!("2.14.0", "passkey_04_register_finish_wrong_rp"), Refused::Wrong),
            (recorded!("2.14.0", "passkey_04_register_finish_no_uv"), Refused::Unverified),
        ] {
            let body = body(text);
            assert_eq!(sent(&body).registration(&of(&body, Some("canary")), true).err(), Some(expected), "{text}");
        }
    }
}
