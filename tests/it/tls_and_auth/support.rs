//! Certificates, web-config files, and a client that speaks TLS.

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair, SanType,
    date_time_ymd,
};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, SupportedProtocolVersion,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use ssowatch::web::{ActiveWebConfig, Options};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::web::support::{Answer, Setup, Surface, connect, exchange};

/// An authority that makes certificates.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate with its key, in PEM.
#[derive(Clone)]
pub struct Identity {
    pub cert: String,
    pub key: String,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = params(&[]);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A server's certificate for loopback.
    pub fn server(&self) -> Identity {
        self.make(params(&["127.0.0.1", "localhost"]), ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// A client's certificate with these alternative names.
    pub fn client(&self, names: Vec<SanType>) -> Identity {
        let mut params = params(&[]);
        params.subject_alt_names = names;
        self.make(params, ExtendedKeyUsagePurpose::ClientAuth)
    }

    /// A certificate for another purpose, or out of date.
    pub fn make(&self, mut params: CertificateParams, purpose: ExtendedKeyUsagePurpose) -> Identity {
        params.extended_key_usages = vec![purpose];
        let key = KeyPair::generate().unwrap();
        let cert = params.signed_by(&key, &self.0).unwrap();
        Identity { cert: cert.pem(), key: key.serialize_pem() }
    }
}

/// A certificate that nobody but itself vouches for; marked as an authority, as `openssl req -x509` makes it.
pub fn self_signed() -> Identity {
    let key = KeyPair::generate().unwrap();
    let mut params = params(&["self.example.test"]);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    Identity { cert: params.self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
}

/// What certificates here have in common: dates far around any now.
pub fn params(names: &[&str]) -> CertificateParams {
    let mut params = CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2049, 1, 1);
    params
}

/// A folder with a web-config file and what it names.
pub struct Folder(tempfile::TempDir);

impl Folder {
    /// The file holds this text.
    pub fn with(config: &str) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("web.yml", config);
        folder
    }

    /// TLS with this certificate, and this beside.
    pub fn tls(identity: &Identity, more: &str) -> Self {
        let folder = Self::with(&format!("tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n{more}"));
        folder.put(identity);
        folder
    }

    /// Puts a certificate with its key in place.
    pub fn put(&self, identity: &Identity) {
        self.write("cert.pem", &identity.cert);
        self.write("key.pem", &identity.key);
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn config(&self) -> PathBuf {
        self.path("web.yml")
    }

    /// The web configuration that the file holds.
    pub fn web_config(&self) -> Result<ActiveWebConfig, String> {
        ActiveWebConfig::open(&self.config()).map(|(web_config, _)| web_config)
    }

    /// A healthy surface with this web configuration.
    pub async fn serve(&self) -> Surface {
        self.serve_with(Options::default()).await
    }

    pub async fn serve_with(&self, options: Options) -> Surface {
        let options = Options { web_config: self.web_config().unwrap(), ..options };
        Setup { options, ..Setup::healthy() }.serve().await
    }
}

/// How a client shakes hands.
pub struct Client {
    pub roots: Arc<RootCertStore>,
    pub identity: Option<Identity>,
    pub versions: Vec<&'static SupportedProtocolVersion>,
    pub provider: CryptoProvider,
    pub alpn: Vec<Vec<u8>>,
}

impl Client {
    /// One that trusts this authority.
    pub fn of(authority: &Authority) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap()).unwrap();
        Self {
            roots: Arc::new(roots),
            identity: None,
            versions: rustls::ALL_VERSIONS.to_vec(),
            provider: aws_lc_rs::default_provider(),
            alpn: Vec::new(),
        }
    }

    pub fn showing(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self
    }

    fn config(&self) -> ClientConfig {
        let builder = ClientConfig::builder_with_provider(Arc::new(self.provider.clone()))
            .with_protocol_versions(&self.versions)
            .unwrap()
            .with_root_certificates(Arc::clone(&self.roots));
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some(Identity { cert, key }) => {
                let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(cert.as_bytes()).collect();
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
                builder.with_client_auth_cert(chain.unwrap(), key).unwrap()
            }
        };
        config.alpn_protocols = self.alpn.clone();
        config
    }

    /// Shakes hands.
    pub async fn connect(&self, address: SocketAddr) -> io::Result<TlsStream<TcpStream>> {
        self.shake(connect(address).await).await
    }

    /// Shakes hands over a connection.
    pub async fn shake(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        TlsConnector::from(Arc::new(self.config())).connect(loopback(), stream).await
    }

    /// What a client says first.
    pub fn greeting(&self) -> Vec<u8> {
        let mut greeting = Vec::new();
        ClientConnection::new(Arc::new(self.config()), loopback()).unwrap().write_tls(&mut greeting).unwrap();
        greeting
    }

    /// One request.
    pub async fn get(&self, address: SocketAddr, path: &str) -> io::Result<Answer> {
        self.get_with(address, path, &[]).await
    }

    /// One request with headers.
    pub async fn get_with(&self, address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> io::Result<Answer> {
        exchange(&mut self.connect(address).await?, &address.to_string(), "GET", path, headers).await
    }
}

fn loopback() -> ServerName<'static> {
    ServerName::try_from("127.0.0.1").unwrap()
}

/// PEM as a block of YAML, below a key of a section.
pub fn indented(pem: &str) -> String {
    pem.lines().map(|line| format!("    {line}\n")).collect()
}

/// The least that bcrypt allows: fast.
pub fn hash(password: &str) -> String {
    bcrypt::hash(password, 4).unwrap()
}

/// The value of the `Authorization` header.
pub fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// Sets who may do what with a file.
pub fn chmod(path: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}
