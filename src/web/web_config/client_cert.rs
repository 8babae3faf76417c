//! Certificates that clients show, evaluated as Go's `tls.ClientAuthType` says.

use std::sync::Arc;

use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, UnixTime},
    server::{
        WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

use crate::config::{ClientAuth, WebTls};

/// The evaluate.
#[derive(Debug)]
pub(super) struct ClientCerts {
    auth: ClientAuth,
    /// Verifies chains; none where nothing is verified.
    verifier: Option<Arc<dyn ClientCertVerifier>>,
    /// The certificates of `client_ca_file`. A leaf that stands there itself is good, as with Go: a self-signed one that
    /// is marked as an authority is what `openssl req -x509` makes, and webpki takes no authority for a leaf.
    pins: Vec<CertificateDer<'static>>,
    names: Option<Vec<String>>,
    provider: Arc<CryptoProvider>,
}

impl ClientCerts {
    pub(super) fn new(tls: &WebTls, provider: Arc<CryptoProvider>) -> Result<Self, String> {
        let pins = tls.client_ca.clone().unwrap_or_default();
        let verifier = if tls.client_auth.verifies() {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(match &tls.client_ca {
                Some(pins) => pins.clone(),
                None => rustls_native_certs::load_native_certs().certs,
            });
            let built = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build();
            Some(built.map_err(|error| format!("tls_server_config.client_ca_file: {error}"))?)
        } else {
            None
        };
        Ok(Self { auth: tls.client_auth, verifier, pins, names: tls.client_allowed_sans.clone(), provider })
    }

    fn verify(&self, leaf: &CertificateDer<'_>, others: &[CertificateDer<'_>], now: UnixTime) -> Result<(), Error> {
        let Some(verifier) = &self.verifier else { return Ok(()) };
        if self.pins.iter().any(|pin| pin == leaf) {
            return is_fit(leaf, now);
        }
        verifier.verify_client_cert(leaf, others, now).map(|_| ())
    }
}

impl ClientCertVerifier for ClientCerts {
    /// Also where names are demanded: who shows no certificate has none of them.
    fn client_auth_mandatory(&self) -> bool {
        self.auth.requires() || self.names.is_some()
    }

    /// None: clients then send what they have.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.verify(leaf, others, now)?;
        if let Some(names) = &self.names
            && !has_name(leaf, names)?
        {
            return Err(CertificateError::ApplicationVerificationFailure.into());
        }
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, leaf, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, leaf, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn parsed<'d>(leaf: &'d CertificateDer<'_>) -> Result<X509Certificate<'d>, Error> {
    X509Certificate::from_der(leaf).map(|(_, leaf)| leaf).map_err(|_| CertificateError::BadEncoding.into())
}

/// Whether a certificate that is trusted itself is in date, and may be a client's.
fn is_fit(leaf: &CertificateDer<'_>, now: UnixTime) -> Result<(), Error> {
    let leaf = parsed(leaf)?;
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    if now < leaf.validity().not_before.timestamp() {
        return Err(CertificateError::NotValidYet.into());
    }
    if now > leaf.validity().not_after.timestamp() {
        return Err(CertificateError::Expired.into());
    }
    let usage = leaf.extended_key_usage().map_err(|_| CertificateError::BadEncoding)?;
    if usage.is_some_and(|usage| !usage.value.client_auth && !usage.value.any) {
        return Err(CertificateError::InvalidPurpose.into());
    }
    Ok(())
}

/// Whether a certificate has one of these alternative names.
fn has_name(leaf: &CertificateDer<'_>, names: &[String]) -> Result<bool, Error> {
    let leaf = parsed(leaf)?;
    let own = leaf.subject_alternative_name().map_err(|_| CertificateError::BadEncoding)?;
    let own = own.map(|own| own.value.general_names.as_slice()).unwrap_or_default();
    Ok(own.iter().filter_map(as_text).any(|own| names.contains(&own)))
}

/// A name as it is written in the configuration.
fn as_text(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(text) | GeneralName::RFC822Name(text) | GeneralName::URI(text) => Some((*text).to_owned()),
        GeneralName::IPAddress(bytes) => match <[u8; 4]>::try_from(*bytes) {
            Ok(v4) => Some(std::net::Ipv4Addr::from(v4).to_string()),
            Err(_) => <[u8; 16]>::try_from(*bytes).ok().map(|v6| std::net::Ipv6Addr::from(v6).to_string()),
        },
        _ => None,
    }
}
