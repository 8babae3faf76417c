//! A proxy between Prometheus and the daemon, which notes the format of each answer and may ask for another.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_util::task::AbortOnDropHandle;

use super::http;

/// A proxy that ends with the test.
pub struct Relay {
    pub address: SocketAddr,
    types: Arc<Mutex<BTreeSet<String>>>,
    _task: AbortOnDropHandle<()>,
}

impl Relay {
    /// Passes requests on to a daemon, with this `Accept` where there is one, else with the scraper's.
    pub async fn to(daemon: SocketAddr, accept: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let types = Arc::new(Mutex::new(BTreeSet::new()));
        let noted = Arc::clone(&types);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let noted = Arc::clone(&noted);
                tokio::spawn(async move {
                    // A scraper that gives up is its own affair.
                    if let Ok((path, answer)) = pass_on(stream, daemon, accept).await
                        && path == "/metrics"
                    {
                        noted.lock().unwrap().insert(http::header(&answer, "content-type"));
                    }
                });
            }
        });
        Self { address, types, _task: AbortOnDropHandle::new(task) }
    }

    /// The media types of the answers to scrapes, without parameters.
    pub fn media_types(&self) -> Vec<String> {
        let types = self.types.lock().unwrap();
        types.iter().map(|kind| kind.split(';').next().unwrap().to_owned()).collect()
    }
}

async fn pass_on(
    mut scraper: TcpStream,
    daemon: SocketAddr,
    accept: Option<&str>,
) -> std::io::Result<(String, Vec<u8>)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(scraper.read_u8().await?);
    }
    let path = String::from_utf8_lossy(&head).split(' ').nth(1).unwrap_or_default().to_owned();
    let accept = accept.map_or_else(|| http::header(&head, "accept"), str::to_owned);
    let answer = http::raw(daemon, &path, &format!("Accept: {accept}\r\n")).await?;
    scraper.write_all(&answer).await?;
    Ok((path, answer))
}
