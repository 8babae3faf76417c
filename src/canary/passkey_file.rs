//! The passkey file: private key, credential id, user handle, domain and origin. Whoever has it can sign in as the canary,
//! so it is for its owner alone, written whole or not at all, and refused where others can read it.

use std::{fs, io, os::unix::fs::PermissionsExt as _, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};

use super::{Passkey, Refusal};
use crate::{
    atomic_file::{self, PRIVATE},
    blocking::files,
    clock::Time,
};

/// The version of the file's form.
const FORMAT: u32 = 1;

/// An enrolled canary, as the file keeps it.
#[derive(Debug)]
pub struct Enrolled {
    /// The user that it signs in as.
    pub user: String,
    /// When it was enrolled.
    pub at: Time,
    /// The passkey.
    pub passkey: Passkey,
}

/// Why there is no passkey. A text for a person, without anything of the file's content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileProblem {
    /// There is no such file.
    #[error("there is no passkey yet: ssowatch canary enroll makes one")]
    Absent,
    /// Others can read it.
    #[error("others can read the passkey, so it is not used: chmod 600, and enrol again if somebody did")]
    Open,
    /// It cannot be read, or what it holds is no passkey.
    #[error("the passkey file cannot be used: {0}")]
    Unusable(String),
}

/// The file's content. Not `Debug`: it holds the key.
#[derive(Serialize, Deserialize)]
struct Content {
    format: u32,
    user: String,
    origin: String,
    rp_id: String,
    user_handle: String,
    credential_id: String,
    private_key: String,
    enrolled_at: Time,
}

impl Drop for Content {
    fn drop(&mut self) {
        use secrecy::zeroize::Zeroize as _;
        self.private_key.zeroize();
    }
}

impl Enrolled {
    /// Keeps it. The file is for its owner alone, and replaced whole.
    ///
    /// # Errors
    /// The file is as it was.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        let key = self.passkey.pkcs8().map_err(io::Error::other)?;
        let content = Content {
            format: FORMAT,
            user: self.user.clone(),
            origin: self.passkey.origin().to_owned(),
            rp_id: self.passkey.rp_id().to_owned(),
            user_handle: self.passkey.user_handle().to_owned(),
            credential_id: self.passkey.id().to_owned(),
            private_key: STANDARD.encode(&*key),
            enrolled_at: self.at,
        };
        let mut text = Zeroizing::new(serde_json::to_vec_pretty(&content).map_err(io::Error::other)?);
        text.push(b'\n');
        atomic_file::replace(path, &text, PRIVATE)
    }

    /// Reads it. Blocks for a moment.
    ///
    /// # Errors
    /// As [`FileProblem`] says.
    pub fn load(path: &Path) -> Result<Self, FileProblem> {
        let unusable = |error: &dyn std::fmt::Display| FileProblem::Unusable(error.to_string());
        let is_absent = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
        let mode = match fs::metadata(path) {
            Ok(found) => found.permissions().mode(),
            Err(error) if is_absent(&error) => return Err(FileProblem::Absent),
            Err(error) => return Err(unusable(&error)),
        };
        if mode & 0o077 != 0 {
            return Err(FileProblem::Open);
        }
        let bytes = Zeroizing::new(files::read_here(path, files::SMALL).map_err(|error| unusable(&error))?);
        // What is wrong with it is not quoted: it may be a part of the key.
        let content: Content = serde_json::from_slice(&bytes)
            .map_err(|error| FileProblem::Unusable(format!("line {}: no passkey of ssowatch", error.line())))?;
        if content.format != FORMAT {
            return Err(FileProblem::Unusable(format!("it is of form {}, and {FORMAT} is known here", content.format)));
        }
        let bad_key = || FileProblem::Unusable(Refusal::Key.to_string());
        let key = Zeroizing::new(STANDARD.decode(&content.private_key).map_err(|_| bad_key())?);
        let Content { rp_id, origin, user_handle, credential_id, .. } = &content;
        let passkey = Passkey::restore(rp_id, origin, user_handle, credential_id, &key).map_err(|_| bad_key())?;
        Ok(Self { user: content.user.clone(), at: content.enrolled_at, passkey })
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone as _, Utc};

    use super::*;

    fn enrolled() -> Enrolled {
        Enrolled {
            user: "canary".to_owned(),
            at: Utc.with_ymd_and_hms(2026, 11, 30, 12, 0, 0).unwrap(),
            passkey: Passkey::create("id.example.test", "https://id.example.test", "dXNlcg").unwrap(),
        }
    }

    #[test]
    fn it_comes_back_as_it_was_kept_and_only_its_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("canary.json");
        assert_eq!(Enrolled::load(&path).unwrap_err(), FileProblem::Absent);
        let made = enrolled();
        made.save(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let kept = Enrolled::load(&path).unwrap();
        assert_eq!((kept.user.as_str(), kept.at, kept.passkey.id()), ("canary", made.at, made.passkey.id()));
        for mode in [0o640, 0o604, 0o660] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(Enrolled::load(&path).unwrap_err(), FileProblem::Open, "{mode:o}");
        }
    }

    #[test]
    fn neither_an_error_nor_its_debug_form_shows_anything_of_the_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("canary.json");
        let made = enrolled();
        made.save(&path).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let key = json["private_key"].as_str().unwrap();
        assert!(!format!("{made:?}").contains(&key[..8]));
        for broken in [
            text.replace("\"format\": 1", "\"format\": 2"),
            text.replace(key, &format!("{key}!")),
            text.replace(key, &key[4..]),
            text.replace("\"private_key\": \"", "\"private_key\": "),
            String::new(),
        ] {
            fs::write(&path, broken).unwrap();
            let problem = Enrolled::load(&path).unwrap_err();
            assert!(matches!(problem, FileProblem::Unusable(_)), "{problem:?}");
            assert!(!format!("{problem} {problem:?}").contains(&key[8..20]), "{problem}");
        }
    }
}
