//! `serve` while something hangs: it answers, says what hangs, and stops within 10 s.

use std::{
    net::TcpListener,
    os::unix::fs::symlink,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use tokio::time::{Instant, timeout};

use super::binary::{Daemon, Folder, status};

/// The longest stop, as promised; the process itself may be late on a busy machine.
const STOPS_WITHIN: Duration = Duration::from_secs(10);

fn make_fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// A certificate that nobody serves.
fn certificate() -> String {
    rcgen::generate_simple_self_signed(["x.example.test".to_owned()]).unwrap().cert.pem()
}

/// A server that takes connections and says nothing.
fn silent() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

fn targets(count: usize, url: &str, more: &str) -> String {
    let target = |number| {
        format!("  - name: t{number}\n    provider: {{url: \"{url}\"{more}}}\n    kasm: {{url: \"{url}\"{more}}}\n")
    };
    format!("schedule: {{round: every 10s}}\ntargets:\n{}", (0..count).map(target).collect::<String>())
}

/// Sends SIGTERM, and holds the time until the process has ended.
async fn stops(what: &str, daemon: &mut Daemon) {
    daemon.signal("TERM").await;
    let begun = Instant::now();
    daemon.ends().await;
    assert!(begun.elapsed() < STOPS_WITHIN, "{what}: the stop took {:?}", begun.elapsed());
}

#[tokio::test]
async fn files_that_hang_are_named_and_hold_up_nothing() {
    let folder = Folder::with(&[]);
    let at = |name: &str| folder.folder.path().join(name);
    make_fifo(&at("fifo"));
    symlink("/dev/zero", at("endless")).unwrap();
    let (_silent, url) = silent();
    for (name, says) in [("fifo", "is a FIFO; only regular files are read"), ("endless", "is a device; only regular")] {
        for key in [
            "basic_auth: {username: u, password_file: FILE}",
            "http_headers: {X: {files: [FILE]}}",
            "tls_config: {ca_file: FILE}",
        ] {
            let with = |file: &str| targets(3, &url, &format!(", {}", key.replace("FILE", file)));
            folder.write_text(&with(name));
            let mut refused = Daemon::start(&folder, |_| {});
            let said = refused.logs(says).await;
            assert!(said.contains(&at(name).display().to_string()), "{key}: {said}");
            assert_ne!(refused.ends().await.code(), Some(0), "{key}");

            // One that comes in the place of a good one while the daemon runs.
            let good = if key.contains("ca_file") { certificate() } else { "a-password".to_owned() };
            std::fs::write(at("file"), good).unwrap();
            folder.write_text(&with("file"));
            let mut daemon = Daemon::start(&folder, |_| {});
            let base = daemon.base().await;
            daemon.logs("msg=\"ready: every target").await;
            std::fs::remove_file(at("file")).unwrap();
            std::fs::rename(at(name), at("file")).unwrap();
            assert_eq!(status(&base, "/-/healthy").await, 200, "{key}");
            let page = timeout(STOPS_WITHIN, status(&base, "/targets/t0")).await.expect("pages are served");
            assert_eq!(page, 200, "{key}");
            stops(key, &mut daemon).await;
            std::fs::rename(at("file"), at(name)).unwrap();
        }
    }
}

#[tokio::test]
async fn a_configuration_that_hangs_at_a_reload_leaves_the_old_one_in_force() {
    let folder = Folder::with(&["home"]);
    let mut daemon = Daemon::start(&folder, |_| {});
    let base = daemon.base().await;
    std::fs::remove_file(folder.file()).unwrap();
    make_fifo(&folder.file());
    for _ in 0..20 {
        daemon.signal("HUP").await;
    }
    let refused = daemon.logs("level=error").await;
    assert!(refused.contains("is a FIFO") && refused.contains("old one stays in force"), "{refused}");
    assert_eq!(status(&base, "/targets/home").await, 200);
    stops("a configuration that is a FIFO", &mut daemon).await;
}

#[tokio::test]
async fn it_stops_in_time_while_servers_and_clients_say_nothing() {
    let folder = Folder::with(&[]);
    let (_silent, url) = silent();
    folder.write_text(&targets(50, &url, ", timeout: 60s"));
    let mut daemon = Daemon::start(&folder, |_| {});
    let base = daemon.base().await;
    let address = base.trim_start_matches("http://").to_owned();
    #[expect(clippy::disallowed_methods, reason = "the test is the client")]
    let connect = || std::net::TcpStream::connect(&address).unwrap();
    let clients: Vec<_> = (0..20).map(|_| connect()).collect();
    for mut client in &clients {
        std::io::Write::write_all(&mut client, b"GET /targets/t1 HTTP/1.1\r\nHost: ").unwrap();
    }
    assert_eq!(status(&base, "/-/healthy").await, 200);
    stops("silent servers and clients", &mut daemon).await;
}

#[tokio::test]
async fn it_runs_and_stops_while_nobody_reads_its_log() {
    let folder = Folder::with(&["home"]);
    let mut daemon = Daemon::start(&folder, |command| {
        command.arg("--log.level=debug");
    });
    let base = daemon.base().await;
    // The rest is read by nobody, and each reload is logged: more than a pipe holds.
    for _ in 0..300 {
        folder.write_text(&format!("targets: {{}}\n# {}\n", "x".repeat(10)));
        daemon.signal("HUP").await;
    }
    assert_eq!(status(&base, "/-/healthy").await, 200);
    stops("a log that nobody reads", &mut daemon).await;
}

#[tokio::test]
async fn a_process_that_was_stopped_for_a_while_goes_on() {
    let folder = Folder::with(&["home"]);
    let mut daemon = Daemon::start(&folder, |_| {});
    let base = daemon.base().await;
    daemon.signal("STOP").await;
    daemon.signal("CONT").await;
    assert_eq!(status(&base, "/-/healthy").await, 200);
    stops("a process that was stopped", &mut daemon).await;
}

#[tokio::test]
async fn it_leaves_no_core_file_and_only_root_may_look_into_it() {
    use std::os::unix::fs::MetadataExt as _;
    let folder = Folder::with(&["home"]);
    let mut daemon = Daemon::start(&folder, |command| {
        command.stdout(Stdio::null());
    });
    daemon.base().await;
    let process = format!("/proc/{}", daemon.child.id().unwrap());
    let limits = std::fs::read_to_string(format!("{process}/limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().filter(|word| *word == "0").count(), 2, "{core}");
    // The kernel gives the files of a process that is not dumpable to root, whoever runs it.
    assert_eq!(std::fs::metadata(format!("{process}/environ")).unwrap().uid(), 0);
    stops("a sealed process", &mut daemon).await;
}
