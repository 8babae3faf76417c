//! Prometheus' web-config file: TLS, logins, headers and the rate of requests, with the keys and the meaning of
//! exporter-toolkit's `docs/web-configuration.md`.
//!
//! Where we are stricter, it is because the toolkit takes a file that cannot work, or that leaves open what it seems to
//! close. Values are taken as they stand: no variables are put in.

mod ciphers;
mod files;
mod http;
mod tls;
mod users;

use std::{collections::BTreeMap, path::Path};

use axum::http::{HeaderName, HeaderValue};

pub use files::Files;
pub use http::Rate;
pub use tls::{ClientAuth, WebTls};

use super::{
    ConfigError, Secret,
    problems::did_you_mean,
    reader::{Field, Marked, Reader, Reading, Section},
    yaml,
};

/// A web-config file, read.
#[derive(Debug, Clone, Default)]
pub struct WebConfig {
    /// TLS; plain HTTP without.
    pub tls: Option<WebTls>,
    /// Who may see all, with the bcrypt hash of the password. Nobody needs to log in if it is empty.
    pub users: BTreeMap<String, Secret>,
    /// Headers of every answer.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// How many requests are answered.
    pub rate: Option<Rate>,
    /// What will not be as the file says, or is unwise: one line each.
    pub warnings: Vec<String>,
}

impl WebConfig {
    /// Reads a file and those that it names. Whether it is good or not, it is told which files those were. May block.
    ///
    /// # Errors
    /// Every problem, each with its line.
    pub fn load(path: &Path) -> (Files, Result<Self, ConfigError>) {
        let mut files = Files::default();
        let origin = path.display().to_string();
        let read = match files.read(path).map(String::from_utf8) {
            Ok(Ok(text)) => Self::read(&text, &origin, path, &mut files),
            Ok(Err(_)) => Err(ConfigError::whole(&origin, "is not UTF-8; save the file as UTF-8")),
            Err(error) => Err(ConfigError::whole(
                &origin,
                format!("cannot be read: {error}; name the file with --web.config.file, or leave that flag out"),
            )),
        };
        (files, read)
    }

    fn read(text: &str, origin: &str, path: &Path, files: &mut Files) -> Result<Self, ConfigError> {
        let tree = yaml::parse(text, origin)?;
        let mut reader = Reader::verbatim(origin, path.parent().unwrap_or(Path::new("")));
        let config = reader_of_file(&mut reader, Field::whole(tree), files);
        let Reading { value: mut config, warnings, .. } = reader.finish(config)?;
        config.warnings = warnings;
        Ok(config)
    }
}

fn reader_of_file(reader: &mut Reader<'_>, whole: Field, files: &mut Files) -> Option<WebConfig> {
    reader.section(whole, |reader, section| {
        let tls = section.take("tls_server_config").and_then(|field| tls::tls(reader, field, files));
        let headers = section.take("http_server_config").map(|field| http::headers(reader, field)).unwrap_or_default();
        let users = section.take("basic_auth_users").map(|field| users::users(reader, field)).unwrap_or_default();
        let rate = section.take("rate_limit").and_then(|field| http::rate(reader, field));
        WebConfig { tls, users, headers, rate, warnings: Vec::new() }
    })
}

/// A text; one that is empty is not there, as in the toolkit.
fn given(reader: &mut Reader<'_>, section: &mut Section, key: &'static str) -> Option<Marked<String>> {
    let text = section.take(key).and_then(|field| reader.text_or_empty(field))?;
    (!text.value.is_empty()).then_some(text)
}

/// A truth value, in any of the forms of YAML 1.1, which the toolkit reads.
fn truth(reader: &mut Reader<'_>, section: &mut Section, key: &'static str) -> Option<bool> {
    let text = section.take(key).and_then(|field| reader.text(field))?;
    match text.value.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "y" => Some(true),
        "false" | "no" | "off" | "n" => Some(false),
        _ => {
            reader.problem(&text.place, format!("{:?} is not true or false", text.value));
            None
        }
    }
}

/// The candidate that was probably meant, whatever the case of its letters.
fn did_you_mean_exactly<'a>(written: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let lower: Vec<String> =
        candidates.iter().map(|candidate| candidate.to_ascii_lowercase().replace('-', "_")).collect();
    let meant = did_you_mean(written, lower.iter().map(String::as_str))?;
    let index = lower.iter().position(|candidate| candidate == meant)?;
    candidates.get(index).copied()
}
