//! `ssowatch notify test`, as a user runs it.

use std::process::Stdio;

use tokio::process::Command;

use crate::collect::server::{Server, json};

/// Runs it over this configuration: exit code, and what it says.
async fn run(config: &str, names: &[&str]) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ssowatch.yml");
    std::fs::write(&file, format!("{config}\ntargets: []\n")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ssowatch"))
        .args(["notify", "test"])
        .args(names)
        .arg("--config.file")
        .arg(&file)
        .env_clear()
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code().unwrap(), text)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_receiver_gets_one_message_and_what_came_of_it_is_told() {
    let good = Server::plain().await;
    good.does(|_| json(200, "{}"));
    let bad = Server::plain().await;
    bad.does(|_| json(403, r#"{"error": "no such user"}"#));
    let config = format!(
        "notify:\n  - {{name: phone, ntfy: {{url: 'http://{}', topic: a}}}}\n  - {{name: chat, webhook: {{url: 'http://{}/x'}}}}",
        good.address, bad.address
    );
    let (code, says) = run(&config, &[]).await;
    let lines: Vec<&str> = says.lines().collect();
    assert_eq!(lines[0], "phone (ntfy) took the test message");
    assert_eq!(lines[1], "chat (webhook) did not take it: HTTP 403 (check the token or the password): no such user");
    assert_eq!(code, 1, "{says}");
    assert!(good.seen()[0].body.contains("a test message"));
    let (code, says) = run(&config, &["phone"]).await;
    assert_eq!((code, says.lines().count()), (0, 1), "{says}");
    assert_eq!((good.seen().len(), bad.seen().len()), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_receiver_or_another_one_is_told_what_to_do() {
    let (code, says) = run("", &[]).await;
    assert!(code == 3 && says.contains("the configuration has no receivers; write for example"), "{code} {says}");
    let (code, says) = run("notify: [{name: phone, webhook: {url: 'https://a.test'}}]", &["phne"]).await;
    assert!(code == 3 && says.contains("there is no receiver \"phne\"; did you mean \"phone\"?"), "{code} {says}");
}
