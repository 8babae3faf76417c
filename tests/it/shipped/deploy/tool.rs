//! The tools that evaluate what we ship, and the files that they evaluate.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;

use crate::shipped;

/// A tool of a Debian package, started in the repository's root.
pub fn debian(name: &str) -> Command {
    let mut command = Command::new(name);
    command.current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null());
    command
}

/// A tool of `tests/tools/requirements.txt`.
pub fn python(name: &str) -> Command {
    // A script's first line names where it was installed; the module goes by where it is.
    let python = shipped::path("target/tools-venv/bin/python3");
    let mut command = debian(python.to_str().unwrap());
    match name {
        "hadolint" => command = debian(shipped::path("target/tools-venv/bin/hadolint").to_str().unwrap()),
        _ => drop(command.args(["-m", &name.replace('-', "_")])),
    }
    command
}

/// What a tool says, whatever it thinks.
pub fn output(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?} does not start ({error}): run tests/run once"))
}

/// What a tool says that must be content.
pub fn passes(command: &mut Command) -> String {
    let output = output(command);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} ends with {}:\n{said}{complained}", output.status);
    said
}

/// A YAML file of the repository, as a tree.
pub fn yaml(name: &str) -> Value {
    serde_saphyr::from_str(&shipped::text(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The files of the repository below a folder, in order.
pub fn files_below(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    collect(&shipped::path(folder), &mut found);
    let root = shipped::path("");
    let name = |file: PathBuf| file.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
    let mut names: Vec<String> = found.into_iter().map(name).collect();
    names.sort_unstable();
    names
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() { collect(&path, found) } else { found.push(path) }
    }
}
