//! Starts the relying parties of `tests/interop`: apps that we did not write, behind a proxy that ends TLS.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::Stdio,
};

use serde_json::{Value, json};
use ssowatch::{apps::AppKind, config::Target};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::TcpStream,
    process::{Child, Command},
    time::timeout,
};
use url::Url;

use super::provider::{PATIENCE, venv};
use crate::{
    collect::pki::{Authority, Served},
    end_to_end::prometheus::until,
};

/// The address of every app, as users type it. The name resolves nowhere: the target connects to the proxy.
pub const ADDRESS: &str = "https://app.example.test";
const HOST: &str = "app.example.test";
/// Where Debian's packages put Apache's modules.
const MODULES: &str = "/usr/lib/apache2/modules";
/// How often Apache is started again, where somebody else took the port that was free before.
const TRIES: usize = 5;

/// An app that we did not write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum App {
    /// Debian's Apache with `mod_auth_openidc` before everything.
    ModAuthOpenidc,
    /// A Django site with PyPI's `django-allauth`, as Paperless-ngx is one.
    Allauth,
    /// A Django site with PyPI's `mozilla-django-oidc`.
    MozillaDjangoOidc,
}

/// How an app is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The provider's address that the app has.
    pub provider: String,
    /// The address at which the provider takes authorization requests, where the app does not ask for it.
    pub authorization_endpoint: String,
    /// The client ID.
    pub client_id: String,
    /// The client secret.
    pub client_secret: String,
    /// The scopes.
    pub scope: &'static [&'static str],
    /// Whether it sends a PKCE challenge.
    pub pkce: bool,
    /// Whether it believes the proxy that people come over https.
    pub believes_proxy: bool,
    /// Whether it takes forms from the public address, whatever address it believes to have.
    pub trusts_address: bool,
    /// Whether its callback has one slash more; only where that is a setting.
    pub slash: bool,
    /// Whether the proxy passes on the host that people came by.
    pub host_passed: bool,
}

/// A running app; ends with the test, whatever happens in it.
pub struct RelyingParty {
    app: App,
    proxy: SocketAddr,
    authority: String,
    _apache: Child,
    _django: Option<Child>,
    _folder: TempDir,
}

impl App {
    /// The kind of the catalogue.
    pub fn kind(self) -> AppKind {
        match self {
            Self::ModAuthOpenidc => AppKind::ModAuthOpenidc,
            Self::Allauth => AppKind::Paperless,
            Self::MozillaDjangoOidc => AppKind::MozillaDjangoOidc,
        }
    }

    /// Its callback, where nothing is wrong.
    pub fn callback(self) -> String {
        let path = match self {
            Self::ModAuthOpenidc => "/oidc/redirect",
            Self::Allauth => "/accounts/oidc/id/login/callback/",
            Self::MozillaDjangoOidc => "/oidc/callback/",
        };
        format!("{ADDRESS}{path}")
    }

    /// Starts it, with a proxy before it.
    pub async fn start(self, settings: &Settings) -> RelyingParty {
        let authority = Authority::new("relying parties");
        let certificate = authority.issue(&[HOST]);
        let django = match self.library() {
            Some(library) => Some(start_django(&settings.of_django(library)).await),
            None => None,
        };
        for _ in 0..TRIES {
            let folder = TempDir::new().unwrap();
            let ports = Ports { front: free_port(), back: django.as_ref().map_or_else(free_port, |(_, port)| *port) };
            fs::write(folder.path().join("front.conf"), settings.of_proxy()).unwrap();
            fs::write(folder.path().join("relying_party.conf"), settings.of_apache()).unwrap();
            if let Some(apache) = start_apache(&folder, &certificate, ports, django.is_none()).await {
                return RelyingParty {
                    app: self,
                    proxy: SocketAddr::from((Ipv4Addr::LOCALHOST, ports.front)),
                    authority: authority.pem.clone(),
                    _apache: apache,
                    _django: django.map(|(child, _)| child),
                    _folder: folder,
                };
            }
        }
        panic!("Apache does not start for {self:?}");
    }

    /// What the Django site's script calls its library.
    fn library(self) -> Option<&'static str> {
        match self {
            Self::ModAuthOpenidc => None,
            Self::Allauth => Some("allauth"),
            Self::MozillaDjangoOidc => Some("mozilla"),
        }
    }
}

impl RelyingParty {
    /// It and this provider as a target, with the kind of the catalogue.
    pub fn target(&self, provider: Url) -> Target {
        let mut target = Target::of_two_urls("the app", provider, ADDRESS.parse().unwrap());
        target.app.kind = Some(self.app.kind());
        target.app.provider = (self.app == App::Allauth).then(|| "id".to_owned());
        target.app.http.connect_to = Some((self.proxy.ip().to_string(), self.proxy.port()));
        target.app.http.tls.ca = Some(self.authority.clone());
        target
    }
}

impl Settings {
    fn of_proxy(&self) -> String {
        let host = if self.host_passed { "On" } else { "Off" };
        format!("ProxyPreserveHost {host}\nRequestHeader set X-Forwarded-Proto https\n")
    }

    fn of_apache(&self) -> String {
        let slash = if self.slash { "/" } else { "" };
        let scope = self.scope.join(" ");
        let mut directives = format!(
            "OIDCProviderMetadataURL {}/.well-known/openid-configuration\nOIDCClientID {}\nOIDCClientSecret {}\n\
             OIDCRedirectURI /oidc/redirect{slash}\nOIDCScope \"{scope}\"\n",
            self.provider, self.client_id, self.client_secret
        );
        if self.pkce {
            directives.push_str("OIDCPKCEMethod S256\n");
        }
        if self.believes_proxy {
            directives.push_str("OIDCXForwardedHeaders X-Forwarded-Proto\n");
        }
        directives
    }

    fn of_django(&self, library: &str) -> Value {
        json!({
            "library": library,
            "provider_url": self.provider,
            "authorization_endpoint": self.authorization_endpoint,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "scope": self.scope,
            "pkce": self.pkce,
            "behind_proxy": self.believes_proxy,
            "trusted_origins": if self.trusts_address { vec![ADDRESS] } else { Vec::new() },
        })
    }
}

/// Where the proxy and the app listen.
#[derive(Debug, Clone, Copy)]
struct Ports {
    front: u16,
    back: u16,
}

/// A port that is free now: Apache cannot say which one it was given.
pub fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// Starts Apache in one process, and waits until it answers; none where it ended.
#[expect(clippy::disallowed_methods, reason = "the test is the client")]
async fn start_apache(folder: &TempDir, certificate: &Served, ports: Ports, is_app: bool) -> Option<Child> {
    assert!(
        Path::new(MODULES).join("mod_auth_openidc.so").exists(),
        "Apache with mod_auth_openidc is not installed: run tests/run once"
    );
    let pem = format!("{}{}", certificate.pem, certificate.key_pem());
    fs::write(folder.path().join("front.pem"), pem).unwrap();
    let configuration = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/relying_party_apache.conf");
    let mut command = Command::new("/usr/sbin/apache2");
    // One process, which ends as a whole when it is killed.
    command.arg("-X").arg("-f").arg(configuration);
    if is_app {
        command.arg("-DRELYING_PARTY");
    }
    command
        .env("RP_MODULES", MODULES)
        .env("RP_FOLDER", folder.path())
        .env("RP_FRONT", ports.front.to_string())
        .env("RP_BACK", ports.back.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let child = tokio::sync::Mutex::new(command.spawn().expect("apache2 starts"));
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, ports.front));
    let answers = until("Apache", async || {
        if child.lock().await.try_wait().unwrap().is_some() {
            return Some(false);
        }
        TcpStream::connect(address).await.is_ok().then_some(true)
    });
    answers.await.then(|| child.into_inner())
}

/// Starts the Django site, and waits until it says where it listens.
async fn start_django(wanted: &Value) -> (Child, u16) {
    let mut child = Command::new(venv().join("bin/python"))
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/django_app.py"))
        .arg(wanted.to_string())
        // Kept open by the child's handle: the script ends when it is closed.
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("Python starts");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = timeout(PATIENCE, lines.next_line()).await.expect("Django answers in time").unwrap();
    let said: Value = serde_json::from_str(&line.expect("Django starts")).unwrap();
    let url: Url = said["url"].as_str().unwrap().parse().unwrap();
    (child, url.port().unwrap())
}
