//! No password, hash or key is ever told: not in the log, not on a page, not in an error.

use std::net::SocketAddr;

use super::{
    process::{Daemon, no_targets, ssowatch},
    support::{Authority, Client, Folder, basic, hash},
};

const PASSWORD: &str = "cAnArY-password";
const WRONG: &str = "cAnArY-wrong";

#[tokio::test]
async fn nothing_secret_is_told_whatever_is_done() {
    let authority = Authority::new("server authority");
    let hashed = hash(PASSWORD);
    let users = format!("basic_auth_users: {{ops: {hashed}}}\n");
    let tls = "tls_server_config: {cert_file: cert.pem, key_file: key.pem}\n";
    let identity = authority.server();
    let folder = Folder::with(&format!("{tls}{users}"));
    folder.put(&identity);
    let flags = [
        "serve",
        &no_targets(folder.path("").as_path()),
        &format!("--web.config.file={}", folder.config().display()),
        "--web.listen-address=127.0.0.1:0",
        "--log.level=debug",
    ];
    let mut daemon = Daemon::start(&mut ssowatch(&flags));
    let address: SocketAddr = daemon.address().await.parse().unwrap();
    let client = Client::of(&authority);
    let mut told = String::new();
    let mut statuses = Vec::new();
    let inline_key = format!("tls_server_config: {{cert_file: cert.pem, key: \"{}\"}}\n", identity.key.trim());
    for config in [
        format!("{tls}{users}"),
        format!("basic_auth_users: {{ops: {PASSWORD}}}\n"),
        format!("basic_auth_users: [{hashed}]\n"),
        format!("basic_auth_users: {hashed}\n"),
        format!("basic_auth_users: {{ops: {hashed}x}}\n"),
        format!("basic_auth_users: {{ops: {{{hashed}: {PASSWORD}}}}}\n"),
        format!("basic_auth_users:\n  ops: {hashed}\n bad: {PASSWORD}\n"),
        inline_key,
        format!("tls_server_config:\n  key: |\n{}\n", identity.key),
    ] {
        folder.write("web.yml", &config);
        for (user, password) in [("ops", PASSWORD), ("ops", WRONG), (WRONG, PASSWORD)] {
            for path in ["/metrics", "/config", "/", "/api/v1/targets", "/nowhere"] {
                let login = basic(user, password);
                let answer = client.get_with(address, path, &[("Authorization", &login)]).await.unwrap();
                statuses.push(answer.status);
                told += &format!("{:?}\n{}\n", answer.headers, answer.text());
            }
        }
    }
    assert!(statuses.contains(&200) && statuses.contains(&401), "{statuses:?}");
    told += &daemon.stop().await;
    let kept = told.matches("is not accepted").count();
    assert!(kept >= 8, "each broken file is told of once: {kept}");
    let body = identity.key.lines().nth(1).unwrap();
    for secret in [PASSWORD, WRONG, &hashed, &hashed[29..], &basic("ops", PASSWORD)[6..], body, &body[..20]] {
        let line = told.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "{secret} is told: {line:?}");
    }
}
