//! The recorded answers of real releases, and how an answer of the lab is held against one.

use std::path::PathBuf;

use serde_json::Value;

/// The releases that were recorded.
pub const VERSIONS: [&str; 5] = ["1.16.0", "2.3.0", "2.9.0", "2.10.0", "2.14.0"];

/// One recorded request with its answer.
pub struct Recording {
    /// `2.14.0/discovery`.
    pub name: String,
    pub request: Value,
    pub response: Value,
}

/// The recordings of a release, in the order of their names.
pub fn of(version: &str) -> Vec<Recording> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pocket-id").join(version);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|file| read(&file, version)).collect()
}

fn read(file: &std::path::Path, version: &str) -> Recording {
    let mut json: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    Recording {
        name: format!("{version}/{}", file.file_stem().unwrap().to_string_lossy()),
        request: json["request"].take(),
        response: json["response"].take(),
    }
}
