//! The demo as a user runs it.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver},
    time::Duration,
};

use super::ssowatch;

/// A running demo; ends with the test, whatever happens in it.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A line comes within this time on the busiest machine, or never.
const PATIENCE: Duration = Duration::from_secs(60);

/// A demo that is running, what is typed into it, and what it says.
struct Talk {
    demo: Demo,
    typed: ChildStdin,
    lines: Receiver<String>,
}

impl Talk {
    fn with(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ssowatch"));
        command.arg("demo").args(arguments).args(["--web.listen-address", "127.0.0.1:0"]).env_clear();
        let mut demo =
            Demo(command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
        let typed = demo.0.stdin.take().unwrap();
        let out = BufReader::new(demo.0.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { demo, typed, lines }
    }

    fn types(&mut self, text: &str) {
        writeln!(self.typed, "{text}").unwrap();
    }

    #[track_caller]
    fn says(&mut self, part: &str) {
        let mut said = String::new();
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            if line.contains(part) {
                return;
            }
            said += &format!("{line}\n");
        }
        panic!("{part:?} is not said, but:\n{said}");
    }

    #[track_caller]
    fn quits(mut self) {
        self.types("Quit");
        assert_eq!(self.demo.0.wait().unwrap().code(), Some(0), "and nothing happened that must never happen");
    }
}

#[test]
fn a_fault_that_is_typed_is_reported_with_its_cause_and_quit_ends_the_demo() {
    let mut talk = Talk::with(&["--bare", "--break", "redirect_url_trailing_slash"]);
    talk.says("Status page  http://127.0.0.1:");
    talk.says("Cause  redirect_uri_is_own");
    talk.types("redirect_url_trailing_slash");
    talk.says("redirect_url_trailing_slash is fixed. Looking ...");
    talk.says("people can sign in");
    talk.types("Config_Deleted\nnonsense");
    talk.says("config_deleted is on");
    talk.says("no fault is named \"nonsense\"");
    talk.says("Cause  login_offered");
    talk.types("fix");
    talk.says("people can sign in");
    talk.types("token_url_stale");
    talk.says("token_url_stale is on");
    talk.says("token_url_stale changes nothing: it is seen only with a Kasm key");
    talk.types("grafana_down");
    talk.says("--bare leaves it out");
    talk.quits();
}

#[test]
fn the_usual_demo_has_four_apps_and_a_fault_of_one_is_its_own() {
    let mut talk = Talk::with(&[]);
    for app in ["Kasm ", "Grafana ", "Immich ", "Paperless-ngx "] {
        talk.says(app);
    }
    for _ in 0..4 {
        talk.says(": people can sign in");
    }
    talk.types("list immich");
    talk.says("immich_without_openid");
    talk.types("grafana_behind_proxy");
    talk.says("grafana: people cannot sign in");
    talk.says("Cause  redirect_uri_is_own");
    talk.types("two_configs");
    talk.says("two_configs is on");
    talk.types("list no such thing");
    talk.says("Nothing here has to do with");
    talk.quits();
}

#[test]
fn the_faults_are_listed_and_one_that_is_none_is_refused_with_what_was_meant() {
    let ran = ssowatch(&["demo", "--list-faults"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let pair = ssowatch::lab::Fault::ALL.iter().map(|fault| fault.id());
    for id in pair.chain(ssowatch::lab::AppFault::ALL.iter().map(|fault| fault.id())) {
        assert!(ran.out.contains(&format!(" {id} ")), "{id}");
    }
    let ran = ssowatch(&["demo", "--bare", "--break", "grafana_down"]);
    assert_eq!((ran.code, ran.err.as_str()), (3, "ssowatch: grafana_down is of an app that --bare leaves out\n"));
    let ran = ssowatch(&["demo", "--break", "redirect_url_pathh"]);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    assert!(ran.err.contains("did you mean redirect_url_path"), "{}", ran.err);
}
