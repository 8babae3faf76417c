//! The server's limits: slow and idle clients go, others are served.

use std::time::Duration;

use axum::{Router, routing::get};
use ssowatch::web::{Limits, serve_within};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::oneshot,
    task::JoinHandle,
};

use super::support::{ask, connect};

struct Served {
    address: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

async fn serving(limits: Limits, router: Router) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let server = tokio::spawn(serve_within(limits, listener, router, async {
        let _ = stopped.await;
    }));
    Served { address, stop, server }
}

fn hello() -> Router {
    Router::new().route("/", get(async || "hello"))
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_ends_its_request_is_let_go() {
    let served = serving(Limits::default(), hello()).await;
    let mut slow = connect(served.address).await;
    slow.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.unwrap();
    let mut answer = Vec::new();
    // Time is simulated: this ends as soon as the server lets go, and never if it does not.
    let ended = tokio::time::timeout(Duration::from_mins(1), slow.read_to_end(&mut answer)).await;
    assert!(ended.is_ok(), "still connected");
}

/// `/` answers at once, `/held` says that it has begun and waits until it may end.
fn held() -> (Router, oneshot::Receiver<()>, oneshot::Sender<()>) {
    let (begun, under_way) = oneshot::channel();
    let (finish, finished) = oneshot::channel::<()>();
    let gates = std::sync::Arc::new(std::sync::Mutex::new(Some((begun, finished))));
    let held = get(async move || {
        let (begun, finished) = gates.lock().unwrap().take().unwrap();
        begun.send(()).unwrap();
        finished.await.unwrap();
        "late, but here"
    });
    (hello().route("/held", held), under_way, finish)
}

#[tokio::test]
async fn while_all_places_are_worked_on_the_next_client_waits_for_one() {
    let limits = Limits { connections: 1, reserved: 0, ..Limits::default() };
    let (router, under_way, finish) = held();
    let served = serving(limits, router).await;
    let holder = tokio::spawn(ask(served.address, "GET", "/held", &[]));
    under_way.await.unwrap();
    let mut waiting = tokio::spawn(ask(served.address, "GET", "/", &[]));
    let too_early = tokio::time::timeout(Duration::from_millis(50), &mut waiting).await;
    assert!(too_early.is_err(), "served beyond the limit");
    finish.send(()).unwrap();
    assert_eq!(holder.await.unwrap().text(), "late, but here");
    assert_eq!(waiting.await.unwrap().text(), "hello");
}

#[tokio::test]
async fn whoever_keeps_us_waiting_makes_room_for_the_next_client() {
    for (begin, is_answered) in
        [("", false), ("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", false), ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", true)]
    {
        let limits = Limits { connections: 1, reserved: 0, ..Limits::default() };
        let served = serving(limits, hello()).await;
        let mut slow = connect(served.address).await;
        slow.write_all(begin.as_bytes()).await.unwrap();
        if is_answered {
            let mut first = [0; 15];
            slow.read_exact(&mut first).await.unwrap();
            assert_eq!(&first, b"HTTP/1.1 200 OK");
        }
        assert_eq!(ask(served.address, "GET", "/", &[]).await.text(), "hello", "{begin:?}");
        let mut rest = Vec::new();
        // It was closed: by an end or by a reset.
        let _ = slow.read_to_end(&mut rest).await;
        assert!(!rest.starts_with(b"HTTP"), "{begin:?}");
    }
}

#[tokio::test]
async fn a_request_that_is_under_way_is_answered_before_the_server_stops() {
    let (router, under_way, finish) = held();
    let served = serving(Limits::default(), router).await;
    let answer = tokio::spawn(ask(served.address, "GET", "/held", &[]));
    under_way.await.unwrap();
    served.stop.send(()).unwrap();
    finish.send(()).unwrap();
    assert_eq!(answer.await.unwrap().text(), "late, but here");
    served.server.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_request_that_hangs_does_not_keep_the_server_from_stopping() {
    let (begun, under_way) = oneshot::channel();
    let begun = std::sync::Arc::new(std::sync::Mutex::new(Some(begun)));
    let hanging = get(async move || {
        begun.lock().unwrap().take().unwrap().send(()).unwrap();
        std::future::pending::<()>().await;
    });
    let served = serving(Limits::default(), Router::new().route("/", hanging)).await;
    let mut client = connect(served.address).await;
    client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    under_way.await.unwrap();
    served.stop.send(()).unwrap();
    assert!(tokio::time::timeout(Duration::from_mins(1), served.server).await.is_ok(), "it still runs");
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let served = serving(Limits::default(), hello()).await;
    let large = "x".repeat(100_000);
    let mut client = connect(served.address).await;
    let request = format!("GET / HTTP/1.1\r\nHost: x\r\nX-Large: {large}\r\n\r\n");
    // The server may close before all is written.
    let _ = client.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = client.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
}
