//! Secrets: given in the config or in a file that is read again at each use. Never shown.

use std::{fmt, io, path::PathBuf};

use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};

use crate::blocking::files;

/// A secret in memory: no `Display`, a masking `Debug`, wiped when dropped.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Keeps a text as a secret.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(SecretString::from(text))
    }

    /// The text itself, for the one place that sends it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

/// For a reload, which asks whether a target changed; both sides come from the operator's own config.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

/// Where a secret comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum SecretSource {
    /// The config itself.
    Inline(Secret),
    /// A file, read again at each use, so that a rotation needs no reload.
    File(PathBuf),
    /// The same, as it was read for one use.
    Read(PathBuf, Result<Secret, SecretError>),
}

/// What is wrong with a file that holds a secret.
pub(super) enum Complaint {
    /// It cannot be read.
    Unreadable(String),
    /// Others can read it.
    Open(String),
}

/// Why a secret cannot be read; names the file, never its content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct SecretError {
    path: PathBuf,
    problem: String,
}

impl SecretSource {
    /// What will make trouble, as things are now: a file that cannot be read, or that other users can read.
    pub(super) fn complaint(&self) -> Option<Complaint> {
        let path = self.path()?;
        if let Err(error) = self.read() {
            return Some(Complaint::Unreadable(format!("{error}; it is read again at each use")));
        }
        readable_by_others(path).then(|| {
            let path = path.display();
            Complaint::Open(format!("{path}: every user of this machine can read this secret; chmod o-r {path}"))
        })
    }

    /// The file that holds it.
    #[must_use]
    pub fn path(&self) -> Option<&PathBuf> {
        match self {
            Self::Inline(_) => None,
            Self::File(path) | Self::Read(path, _) => Some(path),
        }
    }

    /// The secret as it is now: the file's text without trailing line breaks. Of a file that is not read yet, this
    /// blocks for a moment; what runs in the daemon asks [`Self::now`] first.
    ///
    /// # Errors
    /// The file cannot be read, is not UTF-8, or is empty.
    pub fn read(&self) -> Result<Secret, SecretError> {
        match self {
            Self::Inline(secret) => Ok(secret.clone()),
            Self::File(path) => of_file(path, files::read_here(path, files::SMALL)),
            Self::Read(_, outcome) => outcome.clone(),
        }
    }

    /// The same source with what its file holds now, so that [`Self::read`] does not block.
    pub async fn now(&self) -> Self {
        match self {
            Self::Inline(_) => self.clone(),
            Self::File(path) | Self::Read(path, _) => {
                Self::Read(path.clone(), of_file(path, files::read(path, files::SMALL).await))
            }
        }
    }
}

fn of_file(path: &std::path::Path, content: io::Result<Vec<u8>>) -> Result<Secret, SecretError> {
    let error = |problem: &str| SecretError { path: path.to_owned(), problem: problem.to_owned() };
    let content = Zeroizing::new(content.map_err(|cause| error(&cause.to_string()))?);
    let text = std::str::from_utf8(&content).map_err(|_| error("the file is not UTF-8"))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() { Err(error("the file is empty")) } else { Ok(Secret::new(text.to_owned())) }
}

#[cfg(unix)]
pub(super) fn readable_by_others(path: &std::path::Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o004 != 0)
}

#[cfg(not(unix))]
pub(super) fn readable_by_others(_: &std::path::Path) -> bool {
    false
}
