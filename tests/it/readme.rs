//! The README says what is so: its tables are made from the code, its examples work, its flags and paths exist.
//!
//! `UPDATE_README=1 cargo test --test it readme::` writes the parts that are made from the code.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

use ssowatch::{
    apps::kasm::StartOutcome,
    checks,
    config::Config,
    lab::{Fault, LabOptions},
    metrics::markdown_table,
    model::{Credential, DryRun, Snapshot},
    render::{explain, style::Style, text},
};

use crate::{
    end_to_end::{daemon::Daemon, http},
    faults::stage::Stage,
    matrix,
    shipped::alerts::sample_page,
};

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

fn readme() -> String {
    std::fs::read_to_string(path()).unwrap()
}

/// The fenced blocks of a language.
fn blocks(language: &str) -> Vec<String> {
    let readme = readme();
    let fences: Vec<&str> = readme.split("\n```").collect();
    let fenced = fences.iter().filter_map(|part| part.strip_prefix(language)?.strip_prefix('\n'));
    fenced.map(str::to_owned).collect()
}

/// What the README tells Prometheus, both jobs.
pub fn scrape_configs() -> String {
    let jobs: Vec<String> =
        blocks("yaml").iter().filter_map(|block| Some(block.strip_prefix("scrape_configs:\n")?.to_owned())).collect();
    assert_eq!(jobs.len(), 2);
    format!("scrape_configs:\n{}\n", jobs.join("\n"))
}

/// A pair that is broken by one slash, at the addresses that the README names.
fn broken() -> Snapshot {
    let text = serde_json::to_string(&Snapshot::healthy()).unwrap().replace(".example.test", ".example.com");
    let mut snapshot: Snapshot = serde_json::from_str(&text).unwrap();
    let StartOutcome::Url(url) = &mut snapshot.login_start.value.as_mut().unwrap().starts[0].outcome else {
        panic!("a healthy Kasm gives a URL")
    };
    url.redirect_uri.as_mut().unwrap().push('/');
    snapshot.target.name = "kasm.example.com".to_owned();
    let refusal =
        "The 'redirect_uri' parameter does not match any of the OAuth 2.0 Client's pre-registered redirect urls.";
    snapshot.authorize_dry_run.value = Ok(DryRun::ErrorPage { status: 302, message: refusal.to_owned() });
    snapshot
}

fn sample() -> String {
    let snapshot = broken();
    let told = text::text(&checks::evaluate(&snapshot, None), &snapshot, Style::PLAIN);
    let asked = "ssowatch check --provider https://id.example.com --kasm https://kasm.example.com";
    format!("```console\n$ {asked}\n{}\n```\n", told.trim_end())
}

/// What is said of a lab that is broken like this, at the addresses that the README names: from the cause to its fix.
async fn example(fault: Fault, credential: Credential) -> String {
    let mut stage = Stage::new(LabOptions { tls: true, ..LabOptions::default() }).await;
    stage.target = stage.lab.target_with(&[credential]);
    stage.lab.break_with(fault);
    stage.look().await;
    let seen = serde_json::to_string(stage.snapshot()).unwrap().replace(".example.test", ".example.com");
    let snapshot: Snapshot = serde_json::from_str(&seen.replace("provider.client_secret\"", "FILE\"")).unwrap();
    stage.close("an example").await;
    let told = text::text(&checks::evaluate(&snapshot, None), &snapshot, Style::PLAIN);
    let cause = told.split_once("\nCause ").unwrap_or_else(|| panic!("{told}")).1;
    format!("```text\nCause {}\n```\n", cause.split("\n\n").next().unwrap().trim_end())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_from_the_code_is_up_to_date() {
    let mut made = readme();
    for (name, text) in [
        ("sample", sample()),
        ("metrics", markdown_table()),
        ("checks", explain::markdown_table()),
        ("page", format!("```text\n{}\n```\n", sample_page())),
        ("matrix", matrix::readme_section().await),
        ("scopes", Box::pin(example(Fault::ScopesInOneEntry, Credential::AppKey)).await),
        ("secret", Box::pin(example(Fault::SecretRegenerated, Credential::ClientSecret)).await),
    ] {
        let (begin, end) = (format!("<!-- {name}:begin -->\n"), format!("<!-- {name}:end -->"));
        let (before, rest) = made.split_once(&begin).unwrap_or_else(|| panic!("README.md lacks {begin}"));
        let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("README.md lacks {end}"));
        made = format!("{before}{begin}{text}{end}{after}");
    }
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(path(), &made).unwrap();
    }
    assert!(made == readme(), "README.md is out of date: run UPDATE_README=1 cargo test --test it readme::");
}

#[test]
fn the_configuration_that_has_everything_is_valid() {
    let example = blocks("yaml").into_iter().find(|block| block.starts_with("targets:")).expect("an example");
    let config = Config::parse(&example, "README.md", Path::new("/no/such/folder"), &|_| None).unwrap();
    assert_eq!(config.targets[0].name, "home");
    let warnings: Vec<_> = config.warnings.iter().filter(|warning| !warning.contains("No such file")).collect();
    assert!(warnings.is_empty(), "{warnings:?}");
}

fn help(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ssowatch"));
    let output = command.args(arguments).arg("--help").env_clear().output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The commands that the help of the program lists.
fn commands() -> Vec<String> {
    let help = help(&[]);
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // Two blanks before a name, more before the rest of a text.
    let names = listed.filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')));
    names.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

#[test]
fn every_command_stands_in_the_readme_and_every_one_there_exists() {
    let readme = readme();
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| `ssowatch "));
    let told: BTreeSet<String> = rows.map(|row| row.split([' ', '`']).next().unwrap().to_owned()).collect();
    assert_eq!(told, commands().into_iter().collect());
}

#[test]
fn every_flag_in_the_readme_exists() {
    let mut known = String::new();
    for command in commands() {
        known += &help(&[&command]);
    }
    for command in [&["config", "init"][..], &["maintenance", "start"], &["notify", "test"]] {
        known += &help(command);
    }
    // Of cargo, of tests/run, of curl.
    let others = ["--release", "--path", "--no-install", "--fail", "--user", "--header", "--data"];
    let readme = readme();
    let words = readme.split(|letter: char| letter.is_whitespace() || "`(),;:=[]|\\".contains(letter));
    let flags: BTreeSet<&str> = words
        .map(|word| word.trim_end_matches('.'))
        .filter(|word| word.starts_with("--") && word.len() > 3 && !others.contains(word))
        .collect();
    assert!(flags.len() > 10, "{flags:?}");
    for flag in flags {
        assert!(known.split([' ', '=', '[', ',', '\n']).any(|word| word == flag), "no command has {flag}");
    }
}

#[tokio::test]
async fn every_path_of_the_daemon_stands_in_the_readme_and_every_one_there_exists() {
    let daemon = Daemon::over(&[("home", &[])]).await;
    let answer = http::raw(daemon.address(), "/no/such/path", "").await.unwrap();
    let page = String::from_utf8(answer).unwrap();
    let readme = readme();
    let section = readme.split("\n## HTTP\n").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("a section");
    let code: Vec<&str> = section.split('`').skip(1).step_by(2).filter(|text| text.starts_with('/')).collect();
    let told: BTreeMap<&str, bool> =
        code.iter().map(|text| text.split('?').next().unwrap()).map(|path| (path, true)).collect();
    for path in told.keys() {
        let asked = path.replace("{name}", "home").replace("{id}", "login_offered");
        let answer = http::raw(daemon.address(), &asked, "").await.unwrap();
        let answer = String::from_utf8_lossy(&answer);
        assert!(!answer.contains("Nothing is at this address"), "{path} does not exist");
        assert!(page.contains(*path), "{path}");
    }
    let listed = page.split("<code>").skip(1).filter_map(|rest| rest.split("</code>").next());
    let missing: Vec<&str> = listed.filter(|path| path.starts_with('/') && !told.contains_key(path)).collect();
    assert_eq!(missing, Vec::<&str>::new(), "not in the README");
    daemon.ends_well().await;
}
