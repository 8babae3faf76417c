//! `ssowatch config init`: a configuration from two addresses, or from a provider's list of clients.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use crate::config::{Config, Flags, Named};

/// Arguments of `config init`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The provider's address: Pocket ID's APP_URL
    #[arg(long, value_name = "URL")]
    provider: String,
    /// Kasm's address, as users type it; without it, a target is written for each client that the key below shows
    #[arg(long, value_name = "URL", required_unless_present = "provider_api_key_file")]
    kasm: Option<String>,
    /// A Pocket ID API key of an admin
    #[arg(long = "provider.api-key-file", value_name = "FILE")]
    provider_api_key_file: Option<PathBuf>,
    /// Certificates that the provider is trusted by, instead of the system's
    #[arg(long = "provider.ca-file", value_name = "FILE")]
    provider_ca_file: Option<PathBuf>,
    /// The target's name; else Kasm's host
    #[arg(long = "target.name", value_name = "NAME")]
    target_name: Option<String>,
    /// The file to write; else standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write over a file that is there
    #[arg(long, requires = "output")]
    force: bool,
}

pub(super) async fn run(args: &Args) -> ExitCode {
    let text = match text(args).await {
        Ok(text) => text,
        Err(problem) => return super::not_valid(&problem),
    };
    let Some(path) = &args.output else {
        crate::cli::print(&text);
        return ExitCode::SUCCESS;
    };
    match crate::cli::write_file(path, &text, args.force) {
        Ok(()) => {
            let path = path.display();
            crate::cli::print(&format!("{path} is written; next: ssowatch check --config.file {path}\n"));
            ExitCode::SUCCESS
        }
        Err(problem) => super::not_valid(&problem),
    }
}

/// The whole file.
async fn text(args: &Args) -> Result<String, String> {
    let flags = flags(args);
    if flags.kasm.is_some() {
        let config = flags.config()?;
        crate::cli::warn(&config.warnings);
        return Ok(written(&config));
    }
    let config = flags.provider_alone()?.usable()?;
    crate::cli::warn(&config.warnings);
    let target = config.targets.first().ok_or("no provider is named")?;
    let seen = crate::cli::clients::ask(target).await?;
    Ok(super::init_clients::written(target, &seen))
}

fn flags(args: &Args) -> Flags {
    let file = |name, value: &Option<PathBuf>| value.clone().map(|value| Named { name, value: absolute(value) });
    Flags {
        provider: Some(Named { name: "--provider", value: args.provider.clone() }),
        kasm: args.kasm.clone().map(|value| Named { name: "--kasm", value }),
        provider_api_key_file: file("--provider.api-key-file", &args.provider_api_key_file),
        provider_ca_file: file("--provider.ca-file", &args.provider_ca_file),
        name: args.target_name.clone().map(|value| Named { name: "--target.name", value }),
        ..Flags::default()
    }
}

/// A relative path in a configuration is relative to its folder, and one on the command line is not.
fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

/// The configuration of the first target, with comments on what may be added.
fn written(config: &Config) -> String {
    let Some(facts) = config.targets.first().map(crate::config::Target::facts) else { return String::new() };
    let target = config.targets.first().map(|target| &target.provider);
    let path = |path: &Path| quoted(&path.display().to_string());
    let api_key = target
        .and_then(|provider| provider.api_key.as_ref()?.path())
        .map(|file| format!("api_key_file: {}", path(file)));
    let api_key = api_key.unwrap_or_else(|| "# api_key_file: /run/secrets/pocket_id_key".to_owned());
    let ca_file = target.and_then(|provider| provider.http.tls.ca_file.as_deref());
    let ca_file = ca_file.map_or_else(String::new, |file| format!("      tls_config: {{ca_file: {}}}\n", path(file)));
    let (name, provider, kasm) = (quoted(&facts.name), quoted(&facts.provider.url), quoted(&facts.app.url));
    format!(
        r#"# ssowatch: watches single sign-on between Kasm Workspaces and Pocket ID.
# `ssowatch config check FILE` validates this file; `ssowatch plan --config.file FILE` lists every request it leads to.

targets:
  - name: {name}
    provider:
      url: {provider}    # Pocket ID's APP_URL: the issuer
      # Each credential verifies more; none is needed to begin with. Files are read again at each use.
      # client_secret_file: /run/secrets/oidc_client_secret    # best: the file that Kasm's secret is kept in
      {api_key}
{ca_file}    kasm:
      url: {kasm}    # as users type it
      # provider: Pocket ID    # the button's text, where two of Kasm's configs lead to this provider
      # api_key_file: /run/secrets/kasm_key    # read only, with the right "Auth View"
      # api_key_secret_file: /run/secrets/kasm_key_secret
      # tls_config: {{ca_file: /etc/ssowatch/kasm.pem}}    # a private authority, or Kasm's own self-signed certificate
    # expect: {{auto_login: false, groups: [kasm-users]}}    # what should stay so
    # checks: {{{check}: off}}    # `ssowatch explain` lists them

schedule:
  round: every 60s    # or crontab: "*/5 * * * *"
  settings: every 5m
  timezone: UTC
"#,
        check = "app_clock",
    )
}

/// A text as a YAML scalar: plain where that is safe.
pub(super) fn quoted(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._/:".contains(&byte);
    let looks_plain = text.bytes().all(is_plain) && text.bytes().any(|byte| byte.is_ascii_alphabetic());
    let is_word = matches!(text.to_ascii_lowercase().as_str(), "true" | "false" | "null" | "yes" | "no" | "on" | "off");
    let begins_well = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'/');
    if looks_plain && begins_well && !is_word && !text.ends_with(':') {
        return text.to_owned();
    }
    // In the file `${` begins a variable. A name holds no control character, so that this is all there is to escape.
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "$$"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn config(provider: &str, kasm: &str, name: Option<&str>) -> Config {
        let args = Args {
            provider: provider.to_owned(),
            kasm: Some(kasm.to_owned()),
            provider_api_key_file: None,
            provider_ca_file: None,
            target_name: name.map(str::to_owned),
            output: None,
            force: false,
        };
        flags(&args).config().unwrap()
    }

    fn reread(text: &str) -> Config {
        Config::parse(text, "ssowatch.yml", Path::new(""), &|_| None).unwrap()
    }

    #[test]
    fn what_is_written_is_what_two_addresses_mean() {
        let first = config("id.example.com", "https://kasm.example.com:8443/", None);
        let second = reread(&written(&first));
        assert_eq!(first.targets[0].facts(), second.targets[0].facts());
        assert_eq!((first.round.clone(), first.settings_every), (second.round.clone(), second.settings_every));
        assert_eq!(second.warnings, [""; 0]);
    }

    #[test]
    fn each_comment_can_be_taken_up() {
        let text = written(&config("https://id.example.com", "https://kasm.example.com", None));
        let taken_up: Vec<String> = text
            .lines()
            .filter(|line| !line.contains("checks:") && !line.starts_with('#') && !line.contains("# Each"))
            .map(|line| line.replacen("# ", "", usize::from(line.trim_start().starts_with('#'))))
            .collect();
        let target = &reread(&taken_up.join("\n")).targets[0];
        assert!(target.provider.client_secret.is_some() && target.provider.api_key.is_some());
        assert!(target.app.api_key_secret.is_some() && target.app.http.tls.ca_file.is_some());
        assert_eq!(target.expect.auto_login, Some(false));
        assert_eq!(target.app.provider.as_deref(), Some("Pocket ID"));
    }

    proptest! {
        #[test]
        fn any_name_comes_back(name in "\\S(\\PC{0,20}\\S)?") {
            prop_assume!(!name.chars().any(char::is_control));
            let first = config("https://id.example.com", "https://kasm.example.com", Some(&name));
            prop_assert_eq!(&reread(&written(&first)).targets[0].name, &name);
        }
    }
}
