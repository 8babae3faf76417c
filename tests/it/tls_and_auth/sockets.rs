//! Unix sockets, sockets of systemd, and what `healthcheck` asks there; and the web-config file from the command line.

use std::{net::SocketAddr, path::Path};

use tokio::{net::UnixStream, process::Command};

use super::{
    process::{Daemon, no_targets, ssowatch},
    support::{Authority, Folder, basic, hash},
};
use crate::web::support::{ask, exchange};

async fn status_at(socket: &Path, path: &str) -> u16 {
    let mut stream = UnixStream::connect(socket).await.unwrap();
    exchange(&mut stream, "localhost", "GET", path, &[]).await.unwrap().status
}

/// Whether `healthcheck` with these flags says that all is well; else what it says.
async fn healthcheck(flags: &[&str]) -> Result<(), String> {
    let output = ssowatch(&[&["healthcheck"], flags].concat()).output().await.unwrap();
    match output.status.code() {
        Some(0) => Ok(()),
        _ => Err(String::from_utf8(output.stderr).unwrap()),
    }
}

#[tokio::test]
async fn a_unix_socket_is_served_beside_a_port_and_goes_at_the_end() {
    let folder = Folder::with("");
    let (socket, config) = (folder.path("s"), no_targets(folder.path("").as_path()));
    let unix = format!("--web.listen-address=unix:{}", socket.display());
    let arguments = ["serve", &config, "--web.listen-address=127.0.0.1:0", &unix, "--web.route-prefix=/watch"];
    let mut daemon = Daemon::start(&mut ssowatch(&arguments));
    let port: SocketAddr = daemon.address().await.parse().unwrap();
    assert_eq!(daemon.address().await, format!("unix:{}", socket.display()));
    assert_eq!(ask(port, "GET", "/watch/-/healthy", &[]).await.status, 200);
    assert_eq!(status_at(&socket, "/watch/metrics").await, 200);
    assert_eq!(healthcheck(&[&unix, "--web.route-prefix=/watch"]).await, Ok(()));
    assert!(healthcheck(&[&unix]).await.unwrap_err().contains("answers 404"), "without the prefix");

    let second = ssowatch(&["serve", &config, &unix]).output().await.unwrap();
    let told = String::from_utf8(second.stderr).unwrap();
    assert_eq!(second.status.code(), Some(3));
    assert!(
        told.contains(&format!("cannot listen on unix:{}", socket.display())) && told.contains("another"),
        "{told}"
    );

    daemon.stop().await;
    assert!(!socket.exists());
    assert!(healthcheck(&[&format!("--url=unix:{}", socket.display())]).await.unwrap_err().contains("does not answer"));
}

#[tokio::test]
async fn what_a_daemon_that_was_killed_left_behind_is_replaced() {
    let folder = Folder::with("");
    let (socket, config) = (folder.path("s"), no_targets(folder.path("").as_path()));
    let unix = format!("--web.listen-address=unix:{}", socket.display());
    for _ in 0..2 {
        let mut daemon = Daemon::start(&mut ssowatch(&["serve", &config, &unix]));
        daemon.address().await;
        assert_eq!(status_at(&socket, "/-/healthy").await, 200);
        daemon.child.kill().await.unwrap();
        assert!(socket.exists());
    }
}

/// As systemd does it: a port as descriptor 3, a unix socket as 4, their number and the process in the environment.
const SYSTEMD: &str = "
import os, socket, sys
port = socket.create_server(('127.0.0.1', 0))
unix = socket.socket(socket.AF_UNIX)
unix.bind(sys.argv[1])
unix.listen()
copies = [os.dup2(os.dup(one.fileno()), 20 + i) for i, one in enumerate((port, unix))]
for i, copy in enumerate(copies):
    os.dup2(copy, 3 + i, inheritable=True)
    os.close(copy)
os.execve(sys.argv[2], sys.argv[2:], {'LISTEN_FDS': '2', 'LISTEN_PID': str(os.getpid())})
";

#[tokio::test]
async fn sockets_of_systemd_are_served_and_left_alone() {
    let folder = Folder::with("");
    let socket = folder.path("s");
    let config = no_targets(folder.path("").as_path());
    let mut command = Command::new("python3");
    command.args(["-c", SYSTEMD]).arg(&socket).arg(env!("CARGO_BIN_EXE_ssowatch"));
    command.args(["serve", &config, "--web.systemd-socket"]).env_clear();
    let mut daemon = Daemon::start(&mut command);
    let port: SocketAddr = daemon.address().await.parse().unwrap();
    assert_eq!(daemon.address().await, format!("unix:{}", socket.display()));
    assert_eq!(ask(port, "GET", "/-/healthy", &[]).await.status, 200);
    assert_eq!(status_at(&socket, "/-/healthy").await, 200);
    daemon.stop().await;
    assert!(socket.exists(), "the socket is systemd's");
}

#[tokio::test]
async fn without_a_socket_of_systemd_the_flag_is_refused() {
    let folder = Folder::with("");
    let config = no_targets(folder.path("").as_path());
    let output = ssowatch(&["serve", &config, "--web.systemd-socket"]).output().await.unwrap();
    assert_eq!(output.status.code(), Some(3));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains(".socket unit"), "{told}");
}

#[tokio::test]
async fn healthcheck_needs_no_login_and_no_authority_where_the_daemon_has_tls() {
    let users = format!("basic_auth_users: {{ops: {}}}\n", hash("right"));
    let certificates = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n";
    for more in ["".to_owned(), certificates.to_owned(), format!("{certificates}  max_version: TLS12\n")] {
        let authority = Authority::new("server authority");
        let folder = Folder::tls(&authority.server(), &format!("{more}{users}"));
        folder.write("ca.pem", &authority.pem());
        let config = no_targets(folder.path("").as_path());
        let web = format!("--web.config.file={}", folder.config().display());
        let unix = format!("--web.listen-address=unix:{}", folder.path("s").display());
        let flags = ["serve", &config, &web, "--web.listen-address=127.0.0.1:0", &unix];
        let mut daemon = Daemon::start(&mut ssowatch(&flags));
        let address = daemon.address().await;
        for flag in [format!("--web.listen-address={address}"), format!("--url=https://{address}"), unix.clone()] {
            assert_eq!(healthcheck(&[&flag]).await, Ok(()), "{more:?} {flag}");
        }
        daemon.stop().await;
    }
}

#[tokio::test]
async fn a_web_config_file_is_validated_where_the_configuration_is() {
    let folder = Folder::with("basic_auth_users: {ops: plain}\n");
    let config = no_targets(folder.path("").as_path());
    let web = format!("--web.config.file={}", folder.config().display());
    let told = format!("{}:1:25: basic_auth_users.ops: is not a bcrypt hash", folder.config().display());
    for (arguments, code) in [
        (&["serve", "--config.check", &config, &web][..], 3),
        (&["serve", "--web.listen-address=127.0.0.1:0", &config, &web], 3),
        (&["config", "check", &config, &web], 1),
    ] {
        let output = ssowatch(arguments).output().await.unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {error}");
        assert!(error.contains(&told), "{arguments:?}: {error}");
    }
    folder.write("web.yml", &format!("basic_auth_users: {{ops: {}}}\n", hash("right")));
    for arguments in [&["serve", "--config.check", &config, &web][..], &["config", "check", &config, &web]] {
        let output = ssowatch(arguments).output().await.unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert!(String::from_utf8(output.stdout).unwrap().contains("The web configuration is valid."), "{arguments:?}");
    }
}

#[tokio::test]
async fn the_file_may_be_named_by_the_environment() {
    let folder = Folder::with(&format!("basic_auth_users: {{ops: {}}}\n", hash("right")));
    let config = no_targets(folder.path("").as_path());
    let mut command = ssowatch(&["serve", &config, "--web.listen-address=127.0.0.1:0"]);
    let mut daemon = Daemon::start(command.env("SSOWATCH_WEB_CONFIG_FILE", folder.config()));
    let address: SocketAddr = daemon.address().await.parse().unwrap();
    assert_eq!(ask(address, "GET", "/metrics", &[]).await.status, 401);
    let login = basic("ops", "right");
    assert_eq!(ask(address, "GET", "/metrics", &[("Authorization", &login)]).await.status, 200);
    daemon.stop().await;
}
