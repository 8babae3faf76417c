//! Proxies that lead on: CONNECT and SOCKS 5, each to one server whatever is asked for.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// A proxy that leads on; stops when dropped.
pub struct Relay {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
}

/// How the proxy is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speech {
    Connect,
    Socks,
}

impl Relay {
    pub async fn to(server: SocketAddr, speech: Speech) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                open.spawn(lead(stream, server, speech, Arc::clone(&log)));
            }
        });
        Self { address, asked, _tasks: tasks }
    }

    /// What it was asked to connect to, with what it was told about who asks.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

#[expect(clippy::disallowed_methods, reason = "a proxy connects")]
async fn lead(mut stream: TcpStream, server: SocketAddr, speech: Speech, log: Arc<Mutex<Vec<String>>>) {
    let asked = match speech {
        Speech::Connect => connect(&mut stream).await,
        Speech::Socks => socks(&mut stream).await,
    };
    log.lock().unwrap().push(asked.unwrap());
    let mut onward = TcpStream::connect(server).await.unwrap();
    // Either end may hang up.
    let _ = copy_bidirectional(&mut stream, &mut onward).await;
}

async fn connect(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    Ok(String::from_utf8(head).unwrap())
}

async fn socks(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut greeting = [0; 3];
    stream.read_exact(&mut greeting).await?;
    assert_eq!(greeting, [5, 1, 2], "one method, and it is the password");
    stream.write_all(&[5, 2]).await?;
    let mut said = Vec::new();
    assert_eq!(stream.read_u8().await?, 1);
    for _ in ["user", "password"] {
        let mut text = vec![0; usize::from(stream.read_u8().await?)];
        stream.read_exact(&mut text).await?;
        said.push(String::from_utf8(text).unwrap());
    }
    stream.write_all(&[1, 0]).await?;
    let mut request = [0; 5];
    stream.read_exact(&mut request).await?;
    assert_eq!(request[..4], [5, 1, 0, 3], "connect, to a name");
    let mut host = vec![0; usize::from(request[4])];
    stream.read_exact(&mut host).await?;
    let port = stream.read_u16().await?;
    stream.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 0]).await?;
    said.push(format!("{}:{port}", String::from_utf8(host).unwrap()));
    Ok(said.join(" "))
}
