//! Certificates made for one test.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    server::WebPkiClientVerifier,
    sign::CertifiedKey,
};

/// An authority.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub pem: String,
    der: CertificateDer<'static>,
}

/// A certificate with its key, and what is served beside it.
pub struct Served {
    pub chain: Vec<CertificateDer<'static>>,
    key: Vec<u8>,
    pub pem: String,
}

fn params(common_name: &str, names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2090, 1, 1);
    params
}

fn of_authority(name: &str) -> CertificateParams {
    let mut params = params(name, &[]);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let (params, key) = (of_authority(name), KeyPair::generate().unwrap());
        let certificate = params.self_signed(&key).unwrap();
        Self { pem: certificate.pem(), der: certificate.der().clone(), issuer: Issuer::new(params, key) }
    }

    /// An authority below this one.
    pub fn intermediate(&self, name: &str) -> Self {
        let (params, key) = (of_authority(name), KeyPair::generate().unwrap());
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Self { pem: certificate.pem(), der: certificate.der().clone(), issuer: Issuer::new(params, key) }
    }

    /// A leaf for these names.
    pub fn issue(&self, names: &[&str]) -> Served {
        self.issue_with(names, |_| {})
    }

    /// A leaf that is past.
    pub fn issue_expired(&self, names: &[&str]) -> Served {
        self.issue_with(names, |params| params.not_after = date_time_ymd(2021, 1, 1))
    }

    /// A leaf that is to come.
    pub fn issue_for_later(&self, names: &[&str]) -> Served {
        self.issue_with(names, |params| params.not_before = date_time_ymd(2089, 1, 1))
    }

    fn issue_with(&self, names: &[&str], change: impl Fn(&mut CertificateParams)) -> Served {
        let mut params = params(&format!("leaf of {}", names[0]), names);
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, &self.issuer).unwrap();
        Served { chain: vec![leaf.der().clone()], key: key.serialize_der(), pem: leaf.pem() }
    }
}

/// A certificate that signs itself and may sign others: what Kasm makes by default.
pub fn self_signed(names: &[&str]) -> Served {
    let mut params = params("kasm", names);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let leaf = params.self_signed(&key).unwrap();
    Served { chain: vec![leaf.der().clone()], key: key.serialize_der(), pem: leaf.pem() }
}

impl Served {
    /// Serves the intermediate too.
    pub fn with(mut self, authority: &Authority) -> Self {
        self.chain.push(authority.der.clone());
        self
    }

    pub fn fingerprint(&self) -> String {
        use aws_lc_rs::digest::{SHA256, digest};
        digest(&SHA256, &self.chain[0]).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// For a server that chooses among several.
    pub fn certified(&self) -> CertifiedKey {
        CertifiedKey::from_der(self.chain.clone(), self.private_key(), &rustls::crypto::aws_lc_rs::default_provider())
            .unwrap()
    }

    pub fn config(&self) -> ServerConfig {
        self.config_of(&[&rustls::version::TLS13, &rustls::version::TLS12])
    }

    pub fn only_tls12(&self) -> ServerConfig {
        self.config_of(&[&rustls::version::TLS12])
    }

    /// Serves only who shows a certificate of this authority.
    pub fn demanding(&self, authority: &Authority) -> ServerConfig {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(authority.der.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_client_cert_verifier(verifier.build().unwrap())
            .with_single_cert(self.chain.clone(), self.private_key())
            .unwrap()
    }

    pub fn key_pem(&self) -> String {
        KeyPair::try_from(self.key.as_slice()).unwrap().serialize_pem()
    }

    fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.clone()))
    }

    fn config_of(&self, versions: &[&'static rustls::SupportedProtocolVersion]) -> ServerConfig {
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(self.chain.clone(), self.private_key())
            .unwrap()
    }
}
