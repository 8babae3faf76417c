//! Slow clients and floods: others are served, and rounds go on.

use std::{
    net::SocketAddr,
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};

use ssowatch::{
    app::{self, ListenAddress, Options, Running},
    clock::Clock,
    collect::Collector,
    web::{self, Limits},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket, TcpStream, UnixStream},
    sync::mpsc,
    time::{sleep, timeout},
};

use super::{
    process::PATIENCE,
    support::{Authority, Client, Folder, basic},
};
use crate::{
    daemon::fake::{Act, Fake, config_every},
    web::support::{Answer, Setup, ask, connect, exchange, samples},
};

/// A daemon whose rounds are short and many, at a port and a unix socket.
async fn daemon(folder: &Folder, limits: Limits) -> Running {
    daemon_over(Fake::new(Clock::System, |_, _| Act::Take(Duration::from_millis(1))), folder, limits).await
}

async fn daemon_over(look: Arc<Fake>, folder: &Folder, limits: Limits) -> Running {
    let config = config_every(&["home"], Duration::from_millis(10));
    let unix = ListenAddress::Unix(folder.path("s"));
    let options = Options {
        web: web::Options { web_config: folder.web_config().unwrap(), ..web::Options::default() },
        unix: app::bind(&[unix]).await.unwrap().unix,
        limits,
        ..Options::default()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    app::start_with(look, Arc::new(Collector::new(Clock::System)), config, vec![listener], options).await.unwrap()
}

/// What is asked at the unix socket is answered.
async fn at_socket(folder: &Folder, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut stream = UnixStream::connect(folder.path("s")).await.unwrap();
    exchange(&mut stream, "localhost", "GET", path, headers).await.unwrap()
}

fn rounds(metrics: &Answer) -> f64 {
    samples(metrics.text())["ssowatch_rounds_total{target=\"home\"}"]
}

/// Some rounds more end while whatever is under way goes on.
async fn rounds_go_on(folder: &Folder, headers: &[(&str, &str)]) {
    let before = rounds(&at_socket(folder, "/metrics", headers).await);
    let more = async {
        while rounds(&at_socket(folder, "/metrics", headers).await) < before + 3.0 {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, more).await.expect("rounds go on");
}

async fn connect_from(source: &str, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(format!("{source}:0").parse().unwrap()).unwrap();
    socket.connect(to).await.unwrap()
}

/// A client that begins a request and never ends it.
async fn slow(source: &str, to: SocketAddr) -> TcpStream {
    let mut stream = connect_from(source, to).await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ").await.unwrap();
    stream
}

#[tokio::test]
async fn slow_clients_take_their_own_places_and_no_round() {
    let folder = Folder::with("");
    let limits = Limits {
        connections: 6,
        connections_of_client: 3,
        header_read: Duration::from_secs(3600),
        grace: Duration::ZERO,
        ..Limits::default()
    };
    let running = daemon(&folder, limits).await;
    let address = running.addresses[0];
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(slow("127.0.0.1", address).await);
    }
    let mut one_more = connect_from("127.0.0.1", address).await;
    let closed = timeout(PATIENCE, held[0].read(&mut [0; 1])).await.expect("a client has its share and no more");
    assert!(matches!(closed, Ok(0) | Err(_)));
    assert_eq!(exchange(&mut one_more, "localhost", "GET", "/metrics", &[]).await.unwrap().status, 200);
    let mut other = connect_from("127.0.0.2", address).await;
    assert_eq!(exchange(&mut other, "localhost", "GET", "/metrics", &[]).await.unwrap().status, 200);
    for _ in 0..3 {
        held.push(slow("127.0.0.2", address).await);
    }
    // The unix socket has its own places.
    rounds_go_on(&folder, &[]).await;
    running.stop().await;
}

#[tokio::test]
async fn slow_clients_from_many_addresses_delay_neither_health_nor_metrics_nor_pages() {
    let authority = Authority::new("server authority");
    for folder in [Folder::with(""), Folder::tls(&authority.server(), "")] {
        let limits = Limits {
            connections: 120,
            connections_of_client: 30,
            header_read: Duration::from_secs(3600),
            ..Limits::default()
        };
        let running = daemon(&folder, limits).await;
        let address = running.addresses[0];
        let client = Client::of(&authority);
        let is_tls = folder.web_config().unwrap().demand().0;
        let begin = if is_tls { client.greeting() } else { b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ".to_vec() };
        let mut held = Vec::new();
        for source in 1..=6 {
            for _ in 0..limits.connections_of_client {
                let mut stream = connect_from(&format!("127.0.1.{source}"), address).await;
                // One that was closed meanwhile does not take it any more.
                let _ = stream.write_all(&begin).await;
                held.push(stream);
            }
        }
        for path in ["/-/healthy", "/metrics", "/"] {
            let asked = async {
                match is_tls {
                    true => client.get(address, path).await.unwrap(),
                    false => ask(address, "GET", path, &[]).await,
                }
            };
            // As long as no place comes back by itself, this is answered by what was closed, or never.
            assert_eq!(timeout(PATIENCE, asked).await.expect("an answer").status, 200, "{path}");
        }
        drop(held);
        running.stop().await;
    }
}

#[tokio::test]
async fn while_all_places_are_worked_on_health_and_metrics_are_answered_and_others_are_refused() {
    let (begun, mut under_way) = mpsc::channel(1);
    let (finish, finished) = std::sync::mpsc::channel::<()>();
    let finished = Mutex::new(finished);
    let load = move || {
        begun.blocking_send(()).map_err(|error| error.to_string())?;
        finished.lock().unwrap().recv().map_err(|error| error.to_string())?;
        Err("nothing to load".to_owned())
    };
    let options = Options {
        web: web::Options { enable_lifecycle: true, ..web::Options::default() },
        limits: Limits { connections: 1, ..Limits::default() },
        load: Some(Arc::new(load)),
        ..Options::default()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let run = Fake::new(Clock::System, |_, _| Act::Take(Duration::from_millis(1)));
    let config = config_every(&["home"], Duration::from_secs(3600));
    let collector = Arc::new(Collector::new(Clock::System));
    let running = app::start_with(run, collector, config, vec![listener], options).await.unwrap();
    let address = running.addresses[0];
    let reload = tokio::spawn(ask(address, "POST", "/-/reload", &[]));
    timeout(PATIENCE, under_way.recv()).await.expect("a reload that is under way");
    for (path, status) in [("/-/healthy", 200), ("/metrics", 200), ("/", 503), ("/-/ready", 200), ("/config", 503)] {
        let answer = ask(address, "GET", path, &[]).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("connection"), "close", "{path}");
        assert_eq!(answer.header("retry-after"), if status == 503 { "1" } else { "" }, "{path}");
    }
    finish.send(()).unwrap();
    assert_eq!(reload.await.unwrap().status, 500);
    running.stop().await;
}

#[tokio::test]
async fn a_flood_of_wrong_passwords_takes_no_round_and_keeps_nobody_out_who_is_known() {
    let hash = bcrypt::hash("right", 8).unwrap();
    let folder = Folder::with(&format!("basic_auth_users: {{ops: {hash}}}\n"));
    let running = daemon(&folder, Limits::default()).await;
    let address = running.addresses[0];
    let right = basic("ops", "right");
    let headers = [("Authorization", right.as_str())];
    assert_eq!(at_socket(&folder, "/metrics", &headers).await.status, 200);
    let flood: Vec<_> = (0..8)
        .map(|client| {
            tokio::spawn(async move {
                for number in 0_u64.. {
                    let wrong = basic("ops", &format!("wrong {client} {number}"));
                    let status = ask(address, "GET", "/metrics", &[("Authorization", &wrong)]).await.status;
                    assert!(matches!(status, 401 | 429), "{status}");
                }
            })
        })
        .collect();
    rounds_go_on(&folder, &headers).await;
    assert_eq!(ask(address, "GET", "/-/healthy", &[]).await.status, 200);
    for client in flood {
        assert!(!client.is_finished(), "the flood goes on");
        client.abort();
    }
    running.stop().await;
}

#[tokio::test]
async fn a_client_that_stops_in_the_midst_of_handshakes_takes_its_own_places_only() {
    let authority = Authority::new("server authority");
    let folder = Folder::tls(&authority.server(), "");
    let limits = Limits { header_read: Duration::from_secs(3600), ..Limits::default() };
    let surface = daemon(&folder, limits).await;
    let (address, client) = (surface.addresses[0], Client::of(&authority));
    let mut held = Vec::new();
    let mut answered = 0;
    for _ in 0..40 {
        let mut stream = connect_from("127.0.0.1", address).await;
        stream.write_all(&client.greeting()).await.unwrap();
        match timeout(PATIENCE, stream.read(&mut [0; 1])).await.expect("an answer or an end") {
            Ok(1) => answered += 1,
            _ => break,
        }
        held.push(stream);
    }
    assert_eq!(answered, 40, "each greeting is answered");
    // One client has 16 at once: the slowest make room for the next ones.
    for stream in &mut held[..40 - 16] {
        let closed = timeout(PATIENCE, stream.read_to_end(&mut Vec::new())).await;
        assert!(closed.is_ok(), "still open");
    }
    assert!(client.connect(address).await.is_ok(), "a place for whoever goes on");
    let mut other = client.shake(connect_from("127.0.0.2", address).await).await.expect("a place for another");
    assert_eq!(exchange(&mut other, "localhost", "GET", "/metrics", &[]).await.unwrap().status, 200);
    drop(held);
    let freed = async {
        while client.get(address, "/metrics").await.is_err() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, freed).await.expect("the places come back");
}

#[tokio::test]
async fn a_flood_of_handshakes_takes_no_round() {
    let authority = Authority::new("server authority");
    let folder = Folder::tls(&authority.server(), "");
    let look = Fake::new(Clock::System, |_, _| Act::Take(Duration::from_millis(1)));
    let running = daemon_over(Arc::clone(&look), &folder, Limits::default()).await;
    let address = running.addresses[0];
    let client = Arc::new(Client::of(&authority));
    let flood: Vec<_> = (0..8)
        .map(|_| {
            let client = Arc::clone(&client);
            tokio::spawn(async move {
                loop {
                    drop(client.connect(address).await);
                }
            })
        })
        .collect();
    let before = look.ran("home").len();
    let more = async {
        while look.ran("home").len() < before + 5 {
            assert_eq!(client.get(address, "/metrics").await.unwrap().status, 200);
        }
    };
    timeout(PATIENCE, more).await.expect("rounds go on");
    for task in flood {
        assert!(!task.is_finished(), "the flood goes on");
        task.abort();
    }
}

#[tokio::test]
async fn beyond_the_rate_requests_are_refused_but_those_of_who_watches_over_the_process() {
    let folder = Folder::with("rate_limit: {interval: 1h, burst: 2}\n");
    let surface = folder.serve().await;
    assert_eq!(surface.get("/metrics").await.status, 200);
    assert_eq!(surface.get("/").await.status, 200);
    let refused = surface.get("/metrics").await;
    assert_eq!(refused.status, 429);
    assert!((1..=3600).contains(&refused.header("retry-after").parse::<u32>().unwrap()));
    assert_eq!(surface.get("/-/healthy").await.status, 200);
    folder.write("web.yml", "rate_limit: {interval: 1h, burst: 9}\n");
    assert_eq!(surface.get("/metrics").await.status, 200, "the new rate is in force");
    folder.write("web.yml", "rate_limit: {interval: 1h, burst: 9}\nhttp_server_config: {http2: false}\n");
    for _ in 0..8 {
        assert_eq!(surface.get("/metrics").await.status, 200);
    }
    assert_eq!(surface.get("/metrics").await.status, 429, "a change of something else gives nothing back");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_shakes_hands_is_let_go() {
    let surface = Folder::tls(&Authority::new("server authority").server(), "").serve().await;
    for greeting in [&b""[..], b"\x16", b"\x16\x03\x01\x02\x00"] {
        let mut stream = connect(surface.address).await;
        stream.write_all(greeting).await.unwrap();
        let ended = timeout(Duration::from_mins(1), stream.read(&mut [0; 64])).await;
        assert!(ended.is_ok(), "still connected after {greeting:?}");
    }
}

#[tokio::test]
async fn a_file_that_hangs_holds_nobody_up_for_long() {
    let authority = Authority::new("server authority");
    let folder = Folder::tls(&authority.server(), "");
    let surface = folder.serve().await;
    let client = Client::of(&authority);
    let (hangs, cert) = (folder.path("hangs"), folder.path("cert.pem"));
    assert!(Command::new("mkfifo").arg(&hangs).status().unwrap().success());
    std::fs::remove_file(&cert).unwrap();
    std::fs::hard_link(&hangs, &cert).unwrap();
    for _ in 0..3 {
        let answer = timeout(PATIENCE, client.get(surface.address, "/metrics")).await.expect("an answer");
        assert_eq!(answer.unwrap().status, 200);
    }
    std::fs::remove_file(&cert).unwrap();
    let renewed = Authority::new("new authority");
    folder.put(&renewed.server());
    let renewed = Client::of(&renewed);
    let taken_over = async {
        while renewed.get(surface.address, "/metrics").await.is_err() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, taken_over).await.expect("the new certificate is in force");
}

#[tokio::test]
async fn a_body_that_never_comes_is_not_waited_for() {
    let surface = Setup::healthy().serve().await;
    let answer = surface.ask("POST", "/-/reload", &[("Content-Length", "1000000")]).await;
    assert_eq!(answer.status, 403);
}
