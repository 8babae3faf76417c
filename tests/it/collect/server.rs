//! A small server over raw TCP or TLS that can misbehave in every way, and notes what it is asked.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

/// One request, as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    /// The request target, as written.
    pub target: String,
    /// Names in lower case.
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl Seen {
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// What the server does with a request.
#[derive(Debug, Clone)]
pub enum Act {
    /// Sends these bytes and keeps the connection.
    Send(Vec<u8>),
    /// Sends these bytes after a while.
    SendLater(Vec<u8>),
    /// Sends these bytes and closes it.
    SendAndClose(Vec<u8>),
    /// Sends these bytes, then nothing for ever.
    SendAndHang(Vec<u8>),
    /// Sends these bytes one by one, for ever slower than any limit.
    Drip(Vec<u8>),
}

/// An answer with a body and its length.
pub fn answer(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Act {
    Act::Send(bytes(status, headers, body))
}

pub fn bytes(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut text = format!("HTTP/1.1 {status} Reason\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    [text.as_bytes(), body].concat()
}

pub fn json(status: u16, body: impl AsRef<str>) -> Act {
    answer(status, &[("Content-Type", "application/json; charset=utf-8")], body.as_ref())
}

pub fn html(status: u16, body: &str) -> Act {
    answer(status, &[("Content-Type", "text/html; charset=utf-8")], body)
}

pub fn redirect(status: u16, location: &str) -> Act {
    answer(status, &[("Location", location)], "")
}

type Handler = Arc<dyn Fn(&Seen) -> Act + Send + Sync>;

/// A listening server; stops when dropped.
pub struct Server {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    connections: Arc<Mutex<usize>>,
    handler: Arc<Mutex<Handler>>,
    load: Arc<Mutex<Load>>,
    _tasks: JoinSet<()>,
}

impl Server {
    /// A server of plain HTTP.
    pub async fn plain() -> Self {
        Self::on(IpAddr::from(Ipv4Addr::LOCALHOST), None).await
    }

    /// A server of HTTPS.
    pub async fn tls(config: rustls::ServerConfig) -> Self {
        Self::on(IpAddr::from(Ipv4Addr::LOCALHOST), Some(config)).await
    }

    pub async fn on(address: IpAddr, tls: Option<rustls::ServerConfig>) -> Self {
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(Mutex::new(0));
        let handler: Arc<Mutex<Handler>> = Arc::new(Mutex::new(Arc::new(|_: &Seen| json(404, "{}"))));
        let load = Arc::new(Mutex::new(Load::default()));
        let busy = Arc::clone(&load);
        let acceptor = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
        let mut tasks = JoinSet::new();
        let (log, count, now) = (Arc::clone(&seen), Arc::clone(&connections), Arc::clone(&handler));
        tasks.spawn(async move {
            let mut open = JoinSet::new();
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                *count.lock().unwrap() += 1;
                let (log, now, load) = (Arc::clone(&log), Arc::clone(&now), Arc::clone(&busy));
                let acceptor = acceptor.clone();
                open.spawn(async move {
                    match acceptor {
                        None => converse(stream, &log, &now, &load).await,
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                converse(stream, &log, &now, &load).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, seen, connections, handler, load, _tasks: tasks }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// What it does from now on.
    pub fn does(&self, handler: impl Fn(&Seen) -> Act + Send + Sync + 'static) {
        *self.handler.lock().unwrap() = Arc::new(handler);
    }

    /// Everything it was asked.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// How often a path was asked for.
    pub fn count(&self, path: &str) -> usize {
        self.seen().iter().filter(|seen| seen.path() == path).count()
    }

    /// How many of its late answers were waited for at once, at most.
    pub fn most_at_once(&self) -> usize {
        self.load.lock().unwrap().most
    }

    /// How many TCP connections it took.
    pub fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }
}

/// How many requests are under way, and how many were at most.
#[derive(Debug, Default)]
struct Load {
    now: usize,
    most: usize,
}

async fn converse(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    log: &Mutex<Vec<Seen>>,
    handler: &Mutex<Handler>,
    load: &Mutex<Load>,
) {
    while let Some(seen) = request(&mut stream).await {
        log.lock().unwrap().push(seen.clone());
        let handler = Arc::clone(&handler.lock().unwrap());
        let (bytes, close) = match handler(&seen) {
            Act::Send(bytes) => (bytes, None),
            Act::SendLater(bytes) => {
                {
                    let mut load = load.lock().unwrap();
                    load.now += 1;
                    load.most = load.most.max(load.now);
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
                load.lock().unwrap().now -= 1;
                (bytes, None)
            }
            Act::SendAndClose(bytes) => (bytes, Some(Duration::ZERO)),
            Act::SendAndHang(bytes) => (bytes, Some(Duration::from_hours(1))),
            Act::Drip(bytes) => {
                for byte in bytes {
                    if stream.write_all(&[byte]).await.is_err() || stream.flush().await.is_err() {
                        return;
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                return;
            }
        };
        if stream.write_all(&bytes).await.is_err() || stream.flush().await.is_err() {
            return;
        }
        if let Some(wait) = close {
            tokio::time::sleep(wait).await;
            return;
        }
    }
}

async fn request(stream: &mut (impl AsyncRead + Unpin)) -> Option<Seen> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
        // The first byte of a TLS handshake: a server of plain HTTP hangs up.
        if head == [0x16] {
            return None;
        }
    }
    let text = String::from_utf8(head).unwrap();
    let mut lines = text.lines();
    let mut first = lines.next().unwrap().split(' ');
    let (method, target) = (first.next().unwrap().to_owned(), first.next().unwrap().to_owned());
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Seen { method, target, headers, body: String::from_utf8(body).unwrap() })
}

/// An address of loopback that nobody listens on.
pub fn nobody() -> SocketAddr {
    std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}
