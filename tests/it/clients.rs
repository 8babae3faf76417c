//! The provider's clients, from one key to a configuration that is watched.

use std::process::Command;

use ssowatch::{
    clock::Clock,
    collect::{CollectMode, Collector},
    config::{Config, Target},
    lab::{ADMIN_API_KEY, Fault, Lab, LabOptions, USER_API_KEY},
    model::{Credential, Missing, Side, Verdict},
    round::round,
};

const LIST: &str = "/api/oidc/clients";

/// What a command gave.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

async fn ssowatch(arguments: &[&str]) -> Ran {
    let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    let run = move || Command::new(env!("CARGO_BIN_EXE_ssowatch")).args(arguments).env_clear().output().unwrap();
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

/// A lab over plain HTTP on loopback, and a file with a key.
struct Stage {
    lab: Lab,
    folder: tempfile::TempDir,
    provider: String,
    key: String,
}

impl Stage {
    async fn of(options: LabOptions, key: &str) -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        let lab = Lab::start(LabOptions { tls: false, ..options }).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        std::fs::write(&file, key).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let provider = lab.provider_url().to_string().trim_end_matches('/').to_owned();
        Self { lab, provider, key: file.to_str().unwrap().to_owned(), folder }
    }

    async fn ask(&self, command: &[&str], more: &[&str]) -> Ran {
        let common = ["--provider", &self.provider, "--provider.api-key-file", &self.key];
        ssowatch(&[command, &common, more].concat()).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_lists_all_clients_of_any_release() {
    for (major, minor) in [(1, 16), (2, 3), (2, 9), (2, 10), (2, 14)] {
        let stage = Stage::of(LabOptions::version(major, minor), ADMIN_API_KEY).await;
        stage.lab.break_with(Fault::ClientNotWatched);
        let ran = stage.ask(&["clients"], &[]).await;
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{major}.{minor}");
        let head = format!("{}: 5 clients, 0 watched\n", stage.provider);
        assert!(ran.out.starts_with(&head), "{}", ran.out);
        for part in ["Kasm Workspaces (kasm)", "PKCE client (grafana)", "public client", "restricted to groups"] {
            assert!(ran.out.contains(part), "{major}.{minor}: {part} in {}", ran.out);
        }
        assert!(!ran.out.contains("1 active secret (KasmC"), "no more than four characters: {}", ran.out);
        assert_eq!(ran.out.contains("1 active secret (Kasm without an end)"), (major, minor) >= (2, 14), "{}", ran.out);
        let json: serde_json::Value = serde_json::from_str(&stage.ask(&["clients"], &["--json"]).await.out).unwrap();
        assert_eq!(json["providers"][0]["clients"][0]["app_kind"], "kasm");
        // Who asks the provider alone asks no app.
        assert_eq!(stage.lab.seen().iter().filter(|seen| seen.side == Side::App).count(), 0);
        assert_eq!(stage.lab.stop().await, [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_the_way_is_said() {
    let stage = Stage::of(LabOptions::default(), USER_API_KEY).await;
    let ran = stage.ask(&["clients"], &[]).await;
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("its clients cannot be told: ") && ran.err.contains("admin"), "{}", ran.err);
    let ran = ssowatch(&["clients", "--provider", &stage.provider]).await;
    assert!(ran.err.contains("this needs a Pocket ID API key of an admin"), "{}", ran.err);
    let ran = ssowatch(&["config", "init", "--provider", &stage.provider]).await;
    assert!(ran.err.contains("--kasm") && ran.code != 0, "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn from_one_key_to_a_configuration_that_is_valid_and_judged() {
    let stage = Stage::of(LabOptions::default(), ADMIN_API_KEY).await;
    let file = stage.folder.path().join("ssowatch.yml");
    let file = file.to_str().unwrap();
    let ran = stage.ask(&["config", "init"], &["--output", file]).await;
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.out);
    let written = std::fs::read_to_string(file).unwrap();
    assert!(!written.contains(ADMIN_API_KEY), "the key stays in its file");
    let ran = ssowatch(&["config", "check", file]).await;
    assert_eq!(ran.code, 0, "{}{}\n{written}", ran.out, ran.err);
    let ran = ssowatch(&["check", "--config.file", file]).await;
    assert_eq!(ran.code, 0, "{}{}\n{written}", ran.out, ran.err);
    assert!(ran.out.contains("kasm-workspaces: people can sign in"), "{}", ran.out);
    stage.lab.break_with(Fault::ClientNotWatched);
    std::fs::remove_file(file).unwrap();
    let ran = stage.ask(&["config", "init"], &["--output", file]).await;
    assert_eq!(ran.code, 0, "{}", ran.err);
    let written = std::fs::read_to_string(file).unwrap();
    let target = "    app: {kind: grafana, url: https://grafana.example.test}\n";
    assert!(written.contains("  - name: pkce-client    # PKCE client\n") && written.contains(target), "{written}");
    let ran = ssowatch(&["config", "check", file]).await;
    assert_eq!(ran.code, 0, "{}{}\n{written}", ran.out, ran.err);
    assert_eq!(stage.lab.stop().await, [""; 0]);
}

/// Two targets of one lab, of which one tells of all clients.
fn two(lab: &Lab) -> Vec<Target> {
    let first = Target { name: "first".to_owned(), ..lab.target() };
    let with_key = |name: &str| Target { name: name.to_owned(), ..lab.target_with(&[Credential::ProviderAdminKey]) };
    Config::of_targets(vec![first, with_key("second"), with_key("third")]).targets
}

#[tokio::test]
async fn of_all_targets_of_a_provider_the_first_with_a_key_tells_of_its_clients() {
    let lab = Lab::start(LabOptions::default()).await.unwrap();
    lab.break_with(Fault::ClientNotWatched);
    let collector = Collector::new(Clock::System);
    let mut verdicts = Vec::new();
    for target in two(&lab) {
        let seen = round(&collector, &target, None, CollectMode::Full).await;
        verdicts.push(seen.report.check("clients_watched").unwrap().verdict);
        if target.name == "third" {
            let told = Missing::NotApplicable("the target second tells of all clients".to_owned());
            assert_eq!(seen.snapshot.clients.value, Err(told));
        }
    }
    assert_eq!(verdicts, [Verdict::NotApplicable, Verdict::Fail, Verdict::NotApplicable]);
    assert_eq!(lab.count(Side::Provider, LIST), 1, "asked once for all of them");
    assert_eq!(lab.stop().await, [""; 0]);
}
