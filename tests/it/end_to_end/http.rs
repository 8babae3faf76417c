//! The least of an HTTP client.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// The whole answer to a GET, head and body, as it came. HTTP/1.0, so that the body is not in chunks.
///
/// # Errors
/// Nothing listens, or the connection breaks.
pub async fn raw(address: SocketAddr, path: &str, headers: &str) -> std::io::Result<Vec<u8>> {
    #[expect(clippy::disallowed_methods, reason = "the test is the client")]
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n{headers}\r\n").as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(answer)
}

/// The body of a GET that is answered by 200; none where it is not.
pub async fn get(address: SocketAddr, path: &str) -> Option<String> {
    let answer = String::from_utf8(raw(address, path, "").await.ok()?).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    head.split(' ').nth(1).filter(|status| *status == "200")?;
    Some(body.to_owned())
}

/// The value of a header of an answer's head; empty where it is missing.
pub fn header(answer: &[u8], name: &str) -> String {
    let text = String::from_utf8_lossy(answer);
    let head = text.split("\r\n\r\n").next().unwrap_or_default();
    let fields = head.lines().filter_map(|line| line.split_once(':'));
    let mut found = fields.filter(|(known, _)| known.eq_ignore_ascii_case(name));
    found.next().map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}
