//! The documents are true: their tables are made from the code, their examples work, their flags and paths exist.
//!
//! `UPDATE_README=1 cargo test --test it readme::` writes the parts that are made from the code.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

use ssowatch::{
    apps::{AppKind, LoginMethod, kasm::StartOutcome},
    checks,
    config::Config,
    metrics::markdown_table,
    model::{DryRun, Snapshot},
    providers,
    render::{style::Style, text},
};

use crate::{
    end_to_end::{daemon::Daemon, http},
    matrix,
    shipped::alerts::sample_page,
};

/// The documents that speak of the program: what it is, how to run it, what it exports.
const README: &str = "README.md";
const DEPLOY: &str = "deploy/README.md";
/// The kinds of apps.
const APPS: &str = "deploy/apps.md";
/// The kinds of providers.
const PROVIDERS: &str = "deploy/providers.md";
const METRICS: &str = "dashboards/README.md";

fn path(document: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(document)
}

fn text_of(document: &str) -> String {
    std::fs::read_to_string(path(document)).unwrap()
}

fn readme() -> String {
    text_of(README)
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

/// Every kind of app that a configuration may name.
fn app_kinds() -> String {
    let mut table =
        "| `kind` | app | login starts at | callback | PKCE | a start leaves | proves the back channel | facts |\n\
                     | --- | --- | --- | --- | --- | --- | --- | --- |\n"
            .to_owned();
    for kind in AppKind::ALL.into_iter().filter(|kind| kind.may_be_named()) {
        let profile = kind.profile();
        let start = profile.start.map_or_else(
            || "as `login` says".to_owned(),
            |start| {
                let request = start.request();
                let method = if request.method == LoginMethod::Get { "GET" } else { "POST" };
                format!("`{method} {}`", request.path.split('?').next().unwrap())
            },
        );
        let callbacks: Vec<String> = profile.callbacks.iter().map(|path| format!("`{path}`")).collect();
        let callbacks = if callbacks.is_empty() { "as `callback` says".to_owned() } else { callbacks.join(", ") };
        let proves = if profile.asks_provider { "yes" } else { "no" };
        table.push_str(&format!(
            "| `{}` | {} | {start} | {callbacks} | {} | {} | {proves} | {}: {} |\n",
            profile.id,
            profile.title,
            profile.pkce.in_words(),
            profile.leaves,
            profile.grade.in_words(),
            profile.source
        ));
    }
    table
}

fn sample() -> String {
    let snapshot = broken();
    let told = text::text(&checks::evaluate(&snapshot, None), &snapshot, Style::PLAIN);
    let asked = "ssowatch check --provider https://id.example.com --kasm https://kasm.example.com";
    format!("```console\n$ {asked}\n{}\n```\n", told.trim_end())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_from_the_code_is_up_to_date() {
    let parts = [
        (README, "sample", sample()),
        (README, "page", format!("```text\n{}\n```\n", sample_page())),
        (PROVIDERS, "providers", providers::markdown_table()),
        (README, "matrix", matrix::readme_section().await),
        (METRICS, "metrics", markdown_table()),
    ];
    are_up_to_date(parts);
}

#[test]
fn the_table_of_app_kinds_is_up_to_date() {
    are_up_to_date([(APPS, "apps", app_kinds())]);
}

/// Holds the parts that are made from the code against the documents, or writes them there.
fn are_up_to_date<const N: usize>(parts: [(&str, &str, String); N]) {
    for (document, name, text) in parts {
        let there = text_of(document);
        let (begin, end) = (format!("<!-- {name}:begin -->\n"), format!("<!-- {name}:end -->"));
        let (before, rest) = there.split_once(&begin).unwrap_or_else(|| panic!("{document} lacks {begin}"));
        let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("{document} lacks {end}"));
        let made = format!("{before}{begin}{text}{end}{after}");
        if std::env::var_os("UPDATE_README").is_some() {
            std::fs::write(path(document), &made).unwrap();
        }
        assert!(
            made == text_of(document),
            "{document} is out of date: run UPDATE_README=1 cargo test --test it readme::"
        );
    }
}

#[test]
fn the_readme_fits_on_a_few_screens() {
    let lines = readme().lines().count();
    assert!(lines <= 300, "{lines} lines");
}

const EXAMPLE: &str = "deploy/ssowatch.example.yml";

#[test]
fn the_example_configuration_is_valid_and_has_every_key() {
    let example = text_of(EXAMPLE);
    let config = Config::parse(&example, EXAMPLE, Path::new("/no/such/folder"), &|_| None).unwrap();
    assert_eq!(config.targets[0].name, "home");
    let warnings: Vec<_> = config.warnings.iter().filter(|warning| !warning.contains("No such file")).collect();
    assert!(warnings.is_empty(), "{warnings:?}");
    let missing: Vec<String> = keys_that_are_read().into_iter().filter(|key| !names(&example, key)).collect();
    assert!(missing.is_empty(), "{EXAMPLE} lacks {missing:?}");
}

/// The keys that the configuration's readers ask for. Those of Prometheus' web-config file are another document's.
fn keys_that_are_read() -> BTreeSet<String> {
    let mut folders = vec![path("src/config")];
    let mut keys = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let file = entry.unwrap().path();
            if file.is_dir() {
                folders.extend((file.file_name().unwrap() != "web").then_some(file));
                continue;
            }
            let source = std::fs::read_to_string(&file).unwrap();
            let source = source.split("#[cfg(test)]").next().unwrap();
            if file.file_name().unwrap() == "web.rs" {
                continue;
            }
            for call in [".take(\"", ".require(\"", "secret(reader, section, \""] {
                for rest in source.split(call).skip(1) {
                    keys.insert(rest.split('"').next().unwrap().to_owned());
                }
            }
        }
    }
    assert!(keys.len() > 50, "{keys:?}");
    keys
}

/// Whether a text has this word.
fn names(text: &str, word: &str) -> bool {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|found| found == word)
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
fn every_flag_in_the_documents_exists() {
    let mut known = String::new();
    for command in commands() {
        known += &help(&[&command]);
    }
    for command in [&["config", "init"][..], &["maintenance", "start"], &["notify", "test"]] {
        known += &help(command);
    }
    // Of cargo, docker, tests/run, curl and kubectl.
    let others = [
        "--release",
        "--file",
        "--tag",
        "--path",
        "--no-install",
        "--fail",
        "--user",
        "--header",
        "--data",
        "--kustomize",
        "--locked",
        "--test",
        "--verify",
    ];
    let documents = [README, DEPLOY, METRICS].map(text_of).join("\n");
    let words = documents.split(|letter: char| letter.is_whitespace() || "`(),;:=[]|\\".contains(letter));
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
async fn every_path_of_the_daemon_is_documented_and_every_one_there_exists() {
    let daemon = Daemon::over(&[("home", &[])]).await;
    let answer = http::raw(daemon.address(), "/no/such/path", "").await.unwrap();
    let page = String::from_utf8(answer).unwrap();
    let guide = text_of(DEPLOY);
    let section = guide.split("\n## HTTP\n").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("a section");
    let code: Vec<&str> = section.split('`').skip(1).step_by(2).filter(|text| text.starts_with('/')).collect();
    let told: BTreeMap<&str, bool> =
        code.iter().map(|text| text.split('?').next().unwrap()).map(|path| (path, true)).collect();
    for path in told.keys() {
        let asked = path.replace("{name}", "home").replace("{id}", "login_offered").replace("{alert}", "SsoRisk");
        let answer = http::raw(daemon.address(), &asked, "").await.unwrap();
        let answer = String::from_utf8_lossy(&answer);
        assert!(!answer.contains("Nothing is at this address"), "{path} does not exist");
        assert!(page.contains(*path), "{path}");
    }
    let listed = page.split("<code>").skip(1).filter_map(|rest| rest.split("</code>").next());
    let missing: Vec<&str> = listed.filter(|path| path.starts_with('/') && !told.contains_key(path)).collect();
    assert_eq!(missing, Vec::<&str>::new(), "not in {DEPLOY}");
    daemon.ends_well().await;
}
