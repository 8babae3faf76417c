//! Reads `tls_server_config`, and the certificates and keys that it names.

use std::sync::Arc;

use rustls::{
    Error, SupportedCipherSuite, SupportedProtocolVersion,
    crypto::{SupportedKxGroup, aws_lc_rs},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};

use super::{
    super::{
        reader::{Field, Marked, Reader, Section},
        secret::readable_by_others,
    },
    Files,
    ciphers::{self, Offer},
    did_you_mean_exactly, given, truth,
};

/// TLS of the HTTP surface.
#[derive(Debug, Clone)]
pub struct WebTls {
    /// Our certificate chain with its key.
    pub identity: Arc<CertifiedKey>,
    /// Whether clients show a certificate, and whether it is verified.
    pub client_auth: ClientAuth,
    /// What client certificates are verified by; the system's roots without.
    pub client_ca: Option<Vec<CertificateDer<'static>>>,
    /// The alternative names of which a client's certificate must have one.
    pub client_allowed_sans: Option<Vec<String>>,
    /// The versions that are spoken.
    pub versions: Vec<&'static SupportedProtocolVersion>,
    /// The cipher suites that are offered.
    pub cipher_suites: Vec<SupportedCipherSuite>,
    /// The groups for the key exchange, the preferred ones first.
    pub groups: Vec<&'static dyn SupportedKxGroup>,
    /// Whether our order of cipher suites counts, rather than the client's.
    pub prefers_own_order: bool,
}

/// Go's `tls.ClientAuthType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    /// No certificate is asked for.
    NoClientCert,
    /// One is asked for, and anything will do, also none.
    RequestClientCert,
    /// One must be shown, and anything will do.
    RequireAnyClientCert,
    /// One that is shown is verified; none need be shown.
    VerifyClientCertIfGiven,
    /// One must be shown, and is verified.
    RequireAndVerifyClientCert,
}

/// The names, with that of older toolkits.
const CLIENT_AUTHS: [(&str, ClientAuth); 6] = [
    ("NoClientCert", ClientAuth::NoClientCert),
    ("RequestClientCert", ClientAuth::RequestClientCert),
    ("RequireAnyClientCert", ClientAuth::RequireAnyClientCert),
    ("RequireClientCert", ClientAuth::RequireAnyClientCert),
    ("VerifyClientCertIfGiven", ClientAuth::VerifyClientCertIfGiven),
    ("RequireAndVerifyClientCert", ClientAuth::RequireAndVerifyClientCert),
];

impl ClientAuth {
    /// Whether what is shown is verified.
    #[must_use]
    pub fn verifies(self) -> bool {
        matches!(self, Self::VerifyClientCertIfGiven | Self::RequireAndVerifyClientCert)
    }

    /// Whether a certificate must be shown.
    #[must_use]
    pub fn requires(self) -> bool {
        matches!(self, Self::RequireAnyClientCert | Self::RequireAndVerifyClientCert)
    }
}

/// Reads the section. One in which nothing stands means plain HTTP; one in which anything stands needs a certificate,
/// so that nobody believes in a TLS that is not there.
pub(super) fn tls(reader: &mut Reader<'_>, field: Field, files: &mut Files) -> Option<WebTls> {
    reader.section(field, |reader, section| {
        if section.is_empty() {
            return None;
        }
        let cert = pem(reader, section, files, ["cert", "cert_file"]);
        let key = pem(reader, section, files, ["key", "key_file"]);
        let identity = identity(reader, section, cert, key);
        let client_auth = client_auth(reader, section);
        let client_ca = client_ca(reader, section, files, client_auth);
        let client_allowed_sans = allowed_sans(reader, section, client_auth);
        let offer = ciphers::offer(reader, section);
        let prefers_own_order = truth(reader, section, "prefer_server_cipher_suites").unwrap_or(true);
        let Offer { versions, suites, groups } = offer?;
        Some(WebTls {
            identity: Arc::new(identity?),
            client_auth: client_auth?,
            client_ca,
            client_allowed_sans,
            versions,
            cipher_suites: suites,
            groups,
            prefers_own_order,
        })
    })?
}

/// A certificate or key in PEM form, from the configuration or from a file that it names.
enum Pem {
    Missing,
    /// What is wrong with it is reported already.
    Bad,
    Read(Marked<Vec<u8>>),
}

impl Pem {
    fn read(self) -> Option<Marked<Vec<u8>>> {
        match self {
            Self::Read(pem) => Some(pem),
            Self::Missing | Self::Bad => None,
        }
    }
}

fn pem(reader: &mut Reader<'_>, section: &mut Section, files: &mut Files, [key, file_key]: [&'static str; 2]) -> Pem {
    let (inline, file) = (given(reader, section, key), given(reader, section, file_key));
    match (inline, file) {
        (None, None) => Pem::Missing,
        (Some(_), Some(file)) => {
            reader.problem(&file.place, format!("excludes \"{key}\"; keep one of the two"));
            Pem::Bad
        }
        (Some(text), None) => Pem::Read(Marked { place: text.place, value: text.value.into_bytes() }),
        (None, Some(file)) => {
            let path = reader.resolve(&file.value);
            if key == "key" && readable_by_others(&path) {
                let path = path.display();
                reader.warn(
                    &file.place,
                    format!("{path}: every user of this machine can read this key; chmod o-r {path}"),
                );
            }
            let content = files.read(&path).map_err(|error| format!("{}: {error}", path.display()));
            let content = reader.check(&file.place, content);
            content.map_or(Pem::Bad, |value| Pem::Read(Marked { place: file.place, value }))
        }
    }
}

fn identity(reader: &mut Reader<'_>, section: &Section, cert: Pem, key: Pem) -> Option<CertifiedKey> {
    for (pem, [inline, file]) in [(&cert, ["cert", "cert_file"]), (&key, ["key", "key_file"])] {
        if matches!(pem, Pem::Missing) {
            reader.problem(
                &section.place,
                format!("\"{file}\" (or \"{inline}\") is missing: TLS needs certificate and key"),
            );
        }
    }
    let (cert, key) = (cert.read()?, key.read()?);
    let chain = reader.check(&cert.place, certificates(&cert.value));
    let der = PrivateKeyDer::from_pem_slice(&key.value)
        .map_err(|_| "holds no private key in PEM form (-----BEGIN PRIVATE KEY-----) that is not encrypted".to_owned());
    let der = reader.check(&key.place, der);
    let made = CertifiedKey::from_der(chain?, der?, &aws_lc_rs::default_provider()).map_err(|error| match error {
        Error::InconsistentKeys(_) => "does not belong to the certificate: the two must be made together".to_owned(),
        other => format!("cannot be used with the certificate: {other}"),
    });
    reader.check(&key.place, made)
}

/// The certificates of a PEM text.
fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err("holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)".to_owned()),
    }
}

fn client_auth(reader: &mut Reader<'_>, section: &mut Section) -> Option<ClientAuth> {
    let Some(text) = given(reader, section, "client_auth_type") else { return Some(ClientAuth::NoClientCert) };
    let known = CLIENT_AUTHS.iter().find(|(name, _)| *name == text.value).map(|(_, known)| *known);
    let unknown = || {
        let names = CLIENT_AUTHS.map(|(name, _)| name);
        let meant = did_you_mean_exactly(&text.value, &names);
        let hint = meant
            .map_or_else(|| format!("known are {}", names.join(", ")), |meant| format!("did you mean \"{meant}\"?"));
        format!("{:?} is not known; {hint}", text.value)
    };
    reader.check(&text.place, known.ok_or_else(unknown))
}

fn client_ca(
    reader: &mut Reader<'_>,
    section: &mut Section,
    files: &mut Files,
    auth: Option<ClientAuth>,
) -> Option<Vec<CertificateDer<'static>>> {
    let place = section.place.clone();
    match (pem(reader, section, files, ["client_ca", "client_ca_file"]), auth) {
        (Pem::Read(pem), Some(ClientAuth::NoClientCert)) => {
            reader.problem(
                &pem.place,
                "without \"client_auth_type\" no certificate is asked for; write RequireAndVerifyClientCert there",
            );
            None
        }
        (Pem::Read(pem), _) => reader.check(&pem.place, certificates(&pem.value)),
        (Pem::Missing, Some(auth)) if auth.verifies() => {
            reader.warn(&place, "without \"client_ca_file\" a certificate of any public authority will do");
            None
        }
        _ => None,
    }
}

fn allowed_sans(reader: &mut Reader<'_>, section: &mut Section, auth: Option<ClientAuth>) -> Option<Vec<String>> {
    let field = section.take("client_allowed_sans")?;
    let place = field.place.clone();
    let items = reader.list(field)?;
    let names: Vec<String> = items.into_iter().filter_map(|item| reader.text(item)).map(|text| text.value).collect();
    if names.is_empty() {
        reader.problem(&place, "names nobody: nobody could come in");
    }
    match auth {
        Some(ClientAuth::NoClientCert) => reader.problem(
            &place,
            "without \"client_auth_type\" no certificate is asked for; write RequireAndVerifyClientCert there",
        ),
        Some(auth) if !auth.verifies() => {
            reader.warn(&place, "with this \"client_auth_type\" anybody can make a certificate with these names");
        }
        _ => {}
    }
    Some(names)
}
