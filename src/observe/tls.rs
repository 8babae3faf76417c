//! TLS: the settings of a side, loaded, and the handshake.
//!
//! A handshake is never refused: the chain is recorded as served and judged afterwards, on the very connection that
//! the request goes over. So a certificate that nobody vouches for can be told of and looked behind, while what is
//! secret is only ever sent over a connection whose own chain was good.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use rustls::{
    ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        Resumption,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
    server::ParsedCertificate,
    version::{TLS12, TLS13},
};

use super::{certificate::hex_sha256, reasons::Stop, trust::Anchors};
use crate::{config::TlsSettings, model::Reason};

/// The TLS settings of one side, loaded: how to shake hands, and what is trusted.
#[derive(Debug)]
pub(super) struct TlsSide {
    /// For handshakes; accepts every chain.
    pub config: Arc<ClientConfig>,
    /// The name to verify instead of the URL's host.
    pub server_name: Option<String>,
    /// Whether credentials go along whatever the chain is worth.
    pub insecure_skip_verify: bool,
    /// What is trusted.
    pub anchors: Anchors,
}

/// Loads TLS settings when they are needed first, and again when a file that they name has changed.
#[derive(Debug, Default)]
pub(super) struct TlsStore {
    provider: OnceLock<Arc<CryptoProvider>>,
    system: OnceLock<Arc<RootCertStore>>,
    loaded: Mutex<HashMap<String, Arc<TlsSide>>>,
}

/// The settings with the content of the files that they name.
struct Material {
    ca: Option<Vec<u8>>,
    cert: Option<Vec<u8>>,
    key: Option<Vec<u8>>,
}

impl TlsStore {
    /// The loaded form of these settings.
    ///
    /// # Errors
    /// A file cannot be read or holds no certificate: names the setting and the file.
    pub(super) fn load(&self, settings: &TlsSettings) -> Result<Arc<TlsSide>, Stop> {
        let material = Material::read(settings)?;
        let key = material.digest(settings);
        if let Some(known) = self.loaded().get(&key) {
            return Ok(Arc::clone(known));
        }
        let side = Arc::new(self.make(settings, &material)?);
        self.loaded().insert(key, Arc::clone(&side));
        Ok(side)
    }

    /// Forgets what was loaded (after a reload).
    pub(super) fn forget(&self) {
        self.loaded().clear();
    }

    fn loaded(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<TlsSide>>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn make(&self, settings: &TlsSettings, material: &Material) -> Result<TlsSide, Stop> {
        let provider = self.provider.get_or_init(|| Arc::new(aws_lc_rs::default_provider()));
        let pins = match &material.ca {
            Some(pem) => certificates(pem, "tls_config.ca_file")?,
            None => Vec::new(),
        };
        let roots = if material.ca.is_some() {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(pins.iter().cloned());
            Arc::new(roots)
        } else {
            Arc::clone(self.system.get_or_init(system_roots))
        };
        let fingerprint = settings.fingerprint_sha256.clone();
        let anchors = Anchors { roots, pins, fingerprint, provider: Arc::clone(provider) };
        Ok(TlsSide {
            config: Arc::new(client_config(provider, settings, material)?),
            server_name: settings.server_name.clone(),
            insecure_skip_verify: settings.insecure_skip_verify,
            anchors,
        })
    }
}

impl Material {
    fn read(settings: &TlsSettings) -> Result<Self, Stop> {
        let file = |path: &Option<std::path::PathBuf>, name| path.as_deref().map(|path| read(path, name)).transpose();
        let ca = match &settings.ca {
            Some(text) => Some(text.clone().into_bytes()),
            None => file(&settings.ca_file, "tls_config.ca_file")?,
        };
        Ok(Self {
            ca,
            cert: file(&settings.cert_file, "tls_config.cert_file")?,
            key: file(&settings.key_file, "tls_config.key_file")?,
        })
    }

    /// Tells apart everything that the loaded form depends on, without keeping a key's bytes.
    fn digest(&self, settings: &TlsSettings) -> String {
        let part = |bytes: &Option<Vec<u8>>| bytes.as_deref().map(hex_sha256).unwrap_or_default();
        format!(
            "{} {} {} {:?} {:?} {} {}",
            part(&self.ca),
            part(&self.cert),
            part(&self.key),
            settings.fingerprint_sha256,
            settings.server_name,
            settings.insecure_skip_verify,
            settings.only_tls13
        )
    }
}

fn read(path: &Path, name: &str) -> Result<Vec<u8>, Stop> {
    std::fs::read(path).map_err(|error| Stop::failed(Reason::Tls, format!("{name}: {}: {error}", path.display())))
}

fn certificates(pem: &[u8], name: &str) -> Result<Vec<CertificateDer<'static>>, Stop> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(Stop::failed(Reason::Tls, format!("{name} holds no certificate in PEM form"))),
    }
}

/// The system's roots; where it has none (a bare container), Mozilla's, as built in.
fn system_roots() -> Arc<RootCertStore> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    Arc::new(roots)
}

fn client_config(
    provider: &Arc<CryptoProvider>,
    settings: &TlsSettings,
    material: &Material,
) -> Result<ClientConfig, Stop> {
    let versions: &[_] = if settings.only_tls13 { &[&TLS13] } else { &[&TLS13, &TLS12] };
    let wrong = |error: Error| Stop::failed(Reason::Tls, format!("tls_config: {error}"));
    let builder = ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(versions)
        .map_err(wrong)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyChain { provider: Arc::clone(provider) }));
    let mut config = match (&material.cert, &material.key) {
        (Some(cert), Some(key)) => {
            let chain = certificates(cert, "tls_config.cert_file")?;
            let key = PrivateKeyDer::from_pem_slice(key)
                .map_err(|_| Stop::failed(Reason::Tls, "tls_config.key_file holds no private key in PEM form"))?;
            builder.with_client_auth_cert(chain, key).map_err(wrong)?
        }
        _ => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // A resumed session shows no chain.
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// Accepts every chain, since it is judged after the handshake. Signatures of the handshake are verified all the same:
/// they prove that the server holds the key of the leaf that is judged.
#[derive(Debug)]
struct AnyChain {
    provider: Arc<CryptoProvider>,
}

impl AnyChain {
    /// A leaf that cannot be parsed proves nothing and is judged [`crate::model::Trust::Refused`]: its signature is let pass, so that
    /// the look goes on and tells.
    fn unless_unreadable(
        leaf: &CertificateDer<'_>,
        proven: Result<HandshakeSignatureValid, Error>,
    ) -> Result<HandshakeSignatureValid, Error> {
        match proven {
            Err(_) if ParsedCertificate::try_from(leaf).is_err() => Ok(HandshakeSignatureValid::assertion()),
            other => other,
        }
    }
}

impl ServerCertVerifier for AnyChain {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        Self::unless_unreadable(leaf, verify_tls12_signature(message, leaf, signature, algorithms))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        Self::unless_unreadable(leaf, verify_tls13_signature(message, leaf, signature, algorithms))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
