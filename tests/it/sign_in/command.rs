//! The commands of the canary, as an operator runs them.

use std::process::Command;

use ssowatch::lab::BrokenSignIn;

use super::Played;

struct Ran {
    code: i32,
    out: String,
    err: String,
}

/// A configuration with a canary, and the program that goes by it.
async fn canary(played: &Played, args: &[&str]) -> Ran {
    let file = played.folder.path().join("ssowatch.yml");
    let complete = played.target.canary.as_ref().unwrap().complete;
    let canary = format!("canary: {{user: canary, passkey_file: canary.json, complete: {complete}}}\n");
    std::fs::write(&file, format!("{}{canary}", played.lab.config_yaml())).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ssowatch"));
    command.arg("canary").args(args).arg("--config.file").arg(&file).env_clear();
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[tokio::test]
async fn from_nothing_to_the_first_sign_in_and_back_again() {
    for release in [(2, 9), (2, 14)] {
        let played = Played::new(release, true).await;
        let none = canary(&played, &["run"]).await;
        assert_eq!((none.code, none.out.contains("there is no passkey yet")), (1, true), "{} {}", none.out, none.err);
        std::fs::remove_file(ssowatch::canary::runs::place(&played.file())).unwrap();

        let wrong = canary(&played, &["enroll", "--code", "WRONG1"]).await;
        assert_eq!((wrong.code, wrong.err.contains("the code is not taken")), (3, true), "{}", wrong.err);
        let code = played.lab.one_time_code();
        let enrolled = canary(&played, &["enroll", "--user", "canary", "--code", &code]).await;
        assert_eq!(enrolled.code, 0, "{}", enrolled.err);
        assert!(enrolled.out.contains("canary is enrolled") && enrolled.out.contains("is given"), "{}", enrolled.out);
        let status = canary(&played, &["status"]).await;
        assert!(status.out.contains("has not signed in yet"), "{}", status.out);

        let first = canary(&played, &["run"]).await;
        assert_eq!(first.code, 0, "{} {}", first.out, first.err);
        assert!(first.out.contains("lab: signed in and landed at"), "{}", first.out);
        let again = canary(&played, &["run"]).await;
        assert_eq!(again.code, 3);
        assert!(again.out.contains("once in 60 minutes; the last time:\nlab: signed in and landed"), "{}", again.out);
        assert_eq!(played.lab.sign_in_traces().app_sessions, 1);
        let status = canary(&played, &["status"]).await;
        assert!(status.out.contains("is enrolled since") && status.out.contains("landing"), "{}", status.out);

        let removed = canary(&played, &["remove"]).await;
        assert!(removed.out.contains("delete the user, and with it its passkey"), "{}", removed.out);
        assert!(!played.file().exists());
        for ran in [wrong, enrolled, first, again, status, removed] {
            for secret in played.lab.sign_in_secrets() {
                assert!(!format!("{}{}", ran.out, ran.err).contains(&secret), "{secret}: {}", ran.out);
            }
        }
        played.close().await;
    }
}

#[tokio::test]
async fn the_exit_code_says_whose_fault_it_is() {
    for (broken, code, says) in [
        (BrokenSignIn::UserDisabled, 1, "at the step passkey: HTTP 403: User account is disabled"),
        (BrokenSignIn::AppSecretWrong, 2, "at the step landing: HTTP 500"),
    ] {
        let played = Played::enrolled((2, 14), true).await;
        played.lab.break_sign_in(broken);
        let ran = canary(&played, &["run"]).await;
        assert_eq!(ran.code, code, "{}", ran.out);
        assert!(ran.out.contains(says), "{}", ran.out);
        played.close().await;
    }
}
