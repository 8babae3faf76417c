//! Mail, to a real server that we did not write (aiosmtpd).

use std::{process::Stdio, time::Duration};

use serde_json::Value;
use ssowatch::{
    clock::Clock,
    collect::webhook_client::SendError,
    notify::{
        Message, Phase,
        send::{Sender, Transport as _},
    },
};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use super::fake::{ended, item, message, receiver};
use crate::collect::pki::Authority;

/// Longer than anything here takes, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

struct MailServer {
    port: u16,
    folder: tempfile::TempDir,
    lines: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

impl MailServer {
    /// A server that is protected like this, and wants a login or does not.
    async fn new(protection: &str, login: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::new("ours");
        let served = authority.issue(&["localhost"]);
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let (chain, key) = (file("chain.pem", &served.pem), file("key.pem", &served.key_pem()));
        file("ca.pem", &authority.pem);
        let root = env!("CARGO_MANIFEST_DIR");
        let python = format!("{root}/target/tools-venv/bin/python");
        let mut child = Command::new(&python)
            .arg(format!("{root}/tests/it/notify/mail_server.py"))
            .arg(protection)
            .args([chain, key])
            .arg(if login { "yes" } else { "no" })
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{python}: {error}; tests/run makes it, from tests/tools/requirements.txt"));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().unwrap().parse().unwrap();
        Self { port, folder, lines, _child: child }
    }

    /// The settings of a receiver there, and these.
    fn settings(&self, more: &str) -> String {
        let ca = self.folder.path().join("ca.pem");
        format!(
            "smtp: {{host: localhost, port: {}, ca_file: '{}', from: 'SSO ü <sso@example.test>', \
             to: [admin@example.test, 'Zwei <zwei@example.test>'], {more}}}",
            self.port,
            ca.display()
        )
    }

    async fn send(&self, more: &str, message: &Message) -> Result<(), SendError> {
        Sender::new(Clock::System, None).deliver(&receiver(&self.settings(more)), message).await
    }

    /// The next mail that it took.
    async fn mail(&mut self) -> Value {
        let line = timeout(PATIENCE, self.lines.next_line()).await.unwrap().unwrap().unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

/// A header of a mail, unfolded.
fn header(mail: &Value, name: &str) -> Option<String> {
    let content = mail["content"].as_str().unwrap().replace("\r\n ", " ");
    let head = content.split("\r\n\r\n").next().unwrap().to_owned();
    head.lines().find_map(|line| line.strip_prefix(&format!("{name}: "))).map(str::to_owned)
}

#[tokio::test]
async fn mail_arrives_by_starttls_and_by_tls_with_a_login() {
    for protection in ["starttls", "tls"] {
        let mut server = MailServer::new(protection, true).await;
        let login = format!("tls: {protection}, username: me, password: right");
        server.send(&login, &message(Phase::Begun)).await.unwrap();
        let mail = server.mail().await;
        assert_eq!((&mail["tls"], &mail["login"]), (&Value::from(true), &Value::from("me")), "{protection}");
        assert_eq!(mail["from"], "sso@example.test");
        assert_eq!(mail["to"], serde_json::json!(["admin@example.test", "zwei@example.test"]));
        assert_eq!(mail["hello"], "example.test");
        assert_eq!(header(&mail, "Subject").as_deref(), Some("home: people cannot sign in"));
        let content = mail["content"].as_str().unwrap();
        assert!(content.contains("Cause: redirect_uri_registered"), "{content}");
        assert!(header(&mail, "Content-Type").unwrap().starts_with("text/plain"), "{content}");
    }
}

#[tokio::test]
async fn the_mail_about_a_fix_stands_in_the_thread_of_the_one_about_the_break() {
    let mut server = MailServer::new("none", false).await;
    let plain = "tls: none";
    let both = Message { items: vec![item("home", Phase::Begun), item("work", Phase::Begun)], held_until: None };
    let work = Message { items: vec![item("work", ended())], held_until: None };
    for told in [&both, &message(ended()), &work, &message(Phase::Passed { until: Clock::System.now() })] {
        server.send(plain, told).await.unwrap();
    }
    let broken = server.mail().await;
    let (home, work, passed) = (server.mail().await, server.mail().await, server.mail().await);
    let id = header(&broken, "Message-ID").unwrap();
    assert_eq!(header(&home, "In-Reply-To"), Some(id.clone()));
    assert_eq!(header(&home, "References"), Some(id.clone()));
    assert_ne!(header(&home, "Message-ID"), Some(id));
    // The thread of the other target is that of the same mail.
    assert_eq!(header(&broken, "References"), header(&work, "References"));
    assert_ne!(header(&home, "Message-ID"), header(&passed, "Subject"));
    assert_eq!(header(&home, "Subject").as_deref(), Some("home: people can sign in again"));
}

#[tokio::test]
async fn no_name_adds_a_header_to_a_mail() {
    let mut server = MailServer::new("none", false).await;
    let mut told = message(Phase::Begun);
    told.items[0].target = "home\r\nBcc: evil@example.test".to_owned();
    told.items[0].notice.what = "\r\n.\r\nMAIL FROM:<evil@example.test>\r\n".to_owned();
    server.send("tls: none", &told).await.unwrap();
    let mail = server.mail().await;
    assert_eq!(header(&mail, "Bcc"), None, "{mail}");
    assert_eq!(mail["to"].as_array().unwrap().len(), 2);
    let content = mail["content"].as_str().unwrap();
    assert!(content.contains("MAIL FROM:<evil@example.test>"), "it is text: {content}");
}

#[tokio::test]
async fn what_a_mail_server_refuses_is_told_with_what_to_do_and_without_the_password() {
    let starttls = MailServer::new("starttls", true).await;
    let plain = MailServer::new("none", false).await;
    let login = "tls: starttls, username: me, password: wrong-canary";
    for (server, settings, says) in [
        (&starttls, login, "check username and password_file"),
        (&starttls, "tls: starttls", "530"),
        (&plain, "tls: starttls", "STARTTLS"),
        (&plain, "tls: tls", "localhost:"),
    ] {
        let untold = server.send(settings, &message(Phase::Begun)).await.unwrap_err();
        assert!(untold.detail.contains(says), "{settings}: {untold:?}");
        assert!(untold.detail.starts_with(&format!("localhost:{}: ", server.port)), "{untold:?}");
        assert!(!format!("{untold:?}").contains("canary"), "{untold:?}");
    }
    let nobody = plain.settings("tls: none").replace("admin@", "nobody@");
    let untold = Sender::new(Clock::System, None).deliver(&receiver(&nobody), &Message::test()).await.unwrap_err();
    assert!(untold.detail.contains("there is no such mailbox"), "{untold:?}");
    let closed = "smtp: {host: 127.0.0.1, port: 1, tls: none, from: a@b.test, to: [c@d.test]}";
    let untold = Sender::new(Clock::System, None).deliver(&receiver(closed), &Message::test()).await.unwrap_err();
    assert!(untold.detail.contains("127.0.0.1:1") && untold.detail.contains("refused"), "{untold:?}");
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_refused_before_the_password_is_sent() {
    let server = MailServer::new("starttls", true).await;
    let other = MailServer::new("starttls", true).await;
    let login = "tls: starttls, username: me, password: right";
    let foreign = server
        .settings(login)
        .replace(&server.folder.path().display().to_string(), &other.folder.path().display().to_string());
    let untold = Sender::new(Clock::System, None).deliver(&receiver(&foreign), &Message::test()).await.unwrap_err();
    assert!(untold.detail.contains("certificate") && untold.detail.contains("ca_file"), "{untold:?}");
}
