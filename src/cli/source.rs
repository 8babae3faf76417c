//! Where the targets come from: a config file, two addresses, or the environment.

use std::path::{Path, PathBuf};

use crate::{
    clock::Clock,
    config::{Config, Flags, Named},
};

/// Where a configuration is looked for when none is named.
const PLACES: [&str; 2] = ["ssowatch.yml", "/etc/ssowatch/ssowatch.yml"];

/// Where the targets come from.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Targets: a file, or one target by flags or environment")]
pub(super) struct SourceArgs {
    /// The configuration file (YAML). Without it and without addresses: ./ssowatch.yml, then /etc/ssowatch/ssowatch.yml [env: SSOWATCH_CONFIG_FILE]
    #[arg(long = "config.file", value_name = "FILE")]
    pub config_file: Option<PathBuf>,
    /// The provider's address: Pocket ID's APP_URL [env: SSOWATCH_PROVIDER_URL]
    #[arg(long, value_name = "URL")]
    pub provider: Option<String>,
    /// Kasm's address, as users type it [env: SSOWATCH_KASM_URL]
    #[arg(long, value_name = "URL")]
    pub kasm: Option<String>,
    /// The address of another app, as users type it [env: SSOWATCH_APP_URL]
    #[arg(long, value_name = "URL")]
    pub app: Option<String>,
    /// Its kind, for example grafana [env: SSOWATCH_APP_KIND]
    #[arg(long = "app.kind", value_name = "KIND")]
    pub app_kind: Option<String>,
    /// The name under which it knows the provider, where its addresses hold that [env: SSOWATCH_APP_PROVIDER]
    #[arg(long = "app.provider", value_name = "NAME")]
    pub app_provider: Option<String>,
    /// The target's name; else the app's host [env: SSOWATCH_TARGET]
    #[arg(long = "target.name", value_name = "NAME")]
    pub target_name: Option<String>,
    /// The secret of the client that Kasm uses, read at each use [env: SSOWATCH_CLIENT_SECRET_FILE]
    #[arg(long = "provider.client-secret-file", value_name = "FILE")]
    pub client_secret_file: Option<PathBuf>,
    /// A Pocket ID API key [env: SSOWATCH_PROVIDER_API_KEY_FILE]
    #[arg(long = "provider.api-key-file", value_name = "FILE")]
    pub provider_api_key_file: Option<PathBuf>,
    /// Certificates that the provider is trusted by, instead of the system's [env: SSOWATCH_PROVIDER_CA_FILE]
    #[arg(long = "provider.ca-file", value_name = "FILE")]
    pub provider_ca_file: Option<PathBuf>,
    /// A read-only Kasm API key [env: SSOWATCH_KASM_API_KEY_FILE]
    #[arg(long = "kasm.api-key-file", value_name = "FILE")]
    pub kasm_api_key_file: Option<PathBuf>,
    /// Its secret half [env: SSOWATCH_KASM_API_KEY_SECRET_FILE]
    #[arg(long = "kasm.api-key-secret-file", value_name = "FILE")]
    pub kasm_api_key_secret_file: Option<PathBuf>,
    /// Certificates that Kasm is trusted by, or its own self-signed one [env: SSOWATCH_KASM_CA_FILE]
    #[arg(long = "kasm.ca-file", value_name = "FILE")]
    pub kasm_ca_file: Option<PathBuf>,
}

impl SourceArgs {
    /// The configuration that these arguments mean, with this process' environment.
    ///
    /// # Errors
    /// A text for a person that names file, line, field and what was meant.
    pub(super) fn load(&self) -> Result<Config, String> {
        self.load_with(environment)
    }

    /// As [`Self::load`], for rounds: every file that the configuration names can be read.
    ///
    /// # Errors
    /// As [`Self::load`]; or the files that cannot be read.
    pub(super) fn load_usable(&self) -> Result<Config, String> {
        self.load()?.usable()
    }

    /// As [`Self::load`], for what asks the provider alone: without an address of an app, one of the provider is enough.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub(super) fn load_provider(&self) -> Result<Config, String> {
        let flags = self.flags(&environment);
        let has_file = given("--config.file", &self.config_file, "SSOWATCH_CONFIG_FILE", &environment).is_some();
        if has_file || flags.provider.is_none() || flags.kasm.is_some() { self.load() } else { flags.provider_alone() }
    }

    /// Whether flags or the environment name an app, or a file does.
    pub(super) fn names_an_app(&self) -> bool {
        let flags = self.flags(&environment);
        flags.kasm.is_some() || flags.provider.is_none()
    }

    /// As [`Self::load`], with another environment.
    pub(super) fn load_with(&self, lookup: impl Fn(&str) -> Option<String>) -> Result<Config, String> {
        let mut config = self.load_from(&lookup, &PLACES)?;
        config.warnings.extend(config.overloads(Clock::System.now()));
        Ok(config)
    }

    fn load_from(&self, lookup: &dyn Fn(&str) -> Option<String>, places: &[&str]) -> Result<Config, String> {
        let file = given("--config.file", &self.config_file, "SSOWATCH_CONFIG_FILE", lookup);
        let flags = self.flags(lookup);
        match (file, flags.first()) {
            (Some(file), None) => read(&file.value, lookup),
            (Some(file), Some(flag)) => {
                Err(format!("{} and {flag} are two sources of targets; leave one of them out", file.name))
            }
            (None, Some(_)) => flags.config(),
            (None, None) => match places.iter().find(|place| Path::new(place).exists()) {
                Some(place) => read(Path::new(place), lookup),
                None => Err(no_source(places)),
            },
        }
    }

    fn flags(&self, lookup: &dyn Fn(&str) -> Option<String>) -> Flags {
        let file = |flag, value: &Option<PathBuf>, variable| given(flag, value, variable, lookup);
        let text = |flag, value: &Option<String>, variable| given(flag, value, variable, lookup);
        Flags {
            provider: text("--provider", &self.provider, "SSOWATCH_PROVIDER_URL"),
            kasm: text("--kasm", &self.kasm, "SSOWATCH_KASM_URL"),
            app: text("--app", &self.app, "SSOWATCH_APP_URL"),
            app_kind: text("--app.kind", &self.app_kind, "SSOWATCH_APP_KIND"),
            app_provider: text("--app.provider", &self.app_provider, "SSOWATCH_APP_PROVIDER"),
            name: text("--target.name", &self.target_name, "SSOWATCH_TARGET"),
            client_secret_file: file(
                "--provider.client-secret-file",
                &self.client_secret_file,
                "SSOWATCH_CLIENT_SECRET_FILE",
            ),
            provider_api_key_file: file(
                "--provider.api-key-file",
                &self.provider_api_key_file,
                "SSOWATCH_PROVIDER_API_KEY_FILE",
            ),
            provider_ca_file: file("--provider.ca-file", &self.provider_ca_file, "SSOWATCH_PROVIDER_CA_FILE"),
            kasm_api_key_file: file("--kasm.api-key-file", &self.kasm_api_key_file, "SSOWATCH_KASM_API_KEY_FILE"),
            kasm_api_key_secret_file: file(
                "--kasm.api-key-secret-file",
                &self.kasm_api_key_secret_file,
                "SSOWATCH_KASM_API_KEY_SECRET_FILE",
            ),
            kasm_ca_file: file("--kasm.ca-file", &self.kasm_ca_file, "SSOWATCH_KASM_CA_FILE"),
        }
    }
}

/// This process' environment. A value that is not UTF-8 counts as not set.
#[expect(clippy::disallowed_methods, reason = "the one place of the command line that reads the environment")]
pub(super) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The flag's value, else the variable's. An empty variable counts as not set, as Compose files leave them.
fn given<T: Clone + From<String>>(
    flag: &'static str,
    value: &Option<T>,
    variable: &'static str,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Option<Named<T>> {
    if let Some(value) = value {
        return Some(Named { name: flag, value: value.clone() });
    }
    let value = lookup(variable).filter(|value| !value.is_empty())?;
    Some(Named { name: variable, value: T::from(value) })
}

fn read(file: &Path, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Config, String> {
    Config::load(file, lookup).map_err(|error| error.to_string())
}

fn no_source(places: &[&str]) -> String {
    format!(
        "nothing says what to watch. Either
  --provider https://id.example.com --kasm https://kasm.example.com
  --provider https://id.example.com --app https://grafana.example.com --app.kind grafana
  --config.file FILE              (`ssowatch config init --provider URL --kasm URL` writes one)
  SSOWATCH_PROVIDER_URL and SSOWATCH_KASM_URL in the environment
or a file at {}",
        places.join(" or ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(flags: &[(&str, &str)], environment: &[(&str, &str)]) -> Result<Config, String> {
        let mut args = SourceArgs::default();
        for (flag, value) in flags {
            match *flag {
                "--provider" => args.provider = Some((*value).to_owned()),
                "--kasm" => args.kasm = Some((*value).to_owned()),
                "--config.file" => args.config_file = Some(PathBuf::from(value)),
                "--kasm.ca-file" => args.kasm_ca_file = Some(PathBuf::from(value)),
                "--provider.client-secret-file" => args.client_secret_file = Some(PathBuf::from(value)),
                "--kasm.api-key-file" => args.kasm_api_key_file = Some(PathBuf::from(value)),
                other => panic!("{other}"),
            }
        }
        let lookup =
            |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        args.load_from(&lookup, &[])
    }

    #[test]
    fn two_addresses_are_enough_by_flags_by_the_environment_or_mixed() {
        let pair = [("--provider", "https://id.example.com"), ("--kasm", "https://kasm.example.com:8443")];
        let variables = [
            ("SSOWATCH_PROVIDER_URL", "https://id.example.com"),
            ("SSOWATCH_KASM_URL", "https://kasm.example.com:8443"),
        ];
        for config in [of(&pair, &[]), of(&[], &variables), of(&pair[..1], &variables[1..])] {
            let target = &config.unwrap().targets[0];
            assert_eq!(target.name, "kasm.example.com:8443");
            assert_eq!(target.provider.url.as_str(), "https://id.example.com/");
        }
    }

    #[test]
    fn a_flag_outranks_its_variable() {
        let flags = [("--provider", "https://a.example"), ("--kasm", "https://kasm.example")];
        let config =
            of(&flags, &[("SSOWATCH_PROVIDER_URL", "https://b.example"), ("SSOWATCH_TARGET", "home")]).unwrap();
        assert_eq!(config.targets[0].provider.url.as_str(), "https://a.example/");
        assert_eq!(config.targets[0].name, "home");
    }

    #[test]
    fn a_missing_scheme_is_added_and_said() {
        let config = of(&[("--provider", "id.example.com"), ("--kasm", "https://kasm.example.com")], &[]).unwrap();
        assert_eq!(config.targets[0].provider.url.as_str(), "https://id.example.com/");
        assert_eq!(
            config.warnings,
            ["--provider: \"id.example.com\" has no scheme: taken as \"https://id.example.com\""]
        );
    }

    #[test]
    fn mistakes_name_the_flag_or_the_variable_and_all_are_told() {
        let error = of(&[("--kasm", "https://kasm.example.com/api/oidc_callback")], &[]).unwrap_err();
        assert_eq!(
            error,
            "--provider: is missing; give --provider https://id.example.com, or set SSOWATCH_PROVIDER_URL\n\
             --kasm: that is Kasm's callback; write its address as users type it: \"https://kasm.example.com\""
        );
        let error = of(&[("--kasm", "https://k.example")], &[("SSOWATCH_PROVIDER_URL", "ftp://x")]).unwrap_err();
        assert_eq!(error, "SSOWATCH_PROVIDER_URL: \"ftp://\" is no web address; write \"https://\" or \"http://\"");
    }

    #[test]
    fn a_key_without_its_other_half_and_credentials_over_plain_http_are_refused() {
        let error = of(
            &[
                ("--provider", "http://id.example.com"),
                ("--kasm", "https://kasm.example.com"),
                ("--provider.client-secret-file", "/none/secret"),
                ("--kasm.api-key-file", "/none/key"),
            ],
            &[],
        )
        .unwrap_err();
        let lines: Vec<&str> = error.lines().collect();
        assert!(lines[0].starts_with("--kasm.api-key-file: a Kasm key has two halves"), "{error}");
        assert!(lines[1].starts_with("--provider: credentials would go over plain HTTP"), "{error}");
    }

    #[test]
    fn two_sources_are_refused_and_both_are_named() {
        for (flags, environment, names) in [
            (&[("--config.file", "a.yml"), ("--kasm", "https://k.example")][..], &[][..], ["--config.file", "--kasm"]),
            (&[("--config.file", "a.yml")], &[("SSOWATCH_KASM_URL", "x")], ["--config.file", "SSOWATCH_KASM_URL"]),
            (&[("--kasm.ca-file", "a")], &[("SSOWATCH_CONFIG_FILE", "x")], ["SSOWATCH_CONFIG_FILE", "--kasm.ca-file"]),
        ] {
            let error = of(flags, environment).unwrap_err();
            assert_eq!(
                error,
                format!("{} and {} are two sources of targets; leave one of them out", names[0], names[1])
            );
        }
    }

    #[test]
    fn nothing_at_all_tells_the_ways() {
        let error = of(&[], &[("SSOWATCH_CONFIG_FILE", "")]).unwrap_err();
        for way in
            ["--provider https://id.example.com --kasm", "--config.file FILE", "SSOWATCH_PROVIDER_URL", "config init"]
        {
            assert!(error.contains(way), "{error}");
        }
    }

    #[test]
    fn a_file_in_its_usual_place_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ssowatch.yml");
        std::fs::write(&path, "targets: []\n").unwrap();
        let place = path.to_str().unwrap();
        let config = SourceArgs::default().load_from(&|_| None, &["/none/ssowatch.yml", place]).unwrap();
        assert!(config.warnings[0].starts_with(place), "{:?}", config.warnings);
    }
}
