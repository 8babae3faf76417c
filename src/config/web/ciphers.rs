//! Reads which cipher suites, curves and versions of TLS are offered, by Go's names.
//!
//! What rustls does not offer is left out with a warning: less is then offered than the file says, never more. Only
//! where nothing would be left is it a problem.

use rustls::{
    SupportedCipherSuite, SupportedProtocolVersion,
    crypto::{
        SupportedKxGroup,
        aws_lc_rs::{ALL_CIPHER_SUITES, DEFAULT_CIPHER_SUITES, DEFAULT_KX_GROUPS, kx_group},
    },
    version::{TLS12, TLS13},
};

use super::{
    super::reader::{Marked, Place, Reader, Section},
    did_you_mean_exactly, given,
};

/// The versions, by name and rank.
const VERSIONS: [(&str, u8); 4] = [("TLS10", 10), ("TLS11", 11), ("TLS12", 12), ("TLS13", 13)];

/// Suites for TLS 1.3, which cannot be chosen among, in Go either: all are offered.
const OF_TLS13: [&str; 3] = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];

/// Suites that Go offers, or did, and rustls does not: CBC, and RSA without forward secrecy.
const NOT_OFFERED: [&str; 8] = [
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
];

/// What is offered in a handshake.
#[derive(Debug, Clone)]
pub(super) struct Offer {
    pub versions: Vec<&'static SupportedProtocolVersion>,
    pub suites: Vec<SupportedCipherSuite>,
    pub groups: Vec<&'static dyn SupportedKxGroup>,
}

/// Reads the four keys.
pub(super) fn offer(reader: &mut Reader<'_>, section: &mut Section) -> Option<Offer> {
    let place = section.place.clone();
    let versions = versions(reader, section);
    let suites = suites(reader, section);
    let groups = groups(reader, section);
    let (mut versions, suites, groups) = (versions?, suites?, groups?);
    if !suites.iter().any(|suite| suite.version().version == TLS12.version) {
        versions.retain(|version| version.version != TLS12.version);
    }
    if versions.is_empty() {
        reader
            .problem(&place, "\"cipher_suites\" leaves nothing for TLS 1.2, and \"max_version\" allows nothing newer");
        return None;
    }
    Some(Offer { versions, suites, groups })
}

fn versions(reader: &mut Reader<'_>, section: &mut Section) -> Option<Vec<&'static SupportedProtocolVersion>> {
    let least = given(reader, section, "min_version").map(|text| version(reader, text));
    let most = given(reader, section, "max_version").map(|text| version(reader, text));
    // Of what was given, everything must be readable.
    let (least, most) =
        (least.map_or(Some(None), |read| read.map(Some))?, most.map_or(Some(None), |read| read.map(Some))?);
    if let Some(least) = least.as_ref().filter(|least| least.value < 12) {
        reader.warn(&least.place, "TLS 1.0 and 1.1 are not spoken here: the least is TLS12");
    }
    if let Some(most) = most.as_ref().filter(|most| most.value < 12) {
        reader.problem(&most.place, "TLS 1.0 and 1.1 are not spoken here; write TLS12 or TLS13");
        return None;
    }
    let of = |version: &Option<Marked<u8>>, else_: u8| version.as_ref().map_or(else_, |version| version.value);
    let (from, to) = (of(&least, 12), of(&most, 13));
    if from > to {
        let place = least.or(most).map_or(section.place.clone(), |version| version.place);
        reader.problem(&place, "\"min_version\" is above \"max_version\": no version is left");
        return None;
    }
    let known = [(13, &TLS13), (12, &TLS12)];
    Some(known.into_iter().filter(|(rank, _)| (from..=to).contains(rank)).map(|(_, version)| version).collect())
}

fn version(reader: &mut Reader<'_>, text: Marked<String>) -> Option<Marked<u8>> {
    let known = VERSIONS.iter().find(|(name, _)| *name == text.value).map(|(_, rank)| *rank);
    let known = known.ok_or_else(|| format!("{:?} is not known; write TLS12 or TLS13", text.value));
    reader.check(&text.place, known).map(|value| Marked { place: text.place, value })
}

fn suites(reader: &mut Reader<'_>, section: &mut Section) -> Option<Vec<SupportedCipherSuite>> {
    let Some(field) = section.take("cipher_suites") else { return Some(DEFAULT_CIPHER_SUITES.to_vec()) };
    let place = field.place.clone();
    let (for_12, mut offered): (Vec<SupportedCipherSuite>, Vec<_>) =
        ALL_CIPHER_SUITES.iter().partition(|suite| suite.version().version == TLS12.version);
    let of_13 = offered.len();
    // Go's name of a suite for TLS 1.2 is rustls' own.
    let names: Vec<String> = for_12.iter().map(|suite| format!("{:?}", suite.suite())).collect();
    let items = reader.list(field)?;
    if items.is_empty() {
        return Some(DEFAULT_CIPHER_SUITES.to_vec());
    }
    let mut all_known = true;
    for item in items {
        let text = reader.text(item)?;
        match names.iter().position(|name| *name == text.value) {
            Some(index) => offered.extend(for_12.get(index)),
            None if OF_TLS13.contains(&text.value.as_str()) => {}
            None if NOT_OFFERED.contains(&text.value.as_str()) => {
                reader.warn(&text.place, format!("{} is not offered here (not safe enough): left out", text.value));
            }
            None => {
                all_known = false;
                let known: Vec<&str> = names.iter().map(String::as_str).chain(OF_TLS13).chain(NOT_OFFERED).collect();
                unknown(reader, &text, "cipher suite", &known);
            }
        }
    }
    if all_known && offered.len() == of_13 {
        reader.warn(&place, "none of these is for TLS 1.2 and offered here: only TLS 1.3 is spoken");
    }
    all_known.then_some(offered)
}

fn groups(reader: &mut Reader<'_>, section: &mut Section) -> Option<Vec<&'static dyn SupportedKxGroup>> {
    let Some(field) = section.take("curve_preferences") else { return Some(DEFAULT_KX_GROUPS.to_vec()) };
    let place: Place = field.place.clone();
    let mut chosen: Vec<&'static dyn SupportedKxGroup> = Vec::new();
    let mut listed = 0;
    for item in reader.list(field)? {
        let text = reader.text(item)?;
        listed += 1;
        match text.value.as_str() {
            "X25519" => chosen.push(kx_group::X25519),
            "CurveP256" => chosen.push(kx_group::SECP256R1),
            "CurveP384" => chosen.push(kx_group::SECP384R1),
            "CurveP521" => reader.warn(&text.place, "CurveP521 is not offered here: left out"),
            _ => {
                unknown(reader, &text, "curve", &["X25519", "CurveP256", "CurveP384", "CurveP521"]);
                return None;
            }
        }
    }
    match (chosen.is_empty(), listed) {
        (true, 0) => Some(DEFAULT_KX_GROUPS.to_vec()),
        (true, _) => {
            reader.problem(&place, "none of these is offered here; add X25519, CurveP256 or CurveP384");
            None
        }
        (false, _) => Some(chosen),
    }
}

fn unknown(reader: &mut Reader<'_>, text: &Marked<String>, what: &str, known: &[&str]) {
    let hint =
        did_you_mean_exactly(&text.value, known).map_or(String::new(), |meant| format!("; did you mean \"{meant}\"?"));
    reader.problem(&text.place, format!("{:?} is no {what} that is known{hint}", text.value));
}
