//! The files of a web configuration, so that a change of any of them is seen.

use std::{
    io,
    path::{Path, PathBuf},
};

use aws_lc_rs::digest::{SHA256, digest};

use crate::blocking::files;

/// Which files were read, and what tells their contents apart.
#[derive(Debug, Clone, Default)]
pub struct Files(Vec<(PathBuf, Vec<u8>)>);

impl Files {
    /// Reads one, and notes what was read.
    pub(super) fn read(&mut self, path: &Path) -> io::Result<Vec<u8>> {
        let content = content(path);
        self.0.push((path.to_owned(), mark(&content)));
        content
    }

    /// Whether any of them holds something else by now. May block.
    #[must_use]
    pub fn have_changed(&self) -> bool {
        self.0.iter().any(|(path, before)| mark(&content(path)) != *before)
    }
}

/// Tells contents, and kinds of failure, apart without keeping what may be secret.
fn mark(content: &io::Result<Vec<u8>>) -> Vec<u8> {
    match content {
        Ok(bytes) => digest(&SHA256, bytes).as_ref().to_vec(),
        Err(error) => error.kind().to_string().into_bytes(),
    }
}

fn content(path: &Path) -> io::Result<Vec<u8>> {
    files::read_here(path, files::SMALL)
}
