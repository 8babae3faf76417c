//! The Debian package: made from the program that these tests test, evaluated by lintian, and installed, run, upgraded,
//! removed and purged in a folder. Nothing of it reaches this machine's own packages or services.

mod root;

use std::{path::PathBuf, sync::LazyLock};

use super::tool::{debian, files_below, passes};
use crate::shipped;
use root::Root;

/// The package, made once. As the release, save that the program is not optimised and less compressed.
static PACKAGE: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("package");
    // One of another version must not be taken for this one.
    drop(std::fs::remove_dir_all(&folder));
    let mut build = debian("deploy/debian/build");
    build.args(["--fast", "--binary", env!("CARGO_BIN_EXE_ssowatch"), "--output"]).arg(&folder);
    let made = passes(&mut build);
    PathBuf::from(made.lines().last().expect("the package's path"))
});

const CONFIG: &str = "etc/ssowatch/ssowatch.yml";

#[test]
fn lintian_finds_neither_errors_nor_warnings() {
    passes(debian("lintian").args(["--fail-on", "error,warning", "--no-cfg"]).arg(&*PACKAGE));
}

/// Mode and path of each file in the package.
fn contents() -> Vec<String> {
    let listed = passes(debian("dpkg-deb").arg("--contents").arg(&*PACKAGE));
    let of_line = |line: &str| {
        let (mode, path) = (line.split(' ').next()?, line.split_once(" ./")?.1);
        (!path.ends_with('/')).then(|| format!("{mode} {path}"))
    };
    let mut files: Vec<String> = listed.lines().filter_map(of_line).collect();
    files.sort_unstable_by(|one, other| one.split(' ').nth(1).cmp(&other.split(' ').nth(1)));
    files
}

#[test]
fn the_package_holds_what_it_should_and_nothing_else() {
    // What goes by the rules, the dashboards and the commands is held to them, not to a list.
    let made = |file: &String| ["alerts/", "dashboards/"].iter().any(|part| file.contains(&format!("ssowatch/{part}")));
    let of_command = |file: &String| file.contains("/man1/ssowatch-");
    let (of_code, own): (Vec<String>, Vec<String>) =
        contents().into_iter().filter(|file| !of_command(file)).partition(made);
    shipped::is_what_the_code_makes("tests/fixtures/deploy/package-contents", &format!("{}\n", own.join("\n")));
    let is_shipped = |name: &String| !name.contains("/tests/") && !name.ends_with(".yaml") && !name.ends_with(".svg");
    let expected: Vec<String> = ["alerts", "dashboards"]
        .iter()
        .flat_map(|folder| files_below(folder))
        .filter(is_shipped)
        .map(|name| format!("-rw-r--r-- usr/share/ssowatch/{name}"))
        .collect();
    assert_eq!(of_code, expected);
}

#[test]
fn what_an_operator_edits_is_kept_by_dpkg() {
    let told = passes(debian("dpkg-deb").args(["--info"]).arg(&*PACKAGE).arg("conffiles"));
    let mut files: Vec<&str> = told.lines().collect();
    files.sort_unstable();
    assert_eq!(files, ["/etc/default/ssowatch", "/etc/ssowatch/ssowatch.yml"]);
}

#[tokio::test]
async fn it_is_installed_runs_as_shipped_is_upgraded_removed_and_purged() {
    let root = Root::new();
    root.install(&PACKAGE);
    assert!(root.has("etc/systemd/system/multi-user.target.wants/ssowatch.service"), "it is enabled");
    assert!(root.text(CONFIG).contains("\ntargets: []\n"));
    root.serves_as_shipped().await;

    // An operator's settings outlive an upgrade that brings other ones.
    let edited = format!("{}# mine\n", root.text(CONFIG));
    root.write(CONFIG, &edited);
    root.install(&root.upgrade_of(&PACKAGE));
    assert_eq!(root.version(), "99.0-1");
    assert_eq!(root.text(CONFIG), edited);
    assert!(root.text(&format!("{CONFIG}.dpkg-dist")).contains("# new in 99.0"));
    assert!(root.has("etc/systemd/system/multi-user.target.wants/ssowatch.service"), "it is still enabled");

    root.write("var/lib/private/ssowatch/journal.db", "what changed");
    root.write("var/lib/private/other/file", "not ours");
    root.dpkg(&["--remove", "ssowatch"]);
    assert!(!root.has("usr/bin/ssowatch") && root.text(CONFIG) == edited, "settings stay");
    assert!(root.has("var/lib/private/ssowatch/journal.db"), "the journal stays");

    root.dpkg(&["--purge", "ssowatch"]);
    for gone in [
        CONFIG,
        "etc/default/ssowatch",
        "var/lib/private/ssowatch",
        "etc/systemd/system/multi-user.target.wants/ssowatch.service",
    ] {
        assert!(!root.has(gone), "{gone} is left behind");
    }
    assert!(root.has("var/lib/private/other/file"));
}

#[test]
fn the_shells_take_the_completions_and_every_command_has_its_page() {
    let root = Root::new();
    root.install(&PACKAGE);
    passes(debian("bash").arg("-n").arg(root.path("usr/share/bash-completion/completions/ssowatch")));
    let help = passes(std::process::Command::new(env!("CARGO_BIN_EXE_ssowatch")).arg("--help"));
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names: Vec<&str> = commands
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !name.is_empty())
        .collect();
    assert!(names.contains(&"serve") && names.len() >= 8, "{names:?}");
    for name in names {
        assert!(root.has(&format!("usr/share/man/man1/ssowatch-{name}.1.gz")), "{name} has no manual page");
        assert!(root.text("usr/share/zsh/vendor-completions/_ssowatch").contains(&format!("({name})")), "{name}");
    }
}
