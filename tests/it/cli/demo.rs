//! The demo as a user runs it.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
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

#[test]
fn a_fault_that_is_typed_is_told_with_its_cause_and_quit_ends_the_demo() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ssowatch"));
    command.args(["demo", "--break", "redirect_url_trailing_slash", "--web.listen-address", "127.0.0.1:0"]).env_clear();
    let mut demo = Demo(command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    let mut typed = demo.0.stdin.take().unwrap();
    let mut lines = BufReader::new(demo.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut until = |part: &str| lines.by_ref().find(|line| line.contains(part)).is_some();
    assert!(until("Status page  http://127.0.0.1:"), "the introduction");
    assert!(until("Cause  redirect_uri_is_own"), "the fault of the beginning");
    writeln!(typed, "redirect_url_trailing_slash").unwrap();
    assert!(until("redirect_url_trailing_slash is fixed."), "the answer");
    assert!(until("people can sign in"), "all is well again");
    writeln!(typed, "config_deleted\nnonsense").unwrap();
    assert!(until("config_deleted is on"), "the answer");
    assert!(until("no fault is named \"nonsense\""), "a word that is no fault");
    assert!(until("Cause  login_offered"), "the fault that was typed");
    writeln!(typed, "quit").unwrap();
    assert_eq!(demo.0.wait().unwrap().code(), Some(0), "and nothing happened that must never happen");
}

#[test]
fn the_faults_are_listed_and_one_that_is_none_is_refused_with_what_was_meant() {
    let ran = ssowatch(&["demo", "--list-faults"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    for fault in ssowatch::lab::Fault::ALL {
        assert!(ran.out.contains(&format!(" {} ", fault.id())), "{fault}");
    }
    let ran = ssowatch(&["demo", "--break", "redirect_url_pathh"]);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    assert!(ran.err.contains("did you mean redirect_url_path"), "{}", ran.err);
}
