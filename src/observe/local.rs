//! One small request to a daemon of our own, for `ssowatch healthcheck`: no TLS, no limits to obey, nothing to keep.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use url::Url;

/// The most that is read: the status line stands in it.
const READ_AT_MOST: u64 = 1024;

/// The HTTP status that a GET of this address gives, within `limit`.
///
/// # Errors
/// Nobody listens there, no answer came in time, or it is not HTTP; a text for a person.
pub async fn status(url: &Url, limit: Duration) -> Result<u16, String> {
    if url.scheme() != "http" {
        return Err(format!("{url} is not an http:// address"));
    }
    match tokio::time::timeout(limit, exchange(url)).await {
        Ok(Ok(answer)) => read_status(&answer).ok_or_else(|| format!("what listens at {url} does not speak HTTP")),
        Ok(Err(error)) => Err(format!("{url} does not answer: {error}")),
        Err(_) => Err(format!("{url} did not answer within {} s", limit.as_secs())),
    }
}

#[expect(clippy::disallowed_methods, reason = "observe is where connections are opened; this one needs no probe")]
async fn exchange(url: &Url) -> std::io::Result<Vec<u8>> {
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or(80);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let mut stream = TcpStream::connect((bare, port)).await?;
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: {host}:{port}\r\nUser-Agent: ssowatch/{}\r\nConnection: close\r\n\r\n",
        url.path(),
        env!("CARGO_PKG_VERSION")
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(READ_AT_MOST).read_to_end(&mut answer).await?;
    Ok(answer)
}

/// The code of a status line: `HTTP/1.1 200 OK` (RFC 9112, section 4).
fn read_status(answer: &[u8]) -> Option<u16> {
    let line = answer.split(|byte| *byte == b'\r').next()?;
    let rest = std::str::from_utf8(line).ok()?.strip_prefix("HTTP/1.")?;
    rest.split(' ').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn only_a_status_line_has_a_status() {
        for (answer, status) in [
            ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", Some(200)),
            ("HTTP/1.0 503 Service Unavailable\r\n\r\n", Some(503)),
            ("HTTP/1.1 204\r\n\r\n", Some(204)),
            ("HTTP/1.1 ok\r\n\r\n", None),
            ("SSH-2.0-OpenSSH_9.2\r\n", None),
            ("", None),
        ] {
            assert_eq!(read_status(answer.as_bytes()), status, "{answer:?}");
        }
    }

    #[tokio::test]
    async fn the_path_is_asked_and_the_status_is_given() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/sso/-/healthy", listener.local_addr().unwrap())).unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 1024];
            let length = stream.read(&mut request).await.unwrap();
            stream.write_all(b"HTTP/1.1 503 Service Unavailable\r\n\r\n").await.unwrap();
            String::from_utf8_lossy(&request[..length]).into_owned()
        });
        assert_eq!(status(&url, Duration::from_secs(5)).await, Ok(503));
        assert!(server.await.unwrap().starts_with("GET /sso/-/healthy HTTP/1.1\r\nHost: 127.0.0.1:"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_daemon_that_does_not_answer_is_not_waited_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/-/healthy", listener.local_addr().unwrap())).unwrap();
        let error = status(&url, Duration::from_secs(5)).await.unwrap_err();
        assert!(error.contains("within 5 s"), "{error}");
    }

    #[tokio::test]
    async fn where_nobody_listens_the_address_is_named() {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let url = Url::parse(&format!("http://{free}/-/healthy")).unwrap();
        let error = status(&url, Duration::from_secs(5)).await.unwrap_err();
        assert!(error.contains(&free.to_string()), "{error}");
    }
}
