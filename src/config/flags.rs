//! A configuration of one target from flags and environment variables alone.

use std::path::PathBuf;

use url::Url;

use super::{
    App, Config, SecretSource, Target, address, app,
    name::{check_name, default_name},
    secret::Complaint,
};
use crate::{apps::AppKind, blocking::files};

/// What flags or variables say of a single target. Each value comes with the name of the flag or variable that it is from.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// The provider's address.
    pub provider: Option<Named<String>>,
    /// Kasm's address.
    pub kasm: Option<Named<String>>,
    /// Another app's address.
    pub app: Option<Named<String>>,
    /// Its kind.
    pub app_kind: Option<Named<String>>,
    /// The name under which it knows the provider.
    pub app_provider: Option<Named<String>>,
    /// The target's name; else the app's host.
    pub name: Option<Named<String>>,
    /// The file of the client secret.
    pub client_secret_file: Option<Named<PathBuf>>,
    /// The file of a Pocket ID key.
    pub provider_api_key_file: Option<Named<PathBuf>>,
    /// The file of certificates that the provider is trusted by.
    pub provider_ca_file: Option<Named<PathBuf>>,
    /// The file of a Kasm key.
    pub kasm_api_key_file: Option<Named<PathBuf>>,
    /// The file of its secret half.
    pub kasm_api_key_secret_file: Option<Named<PathBuf>>,
    /// The file of certificates that Kasm is trusted by, or of its own certificate.
    pub kasm_ca_file: Option<Named<PathBuf>>,
}

/// A value and the flag or variable that it is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named<T> {
    /// For example `--provider` or `SSOWATCH_PROVIDER_URL`.
    pub name: &'static str,
    /// The value.
    pub value: T,
}

impl Flags {
    /// The first flag or variable that is given.
    #[must_use]
    pub fn first(&self) -> Option<&'static str> {
        let Self {
            provider,
            kasm,
            app,
            app_kind,
            app_provider,
            name,
            client_secret_file,
            provider_api_key_file,
            provider_ca_file,
            kasm_api_key_file,
            kasm_api_key_secret_file,
            kasm_ca_file,
        } = self;
        let texts = [provider, kasm, app, app_kind, app_provider, name].into_iter().flatten().map(|text| text.name);
        let files = [
            client_secret_file,
            provider_api_key_file,
            provider_ca_file,
            kasm_api_key_file,
            kasm_api_key_secret_file,
            kasm_ca_file,
        ];
        texts.chain(files.into_iter().flatten().map(|file| file.name)).next()
    }

    /// The configuration of the one target.
    ///
    /// # Errors
    /// Every problem on a line of its own, each with its flag or variable.
    pub fn config(self) -> Result<Config, String> {
        let mut notes = Notes::default();
        let provider = notes.address(self.provider, "--provider", "SSOWATCH_PROVIDER_URL", address::provider);
        let its_files = [&self.kasm_api_key_file, &self.kasm_api_key_secret_file, &self.kasm_ca_file];
        let kasm = match (&self.kasm, its_files.into_iter().flatten().next()) {
            // What is Kasm's wants a Kasm.
            (None, None) => None,
            _ => Some(notes.address(self.kasm, "--kasm", "SSOWATCH_KASM_URL", address::kasm)),
        };
        let app = notes.app(self.app, self.app_kind, self.app_provider);
        if let (Some(_), Some(Named { name, .. })) = (&kasm, &app.given) {
            notes.problem(name, "excludes --kasm; a target has one app");
        }
        let name = self.name.and_then(|Named { name, value }| notes.keep(name, check_name(&value).map(|()| value)));
        let has_half = self.kasm_api_key_file.is_some() != self.kasm_api_key_secret_file.is_some();
        if let Some(half) = self.kasm_api_key_file.as_ref().or(self.kasm_api_key_secret_file.as_ref())
            && has_half
        {
            let both = "a Kasm key has two halves: give --kasm.api-key-file and --kasm.api-key-secret-file".to_owned();
            notes.problem(half.name, &both);
        }
        let client_secret = notes.secret(self.client_secret_file);
        let provider_key = notes.secret(self.provider_api_key_file);
        let kasm_key = notes.secret(self.kasm_api_key_file);
        let kasm_key_secret = notes.secret(self.kasm_api_key_secret_file);
        let provider_ca = notes.readable(self.provider_ca_file);
        let kasm_ca = notes.readable(self.kasm_ca_file);
        notes.refuse_plain(provider.as_ref(), client_secret.is_some() || provider_key.is_some());
        notes.refuse_plain(kasm.as_ref().and_then(Option::as_ref), kasm_key.is_some());

        let (Some(provider), []) = (provider, &notes.problems[..]) else {
            return Err(notes.problems.join("\n"));
        };
        let watched = kasm.flatten().or(app.url).map(|url| url.value);
        let address = watched.as_ref().unwrap_or(&provider.value);
        let name = name.unwrap_or_else(|| default_name(address));
        let mut target = Target::of_two_urls(&name, provider.value.clone(), address.clone());
        if watched.is_none() {
            target.app = App::none(&target.provider);
        } else if app.given.is_some() {
            target.app.kind = app.kind;
            target.app.provider = app.provider;
        }
        target.provider.client_secret = client_secret;
        target.provider.api_key = provider_key;
        target.provider.http.tls.ca_file = provider_ca;
        target.app.api_key = kasm_key;
        target.app.api_key_secret = kasm_key_secret;
        target.app.http.tls.ca_file = kasm_ca;
        let mut config = Config::of_targets(vec![target]);
        config.warnings = notes.warnings;
        config.unreadable = notes.unreadable;
        Ok(config)
    }
}

/// What flags say of another app than Kasm.
struct OtherApp {
    /// The first of them.
    given: Option<Named<()>>,
    url: Option<Named<Url>>,
    kind: Option<AppKind>,
    provider: Option<String>,
}

impl Flags {
    /// The configuration of the provider alone, for what asks no app: its own address stands in the app's place.
    ///
    /// # Errors
    /// As [`Self::config`].
    pub fn provider_alone(self) -> Result<Config, String> {
        let mut notes = Notes::default();
        let provider = notes.address(self.provider, "--provider", "SSOWATCH_PROVIDER_URL", address::provider);
        let key = notes.secret(self.provider_api_key_file);
        let ca_file = notes.readable(self.provider_ca_file);
        notes.refuse_plain(provider.as_ref(), key.is_some());
        let (Some(provider), []) = (provider, &notes.problems[..]) else { return Err(notes.problems.join("\n")) };
        let mut target = Target::of_two_urls(&default_name(&provider.value), provider.value.clone(), provider.value);
        target.provider.api_key = key;
        target.provider.http.tls.ca_file = ca_file;
        let mut config = Config::of_targets(vec![target]);
        config.warnings = notes.warnings;
        config.unreadable = notes.unreadable;
        Ok(config)
    }
}

/// What is found on the way.
#[derive(Debug, Default)]
struct Notes {
    problems: Vec<String>,
    warnings: Vec<String>,
    unreadable: Vec<String>,
}

impl Notes {
    fn problem(&mut self, name: &str, message: &str) {
        self.problems.push(format!("{name}: {message}"));
    }

    fn keep<T>(&mut self, name: &str, result: Result<T, String>) -> Option<T> {
        result.map_err(|message| self.problem(name, &message)).ok()
    }

    /// On a command line the scheme may be left out; it is added, and said.
    fn address(
        &mut self,
        given: Option<Named<String>>,
        flag: &'static str,
        variable: &'static str,
        read: fn(&str) -> Result<Url, String>,
    ) -> Option<Named<Url>> {
        let Some(Named { name, value }) = given else {
            let example = match flag {
                "--kasm" => "https://kasm.example.com",
                "--app" => "https://grafana.example.com",
                _ => "https://id.example.com",
            };
            self.problem(flag, &format!("is missing; give {flag} {example}, or set {variable}"));
            return None;
        };
        let (full, note) = address::with_scheme(&value);
        let url = self.keep(name, read(&full))?;
        self.warnings.extend(note.map(|note| format!("{name}: {note}")));
        Some(Named { name, value: url })
    }

    /// Another app than Kasm: what flags say of it must be enough to start its login.
    fn app(
        &mut self,
        url: Option<Named<String>>,
        kind: Option<Named<String>>,
        provider: Option<Named<String>>,
    ) -> OtherApp {
        let given =
            url.as_ref().or(kind.as_ref()).or(provider.as_ref()).map(|given| Named { name: given.name, value: () });
        let none = OtherApp { given, url: None, kind: None, provider: None };
        if none.given.is_none() {
            return none;
        }
        let url = self.address(url, "--app", "SSOWATCH_APP_URL", address::app);
        let known = kind.and_then(|Named { name, value }| {
            let kind = self.keep(name, app::known_kind(&value))?;
            Some(Named { name, value: kind })
        });
        match &known {
            None if self.problems.is_empty() => self.problem(
                "--app.kind",
                "is missing; give --app.kind grafana (or another kind), or write app.login in a configuration file: how its \
                 login is started is not known",
            ),
            None => {}
            Some(Named { name, value: kind }) if kind.profile().start.is_none() => {
                self.problem(name, "needs app.login in a configuration file: how its login is started is not known");
            }
            Some(Named { value: kind, .. }) => {
                let name = provider.as_ref().map(|provider| provider.value.as_str());
                if let Some(missing) = app::missing_name(*kind, name) {
                    self.problem("--app.provider", &missing.replace("\"provider\"", "--app.provider"));
                }
            }
        }
        OtherApp { url, kind: known.map(|kind| kind.value), provider: provider.map(|name| name.value), ..none }
    }

    fn secret(&mut self, file: Option<Named<PathBuf>>) -> Option<SecretSource> {
        let Named { name, value } = file?;
        let source = SecretSource::File(value);
        match source.complaint() {
            Some(Complaint::Unreadable(why)) => self.cannot_read(format!("{name}: {why}")),
            Some(Complaint::Open(why)) => self.warnings.push(format!("{name}: {why}")),
            None => {}
        }
        Some(source)
    }

    fn readable(&mut self, file: Option<Named<PathBuf>>) -> Option<PathBuf> {
        let Named { name, value } = file?;
        if let Err(error) = files::read_here(&value, files::SMALL) {
            self.cannot_read(format!("{name}: {}: {error}", value.display()));
        }
        Some(value)
    }

    fn cannot_read(&mut self, line: String) {
        self.unreadable.push(line.clone());
        self.warnings.push(line);
    }

    fn refuse_plain(&mut self, url: Option<&Named<Url>>, has_credentials: bool) {
        if let Some(Named { name, value }) = url
            && has_credentials
            && address::is_plain(value)
        {
            let meant = "credentials would go over plain HTTP; use https://, or a configuration file with allow_http";
            self.problem(name, meant);
        }
    }
}
