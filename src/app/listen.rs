//! Where the daemon listens.

use std::{io, path::PathBuf, str::FromStr};

use listenfd::ListenFd;
use tokio::net::TcpListener;

use super::unix::UnixSocket;

/// An address to listen on: `HOST:PORT` or `unix:PATH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenAddress {
    /// A port.
    Tcp(TcpAddress),
    /// A unix socket, whose file is made at start and removed at the end.
    Unix(PathBuf),
}

/// A port of this machine: `127.0.0.1:10059`, `[::1]:10059`, `localhost:10059`, or `:10059` for every address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TcpAddress {
    /// The host; empty for every address.
    host: String,
    port: u16,
}

impl FromStr for ListenAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some(path) = text.trim().strip_prefix("unix:") else { return text.parse().map(Self::Tcp) };
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() || path.ends_with('/') {
            return Err(format!("\"{text}\" names no socket; write for example unix:/run/ssowatch/ssowatch.sock"));
        }
        Ok(Self::Unix(PathBuf::from(path)))
    }
}

impl std::fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl FromStr for TcpAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("\"{text}\" is not HOST:PORT; write for example 127.0.0.1:10059, [::1]:10059 or :10059");
        let (host, port) = text.trim().rsplit_once(':').ok_or_else(wrong)?;
        let port = port.parse().map_err(|_| wrong())?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let has_colon = bare.contains(':');
        if has_colon && (bare == host || bare.parse::<std::net::Ipv6Addr>().is_err()) {
            return Err(wrong());
        }
        if bare.contains(['/', '[', ']', ' ', '@']) {
            return Err(wrong());
        }
        Ok(Self { host: bare.to_owned(), port })
    }
}

impl std::fmt::Display for TcpAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

impl TcpAddress {
    /// The `host:port` at which a client on this machine reaches it.
    #[must_use]
    pub fn from_here(&self) -> String {
        let host = match self.host.as_str() {
            "" | "0.0.0.0" => "127.0.0.1",
            "::" => "[::1]",
            host if host.contains(':') => return self.to_string(),
            host => host,
        };
        format!("{host}:{}", self.port)
    }

    async fn listen(&self) -> io::Result<TcpListener> {
        if !self.host.is_empty() {
            return TcpListener::bind((self.host.as_str(), self.port)).await;
        }
        // Every address of both families; of one, where the kernel has no IPv6.
        match TcpListener::bind(("::", self.port)).await {
            Err(error) if error.kind() != io::ErrorKind::AddrInUse => TcpListener::bind(("0.0.0.0", self.port)).await,
            outcome => outcome,
        }
    }
}

/// What is listened on.
#[derive(Debug, Default)]
pub struct Sockets {
    /// Ports, in the order of their addresses.
    pub tcp: Vec<TcpListener>,
    /// Unix sockets.
    pub unix: Vec<UnixSocket>,
}

/// Listens on every address, or on none.
///
/// # Errors
/// An address cannot be listened on; names it and says what to do.
pub async fn bind(addresses: &[ListenAddress]) -> Result<Sockets, String> {
    let mut sockets = Sockets::default();
    for address in addresses {
        let listening = match address {
            ListenAddress::Tcp(tcp) => tcp.listen().await.map(|listener| sockets.tcp.push(listener)),
            ListenAddress::Unix(path) => UnixSocket::bind(path).map(|socket| sockets.unix.push(socket)),
        };
        listening.map_err(|error| refused(address, &error))?;
    }
    Ok(sockets)
}

/// Takes the sockets that systemd listens on for us (sd_listen_fds(3)).
///
/// # Errors
/// There is none, or one of another kind; says what to do.
pub fn from_systemd() -> Result<Sockets, String> {
    let mut handed = ListenFd::from_env();
    if handed.len() == 0 {
        return Err(
            "--web.systemd-socket: systemd handed over no socket; start the daemon by a .socket unit, or leave \
                    the flag out"
                .to_owned(),
        );
    }
    let mut sockets = Sockets::default();
    for index in 0..handed.len() {
        take(&mut handed, index, &mut sockets).map_err(|error| {
            format!("--web.systemd-socket: socket {} of systemd cannot be listened on ({error}); only ListenStream= sockets can", index + 1)
        })?;
    }
    Ok(sockets)
}

fn take(handed: &mut ListenFd, index: usize, sockets: &mut Sockets) -> io::Result<()> {
    if let Ok(Some(listener)) = handed.take_tcp_listener(index) {
        listener.set_nonblocking(true)?;
        sockets.tcp.push(TcpListener::from_std(listener)?);
    } else if let Some(listener) = handed.take_unix_listener(index)? {
        sockets.unix.push(UnixSocket::handed_over(listener)?);
    }
    Ok(())
}

fn refused(address: &ListenAddress, error: &io::Error) -> String {
    let unix = matches!(address, ListenAddress::Unix(_));
    let hint = match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another process listens there, perhaps another ssowatch: stop it, or choose another address with --web.listen-address"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::NotFound if unix => {
            "the folder must exist and this user must be allowed to write in it (systemd: RuntimeDirectory=ssowatch)"
        }
        io::ErrorKind::AlreadyExists => "a file that is no socket stands there: remove it, or choose another path",
        io::ErrorKind::PermissionDenied => {
            "ports below 1024 need a privilege: choose a higher one with --web.listen-address=HOST:PORT"
        }
        io::ErrorKind::AddrNotAvailable => {
            "this machine has no such address: choose one that it has, or :PORT for all, with --web.listen-address"
        }
        _ => "choose another address with --web.listen-address=HOST:PORT or unix:PATH",
    };
    format!("cannot listen on {address}: {error}; {hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_reached_from_here() {
        for (text, shown, from_here) in [
            ("127.0.0.1:10059", "127.0.0.1:10059", "127.0.0.1:10059"),
            ("0.0.0.0:80", "0.0.0.0:80", "127.0.0.1:80"),
            (":10059", ":10059", "127.0.0.1:10059"),
            ("[::]:10059", "[::]:10059", "[::1]:10059"),
            ("[2001:db8::1]:1", "[2001:db8::1]:1", "[2001:db8::1]:1"),
            (" localhost:0 ", "localhost:0", "localhost:0"),
        ] {
            let address: TcpAddress = text.parse().unwrap();
            assert_eq!(text.parse(), Ok(ListenAddress::Tcp(address.clone())));
            assert_eq!((address.to_string().as_str(), address.from_here().as_str()), (shown, from_here), "{text}");
        }
    }

    #[test]
    fn unix_sockets_are_read() {
        for text in ["unix:/run/ssowatch/ssowatch.sock", "unix:///run/ssowatch/ssowatch.sock"] {
            let address: ListenAddress = text.parse().unwrap();
            assert_eq!(address, ListenAddress::Unix("/run/ssowatch/ssowatch.sock".into()), "{text}");
        }
        for text in ["unix:", "unix:/run/"] {
            let error = text.parse::<ListenAddress>().unwrap_err();
            assert!(error.contains("unix:/run/ssowatch/ssowatch.sock"), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_an_example() {
        for text in
            ["", "10059", "localhost", "127.0.0.1:", "127.0.0.1:65536", "::1:10059", "http://localhost:1", "[x]]:1"]
        {
            let error = text.parse::<ListenAddress>().unwrap_err();
            assert!(error.contains("127.0.0.1:10059"), "{text}: {error}");
        }
    }

    #[tokio::test]
    async fn an_address_that_is_taken_is_named_with_what_to_do() {
        let taken = bind(&["127.0.0.1:0".parse().unwrap()]).await.unwrap();
        let address: ListenAddress = taken.tcp[0].local_addr().unwrap().to_string().parse().unwrap();
        let error = bind(std::slice::from_ref(&address)).await.unwrap_err();
        assert!(error.contains(&address.to_string()) && error.contains("--web.listen-address"), "{error}");
    }

    #[tokio::test]
    async fn every_address_means_loopback_too() {
        let listeners = bind(&[":0".parse().unwrap()]).await.unwrap();
        assert!(listeners.tcp[0].local_addr().unwrap().ip().is_unspecified());
    }
}
