//! Loads a configuration from a file or a text.

use std::{collections::BTreeMap, path::Path};

use aws_lc_rs::digest;

use super::{
    Config, ConfigError, file,
    reader::{Field, Reader, Reading},
    redacted::redacted,
    yaml,
};
use crate::blocking::files;

impl Config {
    /// Loads a file. `lookup` gives the environment's variables. Blocks for a moment.
    ///
    /// # Errors
    /// Every problem of the file, each with its line.
    pub fn load(path: &Path, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let origin = path.display().to_string();
        let bytes = files::read_here(path, files::CONFIGURATION);
        let bytes = bytes.map_err(|error| ConfigError::whole(&origin, unreadable(path, &error)))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            ConfigError::whole(&origin, format!("line {line} is not UTF-8; save the file as UTF-8"))
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, &origin, folder, lookup)
    }

    /// Reads a text. `origin` names it in problems; relative paths in it are relative to `folder`.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(
        text: &str,
        origin: &str,
        folder: &Path,
        lookup: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let tree = yaml::parse(text, origin)?;
        let mut reader = Reader::new(origin, folder, lookup);
        let config = file::config(&mut reader, Field::whole(tree));
        let Reading { value: mut config, warnings, unreadable, used } = reader.finish(config)?;
        config.warnings = warnings;
        config.unreadable = unreadable;
        super::valid::say_who_tells_of_clients(&mut config.targets);
        for target in &mut config.targets {
            target.token_schedule = config.token.clone();
            target.requests_per_minute = config.requests_per_minute;
            let canary = config.canary.as_ref().filter(|canary| canary.targets.contains(&target.name));
            target.canary = canary.map(|settings| settings.canary.clone());
        }
        config.redacted = redacted(&config);
        config.fingerprint = fingerprint(text, &used);
        Ok(config)
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => {
            "no such file; write one with `ssowatch config init --provider URL --kasm URL`".to_owned()
        }
        std::io::ErrorKind::IsADirectory => {
            format!("is a folder; name a file, such as {}", path.join("ssowatch.yml").display())
        }
        std::io::ErrorKind::PermissionDenied => "cannot be read by this user (permission denied)".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
}

/// 48 bits of a SHA-256 over the text and the environment that it uses.
pub(super) fn fingerprint(text: &str, used: &BTreeMap<String, String>) -> u64 {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(text.as_bytes());
    for (name, value) in used {
        for part in [name, value] {
            context.update(&[0]);
            context.update(part.as_bytes());
        }
    }
    context.finish().as_ref().iter().take(6).fold(0, |number, byte| number << 8 | u64::from(*byte))
}
