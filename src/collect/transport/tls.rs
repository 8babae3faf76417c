//! TLS: the settings of a side, loaded, and the verifiers that go by them.
//!
//! A chain is evaluated within its handshake and noted for whoever waits. The client that carries what is secret refuses
//! there what is not trusted, so no secret can get onto a connection whose own chain is not good. The probe, and the
//! client that has no secret, refuse nothing: a certificate that nobody vouches for is told of and looked behind.

use std::{
    collections::HashMap,
    iter,
    path::Path,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use rustls::{
    ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        Resumption,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
    server::ParsedCertificate,
    version::{TLS12, TLS13},
};

use super::{
    certificate::hex_sha256,
    connect_trace,
    fetch_error::{FetchError, Refused},
    trust::{Anchors, is_good},
};
use crate::{
    clock::Clock,
    config::TlsSettings,
    model::{Reason, Trust},
};

/// The TLS settings of one side, loaded: how to shake hands, and what is trusted.
#[derive(Debug)]
pub(in crate::collect) struct TlsSide {
    config: ClientConfig,
    /// Whether credentials go along whatever the chain is worth.
    pub insecure_skip_verify: bool,
    /// What is trusted.
    pub anchors: Anchors,
}

/// Whom to shake hands with, and how.
#[derive(Debug)]
pub(in crate::collect) struct VerifierOptions {
    /// The name to verify.
    pub name: ServerName<'static>,
    /// Whether what is not trusted is refused.
    pub refuses: bool,
    /// An HTTPS proxy in between.
    pub proxy: Option<ProxyVerifierOptions>,
    /// The time of dates in certificates.
    pub clock: Clock,
}

/// An HTTPS proxy, whose handshake is told apart by its name. It gets a password, so it is refused whenever it is not
/// trusted.
#[derive(Debug)]
pub(in crate::collect) struct ProxyVerifierOptions {
    /// The name to verify.
    pub name: ServerName<'static>,
    /// What it is verified by.
    pub system: Arc<TlsSide>,
    /// Whether the target's handshake has that name too: then each must be good as both.
    pub is_on_host_of_target: bool,
}

impl TlsSide {
    /// How to shake hands. Shares what is large.
    pub(in crate::collect) fn client(self: &Arc<Self>, hands: VerifierOptions) -> ClientConfig {
        let mut config = self.config.clone();
        config.enable_sni = matches!(hands.name, ServerName::DnsName(_));
        config.dangerous().set_certificate_verifier(Arc::new(Evaluate { side: Arc::clone(self), hands }));
        config
    }

    /// Whether what is secret may go over a connection with this chain.
    pub(in crate::collect) fn lets_secrets_pass(&self, trust: &Trust) -> bool {
        self.insecure_skip_verify || is_good(trust)
    }
}

/// Loads TLS settings when they are needed first, and again when a file that they name has changed.
#[derive(Debug, Default)]
pub(in crate::collect) struct TlsStore {
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
    pub(in crate::collect) fn load(&self, settings: &TlsSettings) -> Result<Arc<TlsSide>, FetchError> {
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
    pub(in crate::collect) fn forget(&self) {
        self.loaded().clear();
    }

    fn loaded(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<TlsSide>>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn make(&self, settings: &TlsSettings, material: &Material) -> Result<TlsSide, FetchError> {
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
            config: client_config(&anchors, settings, material)?,
            insecure_skip_verify: settings.insecure_skip_verify,
            anchors,
        })
    }
}

impl Material {
    fn read(settings: &TlsSettings) -> Result<Self, FetchError> {
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

fn read(path: &Path, name: &str) -> Result<Vec<u8>, FetchError> {
    std::fs::read(path).map_err(|error| FetchError::failed(Reason::Tls, format!("{name}: {}: {error}", path.display())))
}

fn certificates(pem: &[u8], name: &str) -> Result<Vec<CertificateDer<'static>>, FetchError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(FetchError::failed(Reason::Tls, format!("{name} holds no certificate in PEM form"))),
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

fn client_config(anchors: &Anchors, settings: &TlsSettings, material: &Material) -> Result<ClientConfig, FetchError> {
    let versions: &[_] = if settings.only_tls13 { &[&TLS13] } else { &[&TLS13, &TLS12] };
    let wrong = |error: Error| FetchError::failed(Reason::Tls, format!("tls_config: {error}"));
    let builder = ClientConfig::builder_with_provider(Arc::clone(&anchors.provider))
        .with_protocol_versions(versions)
        .map_err(wrong)?
        .with_root_certificates(Arc::clone(&anchors.roots));
    let mut config = match (&material.cert, &material.key) {
        (Some(cert), Some(key)) => {
            let chain = certificates(cert, "tls_config.cert_file")?;
            let key = PrivateKeyDer::from_pem_slice(key)
                .map_err(|_| FetchError::failed(Reason::Tls, "tls_config.key_file holds no private key in PEM form"))?;
            builder.with_client_auth_cert(chain, key).map_err(wrong)?
        }
        _ => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // A resumed session shows no chain.
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// Evaluates a chain within the handshake, for whoever waits for it.
#[derive(Debug)]
struct Evaluate {
    side: Arc<TlsSide>,
    hands: VerifierOptions,
}

impl Evaluate {
    fn algorithms(&self) -> &WebPkiSupportedAlgorithms {
        &self.side.anchors.provider.signature_verification_algorithms
    }

    /// A signature of the handshake proves that the server holds the key of the leaf. A leaf that cannot be parsed proves
    /// nothing: where nothing is refused, that is let pass, so that the collection goes on and tells.
    fn proven(
        &self,
        leaf: &CertificateDer<'_>,
        proven: Result<HandshakeSignatureValid, Error>,
    ) -> Result<HandshakeSignatureValid, Error> {
        match proven {
            Err(_) if !self.hands.refuses && ParsedCertificate::try_from(leaf).is_err() => {
                Ok(HandshakeSignatureValid::assertion())
            }
            other => other,
        }
    }
}

impl ServerCertVerifier for Evaluate {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        asked: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain: Vec<_> = iter::once(leaf).chain(others).map(|one| one.clone().into_owned()).collect();
        let now = self.hands.clock.now();
        if let Some(proxy) = self.hands.proxy.as_ref().filter(|proxy| proxy.name == *asked) {
            if proxy.system.anchors.evaluate(chain.clone(), &proxy.name, now).trust != Trust::Verified {
                return Err(Refused::Proxy.into());
            }
            if !proxy.is_on_host_of_target {
                return Ok(ServerCertVerified::assertion());
            }
        }
        let evaluated = self.side.anchors.evaluate(chain, &self.hands.name, now);
        let passes = !self.hands.refuses || self.side.lets_secrets_pass(&evaluated.trust);
        connect_trace::note(|notes| notes.evaluated = Some(evaluated));
        if passes { Ok(ServerCertVerified::assertion()) } else { Err(Refused::Server.into()) }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        connect_trace::note(|notes| notes.version = Some("TLSv1.2"));
        self.proven(leaf, verify_tls12_signature(message, leaf, signature, self.algorithms()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        connect_trace::note(|notes| notes.version = Some("TLSv1.3"));
        self.proven(leaf, verify_tls13_signature(message, leaf, signature, self.algorithms()))
    }

    /// Part of a client's greeting: here a handshake begins.
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        connect_trace::note(connect_trace::ConnectTrace::greet);
        self.algorithms().supported_schemes()
    }
}
