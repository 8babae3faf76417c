//! What a served chain is worth: pinned, verified, or why neither.

use std::{sync::Arc, time::Duration};

use rustls::{
    CertificateError, Error, RootCertStore,
    client::{verify_server_cert_signed_by_trust_anchor, verify_server_name},
    crypto::CryptoProvider,
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};

use super::{
    certificate::{self, hex_sha256},
    fetch_error::bounded,
};
use crate::{
    clock::Time,
    model::{Tls, Trust},
};

/// Whether a chain is worth the trust that what is secret needs.
pub(in crate::collect) fn is_good(trust: &Trust) -> bool {
    matches!(trust, Trust::Verified | Trust::Pinned)
}

/// A chain as served, and what it is worth.
#[derive(Debug, Clone)]
pub(in crate::collect) struct Evaluated {
    chain: Vec<CertificateDer<'static>>,
    /// What it is worth.
    pub trust: Trust,
    name_matches: bool,
}

impl Evaluated {
    /// What is told of it.
    pub(in crate::collect) fn facts(&self, version: &str) -> Tls {
        Tls {
            version: version.to_owned(),
            chain: certificate::facts(&self.chain),
            trust: self.trust.clone(),
            name_matches: self.name_matches,
        }
    }
}

/// What vouches for a leaf.
#[derive(Debug)]
pub(in crate::collect) struct Anchors {
    /// Authorities: those of `ca_file`, else the system's.
    pub roots: Arc<RootCertStore>,
    /// The certificates of `ca_file`: a leaf among them is accepted as it is, whatever its name and kind. Kasm's own is
    /// self-signed and `CA:TRUE`, which no verifier takes for a leaf.
    pub pins: Vec<CertificateDer<'static>>,
    /// The one leaf that is accepted, by its digest.
    pub fingerprint: Option<String>,
    /// The algorithms.
    pub provider: Arc<CryptoProvider>,
}

impl Anchors {
    /// Evaluates a chain for this name at this time.
    pub(in crate::collect) fn evaluate(
        &self,
        chain: Vec<CertificateDer<'static>>,
        name: &ServerName<'_>,
        now: Time,
    ) -> Evaluated {
        let (trust, name_matches) = self.worth(&chain, name, now);
        Evaluated { chain, trust, name_matches }
    }

    fn worth(&self, chain: &[CertificateDer<'_>], name: &ServerName<'_>, now: Time) -> (Trust, bool) {
        let Some(leaf) = chain.first() else {
            return (Trust::Refused("the server sent no certificate".to_owned()), false);
        };
        let parsed = ParsedCertificate::try_from(leaf);
        let name_matches = parsed.as_ref().is_ok_and(|leaf| verify_server_name(leaf, name).is_ok());
        let trust = match (&self.fingerprint, &parsed) {
            (Some(pin), _) if *pin == hex_sha256(leaf) => Trust::Pinned,
            (Some(_), _) => Trust::OtherThanPinned,
            (None, _) if self.pins.iter().any(|pin| pin == leaf) => Trust::Pinned,
            (None, Err(_)) => Trust::Refused("the certificate is of a form that cannot be verified".to_owned()),
            (None, Ok(leaf)) => match self.verify(leaf, chain, now) {
                Ok(()) if name_matches => Trust::Verified,
                Ok(()) => Trust::OtherName,
                Err(problem) => self.why_not(leaf, chain, problem),
            },
        };
        (trust, name_matches)
    }

    fn verify(&self, leaf: &ParsedCertificate<'_>, chain: &[CertificateDer<'_>], at: Time) -> Result<(), Error> {
        let seconds = u64::try_from(at.timestamp()).unwrap_or_default();
        let at = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let algorithms = self.provider.signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(leaf, &self.roots, &chain[1..], at, algorithms)
    }

    fn why_not(&self, leaf: &ParsedCertificate<'_>, chain: &[CertificateDer<'_>], problem: Error) -> Trust {
        if certificate::is_self_signed(chain) {
            return Trust::SelfSigned;
        }
        // Dates are looked at before signatures, so the problem behind them shows only at a time when all are in date.
        let problem = match certificate::common_time(chain).map(|in_date| self.verify(leaf, chain, in_date)) {
            Some(Ok(())) => return Trust::OutOfDate,
            Some(Err(behind)) => behind,
            None => problem,
        };
        match problem {
            // A root need not be served, so a chain that ends below one is whole as long as it goes beyond the leaf.
            Error::InvalidCertificate(CertificateError::UnknownIssuer) if !certificate::has_issuer_of_leaf(chain) => {
                Trust::Incomplete
            }
            Error::InvalidCertificate(CertificateError::UnknownIssuer) => Trust::UnknownIssuer,
            other => Trust::Refused(bounded(&other.to_string())),
        }
    }
}
