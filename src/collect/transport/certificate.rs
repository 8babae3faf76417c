//! Certificates as served: their facts, and how they hang together (RFC 5280).

use aws_lc_rs::digest::{SHA256, digest};
use chrono::{DateTime, TimeDelta};
use rustls::pki_types::CertificateDer;
use x509_parser::{certificate::X509Certificate, extensions::GeneralName, parse_x509_certificate, time::ASN1Time};

use super::fetch_error::bounded;
use crate::{clock::Time, model::Certificate};

/// More certificates than any chain has; more names than any check reads.
const MOST_CERTIFICATES: usize = 10;
const MOST_NAMES: usize = 100;

/// The facts of a chain, the leaf first. Ends before the first certificate that cannot be read.
pub(in crate::collect) fn facts(chain: &[CertificateDer<'_>]) -> Vec<Certificate> {
    chain.iter().take(MOST_CERTIFICATES).map_while(facts_of_one).collect()
}

fn facts_of_one(der: &CertificateDer<'_>) -> Option<Certificate> {
    let certificate = parse(der)?;
    Some(Certificate {
        subject: bounded(&certificate.subject().to_string()),
        issuer: bounded(&certificate.issuer().to_string()),
        names: names(&certificate),
        not_before: time(certificate.validity().not_before)?,
        not_after: time(certificate.validity().not_after)?,
        fingerprint_sha256: hex_sha256(der),
        is_ca: certificate.is_ca(),
        is_self_signed: signs_itself(&certificate),
    })
}

/// Whether the leaf names itself as its issuer.
pub(in crate::collect) fn is_self_signed(chain: &[CertificateDer<'_>]) -> bool {
    chain.first().and_then(parse).is_some_and(|leaf| signs_itself(&leaf))
}

/// Whether the certificate that the leaf names as its issuer was served with it.
pub(in crate::collect) fn has_issuer_of_leaf(chain: &[CertificateDer<'_>]) -> bool {
    let Some((leaf, others)) = chain.split_first() else { return false };
    let Some(leaf) = parse(leaf) else { return false };
    others.iter().filter_map(parse).any(|other| other.subject().as_raw() == leaf.issuer().as_raw())
}

/// A time at which every certificate of the chain is in date, if there is one.
pub(in crate::collect) fn common_time(chain: &[CertificateDer<'_>]) -> Option<Time> {
    let parsed: Option<Vec<_>> = chain.iter().map(parse).collect();
    let spans: Option<Vec<(Time, Time)>> =
        parsed?.iter().map(|one| Some((time(one.validity().not_before)?, time(one.validity().not_after)?))).collect();
    let spans = spans?;
    let from = spans.iter().map(|(from, _)| *from).max()?;
    let until = spans.iter().map(|(_, until)| *until).min()? - TimeDelta::seconds(1);
    (from <= until).then_some(until)
}

/// SHA-256 in lower-case hex.
pub(in crate::collect) fn hex_sha256(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn parse<'a>(der: &'a CertificateDer<'_>) -> Option<X509Certificate<'a>> {
    parse_x509_certificate(der).ok().map(|(_, certificate)| certificate)
}

fn signs_itself(certificate: &X509Certificate<'_>) -> bool {
    certificate.subject().as_raw() == certificate.issuer().as_raw()
}

fn time(time: ASN1Time) -> Option<Time> {
    DateTime::from_timestamp(time.timestamp(), 0)
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(found)) = certificate.subject_alternative_name() else { return Vec::new() };
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some(bounded(name)),
        GeneralName::IPAddress(bytes) => address(bytes),
        _ => None,
    };
    found.value.general_names.iter().filter_map(name).take(MOST_NAMES).collect()
}

fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Some(std::net::Ipv4Addr::from(four).to_string());
    }
    <[u8; 16]>::try_from(bytes).ok().map(|sixteen| std::net::Ipv6Addr::from(sixteen).to_string())
}
