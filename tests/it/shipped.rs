//! What an operator puts beside the daemon: made from the code, and proven by running it.
//!
//! `UPDATE_SHIPPED=1 cargo test --test it shipped::` writes what is made from the code; without it, a file that differs
//! fails its test.

pub mod alerts;
mod dashboards;
mod deploy;

use std::path::{Path, PathBuf};

/// A file of the repository.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The text of a file of the repository.
pub fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Holds a shipped file to what the code makes, or writes it in update mode.
pub fn is_what_the_code_makes(name: &str, made: &str) {
    if std::env::var_os("UPDATE_SHIPPED").is_some() {
        std::fs::create_dir_all(path(name).parent().unwrap()).unwrap();
        std::fs::write(path(name), made).unwrap();
    }
    let shipped = std::fs::read_to_string(path(name)).unwrap_or_default();
    assert!(
        shipped == made,
        "{name} is not what the code makes; `UPDATE_SHIPPED=1 cargo test --test it shipped::` writes it anew"
    );
}
