//! Certificates made at run time: a root, an intermediate, and what each side shows when it is well or broken.

use std::{collections::BTreeMap, io, sync::Arc};

use chrono::{Datelike, TimeDelta};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::clock::Time;

/// What a side shows in the TLS handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shown {
    /// A good chain.
    Good,
    /// A chain for another name.
    WrongName,
    /// A chain whose leaf has expired.
    Expired,
    /// A chain whose leaf is not valid yet.
    NotYetValid,
    /// A good leaf without the intermediate certificate.
    Incomplete,
    /// A chain of a CA that nobody trusts.
    UnknownCa,
    /// A good chain whose leaf expires in two days.
    ExpiresSoon,
    /// A self-signed certificate that is marked as a CA: Kasm's default.
    SelfSigned,
}

/// The TLS settings of one side, by what it shows.
pub(super) struct Certificates {
    configs: BTreeMap<Shown, Arc<ServerConfig>>,
    self_signed_pem: String,
}

/// A root and an intermediate CA.
pub(super) struct Authority {
    root_pem: String,
    intermediate: CertifiedIssuer<'static, KeyPair>,
    lifetime: Lifetime,
}

/// Days before and after now.
#[derive(Clone, Copy)]
struct Lifetime {
    now: Time,
    from: i64,
    to: i64,
}

impl Authority {
    /// Makes a root and an intermediate that are valid for a year around now.
    pub(super) fn make(name: &str, now: Time) -> io::Result<Self> {
        let lifetime = Lifetime { now, from: -365, to: 365 };
        let root =
            CertifiedIssuer::self_signed(authority(&format!("{name} root"), lifetime)?, key()?).map_err(failed)?;
        let params = authority(&format!("{name} intermediate"), lifetime)?;
        let intermediate = CertifiedIssuer::signed_by(params, key()?, &root).map_err(failed)?;
        Ok(Self { root_pem: root.pem(), intermediate, lifetime })
    }

    /// The root certificate in PEM: what a client trusts.
    pub(super) fn pem(&self) -> &str {
        &self.root_pem
    }

    /// A chain for a host, valid over those days from now.
    fn chain(&self, host: &str, from: i64, to: i64) -> io::Result<(Vec<CertificateDer<'static>>, KeyPair)> {
        let mut params = named(host, Lifetime { from, to, ..self.lifetime })?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        let key = key()?;
        let leaf = params.signed_by(&key, &self.intermediate).map_err(failed)?;
        Ok((vec![leaf.der().clone(), self.intermediate.der().clone()], key))
    }
}

impl Certificates {
    /// All that a host can show; `other` is the CA that nobody trusts.
    pub(super) fn make(host: &str, trusted: &Authority, other: &Authority) -> io::Result<Self> {
        let mut configs = BTreeMap::new();
        for (shown, authority, name, from, to) in [
            (Shown::Good, trusted, host, -30, 60),
            (Shown::WrongName, trusted, "old-name.example.test", -30, 60),
            (Shown::Expired, trusted, host, -92, -2),
            (Shown::NotYetValid, trusted, host, 2, 92),
            (Shown::Incomplete, trusted, host, -30, 60),
            (Shown::UnknownCa, other, host, -30, 60),
            (Shown::ExpiresSoon, trusted, host, -88, 2),
        ] {
            let (mut chain, key) = authority.chain(name, from, to)?;
            if shown == Shown::Incomplete {
                chain.truncate(1);
            }
            configs.insert(shown, server_config(chain, &key)?);
        }
        let (certificate, key) = self_signed(host, trusted.lifetime.now)?;
        let self_signed_pem = certificate.pem();
        configs.insert(Shown::SelfSigned, server_config(vec![certificate.der().clone()], &key)?);
        Ok(Self { configs, self_signed_pem })
    }

    /// The TLS settings that show this.
    pub(super) fn config(&self, shown: Shown) -> Option<Arc<ServerConfig>> {
        self.configs.get(&shown).cloned()
    }

    /// The self-signed certificate in PEM.
    pub(super) fn self_signed_pem(&self) -> &str {
        &self.self_signed_pem
    }
}

/// As Kasm's installer makes it: one certificate that signs itself and says that it is a CA, valid for years.
fn self_signed(host: &str, now: Time) -> io::Result<(rcgen::Certificate, KeyPair)> {
    let mut params = named(host, Lifetime { now, from: -30, to: 1795 })?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = key()?;
    let certificate = params.self_signed(&key).map_err(failed)?;
    Ok((certificate, key))
}

fn named(host: &str, lifetime: Lifetime) -> io::Result<CertificateParams> {
    let mut params = CertificateParams::new(vec![host.to_owned()]).map_err(failed)?;
    params.distinguished_name.push(DnType::CommonName, host);
    lifetime.set(&mut params);
    Ok(params)
}

fn authority(name: &str, lifetime: Lifetime) -> io::Result<CertificateParams> {
    let mut params = CertificateParams::new(Vec::new()).map_err(failed)?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = true;
    lifetime.set(&mut params);
    Ok(params)
}

impl Lifetime {
    fn set(self, params: &mut CertificateParams) {
        let day = |days: i64| {
            let date = self.now + TimeDelta::days(days);
            // A month has at most 12 and a day at most 31: both fit.
            date_time_ymd(date.year(), u8::try_from(date.month()).unwrap_or(1), u8::try_from(date.day()).unwrap_or(1))
        };
        params.not_before = day(self.from);
        params.not_after = day(self.to);
    }
}

fn key() -> io::Result<KeyPair> {
    KeyPair::generate().map_err(failed)
}

fn server_config(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> io::Result<Arc<ServerConfig>> {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(io::Error::other)?;
    Ok(Arc::new(config))
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err takes")]
fn failed(error: rcgen::Error) -> io::Error {
    io::Error::other(format!("no certificate could be made: {error}"))
}
